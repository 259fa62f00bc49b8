#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

TEST(Accrue, RoundsALineOnce) {
  struct Row {
    const char* rate;  // points, per, rounding
    std::int64_t cents;
    std::int64_t points;
  };
  constexpr Row kRows[] = {
      {R"(points: "1", per: "1.00", rounding: DOWN)", 99, 0},
      {R"(points: "1", per: "1.00", rounding: DOWN)", 100, 1},
      {R"(points: "1", per: "1.00", rounding: DOWN)", 1999, 19},
      {R"(points: "1", per: "2.00", rounding: DOWN)", 1999, 9},
      {R"(points: "1.5", per: "1.00", rounding: DOWN)", 1999, 29},
      {R"(points: "1.5", per: "1.00", rounding: HALF_UP)", 1999, 30},
      {R"(points: "1", per: "1.00", rounding: HALF_UP)", 149, 1},
      {R"(points: "1", per: "1.00", rounding: HALF_UP)", 150, 2},
      {R"(points: "1", per: "2.00", rounding: HALF_EVEN)", 500, 2},
      {R"(points: "1", per: "2.00", rounding: HALF_EVEN)", 700, 4},
      {R"(points: "1", per: "1.00", rounding: UP)", 1, 1},
      {R"(points: "1", per: "1.00", rounding: UP)", 100, 1},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.rate) + " of " + std::to_string(row.cents));
    Scene scene(With(HarbourDocument(),
                     {{R"(earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN})",
                       std::string("earn: {point_type: points, ") + row.rate + "}"}}));
    const MemberId ana = scene.Enroll(1);
    scene.Buy(ana, row.cents);
    EXPECT_EQ(scene.Points(ana), row.points);
  }
}

