#include "rules/program/document.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "rules/program/document_canonical.h"
#include "rules/program/model.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules {
namespace {

constexpr absl::string_view kSmall = R"(# A comment, and keys in any order.
name: "Caf\u00e9 \"Club\"\\"
id: cafe
schema: laurel.program.v1
time_zone: UTC
labels: {b: "2", a: 'one'}
currency: JPY
tiers:
  - {rank: 0, id: MEMBER, name: Member}
  - {id: GOLD, name: Gold, rank: 2, qualify: 'metrics.yen >= money("5000")'}
metrics: [{id: yen, measure: SUM, of: purchase.eligible_net, window: {lifetime: true}}]
point_types: [{id: points, name: Points, symbol: PT, kind: REDEEMABLE, decimals: 0}]
earning_rules: [{id: base, earn: {point_type: points, points: 1, per: 100, rounding: HALF_EVEN}}]
)";

constexpr absl::string_view kSmallCanonical =
    R"({"currency":"JPY","earning_rules":[{"earn":{"per":"100","point_type":"points","points":"1",)"
    R"("rounding":"ROUNDING_HALF_EVEN"},"id":"base"}],"id":"cafe","labels":{"a":"one","b":"2"},)"
    R"("metrics":[{"id":"yen","measure":"MEASURE_SUM","of":"purchase.eligible_net","window":{"lifetime":true}}],)"
    R"("name":"Café \"Club\"\\","point_types":[{"id":"points","kind":"KIND_REDEEMABLE","name":"Points","symbol":"PT"}],)"
    R"("schema":"laurel.program.v1","tiers":[{"id":"MEMBER","name":"Member"},{"id":"GOLD","name":"Gold",)"
    R"x("qualify":"metrics.yen >= money(\"5000\")","rank":2}],"time_zone":"UTC"})x";

TEST(Canonical, IsSortedJsonWithoutDefaults) {
  const auto rulebook = Compiled(kSmall);
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->canonical(), kSmallCanonical);
  EXPECT_EQ(ToHex(rulebook->digest()), ToHex(Sha256(kSmallCanonical)));
}

TEST(Canonical, DoesNotDependOnTheSpelling) {
  const std::string same = absl::StrReplaceAll(
      kSmall, {{"name: \"Caf\\u00e9 \\\"Club\\\"\\\\\"", "name: 'Café \"Club\"\\'"},
               {"HALF_EVEN", "ROUNDING_HALF_EVEN"},
               {"points: 1,", "points: '1',"},
               {"# A comment, and keys in any order.", "--- # another"}});
  const auto rulebook = Compiled(same);
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->canonical(), kSmallCanonical);
}

TEST(Canonical, ListOrderHasMeaning) {
  const auto one = Compiled(absl::StrReplaceAll(kSmall, {{"rank: 2, ", "rank: 1, "}}));
  ASSERT_NE(one, nullptr);
  EXPECT_NE(one->canonical(), kSmallCanonical);
}

TEST(Canonical, IsAFixedPoint) {
  const auto rulebook = Rulebook::FromCanonical(kSmallCanonical);
  ASSERT_TRUE(rulebook.ok()) << rulebook.status();
  EXPECT_EQ((*rulebook)->canonical(), kSmallCanonical);
  EXPECT_EQ((*rulebook)->name(), "Café \"Club\"\\");
}

TEST(Canonical, RefusesOtherBytes) {
  for (const std::string& bytes : {std::string(kSmall), absl::StrCat(kSmallCanonical, "\n"),
                                   std::string(kSmallCanonical.substr(1)), std::string(),
                                   absl::StrReplaceAll(kSmallCanonical, {{"KIND_", ""}}),
                                   absl::StrReplaceAll(kSmallCanonical, {{"JPY", "XAU"}})}) {
    const auto rulebook = Rulebook::FromCanonical(bytes);
    EXPECT_EQ(rulebook.status().code(), absl::StatusCode::kInternal) << bytes;
  }
}

TEST(CanonicalString, EscapesAsRfc8785) {
  EXPECT_EQ(CanonicalString("plain"), "\"plain\"");
  EXPECT_EQ(CanonicalString("\b\t\n\f\r\"\\/"), R"("\b\t\n\f\r\"\\/")");
  EXPECT_EQ(CanonicalString(absl::string_view("\x00\x0F\x7F", 3)), "\"\\u0000\\u000f\x7F\"");
  EXPECT_EQ(CanonicalString("\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(Canonical, HasAtMost48Kibibytes) {
  ProgramText text;
  text.rules.clear();
  for (int i = 0; i < 400; ++i) {
    absl::StrAppend(&text.rules, "- {id: rule_", i, ", description: ", std::string(20, 'x'),
                    ", earn: {point_type: points, points: 1, per: 1}}\n");
  }
  EXPECT_EQ(RenderedFindings(text.Render()), "");
  for (int i = 400; i < 600; ++i) {
    absl::StrAppend(&text.rules, "- {id: rule_", i, ", description: ", std::string(20, 'x'),
                    ", earn: {point_type: points, points: 1, per: 1}}\n");
  }
  const std::vector<Finding> findings = Rulebook::Compile(text.Render()).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "R-SCHEMA-023");
}

TEST(Compile, TakesJson) {
  const auto rulebook = Compiled(absl::StrCat("\xEF\xBB\xBF \n", kSmallCanonical, "\n"));
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->canonical(), kSmallCanonical);
}

