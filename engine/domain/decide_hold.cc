#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"
#include "rules/program/model.h"

// Points that are reserved while a checkout goes on.
namespace laurel {
namespace {

// A hold that may still be captured or voided.
struct OpenHold {
  InForce in_force;
  HoldKey key;
  MemberId holder;  // whose it is by now
  Hold hold;
};
std::optional<Rejected> FindOpenHold(State& state, const Command& command, const HoldKey& key,
                                     const Context& context, OpenHold& open) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, open.in_force)) {
    return refused;
  }
  const std::optional<MemberId> holder = state.Resolve(command.program, key.member);
  const std::optional<HoldKey> known = holder ? state.FindHold(key) : std::nullopt;
  if (!known) return Rejected{Rejection::kHoldNotFound, {}};
  const Hold* found = state.holds.Find(*known);
  open.key = *known;
  open.holder = *holder;
  open.hold = *found;
  if (found->state == HoldState::kOpen) return std::nullopt;
  return Rejected{
      found->state == HoldState::kLapsed ? Rejection::kHoldLapsed : Rejection::kHoldFinished,
      {{"ended_at", ToString(found->ended_at)}, {"state", std::string(ToString(found->state))}}};
}

// How long a hold lasts where nobody says.
std::int64_t LastsUnsaid(const rules::Rulebook& rulebook) {
  const auto& pay = rulebook.model().pay;
  if (!pay) return kHoldMicrosDefault;
  return std::clamp(pay->hold_for.micros_max(), kHoldMicrosMin, kHoldMicrosMax);
}

}  // namespace

LotKey LotOf(const HoldKey& key, const Hold& hold, const HeldPart& part) {
  return LotKey{part.home.value_or(key.member), hold.type, part.expires_at, part.lot};
}

void EndHold(const HoldKey& key, const Hold& hold, HoldState to, Timestamp at, Draft& draft,
             std::vector<Event>& events) {
  const std::int64_t freed = hold.held();
  draft.End(HoldLapseKey{key.member, hold.lapses_at, key.sequence});
  draft.Post(AccountClass::kMemberHeld, "", hold.type, -freed);
  events.push_back(HoldEnded{.hold = key.sequence, .state = to, .type = hold.type, .freed = freed});
  for (const HeldPart& part : hold.parts) {
    const LotKey lot = LotOf(key, hold, part);
    draft.Move(lot, -part.amount, Bucket::kHeld);
    // Its lots are its holder's: none has to be opened.
    draft.PutBack(lot, part.amount, at, /*sequence=*/0, events);
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
  const Timestamp lapses_at = context.recorded_at.PlusMicros(
      order.lasts_micros != 0 ? order.lasts_micros : LastsUnsaid(*found.rulebook));
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
  const MemberId id = open.holder;
  const Member& member = *state.members.Find(MemberKey{id});
  if (member.state != MemberState::kActive) return NotActive(member);
  const std::int64_t held = open.hold.held();
  const std::int64_t amount = order.amount.value_or(held);
  if (amount > held) {
    return Rejected{Rejection::kCaptureExceedsHold,
                    {{"left", std::to_string(held)}, {"requested", std::to_string(amount)}}};
  }
  if (std::optional<Rejected> refused =
          RefuseMorePayments(state, command.program, order.purchase, open.hold.parts.size())) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kCapture, id, open.in_force, context);
  const PointTypeId& type = open.hold.type;
  accepted.events.push_back(PointsRedeemed{
      .type = type, .amount = amount, .reference = order.reference, .purchase = order.purchase});
  accepted.events.push_back(HoldCaptured{
      .hold = open.key.sequence, .amount = amount, .total = open.hold.captured + amount});
  Draft draft(state, id);
  for (const HeldPart& part : open.hold.Take(amount)) {
    draft.Move(LotOf(open.key, open.hold, part), -part.amount, Bucket::kHeld);
  }
  LAUREL_CHECK(open.hold.held() == held - amount, "a hold holds what is captured of it");
  draft.Post(AccountClass::kMemberHeld, "", type, -amount);
  draft.Post(AccountClass::kRedemption, "payment", type, amount);
  if (order.is_final || amount == held) {
    EndHold(open.key, open.hold, HoldState::kCaptured, context.recorded_at, draft, accepted.events);
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
  const MemberId id = open.holder;
  const Member& member = *state.members.Find(MemberKey{id});
  Accepted accepted = Begun(EntryKind::kVoidHold, id, open.in_force, context);
  Draft draft(state, id);
  EndHold(open.key, open.hold, HoldState::kVoided, context.recorded_at, draft, accepted.events);
  FinishMove(state, *open.in_force.rulebook, member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

}  // namespace laurel
