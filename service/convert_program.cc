#include "service/convert_program.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "service/status.h"
#include "service/text.h"

namespace laurel {
namespace {

// Reads the document into `make`'s order; the program is the document's.
template <class Order>
std::optional<ProgramId> ParseDocument(const std::string& document, Violations& violations,
                                       std::vector<rules::Finding>& findings, Order& order) {
  if (!CheckDocumentSize(document, violations)) return std::nullopt;
  rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  findings = std::move(compiled.findings);
  bool has_error = false;
  for (const rules::Finding& finding : findings) {
    if (finding.severity != rules::Severity::kError) continue;
    has_error = true;
    std::string field = "document";
    if (!finding.path.empty()) absl::StrAppend(&field, ".", finding.path);
    violations.Add(std::move(field),
                   absl::StrCat(finding.code, " at ", finding.line, ":", finding.column, ": ",
                                finding.message),
                   absl::StrReplaceAll(finding.code, {{"-", "_"}}));
  }
  if (has_error && violations.reason().empty()) {
    violations.SetReason(ToString(v1::ERROR_REASON_PROGRAM_INVALID));
  }
  if (compiled.rulebook == nullptr) return std::nullopt;
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

// A revision as it was when the entry had been made.
void RenderNewRevision(const Entry& entry, const RevisionCreated& created, v1::Revision& out) {
  out.set_name(RevisionName(entry.program, created.number));
  out.set_number(created.number);
  out.set_state(v1::REVISION_STATE_DRAFT);
  out.set_digest(created.digest.data(), created.digest.size());
  RenderInstant(entry.recorded_at, *out.mutable_created_at());
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

bool CheckDocumentSize(const std::string& document, Violations& violations) {
  if (document.empty()) {
    violations.Required("document");
    return false;
  }
  if (document.size() > kDocumentBytesMax) {
    violations.OutOfRange("document", absl::StrCat("must be at most ", kDocumentBytesMax,
                                                   " bytes, was ", document.size()));
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

Command ParseActivateRevision(const v1::ActivateRevisionRequest& request,
                              const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  const std::optional<RevisionRef> revision = ParseRevisionName(request.name());
  if (request.name().empty()) {
    context.violations.Required("name");
  } else if (!revision) {
    context.violations.Malformed(
        "name", absl::StrCat("must be programs/{program}/revisions/{number}, was text of ",
                             CodePoints(request.name()), " characters"));
  } else {
    command.program = revision->program;
    command.order = ActivateRevision{revision->number};
  }
  return command;
}

absl::Status RenderCreateProgram(const Reply& reply, const std::vector<rules::Finding>& findings,
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
  RenderFindings(findings, *response.mutable_findings());
  return absl::OkStatus();
}

absl::Status RenderCreateRevision(const Reply& reply, const std::vector<rules::Finding>& findings,
                                  v1::CreateRevisionResponse& response) {
  RenderHeader(reply, response);
  const auto* created = reply.entry->FindEvent<RevisionCreated>();
  if (created == nullptr) return absl::InternalError("entry of a revision: must hold it");
  RenderNewRevision(*reply.entry, *created, *response.mutable_revision());
  RenderFindings(findings, *response.mutable_findings());
  return absl::OkStatus();
}

absl::Status RenderActivateRevision(const Reply& reply, const Rendering& rendering,
                                    v1::ActivateRevisionResponse& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  const auto* activated = entry.FindEvent<RevisionActivated>();
  if (activated == nullptr) return absl::InternalError("entry of an activation: must name it");
  ReadView view = rendering.engine.Read();
  const Revision* record =
      view.state().revisions.Find(RevisionKey{entry.program, activated->number});
  RETURN_IF_ERROR(view.status());
  if (record == nullptr) return absl::DataLossError("revision: must be stored, was missing");
  v1::Revision& revision = *response.mutable_revision();
  revision.set_name(RevisionName(entry.program, activated->number));
  revision.set_number(activated->number);
  revision.set_state(v1::REVISION_STATE_ACTIVE);
  revision.set_digest(activated->digest.data(), activated->digest.size());
  RenderInstant(record->created_at, *revision.mutable_created_at());
  RenderInstant(entry.recorded_at, *revision.mutable_activated_at());
  return absl::OkStatus();
}

void RenderFindings(const std::vector<rules::Finding>& findings,
                    google::protobuf::RepeatedPtrField<v1::Finding>& out) {
  for (const rules::Finding& finding : findings) {
    v1::Finding& message = *out.Add();
    message.set_severity(SeverityOf(finding.severity));
    message.set_code(finding.code);
    message.set_path(finding.path);
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

void RenderRevision(const ProgramId& program, const Program& record, std::uint32_t number,
                    const Revision& revision, bool has_document, v1::Revision& out) {
  out.set_name(RevisionName(program, number));
  out.set_number(number);
  out.set_state(v1::REVISION_STATE_DRAFT);
  out.set_digest(revision.digest.data(), revision.digest.size());
  RenderInstant(revision.created_at, *out.mutable_created_at());
  for (const Activation& activation : record.activations) {
    if (activation.number != number) continue;
    out.set_state(v1::REVISION_STATE_SUPERSEDED);
    RenderInstant(activation.from, *out.mutable_activated_at());
  }
  if (!record.activations.empty() && record.activations.back().number == number) {
    out.set_state(v1::REVISION_STATE_ACTIVE);
  }
  if (has_document) out.set_document(revision.canonical);
}

}  // namespace laurel
