#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/domain/objections.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "rules/program/document_outline.h"
#include "rules/program/document_with_tests.h"
#include "service/convert_program.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"
#include "service/simulations.h"

namespace laurel {
namespace {

using Findings = std::vector<rules::Finding>;

google::rpc::Status GetProgramNow(ReadCall& read, const v1::GetProgramRequest& request,
                                  v1::GetProgramResponse& response) {
  const ProgramId program = ParseProgram(request.name(), read.parse.violations, "name");
  if (!read.parse.violations.empty()) return {};
  State& state = read.view.state();
  const Program* record = state.programs.Find(ProgramKey{program});
  if (record == nullptr) {
    return ToRpcStatus(
        Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
        program);
  }
  const Revision* latest = state.revisions.Find(RevisionKey{program, record->revision_count});
  if (latest == nullptr) {
    return ToRpcStatus(absl::DataLossError("revision: must be stored, was missing"));
  }
  RenderReadHeader(read, response);
  v1::Program& out = *response.mutable_program();
  std::shared_ptr<const rules::Rulebook> rulebook = read.view.ActiveRulebook(program);
  const RevisionParts parts{.has_document = request.show_documents()};
  if (const Activation* active = RevisionAt(*record, read.view.now())) {
    if (const Revision* revision = state.revisions.Find(RevisionKey{program, active->number})) {
      RenderRevision(RevisionView{program, *record, active->number, *revision, read.view.now()},
                     parts, *out.mutable_active_revision());
    }
  } else {
    const Activation draft{record->revision_count, latest->digest, read.now};
    rulebook = read.view.rulebooks()->Find(state, program, draft);
  }
  RenderRevision(RevisionView{program, *record, record->revision_count, *latest, read.view.now()},
                 parts, *out.mutable_latest_revision());
  for (const PausedRule& rule : record->paused_rules)
    RenderPausedRule(rule, *out.add_paused_rules());
  if (rulebook == nullptr) {
    return ToRpcStatus(absl::DataLossError("revision: must compile, did not"));
  }
  RenderProgram(program, *rulebook, out);
  return {};
}

google::rpc::Status NoSuchProgram(const ProgramId& program) {
  return ToRpcStatus(
      Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
      program);
}

google::rpc::Status GetRevisionNow(ReadCall& read, const v1::GetRevisionRequest& request,
                                   v1::GetRevisionResponse& response) {
  const std::optional<RevisionRef> ref = ParseRevision(request.name(), read.parse.violations);
  if (!ref) return {};
  State& state = read.view.state();
  const Program* record = state.programs.Find(ProgramKey{ref->program});
  if (record == nullptr) return NoSuchProgram(ref->program);
  const Revision* revision = state.revisions.Find(RevisionKey{ref->program, ref->number});
  if (revision == nullptr) {
    return ToRpcStatus(
        Rejected{Rejection::kRevisionNotFound, {{"revision", std::to_string(ref->number)}}},
        ref->program);
  }
  RenderReadHeader(read, response);
  RenderRevision(RevisionView{ref->program, *record, ref->number, *revision, read.view.now()},
                 RevisionParts{.has_document = request.show_document(), .has_rules = true},
                 *response.mutable_revision());
  return {};
}

google::rpc::Status ListRevisionsNow(ReadCall& read, const v1::ListRevisionsRequest& request,
                                     v1::ListRevisionsResponse& response) {
  constexpr absl::string_view kMethod = "ListRevisions";
  const ProgramId program = ParseProgram(request.program(), read.parse.violations);
  const auto page_size =
      static_cast<std::uint64_t>(ParsePageSize(request.page_size(), read.parse.violations));
  if (!read.parse.violations.empty()) return {};
  State& state = read.view.state();
  const Program* record = state.programs.Find(ProgramKey{program});
  if (record == nullptr) return NoSuchProgram(program);
  std::uint64_t first = record->revision_count;  // of this page, the newest
  if (!request.page_token().empty()) {
    const std::optional<std::uint64_t> position =
        read.page_tokens.Open(kMethod, program.str(), request.page_token(), read.now);
    if (!position) return PageTokenInvalid();
    first = *position;
  }
  RenderReadHeader(read, response);
  const std::uint64_t end = first > page_size ? first - page_size : 0;
  for (std::uint64_t at = first; at > end; --at) {
    const auto number = static_cast<std::uint32_t>(at);
    const Revision* revision = state.revisions.Find(RevisionKey{program, number});
    if (revision == nullptr) {
      return ToRpcStatus(absl::DataLossError("revision: must be stored, was missing"));
    }
    RenderRevision(RevisionView{program, *record, number, *revision, read.view.now()},
                   RevisionParts{}, *response.add_revisions());
  }
  if (end > 0) {
    response.set_next_page_token(read.page_tokens.Seal(kMethod, program.str(), end, read.now));
  }
  return {};
}

// The document that a check compares another with, and the name of its revision if it has one.
// False after a violation, or with a refusal in `status`.
bool FindOther(ReadCall& read, const v1::CheckRevisionRequest& request, const ProgramId& program,
               rules::ChangeContext& context, v1::CheckRevisionResponse& response,
               google::rpc::Status& status) {
  State& state = read.view.state();
  std::optional<Timestamp> from;
  if (request.has_effective_from()) {
    from = ParseInstant(request.effective_from(), Path{"effective_from"}, read.parse.violations);
  }
  const Activation candidate{0, {}, from.value_or(read.now)};
  context = ChangeContextOf(state, program, candidate, read.now);
  context.effective_from = from;
  context.lead_micros = kScheduleLeadMicros;
  if (!request.against_document().empty()) {
    if (!request.against().empty()) {
      read.parse.violations.Malformed("against", "must not come with against_document, did");
    }
    context.previous = request.against_document();
    return CheckDocumentSize(context.previous, read.parse.violations, "against_document");
  }
  if (request.against().empty()) {
    const Program* record = state.programs.Find(ProgramKey{program});
    const Activation* before = record == nullptr ? nullptr : RevisionAt(*record, candidate.from);
    if (before != nullptr) response.set_compared_with(RevisionName(program, before->number));
    return true;
  }
  const std::optional<RevisionRef> ref =
      ParseRevision(request.against(), read.parse.violations, "against");
  if (!ref) return false;
  const Revision* revision = state.revisions.Find(RevisionKey{ref->program, ref->number});
  if (revision == nullptr) {
    status = ToRpcStatus(
        Rejected{Rejection::kRevisionNotFound, {{"revision", std::to_string(ref->number)}}},
        ref->program);
    return false;
  }
  context.previous = revision->canonical;
  response.set_compared_with(request.against());
  return true;
}

// The latest simulation of this very document that tried activities; empty if there is none.
std::optional<rules::SimulationResult> SimulationOf(Simulations& simulations,
                                                    const ProgramId& program, const Hash& digest) {
  const std::shared_ptr<const v1::Simulation> tried = simulations.LatestOf(program, digest);
  if (tried == nullptr) return std::nullopt;
  rules::SimulationResult result{.content_hash = ToHex(digest)};
  for (const v1::DayEffect& day : tried->backtest().days()) {
    result.points_current += day.points_current();
    result.points_candidate += day.points_candidate();
  }
  return result;
}

google::rpc::Status CheckRevisionNow(ReadCall& read, Simulations& simulations,
                                     const v1::CheckRevisionRequest& request,
                                     v1::CheckRevisionResponse& response) {
  if (!CheckDocumentSize(request.document(), read.parse.violations)) return {};
  rules::DocumentReport report = rules::CheckWithTests(request.document());
  response.set_is_valid(report.is_valid);
  RenderFindings(report.findings, *response.mutable_findings());
  // What would be an error of a revision is none of the document.
  for (rules::Finding& finding : report.unserved) finding.severity = rules::Severity::kWarning;
  RenderFindings(report.unserved, *response.mutable_findings());
  // Nothing else is said of a document with errors.
  const std::optional<rules::Outline> outline =
      report.is_valid ? rules::OutlineOf(report.canonical) : std::nullopt;
  rules::ChangeContext beside;
  google::rpc::Status status;
  const ProgramId program = outline ? ProgramId::Of(outline->program) : ProgramId();
  if (!FindOther(read, request, program, beside, response, status)) return status;
  if (!report.is_valid) return {};
  const Hash digest = Sha256(report.canonical);
  beside.content_hash = ToHex(digest);
  beside.simulation = SimulationOf(simulations, program, digest);
  const std::vector<rules::Finding> change = rules::CheckChange(request.document(), beside);
  RenderFindings(change, *response.mutable_findings());
  response.set_is_valid(std::none_of(
      change.begin(), change.end(),
      [](const rules::Finding& finding) { return finding.severity == rules::Severity::kError; }));
  response.set_digest(digest.data(), digest.size());
  return {};
}

class ProgramService final : public v1::ProgramService::CallbackService {
 public:
  ProgramService(Shell& shell, Simulations& simulations)
      : shell_(shell), simulations_(simulations) {}

