#include "rules/cel/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "rules/cel/ast_text.h"

namespace laurel::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::NotNull;
using ::testing::SizeIs;

// The tree of `text` on one line, or its issues.
std::string TreeOf(absl::string_view text, const ParseOptions& options = {}) {
  const Source source(text);
  const ParseResult parsed = Parse(source, options);
  if (!parsed.ok()) return RenderIssues(source, parsed.issues);
  std::string tree = AstText(*parsed.ast.root());
  for (std::size_t at = 0; (at = tree.find('\n', at)) != std::string::npos;) {
    const std::size_t end = std::min(tree.find_first_not_of(" \n", at), tree.size());
    const bool is_after_comma = at > 0 && tree[at - 1] == ',';
    tree.replace(at, end - at, is_after_comma ? " " : "");
  }
  return tree;
}

std::vector<std::string> MessagesOf(absl::string_view text) {
  std::vector<std::string> messages;
  const Source source(text);
  for (const Issue& issue : Parse(source).issues) {
    messages.push_back(absl::StrCat(issue.range.begin, ": ", issue.message));
  }
  return messages;
}

std::string Repeat(absl::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) absl::StrAppend(&out, text);
  return out;
}

struct TreeRow {
  const char* text;
  const char* tree;
};

TEST(Parse, GivesTheTreeOf) {
  constexpr TreeRow kRows[] = {
      // Operators, loosest first.
      {"a ? b : c ? d : e", "_?_:_(a, b, _?_:_(c, d, e))"},
      {"a || b && c", "_||_(a, _&&_(b, c))"},
      {"a == b + c * d", "_==_(a, _+_(b, _*_(c, d)))"},
      {"a - b - c", "_-_(_-_(a, b), c)"},
      {"(a - b) * c", "_*_(_-_(a, b), c)"},
      {"a in b == c", "_==_(@in(a, b), c)"},
      {"!a.b(c)", "!_(a.b(c))"},
      // Signs.
      {"-9223372036854775808", "-9223372036854775808"},
      {"- 1", "-1"},
      {"4--4", "_-_(4, -4)"},
      {"--19", "19"},
      {"---19", "-_(19)"},
      {"!!a", "a"},
      {"!!!a", "!_(a)"},
      {"-1.5.c", "-1.5.c"},
      {"-a.b", "-_(a.b)"},
      // Chains become balanced trees.
      {"a && b && c && d", "_&&_(_&&_(a, b), _&&_(c, d))"},
      {"a || b || c", "_||_(_||_(a, b), c)"},
      // Names.
      {".a.b", ".a.b"},
      {".f(x)", ".f(x)"},
      {"a.as.package", "a.as.package"},
      {"a.for(1)", "a.for(1)"},
      {"a.`b-c`.`in`", "a.b-c.in"},
      {"a.?b", "_?._(a, \"b\")"},
      {"a[?b][c]", "_[_](_[?_](a, b), c)"},
      // Lists, maps and messages, with commas after the last.
      {"[]", "[]"},
      {"[,]", "[]"},
      {"[1, ?a,]", "[1, a]"},
      {"{,}", "{}"},
      {"{'a': 1, ?b: 2,}", "{\"a\":1, ?b:2}"},
      {"a.b.Msg{c: 1, ?`d-e`: 2}", "a.b.Msg{c:1, ?d-e:2}"},
      {".Msg{}.f", ".Msg{}.f"},
      // Literals.
      {"[0x1F, 0u, 0xFFu, 1e3, .5, 1.0E-2]", "[31, 0u, 255u, 1000, 0.5, 0.01]"},
      {"[true, false, null]", "[true, false, null]"},
      {R"(["\303", b"\303", '\'', """a"b""", r"\n", br'\x'])",
       R"(["Ã", b"\xc3", "'", "a\"b", "\\n", b"\\x"])"},
      {"'\\U0001F600\\x41\\?'", "\"😀A?\""},
      {"'''a\r\nb\rc'''", "\"a\\nb\\nc\""},
      {"1e-400", "0"},
      // Blank space and comments.
      {"a\f+ // one\n b // two", "_+_(a, b)"},
  };
  for (const TreeRow& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(TreeOf(row.text), row.tree);
  }
}

