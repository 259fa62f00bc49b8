#ifndef LAUREL_RULES_PROGRAM_WINDOWS_H_
#define LAUREL_RULES_PROGRAM_WINDOWS_H_

#include <cstdint>

#include "engine/base/time.h"
#include "rules/program/expiry.h"
#include "rules/program/units.h"

// Calendar arithmetic of limits, reviews and terms. Dates are civil dates of the program's zone.
namespace laurel::rules::model {

// How long a counter counts.
enum class Span {
  kActivity,  // one evaluation; never stored
  kDay,
  kWeek,  // from Monday
  kMonth,
  kQuarter,
  kYear,
  kMemberYear,  // from the last anniversary of the enrolment
  kTierTerm,
  kPromotion,
  kLifetime,
};

// What the windows of one member hang on.
struct MemberDates {
  Date enrolled;
  Date tier_since;  // the first day of the term of the tier
};

// The first day of the window that contains `date`: what a counter is keyed by. 0001-01-01 for
// windows that never end. For kTierTerm the day the term began, for kActivity `date` itself.
Date WindowStart(Span span, Date date, const MemberDates& member);

// Over which days a metric counts: whole local days that end with a given one.
struct MetricWindow {
  enum class Kind { kRolling, kCalendar, kMemberYear, kTierTerm, kLifetime };
  Kind kind = Kind::kLifetime;
  std::int32_t months = 0;  // of kRolling: one of the two is more than 0
  std::int32_t days = 0;
  Period period = Period::kDay;  // of kCalendar
};
// The first day of the window that ends with `last`; not before 0001-01-01.
Date FirstDayOf(const MetricWindow& window, Date last, const MemberDates& member);

// The first day of the year of membership that contains `date`, which is not before `enrolled`.
// The year of someone who enrolled on 29 February begins on the 28th in common years.
Date MemberYearStart(Date enrolled, Date date);

// `date` plus a number of calendar days or months: the same day of the month, cut to the month's
// last. Requires duration.is_whole_days().
Date Plus(Date date, const CivilDuration& duration);
// The same `times` over, counted from `date`, so that cut days do not drift.
Date Plus(Date date, const CivilDuration& duration, std::int32_t times);
// `date` less the duration.
Date Minus(Date date, const CivilDuration& duration);

// 1 for Monday to 7 for Sunday.
int Weekday(Date date);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_WINDOWS_H_
