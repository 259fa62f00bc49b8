#include "rules/program/expiry.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/program/lot_terms.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules {
namespace {

// From the document to the instant: what a purchase at `at` awards ends at `ends`.
struct Row {
  const char* name;
  const char* expiry;
  const char* at;
  const char* ends;
  const char* zone = "UTC";
};

void CheckRow(const Row& row) {
  SCOPED_TRACE(absl::StrCat(row.name, " at ", row.at));
  const auto rulebook = Compiled(ProgramText{.time_zone = row.zone, .expiry = row.expiry});
  ASSERT_NE(rulebook, nullptr);
  const model::LotDates terms =
      model::LotTermsOf(rulebook->model(), 0, nullptr, *ParseTimestamp(row.at));
  EXPECT_EQ(terms.activates_at, *ParseTimestamp(row.at));
  EXPECT_EQ(ToString(terms.expires_at), row.ends);
}

TEST(Expiry, FollowsItsPolicies) {
  constexpr Row kRows[] = {
      {"never", "[{policy: NEVER}]", "2018-10-25T12:00:00Z", "never"},
      {"none", "[]", "2018-10-25T12:00:00Z", "never"},
      {"month of the day", "[{policy: PERIOD_END, period: MONTH}]", "2018-10-25T12:00:00Z",
       "2018-11-01T00:00:00.000000Z"},
      {"year of the day", "[{policy: PERIOD_END, after: 0 months, period: YEAR}]",
       "2018-10-25T12:00:00Z", "2019-01-01T00:00:00.000000Z"},
      {"10 days", "[{policy: ROLLING, after: 10 days}]", "2018-10-25T12:00:00Z",
       "2018-11-05T00:00:00.000000Z"},
      {"month after a year", "[{policy: PERIOD_END, after: 12 months, period: MONTH}]",
       "2020-07-06T12:00:00Z", "2021-08-01T00:00:00.000000Z"},
      {"1 month", "[{policy: ROLLING, after: 1 month}]", "2026-01-25T12:00:00Z",
       "2026-02-26T00:00:00.000000Z"},
      {"1 month, cut", "[{policy: ROLLING, after: 1 month}]", "2026-01-31T12:00:00Z",
       "2026-03-01T00:00:00.000000Z"},
      {"1 month, cut in a leap year", "[{policy: ROLLING, after: 1 month}]", "2028-01-31T12:00:00Z",
       "2028-03-01T00:00:00.000000Z"},
      {"quarter", "[{policy: PERIOD_END, after: 3 months, period: QUARTER}]",
       "2026-02-10T12:00:00Z", "2026-07-01T00:00:00.000000Z"},
      {"half year", "[{policy: PERIOD_END, after: 3 months, period: HALF_YEAR}]",
       "2026-02-10T12:00:00Z", "2026-07-01T00:00:00.000000Z"},
      {"second half year", "[{policy: PERIOD_END, after: 0 days, period: HALF_YEAR}]",
       "2026-07-01T12:00:00Z", "2027-01-01T00:00:00.000000Z"},
      {"year", "[{policy: PERIOD_END, after: 3 months, period: YEAR}]", "2026-02-10T12:00:00Z",
       "2027-01-01T00:00:00.000000Z"},
      {"week of a Wednesday", "[{policy: PERIOD_END, period: WEEK}]", "2026-05-13T12:00:00Z",
       "2026-05-18T00:00:00.000000Z"},
      {"week of a Sunday", "[{policy: PERIOD_END, period: WEEK}]", "2026-05-17T12:00:00Z",
       "2026-05-18T00:00:00.000000Z"},
      {"week of a Monday", "[{policy: PERIOD_END, period: WEEK}]", "2026-05-18T12:00:00Z",
       "2026-05-25T00:00:00.000000Z"},
      {"week before 1970", "[{policy: PERIOD_END, period: WEEK}]", "1969-12-29T12:00:00Z",
       "1970-01-05T00:00:00.000000Z"},
      {"day", "[{policy: PERIOD_END, period: DAY}]", "2026-05-13T12:00:00Z",
       "2026-05-14T00:00:00.000000Z"},
      {"2 weeks", "[{policy: ROLLING, after: 2 weeks}]", "2026-05-13T12:00:00Z",
       "2026-05-28T00:00:00.000000Z"},
      {"fixed day, reached on it", "[{policy: FIXED_DATE, after: 12 months, on: 03-31}]",
       "2026-03-31T12:00:00Z", "2027-04-01T00:00:00.000000Z"},
      {"fixed day, next year", "[{policy: FIXED_DATE, after: 12 months, on: 03-31}]",
       "2026-05-10T12:00:00Z", "2028-04-01T00:00:00.000000Z"},
      {"fixed day at once", "[{policy: FIXED_DATE, on: 12-31}]", "2026-12-31T12:00:00Z",
       "2027-01-01T00:00:00.000000Z"},
      {"29 February, common year", "[{policy: FIXED_DATE, on: 02-29}]", "2026-01-10T12:00:00Z",
       "2026-03-01T00:00:00.000000Z"},
      {"29 February, leap year", "[{policy: FIXED_DATE, on: 02-29}]", "2028-01-10T12:00:00Z",
       "2028-03-01T00:00:00.000000Z"},
      {"29 February, passed", "[{policy: FIXED_DATE, on: 02-29}]", "2027-03-01T12:00:00Z",
       "2028-03-01T00:00:00.000000Z"},
      {"the earlier is the rolling one",
       "[{policy: ROLLING, after: 3 months}, {policy: PERIOD_END, period: YEAR}]",
       "2026-05-10T12:00:00Z", "2026-08-11T00:00:00.000000Z"},
      {"the earlier is the year's end",
       "[{policy: ROLLING, after: 3 months}, {policy: PERIOD_END, period: YEAR}]",
       "2026-11-20T12:00:00Z", "2027-01-01T00:00:00.000000Z"},
      {"never does not count beside others", "[{policy: NEVER}, {policy: ROLLING, after: 1 day}]",
       "2026-11-20T12:00:00Z", "2026-11-22T00:00:00.000000Z"},
  };
  for (const Row& row : kRows) CheckRow(row);
}

TEST(Expiry, CountsDaysOfTheProgramsZone) {
  constexpr Row kRows[] = {
      {"leap day", "[{policy: ROLLING, after: 12 months}]", "2028-02-29T12:00:00Z",
       "2029-02-28T23:00:00.000000Z", "Europe/Berlin"},
      {"a day that begins at 01:00", "[{policy: ROLLING, after: 1 day}]", "2026-04-22T12:00:00Z",
       "2026-04-23T22:00:00.000000Z", "Africa/Cairo"},
      {"a day of 23 hours", "[{policy: ROLLING, after: 1 day}]", "2026-03-28T12:00:00Z",
       "2026-03-29T22:00:00.000000Z", "Europe/Berlin"},
      {"already tomorrow at the till", "[{policy: ROLLING, after: 0 days}]", "2026-04-30T22:30:00Z",
       "2026-05-01T22:00:00.000000Z", "Europe/Berlin"},
      {"still yesterday at the till", "[{policy: ROLLING, after: 0 days}]", "2026-05-01T03:00:00Z",
       "2026-05-01T04:00:00.000000Z", "America/New_York"},
  };
  for (const Row& row : kRows) CheckRow(row);
}

TEST(Expiry, QualifyingPointsNeverEnd) {
  const auto rulebook = Compiled(ProgramText{});
  ASSERT_NE(rulebook, nullptr);
  EXPECT_TRUE(
      model::LotTermsOf(rulebook->model(), 1, nullptr, *ParseTimestamp("2026-05-01T03:00:00Z"))
          .expires_at.is_never());
}

}  // namespace
}  // namespace laurel::rules
