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
#include "rules/program/document.h"
#include "rules/program/scalar_map.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules {
namespace {

// One case of a golden file:
//
//     === what is wrong
//     the document; @head, @points, @tiers and others stand for parts that are right
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
                 {"@tiers", "tiers: [{id: MEMBER, name: Member, rank: 0}]"},
                 {"@levels",
                  "tiers:\n  - {id: MEMBER, name: Member, rank: 0}\n"
                  "  - {id: GOLD, name: Gold, rank: 1, qualify: metrics.visits >= 10}"},
                 {"@metrics",
                  "metrics:\n  - {id: spend, measure: SUM, of: purchase.eligible_net, window: "
                  "{rolling: 12 months}}\n"
                  "  - {id: visits, measure: DISTINCT_DAYS, window: {rolling: 90 days}}\n"
                  "  - {id: idle, measure: DAYS_SINCE_LAST, window: {lifetime: true}}"},
                 {"@texts",
                  "vocabularies:\n  - {of: activity.channel, values: [POS, APP, WEB]}\n"
                  "  - {of: item.categories, values: [coffee, tea, bakery]}"},
                 {"@types",
                  "activity_types:\n  - id: review\n    attributes: [{id: words, type: INT, max: "
                  "5000}, {id: photo, type: BOOL, is_optional: true}]\n"
                  "  - {id: check_in}"},
                 {"@base",
                  "earning_rules: [{id: base, earn: {point_type: points, points: 1, per: 1}}]\n"
                  "stacking_groups: [{id: offers, mode: STACKED}, {id: best, mode: HIGHEST}, "
                  "{id: first, mode: FIRST_ELIGIBLE}]"}});
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

// The findings of a golden file are those of serving or, for files of the whole language, of
// checking.
struct GoldenFile {
  const char* name;
  bool is_served;
};

std::string FindingsOf(const GoldenFile& golden, const std::string& text) {
  if (golden.is_served) return RenderedFindings(text);
  std::string rendered;
  for (const Finding& finding : CheckDocument(text).findings) {
    rendered += RenderFinding(finding, "program.yaml", text);
  }
  return rendered;
}

class GoldenFindings : public testing::TestWithParam<GoldenFile> {};

