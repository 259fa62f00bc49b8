#include "rules/program/tier_logic.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "laurel/program/v1/program.pb.h"
#include "rules/program/units.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();

// The days of a rolling window, at least and at most; others have no end that is known.
struct Days {
  std::int64_t least = kEndless;
  std::int64_t most = kEndless;
};
Days DaysOf(const v1::Metric& metric) {
  const std::optional<CivilDuration> rolling = ParseDuration(metric.window().rolling());
  if (metric.window().kind_case() != v1::Window::kRolling || !rolling) return {};
  if (rolling->months() > 0) {
    return Days{std::int64_t{28} * rolling->months(), std::int64_t{31} * rolling->months()};
  }
  return Days{rolling->days(), rolling->days()};
}

// What two metrics count is the same but for their windows and names.
std::string CountOf(v1::Metric metric) {
  metric.clear_id();
  metric.clear_name();
  metric.clear_window();
  return metric.SerializeAsString();
}

// A longer window can only hold more of it.
bool Grows(v1::Metric::Measure measure) { return measure != v1::Metric::MEASURE_DAYS_SINCE_LAST; }

}  // namespace

TierLogic::TierLogic(const v1::ProgramDocument& document) {
  for (const v1::Metric& metric : document.metrics()) metrics_.try_emplace(metric.id(), &metric);
}

bool TierLogic::Implies(const MetricFloors& given,
                        const std::vector<MetricFloors>& alternatives) const {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const MetricFloors& all) {
    return std::all_of(all.begin(), all.end(), [&](const auto& wanted) {
      return wanted.second <= 0 || Implies(given, wanted.first, wanted.second);
    });
  });
}

bool TierLogic::Implies(const MetricFloors& given, const std::string& metric,
                        std::int64_t at_least) const {
  return std::any_of(given.begin(), given.end(), [&](const auto& one) {
    return one.second >= at_least && IsPartOf(one.first, metric);
  });
}

bool TierLogic::IsPossible(const MetricFloors& all) const {
  return std::none_of(all.begin(), all.end(), [&](const auto& floor) {
    const auto found = metrics_.find(floor.first);
    if (found == metrics_.end()) return false;
    const v1::Metric::Measure measure = found->second->measure();
    const bool counts_days =
        measure == v1::Metric::MEASURE_DISTINCT_DAYS || measure == v1::Metric::MEASURE_STREAK_DAYS;
    return counts_days && floor.second > DaysOf(*found->second).most;
  });
}

bool TierLogic::IsPartOf(const std::string& part, const std::string& whole) const {
  if (part == whole) return true;
  const auto a = metrics_.find(part);
  const auto b = metrics_.find(whole);
  if (a == metrics_.end() || b == metrics_.end()) return false;
  if (!Grows(a->second->measure()) || CountOf(*a->second) != CountOf(*b->second)) return false;
  const std::optional<CivilDuration> first = ParseDuration(a->second->window().rolling());
  const std::optional<CivilDuration> second = ParseDuration(b->second->window().rolling());
  const bool are_months = first && second && first->months() > 0 && second->months() > 0;
  if (are_months) return first->months() <= second->months();
  const bool is_lifetime = b->second->window().kind_case() == v1::Window::kLifetime;
  return is_lifetime || (first && second && DaysOf(*a->second).most <= DaysOf(*b->second).least);
}

}  // namespace laurel::rules
