#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/by_hand.h"
#include "engine/domain/draft.h"

// Points that people let end later, or bring back after their end. Either way they are a lot of
// their own from then on: an end is part of a lot's key, and a lot's key never changes.
namespace laurel {
namespace {

// Whose points they are.
struct Owner {
  InForce found;
  MemberId id;
  const Member* member = nullptr;
};

template <class HandOrder>
std::optional<Rejected> FindOwner(State& state, const Command& command, const HandOrder& order,
                                  const Context& context, Owner& owner) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, owner.found)) {
    return refused;
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return refused;
  if (order.expires_at <= context.recorded_at) {
    return InvalidField("expires_at", "an instant that lies ahead", ToString(order.expires_at));
  }
  const std::optional<MemberId> id = state.Resolve(command.program, order.member);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  if (std::optional<Rejected> refused = RefuseOwn(state, command.program, order.own, {*id})) {
    return refused;
  }
  owner.id = *id;
  owner.member = state.members.Find(MemberKey{*id});
  if (owner.member->state == MemberState::kClosed) return NotActive(*owner.member);
  return std::nullopt;
}

HandLimits LimitsOf(const Command& command, const PointTypeId& type, std::size_t type_index,
                    const InForce& found, const Context& context) {
  const rules::Rulebook& rulebook = *found.rulebook;
  return HandLimits(command, kByHand, type, rulebook.point_types()[type_index].decimals,
                    rulebook.LocalDate(context.recorded_at), context.adjust_limits);
}

// A purchase keeps all lots that its points have come to: their number is bounded.
std::optional<Rejected> RefuseMoreLots(State& state, const ProgramId& program,
                                       const std::optional<LotAward>& award) {
  constexpr std::size_t kLotsMax = 500;
  if (!award) return std::nullopt;
  const Purchase* purchase = state.purchases.Find(PurchaseKey{program, award->receipt});
  if (purchase == nullptr || purchase->settled_lots.size() < kLotsMax) return std::nullopt;
  return OverLimit(absl::StrCat("of ", kLotsMax, " lots of one purchase"), 0, 1);
}

// The award of a purchase that brought a lot, also by way of others.
struct Behind {
  std::optional<LotAward> award;  // empty if none did, or the receipt has been corrected since
  bool is_corrected = false;      // then the points were taken back and awarded anew
};
Behind AwardBehind(State& state, const ProgramId& program, const LotKey& lot) {
  const std::shared_ptr<const Entry> entry = state.FindEntry(lot.id.sequence);
  if (entry == nullptr) return {};
  std::optional<LotAward> behind;
  for (const Event& event : entry->events) {
    if (const auto* award = std::get_if<PointsAwarded>(&event); award && award->lot == lot.id) {
      const auto* accrued = entry->FindEvent<PurchaseAccrued>();
      if (accrued != nullptr) behind = LotAward{accrued->receipt, lot.id};
    }
    if (const auto* part = std::get_if<PointsSettled>(&event); part && part->lot == lot.id) {
      const auto* settled = entry->FindEvent<AccrualSettled>();
      if (settled->receipt) behind = LotAward{*settled->receipt, part->from.id};
    }
    if (const auto* renewed = std::get_if<LotRenewed>(&event); renewed && renewed->lot == lot.id) {
      behind = renewed->award;
    }
  }
  if (!behind) return {};
  const Purchase* purchase = state.purchases.Find(PurchaseKey{program, behind->receipt});
  const bool is_its = purchase != nullptr && purchase->sequence == behind->lot.sequence;
  if (!is_its) return {std::nullopt, true};
  return {behind, false};
}

// ---- ends that move

struct ChosenLot {
  LotKey key;
  std::int64_t available = 0;
  Timestamp activates_at;
  std::optional<LotAward> award = {};
};

std::optional<Rejected> FindLots(State& state, const Owner& owner, const ExtendLots& order,
                                 std::vector<ChosenLot>& lots) {
  std::set<LotId> wanted(order.lots.begin(), order.lots.end());
  std::optional<Rejected> refused;
  const auto take = [&](const LotKey& key, const Lot& lot) {
    if (wanted.erase(key.id) == 0) return true;
    lots.push_back(ChosenLot{key, lot.available, lot.activates_at});
    if (refused) return true;
    const Timestamp ends_at = state.EndOf(key, lot);
    if (key.type != lots.front().key.type) {
      refused = InvalidField("lots", "lots of one point type", key.type.str());
    } else if (lot.pending > 0 || lot.held > 0) {
      refused = Rejected{Rejection::kInvalidState,
                         {{"lot", ToString(key.id)}, {"state", lot.held > 0 ? "HELD" : "PENDING"}}};
    } else if (order.expires_at <= ends_at) {
      refused = InvalidField(
          "expires_at",
          absl::StrCat("later than the end of lot ", ToString(key.id), ", ", ToString(ends_at)),
          ToString(order.expires_at));
    }
    return !wanted.empty();
  };
  for (const Balance& balance : owner.member->balances) {
    if (!wanted.empty()) state.ForLots(owner.id, balance.type, take);
  }
  if (!wanted.empty()) return ResourceNotFound("lot", ToString(*wanted.begin()));
  return refused;
}

