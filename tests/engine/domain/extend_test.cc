// Ends that people move, and points that they bring back after their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

ExtendLots Later(MemberId member, std::vector<LotId> lots, absl::string_view expires_at) {
  return ExtendLots{member, std::move(lots), Instant(expires_at), ReasonCode::Of("shop_closed"),
                    "case 7"};
}

ReinstatePoints Again(MemberId member, const Entry& expiry, absl::string_view expires_at,
                      std::optional<std::int64_t> amount = std::nullopt) {
  return ReinstatePoints{member,  expiry.sequence,     PointsType(),
                         amount,  Instant(expires_at), ReasonCode::Of("was_ill"),
                         "case 8"};
}

// Does what is due, and returns the last entry in which points ended.
std::shared_ptr<const Entry> Expire(Scene& scene, MemberId member) {
  const absl::StatusOr<Reply> reply = scene.engine().Execute(
      Command{TheProgram(), RequestId(), "", AdvanceMember{member, std::nullopt}});
  EXPECT_TRUE(reply.ok()) << reply.status().message();
  return scene.Entries(member, EntryKind::kExpire).back();
}

LotId LotOf(const Entry& entry) {
  const auto* award = entry.FindEvent<PointsAwarded>();
  return award == nullptr ? LotId{entry.sequence, 1} : award->lot;
}

