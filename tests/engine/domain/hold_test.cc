#include "tests/engine/domain/scene.h"

// Holds beyond what the scenarios show: arrears, lots without number, what is told.
namespace laurel {
namespace {

struct Reserved {
  HoldKey key;
  std::shared_ptr<const Entry> entry;
};
Reserved Reserve(Scene& scene, MemberId member, std::int64_t points) {
  const auto entry = scene.Do(HoldPoints{member, PointsType(), points});
  return {HoldKey{member, entry->sequence}, entry};
}

Hold RecordOf(Scene& scene, const HoldKey& key) {
  ReadView view = scene.engine().Read();
  AdvancePoints(view.state(), key.member, scene.clock.Now());
  return *view.state().holds.Find(key);
}

TEST(Hold, MovesPointsBetweenTheMembersOwnAccounts) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const Reserved held = Reserve(scene, ana, 60);
  EXPECT_EQ(Postings(*held.entry), "member/available points -60, member/held points 60");
  const auto captured = scene.Do(CaptureHold{held.key, 20, true, "order 7"});
  EXPECT_EQ(Postings(*captured),
            "member/available points 40, member/held points -60, redemption/payment points 20");
  EXPECT_EQ(scene.Points(ana), 80);
  const Hold hold = RecordOf(scene, held.key);
  EXPECT_EQ(ToString(hold.state), "CAPTURED");
  EXPECT_EQ(hold.captured, 20);
  EXPECT_EQ(hold.held(), 0);
  EXPECT_EQ(hold.ended_at, captured->recorded_at);
}

TEST(Hold, IsOverWhenNothingIsLeftOfIt) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const Reserved held = Reserve(scene, ana, 60);
  scene.Do(CaptureHold{held.key, 20});
  EXPECT_EQ(ToString(RecordOf(scene, held.key).state), "OPEN");
  scene.Do(CaptureHold{held.key, std::nullopt});
  EXPECT_EQ(ToString(RecordOf(scene, held.key).state), "CAPTURED");
  EXPECT_TRUE(scene.Record(ana).lots_due_at > scene.clock.Now().PlusMicros(kMicrosPerDay));
}

TEST(Hold, LapsesInAnEntryOfItsOwnInstant) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const Reserved held = Reserve(scene, ana, 60);
  scene.clock.Advance(3 * kMicrosPerDay);
  scene.Spend(ana, 100);
  const auto lapsed = scene.Entries(ana, EntryKind::kHoldLapsed);
  ASSERT_EQ(lapsed.size(), 1u);
  EXPECT_EQ(lapsed[0]->occurred_at, held.entry->recorded_at.PlusMicros(kHoldMicrosDefault));
  EXPECT_EQ(scene.Refused(VoidHold{held.key}).metadata,
            (decltype(Rejected::metadata){{"ended_at", ToString(lapsed[0]->occurred_at)},
                                          {"state", "LAPSED"}}));
}

TEST(Hold, OfAnotherProgramOrMemberIsUnknown) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId bob = scene.Enroll(2);
  scene.Buy(ana, 10'000);
  const Reserved held = Reserve(scene, ana, 60);
  EXPECT_EQ(scene.Refused(VoidHold{{bob, held.key.sequence}}).reason, Rejection::kHoldNotFound);
  EXPECT_EQ(scene.Refused(VoidHold{{ana, held.key.sequence + 1}}).reason, Rejection::kHoldNotFound);
  EXPECT_EQ(scene.Refused(VoidHold{{MemberIdFor(0, 9'999), held.key.sequence}}).reason,
            Rejection::kHoldNotFound);
}

TEST(Hold, WhatIsFreedCoversArrearsFirst) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  const Reserved held = Reserve(scene, ana, 60);
  // Held points are never taken back: 40 are there, and 60 are owed.
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), -60);
  scene.Do(VoidHold{held.key});
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Lots(ana), "");
}

TEST(Hold, TwoHoldsShareALotAndTheEarlierLapsesFirst) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const auto longer = scene.Do(HoldPoints{ana, PointsType(), 30, 2 * kMicrosPerHour});
  Reserve(scene, ana, 50);
  scene.clock.Advance(kMicrosPerHour);
  EXPECT_EQ(scene.Points(ana), 70);
  scene.Do(CaptureHold{{ana, longer->sequence}, std::nullopt});
  EXPECT_EQ(scene.Points(ana), 70);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kHoldLapsed).size(), 1u);
}

TEST(Hold, HoldsManyLotsButNotMoreThanItsEndCanTell) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (int i = 0; i < 450; ++i) scene.Buy(ana, 100);
  EXPECT_EQ(scene.Refused(HoldPoints{ana, PointsType(), 401}).reason, Rejection::kAmountNotAllowed);
  // All of them end while they are held: the largest entry that ends a hold.
  const auto held = scene.Do(HoldPoints{ana, PointsType(), 400, kHoldMicrosMax});
  scene.clock.Advance(29 * kMicrosPerDay);
  scene.Do(VoidHold{{ana, held->sequence}});
  EXPECT_EQ(scene.Points(ana), 450);
}

TEST(Hold, ACaptureIsReversedIntoItsLots) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-06-01T12:00:00Z");
  scene.Buy(ana, 4'000);
  scene.At("2026-07-01T12:00:00Z");
  scene.Buy(ana, 6'000);
  const Reserved held = Reserve(scene, ana, 70);
  const auto captured = scene.Do(CaptureHold{held.key, 50, true});
  EXPECT_EQ(scene.Lots(ana), "50 2027-07-01T22");
  scene.Do(ReverseRedemption{captured->sequence, 15});
  EXPECT_EQ(scene.Lots(ana), "5 2027-06-01T22, 60 2027-07-01T22");
  scene.Do(ReverseRedemption{captured->sequence, std::nullopt});
  EXPECT_EQ(scene.Lots(ana), "40 2027-06-01T22, 60 2027-07-01T22");
}

TEST(Hold, AReturnGivesBackInProportionWhateverOrderTheyCameIn) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 50'000);
  // The capture names a receipt that is not posted yet.
  const Reserved held = Reserve(scene, ana, 101);
  const AccruePurchase coming = scene.Sale(ana, 2, 0);
  CaptureHold capture{held.key, std::nullopt};
  capture.purchase = coming.receipt;
  scene.Do(capture);
  scene.BuyLines(ana, {SaleLine(1, 5'000), SaleLine(2, 5'000), SaleLine(3, 5'000)});
  ASSERT_EQ(scene.receipt(), coming.receipt);
  EXPECT_EQ(scene.Points(ana), 549);
  const auto back = [&](std::int32_t line) {
    return scene.Return(coming.receipt, {Pieces(line, 1)})->FindEvent<RedemptionReversed>()->amount;
  };
  EXPECT_EQ(back(1), 33);
  EXPECT_EQ(back(2), 34);
  EXPECT_EQ(back(3), 34);
  EXPECT_EQ(scene.Points(ana), 500);
}

TEST(Hold, WhatComesBackCanBeTakenBack) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  // Paid with points of its own award: all that is there.
  scene.Do(Redeem{ana, PointsType(), 100, "", sale});
  const auto returned = scene.Return(sale);
  EXPECT_EQ(returned->FindEvent<PointsTakenBack>()->shortfall, 0);
  EXPECT_EQ(returned->FindEvent<RedemptionReversed>()->amount, 100);
  EXPECT_EQ(scene.Points(ana), 0);
}

}  // namespace
}  // namespace laurel
