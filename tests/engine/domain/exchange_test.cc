#include "tests/engine/domain/scene.h"

// Receipts that sell and take back, and what comes back of them later.
namespace laurel {
namespace {

PurchaseLine BackLine(std::int32_t line, std::int64_t net, const ReceiptKey& original) {
  PurchaseLine back = SaleLine(line, net);
  back.kind = PurchaseLineKind::kReturn;
  back.original = LineOriginal{original, 1};
  return back;
}

// Under receipt 900; what comes back counts against what is sold.
AccruePurchase Exchange(const Scene& scene, MemberId member, std::vector<PurchaseLine> lines) {
  AccruePurchase sale = scene.Sale(member, 900, 0);
  for (const PurchaseLine& line : lines) {
    sale.total += line.kind == PurchaseLineKind::kReturn ? -line.net : line.net;
  }
  sale.lines = std::move(lines);
  return sale;
}

std::int64_t Refunded(const Entry& entry) {
  std::int64_t sum = 0;
  for (const ReturnedLine& line : entry.FindEvent<PurchaseReturned>()->lines) sum += line.net;
  return sum;
}

// 40.00 came back for 55.00: the member has goods of 55.00, whatever the receipt came to.
TEST(Exchange, ComesBackByWhatItSold) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  const ReceiptKey first = scene.receipt();
  const auto exchanged = scene.Do(
      Exchange(scene, ana, {SaleLine(1, 3'000), SaleLine(2, 2'500), BackLine(3, 4'000, first)}));
  ASSERT_EQ(exchanged->kind, EntryKind::kExchange);
  EXPECT_EQ(scene.Points(ana), 55);
  const ReceiptKey exchange = ReceiptNo(900);
  EXPECT_EQ(scene.Refused(scene.Returning(exchange, {Pieces(3, 1)})).reason,
            Rejection::kReturnExceedsPurchase);
  const auto part = scene.Return(exchange, {Pieces(1, 1)});
  EXPECT_FALSE(part->FindEvent<PurchaseReturned>()->is_whole);
  EXPECT_EQ(scene.Points(ana), 25);
  const auto rest = scene.Return(exchange);
  EXPECT_TRUE(rest->FindEvent<PurchaseReturned>()->is_whole);
  EXPECT_EQ(Refunded(*part) + Refunded(*rest), 5'500);
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Refused(scene.Returning(exchange)).reason, Rejection::kReturnExceedsPurchase);
  for (const MonthSum& month : scene.Record(ana).months) {
    EXPECT_EQ(month.spend, 0);
    EXPECT_EQ(month.purchases, 0);
  }
}

TEST(Exchange, OfAllThatWasSoldIsWhole) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  const ReceiptKey first = scene.receipt();
  scene.Do(Exchange(scene, ana, {SaleLine(1, 5'500), BackLine(2, 4'000, first)}));
  const auto back = scene.Return(ReceiptNo(900), {Pieces(1, 1)});
  EXPECT_TRUE(back->FindEvent<PurchaseReturned>()->is_whole);
  EXPECT_EQ(scene.Record(ana).months[0].purchases, 0);
}

TEST(Exchange, CancelledLinesDoNotComeBack) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  PurchaseLine cancelled = SaleLine(2, 1'000);
  cancelled.kind = PurchaseLineKind::kVoid;
  AccruePurchase sale = scene.Sale(ana, 900, 2'000);
  sale.lines = {SaleLine(1, 2'000), cancelled};
  scene.Do(sale);
  EXPECT_EQ(scene.Refused(scene.Returning(sale.receipt, {Pieces(2, 1)})).reason,
            Rejection::kReturnExceedsPurchase);
  EXPECT_EQ(Refunded(*scene.Return(sale.receipt)), 2'000);
}

TEST(Exchange, IsCorrected) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  const ReceiptKey first = scene.receipt();
  scene.Do(Exchange(scene, ana, {SaleLine(1, 5'500), BackLine(2, 4'000, first)}));
  const AccruePurchase right = scene.Sale(ana, 900, 1'600);
  scene.Do(CorrectReceipt{right});
  EXPECT_EQ(scene.Points(ana), 16);
}

// A receipt that only took goods back has nothing to bring back, and can be put right.
TEST(Exchange, OfNothingSoldIsCorrected) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  const ReceiptKey first = scene.receipt();
  scene.Do(Exchange(scene, ana, {BackLine(1, 4'000, first)}));
  EXPECT_EQ(scene.Refused(scene.Returning(ReceiptNo(900))).reason,
            Rejection::kReturnExceedsPurchase);
  const AccruePurchase right = scene.Sale(ana, 900, 700);
  scene.Do(CorrectReceipt{right});
  EXPECT_EQ(scene.Points(ana), 7);
  EXPECT_EQ(scene.Record(ana).months[0].purchases, 1);
}

// Lines that came back with it wait for nobody: the last line that was sold settles the rest.
TEST(Exchange, IsSettledWithItsLastSoldLine) {
  Scene scene(With(HarbourDocument(),
                   {{"symbol: PTS", "symbol: PTS, settlement: {policy: AFTER, after: 14 days}"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 4'000);
  const ReceiptKey first = scene.receipt();
  scene.Do(Exchange(scene, ana, {SaleLine(1, 5'500), BackLine(2, 4'000, first)}));
  const Rejected refused = scene.Refused(SettleAccrual{.accrual = ReceiptNo(900), .lines = {2}});
  EXPECT_EQ(refused.reason, Rejection::kInvalidState);
  const auto settled = scene.Do(SettleAccrual{.accrual = ReceiptNo(900), .lines = {1}});
  EXPECT_EQ(scene.Points(ana), 55);
  EXPECT_EQ(settled->FindEvent<PointsSettled>()->amount, 55);
}

}  // namespace
}  // namespace laurel
