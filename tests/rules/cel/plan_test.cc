// What a plan makes of an expression beyond its value: which parts it compiles, and how it uses
// facts.
#include "rules/cel/plan.h"

#include <gtest/gtest.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "tests/rules/cel/allocation_count.h"

namespace laurel::cel {
namespace {

// A purchase with its items, as a host would hand it over.
class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    declarations_.AddStruct("Item", {{"net", Type::Int()}, {"tags", Type::List(Type::String())}});
    declarations_.AddVariable("amount", Type::Int());
    declarations_.AddVariable("channel", Type::String());
    declarations_.AddVariable("items", Type::List(Type::Struct("Item")));
    declarations_.AddVariable("absent", Type::Int());
    for (const char* name : {"amount", "channel", "items", "absent"}) options_.slots.Add(name);
    options_.structs = {&item_type_};
    options_.symbols = &symbols_;
  }

  Plan MakePlan(absl::string_view text) {
    const Source source(text);
    ParseResult parsed = Parse(source);
    EXPECT_TRUE(parsed.ok()) << text;
    CheckResult checked = Check(std::move(parsed.ast), declarations_);
    EXPECT_TRUE(checked.ok()) << text << ": " << checked.issues.front().message;
    return Plan::Make(std::move(checked.checked), options_);
  }

  // Texts carry the symbols of the plans made so far.
  void BuildFacts() {
    tags_ = {symbols_.Lookup("new"), symbols_.Lookup("sale")};
    first_ = {Value::StructHead(&item_type_), Value::Int(100), Value::List({tags_.data(), 1})};
    second_ = {Value::StructHead(&item_type_), Value::Int(250), Value::List({tags_.data(), 2})};
    items_ = {Value::Struct(first_.data()), Value::Struct(second_.data())};
    facts_ = {Value::Int(1500), symbols_.Lookup("web"), Value::List(items_),
              Value::Error(ErrorCode::kNoSuchField)};
  }

  Value Evaluate(const Plan& plan) {
    BuildFacts();
    Frame frame(facts_, context_);
    return plan.Evaluate(frame);
  }

  StructType item_type_{"Item", {"net", "tags"}};
  Declarations declarations_{&AllDeclarations()};
  SymbolTable symbols_;
  PlanOptions options_;
  Arena arena_;
  Context context_{arena_};
  std::array<Value, 2> tags_;
  std::array<Value, 3> first_;
  std::array<Value, 3> second_;
  std::array<Value, 2> items_;
  std::array<Value, 4> facts_;
};

struct Row {
  const char* expr;
  const char* expected;
};

constexpr Row kConditions[] = {
    {"amount >= 1000 && channel == 'web'", "true"},
    {"1000 > amount", "false"},
    {"channel in ['pos', 'web']", "true"},
    {"channel in ['pos', 'app']", "false"},
    {"amount in [1, 1500, 3]", "true"},
    {"channel != 'web' || amount % 7 == 2", "true"},
    {"items.exists(i, 'sale' in i.tags && i.net > 200)", "true"},
    {"items.all(i, 'new' in i.tags)", "true"},
    {"items.exists_one(i, i.net > 200)", "true"},
    {"items.filter(i, 'new' in i.tags).map(i, i.net).sum()", "350"},
    {"items.map(i, i.net > 150, i.net * 2).sum()", "500"},
    {"items.filter(i, i.net < 150).size()", "1"},
    {"channel.matches('^w.b$')", "true"},
    {"channel.startsWith('we')", "true"},
    {"amount > 1000 ? percent(amount, '10') : 0", "150"},
    {"cel.bind(half, amount / 2, half * half)", "562500"},
    {"has(items[0].net)", "true"},
    {"absent > 0 || amount > 0", "true"},
    {"absent > 0", "error(no such field)"},
    {"-amount + 2 * amount", "1500"},
};

TEST_F(PlanTest, ConditionsAndAmountsAreCompiledWhole) {
  for (const Row& row : kConditions) {
    SCOPED_TRACE(row.expr);
    const Plan plan = MakePlan(row.expr);
    EXPECT_EQ(plan.walked_part_count(), 0);
    EXPECT_EQ(DebugString(Evaluate(plan)), row.expected);
  }
}

TEST_F(PlanTest, TakesNothingFromTheHeap) {
  for (const Row& row : kConditions) {
    SCOPED_TRACE(row.expr);
    const Plan plan = MakePlan(row.expr);
    BuildFacts();
    Frame frame(facts_, context_);
    plan.Evaluate(frame);  // RE2 keeps what it learnt of a text
    const std::int64_t before = AllocationCount();
    const Value value = plan.Evaluate(frame);
    EXPECT_EQ(AllocationCount(), before);
    EXPECT_EQ(DebugString(value), row.expected);
  }
}

TEST_F(PlanTest, WalksWhatHasNoClosure) {
  const Plan plan = MakePlan("{'a': amount}.transformMap(k, v, v + 1)['a'] == 1501");
  EXPECT_GT(plan.walked_part_count(), 0);
  EXPECT_EQ(DebugString(Evaluate(plan)), "true");
}

TEST_F(PlanTest, WalkedPartsSeeTheVariablesAroundThem) {
  const Plan plan = MakePlan("items.exists(i, {'n': i.net + amount}['n'] == 1750)");
  EXPECT_GT(plan.walked_part_count(), 0);
  EXPECT_EQ(DebugString(Evaluate(plan)), "true");
}

TEST_F(PlanTest, TestSaysWhyThereIsNoAnswer) {
  const Plan plan = MakePlan("absent > 0 && amount > 0");
  BuildFacts();
  Frame frame(facts_, context_);
  EXPECT_EQ(plan.Test(frame), -1);
  EXPECT_EQ(frame.failure.error(), ErrorCode::kNoSuchField);
  EXPECT_EQ(MakePlan("amount > 0").Test(frame), 1);
  EXPECT_EQ(MakePlan("amount < 0").Test(frame), 0);
}

TEST_F(PlanTest, UnknownTextsEqualNoLiteralAndThemselves) {
  const Plan literal = MakePlan("channel == 'app'");
  const Plan itself = MakePlan("channel == channel");
  BuildFacts();
  facts_[1] = symbols_.Lookup("kiosk");
  ASSERT_EQ(facts_[1].symbol(), kUnknownSymbol);
  Frame frame(facts_, context_);
  EXPECT_EQ(literal.Test(frame), 0);
  EXPECT_EQ(itself.Test(frame), 1);
}

TEST_F(PlanTest, TooFewFactsAreAnError) {
  const Plan plan = MakePlan("amount > 0");
  BuildFacts();
  Frame frame({facts_.data(), 1}, context_);
  EXPECT_TRUE(plan.Evaluate(frame).is_error());
  EXPECT_EQ(plan.Test(frame), -1);
}

TEST_F(PlanTest, AStructOfAnotherTypeIsAnErrorAndNoCrash) {
  const Plan plan = MakePlan("items.exists(i, i.net > 0)");
  BuildFacts();
  const StructType other("Other", {});
  const std::array head = {Value::StructHead(&other)};
  items_ = {Value::Struct(head.data()), Value::Int(3)};
  Frame frame(facts_, context_);
  EXPECT_EQ(plan.Test(frame), -1);
}

}  // namespace
}  // namespace laurel::cel
