// No expression works without bound, whatever it is made of.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/cel/arena.h"
#include "rules/cel/compare.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::int64_t kStepsMax = 200'000;

Value EvaluateBounded(absl::string_view text, Arena& arena) {
  static MapActivation none;
  const Source source(text);
  const ParseResult parsed = Parse(source);
  EXPECT_TRUE(parsed.ok()) << text;
  Context context(arena, kStepsMax);
  return Evaluate(parsed.ast, none, context);
}

std::string List(int size) {
  std::string text = "[0";
  for (int i = 1; i < size; ++i) absl::StrAppend(&text, ",", i);
  return text + "]";
}

// `value`, bound and joined with itself by `join` again and again.
std::string Doubled(const std::string& value, const std::string& join, int times) {
  std::string text = absl::StrCat("v", times);
  for (int i = times; i > 0; --i) {
    text = absl::StrCat("cel.bind(v", i, ", v", i - 1, join, "v", i - 1, ", ", text, ")");
  }
  return absl::StrCat("cel.bind(v0, ", value, ", ", text, ")");
}

TEST(Limits, NestedLoopsRunOutOfSteps) {
  Arena arena(kBytesMax);
  const std::string list = List(200);
  const Value value = EvaluateBounded(
      absl::StrCat(list, ".all(a, ", list, ".all(b, ", list, ".all(c, true)))"), arena);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.error(), ErrorCode::kStepsExceeded);
}

TEST(Limits, DoubledTextsRunOutOfMemory) {
  Arena arena(kBytesMax);
  const Value value = EvaluateBounded(Doubled("'0123456789abcdef'", " + ", 40), arena);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.error(), ErrorCode::kMemoryExceeded);
  EXPECT_LE(arena.used_bytes(), kBytesMax);
}

TEST(Limits, DoubledListsRunOut) {
  Arena arena(kBytesMax);
  EXPECT_TRUE(EvaluateBounded(Doubled("[1]", " + ", 40), arena).is_error());
  EXPECT_LE(arena.used_bytes(), kBytesMax);
}

// A list that shares its parts is small in memory and endless to a comparison.
TEST(Limits, SharedPartsRunOutOfStepsWhenCompared) {
  Arena arena(kBytesMax);
  std::string text = "v40 == v40";
  for (int i = 40; i > 0; --i) {
    text = absl::StrCat("cel.bind(v", i, ", [v", i - 1, ", v", i - 1, "], ", text, ")");
  }
  const Value value = EvaluateBounded(absl::StrCat("cel.bind(v0, [1], ", text, ")"), arena);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.error(), ErrorCode::kStepsExceeded);
}

TEST(Limits, SharedPartsRunOutWhenFormatted) {
  Arena arena(kBytesMax);
  std::string text = "'%s'.format([v40])";
  for (int i = 40; i > 0; --i) {
    text = absl::StrCat("cel.bind(v", i, ", [v", i - 1, ", v", i - 1, "], ", text, ")");
  }
  EXPECT_TRUE(EvaluateBounded(absl::StrCat("cel.bind(v0, [1], ", text, ")"), arena).is_error());
}

TEST(Limits, ReplacementsCountTheirOutput) {
  Arena arena(kBytesMax);
  const std::string many = Doubled("'aaaaaaaaaaaaaaaa'", " + ", 12);
  const Value value =
      EvaluateBounded(absl::StrCat("cel.bind(t, ", many, ", t.replace('', t))"), arena);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.error(), ErrorCode::kStepsExceeded);
}

TEST(Limits, DeepValuesAreAnErrorAndNoCrash) {
  Arena arena;
  Context context(arena);
  std::vector<Value> chain(100'000);
  for (std::size_t i = 1; i < chain.size(); ++i) chain[i] = Value::List({&chain[i - 1], 1});
  const Value equal = Equal(context, chain.back(), chain.back());
  ASSERT_TRUE(equal.is_error());
  EXPECT_EQ(equal.error(), ErrorCode::kTooDeep);
}

TEST(Limits, AnArenaGivesNoMoreThanItsBound) {
  Arena arena(1000);
  EXPECT_NE(arena.Allocate(900), nullptr);
  EXPECT_EQ(arena.Allocate(200), nullptr);
  EXPECT_EQ(arena.Allocate(static_cast<std::size_t>(-8)), nullptr);
  arena.Reset();
  EXPECT_NE(arena.Allocate(900), nullptr);
}

}  // namespace
}  // namespace laurel::cel
