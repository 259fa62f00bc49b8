// Amounts, windows and terms: tables.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "rules/program/amounts.h"
#include "rules/program/rule_amounts.h"
#include "rules/program/tier_judge.h"
#include "rules/program/windows.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

Date Day(const char* text) { return Date::Parse(text).value_or(Date()); }

TEST(Amounts, AreRoundedOnce) {
  struct Row {
    std::int64_t points_micros, unit, per, basis;
    Rounding rounding;
    std::int64_t points;
  };
  constexpr Row kRows[] = {
      {3'000'000, 1, 100, 450, Rounding::kDown, 13},
      {3'000'000, 1, 100, 450, Rounding::kHalfUp, 14},
      {3'000'000, 1, 100, 450, Rounding::kHalfEven, 14},
      {1'000'000, 1, 100, 450, Rounding::kHalfEven, 4},
      {1'000'000, 1, 100, 401, Rounding::kUp, 5},
      {1'000'000, 100, 100, 1, Rounding::kDown, 1},
      {1'000'000, 1, 100, 450, Rounding::kCarry, 4},
      {1'000'000, 1, 100, 0, Rounding::kUp, 0},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(testing::Message() << row.basis << " per " << row.per);
    EXPECT_EQ(BasePoints({row.points_micros, row.unit, row.per, row.rounding}, row.basis),
              row.points);
  }
}

