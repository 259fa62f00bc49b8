#ifndef LAUREL_RULES_PROGRAM_METRICS_AFTER_H_
#define LAUREL_RULES_PROGRAM_METRICS_AFTER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/program/fact_frame.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// Sets `after` to the metrics with the activity of `frame`, which brought `points` by point type.
// Only `part` of `whole` minor units of it count; whole 0: all of it. Measures that cannot be added
// up are taken from facts.metrics_after, and from before the activity where those say nothing.
void MetricsAfter(const Model& model, FactFrame& frame, std::span<const std::int64_t> points,
                  std::int64_t part, std::int64_t whole,
                  std::vector<std::optional<std::int64_t>>& after);

// What the activity of `frame` adds to a metric that can be added up by day: an amount for SUM, 1
// for measures that count activities or their days, 0 where it does not count. Of MAX the amount
// that competes.
std::int64_t DeltaOf(const Metric& metric, FactFrame& frame, std::span<const std::int64_t> points);

// The different texts that the activity of `frame` has for a DISTINCT metric, in its order; none
// where it does not count. They belong to the facts.
std::vector<absl::string_view> TextsOf(const Metric& metric, FactFrame& frame);

// Whether what an activity adds hangs on what else was done on its day or in the window:
// facts.metrics_after says it.
bool NeedsRecords(Measure measure);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_METRICS_AFTER_H_
