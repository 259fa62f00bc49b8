#include "rules/program/windows.h"

#include <algorithm>
#include <optional>

namespace laurel::rules::model {
namespace {

Date MonthStart(Date date, int months) {
  const Date first = date.PlusDays(1 - date.day());
  return first.PlusMonths(-((date.month() - 1) % months));
}

Date PeriodStart(Date date, Period period) {
  switch (period) {
    case Period::kDay:
      return date;
    case Period::kWeek:
      return date.PlusDays(1 - Weekday(date));
    case Period::kMonth:
      return MonthStart(date, 1);
    case Period::kQuarter:
      return MonthStart(date, 3);
    case Period::kHalfYear:
      return MonthStart(date, 6);
    case Period::kYear:
      return MonthStart(date, 12);
  }
  return date;
}

Date Beginning() { return Date::FromCivil(1, 1, 1).value_or(Date()); }

}  // namespace

int Weekday(Date date) {
  constexpr int kEpochWeekday = 3;  // 1970-01-01 was a Thursday; Monday is 0
  return ((date.days() + kEpochWeekday) % 7 + 7) % 7 + 1;
}

Date MemberYearStart(Date enrolled, Date date) {
  const int years = date.year() - enrolled.year();
  const Date anniversary = enrolled.PlusMonths(12 * years);
  return anniversary <= date ? anniversary : enrolled.PlusMonths(12 * (years - 1));
}

Date WindowStart(Span span, Date date, const MemberDates& member) {
  switch (span) {
    case Span::kActivity:
    case Span::kDay:
      return date;
    case Span::kWeek:
      return PeriodStart(date, Period::kWeek);
    case Span::kMonth:
      return PeriodStart(date, Period::kMonth);
    case Span::kQuarter:
      return PeriodStart(date, Period::kQuarter);
    case Span::kYear:
      return PeriodStart(date, Period::kYear);
    case Span::kMemberYear:
      return MemberYearStart(member.enrolled, date);
    case Span::kTierTerm:
      return member.tier_since;
    case Span::kPromotion:
    case Span::kLifetime:
      return Beginning();
  }
  return date;
}

Date FirstDayOf(const MetricWindow& window, Date last, const MemberDates& member) {
  switch (window.kind) {
    case MetricWindow::Kind::kRolling:
      // The day after (`last` less the months).
      if (window.months > 0) {
        return std::max(Beginning(), last.PlusMonths(-window.months).PlusDays(1));
      }
      return std::max(Beginning(), last.PlusDays(1 - window.days));
    case MetricWindow::Kind::kCalendar:
      return PeriodStart(last, window.period);
    case MetricWindow::Kind::kMemberYear:
      return MemberYearStart(member.enrolled, last);
    case MetricWindow::Kind::kTierTerm:
      return member.tier_since;
    case MetricWindow::Kind::kLifetime:
      break;
  }
  return Beginning();
}

Date Plus(Date date, const CivilDuration& duration, std::int32_t times) {
  return date.PlusMonths(duration.months() * times).PlusDays(duration.days() * times);
}

Date Plus(Date date, const CivilDuration& duration) { return Plus(date, duration, 1); }
Date Minus(Date date, const CivilDuration& duration) { return Plus(date, duration, -1); }

}  // namespace laurel::rules::model