TEST(Accrue, CountsSaleLinesThatAreNotLeftOut) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  PurchaseLine fee = SaleLine(3, 500);
  fee.kind = PurchaseLineKind::kFee;
  PurchaseLine card = SaleLine(4, 2'500);
  card.kind = PurchaseLineKind::kGiftCard;
  PurchaseLine deposit = SaleLine(5, 25);
  deposit.kind = PurchaseLineKind::kDeposit;
  const auto entry =
      scene.BuyLines(ana, {SaleLine(1, 10'000), SaleLine(2, 720, 2, {"books", "gift_card"}), fee,
                           card, deposit, SaleLine(6, 99)});
  EXPECT_EQ(scene.Points(ana), 100);  // 10,099 cents, rounded once
  EXPECT_EQ(scene.Points(ana, "credit"), 100);
  const PurchaseAccrued& accrued = *entry->FindEvent<PurchaseAccrued>();
  EXPECT_EQ(accrued.eligible_net, 10'099);
  EXPECT_EQ(accrued.total, 13'844);
  EXPECT_EQ(accrued.lines.size(), 6u);
}

TEST(Accrue, IsTheSameInWhateverOrderTheLinesCome) {
  const std::int64_t kParts[] = {33, 33, 34};
  for (const int first : {0, 1, 2}) {
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.BuyLines(ana, {SaleLine(1, kParts[first]), SaleLine(2, kParts[(first + 1) % 3]),
                         SaleLine(3, kParts[(first + 2) % 3])});
    EXPECT_EQ(scene.Points(ana), 1);
  }
}

TEST(Accrue, OpensALotPerAwardAndPosts) {
  Scene scene(With(
      HarbourDocument(),
      {{"  - {id: base_credit",
        R"(  - {id: full_price, name: Full price, earn: {point_type: points, points: "2", per: "1.00", rounding: DOWN, items: '!("sale" in item.categories)'}}
  - {id: base_credit)"}}));
  const MemberId ana = scene.Enroll(1);
  const auto entry = scene.BuyLines(ana, {SaleLine(1, 1'000), SaleLine(2, 500, 1, {"sale"})});
  EXPECT_EQ(Postings(*entry),
            "issuance/base credit -15, issuance/base points -35, member/available credit 15, "
            "member/available points 35");
  EXPECT_EQ(scene.Lots(ana), "15 2027-03-01T23, 20 2027-03-01T23");
  EXPECT_EQ(entry->effective_on, Date::FromCivil(2026, 3, 1));
  EXPECT_EQ(entry->lot_moves.size(), 3u);
  std::vector<std::string> rules;
  for (const Event& event : entry->events) {
    if (const auto* award = std::get_if<PointsAwarded>(&event))
      rules.push_back(award->rule + " " + award->funding);
  }
  EXPECT_EQ(rules, (std::vector<std::string>{"base base", "full_price base", "base_credit base"}));
}

TEST(Accrue, RecordsAReceiptThatBringsNothing) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const auto entry = scene.Buy(ana, 99);
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_TRUE(entry->postings.empty());
  EXPECT_EQ(scene.Refused(scene.Sale(ana, 1, 99)).reason, Rejection::kReceiptAlreadyPosted);
}

// Shows G46.
TEST(Accrue, SaysWhatDiffersInAReceiptThatIsKnown) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId bob = scene.Enroll(2);
  const auto entry = scene.Buy(ana, 1'000);
  const auto differing = [](const Rejected& rejected) {
    for (const auto& [key, value] : rejected.metadata) {
      if (key == "differing") return value;
    }
    return std::string();
  };
  const AccruePurchase same = scene.Sale(ana, 1, 1'000);
  EXPECT_EQ(scene.Refused(same).metadata,
            (decltype(Rejected::metadata){{"entry", "0-" + std::to_string(entry->sequence)}}));
  AccruePurchase other = same;
  other.member = bob;
  EXPECT_EQ(differing(scene.Refused(other)), "member");
  other = same;
  other.total = 1'001;
  EXPECT_EQ(differing(scene.Refused(other)), "total,lines");
  other = same;
  other.occurred_at = other.occurred_at.PlusMicros(1);
  EXPECT_EQ(differing(scene.Refused(other)), "occurred_at");
  other = same;
  other.lines = {SaleLine(1, 1'000, 1, {"shoes"})};
  EXPECT_EQ(differing(scene.Refused(other)), "lines");
  // One SALE line of the total is what a receipt without lines means.
  other = same;
  other.lines = {SaleLine(1, 1'000)};
  EXPECT_EQ(scene.Refused(other).reason, Rejection::kReceiptAlreadyPosted);
}

// Shows G45.
TEST(Accrue, TakesWhatOccurredWithinTheWindowToTheMicrosecond) {
  struct Row {
    std::int64_t micros;
    bool is_taken;
  };
  constexpr Row kRows[] = {
      {-30 * kMicrosPerDay, true},   {-30 * kMicrosPerDay - 1, false},
      {10 * kMicrosPerMinute, true}, {10 * kMicrosPerMinute + 1, false},
      {400 * kMicrosPerDay, false},  {-400 * kMicrosPerDay, false},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.micros);
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.At("2026-03-02T12:00:00Z");
    AccruePurchase sale = scene.Sale(ana, 1, 1'000);
    sale.occurred_at = sale.occurred_at.PlusMicros(row.micros);
    const Reply reply = scene.Run(sale);
    EXPECT_EQ(!reply.unrecorded.has_value(), row.is_taken);
  }
}

// Shows P9, G44.
TEST(Accrue, TakesTheRevisionInForceWhenItOccurred) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-05T12:00:00Z");
  scene.Activate(With(HarbourDocument(), {{R"(points: "1", per: "1.00", rounding: DOWN}}
  - {id: base_credit)",
                                           R"(points: "4", per: "1.00", rounding: DOWN}}
  - {id: base_credit)"}}));
  scene.At("2026-03-06T12:00:00Z");
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
  scene.Buy(ana, 1'000, "2026-03-05T11:59:59Z");
  EXPECT_EQ(scene.Points(ana), 50);
  scene.Buy(ana, 1'000, "2026-02-20T12:00:00Z");  // before the first revision: by the first
  EXPECT_EQ(scene.Points(ana), 60);
}

TEST(Accrue, RefusesABalanceBeyondTheBound) {
  Scene scene(
      With(HarbourDocument(),
           {{R"(earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN})",
             R"(earn: {point_type: points, points: "1000", per: "0.01", rounding: DOWN})"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, kPurchaseTotalMax);
  EXPECT_EQ(scene.Points(ana), kAmountMax);
  const Rejected rejected = scene.Refused(scene.Sale(ana, 77, 1));
  EXPECT_EQ(rejected.reason, Rejection::kAmountNotAllowed);
  EXPECT_EQ(scene.Points(ana), kAmountMax);
}

// A till numbers its guests' receipts with the others: none is missing.
TEST(Accrue, AGuestsReceiptIsARowOfItsTerminal) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const auto numbered = [&](int receipt, std::int64_t row) {
    AccruePurchase sale = scene.Sale(ana, receipt, 1'000);
    sale.row = TerminalRow{row, false};
    return sale;
  };
  scene.Do(numbered(501, 101));
  const AccruePurchase guests = numbered(502, 102);
  scene.Do(KeepReceipt{guests});
  scene.Do(numbered(503, 103));
  scene.Do(ClaimReceipt{.member = ana, .receipt = guests.receipt});
  EXPECT_EQ(scene.Points(ana), 30);
  ReadView view = scene.engine().Read();
  const Terminal* terminal = view.state().terminals.Find(
      TerminalKey{TheProgram(), guests.receipt.store, guests.receipt.terminal});
  ASSERT_NE(terminal, nullptr);
  EXPECT_EQ(terminal->seen, (std::vector<NumberRange>{{101, 103}}));
}

}  // namespace
}  // namespace laurel
