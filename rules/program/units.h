#ifndef LAUREL_RULES_PROGRAM_UNITS_H_
#define LAUREL_RULES_PROGRAM_UNITS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"

// The forms of numbers, durations and yearly days in a document.
namespace laurel::rules {

// A decimal such as "-12.50" as a whole number of 10^-digits.
struct Scaled {
  enum class Fit {
    kExact,
    kMalformed,  // not -?[0-9]+(\.[0-9]{1,6})?
    kTooFine,    // more digits after the point than allowed
    kTooLarge,   // outside ±10^18
  };
  Fit fit = Fit::kMalformed;
  std::int64_t value = 0;  // for kExact
};
Scaled ParseScaled(absl::string_view text, int digits);
// The decimal of `value` units of 10^-digits: RenderScaled(1250, 2) is "12.50".
std::string RenderScaled(std::int64_t value, int digits);
// The same without zeros at the end: RenderTrimmed(1250, 2) is "12.5", RenderTrimmed(1200, 2) "12".
std::string RenderTrimmed(std::int64_t value, int digits);

// "90 days", "1 month": a whole number of 0 to 100,000 units.
struct CivilDuration {
  enum class Unit { kMinutes, kHours, kDays, kWeeks, kMonths, kYears };
  std::int32_t count = 0;
  Unit unit = Unit::kDays;

  // Weeks as 7 days, years as 12 months; exactly one of the two may differ from zero.
  bool is_whole_days() const { return unit != Unit::kMinutes && unit != Unit::kHours; }
  std::int32_t months() const;
  std::int32_t days() const;
  // At its longest: a month has 31 days, a year 366, a day 24 hours.
  std::int64_t micros_max() const;
};
std::optional<CivilDuration> ParseDuration(absl::string_view text);

// "MM-DD", 29 February included.
struct YearDay {
  int month = 1;
  int day = 1;
};
std::optional<YearDay> ParseYearDay(absl::string_view text);

// The minutes since midnight of "11:00", 0 to 1,439.
std::optional<int> ParseTimeOfDay(absl::string_view text);

// "2027-03-01T08:15:00": what clocks show.
struct LocalTime {
  Date date;
  int second = 0;  // of the day, 0 to 86,399
};
std::optional<LocalTime> ParseLocalTime(absl::string_view text);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_UNITS_H_
