#ifndef LAUREL_SERVICE_CONVERT_PROGRAM_H_
#define LAUREL_SERVICE_CONVERT_PROGRAM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "laurel/v1/program_service.pb.h"
#include "rules/program/rulebook.h"
#include "service/convert.h"
#include "service/rendering.h"

// Requests of ProgramService to commands, and entries to its replies. Compiling a document takes
// milliseconds: parse those that hold one on the read pool.
namespace laurel {

inline constexpr std::size_t kDocumentBytesMax = std::size_t{1} << 20;

// Every error among the findings becomes a violation with reason PROGRAM_INVALID; the warnings are
// for the reply.
Command ParseCreateProgram(const v1::CreateProgramRequest& request, const ParseContext& context,
                           std::vector<rules::Finding>& findings);
Command ParseCreateRevision(const v1::CreateRevisionRequest& request, const ParseContext& context,
                            std::vector<rules::Finding>& findings);
Command ParseActivateRevision(const v1::ActivateRevisionRequest& request,
                              const ParseContext& context);
Command ParseApproveRevision(const v1::ApproveRevisionRequest& request,
                             const ParseContext& context);
Command ParseAcknowledgeWarnings(const v1::AcknowledgeWarningsRequest& request,
                                 const ParseContext& context);
Command ParseScheduleRevision(const v1::ScheduleRevisionRequest& request,
                              const ParseContext& context);
Command ParseCancelSchedule(const v1::CancelScheduleRequest& request, const ParseContext& context);
Command ParsePauseRule(const v1::PauseRuleRequest& request, const ParseContext& context);
Command ParseResumeRule(const v1::ResumeRuleRequest& request, const ParseContext& context);
// Empty after a violation of `field`.
std::optional<RevisionRef> ParseRevision(absl::string_view name, Violations& violations,
                                         const char* field = "name");
// False after a violation of `field`: the document is missing or too long to be looked at.
bool CheckDocumentSize(const std::string& document, Violations& violations,
                       const std::string& field = "document");
// Null after violations of `field`, one for each error.
std::shared_ptr<const rules::Rulebook> CompileDocument(const std::string& document,
                                                       const std::string& field,
                                                       Violations& violations);

// Both with what is to be said of the document at that instant, beside the revision that was in
// force then if there was one.
absl::Status RenderCreateProgram(const Reply& reply, const Rendering& rendering,
                                 const std::string& document,
                                 const std::vector<rules::Finding>& findings,
                                 v1::CreateProgramResponse& response);
absl::Status RenderCreateRevision(const Reply& reply, const Rendering& rendering,
                                  const std::string& document,
                                  const std::vector<rules::Finding>& findings,
                                  v1::CreateRevisionResponse& response);
// These read who added the revision and who approved: for the read pool.
absl::Status RenderActivateRevision(const Reply& reply, const Rendering& rendering,
                                    v1::ActivateRevisionResponse& response);
absl::Status RenderApproveRevision(const Reply& reply, const Rendering& rendering,
                                   v1::ApproveRevisionResponse& response);
absl::Status RenderAcknowledgeWarnings(const Reply& reply, const Rendering& rendering,
                                       v1::AcknowledgeWarningsResponse& response);
absl::Status RenderScheduleRevision(const Reply& reply, const Rendering& rendering,
                                    v1::ScheduleRevisionResponse& response);
absl::Status RenderCancelSchedule(const Reply& reply, const Rendering& rendering,
                                  v1::CancelScheduleResponse& response);
absl::Status RenderPauseRule(const Reply& reply, const Rendering& rendering,
                             v1::PauseRuleResponse& response);
absl::Status RenderResumeRule(const Reply& reply, const Rendering& rendering,
                              v1::ResumeRuleResponse& response);

void RenderFindings(const std::vector<rules::Finding>& findings,
                    google::protobuf::RepeatedPtrField<v1::Finding>& out);
// Everything that comes from a revision's document.
void RenderProgram(const ProgramId& program, const rules::Rulebook& rulebook, v1::Program& out);
// A revision of the program as it stands in `record` at an instant, with its plan.
struct RevisionView {
  const ProgramId& program;
  const Program& record;
  std::uint32_t number = 0;
  const Revision& revision;
  Timestamp now;
};
struct RevisionParts {
  bool has_document = false;
  bool has_rules = false;
};
void RenderRevision(const RevisionView& view, const RevisionParts& parts, v1::Revision& out);
void RenderPausedRule(const PausedRule& rule, v1::PausedRule& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_PROGRAM_H_
