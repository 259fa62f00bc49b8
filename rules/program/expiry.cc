#include "rules/program/expiry.h"

#include <algorithm>

namespace laurel::rules {
namespace {

// The last day of the run of `months` months that contains `date`; runs are counted from January.
Date MonthsEnd(Date date, int months) {
  const Date first = date.PlusDays(1 - date.day());
  const int into = (date.month() - 1) % months;
  return first.PlusMonths(months - into).PlusDays(-1);
}

Date PeriodEnd(Date date, Period period) {
  switch (period) {
    case Period::kDay:
      return date;
    case Period::kWeek: {
      constexpr int kEpochWeekday = 3;  // 1970-01-01 was a Thursday; Monday is 0
      const int weekday = ((date.days() + kEpochWeekday) % 7 + 7) % 7;
      return date.PlusDays(6 - weekday);
    }
    case Period::kMonth:
      return MonthsEnd(date, 1);
    case Period::kQuarter:
      return MonthsEnd(date, 3);
    case Period::kHalfYear:
      return MonthsEnd(date, 6);
    case Period::kYear:
      return MonthsEnd(date, 12);
  }
  return date;
}

// `on` in the year of `date`; 29 February falls on the 28th in common years.
Date InYearOf(Date date, const YearDay& on) {
  const Date first = date.PlusDays(1 - date.day()).PlusMonths(on.month - date.month());
  return std::min(first.PlusDays(on.day - 1), MonthsEnd(first, 1));
}

std::optional<Date> LastDayOf(const ExpiryPolicy& policy, Date start) {
  const Date reach = start.PlusMonths(policy.after_months).PlusDays(policy.after_days);
  switch (policy.kind) {
    case ExpiryPolicy::Kind::kNever:
      return std::nullopt;
    case ExpiryPolicy::Kind::kRolling:
      return reach;
    case ExpiryPolicy::Kind::kPeriodEnd:
      return PeriodEnd(reach, policy.period);
    case ExpiryPolicy::Kind::kFixedDate: {
      const Date this_year = InYearOf(reach, policy.on);
      if (this_year >= reach) return this_year;
      return InYearOf(MonthsEnd(reach, 12).PlusDays(1), policy.on);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Date> LastDay(std::span<const ExpiryPolicy> policies, Date start) {
  std::optional<Date> earliest;
  for (const ExpiryPolicy& policy : policies) {
    const std::optional<Date> last = LastDayOf(policy, start);
    if (last && (!earliest || *last < *earliest)) earliest = last;
  }
  return earliest;
}

}  // namespace laurel::rules
