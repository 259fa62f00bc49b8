#include "rules/cel/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::NotNull;
using ::testing::SizeIs;

// A host with a few names of every kind.
Declarations Host() {
  Declarations declarations(&AllDeclarations());
  declarations.AddVariable("amount", Type::Int());
  declarations.AddVariable("channel", Type::String());
  declarations.AddVariable("member.state", Type::String());
  declarations.AddVariable("member.tags", Type::List(Type::String()));
  declarations.AddVariable("items", Type::List(Type::Struct("Item")));
  declarations.AddVariable("prices", Type::Map(Type::String(), Type::Int()));
  declarations.AddVariable("anything", Type::Dyn());
  declarations.AddVariable("now", Type::Timestamp());
  declarations.AddVariable("gift", Type::Optional(Type::Struct("Item")));
  declarations.AddVariable("shop.channel", Type::Bool());
  declarations.AddStruct(
      "Item",
      {{"net", Type::Int()}, {"category", Type::String()}, {"tags", Type::List(Type::String())}});
  declarations.AddGlobal("money", "money_string", "string -> int");
  declarations.AddGlobal("shop.open", "shop_open", "timestamp -> bool");
  return declarations;
}

CheckResult CheckText(absl::string_view text, const CheckOptions& options = {}) {
  static const Declarations* const host = new Declarations(Host());
  const Source source(text);
  ParseResult parsed = Parse(source);
  EXPECT_THAT(parsed.issues, IsEmpty()) << RenderIssues(source, parsed.issues);
  return Check(std::move(parsed.ast), *host, options);
}

// The type of `text`, or its first issue with the text that it is about.
std::string TypeOfText(absl::string_view text, const CheckOptions& options = {}) {
  const CheckResult result = CheckText(text, options);
  if (result.ok()) return ToString(result.checked.type());
  const Source source(text);
  return absl::StrCat("`", source.Slice(result.issues[0].range), "`: ", result.issues[0].message);
}

struct Row {
  const char* text;
  const char* expected;
};