  grpc::ServerUnaryReactor* CreateProgram(grpc::CallbackServerContext* context,
                                          const v1::CreateProgramRequest* request,
                                          v1::CreateProgramResponse* response) override {
    return WriteDocument(*context, *request, *response, ParseCreateProgram, RenderCreateProgram);
  }
  grpc::ServerUnaryReactor* CreateRevision(grpc::CallbackServerContext* context,
                                           const v1::CreateRevisionRequest* request,
                                           v1::CreateRevisionResponse* response) override {
    return WriteDocument(*context, *request, *response, ParseCreateRevision, RenderCreateRevision);
  }
  grpc::ServerUnaryReactor* ActivateRevision(grpc::CallbackServerContext* context,
                                             const v1::ActivateRevisionRequest* request,
                                             v1::ActivateRevisionResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseActivateRevision,
                        RenderActivateRevision, Place::kPool);
  }
  grpc::ServerUnaryReactor* ApproveRevision(grpc::CallbackServerContext* context,
                                            const v1::ApproveRevisionRequest* request,
                                            v1::ApproveRevisionResponse* response) override {
    const auto parse = [this](const v1::ApproveRevisionRequest& asked,
                              const ParseContext& parsing) {
      Command command = ParseApproveRevision(asked, parsing);
      auto& order = std::get<laurel::ApproveRevision>(command.order);
      if (!order.simulation.empty()) {
        order.simulated = simulations_.TriedBy(command.program, order.simulation);
      }
      return command;
    };
    return shell_.Write(*context, *request, *response, parse, RenderApproveRevision, Place::kPool);
  }
  grpc::ServerUnaryReactor* AcknowledgeWarnings(
      grpc::CallbackServerContext* context, const v1::AcknowledgeWarningsRequest* request,
      v1::AcknowledgeWarningsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseAcknowledgeWarnings,
                        RenderAcknowledgeWarnings, Place::kPool);
  }
  grpc::ServerUnaryReactor* ScheduleRevision(grpc::CallbackServerContext* context,
                                             const v1::ScheduleRevisionRequest* request,
                                             v1::ScheduleRevisionResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseScheduleRevision,
                        RenderScheduleRevision, Place::kPool);
  }
  grpc::ServerUnaryReactor* CancelSchedule(grpc::CallbackServerContext* context,
                                           const v1::CancelScheduleRequest* request,
                                           v1::CancelScheduleResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseCancelSchedule, RenderCancelSchedule,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* PauseRule(grpc::CallbackServerContext* context,
                                      const v1::PauseRuleRequest* request,
                                      v1::PauseRuleResponse* response) override {
    return shell_.Write(*context, *request, *response, ParsePauseRule, RenderPauseRule);
  }
  grpc::ServerUnaryReactor* ResumeRule(grpc::CallbackServerContext* context,
                                       const v1::ResumeRuleRequest* request,
                                       v1::ResumeRuleResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseResumeRule, RenderResumeRule);
  }
  grpc::ServerUnaryReactor* GetRevision(grpc::CallbackServerContext* context,
                                        const v1::GetRevisionRequest* request,
                                        v1::GetRevisionResponse* response) override {
    return shell_.Read(*context, *request, *response, GetRevisionNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* ListRevisions(grpc::CallbackServerContext* context,
                                          const v1::ListRevisionsRequest* request,
                                          v1::ListRevisionsResponse* response) override {
    return shell_.Read(*context, *request, *response, ListRevisionsNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetProgram(grpc::CallbackServerContext* context,
                                       const v1::GetProgramRequest* request,
                                       v1::GetProgramResponse* response) override {
    return shell_.Read(*context, *request, *response, GetProgramNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* CheckRevision(grpc::CallbackServerContext* context,
                                          const v1::CheckRevisionRequest* request,
                                          v1::CheckRevisionResponse* response) override {
    const auto check = [this](ReadCall& read, const v1::CheckRevisionRequest& asked,
                              v1::CheckRevisionResponse& out) {
      return CheckRevisionNow(read, simulations_, asked, out);
    };
    return shell_.Read(*context, *request, *response, check, Place::kPool);
  }

 private:
  // What compiling found goes from the parser to the reply.
  template <class Request, class Response, class Parse, class Render>
  grpc::ServerUnaryReactor* WriteDocument(grpc::CallbackServerContext& context,
                                          const Request& request, Response& response, Parse parse,
                                          Render render) {
    const auto findings = std::make_shared<Findings>();
    return shell_.WriteFromPool(
        context, request, response,
        [findings, parse](const Request& r, const ParseContext& c) {
          return parse(r, c, *findings);
        },
        [findings, render, &request](const Reply& reply, const Rendering& rendering, Response& r) {
          return render(reply, rendering, request.document(), *findings, r);
        });
  }

  Shell& shell_;
  Simulations& simulations_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewProgramService(Shell& shell, Simulations& simulations) {
  return std::make_unique<ProgramService>(shell, simulations);
}

}  // namespace laurel
