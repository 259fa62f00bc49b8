#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "rules/program/amounts.h"
#include "tests/rules/program_builder.h"
#include "tests/rules/rulebook_calls.h"

namespace laurel::rules {
namespace {

using model::Rounding;

// "base=13 stars=4"
std::string Points(const Evaluation& evaluation) {
  if (evaluation.has_overflow) return "overflow";
  std::string text;
  for (const AwardLine& line : evaluation.lines) {
    absl::StrAppend(&text, text.empty() ? "" : " ", line.rule_id, "=", line.points);
  }
  return text;
}

TEST(Evaluate, GivesALineForEachRule) {
  const auto rulebook = Compiled(ProgramText{
      .rules =
          "- {id: base, earn: {point_type: points, points: 3, per: 1.00}}\n"
          "- {id: status, earn: {point_type: credit, points: 1, per: 1.00, rounding: HALF_UP}}"});
  ASSERT_NE(rulebook, nullptr);
  const Evaluation evaluation = Evaluate(*rulebook, {{.net = 320}, {.net = 130}});
  EXPECT_EQ(evaluation.eligible_net, 450);
  EXPECT_EQ(Points(evaluation), "base=13 status=5");
  EXPECT_EQ(evaluation.lines[0].rule, 0u);
  EXPECT_EQ(evaluation.lines[0].point_type, 0u);
  EXPECT_EQ(evaluation.lines[0].funding, "base");
  EXPECT_EQ(ToString(*evaluation.lines[0].terms.activates_at), "2026-05-01T12:00:00.000000Z");
  EXPECT_EQ(ToString(evaluation.lines[0].terms.expires_at), "2027-05-01T22:00:00.000000Z");
  EXPECT_EQ(evaluation.lines[1].rule, 1u);
  EXPECT_EQ(evaluation.lines[1].point_type, 1u);
  EXPECT_TRUE(evaluation.lines[1].terms.expires_at.is_never());
}

TEST(Evaluate, RoundsTheSumAndNotTheLines) {
  const auto rulebook = Compiled(ProgramText{});
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = 50}, {.net = 50}})), "base=1");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = 199}, {.net = 199}, {.net = 199}})), "base=5");
}

TEST(Evaluate, LeavesOutLinesWithoutPoints) {
  const auto rulebook = Compiled(ProgramText{});
  const Evaluation evaluation = Evaluate(*rulebook, {{.net = 99}});
  EXPECT_EQ(evaluation.eligible_net, 99);
  EXPECT_TRUE(evaluation.lines.empty());
  EXPECT_TRUE(Evaluate(*rulebook, {}).lines.empty());
}

