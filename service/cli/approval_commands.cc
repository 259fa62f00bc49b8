#include <string>

#include "absl/strings/str_cat.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using ApprovalStub = v1::AdminService::Stub;

struct ApprovalArguments {
  std::string approval;
};
struct ApprovalListArguments {
  bool shows_all = false;
  int limit = 50;
};

// The full name of "0-12", and its program.
struct ApprovalName {
  std::string program;
  std::string name;
};
absl::StatusOr<ApprovalName> ApprovalNameOf(Session& session, const std::string& text) {
  const std::string kApprovals = "/approvals/";
  const std::size_t at = text.find(kApprovals);
  if (at != std::string::npos) return ApprovalName{text.substr(0, at), text};
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return program.status();
  return ApprovalName{*program, absl::StrCat(*program, kApprovals, text)};
}

std::string StateOf(const v1::Approval& approval) {
  return LabelOf(v1::ApprovalState_Name(approval.state()), "APPROVAL_STATE_");
}

void AddApproval(Document& document, const v1::Approval& approval, const AmountStyle& style) {
  document.facts.emplace_back("approval", LastPart(approval.name()));
  document.facts.emplace_back("state", StateOf(approval));
  document.facts.emplace_back("for member", approval.member());
  document.facts.emplace_back("points", RenderPoints(approval.points(), style));
  document.facts.emplace_back("reason", approval.reason());
  document.facts.emplace_back("reference", approval.reference());
  document.facts.emplace_back("asked by", approval.asked_by());
  document.facts.emplace_back("asked at", RenderInstant(FromProto(approval.asked_at())));
  document.facts.emplace_back("expires at", RenderInstant(FromProto(approval.expires_at())));
  document.facts.emplace_back("decided by", approval.decided_by());
  document.facts.emplace_back("by entry", approval.entry());
}

ExitCode ListApprovals(Session& session, const ApprovalListArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::ListApprovalsRequest request;
  request.set_program(*program);
  request.set_show_decided(arguments.shows_all);
  request.set_page_size(arguments.limit);
  v1::ListApprovalsResponse response;
  const ExitCode code =
      Call<v1::AdminService>(session, &ApprovalStub::ListApprovals, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Table table{"",
                {{"approval"},
                 {"state"},
                 {"member"},
                 {"points", Align::kRight},
                 {"reason"},
                 {"asked by"},
                 {"expires at"}},
                {}};
    for (const v1::Approval& approval : response.approvals()) {
      table.rows.push_back({LastPart(approval.name()), StateOf(approval),
                            LastPart(approval.member()), RenderPoints(approval.points(), style),
                            approval.reason(), approval.asked_by(),
                            RenderInstant(FromProto(approval.expires_at()))});
    }
    Document document;
    document.tables.push_back(std::move(table));
    return document;
  });
}

ExitCode ShowApproval(Session& session, const ApprovalArguments& arguments) {
  const absl::StatusOr<ApprovalName> named = ApprovalNameOf(session, arguments.approval);
  if (!named.ok()) return session.WrongUsage(named.status());
  v1::GetApprovalRequest request;
  request.set_name(named->name);
  v1::GetApprovalResponse response;
  const ExitCode code =
      Call<v1::AdminService>(session, &ApprovalStub::GetApproval, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    AddApproval(document, response.approval(), session.Style(named->program));
    return document;
  });
}

ExitCode ApproveIt(Session& session, const ApprovalArguments& arguments) {
  const absl::StatusOr<ApprovalName> named = ApprovalNameOf(session, arguments.approval);
  if (!named.ok()) return session.WrongUsage(named.status());
  v1::ApproveRequest request;
  request.set_name(named->name);
  request.set_request_id(session.RequestId());
  v1::ApproveResponse response;
  const ExitCode code = Call<v1::AdminService>(session, &ApprovalStub::Approve, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(named->program);
    Document document;
    document.facts.emplace_back("approved", Outcome(response));
    AddApproval(document, response.approval(), style);
    AddStanding(document, response, style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

ExitCode DeclineIt(Session& session, const ApprovalArguments& arguments) {
  const absl::StatusOr<ApprovalName> named = ApprovalNameOf(session, arguments.approval);
  if (!named.ok()) return session.WrongUsage(named.status());
  v1::DeclineRequest request;
  request.set_name(named->name);
  request.set_request_id(session.RequestId());
  v1::DeclineResponse response;
  const ExitCode code = Call<v1::AdminService>(session, &ApprovalStub::Decline, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("declined", Outcome(response));
    AddApproval(document, response.approval(), session.Style(named->program));
    return document;
  });
}

}  // namespace

void AddApprovalCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "approval", "Decide about what another person has asked for");
  CLI::App* verb = nullptr;
  constexpr char kApproval[] = "the approval as lists show it, such as 0-12";
  const auto list =
      AddVerb<ApprovalListArguments>(noun, "list", "List what waits for another person",
                                     "laurelctl approval list -p stars\n"
                                     "laurelctl approval list --all --role FINANCE -p stars",
                                     action, &verb, ListApprovals);
  verb->add_flag("--all", list->shows_all, "also what was decided or has expired");
  verb->add_option("--limit", list->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  const auto show = AddVerb<ApprovalArguments>(noun, "show", "Show one of them",
                                               "laurelctl approval show 0-12 -p stars", action,
                                               &verb, ShowApproval);
  verb->add_option("APPROVAL", show->approval, kApproval)->required();
  const auto approve = AddVerb<ApprovalArguments>(
      noun, "approve", "Do what another person has asked for",
      "laurelctl approval approve 0-12 --principal fay --role FINANCE -p stars", action, &verb,
      ApproveIt);
  verb->add_option("APPROVAL", approve->approval, kApproval)->required();
  const auto decline = AddVerb<ApprovalArguments>(
      noun, "decline", "Refuse what another person has asked for",
      "laurelctl approval decline 0-12 --principal fay --role FINANCE -p stars", action, &verb,
      DeclineIt);
  verb->add_option("APPROVAL", decline->approval, kApproval)->required();
}

}  // namespace laurel::cli
