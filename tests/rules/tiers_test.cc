#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/program/windows.h"
#include "tests/rules/program_builder.h"
#include "tests/rules/rulebook_calls.h"

namespace laurel::rules {
namespace {

// Metrics: spend (in cents), visits, points.
ProgramText WithTiers(absl::string_view downgrade = "DROP_ONE") {
  return {
      .metrics =
          "- {id: spend, measure: SUM, of: purchase.eligible_net, window: {rolling: 12 months}}\n"
          "- {id: visits, measure: DISTINCT_DAYS, window: {rolling: 12 months}}\n"
          "- {id: credit, measure: SUM, of: points.credit, window: {lifetime: true}}",
      .tiers =
          "- {id: MEMBER, name: Member, rank: 0}\n"
          "- {id: SILVER, name: Silver, rank: 1, "
          "qualify: 'metrics.spend >= money(\"100.00\") || metrics.visits >= 5'}\n"
          "- {id: GOLD, name: Gold, rank: 2, "
          "qualify: 'metrics.spend >= money(\"300.00\") || metrics.visits >= 10', "
          "retain: 'metrics.spend >= money(\"250.00\") || metrics.visits >= 8'}\n"
          "- {id: PLATINUM, name: Platinum, rank: 3, "
          "qualify: '(metrics.spend >= money(\"800.00\") && metrics.visits >= 12) || "
          "(metrics.credit >= 5000 && metrics.visits >= 20)'}",
      .tier_policy = absl::StrCat("  review: {every: 12 months}\n  downgrade: ", downgrade)};
}

TEST(QualifiedTier, IsTheHighestThatHolds) {
  const auto rulebook = Compiled(WithTiers());
  ASSERT_NE(rulebook, nullptr);
  struct Row {
    std::int64_t values[3];
    std::size_t tier;
  };
  constexpr Row kRows[] = {
      {{0, 0, 0}, 0},       {{9'999, 4, 0}, 0},   {{10'000, 0, 0}, 1},
      {{0, 5, 0}, 1},       {{29'999, 9, 0}, 1},  {{30'000, 1, 0}, 2},
      {{0, 10, 0}, 2},      {{80'000, 11, 0}, 2}, {{80'000, 12, 0}, 3},
      {{79'999, 12, 0}, 2}, {{0, 20, 4'999}, 2},  {{0, 20, 5'000}, 3},
      {{0, 19, 5'000}, 2},  {{0, 0, 50'000}, 0},  {{1LL << 50, 400, 1LL << 40}, 3},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Judge(*rulebook, 0, row.values, model::Moment::kUpgrade).earned, row.tier)
        << row.values[0] << " " << row.values[1] << " " << row.values[2];
  }
}

TEST(Retains, ByTheLowerThresholdOrByQualifying) {
  const auto rulebook = Compiled(WithTiers());
  ASSERT_NE(rulebook, nullptr);
  const auto retains = [&](std::size_t tier, std::int64_t spend, std::int64_t visits) {
    const std::int64_t values[] = {spend, visits, 0};
    return Judge(*rulebook, tier, values, model::Moment::kReview).outcome ==
           model::TierOutcome::kRetained;
  };
  EXPECT_TRUE(retains(1, 10'000, 0));
  EXPECT_FALSE(retains(1, 9'999, 0));
  EXPECT_TRUE(retains(2, 25'000, 0));
  EXPECT_TRUE(retains(2, 0, 8));
  EXPECT_FALSE(retains(2, 24'999, 7));
  EXPECT_FALSE(retains(3, 80'000, 11));
}

TEST(DowngradedTier, FollowsThePolicy) {
  struct Row {
    const char* downgrade;
    std::size_t from;
    std::int64_t spend;
    std::size_t to;
  };
  constexpr Row kRows[] = {
      {"DROP_ONE", 3, 0, 2},       {"DROP_ONE", 1, 0, 0},
      {"DROP_ONE", 0, 0, 0},       {"RECOMPUTE", 3, 0, 0},
      {"RECOMPUTE", 3, 10'000, 1}, {"RECOMPUTE", 3, 26'000, 2},  // kept by `retain`
      {"RECOMPUTE", 2, 24'999, 1}, {"RECOMPUTE", 0, 0, 0},
      {"NEVER", 3, 0, 3},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(absl::StrCat(row.downgrade, " from ", row.from, " with ", row.spend));
    const auto rulebook = Compiled(WithTiers(row.downgrade));
    ASSERT_NE(rulebook, nullptr);
    const std::int64_t values[] = {row.spend, 0, 0};
    EXPECT_EQ(Judge(*rulebook, row.from, values, model::Moment::kReview).earned, row.to);
  }
}

TEST(MetricFirstDay, CountsWholeDays) {
  struct Row {
    int months;
    int days;
    const char* last;
    const char* first;
  };
  constexpr Row kRows[] = {
      {12, 0, "2027-02-10", "2026-02-11"},  // leaves out the same day of last year
      {12, 0, "2028-02-28", "2027-03-01"},
      {12, 0, "2028-02-29", "2027-03-01"},  // a year before is the 28th
      {1, 0, "2026-03-30", "2026-03-01"},
      {1, 0, "2026-03-31", "2026-03-01"},
      {1, 0, "2026-02-28", "2026-01-29"},
      {0, 90, "2026-03-31", "2026-01-01"},
      {0, 1, "2026-03-31", "2026-03-31"},
      {0, 0, "2026-03-31", "0001-01-01"},
      {1'200, 0, "0050-03-31", "0001-01-01"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.last);
    model::MetricWindow window{.months = row.months, .days = row.days};
    if (row.months + row.days > 0) window.kind = model::MetricWindow::Kind::kRolling;
    EXPECT_EQ(ToString(model::FirstDayOf(window, *Date::Parse(row.last), {})), row.first);
  }
}

}  // namespace
}  // namespace laurel::rules
