#include "service/convert_program.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "engine/domain/objections.h"
#include "rules/program/document_outline.h"
#include "rules/program/document_with_tests.h"
#include "service/status.h"
#include "service/text.h"

namespace laurel {
namespace {

// Every error becomes a violation of `field`.
void AddErrors(const std::vector<rules::Finding>& findings, const std::string& field,
               Violations& violations) {
  bool has_error = false;
  for (const rules::Finding& finding : findings) {
    if (finding.severity != rules::Severity::kError) continue;
    has_error = true;
    violations.Add(finding.path.empty() ? field : absl::StrCat(field, ".", finding.path),
                   absl::StrCat(finding.code, " at ", finding.line, ":", finding.column, ": ",
                                finding.message),
                   absl::StrReplaceAll(finding.code, {{"-", "_"}}));
  }
  if (has_error && violations.reason().empty()) {
    violations.SetReason(ToString(v1::ERROR_REASON_PROGRAM_INVALID));
  }
}

// Reads the document into `make`'s order; the program is the document's.
template <class Order>
std::optional<ProgramId> ParseDocument(const std::string& document, Violations& violations,
                                       std::vector<rules::Finding>& findings, Order& order) {
  if (!CheckDocumentSize(document, violations)) return std::nullopt;
  rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  findings = std::move(compiled.findings);
  AddErrors(findings, "document", violations);
  if (compiled.rulebook == nullptr) return std::nullopt;
  AddErrors(rules::FailedTests(document), "document", violations);
  order.canonical = std::string(compiled.rulebook->canonical());
  order.digest = compiled.rulebook->digest();
  return ProgramId::Of(compiled.rulebook->program());
}

v1::PointKind ToApi(rules::PointKind kind) {
  switch (kind) {
    case rules::PointKind::kRedeemable:
      return v1::POINT_KIND_REDEEMABLE;
    case rules::PointKind::kQualifying:
      return v1::POINT_KIND_QUALIFYING;
  }
  return v1::POINT_KIND_UNSPECIFIED;
}

void Set(absl::string_view value, std::string* field) { field->assign(value.data(), value.size()); }

v1::RevisionState ToApi(RevisionState state) {
  switch (state) {
    case RevisionState::kDraft:
      return v1::REVISION_STATE_DRAFT;
    case RevisionState::kApproved:
      return v1::REVISION_STATE_APPROVED;
    case RevisionState::kScheduled:
      return v1::REVISION_STATE_SCHEDULED;
    case RevisionState::kActive:
      return v1::REVISION_STATE_ACTIVE;
    case RevisionState::kSuperseded:
      return v1::REVISION_STATE_SUPERSEDED;
  }
  return v1::REVISION_STATE_UNSPECIFIED;
}

void RenderIdentity(const ProgramId& program, std::uint32_t number, const Hash& digest,
                    v1::Revision& out) {
  out.set_name(RevisionName(program, number));
  out.set_number(number);
  out.set_digest(digest.data(), digest.size());
}

// A revision as it was when its entry had been made.
void RenderNewRevision(const Entry& entry, const RevisionCreated& created, v1::Revision& out) {
  RenderIdentity(entry.program, created.number, created.digest, out);
  out.set_state(v1::REVISION_STATE_DRAFT);
  RenderInstant(entry.recorded_at, *out.mutable_created_at());
  out.set_author(entry.principal);
  out.set_author_role(ToApi(entry.role));
}

// Who added it, and who had approved by an instant: what was so then is so for ever.
void RenderPeople(const ProgramId& program, const Revision& revision, Timestamp until,
                  v1::Revision& out) {
  RenderInstant(revision.created_at, *out.mutable_created_at());
  out.set_author(revision.author);
  out.set_author_role(ToApi(revision.author_role));
  for (const Vote& vote : revision.votes) {
    if (vote.at > until) break;
    v1::Vote& message = *out.add_votes();
    message.set_principal(vote.principal);
    message.set_role(ToApi(vote.role));
    RenderInstant(vote.at, *message.mutable_voted_at());
    if (!vote.simulation.empty()) {
      message.set_simulation(SimulationName(program, vote.simulation));
    }
  }
  if (revision.approved_at <= until)
    RenderInstant(revision.approved_at, *out.mutable_approved_at());
  for (const Acknowledgement& acknowledged : revision.acknowledged) {
    if (acknowledged.at > until) break;
    v1::Acknowledgement& message = *out.add_acknowledgements();
    message.set_warning(acknowledged.warning);
    message.set_principal(acknowledged.principal);
    message.set_role(ToApi(acknowledged.role));
    RenderInstant(acknowledged.at, *message.mutable_acknowledged_at());
  }
}

// A revision as it was after an entry about it.
absl::Status RenderRevisionThen(const Reply& reply, const Rendering& rendering,
                                std::uint32_t number, RevisionState state, v1::Revision& out) {
  const Entry& entry = *reply.entry;
  ReadView view = rendering.engine.Read();
  const Revision* record = view.state().revisions.Find(RevisionKey{entry.program, number});
  RETURN_IF_ERROR(view.status());
  if (record == nullptr) return absl::DataLossError("revision: must be stored, was missing");
  RenderIdentity(entry.program, number, record->digest, out);
  out.set_state(ToApi(state));
  RenderPeople(entry.program, *record, entry.recorded_at, out);
  return absl::OkStatus();
}

void RenderPlan(const rules::PlanOutline& plan, v1::Plan& out) {
  out.set_goal(plan.goal);
  out.set_kpi(plan.kpi);
  out.set_target(plan.target);
  const absl::StatusOr<Date> check_on = Date::Parse(plan.check_on);
  if (check_on.ok()) RenderDate(*check_on, *out.mutable_check_on());
  for (const std::string& rule : plan.rules) out.add_rules(rule);
  out.set_holdout_basis_points(plan.holdout_basis_points);
}

v1::RuleRollout RolloutOf(const rules::RuleOutline& rule, bool is_paused) {
  if (is_paused) return v1::RULE_ROLLOUT_PAUSED;
  switch (rule.rollout) {
    case rules::RuleRollout::kLive:
      return rule.canary_basis_points == 0 ? v1::RULE_ROLLOUT_LIVE : v1::RULE_ROLLOUT_CANARY;
    case rules::RuleRollout::kShadow:
      return v1::RULE_ROLLOUT_SHADOW;
    case rules::RuleRollout::kPaused:
      return v1::RULE_ROLLOUT_PAUSED;
  }
  return v1::RULE_ROLLOUT_UNSPECIFIED;
}

void RenderRule(const rules::RuleOutline& rule, bool is_paused, v1::RevisionRule& out) {
  out.set_id(rule.id);
  out.set_display_name(rule.name);
  out.set_is_promotion(rule.is_promotion);
  out.set_rollout(RolloutOf(rule, is_paused));
  if (out.rollout() == v1::RULE_ROLLOUT_CANARY) {
    out.set_canary_basis_points(rule.canary_basis_points);
  }
}

constexpr std::size_t kRuleMax = 40;

std::string ParseRule(const std::string& rule, Violations& violations) {
  if (rule.empty()) {
    violations.Required("rule");
  } else if (rule.size() > kRuleMax) {
    violations.OutOfRange(
        "rule", absl::StrCat("must be at most ", kRuleMax, " characters, was ", CodePoints(rule)));
  }
  return rule;
}

v1::FindingSeverity SeverityOf(rules::Severity severity) {
  switch (severity) {
    case rules::Severity::kError:
      return v1::FINDING_SEVERITY_ERROR;
    case rules::Severity::kWarning:
      return v1::FINDING_SEVERITY_WARNING;
    case rules::Severity::kInfo:
      return v1::FINDING_SEVERITY_INFO;
  }
  return v1::FINDING_SEVERITY_UNSPECIFIED;
}

}  // namespace

std::shared_ptr<const rules::Rulebook> CompileDocument(const std::string& document,
                                                       const std::string& field,
                                                       Violations& violations) {
  if (!CheckDocumentSize(document, violations, field)) return nullptr;
  rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  AddErrors(compiled.findings, field, violations);
  return std::move(compiled.rulebook);
}

bool CheckDocumentSize(const std::string& document, Violations& violations,
                       const std::string& field) {
  if (document.empty()) {
    violations.Required(field);
    return false;
  }
  if (document.size() > kDocumentBytesMax) {
    violations.OutOfRange(field, absl::StrCat("must be at most ", kDocumentBytesMax, " bytes, was ",
                                              document.size()));
    return false;
  }
  return true;
}

Command ParseCreateProgram(const v1::CreateProgramRequest& request, const ParseContext& context,
                           std::vector<rules::Finding>& findings) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  CreateProgram& order = command.order.emplace<CreateProgram>();
  const std::optional<ProgramId> program =
      ParseDocument(request.document(), context.violations, findings, order);
  if (program) command.program = *program;
  return command;
}

