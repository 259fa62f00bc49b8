// The functions beyond the conformance suite, and the edges of those within it.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/cel/arena.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

struct Row {
  const char* expr;
  const char* expected;  // as DebugString shows it
};

std::string Show(absl::string_view text) {
  const Source source(text);
  const ParseResult parsed = Parse(source);
  if (!parsed.ok()) return absl::StrCat("syntax: ", parsed.issues.front().message);
  Arena arena;
  Context context(arena);
  return DebugString(Evaluate(parsed.ast, MapActivation(), context));
}

void ExpectRows(std::span<const Row> rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.expr);
    EXPECT_EQ(Show(row.expr), row.expected);
  }
}

constexpr char kOverflow[] = "error(result out of range)";
constexpr char kBadArgument[] = "error(invalid argument)";
constexpr char kOutOfRange[] = "error(index out of range)";
constexpr char kNoOverload[] = "error(the function does not take values of these types)";
constexpr char kBadConversion[] = "error(the value cannot be converted)";

TEST(Functions, OfLists) {
  constexpr Row kRows[] = {
      {"[].sum()", "0"},
      {"[1, 2, 3].sum()", "6"},
      {"[1u, 2u].sum()", "3u"},
      {"[0.5, 0.25].sum()", "0.75"},
      {"[duration('1s'), duration('2s')].sum()", "duration(\"3s\")"},
      {"[9223372036854775807, 1].sum()", kOverflow},
      {"['a'].sum()", kNoOverload},
      {"[3, 1, 2].min()", "1"},
      {"[3, 1, 2].max()", "3"},
      {"['b', 'a'].min()", "\"a\""},
      {"[].min()", kBadArgument},
      {"[].max()", kBadArgument},
      {"[[1]].max()", kNoOverload},
      {"[3, 1, 3, 2, 1].distinct()", "[3, 1, 2]"},
      {"['b', 'a', 'b'].distinct()", "[\"b\", \"a\"]"},
      {"[[1], [2], [1]].distinct()", "[[1], [2]]"},
      {"[dyn(1), 1u, 1.0, 2].distinct()", "[1, 2]"},
      {"[0.0 / 0.0, 0.0 / 0.0].distinct().size()", "2"},
      {"[].distinct()", "[]"},
  };
  ExpectRows(kRows);
}

TEST(Functions, OfSets) {
  constexpr Row kRows[] = {
      {"sets.contains([1, 2, 3], [3, 1])", "true"}, {"sets.contains([1], [1, 1])", "true"},
      {"sets.contains([1], [2])", "false"},         {"sets.contains([], [])", "true"},
      {"sets.contains([dyn(1)], [1u])", "true"},    {"sets.intersects([1, 2], [2, 3])", "true"},
      {"sets.intersects([1], [])", "false"},        {"sets.equivalent([1, 2, 2], [2, 1])", "true"},
      {"sets.equivalent([1], [1, 2])", "false"},    {"sets.equivalent([], [])", "true"},
  };
  ExpectRows(kRows);
}

TEST(Functions, OfDecimals) {
  constexpr Row kRows[] = {
      {"mul_div(10, 1, 3)", "3"},
      {"mul_div(10, 1, 4, 'HALF_UP')", "3"},
      {"mul_div(10, 1, 4, 'HALF_EVEN')", "2"},
      {"mul_div(30, 1, 20, 'HALF_EVEN')", "2"},
      {"mul_div(10, 1, 3, 'UP')", "4"},
      {"mul_div(9, 1, 3, 'UP')", "3"},
      {"mul_div(-10, 1, 4)", "-2"},
      {"mul_div(-10, 1, 4, 'HALF_UP')", "-3"},
      {"mul_div(-10, 1, 3, 'UP')", "-4"},
      {"mul_div(9223372036854775807, 9223372036854775807, 9223372036854775807)",
       "9223372036854775807"},
      {"mul_div(9223372036854775807, 2, 1)", kOverflow},
      {"mul_div(1, 1, 0)", kBadArgument},
      {"mul_div(1, 1, -1)", kBadArgument},
      {"mul_div(1, 1, 1, 'CEILING')", kBadArgument},
      {"percent(1999, '12.5')", "249"},
      {"percent(1999, '12.5', 'HALF_UP')", "250"},
      {"percent(1000, '33.3333')", "333"},
      {"percent(1000, '0.0001', 'UP')", "1"},
      {"percent(1000, '-10')", "-100"},
      {"percent(1000, '')", kBadArgument},
      {"percent(1000, '1.')", kBadArgument},
      {"percent(1000, '1.23456')", kBadArgument},
      {"percent(1000, 'ten')", kBadArgument},
      {"percent(1000, '1234567890123')", kBadArgument},
  };
  ExpectRows(kRows);
}

