#include "service/cli/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/cli/revision_views.h"

namespace laurel::cli {
namespace {

using ::testing::ElementsAre;

TEST(ProgressTable, ShowsEachMeasureInItsOwnUnit) {
  AmountStyle style;
  style.currency = "GBP";
  style.decimals = {{"stars", 2}, {"points", 0}};
  v1::TierProgress progress;
  progress.set_tier("GOLD");
  const auto add = [&progress](const char* metric, v1::MetricMeasure measure, const char* type) {
    v1::TierCondition& condition = *progress.add_conditions();
    condition.set_metric(metric);
    condition.set_measure(measure);
    condition.set_point_type(type);
    condition.set_current(16'690);
    condition.set_required(25'000);
    condition.set_missing(8'310);
  };
  add("spent", v1::METRIC_MEASURE_SPEND, "");
  add("stars earned", v1::METRIC_MEASURE_POINTS, "stars");
  add("points earned", v1::METRIC_MEASURE_POINTS, "points");
  add("visits", v1::METRIC_MEASURE_VISIT_DAYS, "");
  add("purchases", v1::METRIC_MEASURE_PURCHASES, "");
  const Table table = ProgressTable("next tier: ", progress, style);
  EXPECT_EQ(table.title, "next tier: GOLD");
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("spent", "166.90 GBP", "250.00 GBP", "83.10 GBP"),
                                      ElementsAre("stars earned", "166.90", "250.00", "83.10"),
                                      ElementsAre("points earned", "16690", "25000", "8310"),
                                      ElementsAre("visits", "16690", "25000", "8310"),
                                      ElementsAre("purchases", "16690", "25000", "8310")));
}

TEST(RevisionTable, ShowsWhoWhenAndWhy) {
  Repeated<v1::Revision> revisions;
  v1::Revision& scheduled = *revisions.Add();
  scheduled.set_number(2);
  scheduled.set_state(v1::REVISION_STATE_SCHEDULED);
  scheduled.mutable_effective_from()->set_seconds(1'780'272'000);
  scheduled.set_author("mia");
  scheduled.add_votes()->set_principal("fay");
  scheduled.add_votes()->set_principal("max");
  scheduled.mutable_plan()->set_target("0.40");
  scheduled.mutable_plan()->mutable_check_on()->set_year(2027);
  scheduled.mutable_plan()->mutable_check_on()->set_month(6);
  scheduled.mutable_plan()->mutable_check_on()->set_day(30);
  scheduled.set_digest("12345678abcdefgh");
  v1::Revision& draft = *revisions.Add();
  draft.set_number(1);
  draft.set_state(v1::REVISION_STATE_DRAFT);
  EXPECT_THAT(RevisionTable(revisions).rows,
              ElementsAre(ElementsAre("2", "scheduled", "2026-06-01T00:00:00Z", "mia", "fay, max",
                                      "0.40", "2027-06-30", "3132333435363738"),
                          ElementsAre("1", "draft", "", "", "", "", "", "")));
}

TEST(RuleTable, ShowsHowFarARuleIs) {
  Repeated<v1::RevisionRule> rules;
  const auto add = [&rules](const char* id, v1::RuleRollout rollout, std::int32_t share) {
    v1::RevisionRule& rule = *rules.Add();
    rule.set_id(id);
    rule.set_is_promotion(true);
    rule.set_rollout(rollout);
    rule.set_canary_basis_points(share);
  };
  add("a", v1::RULE_ROLLOUT_LIVE, 0);
  add("b", v1::RULE_ROLLOUT_CANARY, 550);
  add("c", v1::RULE_ROLLOUT_SHADOW, 0);
  add("d", v1::RULE_ROLLOUT_PAUSED, 0);
  EXPECT_THAT(RuleTable(rules).rows, ElementsAre(ElementsAre("a", "", "promotion", "live"),
                                                 ElementsAre("b", "", "promotion", "canary 5.50 %"),
                                                 ElementsAre("c", "", "promotion", "shadow"),
                                                 ElementsAre("d", "", "promotion", "paused")));
}

}  // namespace
}  // namespace laurel::cli