Command ParseCreateRevision(const v1::CreateRevisionRequest& request, const ParseContext& context,
                            std::vector<rules::Finding>& findings) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  CreateRevision& order = command.order.emplace<CreateRevision>();
  const std::optional<ProgramId> program =
      ParseDocument(request.document(), context.violations, findings, order);
  if (program && !command.program.empty() && *program != command.program) {
    context.violations.Add(
        "document.id", absl::StrCat("must be ", command.program.str(), ", was ", program->str()),
        "OTHER_PROGRAM");
  }
  return command;
}

std::optional<RevisionRef> ParseRevision(absl::string_view name, Violations& violations,
                                         const char* field) {
  std::optional<RevisionRef> revision = ParseRevisionName(name);
  if (name.empty()) {
    violations.Required(field);
  } else if (!revision) {
    violations.Malformed(field,
                         absl::StrCat("must be programs/{program}/revisions/{number}, was text of ",
                                      CodePoints(name), " characters"));
  }
  return revision;
}

namespace {

// A command on the revision that the request names.
template <class Order, class Request>
Command AboutRevision(const Request& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  Order& order = command.order.emplace<Order>();
  if (const auto revision = ParseRevision(request.name(), context.violations)) {
    command.program = revision->program;
    order.number = revision->number;
  }
  return command;
}

// Empty where none was given, or after a violation.
std::optional<Hash> ParseDigest(const std::string& digest, Violations& violations) {
  if (digest.empty()) return std::nullopt;
  const std::optional<Hash> parsed = HashFromBytes(digest);
  if (!parsed) {
    violations.Malformed("digest", absl::StrCat("must be 32 bytes, was ", digest.size()));
  }
  return parsed;
}

template <class Order, class Request>
Command AboutRule(const Request& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  command.order = Order{ParseRule(request.rule(), context.violations)};
  return command;
}

}  // namespace

