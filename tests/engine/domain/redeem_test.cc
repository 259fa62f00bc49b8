#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

std::string Taken(const Entry& entry) {
  std::string text;
  for (const LotMove& move : entry.lot_moves) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", ToString(move.lot.id), " ", move.delta);
  }
  return text;
}

// Shows G5.
TEST(Redeem, TakesWhatEndsFirstThenTheOlder) {
  // A late purchase ends earlier although it was made later.
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-06-01T12:00:00Z");
  const auto june = scene.Buy(ana, 4'000);
  const auto same_day = scene.Buy(ana, 3'500);
  const auto may = scene.Buy(ana, 2'500, "2026-05-15T12:00:00Z");
  EXPECT_EQ(scene.Lots(ana), "25 2027-05-15T22, 40 2027-06-01T22, 35 2027-06-01T22");
  const auto redeemed = scene.Spend(ana, 90);
  EXPECT_EQ(Taken(*redeemed), absl::StrCat(may->sequence, ".1 -25, ", june->sequence, ".1 -40, ",
                                           same_day->sequence, ".1 -25"));
  EXPECT_EQ(Postings(*redeemed), "member/available points -90, redemption/payment points 90");
  EXPECT_EQ(scene.Lots(ana), "10 2027-06-01T22");
}

TEST(Redeem, TakesLotsWithoutEndLast) {
  Scene scene(With(HarbourDocument(), {{"expiry: [{policy: ROLLING, after: 12 months}], ", ""}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 5'000);
  EXPECT_EQ(scene.Lots(ana), "50 never");
  scene.At("2026-03-02T12:00:00Z");
  scene.Activate(HarbourDocument());
  scene.At("2026-03-03T12:00:00Z");
  scene.Buy(ana, 3'000);
  scene.Spend(ana, 60);
  EXPECT_EQ(scene.Lots(ana), "20 never");
}

TEST(Redeem, SaysWhatIsMissing) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 2'000);
  EXPECT_EQ(
      scene.Refused(Redeem{ana, PointsType(), 21, ""}).metadata,
      (decltype(Rejected::metadata){{"available", "20"}, {"pending", "0"}, {"required", "21"}}));
  scene.Spend(ana, 20);
  EXPECT_EQ(scene.Lots(ana), "");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Redeem, TakesManyLotsButNotMoreThanAnEntryHolds) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (int i = 0; i < 1'600; ++i) scene.Buy(ana, 100);
  const Rejected rejected = scene.Refused(Redeem{ana, PointsType(), 1'501, ""});
  EXPECT_EQ(rejected.reason, Rejection::kAmountNotAllowed);
  EXPECT_EQ(scene.Spend(ana, 1'500)->lot_moves.size(), 1'500u);
  EXPECT_EQ(scene.Points(ana), 100);
}

TEST(Reverse, PutsBackLastTakenFirst) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 3'000);
  scene.At("2026-05-01T12:00:00Z");
  scene.Buy(ana, 3'000);
  const auto redeemed = scene.Spend(ana, 90);  // 40, 30, 20
  EXPECT_EQ(scene.Lots(ana), "10 2027-05-01T22");
  const auto first = scene.Do(ReverseRedemption{redeemed->sequence, 25});
  EXPECT_EQ(scene.Lots(ana), "5 2027-04-01T22, 30 2027-05-01T22");
  EXPECT_EQ(Postings(*first), "member/available points 25, redemption/payment points -25");
  scene.Do(ReverseRedemption{redeemed->sequence, 30});
  EXPECT_EQ(scene.Lots(ana), "5 2027-03-01T23, 30 2027-04-01T22, 30 2027-05-01T22");
  scene.Do(ReverseRedemption{redeemed->sequence, std::nullopt});
  EXPECT_EQ(scene.Lots(ana), "40 2027-03-01T23, 30 2027-04-01T22, 30 2027-05-01T22");
  const Rejected over = scene.Refused(ReverseRedemption{redeemed->sequence, 1});
  EXPECT_EQ(over.reason, Rejection::kReversalExceedsRedemption);
  EXPECT_EQ(over.metadata,
            (decltype(Rejected::metadata){{"left", "0"}, {"redeemed", "90"}, {"value", "1"}}));
}

TEST(Reverse, IntoALotThatHasEndedExpiresInTheSameEntry) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const auto redeemed = scene.Spend(ana, 100);
  scene.At("2027-03-10T12:00:00Z");
  const auto reversed = scene.Do(ReverseRedemption{redeemed->sequence, std::nullopt});
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(Postings(*reversed),
            "expiration/due points 100, member/available points 0, redemption/payment points -100");
  ASSERT_NE(reversed->FindEvent<LotExpired>(), nullptr);
  EXPECT_EQ(reversed->FindEvent<LotExpired>()->amount, 100);
}

TEST(Reverse, CoversArrearsFirst) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const auto redeemed = scene.Spend(ana, 80);
  scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), -80);
  scene.Do(ReverseRedemption{redeemed->sequence, 50});
  EXPECT_EQ(scene.Points(ana), -30);
  EXPECT_EQ(scene.Lots(ana), "");
  scene.Do(ReverseRedemption{redeemed->sequence, std::nullopt});
  EXPECT_EQ(scene.Points(ana), 0);
}

}  // namespace
}  // namespace laurel
