#include "rules/program/tier_logic.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace laurel::rules {
namespace {

// The days of a window, at least and at most; a lifetime has no end.
std::int64_t DaysMin(const Metric& metric) {
  if (metric.rolling_months > 0) return std::int64_t{28} * metric.rolling_months;
  return metric.rolling_days > 0 ? metric.rolling_days : std::numeric_limits<std::int64_t>::max();
}
std::int64_t DaysMax(const Metric& metric) {
  if (metric.rolling_months > 0) return std::int64_t{31} * metric.rolling_months;
  return metric.rolling_days > 0 ? metric.rolling_days : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

bool TierLogic::Implies(const Thresholds& given, const Alternatives& alternatives) const {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const Thresholds& all) {
    return std::all_of(all.begin(), all.end(),
                       [&](const Threshold& one) { return Implies(given, one); });
  });
}

bool TierLogic::IsPossible(const Thresholds& all) const {
  return std::none_of(all.begin(), all.end(), [&](const Threshold& threshold) {
    const Metric& metric = metrics_[threshold.metric];
    return metric.measure == Measure::kVisitDays && threshold.at_least > DaysMax(metric);
  });
}

bool TierLogic::Implies(const Thresholds& given, const Threshold& wanted) const {
  return std::any_of(given.begin(), given.end(), [&](const Threshold& one) {
    return one.at_least >= wanted.at_least && IsPartOf(one.metric, wanted.metric);
  });
}

bool TierLogic::IsPartOf(std::size_t part, std::size_t whole) const {
  if (part == whole) return true;
  const Metric& a = metrics_[part];
  const Metric& b = metrics_[whole];
  if (a.measure != b.measure || a.point_type != b.point_type) return false;
  if (a.rolling_months > 0 && b.rolling_months > 0) return a.rolling_months <= b.rolling_months;
  return DaysMax(a) <= DaysMin(b);
}

}  // namespace laurel::rules
