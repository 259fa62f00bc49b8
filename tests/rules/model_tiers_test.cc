// Verdicts on tiers that a document's own tests cannot ask for.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/program/tier_judge.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

std::string Document(absl::string_view policy) {
  return absl::StrCat(R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
metrics: [{id: orders, measure: COUNT, window: {rolling: 12 months}}, {id: ever, measure: COUNT, window: {lifetime: true}}]
tiers:
  - {id: MEMBER, name: Member}
  - {id: SILVER, name: Silver, rank: 1, qualify: metrics.orders >= 3}
  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.orders >= 10, retain: metrics.orders >= 8, lifetime: metrics.ever >= 100}
tier_policy: )",
                      policy, "\n");
}

constexpr char kPolicy[] =
    "{review: {every: 12 months}, grace: {before: 30 days, late: 14 days, after: 30 days}}";

struct Row {
  const char* name;
  Moment moment;
  const char* on;  // noon of this day
  std::size_t earned;
  int floor;  // -1: none
  std::int64_t orders;
  std::int64_t ever;
  const char* verdict;
};

constexpr Row kRows[] = {
    {"several ranks at once", Moment::kUpgrade, "2027-05-01", 0, -1, 12, 12,
     "UPGRADED earned=2 shown=2 through=2028-05-01"},
    {"nothing to win", Moment::kUpgrade, "2027-05-01", 2, -1, 12, 12,
     "UNCHANGED earned=2 shown=2 through=2028-01-10"},
    {"kept before the end of the term", Moment::kUpgrade, "2027-12-20", 2, -1, 8, 8,
     "SECURED earned=2 shown=2 through=2028-01-10"},
    {"late credit is not enough", Moment::kWaiting, "2028-01-15", 2, -1, 7, 7,
     "UNCHANGED earned=2 shown=2 through=2029-01-10"},
    {"late credit is enough", Moment::kWaiting, "2028-01-15", 2, -1, 8, 8,
     "RETAINED earned=2 shown=2 through=2029-01-10"},
    {"a worn tier is won back", Moment::kWorn, "2028-02-01", 1, 2, 8, 8,
     "RETAINED earned=2 shown=2 through=2029-01-10"},
    {"a worn tier is worn", Moment::kWorn, "2028-02-01", 1, 2, 3, 3,
     "UNCHANGED earned=1 shown=2 through=2029-01-10"},
    {"a lifetime", Moment::kUpgrade, "2027-05-01", 2, -1, 8, 100,
     "UNCHANGED earned=2 shown=2 through=2028-01-10 lifetime=2"},
};

std::string Render(const TierVerdict& verdict) {
  std::string text =
      absl::StrCat(ToString(verdict.outcome), " earned=", verdict.earned, " shown=", verdict.shown);
  if (verdict.through) absl::StrAppend(&text, " through=", ToString(*verdict.through));
  if (verdict.lifetime) absl::StrAppend(&text, " lifetime=", *verdict.lifetime);
  return text;
}

Timestamp Noon(const Model& model, const char* day) {
  return model.calendar.InstantOf(Date::Parse(day).value_or(Date()), 12 * 60 * 60);
}

TEST(JudgeTier, SaysWhatBecomesOfATier) {
  const Program program = CompileProgram(Document(kPolicy));
  ASSERT_NE(program.model, nullptr) << program.error;
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const std::vector<std::optional<std::int64_t>> metrics = {row.orders, row.ever};
    Facts facts;
    facts.activity.occurred_at = Noon(*program.model, row.on);
    facts.metrics = metrics;
    TierState state;
    state.earned = row.earned;
    state.since = Noon(*program.model, "2027-01-10");
    if (row.floor >= 0) state.floor = static_cast<std::size_t>(row.floor);
    EXPECT_EQ(Render(JudgeTier(*program.model, facts, state, row.moment)), row.verdict);
  }
}

TEST(JudgeReturn, TakesBackWhatWasWonByWhatWentBack) {
  struct ReturnRow {
    std::int64_t orders_then;
    std::int64_t orders_now;
    std::size_t before;
    std::size_t earned;
  };
  constexpr ReturnRow kReturns[] = {
      {10, 9, 1, 2}, {9, 10, 1, 2}, {9, 9, 1, 1}, {9, 2, 1, 1}, {9, 4, 0, 1}};
  const Program program = CompileProgram(Document(kPolicy));
  ASSERT_NE(program.model, nullptr) << program.error;
  for (const ReturnRow& row : kReturns) {
    SCOPED_TRACE(testing::Message() << row.orders_then << " " << row.orders_now);
    const std::vector<std::optional<std::int64_t>> metrics_then = {row.orders_then, 0};
    const std::vector<std::optional<std::int64_t>> metrics_now = {row.orders_now, 0};
    Facts then;
    then.activity.occurred_at = Noon(*program.model, "2027-01-10");
    then.metrics = metrics_then;
    Facts now;
    now.activity.occurred_at = Noon(*program.model, "2027-02-01");
    now.metrics = metrics_now;
    TierState state;
    state.earned = 2;
    state.since = then.activity.occurred_at;
    state.before_upgrade = row.before;
    EXPECT_EQ(JudgeReturn(*program.model, then, now, state).earned, row.earned);
  }
}

TEST(JudgeReturn, ReadsVariables) {
  const Program program = CompileProgram(R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
metrics: [{id: orders, measure: COUNT, window: {rolling: 12 months}}]
variables: [{id: doubled, expression: metrics.orders * 2}]
tiers: [{id: MEMBER, name: Member}, {id: GOLD, name: Gold, rank: 1, qualify: variables.doubled >= 10}]
)");
  ASSERT_NE(program.model, nullptr) << program.error;
  const std::vector<std::optional<std::int64_t>> enough = {5};
  const std::vector<std::optional<std::int64_t>> short_of = {4};
  Facts then;
  then.activity.occurred_at = Noon(*program.model, "2027-01-10");
  Facts now = then;
  now.metrics = short_of;
  TierState state;
  state.earned = 1;
  then.metrics = enough;
  EXPECT_EQ(JudgeReturn(*program.model, then, now, state).earned, 1u);
  then.metrics = short_of;
  EXPECT_EQ(JudgeReturn(*program.model, then, now, state).earned, 0u);
}

}  // namespace
}  // namespace laurel::rules::model
