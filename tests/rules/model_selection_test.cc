// Tables by which rules are ruled out agree with the rules themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/program/evaluate.h"
#include "rules/program/rule_amounts.h"
#include "tests/rules/model_builder.h"
#include "tests/testing/seed.h"

namespace laurel::rules::model {
namespace {

constexpr absl::string_view kHead = R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
activity_types: [{id: review, attributes: [{id: shop, type: STRING, is_optional: true}]}]
tiers: [{id: MEMBER, name: Member}]
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}}]
promotions:
)";

constexpr int kPrograms = 30;
constexpr int kActivities = 100;
constexpr std::size_t kItems = 3;

using Random = std::mt19937_64;

std::size_t Below(Random& random, std::size_t limit) { return random() % limit; }
bool OneIn(Random& random, std::size_t chance) { return Below(random, chance) == 0; }
template <class List>
const auto& AnyOf(Random& random, const List& list) {
  return list[Below(random, std::size(list))];
}

constexpr std::array<absl::string_view, 4> kTexts = {"APP", "WEB", "POS", ""};
constexpr std::array<absl::string_view, 5> kFields = {
    "activity.channel", "store.id", "activity.receipt", "activity.shop", "member.plan"};
constexpr std::array<absl::string_view, 3> kCategories = {"tea", "oat", "cake"};

std::string Literal(Random& random) { return absl::StrCat("\"", AnyOf(random, kTexts), "\""); }