TEST(Parse, ExpandsMacros) {
  constexpr TreeRow kRows[] = {
      {"has(a.b)", "a.b~test-only~"},
      {"has(a.b.c)", "a.b.c~test-only~"},
      {"math.greatest(a, b)", "math.@max(a, b)"},
      {"math.least(1, 2, 3)", "math.@min([1, 2, 3])"},
      {"math.least([1, a])", "math.@min([1, a])"},
      // Not macros: another number of arguments, another target.
      {"a.all(b)", "a.all(b)"},
      {"x.bind(a, 1, a)", "x.bind(a, 1, a)"},
      {"x.greatest(1)", "x.greatest(1)"},
      {"all(a, b)", "all(a, b)"},
  };
  for (const TreeRow& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(TreeOf(row.text), row.tree);
  }
}

struct LoopRow {
  const char* text;
  Macro macro;
  const char* variables;
  const char* init;
  const char* condition;
  const char* step;
  const char* result;
};

TEST(Parse, ExpandsComprehensions) {
  constexpr LoopRow kRows[] = {
      {"r.all(e, p)", Macro::kAll, "e", "true", "@not_strictly_false(@result)", "_&&_(@result, p)",
       "@result"},
      {"r.exists(e, p)", Macro::kExists, "e", "false", "@not_strictly_false(!_(@result))",
       "_||_(@result, p)", "@result"},
      {"r.exists_one(e, p)", Macro::kExistsOne, "e", "0", "true",
       "_?_:_(p, _+_(@result, 1), @result)", "_==_(@result, 1)"},
      {"r.map(e, f)", Macro::kMap, "e", "[]", "true", "_+_(@result, [f])", "@result"},
      {"r.map(e, p, f)", Macro::kMap, "e", "[]", "true", "_?_:_(p, _+_(@result, [f]), @result)",
       "@result"},
      {"r.filter(e, p)", Macro::kFilter, "e", "[]", "true", "_?_:_(p, _+_(@result, [e]), @result)",
       "@result"},
      {"r.all(k, v, p)", Macro::kAll, "k,v", "true", "@not_strictly_false(@result)",
       "_&&_(@result, p)", "@result"},
      {"r.existsOne(k, v, p)", Macro::kExistsOne, "k,v", "0", "true",
       "_?_:_(p, _+_(@result, 1), @result)", "_==_(@result, 1)"},
      {"r.transformList(k, v, p, f)", Macro::kTransformList, "k,v", "[]", "true",
       "_?_:_(p, _+_(@result, [f]), @result)", "@result"},
      {"r.transformMap(k, v, f)", Macro::kTransformMap, "k,v", "{}", "true",
       "cel.@mapInsert(@result, k, f)", "@result"},
      {"r.transformMapEntry(k, v, p, f)", Macro::kTransformMapEntry, "k,v", "{}", "true",
       "_?_:_(p, cel.@mapInsert(@result, f), @result)", "@result"},
      {"cel.bind(x, a, x + x)", Macro::kBind, "#unused", "a", "false", "x", "_+_(x, x)"},
      {"r.optMap(x, f)", Macro::kOptMap, "#unused", "r", "false", "@target", nullptr},
  };
  const auto text = [](const Expr* expr) {
    return absl::StrReplaceAll(AstText(*expr), {{",\n", ", "}, {"\n", ""}, {"  ", ""}});
  };
  for (const LoopRow& row : kRows) {
    SCOPED_TRACE(row.text);
    const Source source(row.text);
    const ParseResult parsed = Parse(source);
    ASSERT_TRUE(parsed.ok());
    const auto* const loop = As<ComprehensionExpr>(parsed.ast.root());
    ASSERT_THAT(loop, NotNull());
    EXPECT_EQ(loop->macro, row.macro);
    const absl::string_view separator = loop->iter_var2.empty() ? "" : ",";
    EXPECT_EQ(absl::StrCat(loop->iter_var, separator, loop->iter_var2), row.variables);
    EXPECT_EQ(text(loop->init), row.init);
    EXPECT_EQ(text(loop->condition), row.condition);
    EXPECT_EQ(text(loop->step), row.step);
    if (row.result != nullptr) {
      EXPECT_EQ(text(loop->result), row.result);
    }
  }
}

