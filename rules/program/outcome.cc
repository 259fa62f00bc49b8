#include "rules/program/outcome.h"

namespace laurel::rules::model {

absl::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNotEligible:
      return "NOT_ELIGIBLE";
    case Outcome::kPaused:
      return "PAUSED";
    case Outcome::kNotActive:
      return "NOT_ACTIVE";
    case Outcome::kConditionFalse:
      return "CONDITION_FALSE";
    case Outcome::kZeroAmount:
      return "ZERO_AMOUNT";
    case Outcome::kHeldOut:
      return "HELD_OUT";
    case Outcome::kNotInCanary:
      return "NOT_IN_CANARY";
    case Outcome::kLimitReached:
      return "LIMIT_REACHED";
    case Outcome::kBudgetExhausted:
      return "BUDGET_EXHAUSTED";
    case Outcome::kLostInGroup:
      return "LOST_IN_GROUP";
    case Outcome::kCapReached:
      return "CAP_REACHED";
    case Outcome::kAwarded:
      return "AWARDED";
    case Outcome::kShadowOnly:
      return "SHADOW_ONLY";
    case Outcome::kError:
      return "ERROR";
  }
  return "";
}

}  // namespace laurel::rules::model
