// Entries decided once more: what they are told to say, and that another ledger is noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"
#include "tests/testing/explain_all.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Promotions that compete, that run out, and that look at the past.
constexpr char kPromotions[] = R"(stacking_groups:
  - {id: offers, mode: HIGHEST}
  - {id: extras, mode: STACKED}
promotions:
  - {id: double, name: Double on shoes, multiply: {rule: base, by: "2", items: '"shoes" in item.categories'}, stacking_group: offers, priority: 2}
  - {id: coats, name: Coat week, explain: {en: "{points} for {amount} of coats", zh-CN: "外套消费 {amount}，获得 {points}"}, multiply: {rule: base, by: "3", items: '"coats" in item.categories'}, stacking_group: offers, priority: 1}
  - {id: daily, name: Visit, bonus: {point_type: points, points: 25}, stacking_group: extras, limits: [{max_points: 60, per: MEMBER, window: DAY}]}
  - {id: regular, name: Regular, when: metrics.visits_12m >= 2 && member.tier == "SILVER", bonus: {point_type: points, points: 10}, stacking_group: extras}
tiers:
)";

std::string Document() { return With(HarbourDocument(), {{"tiers:\n", kPromotions}}); }

EntryExplanation Explained(Scene& scene, const Entry& entry, absl::string_view language = "en") {
  ReadView view = scene.engine().Read();
  absl::StatusOr<EntryExplanation> explained = ExplainStored(view, entry.sequence, language);
  EXPECT_TRUE(explained.ok()) << explained.status();
  return explained.ok() ? *std::move(explained) : EntryExplanation();
}

