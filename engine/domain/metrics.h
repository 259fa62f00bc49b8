#ifndef LAUREL_ENGINE_DOMAIN_METRICS_H_
#define LAUREL_ENGINE_DOMAIN_METRICS_H_

#include <cstdint>
#include <vector>

#include "engine/domain/state.h"
#include "rules/program/rulebook.h"

// Numbers about a member's past, from the sums by month and day. The seam between records and
// rules.
namespace laurel {

// An activity that is not in the records yet: added in thought.
struct ActivityInThought {
  Date day;
  std::int64_t spend = 0;
  std::int64_t purchases = 0;
  std::vector<std::int64_t> points;  // by index of the point type
};

// The rulebook's metrics, in its order, over windows that end with `last` (included). Reads at most
// two day records a metric, however long the history.
std::vector<std::int64_t> MetricsAsOf(State& state, MemberId id, const rules::Rulebook& rulebook,
                                      Date last, const ActivityInThought* extra = nullptr);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_METRICS_H_
