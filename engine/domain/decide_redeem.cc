#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"
#include "engine/domain/metrics.h"
#include "engine/domain/tiers.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

namespace laurel {
namespace {

TierView TierOf(State& state, MemberId id, const rules::Rulebook& rulebook, Timestamp now) {
  const MemberTier& tier = state.members.Find(MemberKey{id})->tier;
  const MemberStanding standing(state, id, rulebook);
  return standing.ViewOf(tier, standing.MetricsAsOf(tier, rulebook.LocalDate(now)), now);
}

}  // namespace

std::optional<std::size_t> RedeemableType(const rules::Rulebook& rulebook,
                                          const PointTypeId& type) {
  const std::span<const rules::PointType> types = rulebook.point_types();
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].id == type.str() && types[i].kind == rules::PointKind::kRedeemable) return i;
  }
  return std::nullopt;
}

Rejected NotRedeemable(const PointTypeId& type) {
  return Rejected{Rejection::kAmountNotAllowed,
                  {{"bound", "a redeemable point type"}, {"value", type.str()}}};
}

std::optional<Rejected> TakeAll(const Member& member, const PointTypeId& type, std::int64_t amount,
                                Draft& draft) {
  const Balance* balance = member.FindBalance(type);
  const std::int64_t available = draft.AvailableAfter(type);
  if (available < amount) {
    return Rejected{Rejection::kInsufficientPoints,
                    {{"available", std::to_string(available)},
                     {"pending", std::to_string(balance == nullptr ? 0 : balance->pending)},
                     {"required", std::to_string(amount)}}};
  }
  const std::int64_t taken = draft.TakeInSpendOrder(type, amount);
  LAUREL_CHECK(taken == amount || draft.has_failed(), "open lots hold what is available");
  if (draft.lot_moves.size() <= kLotMovesMax) return std::nullopt;
  return Rejected{Rejection::kAmountNotAllowed,
                  {{"bound", absl::StrCat(kLotMovesMax, " lots")},
                   {"value", absl::StrCat(draft.lot_moves.size(), " lots")}}};
}

std::vector<std::pair<LotKey, std::int64_t>> SpentBy(const Entry& entry,
                                                     const PointsRedeemed& redeemed) {
  std::vector<std::pair<LotKey, std::int64_t>> spent;
  std::int64_t left = redeemed.amount;
  for (std::size_t i = redeemed.first_move; i < entry.lot_moves.size(); ++i) {
    if (left == 0) break;  // what follows was freed, or is what a purchase awarded
    const LotMove& move = entry.lot_moves[i];
    spent.emplace_back(move.lot, -move.delta);
    left += move.delta;
  }
  LAUREL_CHECK(left == 0, "a redemption's lots add up to its amount");
  return spent;
}

SpentParts GiveBack(std::uint64_t redemption, const Entry& entry, std::int64_t reversed,
                    std::int64_t amount, std::int64_t spent_again, const rules::Rulebook& rulebook,
                    const Context& context, Draft& draft, std::vector<Event>& events) {
  const PointsRedeemed& redeemed = *entry.FindEvent<PointsRedeemed>();
  const Timestamp now = context.recorded_at;
  const std::optional<std::size_t> type = RedeemableType(rulebook, redeemed.type);
  const std::optional<Timestamp> lives_until =
      type ? rules::model::RestoredEndOf(rulebook.model(), *type, now) : std::nullopt;
  events.push_back(
      RedemptionReversed{.redemption = redemption, .type = redeemed.type, .amount = amount});
  draft.Post(AccountClass::kRedemption, "payment", redeemed.type, -amount);
  const SpentParts spent = SpentBy(entry, redeemed);
  SpentParts again;
  std::int64_t skip = reversed;
  std::int64_t back = amount - spent_again;
  std::int64_t out = spent_again;
  for (auto part = spent.rbegin(); part != spent.rend() && back + out > 0; ++part) {
    const std::int64_t skipped = std::min(skip, part->second);
    skip -= skipped;
    const std::int64_t put = std::min(part->second - skipped, back);
    back -= put;
    const std::int64_t stays = std::min(part->second - skipped - put, out);
    out -= stays;
    if (stays > 0) again.emplace_back(part->first, stays);
    if (put == 0) continue;
    if (lives_until) {
      draft.Restore(part->first, put, *lives_until, context, events);
    } else {
      draft.PutBack(part->first, put, now, context.sequence, events);
    }
  }
  LAUREL_CHECK(back == 0 && out == 0, "no more is given back than was spent");
  std::reverse(again.begin(), again.end());
  return again;
}

