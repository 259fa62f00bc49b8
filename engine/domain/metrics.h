#ifndef LAUREL_ENGINE_DOMAIN_METRICS_H_
#define LAUREL_ENGINE_DOMAIN_METRICS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/domain/state.h"
#include "rules/program/model.h"
#include "rules/program/windows.h"

// Numbers about a member's past, from the sums by month and day. The seam between records and
// rules.
namespace laurel {

// Where a metric's values come from: sums that every member has from the first day, or such as are
// kept for this metric from its first activation on.
enum class MetricSource { kSpend, kPurchases, kPoints, kTracked };
MetricSource SourceOf(const rules::model::Metric& metric);

// An activity that is not in the records yet: added in thought.
struct ActivityInThought {
  Date day;
  std::int64_t spend = 0;
  std::int64_t purchases = 0;
  std::vector<std::int64_t> points;    // by index of the point type
  std::vector<MetricCounted> tracked;  // of metrics with kTracked
};

// What stands for a text among the values of a metric that counts different ones.
std::int64_t StandsFor(absl::string_view text);

// The metrics of `program`, in its order, over windows that end with `last` (included); empty ones
// are absent. Reads at most two day records a metric and window, however long the history; streaks
// as many as they are long. Of different values a record a month of the window, but one alone where
// it has no beginning and nothing has counted after `last`. `begun_as_of`: the windows begin as
// they did for that day.
std::vector<std::optional<std::int64_t>> MetricsAsOf(
    State& state, MemberId id, std::span<const rules::model::Metric> metrics, Date last,
    const rules::model::MemberDates& dates, const ActivityInThought* extra = nullptr,
    std::optional<Date> begun_as_of = std::nullopt);
// Those of several members, as if they were one.
std::vector<std::optional<std::int64_t>> MetricsAsOf(
    State& state, std::vector<MemberId> group, std::span<const rules::model::Metric> metrics,
    Date last, const rules::model::MemberDates& dates, const ActivityInThought* extra = nullptr,
    std::optional<Date> begun_as_of = std::nullopt);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_METRICS_H_
