#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/program/document_outline.h"

namespace laurel::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Outline, TellsPlanAndRules) {
  const std::optional<Outline> outline = OutlineOf(R"({
    "plan": {"goal": "More visits", "kpi": "visits", "target": "0.40", "check_on": "2027-06-30",
             "rules": ["double"], "holdout_basis_points": 500},
    "earning_rules": [{"id": "base", "name": "Base"}],
    "promotions": [{"id": "double", "rollout": "ROLLOUT_SHADOW"},
                   {"id": "triple", "canary_basis_points": 250},
                   {"id": "old", "rollout": "ROLLOUT_PAUSED"}]})");
  ASSERT_TRUE(outline.has_value());
  EXPECT_EQ(outline->plan.goal, "More visits");
  EXPECT_EQ(outline->plan.kpi, "visits");
  EXPECT_EQ(outline->plan.target, "0.40");
  EXPECT_EQ(outline->plan.check_on, "2027-06-30");
  EXPECT_EQ(outline->plan.holdout_basis_points, 500);
  EXPECT_THAT(outline->plan.rules, ElementsAre("double"));
  EXPECT_THAT(outline->MissingOfPlan(), IsEmpty());
  ASSERT_EQ(outline->rules.size(), 4u);
  EXPECT_EQ(outline->rules[0].name, "Base");
  EXPECT_FALSE(outline->rules[0].is_promotion);
  EXPECT_EQ(outline->rules[0].rollout, RuleRollout::kLive);
  EXPECT_TRUE(outline->rules[1].is_promotion);
  EXPECT_EQ(outline->rules[1].rollout, RuleRollout::kShadow);
  EXPECT_EQ(outline->rules[2].canary_basis_points, 250);
  EXPECT_EQ(outline->FindRule("old")->rollout, RuleRollout::kPaused);
  EXPECT_EQ(outline->FindRule("none"), nullptr);
}

TEST(Outline, TellsWhatApprovalMisses) {
  EXPECT_THAT(OutlineOf("{}")->MissingOfPlan(),
              ElementsAre("plan.goal", "plan.target", "plan.check_on"));
  EXPECT_THAT(OutlineOf(R"({"plan": {"target": "1"}})")->MissingOfPlan(),
              ElementsAre("plan.goal", "plan.check_on"));
}

TEST(Outline, IsOfDocumentsOnly) {
  for (const char* text : {"", "[]", "no", "{\"nonsense\": 1}", "{\"plan\": 1}"}) {
    EXPECT_FALSE(OutlineOf(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace laurel::rules