Command ParseActivateRevision(const v1::ActivateRevisionRequest& request,
                              const ParseContext& context) {
  return AboutRevision<ActivateRevision>(request, context);
}

Command ParseApproveRevision(const v1::ApproveRevisionRequest& request,
                             const ParseContext& context) {
  Command command = AboutRevision<ApproveRevision>(request, context);
  ApproveRevision& order = std::get<ApproveRevision>(command.order);
  order.digest = ParseDigest(request.digest(), context.violations);
  if (request.simulation().empty()) return command;
  const std::optional<SimulationRef> simulation = ParseSimulationName(request.simulation());
  if (!simulation) {
    context.violations.Malformed(
        "simulation", absl::StrCat("must be the name of a simulation, was ", request.simulation()));
  } else if (simulation->program != command.program) {
    context.violations.Malformed(
        "simulation",
        absl::StrCat("must be of the revision's program, was ", request.simulation()));
  } else {
    order.simulation = simulation->id;
  }
  return command;
}

Command ParseAcknowledgeWarnings(const v1::AcknowledgeWarningsRequest& request,
                                 const ParseContext& context) {
  constexpr int kWarningsMax = 100;
  Command command = AboutRevision<AcknowledgeWarnings>(request, context);
  AcknowledgeWarnings& order = std::get<AcknowledgeWarnings>(command.order);
  order.digest = ParseDigest(request.digest(), context.violations);
  order.warnings.assign(request.warnings().begin(), request.warnings().end());
  std::sort(order.warnings.begin(), order.warnings.end());
  if (order.warnings.empty()) {
    context.violations.Required("warnings");
  } else if (request.warnings_size() > kWarningsMax) {
    context.violations.OutOfRange("warnings", absl::StrCat("must be at most ", kWarningsMax,
                                                           ", was ", request.warnings_size()));
  } else if (std::adjacent_find(order.warnings.begin(), order.warnings.end()) !=
             order.warnings.end()) {
    context.violations.Malformed("warnings", "must name each once, named one twice");
  }
  return command;
}

Command ParseScheduleRevision(const v1::ScheduleRevisionRequest& request,
                              const ParseContext& context) {
  Command command = AboutRevision<ScheduleRevision>(request, context);
  if (!request.has_effective_from()) {
    context.violations.Required("effective_from");
  } else {
    std::get<ScheduleRevision>(command.order).from =
        ParseInstant(request.effective_from(), Path{"effective_from"}, context.violations);
  }
  return command;
}

Command ParseCancelSchedule(const v1::CancelScheduleRequest& request, const ParseContext& context) {
  return AboutRevision<CancelSchedule>(request, context);
}

Command ParsePauseRule(const v1::PauseRuleRequest& request, const ParseContext& context) {
  return AboutRule<PauseRule>(request, context);
}

Command ParseResumeRule(const v1::ResumeRuleRequest& request, const ParseContext& context) {
  return AboutRule<ResumeRule>(request, context);
}

