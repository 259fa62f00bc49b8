#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"
#include "engine/domain/metrics.h"
#include "engine/domain/tiers.h"

// Two memberships of one person become one, and are taken apart again.
//
// Nothing that lies under a member's id is moved: lots, holds, months, counters, receipts and
// entries stay where they are, and a survivor is read together with those that were merged into it
// (State::GroupOf). So a merge costs the same whatever the members have, what came from whom is
// known for ever, and taking them apart only has to say whose the balances are.
namespace laurel {
namespace {

// Members that are one. Every read of a survivor asks for each of them.
constexpr std::size_t kGroupMax = 16;

Rejected Merged(State& state, MemberId member) {
  return Rejected{Rejection::kMemberMerged,
                  {{"merged_into", absl::StrCat(state.RootOf(member).raw())},
                   {"state", std::string(ToString(MemberState::kMerged))}}};
}

// One that is named by its id must be itself; an identity leads to whoever has it by now.
std::optional<Rejected> FindParty(State& state, const ProgramId& program, const MemberRef& ref,
                                  MemberId& id) {
  const std::optional<MemberId> found = state.Resolve(program, ref);
  if (!found) return Rejected{Rejection::kMemberNotFound, {}};
  id = *found;
  const auto* named = std::get_if<MemberId>(&ref);
  if (named != nullptr && *named != id) return Merged(state, *named);
  return std::nullopt;
}

bool Contains(const std::vector<MemberId>& group, MemberId member) {
  return std::find(group.begin(), group.end(), member) != group.end();
}

// Every type of which one of the two has a balance.
std::vector<PointTypeId> TypesOf(const Member& a, const Member& b) {
  std::vector<PointTypeId> types;
  for (const Member* member : {&a, &b}) {
    for (const Balance& balance : member->balances) {
      if (std::find(types.begin(), types.end(), balance.type) == types.end()) {
        types.push_back(balance.type);
      }
    }
  }
  return types;
}

Balance BalanceOf(const Member& member, const PointTypeId& type) {
  const Balance* found = member.FindBalance(type);
  return found == nullptr ? Balance{.type = type} : *found;
}

// Moves a balance, as it is, from one member of an entry to the other.
void Carry(const Balance& balance, Draft& from, Draft& to) {
  const auto carry = [&](AccountClass account, std::int64_t amount) {
    from.Post(account, "", balance.type, -amount);
    to.Post(account, "", balance.type, amount);
  };
  carry(AccountClass::kMemberAvailable, balance.available);
  carry(AccountClass::kMemberPending, balance.pending);
  carry(AccountClass::kMemberHeld, balance.held);
}

// Writes down what two drafts have posted and moved, of the entry's member and of the other one.
void Write(Draft& own, Draft& other, Accepted& accepted) {
  accepted.postings = std::move(own.postings);
  for (Posting& posting : PostingsOf(other.member(), std::move(other.postings))) {
    accepted.postings.push_back(std::move(posting));
  }
  accepted.lot_moves = std::move(own.lot_moves);
  accepted.lot_moves.insert(accepted.lot_moves.end(), other.lot_moves.begin(),
                            other.lot_moves.end());
}

// The higher tier stays; of two terms of one tier, the longer.
bool IsBetter(const rules::Rulebook& rulebook, const MemberTier& a, const MemberTier& b) {
  const std::size_t rank = TierIndex(rulebook, a.tier);
  const std::size_t other = TierIndex(rulebook, b.tier);
  return rank != other ? rank > other : rank > 0 && a.review_at > b.review_at;
}

// What is shown besides the earned tier stays, too, where it shows more than what the one whose
// tier stays has of that kind.
std::vector<TierFloorSet> FloorsKept(const rules::Rulebook& rulebook, const MemberTier& stays,
                                     const MemberTier& goes, Timestamp now) {
  std::vector<TierFloorSet> kept;
  for (const TierFloor& floor : goes.floors) {
    if (floor.kind == TierFloorKind::kWorn || !floor.IsShownAt(now)) continue;
    const TierFloor* same = stays.FindFloor(floor.kind);
    if (same != nullptr && same->IsShownAt(now)) {
      const std::size_t rank = TierIndex(rulebook, floor.tier);
      const std::size_t other = TierIndex(rulebook, same->tier);
      if (rank < other || (rank == other && floor.until <= same->until)) continue;
    }
    kept.push_back(TierFloorSet{.kind = floor.kind, .tier = floor.tier, .until = floor.until});
  }
  return kept;
}

TierDecided Decided(TierCause cause, const std::string& from, const MemberTier& tier) {
  return TierDecided{.cause = cause,
                     .from = from,
                     .to = tier.tier,
                     .since = tier.since,
                     .term = tier.term,
                     .review_at = tier.review_at};
}

// The tier as it is from the entry on: `tier` has come about by `cause`, and what the group has
// done may bring more.
void JudgeGroup(const MemberStanding& standing, const rules::Rulebook& rulebook, TierCause cause,
                const std::string& before, MemberTier tier, Timestamp now, Accepted& accepted) {
  const MetricValues metrics = standing.MetricsAsOf(tier, rulebook.LocalDate(now));
  if (std::optional<TierDecided> verdict = standing.JudgeUpgrade(tier, metrics, now)) {
    tier = After(tier, *verdict, now);
    accepted.events.push_back(*std::move(verdict));
  } else if (tier.tier != before) {
    accepted.events.push_back(Decided(cause, before, tier));
  }
  accepted.tier = standing.ViewOf(tier, metrics, now);
}

}  // namespace

Decision DecideMerge(State& state, const Command& command, const MergeMembers& order,
                     const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  MemberId merged_id;
  MemberId id;
  if (std::optional<Rejected> refused =
          FindParty(state, command.program, order.merged, merged_id)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = FindParty(state, command.program, order.survivor, id)) {
    return *std::move(refused);
  }
  if (merged_id == id)
    return InvalidField("survivor", "another member than the merged", "the same");
  if (std::optional<Rejected> refused =
          RefuseOwn(state, command.program, order.own, {merged_id, id})) {
    return *std::move(refused);
  }
  const Member& merged = *state.members.Find(MemberKey{merged_id});
  const Member& survivor = *state.members.Find(MemberKey{id});
  if (merged.state != MemberState::kActive) return NotActive(merged);
  if (survivor.state != MemberState::kActive) return NotActive(survivor);
  std::vector<MemberId> group = state.GroupOf(id);
  const std::vector<MemberId> joining = state.GroupOf(merged_id);
  group.insert(group.end(), joining.begin(), joining.end());
  if (group.size() > kGroupMax) {
    return OverLimit(absl::StrCat("of ", kGroupMax, " members that are one"),
                     static_cast<std::int64_t>(kGroupMax - (group.size() - joining.size())),
                     static_cast<std::int64_t>(joining.size()));
  }
  Draft own(state, id, group);
  Draft other(state, merged_id);
  for (const PointTypeId& type : TypesOf(survivor, merged)) {
    const Balance brought = BalanceOf(merged, type);
    const Balance had = BalanceOf(survivor, type);
    if (!HasRoom(&had, brought.available + brought.pending + brought.held)) {
      return TooLarge("balance");
    }
    // What one owes is covered by what is available of the other.
    const bool is_covered = (brought.available < 0) != (had.available < 0);
    if (is_covered) {
      Draft payer(state, brought.available < 0 ? id : merged_id);
      payer.TakeInSpendOrder(type, std::min(std::abs(brought.available), std::abs(had.available)));
      for (const LotMove& move : payer.lot_moves) own.Move(move.lot, move.delta, move.bucket);
    }
    Carry(brought, other, own);
  }
  if (own.lot_moves.size() > kLotMovesMax) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", absl::StrCat(kLotMovesMax, " lots")},
                     {"value", absl::StrCat(own.lot_moves.size(), " lots")}}};
  }

  // Nothing below may refuse.
  const rules::Rulebook& rulebook = *found.rulebook;
  Accepted accepted = Begun(EntryKind::kMembersMerged, id, found, context);
  accepted.other = merged_id;
  const bool takes_tier = IsBetter(rulebook, merged.tier, survivor.tier);
  accepted.events.push_back(MembersMerged{.takes_tier = takes_tier, .reason = order.reason});
  MemberTier tier = takes_tier ? merged.tier : survivor.tier;
  const MemberTier& goes = takes_tier ? survivor.tier : merged.tier;
  for (TierFloorSet& floor : FloorsKept(rulebook, tier, goes, context.recorded_at)) {
    tier = After(tier, floor, context.recorded_at);
    accepted.events.push_back(std::move(floor));
  }
  JudgeGroup(MemberStanding(state, id, rulebook, group), rulebook, TierCause::kMerged,
             survivor.tier.tier, std::move(tier), context.recorded_at, accepted);
  const Timestamp lots_due_at = own.LotsDue();
  if (lots_due_at != survivor.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  Write(own, other, accepted);
  return accepted;
}

