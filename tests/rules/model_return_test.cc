// Returns in pieces: whatever the pieces and their order, all that was given comes back, and never
// more.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "rules/program/evaluate_return.h"
#include "rules/program/tests_facts.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

std::vector<CarryFact> CarriesAfter(std::vector<CarryFact> carries,
                                    const std::vector<CarryChange>& changes) {
  for (const CarryChange& change : changes) {
    std::erase_if(carries, [&](const CarryFact& carry) { return carry.rule == change.rule; });
    carries.push_back(CarryFact{change.rule, change.after});
  }
  return carries;
}

// Returns all of the purchase that test `index` of the document makes, one unit of one line after
// another.
void ReturnInPieces(const Program& program, int index, std::mt19937_64& random) {
  auto test = WithDefaults(program.document.test_defaults(), program.document.tests(index));
  std::vector<std::int32_t> pieces;
  for (int i = 0; i < test.items_size(); ++i) {
    const auto quantity = static_cast<std::int32_t>(1 + random() % 4);
    test.mutable_items(i)->set_quantity(std::to_string(quantity));
    pieces.insert(pieces.end(), static_cast<std::size_t>(quantity), i + 1);
  }
  std::shuffle(pieces.begin(), pieces.end(), random);
  const TestFacts given(*program.model, test);
  const Evaluated sale = Evaluate(*program.model, given.facts(), given.tiers());

  std::vector<std::int64_t> left;
  for (const AwardedLine& line : sale.lines) left.push_back(line.granted);
  std::vector<ReturnedItem> before;
  std::vector<CarryFact> carries = CarriesAfter({}, sale.carries);
  for (const std::int32_t line : pieces) {
    const ReturnedItem now{line, kMicros, std::nullopt};
    const ReturnEvaluated returned =
        EvaluateReturn(*program.model, given.facts(), sale, {before, {&now, 1}, left, carries});
    before.push_back(now);
    carries = CarriesAfter(carries, returned.carries);
    for (const ReversedLine& reversed : returned.lines) {
      EXPECT_GE(reversed.reversed, 0);
      EXPECT_EQ(reversed.left + reversed.reversed, left[reversed.line]);
      left[reversed.line] = reversed.left;
    }
  }
  for (const std::int64_t one : left) EXPECT_EQ(one, 0);
  for (const CarryFact& carry : carries) EXPECT_EQ(carry.micros, 0);
}

TEST(Return, InPiecesTakesBackAllThatWasGiven) {
  std::mt19937_64 random(3);
  for (const char* name : {"bean-club", "fashion"}) {
    const Program program = CompileProgram(ReadExample(name));
    ASSERT_NE(program.model, nullptr) << program.error;
    for (int i = 0; i < program.document.tests_size(); ++i) {
      const auto& test = program.document.tests(i);
      if (test.items_size() == 0 || test.carry_size() > 0) continue;
      SCOPED_TRACE(test.name());
      for (int round = 0; round < 5; ++round) ReturnInPieces(program, i, random);
    }
  }
}

}  // namespace
}  // namespace laurel::rules::model