TEST(Amounts, OfTheLargestRatesAndFactorsAreExact) {
  const EarnRate largest{1'000'000'000'000, 10'000, 1, Rounding::kDown};
  EXPECT_EQ(BasePoints(largest, 1'000'000'000'000), std::nullopt);
  EXPECT_EQ(FactorPoints(largest, 1'000'000'000, 1'000'000'000'000), std::nullopt);
  const EarnRate even{1'000'000'000'000, 1, 1'000'000'000'000, Rounding::kDown};
  EXPECT_EQ(BasePoints(even, 1'000'000'000'000), 1'000'000);
  EXPECT_EQ(FactorPoints(even, 1'000'000'000, 1'000'000'000'000), 999'000'000);
}

TEST(Amounts, CarryLosesNothingAndComesBack) {
  const EarnRate rate{1'000'000, 1, 100, Rounding::kCarry};
  std::int64_t carry = 0;
  std::int64_t points = 0;
  std::int64_t net = 0;
  std::mt19937_64 random(5);
  for (int i = 0; i < 1000; ++i) {
    const auto basis = static_cast<std::int64_t>(random() % 1000);
    net += basis;
    const Carried carried = AddToCarry(carry, *CarryMicros(rate, basis));
    points += carried.points;
    carry = carried.carry;
    EXPECT_EQ(points, net / 100);
  }
  const Carried back = TakeFromCarry(carry, *CarryMicros(rate, net));
  EXPECT_EQ(back.points, points);
  EXPECT_EQ(back.carry, 0);
  const Carried example = TakeFromCarry(200'000, 3'400'000);
  EXPECT_EQ(example.points, 4);
  EXPECT_EQ(example.carry, 800'000);
}

TEST(Amounts, SharesAddUpAndGoToTheLargestRemainders) {
  EXPECT_EQ(Shares(10, std::vector<std::int64_t>{1, 1, 1}), (std::vector<std::int64_t>{4, 3, 3}));
  EXPECT_EQ(Shares(10, std::vector<std::int64_t>{0, 5, 1}), (std::vector<std::int64_t>{0, 8, 2}));
  EXPECT_EQ(Shares(10, std::vector<std::int64_t>{0, 0}), (std::vector<std::int64_t>{0, 0}));
  std::mt19937_64 random(9);
  for (int i = 0; i < 1000; ++i) {
    std::vector<std::int64_t> bases(1 + random() % 20);
    for (std::int64_t& basis : bases) basis = static_cast<std::int64_t>(random() % 1'000'000);
    bases.front() += 1;
    const auto points = static_cast<std::int64_t>(random() % kLineMax);
    const std::vector<std::int64_t> shares = Shares(points, bases);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}), points);
  }
}

TEST(Windows, BeginOnCivilDays) {
  const MemberDates member{Day("2024-02-29"), Day("2027-01-10")};
  struct Row {
    Span span;
    const char* date;
    const char* start;
  };
  constexpr Row kRows[] = {
      {Span::kDay, "2027-03-03", "2027-03-03"},
      {Span::kWeek, "2027-03-03", "2027-03-01"},
      {Span::kWeek, "2027-03-07", "2027-03-01"},
      {Span::kMonth, "2027-03-31", "2027-03-01"},
      {Span::kQuarter, "2027-06-30", "2027-04-01"},
      {Span::kYear, "2027-12-31", "2027-01-01"},
      {Span::kMemberYear, "2027-02-27", "2026-02-28"},
      {Span::kMemberYear, "2027-02-28", "2027-02-28"},
      {Span::kMemberYear, "2028-02-28", "2027-02-28"},
      {Span::kMemberYear, "2028-02-29", "2028-02-29"},
      {Span::kTierTerm, "2027-06-01", "2027-01-10"},
      {Span::kLifetime, "2027-06-01", "0001-01-01"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.date);
    EXPECT_EQ(ToString(WindowStart(row.span, Day(row.date), member)), row.start);
  }
}

TEST(Terms, EndOnTheDayTheReviewSays) {
  struct Row {
    Anchor anchor;
    int every_months;
    const char* starts;
    bool keeps_next;
    const char* since;
    const char* enrolled;
    const char* date;
    const char* end;
  };
  constexpr Row kRows[] = {
      {Anchor::kTierAnniversary, 12, "", false, "2027-01-10", "2020-05-05", "2027-01-10",
       "2028-01-10"},
      {Anchor::kTierAnniversary, 12, "", false, "2027-01-10", "2020-05-05", "2028-01-11",
       "2029-01-10"},
      // Counted from the beginning: a cut day comes back.
      {Anchor::kTierAnniversary, 1, "", false, "2027-01-31", "2020-05-05", "2027-03-01",
       "2027-03-31"},
      {Anchor::kEnrolmentAnniversary, 12, "", false, "2027-01-10", "2020-05-05", "2027-01-10",
       "2027-05-04"},
      {Anchor::kEnrolmentAnniversary, 12, "", true, "2027-01-10", "2020-05-05", "2027-01-10",
       "2028-05-04"},
      {Anchor::kCalendar, 12, "01-01", false, "2027-01-10", "2020-05-05", "2027-01-10",
       "2027-12-31"},
      {Anchor::kCalendar, 12, "01-01", true, "2027-12-30", "2020-05-05", "2027-12-30",
       "2028-12-31"},
      {Anchor::kCalendar, 6, "03-01", false, "2027-03-01", "2020-05-05", "2027-03-01",
       "2027-08-31"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(testing::Message() << row.since << " " << row.end);
    Model model;
    model.tier_policy.has_review = true;
    model.tier_policy.anchor = row.anchor;
    model.tier_policy.every = CivilDuration{row.every_months, CivilDuration::Unit::kMonths};
    model.tier_policy.starts = ParseYearDay(row.starts).value_or(YearDay());
    model.tier_policy.keeps_next_period = row.keeps_next;
    const std::optional<Date> end =
        TermEnd(model, Day(row.since), Day(row.enrolled), Day(row.date));
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(ToString(*end), row.end);
  }
}

TEST(Active, WindowsOfTheDayMayPassMidnight) {
  Active active;
  active.time_from = 22 * 60;
  active.time_until = 2 * 60;
  active.weekdays = 2u << 4;  // Friday
  const Date friday = Day("2027-03-05");
  EXPECT_TRUE(IsActive(active, Timestamp(), friday, 22 * 60));
  EXPECT_FALSE(IsActive(active, Timestamp(), friday, 60));
  EXPECT_TRUE(IsActive(active, Timestamp(), friday.PlusDays(1), 60));
  EXPECT_FALSE(IsActive(active, Timestamp(), friday.PlusDays(1), 2 * 60));
}

}  // namespace
}  // namespace laurel::rules::model
