#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "rules/cel/checker.h"
#include "rules/cel/cost.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "tests/rules/cel/conformance.h"
#include "tests/rules/cel/random_expression.h"

namespace laurel::cel {
namespace {

constexpr int kExpressions = 5000;

// A unit is about a step; the factor leaves room for what either rounds.
constexpr std::uint64_t kStepsPerUnit = 4;

CheckedAst CheckedExpression(const std::string& text, const RandomFacts& facts) {
  const Source source(text);
  ParseResult parsed = Parse(source);
  EXPECT_TRUE(parsed.ok()) << RenderIssues(source, parsed.issues);
  CheckResult result = Check(std::move(parsed.ast), facts.declarations());
  EXPECT_TRUE(result.ok()) << RenderIssues(source, result.issues);
  return std::move(result.checked);
}

MapActivation ActivationOf(const RandomFacts& facts) {
  MapActivation activation;
  for (const RandomFacts::Fact& fact : facts.facts()) activation.Set(fact.name, fact.value);
  return activation;
}

TEST(Fold, KeepsTheValueOfRandomExpressions) {
  const RandomFacts facts;
  const MapActivation activation = ActivationOf(facts);
  RandomExpression random(20270301, Dialect::kWhole);
  for (int i = 0; i < kExpressions; ++i) {
    const std::string text = random.Make();
    SCOPED_TRACE(text);
    const CheckedAst checked = CheckedExpression(text, facts);
    Arena arena;
    Context context(arena);
    const Value plain = Evaluate(checked, activation, context);
    const CheckedAst folded = Fold(checked);
    const Value after = Evaluate(folded, activation, context);
    ASSERT_TRUE(IsSameResult(plain, after))
        << DebugString(plain) << " became " << DebugString(after);
    ASSERT_LE(CostOf(folded).units, CostOf(checked).units);
  }
}

// Facts are smaller than what is assumed where no bound is declared, so that the bound must hold.
TEST(Cost, BoundsTheStepsOfRandomExpressions) {
  const RandomFacts facts;
  const MapActivation activation = ActivationOf(facts);
  RandomExpression random(20270302, Dialect::kWhole);
  for (int i = 0; i < kExpressions; ++i) {
    const std::string text = random.Make();
    // Walking a tree compiles a pattern each time it comes by; a plan has done so before.
    if (text.find("matches") != std::string::npos) continue;
    SCOPED_TRACE(text);
    const CheckedAst checked = CheckedExpression(text, facts);
    Arena arena;
    Context context(arena);
    const std::int64_t before = context.steps_left;
    Evaluate(checked, activation, context);
    const std::int64_t spent = before - context.steps_left;
    const std::uint64_t units = CostOf(checked).units;
    const std::uint64_t nodes = checked.ast().id_limit();
    ASSERT_LE(static_cast<std::uint64_t>(spent), kStepsPerUnit * (units + nodes));
  }
}

}  // namespace
}  // namespace laurel::cel
