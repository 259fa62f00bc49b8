#ifndef LAUREL_RULES_PROGRAM_OUTCOME_H_
#define LAUREL_RULES_PROGRAM_OUTCOME_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace laurel::rules::model {

// What became of one rule: the first test that it failed, in this order.
enum class Outcome : std::uint8_t {
  kNotEligible,
  kPaused,
  kNotActive,
  kConditionFalse,
  kZeroAmount,
  kHeldOut,
  kNotInCanary,
  kLimitReached,
  kBudgetExhausted,
  kLostInGroup,
  kCapReached,
  kAwarded,
  kShadowOnly,
  kError,  // an expression had no value, or the amount left its range
};

absl::string_view ToString(Outcome outcome);  // "LOST_IN_GROUP"

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_OUTCOME_H_
