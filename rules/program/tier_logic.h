#ifndef LAUREL_RULES_PROGRAM_TIER_LOGIC_H_
#define LAUREL_RULES_PROGRAM_TIER_LOGIC_H_

#include <cstddef>
#include <vector>

#include "rules/program/rulebook.h"

namespace laurel::rules {

using Thresholds = std::vector<Threshold>;     // a conjunction
using Alternatives = std::vector<Thresholds>;  // a disjunction

// What follows from what, for the thresholds over `metrics`, which must outlive this.
class TierLogic {
 public:
  explicit TierLogic(const std::vector<Metric>& metrics) : metrics_(metrics) {}

  // Whoever reaches every threshold of `given` fulfils one of `alternatives`. May say no where it
  // is yes.
  bool Implies(const Thresholds& given, const Alternatives& alternatives) const;
  // False if a window has too few days for what is asked.
  bool IsPossible(const Thresholds& all) const;

 private:
  bool Implies(const Thresholds& given, const Threshold& wanted) const;
  // Both count the same, the second over at least the days of the first.
  bool IsPartOf(std::size_t part, std::size_t whole) const;

  const std::vector<Metric>& metrics_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_TIER_LOGIC_H_
