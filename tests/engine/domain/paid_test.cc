#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// Purchases that points have paid for: how many are taken, and where they go when the purchase is
// corrected or comes back.
namespace laurel {
namespace {

std::string Paying(const std::string& rate,
                   const std::vector<std::pair<std::string, std::string>>& replacements = {}) {
  return absl::StrCat(With(HarbourDocument(), replacements),
                      "pay_with_points: {point_type: points, ", rate, "}\n");
}

AccruePurchase Paid(const Scene& scene, MemberId member, std::int64_t cents, std::int64_t points) {
  AccruePurchase sale = scene.Sale(member, 900, cents);
  sale.pay = PointsOffered{PointsType(), points};
  return sale;
}

// ---- how many are taken

TEST(Pay, TakesNoPointThatBuysNothing) {
  struct Row {
    const char* rate;
    std::int64_t offered;
    std::int64_t taken;
    PaidBound bound;
  };
  constexpr Row kRows[] = {
      // 3 points are worth 0.01: the last 2 of 200 would buy nothing.
      {R"(points: 3, money: "0.01", step: 100)", 250, 198, PaidBound::kStep},
      {R"(points: 3, money: "0.01", step: 100)", 300, 300, PaidBound::kOffered},
      {R"(points: 3, money: "0.01", step: 1)", 10, 9, PaidBound::kStep},
      {R"(points: 3, money: "0.01", step: 1)", 2, 0, PaidBound::kMinimum},
      // 10 of them buy 0.04, which 9 do not.
      {R"(points: 7, money: "0.03", step: 1)", 10, 10, PaidBound::kOffered},
      // What was put in has reached the minimum.
      {R"(points: 3, money: "0.01", step: 1, minimum: 100)", 100, 99, PaidBound::kStep},
      {R"(points: 100, money: "1.00", step: 150)", 400, 300, PaidBound::kStep},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(absl::StrCat(row.rate, " ", row.offered));
    Scene scene(Paying(row.rate));
    const MemberId ana = scene.Enroll(1);
    scene.Buy(ana, 100'000);
    const auto paid = scene.Do(Paid(scene, ana, 50'000, row.offered));
    const auto* redeemed = paid->FindEvent<PointsRedeemed>();
    EXPECT_EQ(redeemed == nullptr ? 0 : redeemed->amount, row.taken);
    EXPECT_EQ(paid->FindEvent<PurchaseAccrued>()->bound, row.bound);
  }
}

// ---- corrections

// The points that paid were spent in time: to put the receipt right is no reason to lose them and
// to take others.
TEST(Correct, LeavesThePaymentInLotsThatHaveEndedSince) {
  Scene scene(
      Paying(R"(points: 100, money: "1.00")", {{"after: 12 months}]", "after: 1 month}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 300'000);  // 3,000 points
  scene.Do(Paid(scene, ana, 6'000, 3'000));
  scene.At("2026-05-10T12:00:00Z");
  scene.Buy(ana, 400'000);
  EXPECT_EQ(scene.Points(ana), 4'000);
  const auto corrected = scene.Do(CorrectReceipt{Paid(scene, ana, 6'100, 3'000)});
  EXPECT_EQ(corrected->FindEvent<PointsRedeemed>()->amount, 3'000);
  EXPECT_EQ(corrected->FindEvent<LotExpired>(), nullptr);
  // The wrong award had ended; the right one, of today, is there.
  EXPECT_EQ(scene.Points(ana), 4'031);
  // It pays less: what is left over of a lot that has ended, ends.
  const auto less = scene.Do(CorrectReceipt{Paid(scene, ana, 6'100, 1'000)});
  ASSERT_NE(less->FindEvent<LotExpired>(), nullptr);
  EXPECT_EQ(less->FindEvent<LotExpired>()->amount, 2'000);
  EXPECT_EQ(scene.Points(ana), 4'051);
  // It pays more: only what is missing is taken from others.
  scene.Do(CorrectReceipt{Paid(scene, ana, 6'100, 1'500)});
  EXPECT_EQ(scene.Points(ana), 3'546);
  // And all of it comes back with the goods, as far as it lives.
  scene.Return(ReceiptNo(900));
  EXPECT_EQ(scene.Points(ana), 4'000);
}

TEST(Correct, NeedsNoPointsForWhatHasBeenPaid) {
  Scene scene(Paying(R"(points: 100, money: "1.00")"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 300'000);
  scene.Do(Paid(scene, ana, 6'000, 3'000));
  scene.Spend(ana, 30);  // all that it brought
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Do(CorrectReceipt{Paid(scene, ana, 6'100, 3'000)});
  EXPECT_EQ(scene.Points(ana), 1);
  EXPECT_EQ(scene.Refused(CorrectReceipt{Paid(scene, ana, 6'800, 3'200)}).reason,
            Rejection::kInsufficientPoints);
}

// ---- returns of what others have paid

MergeMembers Merging(MemberId merged, MemberId survivor) {
  return MergeMembers{merged, survivor, ReasonCode::Of("same_person")};
}

// The points go back to whoever spent them: of a lot that is no longer theirs, into one of their
// own.
TEST(Return, PaysBackAMemberWhoWasOneWithTheBuyer) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.Do(Merging(ana, cleo));
  scene.Buy(cleo, 5'000);
  scene.Do(Redeem{cleo, PointsType(), 120, "", sale});  // 100 of ana's lot
  scene.Do(UnmergeMembers{ana, ReasonCode::Of("not_the_same")});
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Points(cleo), 30);
  scene.Return(sale);
  EXPECT_EQ(scene.Points(cleo), 150);
  EXPECT_EQ(scene.Points(ana), 0);
  const auto back = scene.Entries(cleo, EntryKind::kReverseRedemption);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0]->FindEvent<RedemptionReversed>()->amount, 120);
  EXPECT_TRUE(back[0]->request.empty());
}

TEST(Return, PaysBackAFriendInPartsOfTheValue) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId ben = scene.Enroll(2);
  scene.Buy(ben, 10'000);
  scene.BuyLines(ana, {SaleLine(1, 3'000), SaleLine(2, 1'000)});
  const ReceiptKey sale = scene.receipt();
  scene.Do(Redeem{ben, PointsType(), 40, "", sale});
  EXPECT_EQ(scene.Points(ben), 60);
  scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(scene.Points(ben), 90);
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ben), 100);
  EXPECT_EQ(scene.Points(ana), 0);
}

// Two returns came before their purchase, for which a friend has paid: both are done before
// anything is paid back, and together they give back once.
TEST(Return, PaysBackOnceForReturnsThatWaited) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId ben = scene.Enroll(2);
  scene.Buy(ben, 10'000);
  const ReceiptKey late = ReceiptNo(900);
  scene.Do(Redeem{ben, PointsType(), 40, "", late});
  scene.Do(ReturnPurchase{ReceiptNo(901), late, scene.clock.Now(), {Pieces(1, 1)}});
  scene.Do(ReturnPurchase{ReceiptNo(902), late, scene.clock.Now(), {Pieces(1, 1)}});
  AccruePurchase sale = scene.Sale(ana, 900, 4'000);
  sale.lines = {SaleLine(1, 4'000, 4)};
  const auto bought = scene.Do(sale);
  EXPECT_EQ(scene.Points(ana), 20);
  EXPECT_EQ(scene.Points(ben), 80);
  const auto returns = scene.Entries(ana, EntryKind::kReturn);
  ASSERT_EQ(returns.size(), 2u);
  EXPECT_EQ(returns[1]->sequence, bought->sequence + 2);
  EXPECT_EQ(scene.Entries(ben, EntryKind::kReverseRedemption).size(), 1u);
}

// ---- how many may pay

TEST(Pay, NoMoreThanAReturnGivesBackAtOnce) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId bob = scene.Enroll(2);
  scene.Buy(bob, 10'000);
  scene.Buy(ana, 10'000);
  const ReceiptKey receipt = scene.receipt();
  const Redeem payment{bob, PointsType(), 1, "", receipt};
  for (int i = 0; i < 32; ++i) scene.Do(payment);
  EXPECT_EQ(scene.Refused(payment).reason, Rejection::kLimitReached);
  scene.Return(receipt);
  EXPECT_EQ(scene.Points(bob), 100);
}

// What an entry has no room for comes back in several.
TEST(Return, PaysOthersBackWhateverTheirLots) {
  Scene scene(With(HarbourDocument(),
                   {{"after: 12 months}]", "after: 12 months}], restored_life: 14 days"}}));
  const MemberId ana = scene.Enroll(1);
  const MemberId bob = scene.Enroll(2);
  for (int i = 0; i < 900; ++i) scene.Buy(bob, 100);
  scene.Buy(ana, 10'000);
  const ReceiptKey receipt = scene.receipt();
  scene.Do(Redeem{bob, PointsType(), 900, "", receipt});
  EXPECT_EQ(scene.Points(bob), 0);
  scene.Return(receipt);
  EXPECT_EQ(scene.Points(bob), 900);
  EXPECT_EQ(scene.Entries(bob, EntryKind::kReverseRedemption).size(), 3u);
}

}  // namespace
}  // namespace laurel
