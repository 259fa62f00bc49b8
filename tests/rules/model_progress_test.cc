// The way to the next tier, and to keeping one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/program/progress.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

std::string Document(absl::string_view qualify, absl::string_view retain) {
  return absl::StrCat(R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
metrics:
  - {id: spend, measure: SUM, of: purchase.eligible_net, window: {rolling: 12 months}}
  - {id: visits, measure: DISTINCT_DAYS, window: {rolling: 12 months}}
  - {id: idle, measure: DAYS_SINCE_LAST, window: {lifetime: true}}
variables: [{id: doubled, expression: metrics.visits * 2}]
tiers:
  - {id: MEMBER, name: Member}
  - {id: GOLD, name: Gold, rank: 1, )",
                      qualify, retain, "}\n",
                      "tier_policy: {review: {every: 12 months}, grace: {late: 14 days}}\n");
}

std::string Render(const Model& model, const std::optional<TierProgress>& progress) {
  if (!progress) return "nothing";
  std::string text = progress->holds ? "holds\n" : "";
  for (const ProgressPath& path : progress->paths) {
    absl::StrAppend(&text, path.holds ? "+" : "-");
    for (const ProgressPart& part : path.parts) {
      absl::StrAppend(&text, " [", part.text, part.holds ? ": met" : ": not met");
      if (part.metric) {
        absl::StrAppend(&text, ", ", model.metrics[*part.metric].id, " ", part.have, " of ",
                        part.need, ", ", part.missing(), " missing");
      }
      absl::StrAppend(&text, "]");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

struct Row {
  const char* name;
  const char* qualify;
  std::int64_t spend;
  std::int64_t visits;
  const char* progress;
};

constexpr Row kRows[] = {
    {"one threshold", "qualify: 'metrics.spend >= money(\"300.00\")'", 12'345, 0,
     "- [metrics.spend >= money(\"300.00\"): not met, spend 12345 of 30000, 17655 missing]\n"},
    {"more than, and from the right",
     "qualify: 'metrics.visits > 10 && money(\"1.00\") <= metrics.spend'", 50, 10,
     "- [metrics.visits > 10: not met, visits 10 of 11, 1 missing]"
     " [money(\"1.00\") <= metrics.spend: not met, spend 50 of 100, 50 missing]\n"},
    {"the nearest alternative comes first",
     "qualify: metrics.spend >= 1000 || metrics.visits >= 30", 100, 20,
     "- [metrics.visits >= 30: not met, visits 20 of 30, 10 missing]\n"
     "- [metrics.spend >= 1000: not met, spend 100 of 1000, 900 missing]\n"},
    {"of equally near ones the first", "qualify: metrics.spend >= 1000 || metrics.visits >= 10",
     500, 5,
     "- [metrics.spend >= 1000: not met, spend 500 of 1000, 500 missing]\n"
     "- [metrics.visits >= 10: not met, visits 5 of 10, 5 missing]\n"},
    {"an alternative is as far as its farthest threshold",
     "qualify: metrics.spend >= 1000 && metrics.visits >= 10 || metrics.visits >= 20", 999, 1,
     "- [metrics.spend >= 1000: not met, spend 999 of 1000, 1 missing]"
     " [metrics.visits >= 10: not met, visits 1 of 10, 9 missing]\n"
     "- [metrics.visits >= 20: not met, visits 1 of 20, 19 missing]\n"},
    {"alternatives inside of a conjunct",
     "qualify: metrics.spend >= 100 && (metrics.visits >= 10 || member.is_staff)", 100, 4,
     "- [metrics.spend >= 100: met, spend 100 of 100, 0 missing]"
     " [metrics.visits >= 10: not met, visits 4 of 10, 6 missing]\n"
     "- [metrics.spend >= 100: met, spend 100 of 100, 0 missing] [member.is_staff: not met]\n"},
    {"what is no threshold is met or not",
     "qualify: '!member.is_staff && variables.doubled >= 6 && metrics.spend >= metrics.visits'", 2,
     3,
     "- [!member.is_staff: met] [variables.doubled >= 6: met]"
     " [metrics.spend >= metrics.visits: not met]\n"},
    {"a metric that may be missing", "qualify: has(metrics.idle) && metrics.idle >= 30", 0, 0,
     "- [has(metrics.idle): not met] [metrics.idle >= 30: not met, idle 0 of 30, 30 missing]\n"},
    {"one way of two", "qualify: 'metrics.spend >= money(\"3.00\") || metrics.visits >= 1'", 100, 1,
     "holds\n+ [metrics.visits >= 1: met, visits 1 of 1, 0 missing]\n"
     "- [metrics.spend >= 300: not met, spend 100 of 300, 200 missing]\n"},
};

TEST(Progress, SaysWhatIsMissing) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Program program = CompileProgram(Document(row.qualify, ""));
    ASSERT_NE(program.model, nullptr) << program.error;
    const std::vector<std::optional<std::int64_t>> metrics = {row.spend, row.visits, std::nullopt};
    Facts facts;
    facts.metrics = metrics;
    const std::optional<TierProgress> progress = ProgressOf(*program.model, 1, facts);
    EXPECT_EQ(Render(*program.model, progress), row.progress);
    ASSERT_TRUE(progress.has_value());
    EXPECT_EQ(progress->tier, 1u);
    EXPECT_FALSE(ProgressOf(*program.model, 0, facts).has_value());
    const bool qualifies = JudgeTier(*program.model, facts, {}, Moment::kUpgrade).earned == 1;
    EXPECT_EQ(progress->holds, qualifies);
  }
}

TEST(Progress, OfTooManyAlternativesIsYesOrNo) {
  std::string pairs;
  for (int i = 0; i < 7; ++i) {
    absl::StrAppend(&pairs, i == 0 ? "" : " && ", "(metrics.visits >= ", 2 * i + 1,
                    " || metrics.spend >= ", 2 * i + 1, ")");
  }
  const Program program = CompileProgram(Document(absl::StrCat("qualify: ", pairs), ""));
  ASSERT_NE(program.model, nullptr) << program.error;
  const std::optional<TierProgress> progress = ProgressOf(*program.model, 1, {});
  EXPECT_EQ(Render(*program.model, progress), absl::StrCat("- [", pairs, ": not met]\n"));
}

TEST(Outlook, ShowsTheWayUpAndTheWayToKeep) {
  struct OutlookRow {
    std::size_t earned;
    std::int64_t visits;
    const char* outlook;
  };
  constexpr OutlookRow kOutlooks[] = {
      {0, 4,
       "shown=0 expected=0 next=- [metrics.visits >= 10: not met, visits 4 of 10, 6 missing]\n"
       " retention=nothing"},
      {1, 8,
       "shown=1 expected=1 next=nothing retention=holds\n"
       "+ [metrics.visits >= 8: met, visits 8 of 8, 0 missing]\n through=2028-01-10"},
      {1, 7,
       "shown=1 expected=0 next=nothing retention="
       "- [metrics.visits >= 8: not met, visits 7 of 8, 1 missing]\n through=2028-01-10"},
  };
  const Program program =
      CompileProgram(Document("qualify: metrics.visits >= 10", ", retain: metrics.visits >= 8"));
  ASSERT_NE(program.model, nullptr) << program.error;
  const Model& model = *program.model;
  for (const OutlookRow& row : kOutlooks) {
    const std::vector<std::optional<std::int64_t>> metrics = {0, row.visits, std::nullopt};
    Facts facts;
    facts.metrics = metrics;
    facts.member.tier = row.earned;
    facts.activity.occurred_at = model.calendar.StartOf(Date::Parse("2027-05-01").value_or(Date()));
    TierState state;
    state.earned = row.earned;
    state.since = model.calendar.StartOf(Date::Parse("2027-01-10").value_or(Date()));
    const TierOutlook outlook = OutlookOf(model, facts, state);
    std::string text = absl::StrCat("shown=", outlook.shown, " expected=", outlook.expected,
                                    " next=", Render(model, outlook.next),
                                    " retention=", Render(model, outlook.retention));
    if (outlook.through) absl::StrAppend(&text, " through=", ToString(*outlook.through));
    EXPECT_EQ(text, row.outlook);
  }
}

}  // namespace
}  // namespace laurel::rules::model