TEST(Check, GivesTheTypeOf) {
  constexpr Row kRows[] = {
      {"1 + 2 * amount", "int"},
      {"1.0 < 2.0 && channel == 'POS'", "bool"},
      {"[1, 2u]", "list(dyn)"},
      {"[]", "list(dyn)"},
      {"[[], [1]]", "list(list(int))"},
      {"[optional.of(1), null]", "list(optional_type(int))"},
      {"{'a': 1, 'b': 2}.a", "int"},
      {"{1: 'a', 2u: 'b'}", "map(dyn, string)"},
      {"prices['a'] + prices.b", "int"},
      {"anything.a.b[0] + 1", "int"},
      {"anything + anything", "dyn"},
      {"anything > 1 ? 'a' : 'b'", "string"},
      {"type(amount) == int", "bool"},
      {"type(amount)", "type(int)"},
      {"type([1])", "type(list(int))"},
      {"now - duration('1h')", "google.protobuf.Timestamp"},
      {"now - now", "google.protobuf.Duration"},
      {"google.protobuf.Timestamp == type(now)", "bool"},
      {"size(channel) + channel.size()", "int"},
      {"math.greatest(1, 2u)", "dyn"},
      {"math.greatest(1, amount)", "int"},
      {"money('5.00')", "int"},
      {"[3, 1].distinct().sum()", "int"},
      {"mul_div(amount, 3, 2, 'HALF_UP') + percent(amount, '12.5')", "int"},
      // Comprehensions.
      {"items.map(i, i.net)", "list(int)"},
      {"items.map(i, i.net > 0, [i.category])", "list(list(string))"},
      {"items.filter(i, 'a' in i.tags)", "list(Item)"},
      {"items.all(i, i.net > 0) || items.exists_one(i, i.category == 'x')", "bool"},
      {"prices.all(k, k != '')", "bool"},
      {"prices.exists(k, v, v > 1 && k == 'a')", "bool"},
      {"items.transformList(n, i, n * i.net)", "list(int)"},
      {"prices.transformMap(k, v, string(v))", "map(string, string)"},
      {"items.transformMapEntry(n, i, {i.category: n})", "map(string, int)"},
      {"anything.map(x, x.y)", "list(dyn)"},
      {"cel.bind(x, [amount], x + x)", "list(int)"},
      {"[].map(x, [x])", "list(list(dyn))"},
      // Optionals.
      {"gift.net", "optional_type(int)"},
      {"gift.?net.orValue(0)", "int"},
      {"prices[?'a']", "optional_type(int)"},
      {"[?prices.?a, 1]", "list(int)"},
      {"{'a': 1, ?'b': prices.?b}", "map(string, int)"},
      {"gift.optMap(g, g.net + 1)", "optional_type(int)"},
      {"gift.optFlatMap(g, optional.of(g.category))", "optional_type(string)"},
      {"gift == null", "bool"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(TypeOfText(row.text), row.expected);
  }
}

TEST(Check, ExplainsWhatIsWrong) {
  constexpr Row kRows[] = {
      {"amuont + 1", "`amuont`: there is no variable `amuont`"},
      {"member.sate == ''", "`member.sate`: there is no variable `member.sate`"},
      {"has(member.sate.x)", "`member.sate`: there is no variable `member.sate`"},
      {"nothing.at.all", "`nothing`: there is no variable `nothing`"},
      {"monie('1')", "`monie`: there is no function `monie`"},
      {"channel.foo()", "`foo`: there is no function `foo`"},
      {"items[0].nett", "`nett`: there is no field `nett` in Item"},
      {"amount.x", "`x`: int has no field `x`"},
      {"items.net", "`net`: list(Item) has no field `net`"},
      {"1 + 'a'", "`+`: int and string cannot be added"},
      {"amount - 1.0", "`-`: int and double cannot be subtracted"},
      {"member.tags == 'vip'", "`==`: list(string) and string cannot be compared"},
      {"1 < 1.0", "`<`: int and double cannot be compared"},
      {"1 in 2", "`in`: int cannot be looked for in int"},
      {"items['a']", "`[`: string is no index of list(Item)"},
      {"-channel", "`-`: the sign of string cannot be changed"},
      {"!amount", "`amount`: a condition must be bool, was int"},
      {"true && amount || true", "`amount`: a condition must be bool, was int"},
      {"amount ? 1 : 2", "`amount`: a condition must be bool, was int"},
      {"true ? 1 : 'a'", "`?`: the cases of a condition differ: int and string"},
      {"size(1)", "`size`: size() does not take (int)"},
      {"'a'.startsWith(1)", "`startsWith`: string has no startsWith(int)"},
      {"money(1, 2)", "`money`: money() does not take (int, int)"},
      {"amount.all(x, true)", "`amount`: a loop needs a list or a map, was int"},
      {"items.all(i, i.net)", "`i.net`: a condition must be bool, was int"},
      {"items.exists(i, i.net > 0) && i.net > 0", "`i`: there is no variable `i`"},
      {"[?1]", "`1`: `?` is for optional values, was int"},
      {"Item{net: 1}", "`Item`: there are no messages here, so no `Item{…}`"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(TypeOfText(row.text), row.expected);
  }
}

TEST(Check, SuggestsTheNearestName) {
  constexpr Row kRows[] = {
      {"amuont", "amount"},
      {"member.sate", "member.state"},
      {"monney('1')", "money"},
      {"items[0].categroy", "category"},
      {"x", ""},
      {"something", ""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const CheckResult result = CheckText(row.text);
    ASSERT_THAT(result.issues, SizeIs(1));
    EXPECT_EQ(result.issues[0].suggestion, row.expected);
  }
}

TEST(Check, OneMistakeIsOneIssue) {
  const char* const kTexts[] = {
      "unknown + 1 > 2 ? unknown2 : 3",  // two names
      "[(1 + 'a') * 2] == [1 + 'a']",    // two sums
  };
  for (const char* text : kTexts) EXPECT_THAT(CheckText(text).issues, SizeIs(2)) << text;
  EXPECT_THAT(CheckText("items.map(i, i.nett).all(n, n.foo > 1 && n + 'a' == n)").issues,
              SizeIs(1));
}

TEST(Check, IssuesAreInTheOrderOfTheTextAndBounded) {
  CheckOptions options;
  options.issues_max = 2;
  const CheckResult result = CheckText("c1 + f(b1) == [a1]", options);
  ASSERT_THAT(result.issues, SizeIs(2));
  EXPECT_EQ(result.issues[0].name, "c1");
  EXPECT_EQ(result.issues[1].name, "f");
}

TEST(Check, RequiresTheResultThatIsAskedFor) {
  CheckOptions options;
  options.result = Type::Bool();
  EXPECT_EQ(TypeOfText("amount > 1", options), "bool");
  EXPECT_EQ(TypeOfText("anything", options), "dyn");
  EXPECT_EQ(TypeOfText("amount", options), "`amount`: must be bool, was int");
}

// ---- References

const Reference& ReferenceOf(const CheckedAst& checked, const Expr& expr) {
  const Reference* const reference = checked.FindReference(expr);
  static const Reference* const none = new Reference();
  EXPECT_THAT(reference, NotNull());
  return reference == nullptr ? *none : *reference;
}

TEST(Check, ResolvesNamesFromTheContainerOutwards) {
  CheckOptions options;
  options.container = "shop.till";
  const CheckResult inside = CheckText("channel", options);
  EXPECT_EQ(ReferenceOf(inside.checked, inside.checked.root()).name, "shop.channel");
  const CheckResult rooted = CheckText(".channel", options);
  EXPECT_EQ(ReferenceOf(rooted.checked, rooted.checked.root()).name, "channel");
  const CheckResult call = CheckText("open(now)", options);
  EXPECT_EQ(ReferenceOf(call.checked, call.checked.root()).name, "shop.open");
}

TEST(Check, ResolvesQualifiedNamesAsAWhole) {
  const CheckResult name = CheckText("member.state");
  EXPECT_EQ(ReferenceOf(name.checked, name.checked.root()).name, "member.state");
  const CheckResult call = CheckText("shop.open(now)");
  const Reference& reference = ReferenceOf(call.checked, call.checked.root());
  EXPECT_EQ(reference.name, "shop.open");
  EXPECT_TRUE(reference.is_namespaced);
  const CheckResult type = CheckText("google.protobuf.Duration");
  EXPECT_TRUE(ReferenceOf(type.checked, type.checked.root()).type_value.has_value());
}

TEST(Check, VariablesOfLoopsHideDeclaredNames) {
  EXPECT_EQ(TypeOfText("['a'].all(amount, amount == 'a' && .amount == 1)"), "bool");
  EXPECT_EQ(TypeOfText("[{'state': 1}].all(member, member.state == 1)"), "bool");
  EXPECT_EQ(TypeOfText("cel.bind(amount, 'a', amount) + 'b'"), "string");
}

TEST(Check, KeepsEveryOverloadThatDynMayChoose) {
  const CheckResult one = CheckText("amount + 1");
  EXPECT_THAT(ReferenceOf(one.checked, one.checked.root()).overload_ids, ElementsAre("add_int64"));
  const CheckResult many = CheckText("size(anything)");
  EXPECT_THAT(ReferenceOf(many.checked, many.checked.root()).overload_ids,
              ElementsAre("size_bytes", "size_list", "size_map", "size_string"));
}

// ---- Bounds

std::string Repeat(absl::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) absl::StrAppend(&out, text);
  return out;
}

// Each binding doubles the size of the type before it.
TEST(Check, RefusesTypesThatGrowWithoutBound) {
  std::string text = "1";
  for (int i = 60; i > 0; --i)
    text = absl::StrCat("cel.bind(x", i, ", {x", i - 1, ": x", i - 1, "}, ", text, ")");
  text = absl::StrCat("cel.bind(x0, 1, ", text, ")");
  const CheckResult result = CheckText(text);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.issues[0].code, IssueCode::kTooComplex);
}

TEST(Check, UnknownTypesMayNotContainThemselves) {
  EXPECT_FALSE(CheckText("cel.bind(x, [], x == [x])").ok());
}

TEST(Check, TakesLongExpressions) {
  EXPECT_EQ(TypeOfText("[anything" + Repeat(".a", 200) +
                       Repeat(", anything" + Repeat(".a", 200), 200) + "]"),
            "list(dyn)");
  EXPECT_FALSE(CheckText("[" + Repeat("nothing" + Repeat(".a", 200) + ", ", 200) + "]").ok());
  EXPECT_EQ(TypeOfText("[1" + Repeat(", amount + 1", 2000) + "]"), "list(int)");
  EXPECT_EQ(TypeOfText("true" + Repeat(" && amount in [1, 2] ", 2000)), "bool");
}

// ---- The host's listener

class Recorder : public CheckListener {
 public:
  explicit Recorder(absl::string_view text) : source_(text) {}

  void OnExpr(const CheckedAst& checked, const Expr& expr, std::vector<Issue>& issues) override {
    const Reference* const reference = checked.FindReference(expr);
    const std::string local = reference != nullptr && reference->is_local ? "local " : "";
    seen.push_back(absl::StrCat(local, source_.Slice(expr.range)));
    if (source_.Slice(expr.range) == "amount") {
      issues.push_back({IssueCode::kHost, expr.range, "amounts have a unit", "", ""});
    }
  }
  void OnLoop(const CheckedAst&, const ComprehensionExpr& loop, std::vector<Issue>&) override {
    seen.push_back(absl::StrCat("loop ", loop.iter_var));
  }
  void OnLoopEnd(const CheckedAst&, const ComprehensionExpr&) override { seen.push_back("end"); }

  std::vector<std::string> seen;

 private:
  Source source_;
};

TEST(Check, ShowsTheHostEveryNodeAfterItsChildren) {
  constexpr absl::string_view kText = "member.state == 'a' && shop.open(now)";
  Recorder recorder(kText);
  CheckOptions options;
  options.listener = &recorder;
  EXPECT_TRUE(CheckText(kText, options).ok());
  EXPECT_THAT(recorder.seen, ElementsAre("member.state", "'a'", "member.state == 'a'", "now",
                                         "shop.open(now)", std::string(kText)));
}

TEST(Check, ShowsTheHostLoopsAndTakesItsIssues) {
  constexpr absl::string_view kText = "items.all(i, i.net > amount)";
  Recorder recorder(kText);
  CheckOptions options;
  options.listener = &recorder;
  const CheckResult result = CheckText(kText, options);
  ASSERT_THAT(result.issues, SizeIs(1));
  EXPECT_EQ(result.issues[0].message, "amounts have a unit");
  const std::string all(kText);
  EXPECT_THAT(recorder.seen,
              ElementsAre("items", all, "loop i", "local " + all, all, "local " + all, "local i",
                          "i.net", "amount", "i.net > amount", all, "end", "local " + all, all));
}

TEST(Check, SortsAndCutsTheIssuesOfTheHost) {
  // The host sees the end first: a node comes after its children.
  class Backwards : public CheckListener {
   public:
    void OnExpr(const CheckedAst&, const Expr& expr, std::vector<Issue>& issues) override {
      const std::uint32_t begin = 100 - expr.range.begin;
      issues.push_back({IssueCode::kHost, {begin, begin + 1}, "seen", "", ""});
    }
  };
  Backwards listener;
  CheckOptions options;
  options.listener = &listener;
  options.issues_max = 2;
  const CheckResult result = CheckText("amount + 1 + 2 + 3", options);
  ASSERT_THAT(result.issues, SizeIs(2));
  EXPECT_LE(result.issues[0].range.begin, result.issues[1].range.begin);
  EXPECT_EQ(result.issues[0].range.begin, 83u);
}

TEST(Check, DoesNotShowTheHostAFaultyTree) {
  Recorder recorder("1 + 'a'");
  CheckOptions options;
  options.listener = &recorder;
  EXPECT_FALSE(CheckText("1 + 'a'", options).ok());
  EXPECT_THAT(recorder.seen, IsEmpty());
}

// ---- Declarations

TEST(Declarations, ParseTypes) {
  constexpr Row kRows[] = {
      {"int", "int"},
      {" map( string , list(T) ) ", "map(string, list(T))"},
      {"optional(timestamp)", "optional_type(google.protobuf.Timestamp)"},
      {"type(int)", "type(int)"},
      {"a.b.Item", "a.b.Item"},
      {"set(int)", "set(int)"},
      {"", "nothing"},
      {"list(", "nothing"},
      {"list(int", "nothing"},
      {"list(int))", "nothing"},
      {"int int", "nothing"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const std::optional<Type> type = ParseType(row.text);
    EXPECT_EQ(type ? ToString(*type) : "nothing", row.expected);
  }
}

TEST(Declarations, RefuseMalformedSignatures) {
  Declarations declarations;
  EXPECT_FALSE(declarations.AddGlobal("f", "f", "int"));
  EXPECT_FALSE(declarations.AddGlobal("f", "f", "int int -> int"));
  EXPECT_FALSE(declarations.AddGlobal("f", "f", "int, -> int"));
  EXPECT_FALSE(declarations.AddMethod("f", "f", "-> int"));
  EXPECT_EQ(declarations.FindFunction("f"), nullptr);
  EXPECT_TRUE(declarations.AddGlobal("f", "f", "-> int"));
}

TEST(Declarations, NearerOnesWinAndOverloadsAddUp) {
  Declarations base;
  base.AddVariable("x", Type::Int());
  base.AddGlobal("f", "f_int", "int -> int");
  Declarations nearer(&base);
  nearer.AddVariable("x", Type::String());
  nearer.AddGlobal("f", "f_string", "string -> int");
  nearer.AddGlobal("f", "f_int", "int -> string");
  EXPECT_EQ(*nearer.FindVariable("x"), Type::String());
  ASSERT_THAT(nearer.FindFunction("f")->overloads, SizeIs(2));
  EXPECT_EQ(nearer.FindFunction("f")->overloads[0].result, Type::String());
  EXPECT_THAT(base.FindFunction("f")->overloads, SizeIs(1));
}

}  // namespace
}  // namespace laurel::cel
