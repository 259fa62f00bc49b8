#include "engine/base/time.h"

#include <gtest/gtest.h>

#include "absl/time/civil_time.h"

namespace laurel {
namespace {

Date On(absl::string_view text) {
  const absl::StatusOr<Date> date = Date::Parse(text);
  EXPECT_TRUE(date.ok()) << date.status();
  return date.value_or(Date());
}

TEST(Date, CountsDaysFrom1970) {
  EXPECT_EQ(On("1970-01-01").days(), 0);
  EXPECT_EQ(On("1969-12-31").days(), -1);
  EXPECT_EQ(On("2000-02-29").days(), 11'016);
  EXPECT_EQ(On("0001-01-01").days(), -719'162);
  EXPECT_EQ(On("9999-12-31").days(), 2'932'896);
}

TEST(Date, RoundTripsEveryDayOfManyYears) {
  // 1896 to 2104 holds both kinds of century.
  const Date last = On("2104-12-31");
  for (Date day = On("1896-01-01"); day <= last; day = day.PlusDays(1)) {
    ASSERT_EQ(Date::FromCivil(day.year(), day.month(), day.day()), day) << ToString(day);
    ASSERT_EQ(On(ToString(day)), day);
  }
}

TEST(Date, AgreesWithALibraryOfCivilTime) {
  const auto expect_same = [](Date date, const absl::CivilDay& civil) {
    ASSERT_EQ(date.days(), civil - absl::CivilDay(1970, 1, 1)) << civil;
    ASSERT_EQ(absl::CivilDay(date.year(), date.month(), date.day()), civil);
    ASSERT_EQ(date.month_number(), civil.year() * 12 + civil.month() - 1) << civil;
  };
  for (int year = 1; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      const absl::CivilDay first(year, month, 1);
      const absl::CivilDay last = absl::CivilDay(absl::CivilMonth(first) + 1) - 1;
      for (const absl::CivilDay& day : {first, last, absl::CivilDay(year, month, 17)}) {
        const std::optional<Date> date = Date::FromCivil(year, month, day.day());
        ASSERT_TRUE(date.has_value()) << day;
        expect_same(*date, day);
      }
      ASSERT_EQ(Date::FromCivil(year, month, last.day() + 1), std::nullopt) << last;
    }
  }
  // Sums of months leave the years that can be written.
  expect_same(On("0001-01-31").PlusMonths(-11), absl::CivilDay(0, 2, 29));
  expect_same(On("0001-03-01").PlusMonths(-27), absl::CivilDay(-2, 12, 1));
  expect_same(On("9999-12-31").PlusMonths(2), absl::CivilDay(10'000, 2, 29));
}

TEST(Date, IsARealDay) {
  EXPECT_EQ(Date::FromCivil(2023, 2, 29), std::nullopt);
  EXPECT_NE(Date::FromCivil(2024, 2, 29), std::nullopt);
  EXPECT_EQ(Date::FromCivil(1900, 2, 29), std::nullopt);
  EXPECT_NE(Date::FromCivil(2000, 2, 29), std::nullopt);
  EXPECT_EQ(Date::FromCivil(2024, 4, 31), std::nullopt);
  EXPECT_EQ(Date::FromCivil(2024, 13, 1), std::nullopt);
  EXPECT_EQ(Date::FromCivil(2024, 0, 1), std::nullopt);
  EXPECT_EQ(Date::FromCivil(2024, 1, 0), std::nullopt);
  EXPECT_EQ(Date::FromCivil(0, 1, 1), std::nullopt);
  EXPECT_EQ(Date::FromCivil(10'000, 1, 1), std::nullopt);
}

TEST(Date, RefusesOtherTextAndQuotesIt) {
  for (const char* text : {"", "2024-2-29", "2024-02-30", "2024/02/28", "2024-02-28 ", " 024-02-28",
                           "20240228", "+024-02-28", "2024-02-2x", "0000-01-01"}) {
    SCOPED_TRACE(text);
    const absl::Status status = Date::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(),
              absl::StrCat("must be a real date as YYYY-MM-DD, was \"", text, "\""));
  }
}

TEST(Date, PlusMonthsCutsToTheLastDayOfAShorterMonth) {
  constexpr struct {
    const char* from;
    int months;
    const char* to;
  } kRows[] = {
      {"2024-01-31", 1, "2024-02-29"},   {"2023-01-31", 1, "2023-02-28"},
      {"2024-02-29", 12, "2025-02-28"},  {"2024-02-29", 48, "2028-02-29"},
      {"2024-02-29", -12, "2023-02-28"}, {"2024-03-31", -1, "2024-02-29"},
      {"2024-12-15", 1, "2025-01-15"},   {"2024-01-15", -1, "2023-12-15"},
      {"2024-05-31", 0, "2024-05-31"},   {"2024-08-31", 18, "2026-02-28"},
      {"2024-01-30", -23, "2022-02-28"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(absl::StrCat(row.from, " + ", row.months));
    EXPECT_EQ(ToString(On(row.from).PlusMonths(row.months)), row.to);
  }
}

TEST(Date, MonthNumbersAreConsecutive) {
  EXPECT_EQ(On("2024-12-31").month_number() + 1, On("2025-01-01").month_number());
  EXPECT_EQ(On("2024-01-01").month_number(), 12 * 2024);
}

TEST(Timestamp, PrintsMicrosecondsInUtc) {
  EXPECT_EQ(ToString(Timestamp()), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(ToString(Timestamp::FromMicros(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(ToString(Timestamp::FromMicros(1'709'251'199'000'001)), "2024-02-29T23:59:59.000001Z");
  EXPECT_EQ(ToString(Timestamp::Never()), "never");
}

TEST(Timestamp, NeverIsLast) {
  EXPECT_TRUE(Timestamp::Never().is_never());
  EXPECT_FALSE(Timestamp().is_never());
  EXPECT_LT(*ParseTimestamp("9999-12-31T23:59:59.999999Z"), Timestamp::Never());
}

TEST(ParseTimestamp, ReadsRfc3339) {
  constexpr struct {
    const char* text;
    const char* instant;
  } kRows[] = {
      {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000000Z"},
      {"2024-02-29T23:59:59.5+01:00", "2024-02-29T22:59:59.500000Z"},
      {"2024-02-29T23:59:59-05:30", "2024-03-01T05:29:59.000000Z"},
      {"2024-02-29T23:59:59.123456Z", "2024-02-29T23:59:59.123456Z"},
      {"2024-02-29T23:59:59.1234569Z", "2024-02-29T23:59:59.123456Z"},
      {"1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Timestamp> parsed = ParseTimestamp(row.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(ToString(*parsed), row.instant);
    EXPECT_EQ(ParseTimestamp(ToString(*parsed)).value(), *parsed);
  }
}

TEST(ParseTimestamp, RefusesOtherText) {
  for (const char* text :
       {"", "2024-02-29", "2024-02-29T23:59Z", "2024-02-29T23:59:59", "2024-02-30T00:00:00Z",
        "2024-02-29T24:00:01Z", "infinite-future", "infinite-past", "now", "2024-02-29T23:59:59Zx",
        "10000-01-01T00:00:00Z", "0000-12-31T23:59:59Z", "-001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseTimestamp(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(SystemClock, TellsAPlausibleInstant) {
  const Timestamp first = SystemClock().Now();
  EXPECT_GT(first, *ParseTimestamp("2024-01-01T00:00:00Z"));
  EXPECT_LT(first, *ParseTimestamp("9999-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace laurel