namespace {

// Two halves of a group that is taken apart.
struct Parting {
  State& state;
  const std::vector<MemberId> leaving;
  const std::vector<MemberId> staying;
  Draft& back;  // of those who leave
  Draft& kept;

  Balance OpenOf(const std::vector<MemberId>& group, const PointTypeId& type) const {
    Balance sum{.type = type};
    state.ForLots(group, type, [&](const LotKey&, const Lot& lot) {
      sum.available += lot.available;
      sum.pending += lot.pending;
      sum.held += lot.held;
      return true;
    });
    return sum;
  }

  // What belongs to those who leave: what their lots still hold. Where one of the two owed points
  // at the merge and the other's lots covered them, they do no longer, unless they would have ended
  // meanwhile; and what was owed then and is still owed goes with who owed it.
  Balance Split(const Balance& whole, const Entry& merge) const {
    Balance leaves = OpenOf(leaving, whole.type);
    std::int64_t lots_kept = OpenOf(staying, whole.type).available;
    std::int64_t brought = 0;
    for (const Posting& posting : merge.postings) {
      const bool is_it = posting.member && posting.type == whole.type &&
                         posting.account == AccountClass::kMemberAvailable;
      if (is_it) brought -= posting.amount;
    }
    std::int64_t owed = 0;              // by those who leave
    std::int64_t uncovered = -brought;  // of what they brought to the merge, if they owed
    for (const LotMove& move : merge.lot_moves) {
      if (move.lot.type != whole.type) continue;
      const std::int64_t amount = -move.delta;
      const bool is_theirs = Contains(leaving, move.lot.member);
      if (!is_theirs) uncovered -= amount;
      const Lot* lot = state.FindLot(move.lot);
      const Timestamp ends_at = lot == nullptr ? move.lot.expires_at : state.EndOf(move.lot, *lot);
      if (ends_at <= merge_undone_at) continue;
      if (is_theirs) {
        back.Move(move.lot, amount);
        leaves.available += amount;
      } else {
        kept.Move(move.lot, amount);
        lots_kept += amount;
        owed += amount;
      }
    }
    const std::int64_t owed_now = std::max<std::int64_t>(0, -whole.available);
    owed += std::min(owed_now, std::max<std::int64_t>(0, uncovered));
    back.TakeInSpendOrder(whole.type, std::min(leaves.available, owed));
    leaves.available -= owed;
    const std::int64_t owed_kept = lots_kept - (whole.available - leaves.available);
    LAUREL_CHECK(owed_kept >= 0 || state.has_failed(), "what stays is not more than its lots");
    kept.TakeInSpendOrder(whole.type, std::min(lots_kept, std::max<std::int64_t>(0, owed_kept)));
    return leaves;
  }

