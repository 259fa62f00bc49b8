#include "rules/program/crossing.h"

#include <algorithm>

#include "rules/program/metrics_after.h"

namespace laurel::rules::model {
namespace {

// Which tiers the first minor units of one purchase lead to.
class CrossingFinder {
 public:
  CrossingFinder(const Model& model, RuleAmounts& rules)
      : model_(model), rules_(rules), whole_(rules.frame().eligible_net()) {}

  std::int64_t whole() const { return whole_; }

  // Whether `tier` is reached when only the first `part` minor units count. Base lines only.
  bool Reaches(std::size_t tier, std::int64_t part) {
    const Condition& qualify = model_.tiers[tier].qualify;
    if (!qualify) return false;
    FactFrame& frame = rules_.frame();
    frame.SetMetrics(MetricsAfter(model_, frame, BasePointsOf(part), part, whole_));
    const bool reaches = frame.Test(qualify);
    frame.SetMetrics(frame.facts().metrics);
    return reaches;
  }

  // The least number of minor units that reaches `tier`, which the whole purchase does.
  std::int64_t LeastFor(std::size_t tier) {
    std::int64_t low = 0;
    std::int64_t high = whole_;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (Reaches(tier, middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

 private:
  std::vector<std::int64_t> BasePointsOf(std::int64_t part) {
    std::vector<std::int64_t> points(model_.point_types.size(), 0);
    for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
      const Rule& one = model_.rules[rule];
      if (one.is_promotion || one.rollout == Rollout::kShadow || !rules_.HasTrigger(one)) continue;
      if (rules_.Gate(rule) != Outcome::kAwarded) continue;
      const std::int64_t given = rules_.BaseOfPart(rule, part, whole_).value_or(0);
      if (const auto* earn = std::get_if<Earn>(&one.effect)) points[earn->point_type] += given;
      if (const auto* bonus = std::get_if<Bonus>(&one.effect)) points[bonus->point_type] += given;
    }
    return points;
  }

  const Model& model_;
  RuleAmounts& rules_;
  const std::int64_t whole_;
};

// Where the purchase reaches `tier`.
struct CrossedTier {
  std::size_t tier = 0;
  std::int64_t at = 0;
};

std::vector<TierPart> Split(std::size_t shown, const std::vector<CrossedTier>& crossed,
                            std::int64_t whole) {
  std::vector<TierPart> parts;
  TierPart current{shown, Part{0, whole, whole}};
  for (const CrossedTier& threshold : crossed) {
    if (threshold.tier <= current.tier) continue;
    if (threshold.at > current.part.begin) {
      parts.push_back(TierPart{current.tier, Part{current.part.begin, threshold.at, whole}});
    }
    current = TierPart{threshold.tier, Part{threshold.at, whole, whole}};
  }
  if (current.part.begin < whole) parts.push_back(current);
  return parts;
}

}  // namespace

std::vector<TierPart> TierParts(const Model& model, const Facts& facts, const TierState& tiers,
                                RuleAmounts& rules) {
  const std::size_t shown = facts.member.tier;
  const TierPolicy& policy = model.tier_policy;
  CrossingFinder finder(model, rules);
  const bool may_cross = policy.upgrades_at_once && policy.crossing != Crossing::kBeforeBasket &&
                         rules.is_eligible() && finder.whole() > 0;
  if (!may_cross) return {TierPart{shown, Part()}};

  std::vector<CrossedTier> crossed;
  for (std::size_t tier = std::max(shown, tiers.earned) + 1; tier < model.tiers.size(); ++tier) {
    if (!finder.Reaches(tier, finder.whole())) continue;
    crossed.push_back(CrossedTier{tier, finder.LeastFor(tier)});
  }
  if (crossed.empty()) return {TierPart{shown, Part()}};
  if (policy.crossing == Crossing::kWithBasket) return {TierPart{crossed.back().tier, Part()}};
  std::stable_sort(crossed.begin(), crossed.end(),
                   [](const CrossedTier& a, const CrossedTier& b) { return a.at < b.at; });
  return Split(shown, crossed, finder.whole());
}

}  // namespace laurel::rules::model
