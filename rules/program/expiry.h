#ifndef LAUREL_RULES_PROGRAM_EXPIRY_H_
#define LAUREL_RULES_PROGRAM_EXPIRY_H_

#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/time.h"
#include "rules/program/units.h"

namespace laurel::rules {

enum class Period { kDay, kWeek, kMonth, kQuarter, kHalfYear, kYear };

// One policy for the last day of a lot. "Reach" is the start plus the months and days.
struct ExpiryPolicy {
  enum class Kind {
    kNever,
    kRolling,    // reach itself
    kPeriodEnd,  // the last day of the period that contains reach
    kFixedDate,  // the first `on` that is not before reach
  };
  Kind kind = Kind::kNever;
  std::int32_t after_months = 0;
  std::int32_t after_days = 0;
  Period period = Period::kDay;
  YearDay on;
};

// The last day of a lot that starts on `start`: the earliest that a policy names. Empty if none
// does.
std::optional<Date> LastDay(std::span<const ExpiryPolicy> policies, Date start);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_EXPIRY_H_
