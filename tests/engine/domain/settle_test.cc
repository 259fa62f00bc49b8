#include "tests/engine/domain/scene.h"

// Pending points beyond what the scenarios show: arrears, ends, returns of what was settled.
namespace laurel {
namespace {

std::string Settling(const std::string& settlement, absl::string_view clawback = "WITHIN_BALANCE") {
  return With(HarbourDocument(clawback),
              {{"symbol: PTS", absl::StrCat("symbol: PTS, settlement: {", settlement, "}")}});
}

Balance PointsOf(Scene& scene, MemberId member) {
  ReadView view = scene.engine().Read();
  for (const Balance& balance : BalancesAt(view.state(), member, scene.clock.Now())) {
    if (balance.type == PointsType()) return balance;
  }
  return Balance{};
}
std::string Shown(Scene& scene, MemberId member) {
  const Balance balance = PointsOf(scene, member);
  return absl::StrCat(balance.available, "/", balance.pending, "/", balance.held);
}

TEST(Pending, BecomesAvailableInAnEntryOfItsOwnInstant) {
  Scene scene(Settling("policy: AFTER, after: 14 days"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T14:00:00Z");
  const auto sale = scene.Buy(ana, 10'000);
  EXPECT_EQ(Postings(*sale),
            "issuance/base credit -100, issuance/base points -100, member/available credit 100, "
            "member/pending points 100");
  scene.At("2026-04-20T12:00:00Z");
  scene.Spend(ana, 10);
  const auto active = scene.Entries(ana, EntryKind::kActivate);
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(active[0]->occurred_at, Instant("2026-03-15T23:00:00Z"));
  EXPECT_EQ(ToString(*active[0]->effective_on), "2026-03-16");
  EXPECT_EQ(Postings(*active[0]), "member/available points 100, member/pending points -100");
}

TEST(Pending, IsSkippedByWhatComesLate) {
  Scene scene(Settling("policy: AFTER, after: 14 days"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-20T12:00:00Z");
  scene.Buy(ana, 10'000, "2026-03-01T12:00:00Z");
  EXPECT_EQ(Shown(scene, ana), "100/0/0");
}

TEST(Pending, LotsOfOneInstantActivateTogetherAndCoverArrears) {
  Scene scene(Settling("policy: AFTER, after: 14 days", "ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T10:00:00Z");
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.At("2026-03-20T10:00:00Z");
  scene.Spend(ana, 100);
  scene.Return(sale);
  EXPECT_EQ(Shown(scene, ana), "-100/0/0");
  scene.Buy(ana, 3'000);
  scene.Buy(ana, 9'000);
  EXPECT_EQ(Shown(scene, ana), "-100/120/0");
  scene.At("2026-04-03T10:00:00Z");
  EXPECT_EQ(Shown(scene, ana), "20/0/0");
  scene.Spend(ana, 5);
  const auto active = scene.Entries(ana, EntryKind::kActivate);
  ASSERT_EQ(active.size(), 2u);
  EXPECT_EQ(active[1]->events.size(), 3u);
  EXPECT_EQ(std::get<LotActivated>(active[1]->events[0]).covered_arrears, 30);
  EXPECT_EQ(std::get<LotActivated>(active[1]->events[1]).covered_arrears, 70);
}

TEST(Pending, EndsAsOfItsSettlement) {
  Scene scene(Settling("policy: ON_SETTLE, at_latest: 60 days"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T10:00:00Z");
  scene.BuyLines(ana, {SaleLine(1, 6'000), SaleLine(2, 4'000)});
  const ReceiptKey sale = scene.receipt();
  EXPECT_EQ(scene.Lots(ana), "0 2027-05-01T22");
  scene.At("2026-03-10T10:00:00Z");
  scene.Do(SettleAccrual{sale, {2}});
  EXPECT_EQ(Shown(scene, ana), "40/60/0");
  EXPECT_EQ(scene.Lots(ana), "40 2027-03-10T23, 0 2027-05-01T22");
  // The rest by the clock.
  scene.At("2026-05-01T10:00:00Z");
  EXPECT_EQ(Shown(scene, ana), "100/0/0");
  EXPECT_EQ(scene.Refused(SettleAccrual{sale, {1}}).reason, Rejection::kInvalidState);
}

TEST(Pending, WhatWasSettledIsStillThePurchasesOwn) {
  Scene scene(Settling("policy: ON_SETTLE"));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 6'000), SaleLine(2, 4'000)});
  const ReceiptKey sale = scene.receipt();
  scene.Do(SettleAccrual{sale, {2}});
  // 60 are pending and go first.
  scene.Return(sale, {Pieces(2, 1)});
  EXPECT_EQ(Shown(scene, ana), "40/20/0");
  scene.Return(sale);
  EXPECT_EQ(Shown(scene, ana), "0/0/0");
}

TEST(Pending, PointsOfSettledLotsThatEndedAreGone) {
  Scene scene(With(Settling("policy: ON_SETTLE"), {{"after: 12 months", "after: 5 days"}}));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T10:00:00Z");
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.Do(SettleAccrual{sale, {}});
  scene.At("2026-03-20T10:00:00Z");
  const auto returned = scene.Return(sale);
  EXPECT_EQ(returned->FindEvent<PointsTakenBack>()->gone, 100);
  EXPECT_EQ(returned->FindEvent<PointsTakenBack>()->shortfall, 0);
}

TEST(Pending, PendingOnlyTakesWhatIsPending) {
  Scene scene(Settling("policy: ON_SETTLE", "PENDING_ONLY"));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 6'000), SaleLine(2, 4'000)});
  const ReceiptKey sale = scene.receipt();
  scene.Do(SettleAccrual{sale, {2}});
  const auto returned = scene.Return(sale);
  EXPECT_EQ(returned->FindEvent<PointsTakenBack>()->shortfall, 40);
  EXPECT_EQ(Shown(scene, ana), "40/0/0");
}

TEST(Pending, ALineThatBroughtNothingIsSettledOnce) {
  Scene scene(Settling("policy: ON_SETTLE"));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 6'000), SaleLine(2, 4'000, 1, {"gift_card"})});
  const ReceiptKey sale = scene.receipt();
  EXPECT_TRUE(scene.Do(SettleAccrual{sale, {2}})->postings.empty());
  EXPECT_EQ(scene.Refused(SettleAccrual{sale, {2}}).metadata,
            (decltype(Rejected::metadata){{"line", "2"}, {"state", "NOTHING_PENDING"}}));
  scene.Do(SettleAccrual{sale, {}});
  EXPECT_EQ(Shown(scene, ana), "60/0/0");
}

TEST(Pending, PartOfALineThatCameBackIsNotSettled) {
  Scene scene(Settling("policy: ON_SETTLE"));
  const MemberId ana = scene.Enroll(1);
  scene.BuyLines(ana, {SaleLine(1, 6'000, 3), SaleLine(2, 4'000)});
  const ReceiptKey sale = scene.receipt();
  scene.Return(sale, {Pieces(1, 1)});
  EXPECT_EQ(Shown(scene, ana), "0/80/0");
  scene.Do(SettleAccrual{sale, {1}});
  EXPECT_EQ(Shown(scene, ana), "40/40/0");
}

TEST(Cancelled, NoLongerCountsAndNeverComesBack) {
  const std::string document =
      With(Settling("policy: ON_SETTLE"),
           {{"kind: QUALIFYING}", "kind: QUALIFYING, settlement: {policy: ON_SETTLE}}"}});
  Scene scene(document);
  const MemberId ana = scene.Enroll(1);
  const auto sale = scene.Buy(ana, 100'000);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  const auto cancelled = scene.Do(CancelAccrual{sale->sequence, {}, ReasonCode::Of("typed_wrong")});
  EXPECT_EQ(Postings(*cancelled),
            "issuance/base credit 1000, issuance/base points 1000, member/pending credit -1000, "
            "member/pending points -1000");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(scene.Return(scene.receipt())->FindEvent<PointsTakenBack>(), nullptr);
  EXPECT_EQ(Shown(scene, ana), "0/0/0");
}

TEST(AwaitsAPerson, ByTheSumOfTheActivity) {
  Scene scene(With(Settling("policy: AFTER, after: 1 days, hold_above: 150"),
                   {{"earning_rules:\n",
                     "earning_rules:\n  - {id: more, name: More, earn: {point_type: points, "
                     "points: \"1\", per: \"1.00\"}}\n"}}));
  const MemberId ana = scene.Enroll(1);
  const auto usual = scene.Buy(ana, 7'500);
  EXPECT_EQ(usual->FindEvent<PointsAwarded>()->awaits, Awaiting::kNothing);
  const auto unusual = scene.Buy(ana, 7'600);
  for (const Event& event : unusual->events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award == nullptr || award->type != PointsType()) continue;
    EXPECT_EQ(award->awaits, Awaiting::kPerson);
    EXPECT_TRUE(award->activates_at.is_never());
  }
  scene.clock.Advance(40 * kMicrosPerDay);
  EXPECT_EQ(Shown(scene, ana), "150/152/0");
}

TEST(AwaitsAPerson, WhoIsNotTheMember) {
  Scene scene(Settling("policy: IMMEDIATE, hold_above: 150"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 20'000);
  EXPECT_EQ(scene.Refused(SettleAccrual{scene.receipt(), {}, IdentityNo(1)}).reason,
            Rejection::kSelfDealingForbidden);
  scene.Do(SettleAccrual{scene.receipt(), {}, IdentityNo(2)});
  EXPECT_EQ(Shown(scene, ana), "200/0/0");
}

TEST(Adjusted, PointsAreThereAtOnceWhateverIsEarned) {
  Scene scene(Settling("policy: ON_SETTLE"));
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-02T10:00:00Z");
  scene.Do(AdjustPoints{ana, PointsType(), 10, ReasonCode::Of("goodwill"), ""});
  EXPECT_EQ(Shown(scene, ana), "10/0/0");
  EXPECT_EQ(scene.Lots(ana), "10 2027-03-02T23");
}

}  // namespace
}  // namespace laurel
