#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/by_hand.h"
#include "engine/domain/draft.h"
#include "engine/domain/idle.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

// Points by hand, alone or with a second person.
namespace laurel {
namespace {

// Accounts of the ledger's own adjustments, which a person's would blur.
constexpr std::array kReservedReasons =
    std::to_array<absl::string_view>({"clawback_shortfall", "expiry_restored", "transfer_fee"});

std::optional<Rejected> RefuseReason(const ReasonCode& reason) {
  const auto& reserved = kReservedReasons;
  if (std::find(reserved.begin(), reserved.end(), reason.str()) == reserved.end()) {
    return std::nullopt;
  }
  return Rejected{Rejection::kInvalidField,
                  {{"expected", "a reason that the ledger does not use itself"},
                   {"field", "reason"},
                   {"was", reason.str()}}};
}

// A lot under the program's terms of the type; what the member owes is covered first.
PointsAdjusted Give(const AdjustPoints& order, const rules::Rulebook& rulebook, std::size_t type,
                    const Member& member, const Context& context, IdleEnds& idle, Draft& draft,
                    MemberId id) {
  // At once, whatever the settlement of what is earned.
  const rules::model::LotDates dates = rules::model::SettledTermsOf(
      rulebook.model(), type, nullptr, context.recorded_at, context.recorded_at);
  PointsAdjusted given{.type = order.type,
                       .amount = order.amount,
                       .reason = order.reason,
                       .reference = order.reference,
                       .lot = LotId{context.sequence, 1},
                       .activates_at = context.recorded_at,
                       .expires_at = dates.fixed_expires_at};
  if (dates.is_idle) given.idle_ends_at = idle.Open(type, context.recorded_at);
  const Balance* balance = member.FindBalance(order.type);
  const std::int64_t arrears =
      balance == nullptr ? 0 : std::max<std::int64_t>(0, -balance->available);
  given.covered_arrears = std::min(arrears, order.amount);
  draft.Move(LotKey{id, order.type, given.expires_at, given.lot},
             order.amount - given.covered_arrears);
  return given;
}

// What is to be moved by hand, of a member who is there.
struct ByHand {
  InForce in_force;
  MemberId id;
  const Member* member = nullptr;
  std::size_t type = 0;
  int decimals = 0;
  std::int64_t moved = 0;  // > 0
};

// The guards that do not ask how much it is.
std::optional<Rejected> AdmitByHand(State& state, const Command& command, const MemberRef& who,
                                    const AdjustPoints& order,
                                    const std::optional<IdentityHash>& own, ByHand& by_hand) {
  const std::optional<MemberId> id = state.Resolve(command.program, who);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  if (std::optional<Rejected> refused = RefuseOwn(state, command.program, own, {*id})) {
    return refused;
  }
  by_hand.id = *id;
  by_hand.member = state.members.Find(MemberKey{*id});
  if (by_hand.member->state == MemberState::kClosed) return NotActive(*by_hand.member);
  const rules::Rulebook& rulebook = *by_hand.in_force.rulebook;
  const std::optional<std::size_t> type = RedeemableType(rulebook, order.type);
  if (!type) return NotRedeemable(order.type);
  by_hand.type = *type;
  by_hand.decimals = rulebook.point_types()[*type].decimals;
  by_hand.moved = order.amount < 0 ? -order.amount : order.amount;
  return std::nullopt;
}

// Moves the points and counts them in the windows of who answers for it. `first` comes before what
// tells of them.
Decision MoveByHand(State& state, const ByHand& by_hand, const AdjustPoints& order,
                    const HandLimits& limits, std::vector<Event> first, const Context& context) {
  const rules::Rulebook& rulebook = *by_hand.in_force.rulebook;
  const Member& member = *by_hand.member;
  Draft draft(state, by_hand.id);
  IdleEnds idle(member, rulebook);
  PointsAdjusted adjusted{.type = order.type,
                          .amount = order.amount,
                          .reason = order.reason,
                          .reference = order.reference};
  if (order.amount < 0) {
    if (std::optional<Rejected> refused = TakeAll(member, order.type, by_hand.moved, draft)) {
      return *std::move(refused);
    }
  } else {
    if (!HasRoom(member.FindBalance(order.type), by_hand.moved)) return TooLarge("balance");
    adjusted = Give(order, rulebook, by_hand.type, member, context, idle, draft, by_hand.id);
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kAdjust, by_hand.id, by_hand.in_force, context);
  accepted.events = std::move(first);
  draft.Post(AccountClass::kAdjustment, order.reason.str(), order.type, -order.amount);
  draft.Post(AccountClass::kMemberAvailable, "", order.type, order.amount);
  Timestamp lots_due_at = member.lots_due_at;
  if (order.amount < 0) {
    lots_due_at = draft.LotsDue();
  } else if (adjusted.amount > adjusted.covered_arrears) {
    lots_due_at = std::min(lots_due_at, adjusted.expires_at);
  }
  accepted.events.push_back(std::move(adjusted));
  for (IdleEndMoved& idle_end : idle.Take()) accepted.events.push_back(std::move(idle_end));
  limits.Count(by_hand.moved, accepted.events);
  FinishMove(state, rulebook, member, lots_due_at, context, draft, accepted);
  return accepted;
}

// Keeps what is more than who asks may move, unless nobody may approve of so much.
Decision Ask(State& state, const ByHand& by_hand, const AdjustPoints& order,
             const Context& context) {
  if (const std::optional<std::int64_t> largest = context.approval_limits.Largest()) {
    const std::int64_t limit = InSmallest(*largest, by_hand.decimals);
    if (by_hand.moved > limit) return OverLimit("approval", limit, by_hand.moved);
  }
  Draft draft(state, by_hand.id);
  if (order.amount < 0) {
    // As it is now; whoever approves finds what there is then.
    if (std::optional<Rejected> refused =
            TakeAll(*by_hand.member, order.type, by_hand.moved, draft)) {
      return *std::move(refused);
    }
  } else if (!HasRoom(by_hand.member->FindBalance(order.type), by_hand.moved)) {
    return TooLarge("balance");
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kAdjustmentAsked, by_hand.id, by_hand.in_force, context);
  accepted.events.push_back(
      AdjustmentAsked{.type = order.type,
                      .amount = order.amount,
                      .reason = order.reason,
                      .reference = order.reference,
                      .expires_at = context.recorded_at.PlusMicros(kApprovalMicros)});
  Draft nothing(state, by_hand.id);
  FinishMove(state, *by_hand.in_force.rulebook, *by_hand.member, by_hand.member->lots_due_at,
             context, nothing, accepted);
  return accepted;
}

// What somebody else has asked for and nobody has decided.
struct Asked {
  std::shared_ptr<const Entry> entry;
  const AdjustmentAsked* what = nullptr;
};
std::optional<Rejected> FindAsked(State& state, const Command& command, std::uint64_t sequence,
                                  const Context& context, Asked& asked) {
  const Approval* found = state.approvals.Find(ApprovalKey{command.program, sequence});
  if (found == nullptr) {
    return ResourceNotFound("approval", absl::StrCat(context.partition, "-", sequence));
  }
  const Approval approval = *found;
  asked.entry = state.FindEntry(sequence);
  if (state.has_failed()) return ResourceNotFound("approval", "that can be read");
  LAUREL_CHECK(asked.entry != nullptr, "what is asked for is in the journal");
  asked.what = asked.entry->FindEvent<AdjustmentAsked>();
  LAUREL_CHECK(asked.what != nullptr, "what is asked for is known");
  const auto in_state = [](absl::string_view name) {
    return Rejected{Rejection::kInvalidState, {{"state", std::string(name)}}};
  };
  if (asked.entry->principal == command.principal) {
    return Rejected{Rejection::kSelfApprovalForbidden, {}};
  }
  if (approval.state == ApprovalState::kApproved) return in_state("APPROVED");
  if (approval.state == ApprovalState::kDeclined) return in_state("DECLINED");
  if (!approval.is_open_at(context.recorded_at)) return in_state("EXPIRED");
  return std::nullopt;
}

}  // namespace

Decision DecideAdjust(State& state, const Command& command, const AdjustPoints& order,
                      const Context& context) {
  ByHand by_hand;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, by_hand.in_force)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  if (std::optional<Rejected> refused = RefuseReason(order.reason)) return *std::move(refused);
  if (std::optional<Rejected> refused =
          AdmitByHand(state, command, order.member, order, order.own, by_hand)) {
    return *std::move(refused);
  }
  const HandLimits limits(command, kByHand, order.type, by_hand.decimals,
                          by_hand.in_force.rulebook->LocalDate(context.recorded_at),
                          context.adjust_limits);
  if (std::optional<Rejected> refused = limits.Refuse(state, by_hand.moved)) {
    if (order.asks) return Ask(state, by_hand, order, context);
    return *std::move(refused);
  }
  return MoveByHand(state, by_hand, order, limits, {}, context);
}

