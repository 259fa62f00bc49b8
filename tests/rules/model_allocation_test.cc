// Evaluating an activity in a room that is warm takes nothing from the heap. In a binary of its
// own, which counts what operator new is asked for.
#include <gtest/gtest.h>

#include <string>

#include "rules/program/evaluate.h"
#include "rules/program/tests_facts.h"
#include "tests/rules/cel/allocation_count.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

// What makes two results of one activity differ.
std::string Summary(const Evaluated& evaluated) {
  std::string text;
  for (const AwardedLine& line : evaluated.lines) {
    text += std::string(line.id) + " " + std::to_string(line.granted) + " of " +
            std::to_string(line.requested);
    for (const std::int64_t share : SharesOf(line)) text += " " + std::to_string(share);
    for (const Cut& cut : line.cuts) text += " cut " + std::to_string(cut.points);
    text += "\n";
  }
  for (const RuleResult& result : evaluated.outcomes) {
    text += std::to_string(result.rule) + " " + std::string(ToString(result.outcome)) + " " +
            std::to_string(result.worth) + "\n";
  }
  for (const CounterUse& use : evaluated.uses) {
    text += std::to_string(use.counter) + " " + std::to_string(use.amount) + " " + use.by + "\n";
  }
  for (const CarryChange& carry : evaluated.carries) text += std::to_string(carry.after) + "\n";
  for (const auto& metric : evaluated.metrics_after) text += std::to_string(metric.value_or(-1));
  return text + " " + std::string(ToString(evaluated.tier.outcome));
}

class Warm : public testing::TestWithParam<const char*> {};

TEST_P(Warm, EvaluationTakesNothingFromTheHeap) {
  const Program program = CompileProgram(ReadExample(GetParam()));
  ASSERT_NE(program.model, nullptr) << program.error;
  const Model& model = *program.model;
  EvaluateRoom room;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < program.document.tests_size(); ++i) {
      const auto test = WithDefaults(program.document.test_defaults(), program.document.tests(i));
      SCOPED_TRACE(test.name());
      const TestFacts given(model, test);
      const std::int64_t before = cel::AllocationCount();
      const Evaluated& evaluated = Evaluate(model, given.facts(), given.tiers(), room);
      const std::int64_t taken = cel::AllocationCount() - before;
      if (round > 0) {
        EXPECT_EQ(taken, 0);
      }
      // A room leaves nothing behind in the next result.
      EXPECT_EQ(Summary(evaluated), Summary(Evaluate(model, given.facts(), given.tiers())));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Warm, testing::Values("bean-club", "fashion"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(AllocationCount, Counts) {
  const std::int64_t before = cel::AllocationCount();
  const auto one = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(cel::AllocationCount() - before, 2);
}

}  // namespace
}  // namespace laurel::rules::model
