#include <algorithm>
#include <utility>

#include "rules/program/compile_parts.h"

namespace laurel::rules::model {
namespace {

Tier TierOf(const std::string& path, const v1::Tier& from, CompileContext& context) {
  Tier tier;
  tier.id = from.id();
  tier.name = NameOf(from);
  tier.rank = from.rank();
  tier.qualify = context.Bool(path + ".qualify", from.qualify());
  tier.retain = context.Bool(path + ".retain", from.retain());
  tier.lifetime = context.Bool(path + ".lifetime", from.lifetime());
  return tier;
}

Anchor AnchorOf(v1::Review::Anchor anchor) {
  switch (anchor) {
    case v1::Review::ANCHOR_ENROLMENT_ANNIVERSARY:
      return Anchor::kEnrolmentAnniversary;
    case v1::Review::ANCHOR_CALENDAR:
      return Anchor::kCalendar;
    default:
      return Anchor::kTierAnniversary;
  }
}

void SetReview(const v1::Review& from, CompileContext& context, TierPolicy& policy) {
  policy.has_review = true;
  policy.anchor = AnchorOf(from.anchor());
  policy.every =
      context.Duration("tier_policy.review.every", from.every()).value_or(CivilDuration());
  if (policy.every.count <= 0 || !policy.every.is_whole_days()) {
    context.Fail("tier_policy.review.every", "expected days, weeks, months or years");
  }
  if (!from.starts().empty()) {
    const std::optional<YearDay> starts = ParseYearDay(from.starts());
    if (!starts) context.Fail("tier_policy.review.starts", "expected MM-DD");
    policy.starts = starts.value_or(YearDay());
  }
  policy.keeps_next_period = from.keep() == v1::Review::KEEP_REST_AND_NEXT;
}

void SetActivation(const v1::TierPolicy& from, CompileContext& context, TierPolicy& policy) {
  policy.on_activation =
      from.on_activation() == v1::TierPolicy::ON_ACTIVATION_RECOMPUTE ? OnActivation::kRecompute
      : from.on_activation() == v1::TierPolicy::ON_ACTIVATION_NOTHING ? OnActivation::kNothing
                                                                      : OnActivation::kUpgradeOnly;
  for (const v1::RetiredTier& retired : from.retired()) {
    policy.retired.push_back(RetiredTier{
        retired.tier(),
        context.Find("tier_policy.retired.becomes", context.model.tiers, retired.becomes())});
  }
}

}  // namespace

void AddTiers(const v1::ProgramDocument& document, CompileContext& context) {
  Model& model = context.model;
  for (int i = 0; i < document.tiers_size(); ++i) {
    model.tiers.push_back(TierOf(absl::StrCat("tiers[", i, "]"), document.tiers(i), context));
  }
  if (model.tiers.empty()) return context.Fail("tiers", "expected at least one");
  std::stable_sort(model.tiers.begin(), model.tiers.end(),
                   [](const Tier& a, const Tier& b) { return a.rank < b.rank; });

  const v1::TierPolicy& from = document.tier_policy();
  TierPolicy& policy = model.tier_policy;
  policy.upgrades_at_once = from.upgrade() != v1::TierPolicy::UPGRADE_AT_REVIEW;
  policy.crossing = from.crossing() == v1::TierPolicy::CROSSING_WITH_BASKET ? Crossing::kWithBasket
                    : from.crossing() == v1::TierPolicy::CROSSING_SPLIT_BASKET
                        ? Crossing::kSplitBasket
                        : Crossing::kBeforeBasket;
  if (from.has_review()) SetReview(from.review(), context, policy);
  policy.downgrade = from.downgrade() == v1::TierPolicy::DOWNGRADE_RECOMPUTE ? Downgrade::kRecompute
                     : from.downgrade() == v1::TierPolicy::DOWNGRADE_NEVER   ? Downgrade::kNever
                                                                             : Downgrade::kDropOne;
  policy.before = context.Duration("tier_policy.grace.before", from.grace().before());
  policy.late = context.Duration("tier_policy.grace.late", from.grace().late());
  policy.after = context.Duration("tier_policy.grace.after", from.grace().after());
  if (from.has_rollover()) {
    policy.rollover_metric =
        context.Find("tier_policy.rollover.metric", model.metrics, from.rollover().metric());
    policy.rollover_limit = from.rollover().limit();
    if (context.status().ok()) model.metrics[*policy.rollover_metric].is_rolled_over = true;
  }
  policy.keeps_on_return = from.on_return() == v1::TierPolicy::ON_RETURN_KEEP;
  SetActivation(from, context, policy);
  policy.match_keep_if =
      context.Bool("tier_policy.status_match.keep_if", from.status_match().keep_if());
  policy.match_duration =
      context.Duration("tier_policy.status_match.duration", from.status_match().duration());
  policy.match_once_per =
      context.Duration("tier_policy.status_match.once_per", from.status_match().once_per());
}

}  // namespace laurel::rules::model
