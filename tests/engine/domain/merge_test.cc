#include "absl/strings/match.h"
#include "tests/engine/domain/scene.h"

// Merges beyond what the scenarios show: what the entry says, what lies where, and many lots.
namespace laurel {
namespace {

MergeMembers Merging(MemberId merged, MemberId survivor) {
  return MergeMembers{merged, survivor, ReasonCode::Of("same_person")};
}
UnmergeMembers Parting(MemberId merged) {
  return UnmergeMembers{merged, ReasonCode::Of("not_the_same")};
}

// Lots of the one paid for purchases of the other: what comes back of two of them in one receipt
// goes into two new lots.
TEST(Merge, PointsOfTwoOriginalsComeBackInOneReceipt) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 100'000);
  scene.Do(Merging(ana, cleo));
  scene.Buy(cleo, 1'000);
  const ReceiptKey first = scene.receipt();
  scene.Buy(cleo, 1'000);
  const ReceiptKey second = scene.receipt();
  scene.Do(Redeem{cleo, PointsType(), 100, "", first});
  scene.Do(Redeem{cleo, PointsType(), 100, "", second});
  scene.Do(Parting(ana));
  const std::int64_t before = scene.Points(cleo);
  AccruePurchase exchange = scene.Sale(cleo, 900, 3'000);
  exchange.lines = {SaleLine(1, 5'000), SaleLine(2, 1'000), SaleLine(3, 1'000)};
  exchange.lines[1].kind = PurchaseLineKind::kReturn;
  exchange.lines[1].original = LineOriginal{first, 1};
  exchange.lines[2].kind = PurchaseLineKind::kReturn;
  exchange.lines[2].original = LineOriginal{second, 1};
  scene.Do(exchange);
  EXPECT_EQ(scene.Points(cleo), before + 200 - 20 + 50);
}

TEST(Merge, IsNotUndoneWhileTheSurvivorIsSuspended) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Do(Merging(ana, cleo));
  scene.Do(SuspendMember{cleo});
  EXPECT_EQ(scene.Refused(Parting(ana)).reason, Rejection::kMemberNotActive);
  scene.Do(ReactivateMember{cleo});
  scene.Do(Parting(ana));
}

TEST(Merge, IsOneEntryWithBothSides) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 10'000);
  scene.Buy(cleo, 5'000);
  const auto entry = scene.Do(Merging(ana, cleo));
  EXPECT_EQ(entry->member, cleo);
  EXPECT_EQ(entry->other, ana);
  std::int64_t moved = 0;
  for (const Posting& posting : entry->postings) {
    if (posting.type != PointsType()) continue;
    EXPECT_EQ(posting.amount, posting.member ? -100 : 100);
    ++moved;
  }
  EXPECT_EQ(moved, 2);
  EXPECT_TRUE(entry->lot_moves.empty());
  EXPECT_EQ(scene.Entries(cleo, EntryKind::kMembersMerged).size(), 1u);
  EXPECT_EQ(scene.Points(cleo), 150);
  EXPECT_EQ(scene.Record(ana).FindBalance(PointsType())->available, 0);
}

// However many lots there are, an entry stays small: nothing is copied.
TEST(Merge, CostsTheSameWhateverThereIs) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  constexpr int kLots = 3'000;
  for (int i = 0; i < kLots; ++i) scene.Buy(ana, 100);
  scene.Buy(cleo, 700);
  const auto merged = scene.Do(Merging(ana, cleo));
  EXPECT_TRUE(merged->lot_moves.empty());
  EXPECT_EQ(scene.Points(cleo), kLots + 7);
  scene.Spend(cleo, 1'000);
  const auto parted = scene.Do(Parting(ana));
  EXPECT_TRUE(parted->lot_moves.empty());
  EXPECT_EQ(scene.Points(ana), kLots - 1'000);
  EXPECT_EQ(scene.Points(cleo), 7);
}

TEST(Merge, WhatFallsDueIsTheSurvivors) {
  Scene scene(With(HarbourDocument(), {{"12 months", "1 month"}}));
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 10'000);
  const Timestamp due = scene.Record(ana).lots_due_at;
  scene.Do(Merging(ana, cleo));
  EXPECT_TRUE(scene.Record(ana).due_at().is_never());
  EXPECT_EQ(scene.Record(cleo).lots_due_at, due);
  scene.clock.Set(due);
  EXPECT_EQ(scene.Points(cleo), 0);
  scene.Buy(ana, 100);  // by the old id
  EXPECT_EQ(scene.Entries(cleo, EntryKind::kExpire).size(), 1u);
  EXPECT_EQ(scene.Points(cleo), 1);
}

TEST(Merge, OfManyIsBounded) {
  Scene scene;
  const MemberId cleo = scene.Enroll(1);
  for (std::uint64_t i = 2; i <= 16; ++i) scene.Do(Merging(scene.Enroll(i), cleo));
  const Rejected rejected = scene.Refused(Merging(scene.Enroll(17), cleo));
  EXPECT_EQ(rejected.reason, Rejection::kLimitReached);
  EXPECT_EQ(rejected.metadata,
            (decltype(Rejected::metadata){
                {"left", "0"}, {"limit", "of 16 members that are one"}, {"requested", "1"}}));
}

TEST(Merge, ArrearsThatWereCoveredAreOwedAgain) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.Spend(ana, 80);
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), -80);
  scene.Buy(cleo, 3'000);
  const auto merged = scene.Do(Merging(ana, cleo));
  EXPECT_EQ(merged->lot_moves.size(), 1u);
  EXPECT_EQ(scene.Points(cleo), -50);
  scene.Buy(cleo, 2'000);  // 20 of the 50 are covered
  EXPECT_EQ(scene.Points(cleo), -30);
  scene.Do(Parting(ana));
  // 30 were covered by cleo's lot, which she has again; 30 are still owed.
  EXPECT_EQ(scene.Points(ana), -60);
  EXPECT_EQ(scene.Points(cleo), 30);
}

TEST(Merge, TheSurvivorsArrearsStayWithIt) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(cleo, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.Spend(cleo, 80);
  scene.Return(sale);
  scene.Buy(ana, 20'000);
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(scene.Points(cleo), 120);
  scene.Do(Parting(ana));
  EXPECT_EQ(scene.Points(ana), 200);
  EXPECT_EQ(scene.Points(cleo), -80);
}

TEST(Merge, IdentitiesAreThoseOfBoth) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Do(LinkIdentity{ana, {IdentityKind::kPhone, IdentityNo(11)}});
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(scene.Refused(LinkIdentity{cleo, {IdentityKind::kPhone, IdentityNo(11)}}).reason,
            Rejection::kInvalidState);
  const auto unlinked = scene.Do(UnlinkIdentity{cleo, {IdentityKind::kPhone, IdentityNo(11)}});
  EXPECT_EQ(unlinked->member, cleo);
  scene.Do(Parting(ana));
  EXPECT_EQ(scene.Refused(UnlinkIdentity{ana, {IdentityKind::kPhone, IdentityNo(11)}}).reason,
            Rejection::kResourceNotFound);
  scene.Buy(IdentityNo(1), 100);
  EXPECT_EQ(scene.Points(ana), 1);
}

// The term that is reviewed is that of the tier that stays, whoever earned it.
TEST(Merge, ATierThatCameAlongIsReviewed) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 320'000);
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  const Timestamp review_at = scene.Tier(ana).review_at;
  scene.Do(Merging(ana, cleo));
  EXPECT_EQ(scene.Tier(cleo).tier, "GOLD");
  EXPECT_EQ(scene.Tier(cleo).review_at, review_at);
  scene.clock.Set(review_at);
  scene.Buy(cleo, 100);
  EXPECT_EQ(scene.Entries(cleo, EntryKind::kTierReview).size(), 1u);
  EXPECT_EQ(scene.Tier(cleo).tier, "SILVER");
  scene.Do(Parting(ana));
  // What fell due while it was away is made up for before anything else is done.
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kTierReview).size(), 1u);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  EXPECT_EQ(scene.Tier(cleo).tier, "MEMBER");
}

TEST(Merge, TwoDaysOfOneAreOneDay) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId cleo = scene.Enroll(2);
  scene.Buy(ana, 100);
  scene.Buy(cleo, 100);
  scene.clock.Advance(kMicrosPerDay);
  scene.Buy(ana, 100);
  scene.Do(Merging(ana, cleo));
  ReadView view = scene.engine().Read();
  State& state = view.state();
  const auto days = [&](MemberId id) {
    std::int64_t sum = 0;
    for (const MemberId one : state.GroupOf(id)) {
      for (const MonthSum& month : state.members.Find(MemberKey{one})->months) {
        sum += month.visit_days;
      }
    }
    return sum;
  };
  EXPECT_EQ(days(cleo), 3);  // as they lie
  for (const ProgressLine& line : scene.Tier(cleo).progress) {
    if (absl::StrContains(line.metric, "visit")) {
      EXPECT_EQ(line.have, 2);
    }
  }
}

}  // namespace
}  // namespace laurel
