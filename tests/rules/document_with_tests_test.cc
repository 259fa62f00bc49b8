#include "rules/program/document_with_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace laurel::rules {
namespace {

std::string ReadProgram(absl::string_view name) {
  const char* const directory = std::getenv("LAUREL_SOURCE_DIR");
  const std::string path =
      absl::StrCat(directory == nullptr ? "." : directory, "/programs/", name, ".yaml");
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CheckWithTests, TakesTheShippedPrograms) {
  for (const char* const name : {"bean-club", "fashion", "coffee", "cdnow"}) {
    SCOPED_TRACE(name);
    const std::string text = ReadProgram(name);
    const DocumentReport report = CheckWithTests(text);
    EXPECT_TRUE(report.is_valid);
    EXPECT_FALSE(report.canonical.empty());
    for (const Finding& finding : report.findings) {
      EXPECT_EQ(finding.severity, Severity::kInfo) << RenderFinding(finding, name, text);
    }
  }
}

TEST(CheckWithTests, ReportsAFailedTestAtItsPlace) {
  const std::string text = absl::StrReplaceAll(
      ReadProgram("bean-club"), {{"expect: {lines: {base_beans: 13, base_stars: 4},",
                                  "expect: {lines: {base_beans: 14, base_stars: 4},"}});
  const DocumentReport report = CheckWithTests(text);
  EXPECT_FALSE(report.is_valid);
  EXPECT_EQ(report.canonical, "");
  ASSERT_FALSE(report.findings.empty());
  const Finding& finding = report.findings.back();
  EXPECT_EQ(finding.code, "R-TEST-801");
  EXPECT_EQ(finding.path, "tests[0]");
  EXPECT_NE(finding.message.find("plain purchase"), std::string::npos) << finding.message;
  EXPECT_GT(finding.line, 0);
}

TEST(CheckWithTests, LeavesTheTestsOutAfterAnError) {
  const DocumentReport report = CheckWithTests("schema: laurel.program.v1\n");
  EXPECT_FALSE(report.is_valid);
  EXPECT_TRUE(std::none_of(report.findings.begin(), report.findings.end(),
                           [](const Finding& finding) { return finding.code == "R-TEST-801"; }));
}

}  // namespace
}  // namespace laurel::rules