// Shows G9.
TEST(Extend, MovesAnEndAndTheOrderOfSpendingAndNoTotal) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const LotId first = LotOf(*scene.Buy(ana, 10'000));
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 10'000);
  ASSERT_EQ(scene.Lots(ana), "100 2027-03-01T23, 100 2027-04-01T22");
  const auto entry = scene.Do(Later(ana, {first}, "2027-08-01T00:00:00Z"));
  EXPECT_EQ(entry->kind, EntryKind::kLotsExtended);
  EXPECT_EQ(Postings(*entry), "");
  EXPECT_EQ(entry->FindEvent<LotsExtended>()->amount, 100);
  EXPECT_EQ(scene.Lots(ana), "100 2027-04-01T22, 100 2027-08-01T00");
  EXPECT_EQ(scene.Points(ana), 200);
  scene.Spend(ana, 150);
  EXPECT_EQ(scene.Lots(ana), "50 2027-08-01T00");
  scene.At("2027-07-31T23:59:59.999999Z");
  EXPECT_EQ(scene.Points(ana), 50);
  scene.At("2027-08-01T00:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Extend, WhatIsMovedStaysThePurchasesOwn) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-03-10T12:00:00Z");
  scene.Buy(ana, 5'000);  // ends earlier: a return would take it before others
  const LotId lot = LotOf(*scene.Buy(ana, 10'000));
  const ReceiptKey receipt = scene.receipt();
  const auto moved = scene.Do(Later(ana, {lot}, "2027-08-01T00:00:00Z"));
  const LotId twice = moved->FindEvent<LotRenewed>()->lot;
  scene.Do(Later(ana, {twice}, "2027-09-01T00:00:00Z"));
  ASSERT_EQ(scene.Lots(ana), "50 2027-03-10T23, 100 2027-09-01T00");
  scene.Return(receipt);
  EXPECT_EQ(scene.Lots(ana), "50 2027-03-10T23");
}

TEST(Extend, OfPointsThatIdlenessEnds) {
  Scene scene(With(HarbourDocument(), {{"expiry: [{policy: ROLLING, after: 12 months}]",
                                        "expiry: [{policy: INACTIVITY, after: 6 months, "
                                        "activities: [purchase]}]"}}));
  const MemberId ana = scene.Enroll(1);
  const LotId lot = LotOf(*scene.Buy(ana, 10'000));
  scene.Do(Later(ana, {lot}, "2026-12-01T00:00:00Z"));
  EXPECT_EQ(scene.Lots(ana), "100 2026-12-01T00");
  // What the member does moves it no more, but the end of what is bought then.
  scene.At("2026-08-01T12:00:00Z");
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Lots(ana), "100 2026-12-01T00, 10 never") << "that no policy ends by itself";
  scene.At("2027-02-01T22:59:59.999999Z");
  EXPECT_EQ(scene.Available(ana), 10);
  scene.At("2027-02-01T23:00:00Z");
  EXPECT_EQ(scene.Available(ana), 0);
}

TEST(Extend, WhatIsSpentComesBackToTheOldLot) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const LotId lot = LotOf(*scene.Buy(ana, 10'000));
  const std::uint64_t redemption = scene.Spend(ana, 30)->sequence;
  scene.Do(Later(ana, {lot}, "2027-08-01T00:00:00Z"));
  scene.Do(ReverseRedemption{redemption, std::nullopt});
  EXPECT_EQ(scene.Lots(ana), "30 2027-03-01T23, 70 2027-08-01T00");
}

TEST(Extend, RefusesWhatIsNotWholeOrNotLater) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const LotId lot = LotOf(*scene.Buy(ana, 10'000));
  EXPECT_EQ(scene.Refused(Later(ana, {lot}, "2027-03-01T23:00:00Z")).reason,
            Rejection::kInvalidField);
  EXPECT_EQ(scene.Refused(Later(ana, {lot}, "2020-01-01T00:00:00Z")).reason,
            Rejection::kInvalidField);
  EXPECT_EQ(scene.Refused(Later(ana, {LotId{1, 1}}, "2027-08-01T00:00:00Z")).reason,
            Rejection::kResourceNotFound);
  scene.Do(HoldPoints{ana, PointsType(), 5, kMicrosPerDay});
  const Rejected held = scene.Refused(Later(ana, {lot}, "2027-08-01T00:00:00Z"));
  EXPECT_EQ(held.reason, Rejection::kInvalidState);
  EXPECT_THAT(held.metadata, ElementsAre(Pair("lot", ToString(lot)), Pair("state", "HELD")));
}

// Shows G9.
TEST(Reinstate, BringsBackWhatEndedOnceWithANewEnd) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  scene.At("2027-03-11T12:00:00Z");
  const auto expiry = Expire(scene, ana);
  const auto entry = scene.Do(Again(ana, *expiry, "2027-06-01T00:00:00Z", 50));
  EXPECT_EQ(entry->kind, EntryKind::kPointsReinstated);
  EXPECT_EQ(Postings(*entry), "adjustment/expiry_restored points -50, member/available points 50");
  EXPECT_EQ(entry->FindEvent<PointsReinstated>()->expiry, expiry->sequence);
  EXPECT_EQ(scene.Lots(ana), "50 2027-06-01T00");
  const Rejected more = scene.Refused(Again(ana, *expiry, "2027-06-01T00:00:00Z", 31));
  EXPECT_EQ(more.reason, Rejection::kAmountNotAllowed);
  EXPECT_THAT(more.metadata, ElementsAre(Pair("bound", "30"), Pair("value", "31")));
  scene.Do(Again(ana, *expiry, "2027-06-02T00:00:00Z"));
  EXPECT_EQ(scene.Lots(ana), "50 2027-06-01T00, 30 2027-06-02T00");
  const Rejected none = scene.Refused(Again(ana, *expiry, "2027-06-01T00:00:00Z"));
  EXPECT_EQ(none.reason, Rejection::kInvalidState);
  EXPECT_THAT(none.metadata, ElementsAre(Pair("state", "NOTHING_LEFT")));
  // They end once more, and may come back once more.
  scene.At("2027-06-01T00:00:00Z");
  scene.Do(Again(ana, *Expire(scene, ana), "2027-07-01T00:00:00Z"));
  EXPECT_EQ(scene.Lots(ana), "30 2027-06-02T00, 50 2027-07-01T00");
}

TEST(Reinstate, WithinItsDays) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  scene.At("2027-04-01T21:00:00Z");
  const auto expiry = Expire(scene, ana);
  scene.Do(Again(ana, *expiry, "2027-06-01T00:00:00Z", 1));
  scene.At("2027-04-01T22:00:00Z");
  const Rejected late = scene.Refused(Again(ana, *expiry, "2027-06-01T00:00:00Z"));
  EXPECT_EQ(late.reason, Rejection::kInvalidState);
  EXPECT_THAT(late.metadata, ElementsAre(Pair("days", "30"), Pair("ended_on", "2027-03-02"),
                                         Pair("state", "TOO_LATE")));
}

TEST(Reinstate, AReturnTakesWhatCameBackAndNothingTwice) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2027-02-25T12:00:00Z");
  scene.BuyLines(ana, {SaleLine(1, 6'000), SaleLine(2, 4'000)});
  const ReceiptKey receipt = scene.receipt();
  scene.At("2028-02-26T12:00:00Z");
  const auto expiry = Expire(scene, ana);
  // 60 of the 100 are counted as gone, so that 40 may come back.
  const auto gone = scene.Return(receipt, {Pieces(1, 1)});
  EXPECT_EQ(gone->FindEvent<PointsTakenBack>()->gone, 60);
  const auto entry = scene.Do(Again(ana, *expiry, "2028-06-01T00:00:00Z"));
  EXPECT_EQ(entry->FindEvent<PointsReinstated>()->amount, 40);
  const auto back = scene.Return(receipt);
  EXPECT_EQ(back->FindEvent<PointsTakenBack>()->gone, 0);
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Refused(Again(ana, *expiry, "2028-06-01T00:00:00Z")).reason,
            Rejection::kInvalidState);
}

TEST(Reinstate, CoversArrearsFirst) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  scene.At("2027-02-25T12:00:00Z");
  scene.Buy(ana, 5'000);
  const ReceiptKey spent = scene.receipt();
  scene.At("2027-03-02T12:00:00Z");
  const auto expiry = Expire(scene, ana);
  scene.Spend(ana, 50);
  scene.Return(spent);
  ASSERT_EQ(scene.Points(ana), -50);
  const auto entry = scene.Do(Again(ana, *expiry, "2027-06-01T00:00:00Z"));
  EXPECT_EQ(entry->FindEvent<LotRenewed>()->covered_arrears, 50);
  EXPECT_EQ(scene.Lots(ana), "30 2027-06-01T00");
}

TEST(Reinstate, OfTheMemberAloneAndOfAnEnd) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const MemberId bob = scene.Enroll(2);
  const auto sale = scene.Buy(ana, 8'000);
  scene.At("2027-03-11T12:00:00Z");
  const auto expiry = Expire(scene, ana);
  EXPECT_EQ(scene.Refused(Again(bob, *expiry, "2027-06-01T00:00:00Z")).reason,
            Rejection::kEntryNotFound);
  EXPECT_EQ(scene.Refused(Again(ana, *sale, "2027-06-01T00:00:00Z")).reason,
            Rejection::kEntryNotFound);
  // Whoever has taken over since has what ended before.
  scene.Do(MergeMembers{ana, bob, ReasonCode::Of("same_person")});
  scene.Do(Again(bob, *expiry, "2027-06-01T00:00:00Z"));
  EXPECT_EQ(scene.Lots(bob), "80 2027-06-01T00");
  scene.Do(UnmergeMembers{ana, ReasonCode::Of("not_the_same")});
  EXPECT_EQ(scene.Lots(ana), "80 2027-06-01T00");
}

// A receipt that was put right after its points had ended has its points already, and they end,
// too.
TEST(Reinstate, NothingOfWhatACorrectionAwardedAnew) {
  Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 10 days}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  AccruePurchase right = scene.Sale(ana, 1, 8'100);
  right.receipt = scene.receipt();
  scene.clock.Advance(15 * kMicrosPerDay);
  const auto expiry = Expire(scene, ana);
  right.occurred_at = scene.clock.Now();
  scene.Do(CorrectReceipt{right});
  EXPECT_EQ(scene.Points(ana), 81);
  scene.Refused(Again(ana, *expiry, "2027-06-01T00:00:00Z"));
  EXPECT_EQ(scene.Points(ana), 81);
}

// The purchase keeps all lots that its points have come to.
TEST(Extend, ManyTimesIsNotForEver) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  LotId lot = LotOf(*scene.Buy(ana, 8'000));
  Timestamp ends = Instant("2027-06-01T00:00:00Z");
  for (int i = 0; i < 500; ++i) {
    ends = ends.PlusMicros(kMicrosPerDay);
    const auto moved =
        scene.Do(ExtendLots{ana, {lot}, ends, ReasonCode::Of("shop_closed"), "case 7"});
    lot = moved->FindEvent<LotRenewed>()->lot;
  }
  ends = ends.PlusMicros(kMicrosPerDay);
  EXPECT_EQ(
      scene.Refused(ExtendLots{ana, {lot}, ends, ReasonCode::Of("shop_closed"), "case 7"}).reason,
      Rejection::kLimitReached);
  scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), 0);
}

}  // namespace
}  // namespace laurel
