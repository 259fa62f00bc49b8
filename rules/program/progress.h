#ifndef LAUREL_RULES_PROGRAM_PROGRESS_H_
#define LAUREL_RULES_PROGRAM_PROGRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/program/fact_frame.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"
#include "rules/program/tier_judge.h"

// How far a member is from a tier, and from keeping one. Pure. All figures are in the unit of the
// metric: minor units of money, smallest units of points, a count, days.
namespace laurel::rules::model {

// One conjunct of a condition.
struct ProgressPart {
  std::string text;  // as written
  bool holds = false;
  // Of a threshold, `metrics.x >= c` or one of its other forms; without it the part is only met or
  // not.
  std::optional<std::size_t> metric;
  std::int64_t have = 0;  // 0 where the metric is absent
  std::int64_t need = 0;  // the least value that suffices
  std::int64_t missing() const { return have < need ? need - have : 0; }
};

// Conjuncts that suffice together, in the order of the text.
struct ProgressPath {
  bool holds = false;
  std::vector<ProgressPart> parts;
};

// The alternatives of a condition, the nearest first: that whose thresholds lack the smallest share
// of what they need, each by its largest share; of equal ones the first in the text. A part that is
// not met and no threshold lacks all.
struct TierProgress {
  std::size_t tier = 0;
  bool holds = false;
  std::vector<ProgressPath> paths;  // at least one
};

// Towards `tier`, by its `qualify`. Empty for the base tier. Reads member, metrics and the instant
// facts.activity.occurred_at only, with segments and variables.
std::optional<TierProgress> ProgressOf(const Model& model, std::size_t tier, const Facts& facts);
// Towards keeping `tier`, by its `retain`, or `qualify` where it has none.
std::optional<TierProgress> RetentionOf(const Model& model, std::size_t tier, const Facts& facts);
// The same with what `frame` has.
std::optional<TierProgress> ProgressOf(const Model& model, std::size_t tier, FactFrame& frame);
std::optional<TierProgress> RetentionOf(const Model& model, std::size_t tier, FactFrame& frame);

// What a member's tier looks like at facts.activity.occurred_at.
struct TierOutlook {
  std::size_t shown = 0;
  std::optional<TierProgress> next;       // towards the tier above; empty for the highest
  std::optional<TierProgress> retention;  // of the earned tier; empty for the base tier
  std::optional<Date> through;            // last day of its term; the review follows
  std::size_t expected = 0;               // the tier after a review on today's figures
};
TierOutlook OutlookOf(const Model& model, const Facts& facts, const TierState& state);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_PROGRESS_H_
