#include "rules/program/crossing.h"

#include <algorithm>

#include "rules/program/metrics_after.h"

namespace laurel::rules::model {
namespace {

// Which tiers the first minor units of one purchase lead to.
class CrossingFinder {
 public:
  CrossingFinder(const Model& model, RuleAmounts& rules, CrossingRoom& room)
      : model_(model), rules_(rules), room_(room), whole_(rules.frame().eligible_net()) {}

  std::int64_t whole() const { return whole_; }

  // Whether `tier` is reached when only the first `part` minor units count. Base lines only.
  bool Reaches(std::size_t tier, std::int64_t part) {
    const Condition& qualify = model_.tiers[tier].qualify;
    if (!qualify) return false;
    FactFrame& frame = rules_.frame();
    SetBasePoints(part);
    MetricsAfter(model_, frame, room_.points, part, whole_, room_.metrics);
    frame.SetMetrics(room_.metrics);
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
  void SetBasePoints(std::int64_t part) {
    std::vector<std::int64_t>& points = room_.points;
    points.assign(model_.point_types.size(), 0);
    for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
      const Rule& one = model_.rules[rule];
      if (one.is_promotion || one.rollout == Rollout::kShadow || !rules_.HasTrigger(rule)) continue;
      if (rules_.Gate(rule) != Outcome::kAwarded) continue;
      const std::int64_t given = rules_.BaseOfPart(rule, part, whole_).value_or(0);
      if (const auto* earn = std::get_if<Earn>(&one.effect)) points[earn->point_type] += given;
      if (const auto* bonus = std::get_if<Bonus>(&one.effect)) points[bonus->point_type] += given;
    }
  }

  const Model& model_;
  RuleAmounts& rules_;
  CrossingRoom& room_;
  const std::int64_t whole_;
};

using CrossedTier = CrossingRoom::CrossedTier;

void Split(std::size_t shown, const std::vector<CrossedTier>& crossed, std::int64_t whole,
           std::vector<TierPart>& parts) {
  TierPart current{shown, Part{0, whole, whole}};
  for (const CrossedTier& threshold : crossed) {
    if (threshold.tier <= current.tier) continue;
    if (threshold.at > current.part.begin) {
      parts.push_back(TierPart{current.tier, Part{current.part.begin, threshold.at, whole}});
    }
    current = TierPart{threshold.tier, Part{threshold.at, whole, whole}};
  }
  if (current.part.begin < whole) parts.push_back(current);
}

}  // namespace

void TierParts(const Model& model, const Facts& facts, const TierState& tiers, RuleAmounts& rules,
               CrossingRoom& room, std::vector<TierPart>& parts) {
  parts.clear();
  const std::size_t shown = facts.member.tier;
  const TierPolicy& policy = model.tier_policy;
  CrossingFinder finder(model, rules, room);
  const bool may_cross = policy.upgrades_at_once && policy.crossing != Crossing::kBeforeBasket &&
                         rules.is_eligible() && finder.whole() > 0;
  if (!may_cross) return parts.push_back(TierPart{shown, Part()});

  std::vector<CrossedTier>& crossed = room.crossed;
  crossed.clear();
  for (std::size_t tier = std::max(shown, tiers.earned) + 1; tier < model.tiers.size(); ++tier) {
    if (!finder.Reaches(tier, finder.whole())) continue;
    crossed.push_back(CrossedTier{tier, finder.LeastFor(tier)});
  }
  if (crossed.empty()) return parts.push_back(TierPart{shown, Part()});
  if (policy.crossing == Crossing::kWithBasket) {
    return parts.push_back(TierPart{crossed.back().tier, Part()});
  }
  std::sort(crossed.begin(), crossed.end(), [](const CrossedTier& a, const CrossedTier& b) {
    return a.at != b.at ? a.at < b.at : a.tier < b.tier;
  });
  Split(shown, crossed, finder.whole(), parts);
}

}  // namespace laurel::rules::model