TEST_P(GoldenFindings, AreAsReviewed) {
  const std::filesystem::path path = std::filesystem::path(SourceDir()) / "tests/rules/golden" /
                                     absl::StrCat(GetParam().name, ".golden");
  std::vector<Case> cases = ReadCases(path);
  ASSERT_FALSE(cases.empty());
  if (std::getenv("LAUREL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream file(path, std::ios::binary);
    for (const Case& one : cases) {
      file << "=== " << one.name << "\n"
           << one.document << "---\n"
           << FindingsOf(GetParam(), Expanded(one.document));
    }
    return;
  }
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(FindingsOf(GetParam(), Expanded(one.document)), one.findings);
    // Each case is about something: a document that is right belongs elsewhere.
    EXPECT_NE(one.findings, "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFindings,
                         testing::Values(GoldenFile{"yaml", true}, GoldenFile{"schema", true},
                                         GoldenFile{"points", true}, GoldenFile{"tiers", true},
                                         GoldenFile{"names", false},
                                         GoldenFile{"expressions", false},
                                         GoldenFile{"units", false}, GoldenFile{"rules", false},
                                         GoldenFile{"benefits", false}, GoldenFile{"reach", false}),
                         [](const auto& tested) { return std::string(tested.param.name); });

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
  finding.notes = {"there is no such field"};
  EXPECT_EQ(RenderFinding(finding, "program.yaml", "a: b\n\xC3\xA9\tcurrncy: EUR\r\n"),
            "error[R-SCHEMA-008]: unknown field\n"
            " --> program.yaml:2:3  currncy\n"
            "  |\n"
            "2 | \xC3\xA9 currncy: EUR\n"
            "  |   ^\n"
            "  = there is no such field\n"
            "  = help: did you mean `currency`?\n");
}

TEST(RenderFinding, UnderlinesTheWholePart) {
  Finding finding = FindingAt(1, 1);
  finding.severity = Severity::kInfo;
  finding.end_line = 1;
  finding.end_column = 8;
  finding.hint = "currency";
  finding.edits = {{.offset = 0, .length = 7, .text = "currency"}};
  EXPECT_EQ(RenderFinding(finding, "f", "currncy: EUR"),
            "info[R-SCHEMA-008]: unknown field\n"
            " --> f:1:1  currncy\n"
            "  |\n"
            "1 | currncy: EUR\n"
            "  | ^^^^^^^\n"
            "  = help: currency  [edit]\n");
}

TEST(RenderFinding, ColoursForTerminals) {
  Finding finding = FindingAt(0, 0);
  finding.path.clear();
  EXPECT_EQ(RenderFinding(finding, "f", "", {.has_color = true}),
            "\x1b[1;31merror[R-SCHEMA-008]\x1b[0m: unknown field\n \x1b[34m-->\x1b[0m f\n");
}

TEST(RenderFinding, DoesWithoutAPlace) {
  Finding finding = FindingAt(0, 0);
  finding.severity = Severity::kWarning;
  finding.path.clear();
  EXPECT_EQ(RenderFinding(finding, "program.yaml", "text"),
            "warning[R-SCHEMA-008]: unknown field\n --> program.yaml\n");
}

TEST(RenderFinding, ToleratesPlacesOutsideTheText) {
  EXPECT_EQ(RenderFinding(FindingAt(9, 9), "f", "text"),
            "error[R-SCHEMA-008]: unknown field\n --> f:9:9  currncy\n  |\n9 |\n  | ^\n");
}

TEST(RenderFinding, CutsLongLines) {
  EXPECT_EQ(RenderFinding(FindingAt(1, 500), "f", std::string(1'000, 'x')),
            absl::StrCat("error[R-SCHEMA-008]: unknown field\n --> f:1:500  currncy\n  |\n1 | ",
                         std::string(100, 'x'), "\n  | ", std::string(50, ' '), "^\n"));
}

TEST(FindingJson, HasAllFields) {
  Finding finding = FindingAt(1, 2);
  finding.notes = {"a \"note\""};
  finding.hint = "help";
  finding.end_line = 1;
  finding.end_column = 3;
  finding.offset = 1;
  finding.length = 1;
  finding.edits = {{.offset = 1, .length = 1, .text = "x"}};
  EXPECT_EQ(FindingJson(finding, "f.yaml"),
            R"({"severity":"error","code":"R-SCHEMA-008","path":"currncy",)"
            R"("message":"unknown field","notes":["a \"note\""],"help":"help",)"
            R"("range":{"file":"f.yaml","line":1,"column":2,"end_line":1,"end_column":3,)"
            R"("offset":1,"length":1},"edits":[{"offset":1,"length":1,"text":"x"}]})");
  finding.line = 0;
  EXPECT_EQ(FindingJson(finding, "f.yaml").find("range"), std::string::npos);
}

// What the mapped bytes of `text` spell.
std::string Mapped(absl::string_view text, std::size_t offset, absl::string_view value) {
  std::string spelt;
  const std::vector<std::size_t> offsets = MapScalar(text, offset, value);
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) spelt += text[offsets[i]];
  return spelt;
}

TEST(MapScalar, FollowsEachStyle) {
  EXPECT_EQ(Mapped("k: a == b", 3, "a == b"), "a == b");
  EXPECT_EQ(Mapped("k: 'it''s'", 3, "it's"), "it's");
  EXPECT_EQ(Mapped("k: \"a \\\"b\\\" c\"", 3, "a \"b\" c"), "a \\b\\ c");
  EXPECT_EQ(Mapped("k: \"\\u00e9x\"", 3, "\xC3\xA9x"), "\\\\x");
  EXPECT_EQ(Mapped("k: |\n    a\n\n    b\n", 3, "a\n\nb\n"), "a\n\nb\n");
  EXPECT_EQ(Mapped("k: |\r\n  a\r\n  b\r\n", 3, "a\nb\n"), "a\nb\n");
}

TEST(MapScalar, KnowsOnlyTheStartOfTheOthers) {
  EXPECT_TRUE(MapScalar("k: >\n  a\n  b\n", 3, "a b\n").empty());
  EXPECT_TRUE(MapScalar("k: a\n  b\n", 3, "a b").empty());
  EXPECT_TRUE(MapScalar("k: 'a\n  b'\n", 3, "a b").empty());
  EXPECT_TRUE(MapScalar("k", 9, "a").empty());
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