TEST(Compile, ExposesWhatTheDocumentSays) {
  const auto rulebook = Compiled(R"(
schema: laurel.program.v1
id: thread-co
name: Thread & Co
currency: KWD
time_zone: Asia/Kuwait
max_late_arrival: 40 years
point_types:
  - {id: points, name: Points, symbol: PT, kind: REDEEMABLE, decimals: 2, unit_cost: "0.0065", clawback: ARREARS,
     settlement: {policy: IMMEDIATE}}
  - {id: credit, name: Credit, symbol: CR, kind: QUALIFYING, clawback: PENDING_ONLY}
metrics:
  - {id: spend, name: Spend, measure: SUM, of: purchase.eligible_net, window: {rolling: 1 year}}
  - {id: credit, measure: SUM, of: points.credit, window: {rolling: 6 weeks}}
  - {id: points, measure: SUM, of: points.points, window: {rolling: 30 days}}
  - {id: days, measure: DISTINCT_DAYS, window: {lifetime: true}}
  - {id: count, measure: COUNT, window: {rolling: 18 months}}
tiers:
  - {id: GOLD, name: Gold, rank: 10, qualify: 'metrics.spend >= money("1.5") && metrics.days >= 3'}
  - {id: BASE, name: Base, rank: 0}
  - id: SILVER
    name: Silver
    rank: 5
    qualify: metrics.spend >= money("1.250") || metrics.points >= 1050
    retain: metrics.spend >= money("1") || metrics.points >= 1
tier_policy: {review: {every: 2 years}, downgrade: RECOMPUTE}
)");
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->program(), "thread-co");
  EXPECT_EQ(rulebook->name(), "Thread & Co");
  EXPECT_EQ(rulebook->currency(), "KWD");
  EXPECT_EQ(rulebook->currency_exponent(), 3);
  EXPECT_EQ(rulebook->time_zone(), "Asia/Kuwait");
  EXPECT_EQ(rulebook->max_late_arrival_micros(), 40 * 366 * kMicrosPerDay);

  ASSERT_EQ(rulebook->point_types().size(), 2u);
  const PointType& points = rulebook->point_types()[0];
  EXPECT_EQ(points.id, "points");
  EXPECT_EQ(points.kind, PointKind::kRedeemable);
  EXPECT_EQ(points.decimals, 2);
  EXPECT_EQ(points.unit_cost_micros, 6'500);
  EXPECT_EQ(points.clawback, Clawback::kArrears);
  EXPECT_EQ(rulebook->point_types()[1].kind, PointKind::kQualifying);
  EXPECT_EQ(rulebook->point_types()[1].clawback, Clawback::kPendingOnly);

  const std::span<const Metric> metrics = rulebook->metrics();
  ASSERT_EQ(metrics.size(), 5u);
  EXPECT_EQ(metrics[0].measure, Measure::kSpend);
  EXPECT_EQ(metrics[0].rolling_months, 12);
  EXPECT_EQ(metrics[1].measure, Measure::kPoints);
  EXPECT_EQ(metrics[1].point_type, 1u);
  EXPECT_EQ(metrics[1].rolling_days, 42);
  EXPECT_EQ(metrics[3].measure, Measure::kVisitDays);
  EXPECT_EQ(metrics[3].rolling_days + metrics[3].rolling_months, 0);
  EXPECT_EQ(metrics[4].measure, Measure::kPurchases);

  const std::span<const Tier> tiers = rulebook->tiers();
  ASSERT_EQ(tiers.size(), 3u);
  EXPECT_EQ(tiers[0].id, "BASE");
  EXPECT_TRUE(tiers[0].qualify.empty());
  EXPECT_EQ(tiers[1].id, "SILVER");
  EXPECT_EQ(tiers[1].qualify[0][0].at_least, 1'250);
  EXPECT_EQ(tiers[1].qualify[1][0].at_least, 1'050);
  EXPECT_EQ(tiers[1].retain[1][0].at_least, 1);
  EXPECT_EQ(tiers[2].rank, 10);
  EXPECT_EQ(tiers[2].qualify[0][1].metric, 3u);
  EXPECT_EQ(tiers[2].retain.size(), 1u);
  EXPECT_EQ(rulebook->model().tier_policy.every.months(), 24);
  EXPECT_EQ(rulebook->model().tier_policy.downgrade, model::Downgrade::kRecompute);
}

TEST(Compile, DefaultsAreThoseOfTheSchema) {
  const auto rulebook = Compiled(ProgramText{});
  ASSERT_NE(rulebook, nullptr);
  EXPECT_EQ(rulebook->max_late_arrival_micros(), 30 * kMicrosPerDay);
  EXPECT_EQ(rulebook->point_types()[0].clawback, Clawback::kWithinBalance);
  EXPECT_FALSE(rulebook->model().tier_policy.has_review);
  EXPECT_EQ(rulebook->model().tier_policy.downgrade, model::Downgrade::kDropOne);
}

}  // namespace
}  // namespace laurel::rules
