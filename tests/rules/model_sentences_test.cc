// What members read, in both languages.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/program/sentence_texts.h"
#include "rules/program/sentences.h"
#include "rules/program/tests_facts.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

// What a member reads about test `index` of the program; what is returned in it is told too.
std::string Read(const Program& program, int index, absl::string_view language) {
  const auto test = WithDefaults(program.document.test_defaults(), program.document.tests(index));
  const TestFacts given(*program.model, test);
  EXPECT_TRUE(given.status().ok()) << given.status();
  const Evaluated sale = Evaluate(*program.model, given.facts(), given.tiers());
  std::vector<std::string> sentences =
      AwardSentences(*program.model, given.facts(), sale, language);
  if (!given.returned().empty()) {
    ReturnFacts returned;
    returned.now = given.returned();
    sentences =
        ReturnSentences(*program.model, sale,
                        EvaluateReturn(*program.model, given.facts(), sale, returned), language);
  }
  return absl::StrJoin(sentences, "\n");
}

constexpr char kProgram[] = R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: JPY
time_zone: Asia/Tokyo
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE, decimals: 2}
  - {id: bonus, name: Bonus, symbol: BON, kind: QUALIFYING}
metrics:
  - {id: spend, measure: SUM, of: purchase.eligible_net, window: {rolling: 12 months}}
  - {id: orders, measure: COUNT, window: {rolling: 12 months}}
  - {id: stores, name: different stores, measure: DISTINCT, of: store.id, window: {lifetime: true}}
earning_rules:
  - {id: by_item, earn: {point_type: points, points: "0.5", per: "2", basis: QUANTITY}}
  - id: own
    name: One bonus
    explain: {en: "{points} for {amount} as {tier}: {name}", zh-CN: "{tier}消费 {amount}，获得 {points}", fr-CA: "{points} pour {amount}"}
    earn: {point_type: bonus, points: "1", per: "1000"}
  - {id: computed, name: By your orders, earn: {point_type: points, points: "1", per: "4", of: metrics.orders}}
stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: extra, name: Extra rate, stacking_group: all, earn: {point_type: bonus, points: "2", per: "1500"}}
  - {id: gift, name: A gift, stacking_group: all, issue: {reward: voucher, quantity: 2}}
  - {id: few, name: Few, stacking_group: all, bonus: {point_type: points, points: 300}, limits: [{max_points: 100, per: MEMBER, window: WEEK}]}
  - {id: spent, name: Spent, stacking_group: all, bonus: {point_type: bonus, points: 5}, budget: {total: 3, on_exhausted: WHOLE_ONLY}}
  - {id: once, name: Once, stacking_group: all, bonus: {point_type: bonus, points: 5}, limits: [{max_fires: 1, per: MEMBER, window: LIFETIME}]}
tiers:
  - {id: MEMBER, name: Member}
  - {id: GOLD, name: Gold, rank: 1, qualify: 'metrics.spend >= money("10000") && metrics.orders >= 7 && metrics.stores >= 3 && !member.is_staff'}
  - {id: TOP, name: Top, rank: 2, qualify: 'metrics.orders >= 20'}
rewards: [{id: voucher, name: Voucher, class: VOUCHER, price: {point_type: points, points: "1"}}]
test_defaults: {at: "2027-03-01T12:00:00", member: {is_staff: true}, metrics: {orders: 5}}
tests:
  - {name: all kinds, used: {once: 1}, items: [{net: "3000", quantity: "4"}]}
  - {name: half of it comes back, step: RETURN, items: [{net: "3000", quantity: "4"}], returned: [{line: 1, quantity: "2"}]}
  - {name: the next but one, metrics: {orders: 8, stores: 3, spend: "10000"}, member: {is_staff: false}, items: [{net: "10"}]}
)";

// All tests of a program that make a sale, in both languages.
std::string ReadAll(const std::string& text, std::vector<std::string> languages) {
  const Program program = CompileProgram(text);
  EXPECT_NE(program.model, nullptr) << program.error;
  if (program.model == nullptr) return "";
  std::string all;
  for (int i = 0; i < program.document.tests_size(); ++i) {
    const auto test = WithDefaults(program.document.test_defaults(), program.document.tests(i));
    const bool is_sale = test.step() == laurel::program::v1::Test::STEP_UNSPECIFIED ||
                         test.step() == laurel::program::v1::Test::STEP_ACTIVITY ||
                         test.step() == laurel::program::v1::Test::STEP_RETURN;
    if (!is_sale) continue;
    for (const std::string& language : languages) {
      absl::StrAppend(&all, "=== ", program.document.id(), ", ", language, ": ", test.name(), "\n",
                      Read(program, i, language), "\n");
    }
  }
  return all;
}

TEST(Sentences, AreAsReviewed) {
  ExpectGolden("sentences", absl::StrCat(ReadAll(kProgram, {"en", "zh-CN", "fr-CA", "en-GB"}),
                                         ReadAll(ReadExample("bean-club"), {"en", "zh-CN"}),
                                         ReadAll(ReadExample("fashion"), {"en", "zh-Hans"})));
}

TEST(Texts, HaveTheSamePlacesInEachLanguage) {
  for (std::size_t i = 0; i < kMessages; ++i) {
    const auto message = static_cast<Message>(i);
    SCOPED_TRACE(TextOf(Language::kEnglish, message));
    for (const char* place : {"{points}", "{name}", "{rate}", "{per}", "{amount}", "{factor}",
                              "{granted}", "{requested}", "{reason}", "{before}", "{tier}",
                              "{date}", "{list}", "{max}", "{span}", "{count}"}) {
      const bool is_in_english =
          TextOf(Language::kEnglish, message).find(place) != std::string::npos;
      const bool is_in_chinese =
          TextOf(Language::kChinese, message).find(place) != std::string::npos;
      EXPECT_EQ(is_in_english, is_in_chinese) << place;
    }
  }
}

TEST(Texts, CountInTheFormOfTheNumber) {
  EXPECT_EQ(Counted(Language::kEnglish, Noun::kItem, "1"), "1 item");
  EXPECT_EQ(Counted(Language::kEnglish, Noun::kItem, "0"), "0 items");
  EXPECT_EQ(Counted(Language::kEnglish, Noun::kItem, "1.5"), "1.5 items");
  EXPECT_EQ(Counted(Language::kChinese, Noun::kItem, "1"), "1 件商品");
  EXPECT_EQ(NameForOne(Language::kEnglish, "Beans"), "Bean");
  EXPECT_EQ(NameForOne(Language::kEnglish, "Bonus"), "Bonus");
  EXPECT_EQ(NameForOne(Language::kChinese, "Beans"), "Beans");
  EXPECT_EQ(LanguageOf("zh-Hans-CN"), Language::kChinese);
  EXPECT_EQ(LanguageOf("ZH"), Language::kChinese);
  EXPECT_EQ(LanguageOf("de"), Language::kEnglish);
  EXPECT_EQ(LanguageOf(""), Language::kEnglish);
}

}  // namespace
}  // namespace laurel::rules::model
