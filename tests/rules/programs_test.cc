#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "rules/program/document.h"
#include "tests/rules/program_builder.h"
#include "tests/rules/rulebook_calls.h"

namespace laurel::rules {
namespace {

std::string ReadProgram(absl::string_view name) {
  const std::string path = absl::StrCat(SourceDir(), "/programs/", name, ".yaml");
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ShippedPrograms, CompileWithoutFindings) {
  for (const char* name : {"coffee", "cdnow"}) {
    SCOPED_TRACE(name);
    const std::string text = ReadProgram(name);
    EXPECT_EQ(RenderedFindings(text), "");
    const auto rulebook = Compiled(text);
    ASSERT_NE(rulebook, nullptr);
    const auto again = Rulebook::FromCanonical(rulebook->canonical());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->digest(), rulebook->digest());
  }
}

// The two that use the whole language check clean; what the server does not serve of them is told.
TEST(ShippedPrograms, CheckWithoutErrors) {
  for (const char* name : {"bean-club", "fashion"}) {
    SCOPED_TRACE(name);
    const std::string text = ReadProgram(name);
    const DocumentReport report = CheckDocument(text);
    EXPECT_TRUE(report.is_valid);
    for (const Finding& finding : report.findings) {
      EXPECT_EQ(finding.severity, Severity::kInfo) << RenderFinding(finding, name, text);
    }
    EXPECT_FALSE(report.unserved.empty());
    EXPECT_EQ(Rulebook::Compile(text).rulebook, nullptr);
    // The canonical form is a fixed point.
    const DocumentReport again = CheckDocument(report.canonical);
    EXPECT_EQ(again.canonical, report.canonical);
  }
}

// Damaged texts are refused or read, never fatal; what is read stays the same when it is read
// again.
TEST(ShippedPrograms, SurviveDamage) {
  const char* const seed_text = std::getenv("LAUREL_SEED");
  const unsigned long seed = seed_text == nullptr ? 11 : std::strtoul(seed_text, nullptr, 10);
  SCOPED_TRACE(testing::Message() << "LAUREL_SEED=" << seed);
  std::mt19937_64 random(seed);
  const std::string programs[] = {ReadProgram("coffee"), ReadProgram("cdnow"),
                                  ReadProgram("bean-club"), ReadProgram("fashion")};
  constexpr absl::string_view kBytes = "{}[]:,-\"'#&*!|>%@? \n\t~0a\\\xC3";
  for (int i = 0; i < 600; ++i) {
    std::string text = programs[random() % std::size(programs)];
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const std::size_t length = std::min<std::size_t>(random() % 40, text.size() - at);
      switch (random() % 4) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), length));
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    const Rulebook::Compiled compiled = Rulebook::Compile(text);
    for (const Finding& finding : compiled.findings) RenderFinding(finding, "program.yaml", text);
    const DocumentReport report = CheckDocument(text);
    for (const Finding& finding : report.findings) FindingJson(finding, "program.yaml");
    if (report.is_valid) {
      ASSERT_EQ(CheckDocument(report.canonical).canonical, report.canonical) << text;
    }
    if (compiled.rulebook) {
      const auto again = Rulebook::FromCanonical(compiled.rulebook->canonical());
      ASSERT_TRUE(again.ok()) << again.status() << "\n" << text;
    } else {
      ASSERT_FALSE(compiled.findings.empty()) << text;
    }
  }
}

TEST(ShippedPrograms, CoffeeAwardsBeansAndStars) {
  const auto rulebook = Compiled(ReadProgram("coffee"));
  ASSERT_NE(rulebook, nullptr);
  const Evaluation evaluation = Evaluate(*rulebook,
                                         {{.net = 320},
                                          {.net = 130},
                                          {.net = 500, .categories = {"charity"}},
                                          {.net = 9'900, .categories = {"machines"}},
                                          {.net = 2'500, .kind = LineKind::kGiftCard}},
                                         "2027-02-10T12:00:00Z");
  EXPECT_EQ(evaluation.eligible_net, 10'350);
  ASSERT_EQ(evaluation.lines.size(), 2u);
  EXPECT_EQ(evaluation.lines[0].points, 310);
  EXPECT_EQ(ToString(evaluation.lines[0].terms.expires_at), "2027-08-31T23:00:00.000000Z");
  EXPECT_EQ(evaluation.lines[1].points, 450);  // 4.50 stars
}

TEST(ShippedPrograms, CdnowHasThreeTiersAboveTheBase) {
  const auto rulebook = Compiled(ReadProgram("cdnow"));
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->program(), "cdnow");
  struct Row {
    std::int64_t spend;
    std::int64_t visits;
    absl::string_view tier;
  };
  constexpr Row kRows[] = {{9'999, 4, "MEMBER"}, {10'000, 1, "SILVER"}, {0, 5, "SILVER"},
                           {30'000, 1, "GOLD"},  {0, 10, "GOLD"},       {80'000, 1, "PLATINUM"},
                           {0, 20, "PLATINUM"}};
  for (const Row& row : kRows) {
    const std::int64_t values[] = {row.spend, row.visits};
    EXPECT_EQ(rulebook->tiers()[Judge(*rulebook, 0, values, model::Moment::kUpgrade).earned].id,
              row.tier);
  }
}

}  // namespace
}  // namespace laurel::rules
