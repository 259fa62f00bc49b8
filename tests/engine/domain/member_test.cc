#include "engine/domain/apply.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

TEST(Members, AreOneUnderEachOfTheirIdentities) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (std::uint64_t i = 2; i <= 4; ++i) {
    scene.Do(LinkIdentity{IdentityNo(1), {static_cast<IdentityKind>(i), IdentityNo(i)}});
  }
  scene.Buy(IdentityNo(1), 40'000);
  scene.Buy(IdentityNo(2), 60'000);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    ReadView view = scene.engine().Read();
    const std::optional<MemberId> found = view.state().Resolve(TheProgram(), IdentityNo(i));
    ASSERT_EQ(found, ana);
    EXPECT_EQ(scene.Points(*found), 1'000);
    EXPECT_EQ(scene.Tier(*found).tier, "SILVER");
  }
  scene.Spend(IdentityNo(3), 1'000);
  EXPECT_EQ(scene.Refused(Redeem{IdentityNo(4), PointsType(), 1, ""}).reason,
            Rejection::kInsufficientPoints);
}

TEST(Members, ARemovedIdentityIsFreeAgain) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Do(UnlinkIdentity{ana, {IdentityKind::kCard, IdentityNo(1)}});
  EXPECT_EQ(scene.Refused(scene.Sale(IdentityNo(1), 77, 100)).reason, Rejection::kMemberNotFound);
  const MemberId bob = scene.Enroll(1);
  EXPECT_NE(ana, bob);
  scene.Buy(IdentityNo(1), 100);
  EXPECT_EQ(scene.Points(bob), 1);
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Members, HaveAtMost64Identities) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (std::uint64_t i = 2; i <= 64; ++i)
    scene.Do(LinkIdentity{ana, {IdentityKind::kApp, IdentityNo(i)}});
  const Rejected rejected = scene.Refused(LinkIdentity{ana, {IdentityKind::kApp, IdentityNo(65)}});
  EXPECT_EQ(rejected.reason, Rejection::kInvalidState);
  EXPECT_EQ(rejected.metadata, (decltype(Rejected::metadata){{"identities_max", "64"}}));
}

TEST(Members, StartInTheBaseTierWhenTheyEnrolled) {
  Scene scene;
  EnrollMember order;
  order.channel = Channel::kApp;
  order.occurred_at = Instant("2026-02-27T10:00:00Z");
  const auto entry = scene.Do(order);
  EXPECT_EQ(*entry->member, MemberIdFor(0, entry->sequence));
  EXPECT_EQ(scene.Tier(*entry->member).tier, "MEMBER");
  EXPECT_EQ(ToString(scene.Tier(*entry->member).since), "2026-02-27T10:00:00.000000Z");
  EXPECT_TRUE(entry->postings.empty());
}

// Shows M4.
TEST(Members, SuspendedOnesEarnButDoNotSpend) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Do(SuspendMember{ana});
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 10);
  const Rejected rejected = scene.Refused(Redeem{ana, PointsType(), 1, ""});
  EXPECT_EQ(rejected.metadata, (decltype(Rejected::metadata){{"state", "SUSPENDED"}}));
  scene.Do(ReactivateMember{ana});
  scene.Spend(ana, 10);
}

// Shows M4.
TEST(Members, ClosedOnesDoNeitherAndTheirPointsEndWithTheirLots) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  const ReceiptKey sale = scene.receipt();
  const auto redeemed = scene.Spend(ana, 4);
  scene.Do(CloseMember{ana});
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Refused(scene.Sale(ana, 77, 100)).reason, Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Refused(ReactivateMember{ana}).reason, Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Points(ana), 6);
  // What goods and payments bring back is still booked.
  scene.Do(ReverseRedemption{redeemed->sequence, 1});
  EXPECT_EQ(scene.Points(ana), 7);
  scene.At("2026-03-10T12:00:00Z");
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(Members, LeaveTheirPathInTheirHistory) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Do(SuspendMember{ana});
  scene.Do(ReactivateMember{ana});
  scene.Do(CloseMember{ana});
  const auto closed = scene.Entries(ana, EntryKind::kMemberClosed);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0]->FindEvent<MemberStateChanged>()->from, MemberState::kActive);
  ReadView view = scene.engine().Read();
  EXPECT_EQ(view.state().enrolments.Find(EnrolmentKey{ana})->closed_at, closed[0]->recorded_at);
}

// ---- entries that a ledger of ours would never hold
// --------------------------------------------------------

class FitsTest : public testing::Test {
 protected:
  FitsTest() : ana_(scene_.Enroll(1)), entry_(*scene_.Buy(ana_, 100'000)) {}
  // What Fits says to a changed copy of a redemption of 5.
  std::string Verdict(const std::function<void(Entry&)>& damage) {
    ReadView before = scene_.engine().Read();
    Entry entry = *scene_.Spend(ana_, 5);
    damage(entry);
    return Fits(entry, before.state());
  }
  Scene scene_;
  MemberId ana_;
  Entry entry_;
};

TEST_F(FitsTest, TakesWhatWasDecided) {
  EXPECT_EQ(Verdict([](Entry&) {}), "");
}
TEST_F(FitsTest, FindsWhatDoesNotFit) {
  EXPECT_EQ(Verdict([](Entry& e) { ++e.postings[0].amount; }), "postings do not sum to zero");
  EXPECT_EQ(Verdict([](Entry& e) { e.effective_on.reset(); }), "postings have no civil day");
  EXPECT_EQ(Verdict([](Entry& e) { e.member.reset(); }),
            "a member's account moves without a member");
  EXPECT_NE(
      Verdict([](Entry& e) { e.lot_moves[0].delta = -1'000'000; }).find("would leave the range"),
      std::string::npos);
  EXPECT_NE(
      Verdict([](Entry& e) { e.lot_moves[0].delta = INT64_MIN; }).find("would leave the range"),
      std::string::npos);
  EXPECT_NE(Verdict([](Entry& e) { e.lot_moves[0].lot.id.number = 9; }).find("is not there"),
            std::string::npos);
  EXPECT_EQ(Verdict([](Entry& e) {
              e.events.push_back(RedemptionReversed{999, PointsType(), 1});
            }),
            "a reversed redemption is not there");
  EXPECT_EQ(Verdict([](Entry& e) { e.events.push_back(PointsTakenBack{}); }),
            "points are taken back without a return");
  EXPECT_EQ(Verdict([](Entry& e) { e.events.push_back(LotExpired{}); }),
            "an expired lot is not there");
  EXPECT_EQ(Verdict([](Entry& e) { e.events.push_back(PurchaseReturned{}); }),
            "the returned purchase is not there");
  EXPECT_EQ(Verdict([](Entry& e) { e.events.push_back(PointsAwarded{}); }),
            "an award's amounts are out of range");
}

}  // namespace
}  // namespace laurel
