// The trace of a decision names every line, and for what did not apply the conjuncts that failed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/program/explain.h"
#include "rules/program/tests_facts.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

std::string ExplainAll(absl::string_view example) {
  const Program program = CompileProgram(ReadExample(example));
  EXPECT_NE(program.model, nullptr) << program.error;
  std::string all;
  for (int i = 0; program.model != nullptr && i < program.document.tests_size(); ++i) {
    const auto test = WithDefaults(program.document.test_defaults(), program.document.tests(i));
    if (test.step() > laurel::program::v1::Test::STEP_ACTIVITY) continue;
    const TestFacts given(*program.model, test);
    EXPECT_TRUE(given.status().ok()) << given.status();
    const Evaluated evaluated = Evaluate(*program.model, given.facts(), given.tiers());
    absl::StrAppend(&all, "=== ", program.document.id(), ": ", test.name(), "\n",
                    Explain(*program.model, given.facts(), evaluated));
  }
  return all;
}

TEST(Explain, NamesLinesCutsAndFailingConjuncts) {
  ExpectGolden("explain", absl::StrCat(ExplainAll("bean-club"), ExplainAll("fashion")));
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
