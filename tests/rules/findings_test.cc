#include "rules/program/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules {
namespace {

// One case of a golden file:
//
//     === what is wrong
//     the document; @head, @points and @tiers stand for parts that are right
//     ---
//     the findings
//
// LAUREL_UPDATE_GOLDEN=1 rewrites the findings.
struct Case {
  std::string name;
  std::string document = {};
  std::string findings = {};
};

std::string Expanded(absl::string_view document) {
  return absl::StrReplaceAll(
      document, {{"@head",
                  "schema: laurel.program.v1\nid: harbour\nname: Harbour\ncurrency: "
                  "EUR\ntime_zone: Europe/Berlin"},
                 {"@points",
                  "point_types:\n  - {id: points, name: Points, symbol: POINT, kind: REDEEMABLE}\n"
                  "  - {id: credit, name: Credit, symbol: CREDIT, kind: QUALIFYING, decimals: 1}"},
                 {"@tiers", "tiers: [{id: MEMBER, name: Member, rank: 0}]"}});
}

std::vector<Case> ReadCases(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  std::vector<Case> cases;
  bool is_document = false;
  const std::string all = text.str();
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(all, "\n"), '\n')) {
    if (absl::StartsWith(line, "=== ")) {
      cases.push_back({.name = std::string(line.substr(4))});
      is_document = true;
    } else if (line == "---" && is_document) {
      is_document = false;
    } else {
      absl::StrAppend(is_document ? &cases.back().document : &cases.back().findings, line, "\n");
    }
  }
  return cases;
}

class GoldenFindings : public testing::TestWithParam<const char*> {};

TEST_P(GoldenFindings, AreAsReviewed) {
  const std::filesystem::path path = std::filesystem::path(SourceDir()) / "tests/rules/golden" /
                                     absl::StrCat(GetParam(), ".golden");
  std::vector<Case> cases = ReadCases(path);
  ASSERT_FALSE(cases.empty());
  if (std::getenv("LAUREL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream file(path, std::ios::binary);
    for (const Case& one : cases) {
      file << "=== " << one.name << "\n"
           << one.document << "---\n"
           << RenderedFindings(Expanded(one.document));
    }
    return;
  }
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(RenderedFindings(Expanded(one.document)), one.findings);
    // Each case is about something: a document that is right belongs elsewhere.
    EXPECT_NE(one.findings, "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFindings, testing::Values("yaml", "schema", "points", "tiers"),
                         [](const auto& tested) { return std::string(tested.param); });

// An error about `currncy`, unless told otherwise.
Finding FindingAt(int line, int column) {
  Finding finding;
  finding.code = "R-SCHEMA-008";
  finding.path = "currncy";
  finding.message = "unknown field";
  finding.line = line;
  finding.column = column;
  return finding;
}

TEST(RenderFinding, ShowsThePlace) {
  Finding finding = FindingAt(2, 3);
  finding.hint = "did you mean `currency`?";
  EXPECT_EQ(
      RenderFinding(finding, "program.yaml", "a: b\n\xC3\xA9\tcurrncy: EUR\r\n"),
      "program.yaml:2:3: error R-SCHEMA-008: currncy: unknown field; did you mean `currency`?\n"
      "    \xC3\xA9 currncy: EUR\n"
      "      ^\n");
}

TEST(RenderFinding, DoesWithoutAPlace) {
  Finding finding = FindingAt(0, 0);
  finding.severity = Severity::kWarning;
  finding.path.clear();
  EXPECT_EQ(RenderFinding(finding, "program.yaml", "text"),
            "program.yaml: warning R-SCHEMA-008: unknown field\n");
}

TEST(RenderFinding, ToleratesPlacesOutsideTheText) {
  EXPECT_EQ(RenderFinding(FindingAt(9, 9), "f", "text"),
            "f:9:9: error R-SCHEMA-008: currncy: unknown field\n    \n    ^\n");
}

TEST(RenderFinding, CutsLongLines) {
  EXPECT_EQ(RenderFinding(FindingAt(1, 500), "f", std::string(1'000, 'x')),
            absl::StrCat("f:1:500: error R-SCHEMA-008: currncy: unknown field\n    ",
                         std::string(100, 'x'), "\n    ", std::string(50, ' '), "^\n"));
}

TEST(Findings, KeepTheFirstHundred) {
  Findings findings("a\nb\n");
  for (int i = 0; i < 250; ++i)
    findings.ErrorAt(2, "R-X-1", absl::StrCat("b[", i, "]"), "must be so");
  const std::vector<Finding> sorted = findings.Sorted();
  ASSERT_EQ(sorted.size(), 101u);
  EXPECT_EQ(sorted[0].line, 2);
  EXPECT_EQ(sorted.back().code, "R-SCHEMA-024");
  EXPECT_TRUE(findings.IsWrong("b[249].c"));
  EXPECT_FALSE(findings.IsWrong("a"));
}

}  // namespace
}  // namespace laurel::rules
