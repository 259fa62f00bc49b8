#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

const PointsTakenBack& TakenBack(const Entry& entry) {
  for (const Event& event : entry.events) {
    const auto* taken = std::get_if<PointsTakenBack>(&event);
    if (taken != nullptr && taken->type == PointsType()) return *taken;
  }
  static const PointsTakenBack nothing;
  return nothing;
}

// Shows P5, G19.
TEST(Return, WholeBringsEverythingBackToZero) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana,
                 {SaleLine(1, 6'033, 2), SaleLine(2, 4'000), SaleLine(3, 1'000, 1, {"gift_card"})});
  const auto returned = scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Points(ana, "credit"), 0);
  EXPECT_EQ(scene.Lots(ana), "");
  EXPECT_TRUE(returned->FindEvent<PurchaseReturned>()->is_whole);
  EXPECT_EQ(returned->FindEvent<PurchaseReturned>()->eligible_net, 10'033);
  EXPECT_EQ(Postings(*returned),
            "issuance/base credit 100, issuance/base points 100, member/available credit -100, "
            "member/available points -100");
  for (const MonthSum& month : scene.Record(ana).months) {
    EXPECT_EQ(month.spend, 0);
    EXPECT_EQ(month.purchases, 0);
    EXPECT_EQ(month.visit_days, 0);
  }
  EXPECT_EQ(scene.Refused(scene.Returning(scene.receipt())).reason,
            Rejection::kReturnExceedsPurchase);
}

// Shows P5.
TEST(Return, TakesByLineAndQuantity) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 15'000, 3), SaleLine(2, 9'900, 1)});
  const ReceiptKey sale = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 249);
  scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(scene.Points(ana), 199);
  const Rejected over = scene.Refused(scene.Returning(sale, {Pieces(1, 3)}));
  EXPECT_EQ(over.reason, Rejection::kReturnExceedsPurchase);
  EXPECT_EQ(
      over.metadata,
      (decltype(Rejected::metadata){
          {"left", "2000000"}, {"line", "1"}, {"unit", "quantity_micros"}, {"value", "3000000"}}));
  scene.Return(sale, {Pieces(2, 1), Pieces(1, 1)});
  EXPECT_EQ(scene.Points(ana), 50);
  EXPECT_EQ(scene.Refused(scene.Returning(sale, {Pieces(2, 1)})).reason,
            Rejection::kReturnExceedsPurchase);
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Return, RoundsWhatIsLeftOfALineHalfUp) {
  // 3 pieces of 0.50: 1 point, which goes when less than 1.00 is left.
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 150, 3)});
  const ReceiptKey sale = scene.receipt();
  EXPECT_EQ(TakenBack(*scene.Return(sale, {Pieces(1, 1)})).amount, 0);
  EXPECT_EQ(TakenBack(*scene.Return(sale, {Pieces(1, 1)})).amount, 1);
  EXPECT_EQ(TakenBack(*scene.Return(sale, {Pieces(1, 1)})).amount, 0);
  EXPECT_EQ(scene.Points(ana), 0);

  // 2 pieces of 1.99 together: 0.995 is left, which is 1.00.
  scene.BuyLines(ana, {SaleLine(1, 199, 2)});
  const auto half = scene.Return(scene.receipt(), {Pieces(1, 1)});
  EXPECT_EQ(half->FindEvent<PurchaseReturned>()->lines[0].net, 99);
  EXPECT_EQ(scene.Points(ana), 1);
}

