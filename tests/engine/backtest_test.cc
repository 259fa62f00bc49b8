#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/simulation.h"
#include "rules/program/rulebook.h"
#include "tests/testing/seed.h"
#include "tests/testing/test_ledger.h"

// Activities of the past under another revision.
namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBase[] =
    R"({id: base, name: 1 per euro, earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN}})";

// Offers that compete, run out, look at the past and hang on the tier; fractions are carried.
constexpr char kOffers[] = R"(stacking_groups:
  - {id: offers, mode: HIGHEST}
  - {id: extras, mode: STACKED}
benefits:
  - {id: TIER_BONUS, name: Tier bonus, kind: POINT_MULTIPLIER, rule: base, grants: [{tier: SILVER, value: "1.25"}, {tier: GOLD, value: "1.5"}]}
promotions:
  - {id: shoes, name: Double on shoes, multiply: {rule: base, by: "2", items: '"shoes" in item.categories'}, stacking_group: offers, priority: 2}
  - {id: coats, name: Triple on coats, multiply: {rule: base, by: "3", items: '"coats" in item.categories'}, stacking_group: offers, priority: 1}
  - {id: daily, name: Visit, bonus: {point_type: points, points: 25}, stacking_group: extras, limits: [{max_points: 60, per: MEMBER, window: DAY}]}
  - {id: lucky, name: First thousand, bonus: {point_type: points, points: 40}, stacking_group: extras, budget: {total: 2000}}
  - {id: regular, name: Regular, when: metrics.visits_12m >= 3 && metrics.credit_12m >= 300, bonus: {point_type: points, points: 10}, stacking_group: extras}
tiers:
)";
std::string Document(const std::vector<std::pair<std::string, std::string>>& replacements = {}) {
  std::string document = absl::StrReplaceAll(
      HarbourDocument(),
      {{"tiers:\n", kOffers},
       {"rounding: DOWN}}\n  - {id: base_credit", "rounding: CARRY}}\n  - {id: base_credit"}});
  for (const auto& [from, to] : replacements) {
    LAUREL_CHECK(absl::StrReplaceAll({{from, to}}, &document) > 0, "a replaced part is there");
  }
  return document;
}

class BacktestTest : public testing::Test {
 protected:
  BacktestTest() : ledger_(store_, TestLedger::DefaultOptions(), /*has_program=*/false) {
    ledger_.Activate(Document());
  }

  PurchaseLine Line(std::int32_t number, std::int64_t net, const char* category) {
    PurchaseLine line;
    line.line = number;
    line.net = line.list = net;
    line.quantity_micros = 1'000'000;
    line.categories = {category};
    return line;
  }

