#include "service/convert_merge.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/base/status_macros.h"
#include "service/convert_member.h"

namespace laurel {
namespace {

ReasonCode ParseReason(const std::string& text, Violations& violations) {
  if (text.empty()) {
    violations.Required("reason");
    return {};
  }
  absl::StatusOr<ReasonCode> reason = ReasonCode::Parse(text);
  if (reason.ok()) return *std::move(reason);
  violations.Malformed("reason", std::string(reason.status().message()));
  return {};
}

// What the replies to both a merge and its undoing say.
template <class Response>
absl::Status RenderBoth(const Reply& reply, const Rendering& rendering, Response& response) {
  const Entry& entry = *reply.entry;
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   rendering.RulebookOf(entry));
  RenderHeader(reply, response);
  RenderAfter(entry, *rulebook, response);
  response.set_merged(MemberName(entry.program, *entry.other));
  return absl::OkStatus();
}

}  // namespace

Command ParseMoveIdentity(const v1::MoveIdentityRequest& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  MoveIdentity& order = command.order.emplace<MoveIdentity>();
  if (request.has_identity()) {
    order.identity = ParseIdentity(request.identity(), command.program, Path{"identity"}, context);
  } else {
    context.violations.Required("identity");
  }
  order.from = ParseMemberRef(request.from(), command.program, Path{"from"}, context);
  order.to = ParseMemberRef(request.to(), command.program, Path{"to"}, context);
  order.reason = ParseReason(request.reason(), context.violations);
  order.own = context.OwnIdentity(command.program);
  return command;
}

Command ParseMergeMembers(const v1::MergeMembersRequest& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  MergeMembers& order = command.order.emplace<MergeMembers>();
  order.merged = ParseMemberRef(request.merged(), command.program, Path{"merged"}, context);
  order.survivor = ParseMemberRef(request.survivor(), command.program, Path{"survivor"}, context);
  order.reason = ParseReason(request.reason(), context.violations);
  order.own = context.OwnIdentity(command.program);
  return command;
}

Command ParseUnmergeMembers(const v1::UnmergeMembersRequest& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  UnmergeMembers& order = command.order.emplace<UnmergeMembers>();
  if (const std::optional<NamedMember> named = ParseMemberName(request.merged())) {
    command.program = named->program;
    order.merged = named->member;
  } else if (request.merged().empty()) {
    context.violations.Required("merged");
  } else {
    context.violations.Malformed("merged",
                                 "must be programs/{program}/members/{member}, was another");
  }
  order.reason = ParseReason(request.reason(), context.violations);
  order.own = context.OwnIdentity(command.program);
  return command;
}

absl::Status RenderMoveIdentity(const Reply& reply, const Rendering& rendering,
                                v1::MoveIdentityResponse& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  response.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  RETURN_IF_ERROR(RenderMemberAsOf(entry, *entry.other, rendering, *response.mutable_from()));
  return RenderMemberAsOf(entry, *entry.member, rendering, *response.mutable_to());
}

absl::Status RenderMergeMembers(const Reply& reply, const Rendering& rendering,
                                v1::MergeMembersResponse& response) {
  return RenderBoth(reply, rendering, response);
}

absl::Status RenderUnmergeMembers(const Reply& reply, const Rendering& rendering,
                                  v1::UnmergeMembersResponse& response) {
  RETURN_IF_ERROR(RenderBoth(reply, rendering, response));
  RenderBalances(reply.entry->outcome.other_balances, *response.mutable_merged_balances());
  return absl::OkStatus();
}

}  // namespace laurel
