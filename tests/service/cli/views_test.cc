#include "service/cli/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace laurel::cli
