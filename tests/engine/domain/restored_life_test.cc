#include "tests/engine/domain/scene.h"

// Points that a reversal puts back live a while at least.
namespace laurel {
namespace {

std::string Document() {
  return With(HarbourDocument(),
              {{"kind: REDEEMABLE,", "kind: REDEEMABLE, restored_life: 14 days,"}});
}

TEST(RestoredLife, MakesALotOfItsOwnWhereTheOldOneEndsEarlier) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  const auto spent = scene.Spend(ana, 60);
  scene.At("2027-03-10T12:00:00Z");  // what was left has ended on the 3rd
  const auto back = scene.Do(ReverseRedemption{spent->sequence, std::nullopt});
  ASSERT_NE(back->FindEvent<PointsRestored>(), nullptr);
  EXPECT_EQ(back->FindEvent<LotExpired>(), nullptr);
  EXPECT_EQ(scene.Lots(ana), "60 2027-03-24T23");
  EXPECT_EQ(Postings(*back), "member/available points 60, redemption/payment points -60");
  scene.At("2027-03-24T22:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 60);
  scene.At("2027-03-24T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(RestoredLife, LeavesALotThatLivesLongerAlone) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  const auto spent = scene.Spend(ana, 60);
  scene.At("2026-03-10T12:00:00Z");
  const auto back = scene.Do(ReverseRedemption{spent->sequence, std::nullopt});
  EXPECT_EQ(back->FindEvent<PointsRestored>(), nullptr);
  EXPECT_EQ(scene.Lots(ana), "100 2027-03-02T23");
}

TEST(RestoredLife, IsGivenByAReturnToo) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  scene.At("2027-02-25T12:00:00Z");
  scene.Buy(ana, 5'000);
  const ReceiptKey paid = scene.receipt();
  scene.Do(Redeem{ana, PointsType(), 80, "", paid});
  scene.At("2027-03-10T12:00:00Z");
  scene.Return(paid);
  EXPECT_EQ(scene.Lots(ana), "80 2027-03-24T23");
}

TEST(RestoredLife, CoversArrearsFirst) {
  Scene scene(With(Document(), {{"clawback: WITHIN_BALANCE", "clawback: ARREARS"}}));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  const auto spent = scene.Spend(ana, 100);
  scene.At("2026-03-20T12:00:00Z");
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), -100);
  scene.At("2027-03-10T12:00:00Z");
  scene.Do(ReverseRedemption{spent->sequence, std::nullopt});
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Lots(ana), "");
}

}  // namespace
}  // namespace laurel