// Some of these are demands that the tables know, some only look like them; a receipt and a shop
// may be absent, which is an error unless something else decides.
std::string Conjunct(Random& random, int depth) {
  const absl::string_view field = AnyOf(random, kFields);
  switch (Below(random, depth > 0 ? 9 : 6)) {
    case 0:
      return absl::StrCat(field, " == ", Literal(random));
    case 1:
      return absl::StrCat(Literal(random), " == ", field);
    case 2:
      return absl::StrCat(field, " in [", Literal(random), ", ", Literal(random), "]");
    case 3:
      return absl::StrCat(field, " != ", Literal(random));
    case 4:
      return absl::StrCat(field, " == ", AnyOf(random, kFields));
    case 5:
      return absl::StrCat("purchase.eligible_net > ", Below(random, 4'000));
    case 6:
      return absl::StrCat("(", Conjunct(random, depth - 1), " || ", Conjunct(random, depth - 1),
                          ")");
    case 7:
      return absl::StrCat("(", Conjunct(random, depth - 1), " && ", Conjunct(random, depth - 1),
                          ")");
    default:
      return absl::StrCat("!(", Conjunct(random, depth - 1), ")");
  }
}

std::string Day(std::size_t day) { return absl::StrCat("2027-03-", day < 10 ? "0" : "", day); }

std::string ActiveOfRule(Random& random) {
  std::vector<std::string> parts;
  if (OneIn(random, 3)) parts.push_back(absl::StrCat("first_on: ", Day(1 + Below(random, 28))));
  if (OneIn(random, 3)) parts.push_back(absl::StrCat("last_on: ", Day(1 + Below(random, 28))));
  if (OneIn(random, 4)) parts.push_back("weekdays: [MON, THU, SUN]");
  if (OneIn(random, 4)) {
    parts.push_back(OneIn(random, 2) ? "time_from: \"22:00\", time_until: \"03:00\""
                                     : "time_from: \"08:00\", time_until: \"20:00\"");
  }
  if (OneIn(random, 8)) parts.push_back(absl::StrCat("from: ", Day(9), "T08:15:00"));
  if (OneIn(random, 8)) parts.push_back(absl::StrCat("dates: [", Day(5), ", ", Day(9), "]"));
  return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
}

std::string DocumentOf(Random& random) {
  constexpr std::array<absl::string_view, 4> kTriggers = {"[purchase]", "[review]",
                                                          "[review, purchase]", "[]"};
  std::string text(kHead);
  for (int i = 0; i < 70; ++i) {
    std::vector<std::string> conjuncts(1 + Below(random, 3));
    for (std::string& conjunct : conjuncts) conjunct = Conjunct(random, 2);
    const bool multiplies = OneIn(random, 2);
    absl::StrAppend(
        &text, "  - {id: p", i, ", triggers: ", AnyOf(random, kTriggers),
        ", active: ", ActiveOfRule(random), ", rollout: ", OneIn(random, 9) ? "SHADOW" : "LIVE",
        OneIn(random, 9) ? "" : absl::StrCat(", when: '", absl::StrJoin(conjuncts, " && "), "'"),
        multiplies ? absl::StrCat(", multiply: {rule: base, by: \"2\", items: '\"",
                                  AnyOf(random, kCategories), "\" in item.categories'}}\n")
                   : absl::StrCat(", bonus: {point_type: points, points: ", i, "}}\n"));
  }
  return text;
}

struct Given {
  std::array<absl::string_view, kItems> categories;
  std::array<ItemFact, kItems> items;
  std::vector<AttributeFact> attributes;
  std::vector<std::size_t> paused;
  Facts facts;
};

void Fill(const Model& model, Random& random, Given& given) {
  for (std::size_t i = 0; i < kItems; ++i) {
    given.categories[i] = AnyOf(random, kCategories);
    given.items[i].net = static_cast<std::int64_t>(Below(random, 2'000));
    given.items[i].categories = {&given.categories[i], 1};
  }
  Facts& facts = given.facts;
  facts.activity.type = OneIn(random, 3) ? "review" : "purchase";
  facts.activity.occurred_at = model.calendar.InstantOf(*Date::Parse(Day(1 + Below(random, 28))),
                                                        static_cast<int>(Below(random, 86'400)));
  facts.activity.channel = AnyOf(random, kTexts);
  facts.store.id = OneIn(random, 5) ? "S7" : AnyOf(random, kTexts);
  facts.member.plan = AnyOf(random, kTexts);
  if (OneIn(random, 2)) facts.activity.receipt = AnyOf(random, kTexts);
  if (OneIn(random, 2)) given.attributes.push_back({"shop", AnyOf(random, kTexts)});
  facts.activity.attributes = given.attributes;
  facts.items = given.items;
  while (OneIn(random, 2)) given.paused.push_back(Below(random, model.rules.size()));
  facts.paused_rules = given.paused;
}

// What the rule itself says, one test after the other.
Outcome GateByItself(const Model& model, std::size_t index, FactFrame& frame) {
  const Rule& rule = model.rules[index];
  const Facts& facts = frame.facts();
  const bool is_paused = rule.rollout == Rollout::kPaused ||
                         std::find(facts.paused_rules.begin(), facts.paused_rules.end(), index) !=
                             facts.paused_rules.end();
  if (is_paused) return Outcome::kPaused;
  if (!IsActive(rule.active, facts.activity.occurred_at, frame.date(), frame.minute())) {
    return Outcome::kNotActive;
  }
  const int holds = rule.when ? frame.Try(*rule.when) : 1;
  return holds < 0 ? Outcome::kError : holds == 0 ? Outcome::kConditionFalse : Outcome::kAwarded;
}

// The multiplied points of a rule, item by item.
std::int64_t MultipliedByItself(const Model& model, const Multiply& multiply, FactFrame& frame) {
  const auto& earn = std::get<Earn>(model.rules[multiply.rule].effect);
  std::int64_t basis = 0;
  for (const std::size_t i : frame.counting()) {
    if (frame.TestItem(multiply.items, i)) basis += frame.facts().items[i].net;
  }
  return FactorPoints(earn.rate, multiply.by_micros, basis).value_or(-1);
}

void ExpectSame(const Model& model, const Facts& facts) {
  const Evaluated evaluated = Evaluate(model, facts, TierState());
  RuleAmounts rules(model, facts);
  std::size_t reported = 0;
  for (std::size_t rule = 0; rule < model.rules.size(); ++rule) {
    const std::vector<std::string>& triggers = model.rules[rule].triggers;
    const bool is_triggered =
        std::find(triggers.begin(), triggers.end(), facts.activity.type) != triggers.end();
    EXPECT_EQ(rules.HasTrigger(rule), is_triggered);
    const Outcome gate = GateByItself(model, rule, rules.frame());
    EXPECT_EQ(ToString(rules.Gate(rule)), ToString(gate)) << model.rules[rule].id;
    const auto* const multiply = std::get_if<Multiply>(&model.rules[rule].effect);
    const bool is_base_held = rules.Gate(0) == Outcome::kAwarded && rules.HasTrigger(0);
    if (multiply != nullptr && is_base_held) {
      EXPECT_EQ(rules.Ask(rule).value_or(Asked{}).points,
                MultipliedByItself(model, *multiply, rules.frame()));
    }
    if (!is_triggered) continue;
    // Each rule that the activity triggers has one outcome, in document order.
    ASSERT_LT(reported, evaluated.outcomes.size());
    const RuleResult& result = evaluated.outcomes[reported++];
    EXPECT_EQ(result.rule, rule);
    if (gate != Outcome::kAwarded) {
      EXPECT_EQ(ToString(result.outcome), ToString(gate));
    }
  }
  EXPECT_EQ(reported, evaluated.outcomes.size());
}

TEST(Selection, RulesOutWhatRulesRuleOut) {
  const std::uint64_t seed = TestSeed(20'270'302);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Random random(seed);
  for (int i = 0; i < kPrograms && !testing::Test::HasFailure(); ++i) {
    const std::string text = DocumentOf(random);
    const Program program = CompileProgram(text);
    ASSERT_NE(program.model, nullptr) << program.error << text;
    for (int k = 0; k < kActivities && !testing::Test::HasFailure(); ++k) {
      Given given;
      Fill(*program.model, random, given);
      ExpectSame(*program.model, given.facts);
      if (testing::Test::HasFailure()) ADD_FAILURE() << text;
    }
  }
}

}  // namespace
}  // namespace laurel::rules::model
