#include <algorithm>

#include "engine/domain/draft.h"
#include "engine/domain/tiers.h"
#include "rules/program/model.h"

// Tiers that are shown besides the earned one: given by hand, or because another program gave them.
namespace laurel {
namespace {

// Whose tier it is, by which rules.
struct Bearer {
  InForce in_force;
  MemberId id;
  const Member* member = nullptr;
};
std::optional<Rejected> FindBearer(State& state, const Command& command, const MemberRef& ref,
                                   const std::optional<IdentityHash>& own, const Context& context,
                                   Bearer& found) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found.in_force)) {
    return refused;
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return refused;
  const std::optional<MemberId> id = state.Resolve(command.program, ref);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  if (own && state.Resolve(command.program, *own) == id) {
    return Rejected{Rejection::kSelfDealingForbidden, {}};
  }
  found.id = *id;
  found.member = state.members.Find(MemberKey{*id});
  if (found.member->state == MemberState::kClosed) return NotActive(*found.member);
  return std::nullopt;
}

// The base tier is everybody's.
std::optional<Rejected> RefuseTier(const rules::Rulebook& rulebook, const std::string& tier) {
  const auto tiers = rulebook.tiers().subspan(1);
  const bool is_given = std::any_of(tiers.begin(), tiers.end(),
                                    [&](const rules::Tier& one) { return one.id == tier; });
  if (is_given) return std::nullopt;
  return ResourceNotFound("tier", tier);
}

Accepted FloorSet(State& state, const Bearer& bearer, TierFloorSet floor, const Context& context) {
  const rules::Rulebook& rulebook = *bearer.in_force.rulebook;
  const Date today = rulebook.LocalDate(context.recorded_at);
  Accepted accepted = Begun(EntryKind::kTierFloorSet, bearer.id, bearer.in_force, context);
  const MemberTier after = After(bearer.member->tier, floor, context.recorded_at);
  accepted.events.push_back(std::move(floor));
  const MemberStanding standing(state, bearer.id, rulebook);
  accepted.tier = standing.ViewOf(after, standing.MetricsAsOf(after, today), context.recorded_at);
  return accepted;
}

}  // namespace

Decision DecideFloor(State& state, const Command& command, const SetTierFloor& order,
                     const Context& context) {
  Bearer bearer;
  if (std::optional<Rejected> refused =
          FindBearer(state, command, order.member, order.own, context, bearer)) {
    return *std::move(refused);
  }
  if (order.tier.empty()) {
    if (bearer.member->tier.FindFloor(TierFloorKind::kManual) == nullptr) {
      return Rejected{Rejection::kInvalidState, {{"state", "NO_TIER_FLOOR"}}};
    }
  } else if (std::optional<Rejected> refused = RefuseTier(*bearer.in_force.rulebook, order.tier)) {
    return *std::move(refused);
  }
  if (order.until && *order.until <= context.recorded_at) {
    return Rejected{
        Rejection::kInvalidField,
        {{"expected", "after now"}, {"field", "until"}, {"was", ToString(*order.until)}}};
  }
  return FloorSet(state, bearer,
                  TierFloorSet{.kind = TierFloorKind::kManual,
                               .tier = order.tier,
                               .until = order.until.value_or(Timestamp::Never())},
                  context);
}

Decision DecideMatch(State& state, const Command& command, const MatchTier& order,
                     const Context& context) {
  Bearer bearer;
  if (std::optional<Rejected> refused =
          FindBearer(state, command, order.member, order.own, context, bearer)) {
    return *std::move(refused);
  }
  const rules::Rulebook& rulebook = *bearer.in_force.rulebook;
  const rules::model::TierPolicy& policy = rulebook.model().tier_policy;
  const auto refuse = [](const char* state_name) {
    return Rejected{Rejection::kInvalidState, {{"state", state_name}}};
  };
  if (!policy.match_duration) return refuse("NO_STATUS_MATCH");
  if (std::optional<Rejected> refused = RefuseTier(rulebook, order.tier)) {
    return *std::move(refused);
  }
  const MemberTier& tier = bearer.member->tier;
  if (TierIndex(rulebook, order.tier) <= TierIndex(rulebook, tier.tier)) {
    return refuse("TIER_EARNED");
  }
  const Date today = rulebook.LocalDate(context.recorded_at);
  if (tier.matched_at != Timestamp()) {
    const Date last = rulebook.LocalDate(tier.matched_at);
    if (!policy.match_once_per || today < rules::model::Plus(last, *policy.match_once_per)) {
      return refuse("MATCHED_BEFORE");
    }
  }
  const Date through = rules::model::Plus(today, *policy.match_duration);
  return FloorSet(state, bearer,
                  TierFloorSet{.kind = TierFloorKind::kMatch,
                               .tier = order.tier,
                               .until = rulebook.StartOf(through.PlusDays(1))},
                  context);
}

}  // namespace laurel
