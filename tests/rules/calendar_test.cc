#include "rules/program/calendar.h"

#include <gtest/gtest.h>

namespace laurel::rules {
namespace {

Timestamp At(absl::string_view text) { return *ParseTimestamp(text); }
Date On(absl::string_view text) { return *Date::Parse(text); }
Calendar In(absl::string_view zone) { return *Calendar::Load(zone); }

TEST(CalendarLoad, TakesIanaNamesOnly) {
  for (const absl::string_view name :
       {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"}) {
    EXPECT_TRUE(Calendar::Load(name)) << name;
  }
  for (const absl::string_view name :
       {"", "Berlin", "Europe/Bärlin", "europe/berlin", "localtime", "/etc/localtime",
        "Fixed/UTC+01:00:00", "../zoneinfo/UTC", "Europe//Berlin", "Europe/Berlin ", "+01:00",
        "file:Europe/Berlin"}) {
    EXPECT_FALSE(Calendar::Load(name)) << name;
  }
}

TEST(CalendarLocalDate, ChangesAtLocalMidnight) {
  struct Row {
    const char* zone;
    const char* instant;
    const char* date;
  };
  constexpr Row kRows[] = {
      {"Europe/Berlin", "2026-04-30T21:59:59.999999Z", "2026-04-30"},
      {"Europe/Berlin", "2026-04-30T22:00:00Z", "2026-05-01"},
      {"Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29"},  // the day of 23 hours
      {"Europe/Berlin", "2026-03-29T21:30:00Z", "2026-03-29"},
      {"Europe/Berlin", "2026-03-29T22:10:00Z", "2026-03-30"},
      {"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25"},  // the day of 25 hours
      {"Asia/Shanghai", "2026-09-30T15:59:59Z", "2026-09-30"},
      {"Asia/Shanghai", "2026-09-30T16:00:00Z", "2026-10-01"},
      {"Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-23"},
      {"Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24"},
      {"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"},  // the 30th was left out
      {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"},
      {"UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"},
      {"America/New_York", "1997-01-01T05:00:00Z", "1997-01-01"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.instant);
    EXPECT_EQ(ToString(In(row.zone).LocalDate(At(row.instant))), row.date);
  }
}

TEST(CalendarStartOf, IsTheEarliestInstantOfTheDay) {
  struct Row {
    const char* zone;
    const char* date;
    const char* instant;
  };
  constexpr Row kRows[] = {
      {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000000Z"},
      {"Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000000Z"},
      {"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000000Z"},    // begins at 01:00
      {"America/Havana", "2026-11-01", "2026-11-01T04:00:00.000000Z"},  // midnight comes twice
      {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000000Z"},    // does not exist
      {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000000Z"},
      {"Asia/Shanghai", "2026-10-01", "2026-09-30T16:00:00.000000Z"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.date);
    EXPECT_EQ(ToString(In(row.zone).StartOf(On(row.date))), row.instant);
  }
}

TEST(CalendarStartOf, BeginsEachDayOfManyYears) {
  for (const char* zone :
       {"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Asia/Tehran",
        "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}) {
    const Calendar calendar = In(zone);
    for (Date date = On("1985-01-01"); date < On("2035-01-01"); date = date.PlusDays(1)) {
      const Timestamp start = calendar.StartOf(date);
      ASSERT_EQ(calendar.LocalDate(start), date) << zone << " " << ToString(date);
      ASSERT_LT(calendar.LocalDate(start.PlusMicros(-1)), date) << zone << " " << ToString(date);
    }
  }
}

}  // namespace
}  // namespace laurel::rules
