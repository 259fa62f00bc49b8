// The example of rules/cel/README.md.
#include <gtest/gtest.h>

#include <utility>

#include "rules/cel/checker.h"
#include "rules/cel/cost.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "rules/cel/plan.h"

namespace laurel::cel {
namespace {

TEST(Example, Runs) {
  Declarations declarations(&AllDeclarations());
  declarations.AddVariable("amount", Type::Int());
  declarations.AddVariable("channel", Type::String());
  SlotTable slots;
  slots.Add("amount");
  slots.Add("channel");

  const Source source("amount >= 1000 && channel in ['POS', 'APP']");
  ParseResult parsed = Parse(source);
  ASSERT_TRUE(parsed.ok()) << RenderIssues(source, parsed.issues);
  CheckResult result = Check(std::move(parsed.ast), declarations, {.result = Type::Bool()});
  ASSERT_TRUE(result.ok()) << RenderIssues(source, result.issues);
  ASSERT_LE(CostOf(result.checked).units, 10'000u);
  const Plan plan = Plan::Make(Fold(result.checked), {.slots = slots});

  Arena arena;
  Context context(arena, /*steps_max=*/100'000);
  const Value facts[] = {Value::Int(1250), Value::String("POS")};
  Frame frame(facts, context);
  const Value value = plan.Evaluate(frame);

  EXPECT_TRUE(value.is(Kind::kBool) && value.bool_value());
}

}  // namespace
}  // namespace laurel::cel
