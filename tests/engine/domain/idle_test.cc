#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// Points that end when their member does nothing for long.
namespace laurel {
namespace {

std::string Document(
    const std::string& expiry =
        "[{policy: INACTIVITY, after: 6 months, activities: [purchase, check_in]}]",
    const std::string& more = "") {
  return With(HarbourDocument(),
              {{"[{policy: ROLLING, after: 12 months}]", expiry},
               {"point_types:\n",
                "activity_types: [{id: check_in, name: Check-in}, {id: poll, name: "
                "Poll}]\npoint_types:\n"},
               {"tiers:\n", more + "tiers:\n"}});
}

AccrueActivity Doing(Scene& scene, MemberId member, std::string type) {
  return AccrueActivity{.member = member,
                        .type = std::move(type),
                        .reference = {},
                        .occurred_at = scene.clock.Now(),
                        .channel = Channel::kApp,
                        .store = {},
                        .attributes = {}};
}

AdjustPoints Giving(MemberId member, std::int64_t amount) {
  return AdjustPoints{.member = member,
                      .type = PointsType(),
                      .amount = amount,
                      .reason = ReasonCode::Of("goodwill"),
                      .reference = {}};
}

TEST(Idle, PointsEndToTheMicrosecondSoLongAfterTheLastAct) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-05-02T12:00:00Z");
  scene.Do(Doing(scene, ana, "poll"));  // counts for nothing here
  scene.At("2026-09-02T21:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 100);
  scene.At("2026-09-02T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kInsufficientPoints);
  const auto ended = scene.Entries(ana, EntryKind::kExpire);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ToString(*ended[0]->effective_on), "2026-09-02");
  EXPECT_EQ(ToString(ended[0]->occurred_at), "2026-09-02T22:00:00.000000Z");
}

TEST(Idle, EachActMovesTheEndOfAllLotsAndNoLotIsTouched) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  for (int i = 0; i < 40; ++i) scene.Buy(ana, 1'000);
  scene.At("2026-08-20T12:00:00Z");
  const auto act = scene.Do(Doing(scene, ana, "check_in"));
  EXPECT_TRUE(act->lot_moves.empty());
  ASSERT_NE(act->FindEvent<IdleEndMoved>(), nullptr);
  EXPECT_EQ(ToString(act->FindEvent<IdleEndMoved>()->ends_at), "2027-02-20T23:00:00.000000Z");
  // Once a day is enough.
  EXPECT_EQ(scene.Do(Doing(scene, ana, "check_in"))->FindEvent<IdleEndMoved>(), nullptr);
  scene.At("2027-02-20T22:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 400);
  scene.Spend(ana, 15);
  scene.At("2027-02-20T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Buy(ana, 2'000);
  EXPECT_EQ(scene.Points(ana), 20);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kExpire).size(), 1u);
}

TEST(Idle, ALateActMovesNothingThatALaterOneMoved) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-20T12:00:00Z");
  scene.Buy(ana, 10'000);
  const auto late = scene.Buy(ana, 10'000, "2026-03-10T12:00:00Z");
  EXPECT_EQ(late->FindEvent<IdleEndMoved>(), nullptr);
  EXPECT_EQ(ToString(late->FindEvent<PointsAwarded>()->idle_ends_at),
            "2026-09-20T22:00:00.000000Z");
  scene.At("2026-09-20T21:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 200);
  scene.At("2026-09-20T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Idle, OfSeveralPoliciesTheEarliestCounts) {
  Scene scene(
      Document("[{policy: ROLLING, after: 8 months}, {policy: INACTIVITY, after: 6 months}]"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-07-02T12:00:00Z");
  scene.Buy(ana, 5'000);  // the first lot's own end comes first now
  scene.At("2026-11-02T22:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 150);
  scene.At("2026-11-02T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 50);
  scene.At("2027-01-02T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Idle, LotsAreSpentInTheOrderInWhichTheyEnd) {
  // Those of a promotion have an end of their own, behind that of inactivity or before.
  Scene scene(
      Document("[{policy: INACTIVITY, after: 6 months}]",
               "stacking_groups: [{id: all, mode: STACKED}]\n"
               "promotions:\n  - {id: extra, name: Extra, bonus: {point_type: points, points: "
               "40}, lot: {expiry: [{policy: ROLLING, after: 8 months}]}, stacking_group: "
               "all, limits: [{max_fires: 1, per: MEMBER, window: LIFETIME}]}\n"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);  // 100 until 2026-09-03 at present, 40 until 2026-11-03
  EXPECT_EQ(scene.Points(ana), 140);
  scene.Spend(ana, 30);
  EXPECT_EQ(scene.Lots(ana), "40 2026-11-02T23, 70 never");
  scene.At("2026-08-02T12:00:00Z");
  scene.Buy(ana, 1'000);  // now 2027-02-03
  scene.Spend(ana, 30);
  EXPECT_EQ(scene.Lots(ana), "10 2026-11-02T23, 70 never, 10 never");
  scene.At("2026-11-02T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 80);
}

TEST(Idle, WhatIsGivenByHandIsNoAct) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.principal = "eve";
  scene.At("2026-03-02T12:00:00Z");
  scene.Do(Giving(ana, 10));  // before any act: counted from then
  scene.At("2026-04-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-06-01T12:00:00Z");
  const auto given = scene.Do(Giving(ana, 5));
  EXPECT_EQ(given->FindEvent<IdleEndMoved>(), nullptr);
  EXPECT_EQ(ToString(given->FindEvent<PointsAdjusted>()->idle_ends_at),
            "2026-10-02T22:00:00.000000Z");
  scene.At("2026-10-02T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  // An end that has passed begins anew.
  scene.Do(Giving(ana, 7));
  scene.At("2027-04-03T21:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 7);
  scene.At("2027-04-03T22:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Idle, HeldPointsEndWhenTheyAreFreed) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2026-08-30T12:00:00Z");
  const auto hold = scene.Do(HoldPoints{ana, PointsType(), 60, 10 * kMicrosPerDay, ""});
  scene.At("2026-09-05T12:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Do(VoidHold{HoldKey{ana, hold->sequence}});
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Lots(ana), "");
}

TEST(Idle, LotsOfRulesAreNotServed) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(
      Document("[{policy: INACTIVITY, after: 6 months}]",
               "promotions:\n  - {id: extra, name: Extra, bonus: {point_type: points, points: 40}, "
               "lot: {expiry: [{policy: INACTIVITY, after: 8 months}]}, stacking_group: all}\n"
               "stacking_groups: [{id: all, mode: STACKED}]\n"));
  EXPECT_EQ(compiled.rulebook, nullptr);
  EXPECT_TRUE(std::any_of(compiled.findings.begin(), compiled.findings.end(),
                          [](const rules::Finding& f) { return f.code == "R-SCHEMA-026"; }));
}

}  // namespace
}  // namespace laurel
