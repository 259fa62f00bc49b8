#ifndef LAUREL_RULES_PROGRAM_COUNTERS_H_
#define LAUREL_RULES_PROGRAM_COUNTERS_H_

#include <cstdint>

#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// What is left of the counters that the facts state. Both must outlive this.
class Counters {
 public:
  Counters(const Model& model, const Facts& facts) : model_(model), facts_(facts) {}

  // Fires or points; may be negative where a counter was overdrawn. Counters of one activity are
  // whole.
  std::int64_t Left(std::size_t counter) const {
    return model_.counters[counter].max - Used(counter);
  }

 private:
  std::int64_t Used(std::size_t counter) const {
    if (model_.counters[counter].window == Span::kActivity) return 0;
    for (const CounterFact& fact : facts_.counters) {
      if (fact.counter == counter) return fact.used;
    }
    return 0;
  }

  const Model& model_;
  const Facts& facts_;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_COUNTERS_H_