TEST(Parse, WithoutMacrosLeavesTheirCalls) {
  ParseOptions options;
  options.macros = MacroSet::None();
  EXPECT_EQ(TreeOf("has(a.b) && [1].all(x, true)", options), "_&&_(has(a.b), [1].all(x, true))");
}

TEST(Parse, ReadsWhatEveryImplementationHasRoomFor) {
  const std::string texts[] = {
      "true" + Repeat(" && true", 31),
      "true" + Repeat(" || false", 31),
      Repeat("true ? 1 : ", 24) + "0",
      "1" + Repeat(" + 1", 24),
      Repeat("(", 32) + "7" + Repeat(")", 32),
      Repeat("!", 32) + "true",
      Repeat("-", 32) + "19",
      "[0" + Repeat(", 1", 31) + "]",
      Repeat("int(", 12) + "7" + Repeat(")", 12),
      "a" + Repeat(".b", 12),
      "a" + Repeat("[0]", 12),
  };
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    const Source source(text);
    EXPECT_TRUE(Parse(source).ok());
  }
}

TEST(Parse, ChainsHaveLogarithmicDepth) {
  const Source source("true" + Repeat(" && true", 999));
  const ParseResult parsed = Parse(source);
  ASSERT_TRUE(parsed.ok());
  EXPECT_LE(parsed.ast.root()->depth, 11);
}

struct IssueRow {
  const char* text;
  std::uint32_t begin;
  std::uint32_t end;
  IssueCode code;
};

TEST(Parse, PointsAtWhatIsWrong) {
  constexpr IssueRow kRows[] = {
      {"", 0, 0, IssueCode::kSyntax},
      {"1 +", 3, 3, IssueCode::kSyntax},
      {"1 + + 2", 4, 5, IssueCode::kSyntax},
      {"a b", 2, 3, IssueCode::kSyntax},
      {"f(a", 3, 3, IssueCode::kSyntax},
      {"f(a,)", 4, 5, IssueCode::kSyntax},
      {"(a]", 2, 3, IssueCode::kSyntax},
      {"{a}", 2, 3, IssueCode::kSyntax},
      {"a.true", 2, 6, IssueCode::kSyntax},
      {"a ? b", 5, 5, IssueCode::kSyntax},
      {"a ? b ? c : d : e", 6, 7, IssueCode::kSyntax},
      {"1 = 2", 2, 3, IssueCode::kSyntax},
      {"1 & 2", 2, 3, IssueCode::kSyntax},
      {"'abc", 0, 4, IssueCode::kSyntax},
      {"'a\nb'", 0, 2, IssueCode::kSyntax},
      {"a.`b", 2, 4, IssueCode::kSyntax},
      {"`a`", 0, 3, IssueCode::kSyntax},
      {"!-a", 1, 2, IssueCode::kSyntax},
      {"f(){}", 3, 4, IssueCode::kSyntax},
      {"a.b(){}", 5, 6, IssueCode::kSyntax},
      {"€", 0, 3, IssueCode::kSyntax},
      {"a + \xff", 4, 5, IssueCode::kSyntax},
      {"for + 1", 0, 3, IssueCode::kReservedWord},
      {"[1].map(var, var)", 8, 11, IssueCode::kReservedWord},
      {"'a\\q'", 2, 4, IssueCode::kEscape},
      {"'\\ud800'", 1, 7, IssueCode::kEscape},
      {"'\\U00110000'", 1, 11, IssueCode::kEscape},
      {"'\\x4'", 1, 4, IssueCode::kEscape},
      {"b'\\u0041'", 2, 4, IssueCode::kEscape},
      {"9223372036854775808", 0, 19, IssueCode::kNumber},
      {"-9223372036854775809", 0, 20, IssueCode::kNumber},
      {"-1u", 0, 3, IssueCode::kNumber},
      {"18446744073709551616u", 0, 21, IssueCode::kNumber},
      {"1e999", 0, 5, IssueCode::kNumber},
      {"has(a)", 4, 5, IssueCode::kMacro},
      {"has(has(a.b))", 4, 12, IssueCode::kMacro},
      {"a.all(1, true)", 6, 7, IssueCode::kMacro},
      {"a.all(b.c, true)", 6, 9, IssueCode::kMacro},
      {"a.all(.b, true)", 6, 8, IssueCode::kMacro},
      {"a.map(__result__, 1)", 6, 16, IssueCode::kMacro},
      {"a.all(x, x, true)", 9, 10, IssueCode::kMacro},
      {"math.greatest()", 0, 15, IssueCode::kMacro},
      {"math.greatest('a')", 14, 17, IssueCode::kMacro},
  };
  for (const IssueRow& row : kRows) {
    SCOPED_TRACE(row.text);
    const Source source(row.text);
    const std::vector<Issue> issues = Parse(source).issues;
    if (issues.empty()) {
      ADD_FAILURE() << "no issue";
      continue;
    }
    EXPECT_EQ(issues[0].range, (SourceRange{row.begin, row.end})) << issues[0].message;
    EXPECT_EQ(issues[0].code, row.code) << issues[0].message;
  }
}