TEST(ExplainEntry, TellsASaleLineByLine) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  const auto sale =
      scene.BuyLines(ana, {SaleLine(1, 2'050, 1, {"shoes"}), SaleLine(2, 1'500, 1, {"coats"}),
                           SaleLine(3, 1'000, 1, {"gift_card"})});
  const EntryExplanation explained = Explained(scene, *sale);
  EXPECT_TRUE(explained.is_decided_again);
  const std::string digest = ToHex(*sale->revision).substr(0, 8);
  EXPECT_EQ(explained.text, absl::StrCat("90 points, 35 credit · Harbour (sha256:", digest,
                                         R"(…) · Sun 2026-03-01 13:00 POS, purchase, MEMBER
  +35 points  base  1 per 1.00 on 35.50: 35.5 -> 35
  +35 credit  base_credit  1 per 1.00 on 35.50: 35.5 -> 35
  +30 points  coats  3: +200 % of base on 15.00: 30 -> 30
  +25 points  daily  25
not eligible  line 3, SALE 10.00
not applied
  double  LOST_IN_GROUP in offers to coats (30), worth 20
  regular  CONDITION_FALSE; needs metrics.visits_12m >= 2 (metrics.visits_12m was 0); needs member.tier == "SILVER" (member.tier was "MEMBER")
tier MEMBER since 2026-03-01
  SILVER  credit_12m 35 of 1000: 965 short
)"));
  ASSERT_EQ(explained.lines.size(), 4u);
  EXPECT_EQ(explained.lines[0].rule, "base");
  EXPECT_EQ(explained.lines[0].arithmetic, "1 per 1.00 on 35.50: 35.5 -> 35");
  EXPECT_EQ(explained.lines[2].rule, "coats");
  EXPECT_EQ(explained.lines[2].kind, rules::model::LineKind::kPromotion);
  EXPECT_EQ(explained.lines[2].granted, 30);
  ASSERT_EQ(explained.missed.size(), 2u);
  EXPECT_EQ(explained.missed[0].rule, "double");
  EXPECT_EQ(explained.missed[0].outcome, rules::model::Outcome::kLostInGroup);
  EXPECT_EQ(explained.missed[0].worth, 20);
  EXPECT_EQ(explained.missed[1].outcome, rules::model::Outcome::kConditionFalse);
  ASSERT_EQ(explained.missed[1].failing.size(), 2u);
  EXPECT_EQ(explained.missed[1].failing[0].text, "metrics.visits_12m >= 2");
  EXPECT_EQ(explained.missed[1].failing[0].seen, "metrics.visits_12m was 0");
  EXPECT_THAT(explained.sentences,
              ElementsAre("35 Points: 1 per 1.00 on 35.50", "35 Credit: 1 per 1.00 on 35.50",
                          "30 for 15.00 EUR of coats", "25 Points: Visit", "965 Credit to Silver"));
  EXPECT_THAT(Explained(scene, *sale, "zh-CN").sentences,
              ElementsAre("35 Points：每 1.00 得 1，按 35.50 计算",
                          "35 Credit：每 1.00 得 1，按 35.50 计算", "外套消费 15.00 EUR，获得 30",
                          "25 Points：Visit", "距离 Silver 还差 965 Credit"));
}

// Shows G12.
TEST(ExplainEntry, NamesTheLimitThatCut) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  for (int i = 0; i < 2; ++i) scene.Buy(ana, 100);
  const EntryExplanation third = Explained(scene, *scene.Buy(ana, 100));
  ASSERT_EQ(third.lines.size(), 3u);
  EXPECT_EQ(third.lines[2].requested, 25);
  EXPECT_EQ(third.lines[2].granted, 10);
  ASSERT_EQ(third.lines[2].cuts.size(), 1u);
  EXPECT_EQ(third.lines[2].cuts[0].points, 15);
  const EntryExplanation fourth = Explained(scene, *scene.Buy(ana, 100));
  ASSERT_FALSE(fourth.missed.empty());
  EXPECT_EQ(fourth.missed.back().rule, "regular");
  EXPECT_THAT(fourth.text, HasSubstr("daily  LIMIT_REACHED"));
}

TEST(ExplainEntry, ShowsTheTierThatTheLedgerHas) {
  Scene scene;  // its rules read nothing of the member, so that entries keep nothing
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 120'000);
  const EntryExplanation explained = Explained(scene, *scene.Buy(ana, 1'000));
  EXPECT_THAT(explained.text, HasSubstr("13:00 POS, purchase, SILVER\n"));
  EXPECT_THAT(explained.text, EndsWith("tier SILVER since 2026-03-01 through 2027-03-01\n"
                                       "  GOLD  credit_12m 1210 of 3000: 1790 short\n"));
  EXPECT_THAT(explained.sentences, Contains("1790 Credit to Gold"));
}

TEST(ExplainEntry, ShowsWhatKeepsTheTierWhereTheEntryTells) {
  struct Case {
    const char* measure;  // of visits_12m
    const char* end;
  };
  // Days cannot be counted on from a number of days.
  for (const Case& c : {Case{"DISTINCT_DAYS", "1200 of 3000: 1800 short\n"},
                        Case{"COUNT",
                             "1200 of 3000: 1800 short\n"
                             "  kept with  credit_12m 1200 of 1000: reached or visits_12m 1 of 30: "
                             "29 short\n"}}) {
    Scene scene(With(Document(), {{"DISTINCT_DAYS", c.measure}}));
    const MemberId ana = scene.Enroll(1);
    const EntryExplanation won = Explained(scene, *scene.Buy(ana, 120'000));
    EXPECT_THAT(won.text, HasSubstr("13:00 POS, purchase, MEMBER\n"));
    EXPECT_THAT(won.text, EndsWith(c.end));
    EXPECT_THAT(won.sentences, Contains("Silver reached, through 2027-03-01"));
  }
}

TEST(ExplainEntry, TellsWhatAnotherActivityBrought) {
  Scene scene(
      With(HarbourDocument(), {{"earning_rules:\n",
                                "earning_rules:\n"
                                "  - {id: hello, name: Hello, triggers: [enrolment], bonus: "
                                "{point_type: points, points: 200}}\n"}}));
  const MemberId ana = scene.Enroll(1);
  const auto activities = scene.Entries(ana, EntryKind::kActivity);
  ASSERT_EQ(activities.size(), 1u);
  const EntryExplanation explained = Explained(scene, *activities[0]);
  EXPECT_TRUE(explained.is_decided_again);
  EXPECT_THAT(explained.text, StartsWith("200 points · Harbour"));
  EXPECT_THAT(explained.text, HasSubstr("enrolment, MEMBER\n  +200 points  hello  200\n"));
  EXPECT_THAT(explained.sentences, Contains("200 Points: Hello"));
}

TEST(ExplainEntry, TellsWhatAReturnTookBack) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 4'000, 4, {"shoes"}), SaleLine(2, 900, 1)});
  const ReceiptKey sale = scene.receipt();
  scene.Return(sale, {Pieces(1, 1)});
  const EntryExplanation part = Explained(scene, *scene.Return(sale, {Pieces(1, 2)}));
  EXPECT_TRUE(part.is_decided_again);
  EXPECT_THAT(part.text, StartsWith("-40 points, -20 credit · Harbour (sha256:"));
  EXPECT_THAT(part.text, HasSubstr(R"( · 2026-03-01, return of entry 0-5
  -20 points  base  of 39 points
  -20 credit  base_credit  of 39 credit
  -20 points  double  of 30 points
tier MEMBER)"));
  EXPECT_THAT(part.sentences, ElementsAre("20 Points of 39 Points taken back: 1 per euro",
                                          "20 Credit of 39 Credit taken back: 1 credit per euro",
                                          "20 Points of 30 Points taken back: Double on shoes"));
  EXPECT_THAT(Explained(scene, *scene.Return(sale), "zh-CN").sentences,
              ElementsAre("收回 19 Points：1 per euro", "收回 19 Credit：1 credit per euro",
                          "收回 10 Points：Double on shoes", "收回 25 Points：Visit"));
}

TEST(ExplainEntry, TellsPlainlyWhatFollowsFromNoRule) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const EntryExplanation spent = Explained(scene, *scene.Spend(ana, 40));
  EXPECT_FALSE(spent.is_decided_again);
  EXPECT_THAT(spent.text, HasSubstr("  -40 points  redeemed\n"));
  EXPECT_THAT(spent.sentences, ElementsAre("40 Points redeemed"));
  scene.clock.Advance(400 * kMicrosPerDay);
  scene.Buy(ana, 100);
  const auto ended = scene.Entries(ana, EntryKind::kExpire);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_THAT(Explained(scene, *ended[0]).sentences, ElementsAre("60 Points expired"));
  EXPECT_THAT(Explained(scene, *ended[0], "zh").sentences, ElementsAre("60 Points 已过期"));
  const auto enrolled = scene.Entries(ana, EntryKind::kMemberEnrolled);
  ASSERT_EQ(enrolled.size(), 1u);
  EXPECT_THAT(Explained(scene, *enrolled[0]).sentences,
              ElementsAre("No points were earned or spent"));
}

TEST(ExplainEntry, NoticesALedgerThatSaysSomethingElse) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  const auto sale = scene.BuyLines(ana, {SaleLine(1, 4'000, 4, {"shoes"})});
  const auto returned = scene.Return(scene.receipt(), {Pieces(1, 1)});
  ReadView view = scene.engine().Read();
  const auto rulebook = view.ActiveRulebook(TheProgram());
  const auto explain = [&](const Entry& entry, std::shared_ptr<const Entry> of) {
    return ExplainEntry(entry, EntryContext{.rulebook = *rulebook, .revision = 1, .sale = of}, "en")
        .status()
        .code();
  };
  EXPECT_EQ(explain(*sale, nullptr), absl::StatusCode::kOk);
  EXPECT_EQ(explain(*returned, sale), absl::StatusCode::kOk);
  EXPECT_EQ(explain(*returned, nullptr), absl::StatusCode::kDataLoss);
  Entry other = *sale;
  for (Event& event : other.events) {
    if (auto* award = std::get_if<PointsAwarded>(&event)) ++award->amount;
  }
  EXPECT_EQ(explain(other, nullptr), absl::StatusCode::kDataLoss);
  EXPECT_EQ(explain(*returned, std::make_shared<Entry>(other)), absl::StatusCode::kDataLoss);
  other = *sale;
  std::erase_if(other.events,
                [](const Event& e) { return std::holds_alternative<PointsAwarded>(e); });
  EXPECT_EQ(explain(other, nullptr), absl::StatusCode::kDataLoss);
  other = *returned;
  for (Event& event : other.events) {
    if (auto* taken = std::get_if<PointsTakenBack>(&event)) ++taken->amount;
  }
  EXPECT_EQ(explain(other, sale), absl::StatusCode::kDataLoss);
}

// Sales and returns at random, of several members over months, with a fraction that is carried.
// Shows P8.
TEST(ExplainEntry, FindsTheLedgeredAmountsOfARandomRun) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const auto below = [&](std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random);
  };
  for (const char* rounding : {"DOWN", "HALF_UP", "CARRY"}) {
    Scene scene(
        With(Document(), {{R"(points: "1", per: "1.00", rounding: DOWN)",
                           absl::StrCat(R"(points: "3", per: "2.00", rounding: )", rounding)}}));
    std::vector<MemberId> members;
    for (std::uint64_t i = 1; i <= 3; ++i) members.push_back(scene.Enroll(i));
    for (int i = 0; i < 150; ++i) {
      scene.clock.Advance(below(5) * kMicrosPerHour);
      std::vector<PurchaseLine> lines;
      for (std::int32_t line = 1; line <= 1 + below(4); ++line) {
        static const char* const kCategories[] = {"shoes", "coats", "gift_card", "hats"};
        lines.push_back(SaleLine(line, below(30'000), 1 + below(4), {kCategories[below(4)]}));
      }
      scene.BuyLines(members[static_cast<std::size_t>(below(3))], lines);
      const ReceiptKey sale = scene.receipt();
      if (below(3) == 0) scene.Return(sale, {Pieces(1, 1)});
      if (below(3) == 0) scene.Run(scene.Returning(sale));
    }
    const AllExplained all = ExplainAll(scene.engine());
    EXPECT_EQ(all.difference, "") << rounding;
    EXPECT_EQ(all.sales, 150);
    EXPECT_GT(all.returns, 20);
  }
}

}  // namespace
}  // namespace laurel