// ---- points that come back

struct EndedPart {
  LotKey lot;
  std::int64_t amount = 0;  // that has not come back
  std::optional<LotAward> award;
};

// What has ended of an award's lots and no return has counted as gone.
std::int64_t UncountedOf(State& state, const ProgramId& program, const LotAward& award) {
  const Purchase purchase = *state.purchases.Find(PurchaseKey{program, award.receipt});
  if (!purchase.eligible_left) return kAmountMax;
  const auto left = std::find_if(purchase.awards_left.begin(), purchase.awards_left.end(),
                                 [&](const AwardLeft& other) { return other.lot == award.lot; });
  if (left == purchase.awards_left.end()) return 0;  // all of it has been taken back
  const std::shared_ptr<const Entry> sale = state.FindEntry(purchase.sequence);
  if (sale == nullptr) return 0;
  std::int64_t expired = 0;
  const auto add = [&](const PointTypeId& type, Timestamp expires_at, LotId id) {
    const Lot* lot = state.FindLot(LotKey{purchase.member, type, expires_at, id});
    if (lot != nullptr) expired += lot->expired;
  };
  for (const Event& event : sale->events) {
    const auto* opened = std::get_if<PointsAwarded>(&event);
    if (opened == nullptr || opened->lot != award.lot) continue;
    add(opened->type, opened->expires_at, opened->lot);
    for (const SettledLot& settled : purchase.settled_lots) {
      if (settled.award == award.lot) add(opened->type, settled.expires_at, settled.lot);
    }
  }
  return std::max<std::int64_t>(0, expired - left->gone);
}

// The member's points of the type that ended in the entry, lot by lot.
std::vector<EndedPart> EndedIn(State& state, const Entry& entry, const Owner& owner,
                               const PointTypeId& type) {
  std::vector<EndedPart> parts;
  for (const Event& event : entry.events) {
    const auto* expired = std::get_if<LotExpired>(&event);
    if (expired == nullptr || expired->lot.type != type) continue;
    if (state.RootOf(expired->lot.member) != owner.id) continue;
    parts.push_back(EndedPart{expired->lot, expired->amount, {}});
  }
  return parts;
}

// Of what ended, what is to be had: nothing comes back twice, nor what a return has counted.
std::int64_t LimitToWhatIsLeft(State& state, const ProgramId& program,
                               std::vector<EndedPart>& parts) {
  std::map<LotKey, std::int64_t> of_lots;
  std::map<LotId, std::int64_t> of_awards;
  std::int64_t sum = 0;
  for (EndedPart& part : parts) {
    const Lot* lot = state.FindLot(part.lot);
    const auto of_lot = of_lots.try_emplace(part.lot, lot == nullptr ? 0 : lot->expired).first;
    part.amount = std::min(part.amount, of_lot->second);
    const Behind behind = AwardBehind(state, program, part.lot);
    part.award = behind.award;
    if (behind.is_corrected) part.amount = 0;
    if (part.award) {
      auto of_award = of_awards.find(part.award->lot);
      if (of_award == of_awards.end()) {
        const std::int64_t uncounted = UncountedOf(state, program, *part.award);
        of_award = of_awards.emplace(part.award->lot, uncounted).first;
      }
      part.amount = std::min(part.amount, of_award->second);
      of_award->second -= part.amount;
    }
    of_lot->second -= part.amount;
    sum += part.amount;
  }
  std::erase_if(parts, [](const EndedPart& part) { return part.amount == 0; });
  return sum;
}

}  // namespace