TEST(Evaluate, CountsSaleLinesUnlessToldOtherwise) {
  const std::vector<Line> lines = {{.net = 100},
                                   {.net = 200, .kind = LineKind::kGiftCard},
                                   {.net = 400, .kind = LineKind::kFee},
                                   {.net = 800, .kind = LineKind::kDeposit},
                                   {.net = 1'600, .kind = LineKind::kReturn},
                                   {.net = 3'200, .kind = LineKind::kVoid}};
  EXPECT_EQ(Evaluate(*Compiled(ProgramText{}), lines).eligible_net, 100);
  EXPECT_EQ(
      Evaluate(*Compiled(ProgramText{.eligibility = "  line_kinds: [FEE, GIFT_CARD, DEPOSIT]"}),
               lines)
          .eligible_net,
      1'400);
}

TEST(Evaluate, LeavesOutCategories) {
  const auto rulebook = Compiled(ProgramText{
      .eligibility =
          R"(  items: '!("tobacco" in item.categories || "lottery" in item.categories)')",
      .rules = "- {id: base, earn: {point_type: points, points: 1, per: 1.00}}\n"
               "- {id: fresh, earn: {point_type: credit, points: 1, per: 1.00, items: "
               "'!(\"wine\" in item.categories) && !(\"frozen\" in item.categories)'}}"});
  ASSERT_NE(rulebook, nullptr);
  const std::vector<Line> lines = {
      {.net = 100, .categories = {"bread"}},
      {.net = 200, .categories = {"wine", "gift"}},
      {.net = 400, .categories = {"gift", "tobacco"}},
      {.net = 800, .categories = {"Tobacco"}},  // another category: names are exact
      {.net = 1'600}};
  const Evaluation evaluation = Evaluate(*rulebook, lines);
  EXPECT_EQ(evaluation.eligible_net, 2'700);
  EXPECT_EQ(Points(evaluation), "base=27 fresh=25");
}

TEST(Evaluate, FlagsAmountsOutOfRange) {
  const auto rulebook = Compiled(ProgramText{
      .eligibility = R"(  items: '!("out" in item.categories)')",
      .rules = "- {id: base, earn: {point_type: points, points: 1, per: 1.00}}\n"
               "- {id: much, earn: {point_type: points, points: 1000000, per: 0.01, items: "
               "'!(\"big\" in item.categories)'}}"});
  ASSERT_NE(rulebook, nullptr);
  constexpr std::int64_t kMost = 1'000'000'000'000;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = kMost, .categories = {"big"}}})),
            "base=10000000000");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = kMost, .categories = {"big"}},
                                        {.net = 1, .categories = {"big"}}})),
            "overflow");
  EXPECT_EQ(Points(Evaluate(*rulebook,
                            {{.net = kMax, .categories = {"big"}}, {.net = kMax}, {.net = kMax}})),
            "overflow");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = -1}})), "overflow");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = 100}, {.net = -1}})), "overflow");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = kMax, .categories = {"out"}},
                                        {.net = 200, .categories = {"big"}}})),
            "base=2");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = 1'000'000'000}})),
            "base=10000000 much=1000000000000000");
  EXPECT_EQ(Points(Evaluate(*rulebook, {{.net = 1'000'000'001}})), "overflow");
}

struct PlainRule {
  std::string id;
  std::string type;
  std::int64_t points = 0;  // whole
  std::int64_t per = 0;     // minor units
  Rounding rounding = Rounding::kDown;
  std::vector<std::string> excluded = {};
};

// Straight from the rule's sentence, line by line, sharing nothing with the rulebook.
std::string PlainPoints(const std::vector<PlainRule>& rules,
                        const std::vector<std::string>& excluded, const std::vector<Line>& lines) {
  std::string text;
  for (const PlainRule& rule : rules) {
    absl::int128 basis = 0;
    for (const Line& line : lines) {
      bool counts = line.kind == LineKind::kSale;
      for (const std::string& category : line.categories) {
        for (const std::string& out : excluded) counts = counts && category != out;
        for (const std::string& out : rule.excluded) counts = counts && category != out;
      }
      if (counts) basis += line.net;
    }
    const absl::int128 twice = 2 * basis * rule.points;
    absl::int128 points = basis * rule.points / rule.per;
    const absl::int128 rest_twice = twice - 2 * points * rule.per;
    if (rule.rounding == Rounding::kUp && rest_twice > 0) points += 1;
    if (rule.rounding == Rounding::kHalfUp && rest_twice >= rule.per) points += 1;
    if (rule.rounding == Rounding::kHalfEven &&
        (rest_twice > rule.per || (rest_twice == rule.per && points % 2 == 1))) {
      points += 1;
    }
    if (points > 0) {
      absl::StrAppend(&text, text.empty() ? "" : " ", rule.id, "=",
                      static_cast<std::int64_t>(points));
    }
  }
  return text;
}

// The selector of items that are in none of the categories.
std::string Without(const std::vector<std::string>& categories) {
  std::string text = "item.net >= 0";
  for (const std::string& category : categories) {
    absl::StrAppend(&text, " && !(\"", category, "\" in item.categories)");
  }
  return text;
}

TEST(Evaluate, EqualsPlainCalculationInAnyOrder) {
  const char* const seed_text = std::getenv("LAUREL_SEED");
  const unsigned long seed = seed_text == nullptr ? 7 : std::strtoul(seed_text, nullptr, 10);
  SCOPED_TRACE(testing::Message() << "LAUREL_SEED=" << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> categories = {"a", "b", "c", "d", "e", "f"};
  constexpr const char* kRoundings[] = {"DOWN", "HALF_UP", "HALF_EVEN", "UP"};
  const auto some_categories = [&](unsigned one_in) {
    std::vector<std::string> chosen;
    for (const std::string& category : categories) {
      // More would cost more than an expression may.
      if (random() % one_in == 0 && chosen.size() < 3) chosen.push_back(category);
    }
    return chosen;
  };
  for (int program = 0; program < 60; ++program) {
    std::vector<PlainRule> rules;
    ProgramText text;
    text.rules.clear();
    const std::vector<std::string> excluded = some_categories(5);
    text.eligibility = absl::StrCat("  items: '", Without(excluded), "'");
    for (std::size_t i = 0; i < 1 + random() % 4; ++i) {
      PlainRule rule{.id = absl::StrCat("r", i),
                     .type = random() % 2 == 0 ? "points" : "credit",
                     .points = static_cast<std::int64_t>(1 + random() % 30),
                     .per = static_cast<std::int64_t>(1 + random() % 400),
                     .rounding = static_cast<Rounding>(random() % 4),
                     .excluded = some_categories(4)};
      absl::StrAppend(&text.rules, "- {id: ", rule.id, ", earn: {items: '", Without(rule.excluded),
                      "', point_type: ", rule.type, ", points: ", rule.points,
                      ", per: ", rule.per / 100, ".", absl::Dec(rule.per % 100, absl::kZeroPad2),
                      ", rounding: ", kRoundings[static_cast<std::size_t>(rule.rounding)], "}}\n");
      rules.push_back(std::move(rule));
    }
    const auto rulebook = Compiled(text);
    ASSERT_NE(rulebook, nullptr);
    const auto again = Rulebook::FromCanonical(rulebook->canonical());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ((*again)->digest(), rulebook->digest());
    for (int basket = 0; basket < 30; ++basket) {
      std::vector<Line> lines(random() % 12);
      for (Line& line : lines) {
        line.net =
            static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 50'000'000'000 : 10'000));
        line.categories = some_categories(4);
        line.kind = random() % 5 == 0 ? static_cast<LineKind>(random() % 6) : LineKind::kSale;
      }
      const std::string expected = PlainPoints(rules, excluded, lines);
      EXPECT_EQ(Points(Evaluate(*rulebook, lines)), expected) << text.Render();
      std::shuffle(lines.begin(), lines.end(), random);
      EXPECT_EQ(Points(Evaluate(*rulebook, lines)), expected) << text.Render();
      EXPECT_EQ(Points(Evaluate(**again, lines)), expected) << text.Render();
    }
  }
}

}  // namespace
}  // namespace laurel::rules
