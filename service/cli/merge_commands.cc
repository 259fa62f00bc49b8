#include <string>

#include "laurel/v1/member_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using MergeStub = v1::MemberService::Stub;

struct MergeArguments {
  std::string merged;
  std::string survivor;
  std::string reason;
};
struct MoveArguments {
  std::string identity;
  std::string from;
  std::string to;
  std::string reason;
};

template <class Response>
Document MergeDocument(const Response& response, absl::string_view label,
                       const AmountStyle& style) {
  Document document;
  document.facts.emplace_back(label, Outcome(response));
  document.facts.emplace_back("entry", response.entry());
  document.facts.emplace_back("survivor", response.member());
  document.facts.emplace_back("merged", response.merged());
  AddStanding(document, response, style);
  return document;
}

ExitCode Merge(Session& session, const MergeArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> merged = ParseMember(arguments.merged, *program);
  if (!merged.ok()) return session.WrongUsage(merged.status());
  const absl::StatusOr<v1::MemberRef> survivor = ParseMember(arguments.survivor, *program);
  if (!survivor.ok()) return session.WrongUsage(survivor.status());
  v1::MergeMembersRequest request;
  request.set_program(*program);
  *request.mutable_merged() = *merged;
  *request.mutable_survivor() = *survivor;
  request.set_reason(arguments.reason);
  request.set_request_id(session.RequestId());
  v1::MergeMembersResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MergeStub::MergeMembers, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response,
                       [&] { return MergeDocument(response, "joined", session.Style(*program)); });
}

ExitCode Unmerge(Session& session, const MergeArguments& arguments) {
  const bool has_program = arguments.merged.find("/members/") != std::string::npos;
  const absl::StatusOr<std::string> program =
      has_program ? arguments.merged.substr(0, arguments.merged.find("/members/"))
                  : session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> merged = ParseMember(arguments.merged, *program);
  if (!merged.ok()) return session.WrongUsage(merged.status());
  if (merged->has_identity()) {
    return session.WrongUsage(absl::InvalidArgumentError(
        "MEMBER: must be a member's name, because identities lead to the survivor, was an "
        "identity"));
  }
  v1::UnmergeMembersRequest request;
  request.set_merged(merged->name());
  request.set_reason(arguments.reason);
  request.set_request_id(session.RequestId());
  v1::UnmergeMembersResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MergeStub::UnmergeMembers, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document = MergeDocument(response, "taken apart", style);
    document.tables.push_back(BalanceTable(response.merged_balances(), style));
    return document;
  });
}

ExitCode MoveIdentityBetween(Session& session, const MoveArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::IdentityKey> identity = ParseIdentity(arguments.identity);
  if (!identity.ok()) return session.WrongUsage(identity.status());
  const absl::StatusOr<v1::MemberRef> from = ParseMember(arguments.from, *program);
  if (!from.ok()) return session.WrongUsage(from.status());
  const absl::StatusOr<v1::MemberRef> to = ParseMember(arguments.to, *program);
  if (!to.ok()) return session.WrongUsage(to.status());
  v1::MoveIdentityRequest request;
  request.set_program(*program);
  *request.mutable_identity() = *identity;
  *request.mutable_from() = *from;
  *request.mutable_to() = *to;
  request.set_reason(arguments.reason);
  request.set_request_id(session.RequestId());
  v1::MoveIdentityResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MergeStub::MoveIdentity, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("moved", Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("from", response.from().name());
    AddMemberFacts(document, response.to());
    return document;
  });
}

}  // namespace

void AddMergeCommands(CLI::App& member, Action& action) {
  CLI::App* verb = nullptr;
  const auto merge = AddVerb<MergeArguments>(
      member, "merge", "Join two memberships of one person",
      "laurelctl member merge card:4006381333931 phone:+4930123456 --reason same_person \\\n"
      "    --principal eve -p stars",
      action, &verb, Merge);
  verb->add_option("MERGED", merge->merged, "who is merged: kind:value or a member's name")
      ->required();
  verb->add_option("SURVIVOR", merge->survivor, "who stays: kind:value or a member's name")
      ->required();
  verb->add_option("--reason", merge->reason, "why, such as same_person")->required();
  const auto unmerge = AddVerb<MergeArguments>(
      member, "unmerge", "Undo the latest merge of a survivor",
      "laurelctl member unmerge programs/stars/members/0123456789abc --reason not_the_same \\\n"
      "    --principal eve",
      action, &verb, Unmerge);
  verb->add_option("MEMBER", unmerge->merged, "name of the member that was merged")->required();
  verb->add_option("--reason", unmerge->reason, "why, such as not_the_same")->required();
  const auto move = AddVerb<MoveArguments>(
      member, "move", "Move an identity from one member to another",
      "laurelctl member move phone:+4930123456 card:4006381333931 card:5901234123457 \\\n"
      "    --reason typed_wrong --principal eve -p stars",
      action, &verb, MoveIdentityBetween);
  verb->add_option("IDENTITY", move->identity, "kind:value")->required();
  verb->add_option("FROM", move->from, "whom it names: kind:value or a member's name")->required();
  verb->add_option("TO", move->to, "whom it shall name: kind:value or a member's name")->required();
  verb->add_option("--reason", move->reason, "why, such as typed_wrong")->required();
}

}  // namespace laurel::cli