namespace {

absl::Status RenderAllFindings(const Entry& entry, const RevisionCreated& created,
                               const Rendering& rendering, const std::string& document,
                               const std::vector<rules::Finding>& findings,
                               google::protobuf::RepeatedPtrField<v1::Finding>& out) {
  RenderFindings(findings, out);
  const Activation candidate{created.number, created.digest, entry.recorded_at};
  ReadView view = rendering.engine.Read();
  const rules::ChangeContext beside =
      ChangeContextOf(view.state(), entry.program, candidate, entry.recorded_at);
  RETURN_IF_ERROR(view.status());
  RenderFindings(rules::CheckChange(document, beside), out);
  return absl::OkStatus();
}

}  // namespace

absl::Status RenderCreateProgram(const Reply& reply, const Rendering& rendering,
                                 const std::string& document,
                                 const std::vector<rules::Finding>& findings,
                                 v1::CreateProgramResponse& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  const auto* created = entry.FindEvent<RevisionCreated>();
  if (created == nullptr) return absl::InternalError("entry of a program: must have a revision");
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   rules::Rulebook::FromCanonical(created->canonical));
  RenderProgram(entry.program, *rulebook, *response.mutable_program());
  RenderNewRevision(entry, *created, *response.mutable_revision());
  *response.mutable_program()->mutable_latest_revision() = response.revision();
  return RenderAllFindings(entry, *created, rendering, document, findings,
                           *response.mutable_findings());
}

absl::Status RenderCreateRevision(const Reply& reply, const Rendering& rendering,
                                  const std::string& document,
                                  const std::vector<rules::Finding>& findings,
                                  v1::CreateRevisionResponse& response) {
  RenderHeader(reply, response);
  const auto* created = reply.entry->FindEvent<RevisionCreated>();
  if (created == nullptr) return absl::InternalError("entry of a revision: must hold it");
  RenderNewRevision(*reply.entry, *created, *response.mutable_revision());
  return RenderAllFindings(*reply.entry, *created, rendering, document, findings,
                           *response.mutable_findings());
}

absl::Status RenderActivateRevision(const Reply& reply, const Rendering& rendering,
                                    v1::ActivateRevisionResponse& response) {
  RenderHeader(reply, response);
  const auto* activated = reply.entry->FindEvent<RevisionActivated>();
  if (activated == nullptr) return absl::InternalError("entry of an activation: must name it");
  RenderInstant(reply.entry->recorded_at, *response.mutable_revision()->mutable_activated_at());
  return RenderRevisionThen(reply, rendering, activated->number, RevisionState::kActive,
                            *response.mutable_revision());
}

absl::Status RenderApproveRevision(const Reply& reply, const Rendering& rendering,
                                   v1::ApproveRevisionResponse& response) {
  RenderHeader(reply, response);
  const auto* approved = reply.entry->FindEvent<RevisionApproved>();
  if (approved == nullptr) return absl::InternalError("entry of an approval: must name it");
  return RenderRevisionThen(reply, rendering, approved->number,
                            approved->is_final ? RevisionState::kApproved : RevisionState::kDraft,
                            *response.mutable_revision());
}

absl::Status RenderAcknowledgeWarnings(const Reply& reply, const Rendering& rendering,
                                       v1::AcknowledgeWarningsResponse& response) {
  RenderHeader(reply, response);
  const Entry& entry = *reply.entry;
  const auto* acknowledged = entry.FindEvent<WarningsAcknowledged>();
  if (acknowledged == nullptr) {
    return absl::InternalError("entry of an acknowledgement: must name it");
  }
  ReadView view = rendering.engine.Read();
  const Program* record = view.state().programs.Find(ProgramKey{entry.program});
  const Revision* revision =
      view.state().revisions.Find(RevisionKey{entry.program, acknowledged->number});
  RETURN_IF_ERROR(view.status());
  if (record == nullptr || revision == nullptr) {
    return absl::DataLossError("revision: must be stored, was missing");
  }
  const bool is_approved = revision->approved_at <= entry.recorded_at;
  return RenderRevisionThen(reply, rendering, acknowledged->number,
                            is_approved ? RevisionState::kApproved : RevisionState::kDraft,
                            *response.mutable_revision());
}

absl::Status RenderScheduleRevision(const Reply& reply, const Rendering& rendering,
                                    v1::ScheduleRevisionResponse& response) {
  RenderHeader(reply, response);
  const auto* scheduled = reply.entry->FindEvent<RevisionScheduled>();
  if (scheduled == nullptr) return absl::InternalError("entry of a schedule: must name it");
  RenderInstant(scheduled->from, *response.mutable_revision()->mutable_effective_from());
  return RenderRevisionThen(reply, rendering, scheduled->number, RevisionState::kScheduled,
                            *response.mutable_revision());
}

