#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_THRESHOLDS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_THRESHOLDS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/cel/checked.h"

// What can be said of a tier's condition without evaluating it.
namespace laurel::rules {

// `metrics.x >= c`, or another form of it: the least value that suffices.
struct MetricFloor {
  std::string metric;
  std::int64_t at_least = 0;
};
// The threshold that `expr` is, with >=, >, or the metric on the right. Constants are integers and
// money("…").
std::optional<MetricFloor> ThresholdOf(const cel::CheckedAst& checked, const cel::Expr& expr,
                                       int currency_exponent);

// The least value of each metric, by its id; holds when all are reached.
using MetricFloors = std::map<std::string, std::int64_t>;

// The alternatives of a condition that is built of `metrics.x >= c` and `metrics.x > c` by && and
// ||, at most 64. Empty if it has any other part: then it may not be monotone.
std::optional<std::vector<MetricFloors>> FloorsOf(const cel::CheckedAst& checked,
                                                  int currency_exponent);

// "stars_12m = 1200, visits_90d = 20".
std::string Describe(const MetricFloors& floors);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_THRESHOLDS_H_
