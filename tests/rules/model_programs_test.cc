// The example programs as a whole: their embedded tests pass, and notice when something is wrong.
#include <gtest/gtest.h>

#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

std::string Failures(const Program& program) {
  std::string text;
  for (const TestFailure& failure : RunTests(program.document, *program.model)) {
    absl::StrAppend(&text, failure.name, ": ", failure.message, "\n");
  }
  return text;
}

TEST(ExamplePrograms, PassTheirTests) {
  for (const char* name : {"bean-club", "fashion"}) {
    SCOPED_TRACE(name);
    const Program program = CompileProgram(ReadExample(name));
    ASSERT_NE(program.model, nullptr) << program.error;
    EXPECT_EQ(Failures(program), "");
    EXPECT_GE(program.document.tests_size(), 17);
  }
}

struct Row {
  const char* example;
  const char* text;
  const char* replacement;
  const char* failure;
};

// Each edit changes what a program means; a test of the program says so.
constexpr Row kEdits[] = {
    {"bean-club", "points: \"3\", per: \"1.00\", rounding: DOWN",
     "points: \"3\", per: \"1.00\", rounding: HALF_UP",
     "plain purchase: lines.base_beans: expected 13, was 14"},
    {"bean-club", "after: 6 months", "after: 5 months", "plain purchase: lots.beans: expected"},
    {"bean-club", "mode: HIGHEST", "mode: STACKED",
     "gold member on oat-week Tuesday gets only the better drink offer: "
     "lines.double_bean_tuesday: expected nothing, was 21"},
    {"bean-club", "max: 300, per: MEMBER", "max: 301, per: MEMBER",
     "the daily cap trims the office run"},
    {"bean-club", "downgrade: DROP_ONE", "downgrade: RECOMPUTE",
     "a lost platinum lands softly on gold"},
    {"fashion", "crossing: SPLIT_BASKET", "crossing: WITH_BASKET",
     "a basket that crosses into silver"},
    {"fashion", "holdout_basis_points: 1000", "holdout_basis_points: 10",
     "a member in the hold-out group"},
    {"fashion", "max_percent: 50", "max_percent: 100", "half of the order at most"},
    {"fashion", "late: 14 days", "late: 15 days",
     "two weeks to make up for it: through_on: expected 2028-03-24, was 2028-03-25"},
};

TEST(ExamplePrograms, TestsNoticeWhatChanged) {
  for (const Row& row : kEdits) {
    SCOPED_TRACE(row.replacement);
    std::string text = ReadExample(row.example);
    const std::size_t at = text.find(row.text);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string(row.text).size(), row.replacement);
    const Program program = CompileProgram(text);
    ASSERT_NE(program.model, nullptr) << program.error;
    EXPECT_THAT(Failures(program), testing::HasSubstr(row.failure));
  }
}

}  // namespace
}  // namespace laurel::rules::model