  Timestamp merge_undone_at;
};

// An open hold of points of both halves; empty if there is none.
std::optional<HoldKey> FindHoldAcross(State& state, const std::vector<MemberId>& group,
                                      const std::vector<MemberId>& leaving) {
  std::optional<HoldKey> across;
  state.ForHoldLapses(group, [&](const HoldLapseKey& lapse) {
    const HoldKey key{lapse.member, lapse.sequence};
    const Hold* hold = state.holds.Find(key);
    if (hold == nullptr) return true;
    const bool is_leaving = Contains(leaving, key.member);
    for (const HeldPart& part : hold->parts) {
      if (Contains(leaving, part.home.value_or(key.member)) != is_leaving) across = key;
    }
    return !across.has_value();
  });
  return across;
}

}  // namespace

Decision DecideUnmerge(State& state, const Command& command, const UnmergeMembers& order,
                       const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  const Member* merged = state.members.Find(MemberKey{order.merged});
  if (merged == nullptr || merged->program != command.program) {
    return Rejected{Rejection::kMemberNotFound, {}};
  }
  if (!merged->merged_into) {
    return Rejected{Rejection::kInvalidState, {{"state", std::string(ToString(merged->state))}}};
  }
  const MemberId id = *merged->merged_into;
  const Member& survivor = *state.members.Find(MemberKey{id});
  if (survivor.merged_into) return Merged(state, id);
  if (std::optional<Rejected> refused = RefuseOwn(state, command.program, order.own, {id})) {
    return *std::move(refused);
  }
  // Taken out of a suspended one, a member would be active again without anybody's decision.
  if (survivor.state != MemberState::kActive) return NotActive(survivor);
  const MergedMember& latest = survivor.merged.back();
  if (latest.member != order.merged) {
    return Rejected{Rejection::kInvalidState,
                    {{"later", absl::StrCat(latest.member.raw())}, {"state", "MERGED_LATER"}}};
  }
  const std::vector<MemberId> group = state.GroupOf(id);
  const std::vector<MemberId> leaving = state.GroupOf(order.merged);
  std::vector<MemberId> staying;
  for (const MemberId member : group) {
    if (!Contains(leaving, member)) staying.push_back(member);
  }
  if (const std::optional<HoldKey> hold = FindHoldAcross(state, group, leaving)) {
    return Rejected{
        Rejection::kInvalidState,
        {{"hold", absl::StrCat(hold->member.raw(), "/", hold->sequence)}, {"state", "HELD"}}};
  }
  const std::shared_ptr<const Entry> merge = state.FindEntry(latest.sequence);
  if (state.has_failed()) return Rejected{Rejection::kMemberNotFound, {}};
  LAUREL_CHECK(merge != nullptr, "a merge's entry is in the journal");

  // Nothing below may refuse.
  const rules::Rulebook& rulebook = *found.rulebook;
  Accepted accepted = Begun(EntryKind::kMembersUnmerged, id, found, context);
  accepted.other = order.merged;
  Draft kept(state, id, staying);
  Draft back(state, order.merged, leaving);
  const Parting parting{state, leaving, staying, back, kept, context.recorded_at};
  for (const Balance& whole : survivor.balances) {
    Carry(parting.Split(whole, *merge), kept, back);
  }
  accepted.events.push_back(MembersUnmerged{
      .merge = latest.sequence, .lots_due_at = back.LotsDue(), .reason = order.reason});
  JudgeGroup(MemberStanding(state, id, rulebook, staying), rulebook, TierCause::kUnmerged,
             survivor.tier.tier, latest.tier, context.recorded_at, accepted);
  const Timestamp lots_due_at = kept.LotsDue();
  if (lots_due_at != survivor.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  Write(kept, back, accepted);
  return accepted;
}

}  // namespace laurel
