#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/domain/tiers.h"
#include "rules/program/model.h"
#include "tests/engine/domain/scene.h"

// Metrics whose values the records keep one by one: the largest, and how many differ.
namespace laurel {
namespace {

std::string Document(const std::string& metrics, const std::string& tiers,
                     const std::string& more = "") {
  return With(HarbourDocument(), {{"metrics:\n", "metrics:\n" + metrics},
                                  {"qualify: metrics.credit_12m >= 1000", "qualify: " + tiers},
                                  {"tiers:\n", more + "tiers:\n"}});
}

std::int64_t MetricOf(Scene& scene, MemberId member, absl::string_view metric,
                      absl::string_view day = "") {
  ReadView view = scene.engine().Read();
  const Program* program = view.state().programs.Find(ProgramKey{TheProgram()});
  const auto rulebook =
      view.rulebooks()->Find(view.state(), TheProgram(), program->activations.back());
  const MemberStanding standing(view.state(), member, *rulebook);
  const Timestamp at = day.empty() ? scene.clock.Now() : Instant(absl::StrCat(day, "T12:00:00Z"));
  const MetricValues values = standing.MetricsAsOf(
      view.state().members.Find(MemberKey{member})->tier, rulebook->LocalDate(at));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (rulebook->model().metrics[i].id == metric) return values[i].value_or(-1);
  }
  return -2;
}

AccruePurchase SaleIn(Scene& scene, MemberId member, int receipt, std::string store,
                      std::vector<PurchaseLine> lines) {
  AccruePurchase sale = scene.Sale(member, receipt, 0);
  sale.receipt.store = PlaceId::Of(std::move(store));
  for (const PurchaseLine& line : lines) sale.total += line.net;
  sale.lines = std::move(lines);
  return sale;
}

constexpr char kBest[] =
    "  - {id: best, measure: MAX, of: purchase.eligible_net, window: {rolling: 90 days}}\n";
constexpr char kBestReaches[] = "metrics.best >= money(\"500.00\")";

TEST(LargestValue, GivesATierAtOnce) {
  Scene scene(Document(kBest, kBestReaches));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 30'000);
  scene.Buy(ana, 49'999);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(scene.Tier(ana).progress.at(0).have, 49'999);
  const auto entry = scene.Buy(ana, 50'000);
  EXPECT_EQ(entry->outcome.tier->tier, "SILVER");
  EXPECT_EQ(MetricOf(scene, ana, "best"), 50'000);
}

TEST(LargestValue, LeavesItsWindow) {
  Scene scene(Document(kBest, kBestReaches));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 40'000);
  scene.At("2026-04-20T12:00:00Z");
  scene.Buy(ana, 10'000);
  EXPECT_EQ(MetricOf(scene, ana, "best", "2026-05-30"), 40'000);
  EXPECT_EQ(MetricOf(scene, ana, "best", "2026-05-31"), 10'000);
  EXPECT_EQ(MetricOf(scene, ana, "best", "2026-03-10"), 40'000);
  EXPECT_EQ(MetricOf(scene, ana, "best", "2026-07-19"), 0);
}

TEST(LargestValue, GoesBackToTheNextWhereAReturnTakesIt) {
  Scene scene(Document(kBest, kBestReaches));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 20'000);
  scene.Buy(ana, 60'000);
  const ReceiptKey first = scene.receipt();
  scene.Buy(ana, 60'000);  // as large
  const ReceiptKey second = scene.receipt();
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Return(first);
  EXPECT_EQ(MetricOf(scene, ana, "best"), 60'000);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  const auto entry = scene.Return(second);
  EXPECT_EQ(MetricOf(scene, ana, "best"), 20'000);
  EXPECT_EQ(entry->outcome.tier->tier, "MEMBER");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
}

TEST(LargestValue, IsWhatIsLeftOfAPurchase) {
  Scene scene(Document(kBest, kBestReaches));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 35'000);
  scene.BuyLines(ana, {SaleLine(1, 30'000), SaleLine(2, 25'000)});
  const ReceiptKey large = scene.receipt();
  EXPECT_EQ(MetricOf(scene, ana, "best"), 55'000);
  scene.Return(large, {Pieces(2, 1, 5'000)});
  EXPECT_EQ(MetricOf(scene, ana, "best"), 35'000);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  scene.Return(large);
  EXPECT_EQ(MetricOf(scene, ana, "best"), 35'000);
}

TEST(LargestValue, OfPointsIsWhatAnActivityHasLeft) {
  Scene scene(
      Document("  - {id: most, measure: MAX, of: points.points, window: {lifetime: true}}\n"
               "  - {id: large, measure: SUM, of: points.points, where: 'purchase.net >= "
               "money(\"100.00\")', "
               "window: {lifetime: true}}\n",
               "metrics.most >= 500"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 20'000);
  scene.BuyLines(ana, {SaleLine(1, 30'000), SaleLine(2, 25'000)});
  EXPECT_EQ(MetricOf(scene, ana, "most"), 550);
  EXPECT_EQ(MetricOf(scene, ana, "large"), 750);
  scene.Return(scene.receipt(), {Pieces(1, 1)});
  EXPECT_EQ(MetricOf(scene, ana, "most"), 250);
  EXPECT_EQ(MetricOf(scene, ana, "large"), 450);
  scene.Return(scene.receipt());
  EXPECT_EQ(MetricOf(scene, ana, "most"), 200);
  EXPECT_EQ(MetricOf(scene, ana, "large"), 200);
}

TEST(LargestValue, IsReadByRulesAsItWasBefore) {
  Scene scene(Document(kBest, kBestReaches,
                       "promotions:\n  - {id: record, name: Record, when: 'metrics.best > 0 && "
                       "purchase.eligible_net > metrics.best', bonus: {point_type: points, points: "
                       "7}, stacking_group: all}\n"
                       "stacking_groups: [{id: all, mode: STACKED}]\n"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  scene.Buy(ana, 2'000);
  const ReceiptKey record = scene.receipt();
  scene.Buy(ana, 1'500);
  EXPECT_EQ(scene.Points(ana), 10 + 20 + 7 + 15);
  scene.Return(record);  // decided again from what the entry has kept
  EXPECT_EQ(scene.Points(ana), 10 + 15);
  scene.Buy(ana, 1'700);
  EXPECT_EQ(scene.Points(ana), 10 + 15 + 17 + 7);
}

TEST(LargestValue, StartsTheNextTermWithWhatWasLeftOver) {
  Scene scene(With(Document("  - {id: best, measure: MAX, of: purchase.eligible_net, window: "
                            "{tier_term: true}}\n",
                            kBestReaches),
                   {{"downgrade: DROP_ONE",
                     "downgrade: DROP_ONE, rollover: {metric: best, limit: "
                     "10000}"}}));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 65'000);
  scene.At("2027-03-03T12:00:00Z");
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  EXPECT_EQ(MetricOf(scene, ana, "best"), 10'000);
}

constexpr char kStores[] =
    "  - {id: stores, measure: DISTINCT, of: store.id, window: {lifetime: true}}\n"
    "  - {id: stores_30d, measure: DISTINCT, of: store.id, window: {rolling: 30 days}}\n"
    "  - {id: categories, measure: DISTINCT, of: item.category, window: {calendar: YEAR}}\n"
    "  - {id: brands, measure: DISTINCT, of: item.brand, items: 'item.net >= money(\"10.00\")', "
    "window: {lifetime: true}}\n"
    "  - {id: channels, measure: DISTINCT, of: activity.channel, where: 'purchase.net > 0', "
    "window: "
    "{lifetime: true}}\n";

TEST(DifferentValues, CountEachOnce) {
  Scene scene(Document(kStores, "metrics.stores >= 3"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Do(SaleIn(scene, ana, 1, "S1", {SaleLine(1, 500, 1, {"coats", "wool"})}));
  scene.At("2026-03-20T12:00:00Z");
  scene.Do(SaleIn(scene, ana, 2, "S1", {SaleLine(1, 500, 1, {"coats"})}));
  PurchaseLine branded = SaleLine(2, 1'500, 1, {"shoes"});
  branded.brand = "Oak";
  PurchaseLine cheap = SaleLine(3, 999, 1, {"shoes"});
  cheap.brand = "Elm";
  scene.Do(SaleIn(scene, ana, 3, "S2", {SaleLine(1, 500), branded, cheap}));
  EXPECT_EQ(MetricOf(scene, ana, "stores"), 2);
  EXPECT_EQ(MetricOf(scene, ana, "categories"), 2);
  EXPECT_EQ(MetricOf(scene, ana, "brands"), 1);
  EXPECT_EQ(MetricOf(scene, ana, "channels"), 1);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  scene.At("2026-05-02T12:00:00Z");
  const auto entry = scene.Do(SaleIn(scene, ana, 4, "S3", {SaleLine(1, 500)}));
  EXPECT_EQ(entry->outcome.tier->tier, "SILVER");
  EXPECT_EQ(MetricOf(scene, ana, "stores"), 3);
  EXPECT_EQ(MetricOf(scene, ana, "stores_30d"), 1);
  EXPECT_EQ(MetricOf(scene, ana, "stores", "2026-03-19"), 1);
  EXPECT_EQ(MetricOf(scene, ana, "stores_30d", "2026-03-31"), 2);
  EXPECT_EQ(MetricOf(scene, ana, "categories", "2027-01-01"), 0);
}

TEST(DifferentValues, GoWithTheLastReturnAlone) {
  Scene scene(Document(kStores, "metrics.stores >= 3"));
  const MemberId ana = scene.Enroll(1);
  std::vector<ReceiptKey> sales;
  for (int i = 0; i < 4; ++i) {
    const AccruePurchase sale =
        SaleIn(scene, ana, 10 + i, absl::StrCat("S", i % 3), {SaleLine(1, 500, 1, {"coats"})});
    scene.Do(sale);
    sales.push_back(sale.receipt);
  }
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Return(sales[0]);  // another one of S0 is left
  EXPECT_EQ(MetricOf(scene, ana, "stores"), 3);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Return(sales[3]);
  EXPECT_EQ(MetricOf(scene, ana, "stores"), 2);
  EXPECT_EQ(MetricOf(scene, ana, "stores_30d"), 2);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(MetricOf(scene, ana, "categories"), 1);
}

TEST(DifferentValues, OfLinesGoWithTheirLines) {
  Scene scene(Document(kStores, "metrics.categories >= 9"));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 500, 2, {"coats"}), SaleLine(2, 700, 1, {"shoes"}),
                       SaleLine(3, 700, 1, {"shoes"})});
  EXPECT_EQ(MetricOf(scene, ana, "categories"), 2);
  scene.Return(scene.receipt(), {Pieces(1, 1), Pieces(2, 1)});
  EXPECT_EQ(MetricOf(scene, ana, "categories"), 2);
  scene.Return(scene.receipt(), {Pieces(3, 1)});
  EXPECT_EQ(MetricOf(scene, ana, "categories"), 1);
}

TEST(DifferentValues, ALateActivitySeesThoseOfItsDay) {
  Scene scene(Document(kStores, "metrics.stores >= 2"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-20T12:00:00Z");
  scene.Do(SaleIn(scene, ana, 1, "S1", {SaleLine(1, 500)}));
  AccruePurchase late = SaleIn(scene, ana, 2, "S2", {SaleLine(1, 500)});
  late.occurred_at = Instant("2026-03-10T12:00:00Z");
  scene.Do(late);
  EXPECT_EQ(MetricOf(scene, ana, "stores", "2026-03-10"), 1);
  EXPECT_EQ(MetricOf(scene, ana, "stores"), 2);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
}

TEST(DifferentValues, LetABasketItselfCrossAThreshold) {
  Scene scene(With(Document(kStores, "metrics.stores >= 2",
                            "benefits:\n  - {id: TWICE, name: Twice, kind: POINT_MULTIPLIER, rule: "
                            "base, grants: [{tier: SILVER, value: \"2\"}]}\n"),
                   {{"upgrade: IMMEDIATE", "upgrade: IMMEDIATE, crossing: WITH_BASKET"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Do(SaleIn(scene, ana, 1, "S1", {SaleLine(1, 10'000)}));
  const AccruePurchase second = SaleIn(scene, ana, 2, "S2", {SaleLine(1, 10'000)});
  const auto entry = scene.Do(second);
  EXPECT_EQ(scene.Points(ana), 100 + 200);
  ASSERT_NE(entry->FindEvent<EvidenceKept>(), nullptr);
  EXPECT_FALSE(entry->FindEvent<EvidenceKept>()->metrics_after.empty());
  scene.Return(second.receipt);
  EXPECT_EQ(scene.Points(ana), 100);
}

TEST(MonthValues, KeepTheLargestWhereThereAreTooMany) {
  MonthValues values;
  for (std::int64_t value = 1; value <= 10; ++value) {
    values.Count(1, MetricCounted{"m", 1, MetricCounting::kLargest, value}, 4);
  }
  EXPECT_EQ(values.values.size(), 4u);
  EXPECT_EQ(values.Largest(), 10);
  values.Count(1, MetricCounted{"m", 1, MetricCounting::kLargest, 3}, 4);  // smaller than all
  values.Count(1, MetricCounted{"m", -1, MetricCounting::kLargest, 10}, 4);
  values.Count(1, MetricCounted{"m", -1, MetricCounting::kLargest, 1}, 4);  // forgotten before
  EXPECT_EQ(values.Largest(), 9);
  EXPECT_EQ(values.LargestOn(2), 0);
  for (std::int64_t value = 20; value <= 25; ++value) {
    values.Count(2, MetricCounted{"m", 1, MetricCounting::kDistinct, value}, 4);
  }
  EXPECT_EQ(values.values.size(), 4u);
  EXPECT_EQ(values.Largest(), 20);
}

}  // namespace
}  // namespace laurel