TEST(Return, TakesTheRefundAsStated) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 10'000, 2)});
  const ReceiptKey sale = scene.receipt();
  scene.Return(sale, {Pieces(1, 1, 2'000)});
  EXPECT_EQ(scene.Points(ana), 80);
  EXPECT_EQ(scene.Refused(scene.Returning(sale, {Pieces(1, 1, 8'001)})).metadata,
            (decltype(Rejected::metadata){
                {"left", "8000"}, {"line", "1"}, {"unit", "refund"}, {"value", "8001"}}));
  scene.Return(sale, {Pieces(1, 1, 1)});  // the last piece brings all the rest
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Return, NeverAwards) {
  // Without the discounted line the rounding would give more than is left.
  Scene scene(With(HarbourDocument(), {{R"(points: "1", per: "1.00", rounding: DOWN}}
  - {id: base_credit)",
                                        R"(points: "1", per: "1.00", rounding: UP}}
  - {id: base_credit)"}}));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 101), SaleLine(2, 0)});
  const auto returned = scene.Return(scene.receipt(), {Pieces(2, 1)});
  EXPECT_TRUE(returned->postings.empty());
  EXPECT_EQ(scene.Points(ana), 2);
}

// Shows G20.
TEST(Return, GoesByTheRevisionThatAwarded) {
  Scene scene(With(HarbourDocument(), {{R"(points: "1", per: "1.00", rounding: DOWN}}
  - {id: base_credit)",
                                        R"(points: "4", per: "1.00", rounding: DOWN}}
  - {id: base_credit)"}}));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 5'000, 2)});
  const ReceiptKey sale = scene.receipt();
  scene.At("2026-03-02T12:00:00Z");
  scene.Activate(HarbourDocument());
  scene.At("2026-03-03T12:00:00Z");
  EXPECT_EQ(TakenBack(*scene.Return(sale, {Pieces(1, 1)})).amount, 100);
  scene.Activate(
      With(HarbourDocument(),
           {{"  - {id: base, name: 1 per euro, earn: {point_type: points, points: \"1\", "
             "per: \"1.00\", rounding: DOWN}}\n",
             ""}}));
  scene.At("2026-03-04T12:00:00Z");
  EXPECT_EQ(TakenBack(*scene.Return(sale)).amount, 100);
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Return, TakesTheOwnLotFirstThenInSpendOrder) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-06-01T12:00:00Z");
  scene.Buy(ana, 4'000);
  scene.At("2026-06-02T12:00:00Z");
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.At("2026-06-03T12:00:00Z");
  scene.Buy(ana, 5'000);
  scene.Spend(ana, 80);  // 40 of the first, 40 of the second
  EXPECT_EQ(scene.Lots(ana), "60 2027-06-02T22, 50 2027-06-03T22");
  const auto returned = scene.Return(sale);
  EXPECT_EQ(scene.Lots(ana), "10 2027-06-03T22");
  EXPECT_EQ(TakenBack(*returned).amount, 100);
  EXPECT_EQ(TakenBack(*returned).shortfall, 0);
}

TEST(Return, TakesAllOwnLotsBeforeOthers) {
  // Two rules award 10 and 20; the first lot is spent. Half the goods come back: 5 and 10.
  Scene scene(With(
      HarbourDocument(),
      {{"  - {id: base_credit",
        R"(  - {id: double, name: Double, earn: {point_type: points, points: "2", per: "1.00", rounding: DOWN}}
  - {id: base_credit)"}}));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-06-03T12:00:00Z");
  scene.BuyLines(ana, {SaleLine(1, 1'000, 2)});
  const ReceiptKey sale = scene.receipt();
  scene.Spend(ana, 10);
  scene.Buy(ana, 1'000, "2026-06-01T12:00:00Z");  // ends before the purchase's own lots
  EXPECT_EQ(scene.Lots(ana), "10 2027-06-01T22, 20 2027-06-01T22, 20 2027-06-03T22");
  scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(scene.Lots(ana), "10 2027-06-01T22, 20 2027-06-01T22, 5 2027-06-03T22");
}

// Shows G23.
TEST(Return, MeetsAShortfallByThePolicy) {
  // 150 points of one purchase, 100 of them spent.
  struct Row {
    const char* clawback;
    std::int64_t left;
    std::int64_t shortfall;
    std::int64_t arrears;
    const char* postings;
  };
  constexpr Row kRows[] = {
      {"WITHIN_BALANCE", 0, 100, 0,
       "adjustment/clawback_shortfall points -100, issuance/base points 150, member/available "
       "points -50"},
      {"ARREARS", -100, 0, 100, "issuance/base points 150, member/available points -150"},
      {"PENDING_ONLY", 50, 150, 0,
       "adjustment/clawback_shortfall points -150, issuance/base points 150"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.clawback);
    Scene scene(
        With(HarbourDocument(row.clawback), {{"  - {id: base_credit, name: 1 credit per euro, "
                                              "earn: {point_type: credit, points: \"1\", per: "
                                              "\"1.00\", rounding: DOWN}}\n",
                                              ""}}));
    const MemberId ana = scene.Enroll(1);
    scene.Buy(ana, 15'000);
    scene.Spend(ana, 100);
    const auto returned = scene.Return(scene.receipt());
    EXPECT_EQ(scene.Points(ana), row.left);
    EXPECT_EQ(TakenBack(*returned).amount, 150);
    EXPECT_EQ(TakenBack(*returned).shortfall, row.shortfall);
    EXPECT_EQ(TakenBack(*returned).arrears, row.arrears);
    EXPECT_EQ(Postings(*returned), row.postings);
  }
}

TEST(Return, ArrearsAreCoveredByTheNextAccrual) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  scene.Spend(ana, 30);
  scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), -30);
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kInsufficientPoints);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), -20);
  EXPECT_EQ(scene.Lots(ana), "");
  const auto covered = scene.Buy(ana, 9'000);
  EXPECT_EQ(scene.Points(ana), 70);
  EXPECT_EQ(scene.Lots(ana), "70 2027-03-01T23");
  EXPECT_EQ(covered->FindEvent<PointsAwarded>()->covered_arrears, 20);
  // What covered arrears is owed again when its purchase comes back.
  scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), -20);
}

TEST(Return, PointsThatEndedAreGoneAndTakenOnce) {
  // 100 awarded, 60 spent, 40 ended. Two returns of half: the second may not count the 40 again.
  Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 1 month}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 10'000, 2)});
  const ReceiptKey sale = scene.receipt();
  scene.Spend(ana, 60);
  scene.At("2026-05-01T12:00:00Z");
  scene.Buy(ana, 10'000);
  const auto first = scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(TakenBack(*first).gone, 40);
  EXPECT_EQ(scene.Points(ana), 90);
  const auto second = scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(TakenBack(*second).gone, 0);
  EXPECT_EQ(scene.Points(ana), 40);
}

TEST(Return, PointsThatComeBackOnlyToEndAreGone) {
  // The purchase was paid with its own award, whose lot has ended meanwhile.
  Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 1 month}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.Do(Redeem{ana, PointsType(), 100, "", sale});
  scene.At("2026-05-01T12:00:00Z");
  scene.Buy(ana, 10'000);
  const auto returned = scene.Return(sale);
  EXPECT_EQ(returned->FindEvent<RedemptionReversed>()->amount, 100);
  EXPECT_EQ(returned->FindEvent<LotExpired>()->amount, 100);
  EXPECT_EQ(TakenBack(*returned).gone, 100);
  EXPECT_EQ(scene.Points(ana), 100);  // those of the other purchase
}

// What the wrong receipt gave has been spent: the right award makes it good, and nothing comes of
// correcting it to and fro.
TEST(Correct, TakesWhatWasSpentOutOfTheRightAward) {
  for (const absl::string_view clawback : {"WITHIN_BALANCE", "PENDING_ONLY", "ARREARS"}) {
    SCOPED_TRACE(clawback);
    Scene scene(HarbourDocument(clawback));
    const MemberId ana = scene.Enroll(1);
    AccruePurchase sale = scene.Sale(ana, 500, 9'000);
    scene.Do(sale);
    scene.Spend(ana, 90);
    sale = scene.Sale(ana, 500, 9'100);
    const auto corrected = scene.Do(CorrectReceipt{sale});
    EXPECT_EQ(scene.Points(ana), 1);
    EXPECT_EQ(TakenBack(*corrected).shortfall, 0);
    scene.Spend(ana, 1);
    scene.Do(CorrectReceipt{scene.Sale(ana, 500, 9'000)});
    const bool owes = clawback == "ARREARS";
    EXPECT_EQ(scene.Points(ana), owes ? -1 : 0);
    scene.Do(CorrectReceipt{scene.Sale(ana, 500, 9'200)});
    EXPECT_EQ(scene.Points(ana), owes ? 1 : 2);
  }
}

TEST(Correct, TakesAWrongAwardWhateverReturnsLeave) {
  for (const absl::string_view clawback : {"WITHIN_BALANCE", "PENDING_ONLY", "ARREARS"}) {
    SCOPED_TRACE(clawback);
    Scene scene(HarbourDocument(clawback));
    const MemberId ana = scene.Enroll(1);
    scene.Do(scene.Sale(ana, 500, 9'000));
    scene.Do(CorrectReceipt{scene.Sale(ana, 500, 900)});
    EXPECT_EQ(scene.Points(ana), 9);
  }
}

TEST(Correct, SeesHowItWasPaid) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  AccruePurchase sale = scene.Sale(ana, 500, 9'000);
  sale.tenders = {Tender{"CASH", 9'000}};
  scene.Do(sale);
  EXPECT_EQ(scene.Refused(CorrectReceipt{sale}).reason, Rejection::kReceiptAlreadyPosted);
  sale.tenders[0].kind = "CARD";
  scene.Do(CorrectReceipt{sale});
  EXPECT_EQ(scene.Points(ana), 90);
  EXPECT_EQ(scene.Refused(CorrectReceipt{sale}).reason, Rejection::kReceiptAlreadyPosted);
}

TEST(Return, OnlySoManyWaitForOnePurchase) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const ReceiptKey unknown = ReceiptNo(700);
  const auto returning = [&](int receipt) {
    return ReturnPurchase{ReceiptNo(800 + receipt), unknown, scene.clock.Now(), {Pieces(1, 1, 0)}};
  };
  for (int i = 0; i < 32; ++i) scene.Do(returning(i));
  EXPECT_EQ(scene.Refused(returning(32)).reason, Rejection::kLimitReached);
  AccruePurchase exchange = scene.Sale(ana, 900, 1'000);
  exchange.lines = {SaleLine(1, 1'500), SaleLine(2, 500)};
  exchange.lines[1].kind = PurchaseLineKind::kReturn;
  exchange.lines[1].original = LineOriginal{unknown, 1};
  EXPECT_EQ(scene.Refused(exchange).reason, Rejection::kLimitReached);
  // The sale comes: those that fit are done.
  AccruePurchase sale = scene.Sale(ana, 700, 40'000);
  sale.lines = {SaleLine(1, 40'000, 40)};
  scene.Do(sale);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kReturn).size(), 32U);
  scene.Do(exchange);
}

TEST(Return, IsKnownAgainByItsReceipt) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 10'000, 2)});
  const ReturnPurchase half = scene.Returning(scene.receipt(), {Pieces(1, 1)});
  scene.Do(half);
  EXPECT_EQ(scene.Refused(half).reason, Rejection::kReceiptAlreadyPosted);
  ReturnPurchase other = half;
  other.lines = {};
  EXPECT_EQ(scene.Refused(other).metadata[0],
            (std::pair<std::string, std::string>{"differing", "lines"}));
  other = half;
  other.lines[0].refund = 4'999;
  EXPECT_EQ(scene.Refused(other).metadata[0],
            (std::pair<std::string, std::string>{"differing", "lines"}));
  other.lines[0].refund = 5'000;
  EXPECT_EQ(scene.Refused(other).reason, Rejection::kReceiptAlreadyPosted);
  other = half;
  other.occurred_at = other.occurred_at.PlusMicros(1);
  EXPECT_EQ(scene.Refused(other).metadata[0],
            (std::pair<std::string, std::string>{"differing", "occurred_at"}));
}

// What points have paid is shared by the lines, so that each takes its own part along.
TEST(Return, LeavesMetricsTheirPartOfWhatPointsHavePaid) {
  Scene scene(absl::StrCat(
      With(HarbourDocument(),
           {{"metrics:\n",
             "metrics:\n  - {id: till, measure: SUM, of: purchase.eligible_net, where: "
             "'activity.channel == \"POS\"', window: {lifetime: true}}\n"}}),
      "pay_with_points: {point_type: points, points: 100, money: \"1.00\"}\n"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 300'000);
  AccruePurchase sale = scene.Sale(ana, 900, 6'000);
  sale.lines = {SaleLine(1, 4'000), SaleLine(2, 2'000)};
  sale.pay = PointsOffered{PointsType(), 3'000};
  const auto counted = [](const Entry& entry) {
    const auto* count = entry.FindEvent<MetricCounted>();
    return count == nullptr ? 0 : count->delta;
  };
  EXPECT_EQ(counted(*scene.Do(sale)), 3'000);
  EXPECT_EQ(counted(*scene.Return(sale.receipt, {Pieces(1, 1)})), -2'000);
  EXPECT_EQ(counted(*scene.Return(sale.receipt)), -1'000);
  EXPECT_EQ(scene.Points(ana), 3'000);
}

TEST(Return, EndsTheSameInAnyOrder) {
  std::string first;
  for (const int order : {0, 1, 2}) {
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.BuyLines(ana, {SaleLine(1, 3'050), SaleLine(2, 1'999), SaleLine(3, 777)});
    const std::int32_t kOrders[][2] = {{1, 3}, {3, 1}, {1, 3}};
    for (const std::int32_t line : kOrders[order]) scene.Return(scene.receipt(), {Pieces(line, 1)});
    const std::string lots = scene.Lots(ana);
    if (first.empty()) first = lots;
    EXPECT_EQ(lots, first);
    EXPECT_EQ(scene.Points(ana), 19);
  }
}

TEST(Return, LeavesTheCreditOfTheDayOfTheSale) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 50'000);
  scene.At("2026-05-01T12:00:00Z");
  scene.Buy(ana, 70'000);
  scene.Return(ReceiptNo(1));
  const Member record = scene.Record(ana);
  ASSERT_EQ(record.months.size(), 2u);
  EXPECT_EQ(record.months[0].points, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(record.months[1].points, (std::vector<std::int64_t>{700, 700}));
}

}  // namespace
}  // namespace laurel
