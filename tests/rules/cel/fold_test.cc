#include "rules/cel/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "rules/cel/ast_text.h"
#include "rules/cel/checker.h"
#include "rules/cel/declarations.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

using ::testing::IsEmpty;

Declarations Host() {
  Declarations declarations(&AllDeclarations());
  declarations.AddVariable("x", Type::Int());
  declarations.AddVariable("b", Type::Bool());
  declarations.AddVariable("d", Type::Dyn());
  declarations.AddVariable("xs", Type::List(Type::Int()));
  declarations.AddVariable("a.b", Type::Map(Type::String(), Type::Int()));
  declarations.AddGlobal("host", "host_int", "int -> int");
  return declarations;
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

std::string OnOneLine(absl::string_view tree) {
  std::string out;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (tree[i] != '\n') {
      out += tree[i];
      continue;
    }
    if (!out.empty() && out.back() == ',') out += ' ';
    while (i + 1 < tree.size() && tree[i + 1] == ' ') ++i;
  }
  return out;
}

std::string Folded(absl::string_view text, const FoldOptions& options = {}) {
  const CheckedAst folded = Fold(Checked(text), options);
  return OnOneLine(AstText(folded.root()));
}

struct Row {
  const char* text;
  const char* folded;
};

TEST(Fold, ComputesWhatNeedsNoVariable) {
  constexpr Row kRows[] = {
      {"1 + 2 * 3", "7"},
      {"x + (1 + 2)", "_+_(x, 3)"},
      {"x + 1 + 2", "_+_(_+_(x, 1), 2)"},
      {"'a' + 'b' == 'ab'", "true"},
      {"size([1, 2]) + x", "_+_(2, x)"},
      {"type(1) == int", "true"},
      {"math.greatest(1, 5)", "5"},
      {"[1, 2, 3].map(n, n * 2)", "[2, 4, 6]"},
      {"x in [1 + 1, 4]", "@in(x, [2, 4])"},
      {"{'a': 1 + 1}", "{\"a\":2}"},
      {"{'a': 1}.a + x", "_+_(1, x)"},
      {"cel.bind(y, 2, y * y)", "4"},
      {"optional.of(3).orValue(4)", "3"},
      {"duration('60s') == duration('1m')", "true"},
      {"a.b.c + (2 - 1)", "_+_(a.b.c, 1)"},
      // No literal writes it.
      {"duration('60s')", "duration(\"60s\")"},
      // Errors wait until they are evaluated.
      {"1 / 0", "_/_(1, 0)"},
      {"b ? 1 / 0 : 2 + 2", "_?_:_(b, _/_(1, 0), 4)"},
      {"[1][7 - 1]", "_[_]([1], 6)"},
      // A function of the host may depend on more than its arguments.
      {"host(1 + 1)", "host(2)"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(Folded(row.text), row.folded);
  }
}

TEST(Fold, DropsOperandsThatALiteralDecides) {
  constexpr Row kRows[] = {
      {"true || b", "true"},
      {"b || 1 == 1", "true"},
      {"b && 1 == 1", "b"},
      {"false || b", "b"},
      {"b && false", "false"},
      {"1 / 0 > 1 && false", "false"},
      {"true ? x : 1 / 0", "x"},
      {"1 == 2 ? x : x + 1", "_+_(x, 1)"},
      {"host(1) > 1 || true", "true"},
      // Of another type the value would be an error, not the other operand.
      {"true && d", "_&&_(true, d)"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(Folded(row.text), row.folded);
  }
}

TEST(Fold, LoopsKeepTheShapeOfTheirMacros) {
  const CheckedAst folded = Fold(Checked("xs.all(n, 1 == 1)"));
  const auto* const loop = As<ComprehensionExpr>(folded.root());
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->macro, Macro::kAll);
  EXPECT_EQ(OnOneLine(AstText(*loop->step)), "_&&_(@result, true)");
}

TEST(Fold, KeepsTypesAndReferences) {
  const CheckedAst folded = Fold(Checked("a.b.c + (1 + 1) > x"));
  EXPECT_EQ(
      OnOneLine(CheckedText(folded)),
      "_>_(_+_(a.b~map(string, int)^a.b.c~int, 2~int)~int^add_int64, x~int^x)~bool^greater_int64");
}

TEST(Fold, KeepsWithinItsBounds) {
  FoldOptions options;
  options.elements_max = 2;
  options.text_bytes_max = 3;
  EXPECT_EQ(Folded("[1, 2].map(n, n)", options), "[1, 2]");
  EXPECT_NE(Folded("[1, 2, 3].map(n, n)", options), "[1, 2, 3]");
  EXPECT_EQ(Folded("'ab' + 'cd'", options), "_+_(\"ab\", \"cd\")");
  options.steps_max = 10;
  EXPECT_NE(Folded("[1, 2, 3, 4, 5, 6, 7, 8].all(n, [1, 2, 3].all(m, m > 0))", options), "true");
}

}  // namespace
}  // namespace laurel::cel