void FinishMove(State& state, const rules::Rulebook& rulebook, const Member& member,
                Timestamp lots_due_at, const Context& context, Draft& draft, Accepted& accepted) {
  if (lots_due_at != member.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  accepted.tier = TierOf(state, *accepted.member, rulebook, context.recorded_at);
}

std::optional<Rejected> FindSpender(State& state, const Command& command, const MemberRef& ref,
                                    const PointTypeId& type, std::int64_t amount,
                                    const Context& context, Spender& spender) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, spender.found)) {
    return refused;
  }
  const std::optional<MemberId> id = state.Resolve(command.program, ref);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  spender.id = *id;
  spender.member = state.members.Find(MemberKey{*id});
  if (spender.member->state != MemberState::kActive) return NotActive(*spender.member);
  if (!RedeemableType(*spender.found.rulebook, type)) return NotRedeemable(type);
  return TakeAll(*spender.member, type, amount, spender.draft.emplace(state, *id));
}

std::optional<Rejected> RefuseMorePayments(State& state, const ProgramId& program,
                                           const std::optional<ReceiptKey>& purchase,
                                           std::size_t lots) {
  if (!purchase) return std::nullopt;
  const Spending* found = state.spendings.Find(SpendingKey{program, *purchase});
  if (found == nullptr) return std::nullopt;
  if (found->redemptions.size() >= kPaymentsMax) {
    return OverLimit(absl::StrCat("of ", kPaymentsMax, " redemptions for one purchase"), 0, 1);
  }
  std::size_t spent = 0;
  for (const std::uint64_t sequence : found->redemptions) {
    const std::shared_ptr<const Entry> entry = state.FindEntry(sequence);
    const auto* redeemed = entry == nullptr ? nullptr : entry->FindEvent<PointsRedeemed>();
    if (redeemed != nullptr) spent += SpentBy(*entry, *redeemed).size();
  }
  const std::size_t left = spent < kPaidLotsMax ? kPaidLotsMax - spent : 0;
  if (lots <= left) return std::nullopt;
  return OverLimit(absl::StrCat("of ", kPaidLotsMax, " lots for one purchase"),
                   static_cast<std::int64_t>(left), static_cast<std::int64_t>(lots));
}

Decision DecideRedeem(State& state, const Command& command, const Redeem& order,
                      const Context& context) {
  Spender spender;
  if (std::optional<Rejected> refused =
          FindSpender(state, command, order.member, order.type, order.amount, context, spender)) {
    return *std::move(refused);
  }
  const InForce& found = spender.found;
  Draft& draft = *spender.draft;
  if (std::optional<Rejected> refused =
          RefuseMorePayments(state, command.program, order.purchase, draft.lot_moves.size())) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kRedeem, spender.id, found, context);
  accepted.events.push_back(PointsRedeemed{.type = order.type,
                                           .amount = order.amount,
                                           .reference = order.reference,
                                           .purchase = order.purchase});
  draft.Post(AccountClass::kMemberAvailable, "", order.type, -order.amount);
  draft.Post(AccountClass::kRedemption, "payment", order.type, order.amount);
  FinishMove(state, *found.rulebook, *spender.member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

Decision DecideReverse(State& state, const Command& command, const ReverseRedemption& order,
                       const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Redemption* found = state.redemptions.Find(RedemptionKey{order.redemption});
  const std::shared_ptr<const Entry> entry =
      found == nullptr ? nullptr : state.FindEntry(order.redemption);
  if (entry == nullptr || entry->program != command.program)
    return Rejected{Rejection::kEntryNotFound, {}};
  const Redemption redemption = *found;
  const std::optional<MemberId> holder = state.Resolve(command.program, redemption.member);
  if (!holder) return Rejected{Rejection::kMemberNotFound, {}};
  const Activation& revision = program->activations.back();
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  const std::int64_t left = redemption.amount - redemption.reversed;
  const std::int64_t amount = order.amount.value_or(left);
  if (amount > left || left == 0) {
    return Rejected{Rejection::kReversalExceedsRedemption,
                    {{"left", std::to_string(left)},
                     {"redeemed", std::to_string(redemption.amount)},
                     {"value", std::to_string(amount)}}};
  }

  // Nothing below may refuse.
  const MemberId id = *holder;
  const Member& member = *state.members.Find(MemberKey{id});
  Accepted accepted =
      Begun(EntryKind::kReverseRedemption, id, InForce{&revision, rulebook}, context);
  Draft draft(state, id);
  GiveBack(order.redemption, *entry, redemption.reversed, amount, 0, *rulebook, context, draft,
           accepted.events);
  FinishMove(state, *rulebook, member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

}  // namespace laurel
