#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"

// Points that are reserved while a checkout goes on.
namespace laurel {
namespace {

// A hold that may still be captured or voided.
struct OpenHold {
  InForce in_force;
  Hold hold;
};
std::optional<Rejected> FindOpenHold(State& state, const Command& command, const HoldKey& key,
                                     const Context& context, OpenHold& open) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, open.in_force)) {
    return refused;
  }
  const bool is_ours = state.Resolve(command.program, key.member).has_value();
  const Hold* found = is_ours ? state.holds.Find(key) : nullptr;
  if (found == nullptr) return Rejected{Rejection::kHoldNotFound, {}};
  open.hold = *found;
  if (found->state == HoldState::kOpen) return std::nullopt;
  return Rejected{
      found->state == HoldState::kLapsed ? Rejection::kHoldLapsed : Rejection::kHoldFinished,
      {{"ended_at", ToString(found->ended_at)}, {"state", std::string(ToString(found->state))}}};
}

LotKey LotOf(MemberId member, const Hold& hold, const HeldPart& part) {
  return LotKey{member, hold.type, part.expires_at, part.lot};
}

}  // namespace

void EndHold(const HoldKey& key, const Hold& hold, HoldState to, Timestamp at, Draft& draft,
             std::vector<Event>& events) {
  const std::int64_t freed = hold.held();
  draft.End(HoldLapseKey{key.member, hold.lapses_at, key.sequence});
  draft.Post(AccountClass::kMemberHeld, "", hold.type, -freed);
  events.push_back(HoldEnded{.hold = key.sequence, .state = to, .type = hold.type, .freed = freed});
  for (const HeldPart& part : hold.parts) {
    const LotKey lot = LotOf(key.member, hold, part);
    draft.Move(lot, -part.amount, Bucket::kHeld);
    draft.PutBack(lot, part.amount, at, events);
  }
}

Decision DecideHold(State& state, const Command& command, const HoldPoints& order,
                    const Context& context) {
  Spender spender;
  if (std::optional<Rejected> refused =
          FindSpender(state, command, order.member, order.type, order.amount, context, spender)) {
    return *std::move(refused);
  }
  const InForce& found = spender.found;
  Draft& draft = *spender.draft;
  const std::vector<LotMove> taken = draft.lot_moves;
  if (taken.size() > kHeldLotsMax) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", absl::StrCat(kHeldLotsMax, " lots")},
                     {"value", absl::StrCat(taken.size(), " lots")}}};
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kHold, spender.id, found, context);
  const Timestamp lapses_at = context.recorded_at.PlusMicros(order.lasts_micros);
  accepted.events.push_back(HoldPlaced{.type = order.type,
                                       .amount = order.amount,
                                       .lapses_at = lapses_at,
                                       .reference = order.reference});
  for (const LotMove& move : taken) draft.Move(move.lot, -move.delta, Bucket::kHeld);
  draft.Post(AccountClass::kMemberAvailable, "", order.type, -order.amount);
  draft.Post(AccountClass::kMemberHeld, "", order.type, order.amount);
  FinishMove(state, *found.rulebook, *spender.member, std::min(draft.LotsDue(), lapses_at), context,
             draft, accepted);
  return accepted;
}

Decision DecideCapture(State& state, const Command& command, const CaptureHold& order,
                       const Context& context) {
  OpenHold open;
  if (std::optional<Rejected> refused = FindOpenHold(state, command, order.hold, context, open)) {
    return *std::move(refused);
  }
  const MemberId id = order.hold.member;
  const Member& member = *state.members.Find(MemberKey{id});
  if (member.state != MemberState::kActive) return NotActive(member);
  const std::int64_t held = open.hold.held();
  const std::int64_t amount = order.amount.value_or(held);
  if (amount > held) {
    return Rejected{Rejection::kCaptureExceedsHold,
                    {{"left", std::to_string(held)}, {"requested", std::to_string(amount)}}};
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kCapture, id, open.in_force, context);
  const PointTypeId& type = open.hold.type;
  accepted.events.push_back(PointsRedeemed{
      .type = type, .amount = amount, .reference = order.reference, .purchase = order.purchase});
  accepted.events.push_back(HoldCaptured{
      .hold = order.hold.sequence, .amount = amount, .total = open.hold.captured + amount});
  Draft draft(state, id);
  for (const HeldPart& part : open.hold.Take(amount)) {
    draft.Move(LotOf(id, open.hold, part), -part.amount, Bucket::kHeld);
  }
  LAUREL_CHECK(open.hold.held() == held - amount, "a hold holds what is captured of it");
  draft.Post(AccountClass::kMemberHeld, "", type, -amount);
  draft.Post(AccountClass::kRedemption, "payment", type, amount);
  if (order.is_final || amount == held) {
    EndHold(order.hold, open.hold, HoldState::kCaptured, context.recorded_at, draft,
            accepted.events);
  }
  FinishMove(state, *open.in_force.rulebook, member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

Decision DecideVoid(State& state, const Command& command, const VoidHold& order,
                    const Context& context) {
  OpenHold open;
  if (std::optional<Rejected> refused = FindOpenHold(state, command, order.hold, context, open)) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  const MemberId id = order.hold.member;
  const Member& member = *state.members.Find(MemberKey{id});
  Accepted accepted = Begun(EntryKind::kVoidHold, id, open.in_force, context);
  Draft draft(state, id);
  EndHold(order.hold, open.hold, HoldState::kVoided, context.recorded_at, draft, accepted.events);
  FinishMove(state, *open.in_force.rulebook, member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

}  // namespace laurel
