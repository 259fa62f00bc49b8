#include "rules/cel/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "rules/cel/checker.h"
#include "rules/cel/declarations.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

Declarations Host() {
  Declarations declarations(&AllDeclarations());
  declarations.AddVariable("amount", Type::Int());
  declarations.AddVariable("channel", Type::String());
  declarations.AddVariable("note", Type::String());
  declarations.AddVariable("items", Type::List(Type::Struct("Item")));
  declarations.AddVariable("purchase.all_items", Type::List(Type::Struct("Item")));
  declarations.AddVariable("tags", Type::List(Type::String()));
  declarations.AddVariable("open_list", Type::List(Type::Int()));
  declarations.AddVariable("anything", Type::Dyn());
  declarations.AddStruct("Item", {{"net", Type::Int()},
                                  {"category", Type::String()},
                                  {"categories", Type::List(Type::String())}});
  declarations.AddGlobal("hash_bucket", "hash_bucket_string", "string -> int");
  return declarations;
}

std::shared_ptr<const SizeBound> TextOf(std::uint64_t characters) {
  return std::make_shared<const SizeBound>(SizeBound{characters, nullptr, nullptr, false});
}

CostOptions HostBounds() {
  CostOptions options;
  options.variable = [](absl::string_view name) -> std::optional<SizeBound> {
    if (name == "items" || name == "purchase.all_items")
      return SizeBound{500, nullptr, nullptr, false};
    if (name == "tags") return SizeBound{256, TextOf(64), nullptr, true};
    if (name == "channel") return SizeBound{20, nullptr, nullptr, false};
    if (name == "note") return SizeBound{200, nullptr, nullptr, false};
    return std::nullopt;
  };
  options.field = [](absl::string_view, absl::string_view field) -> std::optional<SizeBound> {
    if (field == "categories") return SizeBound{32, TextOf(64), nullptr, true};
    if (field == "category") return SizeBound{64, nullptr, nullptr, false};
    return std::nullopt;
  };
  options.function = [](absl::string_view name) -> std::optional<std::uint64_t> {
    if (name == "hash_bucket") return 100;
    return std::nullopt;
  };
  return options;
}

CheckedAst Checked(absl::string_view text) {
  static const Declarations* const host = new Declarations(Host());
  const Source source(text);
  ParseResult parsed = Parse(source);
  EXPECT_THAT(parsed.issues, IsEmpty()) << RenderIssues(source, parsed.issues);
  CheckResult result = Check(std::move(parsed.ast), *host);
  EXPECT_THAT(result.issues, IsEmpty()) << RenderIssues(source, result.issues);
  return std::move(result.checked);
}

std::uint64_t UnitsOf(absl::string_view text) { return CostOf(Checked(text), HostBounds()).units; }

struct Row {
  const char* text;
  std::uint64_t units;
};

TEST(Cost, Of) {
  constexpr Row kRows[] = {
      {"1", 0},
      {"[1, 2, 3]", 0},
      {"{'a': [1]}", 0},
      {"amount", 1},
      {"amount + 1 > 2", 3},
      {"amount == 1 && channel == 'POS'", 5},
      {"amount > 1 ? amount + amount + amount : 0", 1 + 2 + 5},
      {"string(amount)", 2},
      {"int(channel)", 1 + 1 + 2},
      // Text: 0.1 a character.
      {"channel + note", 2 + 1 + 22},
      {"note.contains('abc')", 1 + 1 + 21},
      {"channel == note", 3},
      {"channel < note", 2 + 1 + 2},
      {"note.matches('a+b+')", 1 + 21},
      // Membership.
      {"amount in [1, 2, 3]", 2},
      {"'a' in tags", 2},
      {"channel in tags", 2 + 256},
      {"amount in open_list", 2 + 1000},
      {"sets.intersects(tags, ['a', 'b'])", 1 + 2},
      {"{'a': 1}[channel]", 2},
      // Lists and maps that are built.
      {"[amount, 1]", 11},
      {"{'a': amount}", 31},
      // Loops.
      {"items.exists(i, 'own_cup' in i.categories)", 1503},
      {"items.exists(i, purchase.all_items.exists(j, i.category == j.category))", 1'002'003},
      {"items.all(i, i.net > 0 && i.net < 9)", 3 + 500 * (1 + 5)},
      {"items.map(i, i.net)", 3 + 500 * 2},
      {"items.filter(i, i.net > 0).map(i, i.net).sum()", (3 + 500 * 3) + (3 + 500 * 2) + 500},
      {"items.map(i, i.category).distinct()", (3 + 500 * 2) + 500 * 9},
      {"items.exists_one(i, i.net == 1)", 3 + 500 * 3},
      {"items.transformList(n, i, n > 1, i.net * n)", 3 + 500 * (1 + 1 + 2)},
      {"items.map(i, i.category).exists(c, c.startsWith('a'))",
       (3 + 500 * 2) + 3 + 500 * (1 + 1 + 7)},
      {"cel.bind(x, amount + 1, x * x)", 3},
      {"anything.all(x, x == 1)", 3 + 1000 * (1 + 1)},
      // Functions with a price of their own.
      {"mul_div(amount, 3, 2)", 4},
      {"percent(amount, '12.5')", 4},
      {"hash_bucket('a') < 5000", 101},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(UnitsOf(row.text), row.units);
  }
}

TEST(Cost, SaturatesInsteadOfWrapping) {
  std::string text = "true";
  for (int i = 0; i < 12; ++i) text = "items.all(i, " + text + ")";
  EXPECT_EQ(UnitsOf(text), kMost);
}

TEST(Cost, NamesTheLoopsThatDecideIt) {
  const CheckedAst checked = Checked(
      "items.all(i, i.net > 0) && items.exists(i, purchase.all_items.exists(j, i.category == "
      "j.category))");
  const Cost cost = CostOf(checked, HostBounds());
  ASSERT_THAT(cost.loops, SizeIs(2));
  EXPECT_EQ(checked.FindReference(*cost.loops[0].range)->name, "items");
  EXPECT_EQ(checked.FindReference(*cost.loops[1].range)->name, "purchase.all_items");
  EXPECT_EQ(cost.loops[1].size, 500u);
  EXPECT_EQ(cost.inner_units, 4u);
}

TEST(Cost, WhatIsFoldedCostsNothing) {
  EXPECT_EQ(CostOf(Fold(Checked("[1, 2, 3].map(x, x * 2).exists(y, y == 4)"))).units, 0u);
  EXPECT_EQ(CostOf(Fold(Checked("true || items.exists(i, i.net > 0)"))).units, 0u);
  EXPECT_EQ(CostOf(Fold(Checked("amount in [1 + 1, 2 + 2]"))).units, 2u);
}

}  // namespace
}  // namespace laurel::cel
