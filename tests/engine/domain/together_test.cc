#include <string>

#include "absl/strings/str_cat.h"
#include "engine/domain/attributes.h"
#include "engine/domain/metrics.h"
#include "rules/program/model.h"
#include "tests/engine/domain/scene.h"

// What members that are one have together: idle ends, values of metrics, what was told of them; and
// what becomes of idle ends where points change hands.
namespace laurel {
namespace {

MergeMembers Merging(MemberId merged, MemberId survivor) {
  return MergeMembers{merged, survivor, ReasonCode::Of("same_person")};
}
UnmergeMembers Parting(MemberId merged) {
  return UnmergeMembers{merged, ReasonCode::Of("not_the_same")};
}

std::string IdleDocument() {
  return With(HarbourDocument(),
              {{"[{policy: ROLLING, after: 12 months}]",
                "[{policy: INACTIVITY, after: 6 months, activities: [purchase]}]"}});
}

TEST(Together, WhatOneHasDoneKeepsThePointsOfBoth) {
  Scene scene(IdleDocument());
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-05-02T12:00:00Z");
  scene.Buy(cleo, 5'000);
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(scene.Points(cleo), 150);
  scene.At("2026-09-02T22:00:00Z");  // ana alone would have lost hers
  EXPECT_EQ(scene.Points(cleo), 150);
  scene.At("2026-11-02T22:59:59.999999Z");
  EXPECT_EQ(scene.Points(cleo), 150);
  scene.At("2026-11-02T23:00:00Z");
  EXPECT_EQ(scene.Points(cleo), 0);
  scene.Buy(ana, 1'000);  // by the old id
  EXPECT_EQ(scene.Entries(cleo, EntryKind::kExpire).size(), 1u);
  EXPECT_EQ(scene.Points(cleo), 10);
}

TEST(Together, AnActWhileTheyWereOneWasDoneByBoth) {
  Scene scene(IdleDocument());
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.Buy(cleo, 5'000);
  scene.Do(Merging(ana, cleo));
  scene.At("2026-05-02T12:00:00Z");
  scene.Buy(cleo, 1'000);
  scene.Spend(cleo, 30);
  scene.Do(Parting(ana));
  EXPECT_EQ(scene.Points(ana), 70);
  EXPECT_EQ(scene.Points(cleo), 60);
  scene.At("2026-08-02T12:00:00Z");
  scene.Buy(ana, 1'000);
  scene.At("2026-11-02T22:59:59.999999Z");
  EXPECT_EQ(scene.Points(cleo), 60);
  scene.At("2026-11-02T23:00:00Z");
  EXPECT_EQ(scene.Points(cleo), 0);
  EXPECT_EQ(scene.Points(ana), 80);
  scene.At("2027-02-02T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Together, WhatComesBackFromALotThatLeftEndsWithWhoeverHasIt) {
  Scene scene(IdleDocument());
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.Do(Merging(ana, cleo));
  const auto spent = scene.Spend(cleo, 40);
  scene.Do(Parting(ana));
  scene.At("2026-04-02T12:00:00Z");
  const auto back = scene.Do(ReverseRedemption{spent->sequence, std::nullopt});
  const auto* restored = back->FindEvent<PointsRestored>();
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(ToString(restored->idle_ends_at), "2026-09-02T22:00:00.000000Z");
  scene.At("2026-08-02T12:00:00Z");
  scene.Buy(cleo, 1'000);
  scene.At("2026-09-02T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Points(cleo), 50);
}

TEST(Together, WhatIsGivenAwayEndsWithTheIdlenessOfWhoeverHasIt) {
  Scene scene(IdleDocument());
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-04-01T12:00:00Z");
  const auto given = scene.Do(TransferPoints{ana, cleo, PointsType(), 40, "gift"});
  const auto* piece = given->FindEvent<PiecePassed>();
  ASSERT_NE(piece, nullptr);
  EXPECT_EQ(ToString(piece->idle_ends_at), "2026-10-01T22:00:00.000000Z");
  scene.At("2026-09-02T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Points(cleo), 40);
  scene.At("2026-10-01T22:00:00Z");
  EXPECT_EQ(scene.Points(cleo), 0);
}

TEST(Together, AnImportedLotSaysItsEndOrEndsWithIdleness) {
  Scene scene(IdleDocument());
  scene.At("2026-03-02T12:00:00Z");
  ImportMember order;
  order.lots.push_back({.type = PointsType(),
                        .amount = 30,
                        .awarded_at = Instant("2025-12-01T12:00:00Z"),
                        .activates_at = {},
                        .expires_at = Timestamp::Never()});
  order.lots.push_back({.type = PointsType(),
                        .amount = 12,
                        .awarded_at = Instant("2025-12-01T12:00:00Z"),
                        .activates_at = {},
                        .expires_at = Instant("2026-12-01T23:00:00Z")});
  const MemberId ana = *scene.Do(std::move(order))->member;
  EXPECT_EQ(scene.Points(ana), 42);
  scene.At("2026-09-02T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 12);
  scene.At("2026-12-01T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

std::int64_t MetricOf(Scene& scene, MemberId member, absl::string_view metric) {
  ReadView view = scene.engine().Read();
  const Program* program = view.state().programs.Find(ProgramKey{TheProgram()});
  const auto rulebook =
      view.rulebooks()->Find(view.state(), TheProgram(), program->activations.back());
  const std::vector<rules::model::Metric>& metrics = rulebook->model().metrics;
  const auto values =
      MetricsAsOf(view.state(), member, metrics, rulebook->LocalDate(scene.clock.Now()), {});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (metrics[i].id == metric) return values[i].value_or(-1);
  }
  return -2;
}

TEST(Together, ValuesOfMetricsAreThoseOfBothAndNotTheirSum) {
  Scene scene(With(
      HarbourDocument(),
      {{"metrics:\n",
        "metrics:\n"
        "  - {id: best, measure: MAX, of: purchase.eligible_net, window: {rolling: 90 days}}\n"}}));
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 8'000);
  const ReceiptKey best = scene.receipt();
  scene.Buy(cleo, 5'000);
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(MetricOf(scene, cleo, "best"), 8'000);
  scene.Return(best);
  EXPECT_EQ(MetricOf(scene, cleo, "best"), 5'000);
  scene.Do(Parting(ana));
  EXPECT_EQ(MetricOf(scene, ana, "best"), 0);
  EXPECT_EQ(MetricOf(scene, cleo, "best"), 5'000);
}

TEST(Together, OfWhatWasToldOfBothTheLatestCounts) {
  Scene scene(With(
      HarbourDocument(),
      {{"tiers:\n", "member_attributes: [{id: score, type: INT, min: 0, max: 100}]\ntiers:\n"}}));
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  const auto tell = [&](MemberId member, std::int64_t score) {
    scene.Do(SetMemberAttributes{member, {MemberAttribute{{"score", score}}}, {}});
    scene.clock.Advance(kMicrosPerSecond);
  };
  const auto told = [&](MemberId member) {
    ReadView view = scene.engine().Read();
    const auto all = ToldOf(view.state(), view.state().GroupOf(member));
    return all.empty() ? -1 : std::get<std::int64_t>(all[0].told.attribute.value);
  };
  tell(cleo, 10);
  tell(ana, 20);
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(told(cleo), 20);
  tell(cleo, 30);
  EXPECT_EQ(told(cleo), 30);
  scene.Do(Parting(ana));
  EXPECT_EQ(told(ana), 20);
  EXPECT_EQ(told(cleo), 30);
  scene.Do(Merging(ana, cleo));
  scene.Do(SetMemberAttributes{cleo, {}, {"score"}});
  EXPECT_EQ(told(cleo), -1);
  scene.Do(Parting(ana));
  EXPECT_EQ(told(ana), -1);
}

}  // namespace
}  // namespace laurel