absl::Status RenderCancelSchedule(const Reply& reply, const Rendering& rendering,
                                  v1::CancelScheduleResponse& response) {
  RenderHeader(reply, response);
  const auto* cancelled = reply.entry->FindEvent<ScheduleCancelled>();
  if (cancelled == nullptr)
    return absl::InternalError("entry of a cancelled schedule: must name it");
  return RenderRevisionThen(reply, rendering, cancelled->number, cancelled->to,
                            *response.mutable_revision());
}

absl::Status RenderPauseRule(const Reply& reply, const Rendering&,
                             v1::PauseRuleResponse& response) {
  RenderHeader(reply, response);
  const auto* paused = reply.entry->FindEvent<RulePaused>();
  if (paused == nullptr) return absl::InternalError("entry of a pause: must name the rule");
  RenderPausedRule(PausedRule{paused->rule, reply.entry->recorded_at, reply.entry->principal, ""},
                   *response.mutable_paused_rule());
  return absl::OkStatus();
}

absl::Status RenderResumeRule(const Reply& reply, const Rendering&,
                              v1::ResumeRuleResponse& response) {
  RenderHeader(reply, response);
  const auto* resumed = reply.entry->FindEvent<RuleResumed>();
  if (resumed == nullptr) return absl::InternalError("entry of a resumption: must name the rule");
  response.set_is_resumed(resumed->is_final);
  return absl::OkStatus();
}

void RenderPausedRule(const PausedRule& rule, v1::PausedRule& out) {
  out.set_rule(rule.rule);
  RenderInstant(rule.since, *out.mutable_paused_at());
  out.set_paused_by(rule.paused_by);
  out.set_resume_asked_by(rule.resume_asked_by);
}

void RenderFindings(const std::vector<rules::Finding>& findings,
                    google::protobuf::RepeatedPtrField<v1::Finding>& out) {
  for (const rules::Finding& finding : findings) {
    v1::Finding& message = *out.Add();
    message.set_severity(SeverityOf(finding.severity));
    message.set_code(finding.code);
    message.set_path(finding.path);
    if (finding.severity == rules::Severity::kWarning) message.set_name(NameOf(finding));
    message.set_message(finding.message);
    message.set_hint(finding.hint);
    message.set_line(finding.line);
    message.set_column(finding.column);
    for (const std::string& note : finding.notes) message.add_notes(note);
  }
}

void RenderProgram(const ProgramId& program, const rules::Rulebook& rulebook, v1::Program& out) {
  out.set_name(ProgramName(program));
  Set(rulebook.name(), out.mutable_display_name());
  Set(rulebook.currency(), out.mutable_currency_code());
  Set(rulebook.time_zone(), out.mutable_time_zone());
  for (const rules::PointType& type : rulebook.point_types()) {
    v1::PointType& message = *out.add_point_types();
    message.set_id(type.id);
    message.set_display_name(type.name);
    message.set_symbol(type.symbol);
    message.set_kind(ToApi(type.kind));
    message.set_decimals(type.decimals);
  }
  for (const rules::Tier& tier : rulebook.tiers()) {
    v1::Tier& message = *out.add_tiers();
    message.set_id(tier.id);
    message.set_display_name(tier.name);
    message.set_rank(tier.rank);
  }
}

void RenderRevision(const RevisionView& view, const RevisionParts& parts, v1::Revision& out) {
  const Revision& revision = view.revision;
  RenderIdentity(view.program, view.number, revision.digest, out);
  const Standing standing = StandingOf(view.record, view.number, revision, view.now);
  out.set_state(ToApi(standing.state));
  if (standing.active_from) RenderInstant(*standing.active_from, *out.mutable_activated_at());
  if (standing.scheduled_from) {
    RenderInstant(*standing.scheduled_from, *out.mutable_effective_from());
  }
  RenderPeople(view.program, revision, view.now, out);
  if (const std::optional<rules::Outline> outline = rules::OutlineOf(revision.canonical)) {
    RenderPlan(outline->plan, *out.mutable_plan());
    for (const rules::RuleOutline& rule : outline->rules) {
      if (parts.has_rules) RenderRule(rule, IsPaused(view.record, rule.id), *out.add_rules());
    }
  }
  if (parts.has_document) out.set_document(revision.canonical);
}

}  // namespace laurel
