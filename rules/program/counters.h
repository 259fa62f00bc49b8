#ifndef LAUREL_RULES_PROGRAM_COUNTERS_H_
#define LAUREL_RULES_PROGRAM_COUNTERS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// What is left of the counters that the facts state. Both must outlive this.
class Counters {
 public:
  Counters(const Model& model, const Facts& facts) : model_(model), facts_(facts) {}

  // Fires or points; may be negative where a counter was overdrawn. Counters of one activity are
  // whole. `by` is the text that keeps this counter apart; empty for most.
  std::int64_t Left(std::size_t counter, absl::string_view by = "") const {
    return model_.counters[counter].max - Used(counter, by);
  }

 private:
  std::int64_t Used(std::size_t counter, absl::string_view by) const {
    if (model_.counters[counter].window == Span::kActivity) return 0;
    if (facts_.counter_source != nullptr) return facts_.counter_source->Used(counter, by);
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