Decision DecideApproveAsked(State& state, const Command& command, const Approve& order,
                            const Context& context) {
  ByHand by_hand;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, by_hand.in_force)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  Asked asked;
  if (std::optional<Rejected> refused = FindAsked(state, command, order.asked, context, asked)) {
    return *std::move(refused);
  }
  const AdjustPoints adjustment{.member = state.RootOf(*asked.entry->member),
                                .type = asked.what->type,
                                .amount = asked.what->amount,
                                .reason = asked.what->reason,
                                .reference = asked.what->reference};
  if (std::optional<Rejected> refused =
          AdmitByHand(state, command, adjustment.member, adjustment, order.own, by_hand)) {
    return *std::move(refused);
  }
  const HandLimits limits(command, kApprovedByHand, adjustment.type, by_hand.decimals,
                          by_hand.in_force.rulebook->LocalDate(context.recorded_at),
                          context.approval_limits);
  if (std::optional<Rejected> refused = limits.Refuse(state, by_hand.moved)) {
    return *std::move(refused);
  }
  return MoveByHand(state, by_hand, adjustment, limits,
                    {AskedApproved{.asked = order.asked, .asked_by = asked.entry->principal}},
                    context);
}

Decision DecideDeclineAsked(State& state, const Command& command, const Decline& order,
                            const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  Asked asked;
  if (std::optional<Rejected> refused = FindAsked(state, command, order.asked, context, asked)) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  Accepted accepted =
      Begun(EntryKind::kAskedDeclined, state.RootOf(*asked.entry->member), found, context);
  accepted.events.push_back(
      AskedDeclined{.asked = order.asked, .asked_by = asked.entry->principal});
  return accepted;
}

}  // namespace laurel