TEST(Functions, OfTime) {
  constexpr Row kRows[] = {
      {"duration('1h30m')", "duration(\"5400s\")"},
      {"duration('1.5h')", "duration(\"5400s\")"},
      {"duration('-1ms')", "duration(\"-0.001s\")"},
      {"duration('1us')", "duration(\"0.000001s\")"},
      {"duration('0')", "duration(\"0s\")"},
      {"duration('1')", kBadConversion},
      {"duration('s')", kBadConversion},
      {"duration('')", kBadConversion},
      {"duration('-')", kBadConversion},
      {"duration('9223372036.854775807s')", "duration(\"9223372036.854775807s\")"},
      {"duration('9223372036.854775808s')", kBadConversion},
      {"duration('99999999999999999999h')", kBadConversion},
      {"timestamp('2024-02-29T00:00:00+14:00')", "timestamp(\"2024-02-28T10:00:00Z\")"},
      {"timestamp('2023-02-29T00:00:00Z')", kBadConversion},
      {"timestamp('2024-02-29T24:00:00Z')", kBadConversion},
      {"timestamp('2024-02-29T00:00:00')", kBadConversion},
      {"timestamp('2024-02-29T00:00:00.1234567890Z')", kBadConversion},
      {"timestamp('0001-01-01T00:00:00+00:01')", kBadConversion},
      {"timestamp('0001-01-01T00:00:00Z').getFullYear('-01:00')", "0"},
      {"timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin')", "14"},
      {"timestamp('2024-01-01T12:00:00Z').getHours('Europe/Berlin')", "13"},
      {"timestamp('2024-01-01T12:00:00Z').getHours('Nowhere/City')", "error(unknown time zone)"},
      {"timestamp('2024-01-01T12:00:00Z').getHours('../../etc/passwd')",
       "error(unknown time zone)"},
      {"timestamp('2024-01-01T12:00:00Z').getHours('/etc/localtime')", "error(unknown time zone)"},
      {"timestamp('2024-01-01T12:00:00Z').getHours('')", "error(unknown time zone)"},
      {"duration('-1.5s').getMilliseconds()", "-500"},
  };
  ExpectRows(kRows);
}

TEST(Functions, OfText) {
  constexpr Row kRows[] = {
      {"'tacocat'.indexOf('a', 7)", "-1"},
      {"'tacocat'.indexOf('', 7)", "7"},
      {"'tacocat'.indexOf('a', 8)", kOutOfRange},
      {"'\U0001F431b'.indexOf('b')", "1"},
      {"'\U0001F431b'.charAt(1)", "\"b\""},
      {"'abc'.split('')", "[\"a\", \"b\", \"c\"]"},
      {"''.split('')", "[]"},
      {"''.split(',')", "[\"\"]"},
      {"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
      {"'ab'.replace('', '-')", "\"-a-b-\""},
      {"'ab'.replace('', '-', 2)", "\"-a-b\""},
      {"'aaa'.replace('a', 'b', 2)", "\"bba\""},
      {"'aaa'.replace('a', 'b', 0)", "\"aaa\""},
      {"['a', dyn(1)].join()", kNoOverload},
      {"' \\u3000a b\\n'.trim()", "\"a b\""},
      {"'  '.trim()", "\"\""},
      {"'a(b'.matches('(')", "error(invalid regular expression)"},
      {"'abc'.matches('b')", "true"},
      {"matches('abc', '^b')", "false"},
      {"string(1e6)", "\"1e+06\""},
      {"string(1.0)", "\"1\""},
      {"double('1e999')", kBadConversion},
      {"double('1e-999')", "0.0"},
      {"double(' 1')", kBadConversion},
      {"double('0x10')", kBadConversion},
      {"int('+7')", "7"},
      {"int('+-7')", kBadConversion},
      {"int('')", kBadConversion},
      {"int('9223372036854775808')", kBadConversion},
      {"uint('-1')", kBadConversion},
  };
  ExpectRows(kRows);
}

TEST(Functions, FormatMoreThanTheSuite) {
  constexpr Row kRows[] = {
      {"'%x %o %b'.format([-255, -8, -5])", "\"-ff -10 -101\""},
      {"'%x'.format([-9223372036854775807 - 1])", "\"-8000000000000000\""},
      {"'%'.format([])", "error(invalid format)"},
      {"'%.'.format([1.0])", "error(invalid format)"},
      {"'%.101f'.format([1.0])", "error(invalid format)"},
      {"'%.99999999999999999999f'.format([1.0])", "error(invalid format)"},
      {"'%s'.format([])", kOutOfRange},
      {"'%s'.format([b'\\xff'])", kBadConversion},
      {"'%.2f'.format([1.005])", "\"1.00\""},
  };
  ExpectRows(kRows);
}

TEST(Functions, ErrorsAreAbsorbed) {
  constexpr Row kRows[] = {
      {"false && 1 / 0 > 0", "false"},
      {"1 / 0 > 0 && false", "false"},
      {"true || 1 / 0 > 0", "true"},
      {"1 / 0 > 0 || true", "true"},
      {"true && 1 / 0 > 0", "error(division by zero)"},
      {"[0, 1].all(x, 1 / x > 5)", "false"},
      {"[0, 1].exists(x, 1 / x > 0)", "true"},
      {"[0, 1].exists_one(x, 1 / x > 0)", "error(division by zero)"},
      {"true ? 1 : 1 / 0", "1"},
      {"optional.of(1).orValue(1 / 0)", "1"},
      {"optional.of(1).or(optional.of(1 / 0)).value()", "1"},
      {"cel.bind(x, 1 / 0, true)", "true"},
  };
  ExpectRows(kRows);
}

}  // namespace
}  // namespace laurel::cel
