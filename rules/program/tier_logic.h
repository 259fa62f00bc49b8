#ifndef LAUREL_RULES_PROGRAM_TIER_LOGIC_H_
#define LAUREL_RULES_PROGRAM_TIER_LOGIC_H_

#include <map>
#include <string>
#include <vector>

#include "rules/program/document_thresholds.h"

namespace laurel::program::v1 {
class Metric;
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// What follows from what, for thresholds over the metrics of `document`, which must outlive this.
class TierLogic {
 public:
  explicit TierLogic(const program::v1::ProgramDocument& document);

  // Whoever reaches every threshold of `given` fulfils one of `alternatives`. May say no where it
  // is yes.
  bool Implies(const MetricFloors& given, const std::vector<MetricFloors>& alternatives) const;
  // False if a window has too few days for what is asked.
  bool IsPossible(const MetricFloors& all) const;

 private:
  bool Implies(const MetricFloors& given, const std::string& metric, std::int64_t at_least) const;
  // Both count the same, the second over at least the days of the first.
  bool IsPartOf(const std::string& part, const std::string& whole) const;

  std::map<std::string, const program::v1::Metric*> metrics_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_TIER_LOGIC_H_
