#include <algorithm>
#include <array>

#include "engine/domain/by_hand.h"
#include "engine/domain/draft.h"
#include "engine/domain/idle.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

// Points by hand.
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

}  // namespace

Decision DecideAdjust(State& state, const Command& command, const AdjustPoints& order,
                      const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  const rules::Rulebook& rulebook = *found.rulebook;
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  if (std::optional<Rejected> refused = RefuseReason(order.reason)) return *std::move(refused);
  const std::optional<MemberId> id = state.Resolve(command.program, order.member);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  if (std::optional<Rejected> refused = RefuseOwn(state, command.program, order.own, {*id})) {
    return *std::move(refused);
  }
  const Member& member = *state.members.Find(MemberKey{*id});
  if (member.state == MemberState::kClosed) return NotActive(member);
  const std::optional<std::size_t> type = RedeemableType(rulebook, order.type);
  if (!type) return NotRedeemable(order.type);
  const std::int64_t moved = order.amount < 0 ? -order.amount : order.amount;
  const HandLimits limits(command, order.type, rulebook.point_types()[*type].decimals,
                          rulebook.LocalDate(context.recorded_at), context.adjust_limits);
  if (std::optional<Rejected> refused = limits.Refuse(state, moved)) return *std::move(refused);
  Draft draft(state, *id);
  IdleEnds idle(member, rulebook);
  PointsAdjusted adjusted{.type = order.type,
                          .amount = order.amount,
                          .reason = order.reason,
                          .reference = order.reference};
  if (order.amount < 0) {
    if (std::optional<Rejected> refused = TakeAll(member, order.type, moved, draft)) {
      return *std::move(refused);
    }
  } else {
    if (!HasRoom(member.FindBalance(order.type), moved)) return TooLarge("balance");
    adjusted = Give(order, rulebook, *type, member, context, idle, draft, *id);
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kAdjust, *id, found, context);
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
  limits.Count(moved, accepted.events);
  FinishMove(state, rulebook, member, lots_due_at, context, draft, accepted);
  return accepted;
}

}  // namespace laurel