Decision DecideExtend(State& state, const Command& command, const ExtendLots& order,
                      const Context& context) {
  Owner owner;
  if (std::optional<Rejected> refused = FindOwner(state, command, order, context, owner)) {
    return *std::move(refused);
  }
  std::vector<ChosenLot> lots;
  if (std::optional<Rejected> refused = FindLots(state, owner, order, lots)) {
    return *std::move(refused);
  }
  const PointTypeId type = lots.front().key.type;
  const std::optional<std::size_t> type_index = RedeemableType(*owner.found.rulebook, type);
  if (!type_index) return NotRedeemable(type);
  std::int64_t amount = 0;
  for (const ChosenLot& lot : lots) amount += lot.available;
  for (ChosenLot& lot : lots) {
    lot.award = AwardBehind(state, command.program, lot.key).award;
    if (auto refused = RefuseMoreLots(state, command.program, lot.award)) return *refused;
  }
  const HandLimits limits = LimitsOf(command, type, *type_index, owner.found, context);
  if (std::optional<Rejected> refused = limits.Refuse(state, amount)) return *std::move(refused);

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kLotsExtended, owner.id, owner.found, context);
  accepted.events.push_back(LotsExtended{.type = type,
                                         .amount = amount,
                                         .expires_at = order.expires_at,
                                         .reason = order.reason,
                                         .reference = order.reference});
  Draft draft(state, owner.id);
  std::uint32_t number = 0;
  for (const ChosenLot& lot : lots) {
    const LotKey later{lot.key.member, type, order.expires_at, LotId{context.sequence, ++number}};
    draft.Move(lot.key, -lot.available);
    draft.Move(later, lot.available);
    accepted.events.push_back(
        LotRenewed{.from = lot.key,
                   .lot = later.id,
                   .amount = lot.available,
                   .activates_at = std::min(lot.activates_at, context.recorded_at),
                   .expires_at = order.expires_at,
                   .award = lot.award});
  }
  limits.Count(amount, accepted.events);
  FinishMove(state, *owner.found.rulebook, *owner.member, draft.LotsDue(), context, draft,
             accepted);
  return accepted;
}

Decision DecideReinstate(State& state, const Command& command, const ReinstatePoints& order,
                         const Context& context) {
  Owner owner;
  if (std::optional<Rejected> refused = FindOwner(state, command, order, context, owner)) {
    return *std::move(refused);
  }
  const rules::Rulebook& rulebook = *owner.found.rulebook;
  const std::optional<std::size_t> type_index = RedeemableType(rulebook, order.type);
  if (!type_index) return NotRedeemable(order.type);
  const std::shared_ptr<const Entry> expiry = state.FindEntry(order.expiry);
  if (expiry == nullptr || expiry->program != command.program) {
    return Rejected{Rejection::kEntryNotFound, {}};
  }
  std::vector<EndedPart> parts = EndedIn(state, *expiry, owner, order.type);
  if (parts.empty()) return Rejected{Rejection::kEntryNotFound, {}};
  const Date ended_on = rulebook.LocalDate(expiry->occurred_at);
  if (rulebook.LocalDate(context.recorded_at) > ended_on.PlusDays(context.reinstate_days)) {
    return Rejected{Rejection::kInvalidState,
                    {{"days", std::to_string(context.reinstate_days)},
                     {"ended_on", ToString(ended_on)},
                     {"state", "TOO_LATE"}}};
  }
  const std::int64_t left = LimitToWhatIsLeft(state, command.program, parts);
  if (left == 0) return Rejected{Rejection::kInvalidState, {{"state", "NOTHING_LEFT"}}};
  const std::int64_t amount = order.amount.value_or(left);
  if (amount > left) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", std::to_string(left)}, {"value", std::to_string(amount)}}};
  }
  if (!HasRoom(owner.member->FindBalance(order.type), amount)) return TooLarge("balance");
  std::vector<EndedPart> back;
  std::int64_t missing = amount;
  for (EndedPart& part : parts) {
    if (missing == 0) break;
    part.amount = std::min(part.amount, missing);
    missing -= part.amount;
    back.push_back(part);
  }
  if (back.size() > kRenewedLotsMax) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", absl::StrCat(kRenewedLotsMax, " lots")},
                     {"value", absl::StrCat(back.size(), " lots")}}};
  }
  for (const EndedPart& part : back) {
    if (auto refused = RefuseMoreLots(state, command.program, part.award)) return *refused;
  }
  const HandLimits limits = LimitsOf(command, order.type, *type_index, owner.found, context);
  if (std::optional<Rejected> refused = limits.Refuse(state, amount)) return *std::move(refused);

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kPointsReinstated, owner.id, owner.found, context);
  accepted.events.push_back(PointsReinstated{.expiry = order.expiry,
                                             .type = order.type,
                                             .amount = amount,
                                             .reason = order.reason,
                                             .reference = order.reference});
  Draft draft(state, owner.id);
  draft.Post(AccountClass::kAdjustment, "expiry_restored", order.type, -amount);
  std::uint32_t number = 0;
  for (const EndedPart& part : back) {
    const LotKey again{part.lot.member, order.type, order.expires_at,
                       LotId{context.sequence, ++number}};
    const std::int64_t covered = draft.MakeAvailable(order.type, part.amount);
    draft.Move(again, part.amount - covered);
    accepted.events.push_back(LotRenewed{.from = part.lot,
                                         .lot = again.id,
                                         .amount = part.amount,
                                         .covered_arrears = covered,
                                         .activates_at = context.recorded_at,
                                         .expires_at = order.expires_at,
                                         .award = part.award});
  }
  limits.Count(amount, accepted.events);
  FinishMove(state, rulebook, *owner.member, draft.LotsDue(), context, draft, accepted);
  return accepted;
}

}  // namespace laurel
