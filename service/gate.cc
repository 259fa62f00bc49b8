#include "service/gate.h"

#include <grpcpp/server_context.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/text.h"

namespace laurel {
namespace {

constexpr char kPrincipalKey[] = "laurel-principal";
constexpr char kRoleKey[] = "laurel-role";
constexpr std::size_t kPrincipalMax = 64;

bool IsPrincipal(absl::string_view text) {
  return !text.empty() && text.size() <= kPrincipalMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return text_form::IsAlnum(c) || absl::StrContains("._:@/-", c);
         });
}

}  // namespace

RoleSet RolesFor(absl::string_view method) {
  using enum Role;
  struct Row {
    absl::string_view method;
    RoleSet roles;
  };
  static constexpr Row kRows[] = {
      {"AdjustPoints", {kAgent, kFinance}},
      {"Approve", {kFinance}},
      {"Decline", {kFinance}},
      {"ListApprovals", {kAgent, kFinance}},
      {"GetApproval", {kAgent, kFinance}},
      {"ExtendLots", {kAgent, kFinance}},
      {"ReinstatePoints", {kAgent, kFinance}},
      {"ImportMember", {kFinance}},
      {"MergeMembers", {kAgent}},
      {"UnmergeMembers", {kAgent}},
      {"MoveIdentity", {kAgent}},
      {"TransferPoints", {kShop, kAgent}},
      {"ClaimReceipt", {kPos, kShop, kAgent}},
      {"CorrectReceipt", {kPos, kAgent}},
      {"ListExpiring", {kShop, kAgent, kFinance, kAuditor}},
      {"ListSequenceGaps", {kPos, kFinance, kAgent}},
      {"ReconcileDay", {kPos, kFinance}},
      {"ListUnmatchedReturns", {kFinance, kAuditor}},
      {"SettleAccrual", {kPos, kShop, kAgent, kFinance}},
      {"CancelAccrual", {kPos, kShop, kAgent, kFinance}},
      {"CreateProgram", {kAdmin}},
      {"CreateRevision", {kMarketing}},
      {"CheckRevision", {kMarketing}},
      {"GetRevision", {kMarketing, kFinance, kAgent, kAuditor}},
      {"ListRevisions", {kMarketing, kFinance, kAgent, kAuditor}},
      {"ApproveRevision", {kMarketing, kFinance}},
      {"ScheduleRevision", {kMarketing}},
      {"CancelSchedule", {kMarketing}},
      {"ActivateRevision", {kMarketing}},
      {"AcknowledgeWarnings", {kMarketing, kFinance}},
      {"SetTierFloor", {kMarketing, kAgent}},
      {"MatchTier", {kMarketing, kAgent}},
      {"SetMemberAttributes", {kShop, kMarketing, kAgent}},
      {"PauseRule", {kMarketing}},
      {"ResumeRule", {kMarketing, kFinance}},  // one asks, another agrees
      {"CreateSimulation", {kMarketing, kFinance}},
      {"GetSimulation", {kMarketing, kFinance}},
      {"ListSimulations", {kMarketing, kFinance}},
      {"CancelSimulation", {kMarketing, kFinance}},
      {"CompareDecisions", {kMarketing, kAgent}},
  };
  for (const Row& row : kRows) {
    if (row.method == method) return row.roles;
  }
  return {};
}

bool MayCall(RoleSet roles, const Caller& caller, bool needs_role) {
  if (roles.empty()) return true;
  if (caller.role == Role::kNone) return !needs_role;
  return roles.has(caller.role);
}

bool IsLocalPeer(const std::string& peer) {
  // An in-process channel has no address: gRPC calls it "unknown".
  return peer == "unknown" || absl::StartsWith(peer, "ipv4:127.") ||
         absl::StartsWith(peer, "ipv6:[::1]") || absl::StartsWith(peer, "ipv6:%5B::1%5D") ||
         absl::StartsWith(peer, "unix:");
}

Caller Admit(const grpc::CallbackServerContext& context, Violations& violations) {
  Caller caller;
  const auto& metadata = context.client_metadata();
  const auto named = metadata.find(kPrincipalKey);
  const auto with_role = metadata.find(kRoleKey);
  if (named == metadata.end() && with_role == metadata.end()) return caller;
  if (!IsLocalPeer(context.peer())) return caller;
  if (named != metadata.end()) {
    const absl::string_view name(named->second.data(), named->second.size());
    if (IsPrincipal(name)) {
      caller.principal = std::string(name);
    } else {
      violations.Malformed(kPrincipalKey, absl::StrCat("must be 1 to ", kPrincipalMax,
                                                       " of A-Z a-z 0-9 . _ : @ / -, was text of ",
                                                       name.size(), " characters"));
    }
  }
  if (with_role != metadata.end()) {
    const absl::string_view name(with_role->second.data(), with_role->second.size());
    if (const std::optional<Role> role = ParseRole(name)) {
      caller.role = *role;
    } else {
      violations.Malformed(kRoleKey, absl::StrCat("must be a role such as MARKETING, was text of ",
                                                  name.size(), " characters"));
    }
  }
  return caller;
}

}  // namespace laurel
