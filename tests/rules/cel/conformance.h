#ifndef LAUREL_TESTS_RULES_CEL_CONFORMANCE_H_
#define LAUREL_TESTS_RULES_CEL_CONFORMANCE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// One test of the language's public conformance suite, as one line of tests.jsonl.
struct ConformanceTest {
  std::string id;    // "file/section/name"
  std::string tier;  // "A", "B", "C" or "X"
  std::string expr;
  nlohmann::json fields;  // the whole line
};

// Where the suite lies, beside the source tree; empty if it is not there.
std::optional<std::string> FindConformanceFile();

std::vector<ConformanceTest> LoadConformanceTests(const std::string& path);

// Puts right an expected literal that lost its meaning on the way from the suite's text format to
// JSON: `\u0100` and `\?` are escapes there and stand as they are in the file. Returns whether it
// changed anything. The package @bufbuild/cel-spec has the same tests with the literals meant.
bool RepairExpectation(ConformanceTest& test);

// A cel.expr.Value in JSON as a value in the context's arena; empty for one that needs messages.
std::optional<Value> ValueFromJson(Context& context, const nlohmann::json& json);

// Whether two results are the same to a reader: kinds and values, lists in order, maps without, NaN
// like NaN, any error like any other.
bool IsSameResult(const Value& a, const Value& b);

// Runs one test: without the checker as a tree; and, unless the test says not to check, checked as
// a tree, as a plan and as a plan with symbols, which must all agree. Returns nothing if all is as
// expected, else what is not.
std::optional<std::string> RunConformanceTest(const ConformanceTest& test);

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_RULES_CEL_CONFORMANCE_H_
