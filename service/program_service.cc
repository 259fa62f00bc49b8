#include <memory>
#include <utility>
#include <vector>

#include "laurel/v1/program_service.grpc.pb.h"
#include "rules/program/document_with_tests.h"
#include "service/convert_program.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

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
  if (!record->activations.empty()) {
    const std::uint32_t number = record->activations.back().number;
    if (const Revision* active = state.revisions.Find(RevisionKey{program, number})) {
      RenderRevision(program, *record, number, *active, request.show_documents(),
                     *out.mutable_active_revision());
    }
  } else {
    const Activation draft{record->revision_count, latest->digest, read.now};
    rulebook = read.view.rulebooks()->Find(state, program, draft);
  }
  RenderRevision(program, *record, record->revision_count, *latest, request.show_documents(),
                 *out.mutable_latest_revision());
  if (rulebook == nullptr) {
    return ToRpcStatus(absl::DataLossError("revision: must compile, did not"));
  }
  RenderProgram(program, *rulebook, out);
  return {};
}

google::rpc::Status CheckRevisionNow(ReadCall& read, const v1::CheckRevisionRequest& request,
                                     v1::CheckRevisionResponse& response) {
  if (!CheckDocumentSize(request.document(), read.parse.violations)) return {};
  rules::DocumentReport report = rules::CheckWithTests(request.document());
  response.set_is_valid(report.is_valid);
  RenderFindings(report.findings, *response.mutable_findings());
  // What would be an error of a revision is none of the document.
  for (rules::Finding& finding : report.unserved) finding.severity = rules::Severity::kWarning;
  RenderFindings(report.unserved, *response.mutable_findings());
  if (report.is_valid) {
    const Hash digest = Sha256(report.canonical);
    response.set_digest(digest.data(), digest.size());
  }
  return {};
}

class ProgramService final : public v1::ProgramService::CallbackService {
 public:
  explicit ProgramService(Shell& shell) : shell_(shell) {}

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
  grpc::ServerUnaryReactor* GetProgram(grpc::CallbackServerContext* context,
                                       const v1::GetProgramRequest* request,
                                       v1::GetProgramResponse* response) override {
    return shell_.Read(*context, *request, *response, GetProgramNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* CheckRevision(grpc::CallbackServerContext* context,
                                          const v1::CheckRevisionRequest* request,
                                          v1::CheckRevisionResponse* response) override {
    return shell_.Read(*context, *request, *response, CheckRevisionNow, Place::kPool);
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
        [findings, render](const Reply& reply, const Rendering&, Response& r) {
          return render(reply, *findings, r);
        });
  }

  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewProgramService(Shell& shell) {
  return std::make_unique<ProgramService>(shell);
}

}  // namespace laurel