TEST(Parse, ReadsOnBehindAMistake) {
  EXPECT_THAT(MessagesOf("f(1 +, 2 *) + [3 4, *]"),
              ElementsAre("5: expected a value, found `,`", "10: expected a value, found `)`",
                          "17: expected `,` or `]`, found `4`"));
  EXPECT_THAT(MessagesOf("{'a' 1, 'b': }"), SizeIs(2));
  EXPECT_THAT(MessagesOf("for + 'a\\q' + 99999999999999999999"), SizeIs(3));
}

TEST(Parse, StopsAfterTheGreatestNumberOfIssues) {
  const Source source("[" + Repeat("+,", 50) + "]");
  ParseOptions options;
  options.issues_max = 4;
  EXPECT_THAT(Parse(source, options).issues, SizeIs(4));
}

TEST(Parse, RefusesWhatIsTooDeepOrTooLong) {
  const std::string deep[] = {
      Repeat("(", 10000) + "1" + Repeat(")", 10000),
      Repeat("[", 10000),
      "1" + Repeat(" + 1", 10000),
      "a" + Repeat(".b", 10000),
      "a" + Repeat("[0]", 10000),
      Repeat("f(", 10000),
      Repeat("a ? b : ", 10000) + "c",
      Repeat("[1].all(x, ", 200) + "true" + Repeat(")", 200),
      Repeat("{1:", 10000),
  };
  for (const std::string& text : deep) {
    SCOPED_TRACE(text.substr(0, 20));
    const Source source(text);
    const std::vector<Issue> issues = Parse(source).issues;
    ASSERT_THAT(issues, SizeIs(1));
    EXPECT_EQ(issues[0].code, IssueCode::kTooDeep);
  }
  const Source source(Repeat(" ", 100'001));
  const std::vector<Issue> issues = Parse(source).issues;
  ASSERT_THAT(issues, SizeIs(1));
  EXPECT_EQ(issues[0].code, IssueCode::kTooLong);
}

TEST(Parse, NodesKnowTheirText) {
  const Source source("  (a + b) * size( c.d )");
  const ParseResult parsed = Parse(source);
  ASSERT_TRUE(parsed.ok());
  const auto* const product = As<CallExpr>(parsed.ast.root());
  ASSERT_THAT(product, NotNull());
  EXPECT_EQ(source.Slice(product->range), "(a + b) * size( c.d )");
  EXPECT_EQ(source.Slice(product->at), "*");
  EXPECT_EQ(source.Slice(product->args[0]->range), "a + b");
  EXPECT_EQ(source.Slice(product->args[1]->range), "size( c.d )");
  EXPECT_EQ(source.Slice(product->args[1]->at), "size");
}

TEST(Parse, TextOfATreeEscapesWhatCannotBePrinted) {
  EXPECT_EQ(QuoteText("a\u200b\n\x01é"), "\"a\\u200b\\n\\x01é\"");
  EXPECT_EQ(LiteralText(Literal::Bytes("\xff\xc3\xa9")), "b\"\\xffé\"");
  EXPECT_EQ(LiteralText(Literal::Double(1e6)), "1e+06");
  EXPECT_EQ(LiteralText(Literal::Double(-0.0)), "-0");
}

}  // namespace
}  // namespace laurel::cel
