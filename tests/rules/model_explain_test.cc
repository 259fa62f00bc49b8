// The trace of a decision names every line, and for what did not apply the conjuncts that failed.
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

}  // namespace
}  // namespace laurel::rules::model
