// The trace of a decision names every line, and for what did not apply the conjuncts that failed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/program/explain.h"
#include "rules/program/tests_facts.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

TEST(Explain, NamesLinesCutsAndFailingConjuncts) {
  const Program program = CompileProgram(ReadExample("bean-club"));
  ASSERT_NE(program.model, nullptr) << program.error;
  const auto test = WithDefaults(program.document.test_defaults(), program.document.tests(2));
  const TestFacts given(*program.model, test);
  ASSERT_TRUE(given.status().ok()) << given.status();
  const Evaluated evaluated = Evaluate(*program.model, given.facts(), given.tiers());
  EXPECT_EQ(Explain(*program.model, given.facts(), evaluated),
            R"(  +21 beans  base_beans
  +7 stars  base_stars
  +5 beans  BEAN_MULTIPLIER  factor 1.250000 on base_beans
  +22 beans  oat_week
  +25 beans  reusable_cup
not applied
  double_bean_tuesday  LOST_IN_GROUP, worth 21 in drinks
  welcome  CONDITION_FALSE; needs member.enrolled_days <= 30 (member.enrolled_days was 400)
  big_coffee_run  CONDITION_FALSE; needs variables.coffee_net > money("20.00") (variables.coffee_net was 720)
tier GOLD UNCHANGED through 2028-03-02
)");
}

TEST(Explain, ShowsTheBasePointsThatAConditionSaw) {
  const Program program = CompileProgram(R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
earning_rules: [{id: earned, earn: {point_type: points, points: "1", per: "1.00"}}]
stacking_groups: [{id: all, mode: STACKED}]
promotions: [{id: large, when: base.points >= 100, stacking_group: all, bonus: {point_type: points, points: 5}}]
tiers: [{id: MEMBER, name: Member}]
tests: [{name: a, at: "2027-03-01T12:00:00", items: [{net: "30.00"}]}]
)");
  ASSERT_NE(program.model, nullptr) << program.error;
  const TestFacts given(*program.model, program.document.tests(0));
  const Evaluated evaluated = Evaluate(*program.model, given.facts(), given.tiers());
  EXPECT_THAT(Explain(*program.model, given.facts(), evaluated),
              testing::HasSubstr("needs base.points >= 100 (base.points was 30)"));
}

}  // namespace
}  // namespace laurel::rules::model