  // Members who come by again and again; some sales are reported late, some are returned.
  void Trade(int sales, bool has_returns = true) {
    std::mt19937_64 random(TestSeed(3));
    std::vector<MemberId> members;
    for (std::uint64_t i = 1; i <= 12; ++i) members.push_back(ledger_.Enroll(i));
    const char* const kCategories[] = {"shoes", "coats", "hats"};
    for (int i = 0; i < sales; ++i) {
      ledger_.clock.Advance(static_cast<std::int64_t>(random() % 3) * kMicrosPerHour);
      AccruePurchase sale = ledger_.Sale(members[random() % members.size()], ++receipt_, 0);
      for (std::int32_t line = 1; line <= 2; ++line) {
        sale.lines.push_back(
            Line(line, static_cast<std::int64_t>(random() % 20'000), kCategories[random() % 3]));
        sale.total += sale.lines.back().net;
      }
      if (random() % 8 == 0) sale.occurred_at = sale.occurred_at.PlusMicros(-kMicrosPerDay);
      ledger_.Do(sale);
      if (has_returns && random() % 10 == 0) {
        ledger_.Do(ReturnPurchase{ReceiptNo(100'000 + i), sale.receipt, ledger_.clock.Now(), {}});
      }
    }
  }

  BacktestReport Try(const std::string& document, std::optional<Sample> sample = std::nullopt) {
    const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
    for (const rules::Finding& finding : compiled.findings) {
      EXPECT_NE(finding.severity, rules::Severity::kError)
          << rules::RenderFinding(finding, "test", document);
    }
    SimulationSpec spec{TheProgram(), Candidate{compiled.rulebook, 0}, ledger_.clock.Now(),
                        BacktestPeriod{ledger_.clock.Now().PlusMicros(-90 * kMicrosPerDay),
                                       ledger_.clock.Now().PlusMicros(1), std::move(sample)}};
    SimulationWatch watch;
    const std::uint64_t before = ledger_.engine().sequence();
    absl::StatusOr<SimulationReport> report = Simulate(ledger_.engine().Read(), spec, watch);
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(watch.done(), watch.total());
    EXPECT_EQ(ledger_.engine().sequence(), before);
    return report.ok() ? *std::move(report->backtest) : BacktestReport();
  }

  static const RuleEffect& Of(const BacktestReport& report, const std::string& rule) {
    for (const RuleEffect& effect : report.rules) {
      if (effect.rule == rule) return effect;
    }
    LAUREL_CHECK(false, "the rule is in the report");
    return report.rules.front();
  }

  MapStore store_;
  TestLedger ledger_;
  int receipt_ = 0;
};

TEST_F(BacktestTest, ComesToTheLedgerUnderTheRevisionThatDecided) {
  Trade(400);
  const BacktestReport report = Try(Document());
  EXPECT_EQ(report.activities, 400);
  EXPECT_EQ(report.members, 12);
  EXPECT_EQ(report.changed, 0);
  EXPECT_THAT(report.most_changed, IsEmpty());
  EXPECT_THAT(report.assumptions, IsEmpty());
  std::int64_t points = 0;
  for (const RuleEffect& effect : report.rules) {
    EXPECT_EQ(effect.points_current, effect.points_candidate) << effect.rule;
    EXPECT_EQ(effect.awards_current, effect.awards_candidate) << effect.rule;
    points += effect.points_current;
  }
  EXPECT_GT(points, 0);
  for (const char* rule : {"base", "TIER_BONUS", "shoes", "coats", "daily", "lucky", "regular"}) {
    EXPECT_GT(Of(report, rule).points_current, 0) << rule;
  }
  EXPECT_GT(Of(report, "shoes").lost_in_group, 0);
  EXPECT_GT(report.limits.size(), 0u);
}

TEST_F(BacktestTest, TellsWhatAHigherRateWouldHaveBrought) {
  Trade(60, /*has_returns=*/false);
  const BacktestReport report = Try(Document({{R"(points: "1", per: "1.00", rounding: CARRY)",
                                               R"(points: "2", per: "1.00", rounding: CARRY)"}}));
  const RuleEffect& base = Of(report, "base");
  EXPECT_GT(base.points_current, 0);
  // Twice the rate, and the fractions that were carried.
  EXPECT_GE(base.points_candidate, 2 * base.points_current);
  EXPECT_LE(base.points_candidate, 2 * base.points_current + 24);
  EXPECT_EQ(Of(report, "base_credit").points_candidate, Of(report, "base_credit").points_current);
  EXPECT_EQ(report.most_changed.size(), BacktestReport::kChangedMax);
  const ChangedDecision& most = report.most_changed.front();
  EXPECT_THAT(most.explanation_current, HasSubstr("base  1 per 1.00"));
  EXPECT_THAT(most.explanation_candidate, HasSubstr("base  2 per 1.00"));
  EXPECT_GE(
      most.points_candidate - most.points_current,
      report.most_changed.back().points_candidate - report.most_changed.back().points_current);
}

TEST_F(BacktestTest, BurnsABudgetDownAndNamesTheDayOnWhichItEnds) {
  Trade(200, /*has_returns=*/false);
  // The ledger's own budget of 2,000 is gone after fifty sales; one of 400 after ten.
  for (const std::int64_t total : {400, 2'000, 100'000}) {
    const BacktestReport report =
        Try(Document({{"budget: {total: 2000}", absl::StrCat("budget: {total: ", total, "}")}}));
    ASSERT_EQ(report.budgets.size(), 1u);
    const BudgetEffect& budget = report.budgets[0];
    EXPECT_EQ(budget.total, total);
    EXPECT_EQ(budget.ends_on.has_value(), total < 100'000) << total;
    std::int64_t last = 0;
    for (const auto& [day, used] : budget.used) {
      EXPECT_GE(used, last);
      last = used;
    }
    EXPECT_EQ(last, std::min<std::int64_t>(total, 200 * 40));
    EXPECT_EQ(Of(report, "lucky").points_candidate, last);
  }
}

TEST_F(BacktestTest, CountsLimitsAsTheyWouldHaveBeen) {
  const MemberId ana = ledger_.Enroll(1);
  for (int i = 0; i < 4; ++i) ledger_.Accrue(ana, ++receipt_, 100);
  // 25, 25, 10 and nothing; without the limit 25 each time, with a lower one 25 and 5.
  EXPECT_EQ(Of(Try(Document()), "daily").points_candidate, 60);
  EXPECT_EQ(Of(Try(Document({{"max_points: 60", "max_points: 600"}})), "daily").points_candidate,
            100);
  const BacktestReport lower = Try(Document({{"max_points: 60", "max_points: 30"}}));
  EXPECT_EQ(Of(lower, "daily").points_candidate, 30);
  EXPECT_EQ(lower.limits.at("daily").points, 20);
}

TEST_F(BacktestTest, CarriesPointsIntoMetricsThatReadThem) {
  const MemberId ana = ledger_.Enroll(1);
  for (int i = 0; i < 4; ++i) {
    ledger_.clock.Advance(kMicrosPerDay);
    ledger_.Accrue(ana, ++receipt_, 8'000);
  }
  EXPECT_EQ(Of(Try(Document()), "regular").points_candidate, 0);  // 240 credit before the fourth
  const BacktestReport report =
      Try(Document({{R"(point_type: credit, points: "1")", R"(point_type: credit, points: "2")"}}));
  EXPECT_EQ(Of(report, "regular").points_candidate, 10);  // 480
}

TEST_F(BacktestTest, NamesRulesThatNeverFireOrAlwaysLose) {
  const MemberId ana = ledger_.Enroll(1);
  AccruePurchase sale = ledger_.Sale(ana, ++receipt_, 20'000);
  sale.lines = {Line(1, 10'000, "shoes"), Line(2, 10'000, "coats")};
  ledger_.Do(sale);
  const BacktestReport report = Try(Document());
  EXPECT_THAT(report.never_fired, ElementsAre("shoes", "regular"));
  EXPECT_THAT(report.always_lost, ElementsAre("shoes"));
}

TEST_F(BacktestTest, SaysWhatItTakesAsOfToday) {
  const MemberId ana = ledger_.Enroll(1);
  for (int i = 0; i < 3; ++i) {
    ledger_.clock.Advance(kMicrosPerDay);
    ledger_.Accrue(ana, ++receipt_, 8'000);
  }
  const BacktestReport report = Try(Document(
      {{"eligibility:",
        "  - {id: spend_all, measure: SUM, of: purchase.eligible_net, window: {lifetime: true}}\n"
        "eligibility:"},
       {"tiers:\n",
        "  - {id: loyal, name: Loyal, when: metrics.spend_all >= money(\"100.00\"), bonus: "
        "{point_type: points, points: 7}, stacking_group: extras}\ntiers:\n"}}));
  // 0, 80 and 160 before the three sales.
  EXPECT_EQ(Of(report, "loyal").points_candidate, 7);
  EXPECT_THAT(report.assumptions, Contains(HasSubstr("metrics.spend_all")));
}

TEST_F(BacktestTest, RaisesATierThatTheCandidateGivesEarlier) {
  const MemberId ana = ledger_.Enroll(1);
  for (int i = 0; i < 3; ++i) {
    ledger_.clock.Advance(kMicrosPerDay);
    ledger_.Accrue(ana, ++receipt_, 40'000);
  }
  EXPECT_EQ(Of(Try(Document()), "TIER_BONUS").points_candidate, 0);  // SILVER after the third
  const BacktestReport report =
      Try(Document({{"metrics.credit_12m >= 1000", "metrics.credit_12m >= 400"}}));
  EXPECT_EQ(Of(report, "TIER_BONUS").points_candidate, 200);  // a quarter of 400, twice
  EXPECT_THAT(report.assumptions, Contains(HasSubstr("tiers are those that members had")));
}

const std::vector<std::pair<std::string, std::string>> kWithValues = {
    {"eligibility:",
     "  - {id: most, measure: MAX, of: points.points, window: {rolling: 30 days}}\n"
     "  - {id: kinds, measure: DISTINCT, of: item.category, window: {lifetime: true}}\n"
     "eligibility:"},
    {"tiers:\n",
     "  - {id: modest, name: Modest, when: metrics.most < 300, bonus: {point_type: points, points: "
     "9}, stacking_group: extras}\n"
     "  - {id: variety, name: Variety, when: metrics.kinds >= 3, bonus: {point_type: points, "
     "points: "
     "11}, stacking_group: extras}\ntiers:\n"}};

TEST_F(BacktestTest, KnowsTheLargestValueAndHowManyDiffer) {
  ledger_.Activate(Document(kWithValues));
  ledger_.clock.Advance(2 * kMicrosPerDay);  // no sale is of the revision before
  Trade(300);
  const BacktestReport same = Try(Document(kWithValues));
  EXPECT_EQ(same.changed, 0);
  EXPECT_THAT(same.assumptions, IsEmpty());
  EXPECT_GT(Of(same, "modest").points_current, 0);
  EXPECT_GT(Of(same, "variety").points_current, 0);
  auto doubled = kWithValues;
  doubled.emplace_back(R"(points: "1", per: "1.00", rounding: CARRY)",
                       R"(points: "9", per: "1.00", rounding: CARRY)");
  const BacktestReport more = Try(Document(doubled));
  EXPECT_LT(Of(more, "modest").points_candidate, Of(more, "modest").points_current);
  EXPECT_EQ(Of(more, "variety").points_candidate, Of(more, "variety").points_current);
}

TEST_F(BacktestTest, TakesASampleThatIsTheSameEachTime) {
  Trade(100);
  const BacktestReport half = Try(Document(), Sample{"spring", 5'000});
  EXPECT_GT(half.members, 0);
  EXPECT_LT(half.members, 12);
  EXPECT_EQ(half.changed, 0);
  EXPECT_EQ(Try(Document(), Sample{"spring", 5'000}).activities, half.activities);
  EXPECT_EQ(Try(Document(), Sample{"spring", 10'000}).activities, 100);
}

}  // namespace
}  // namespace laurel
