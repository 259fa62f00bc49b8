// Points by hand that another person has to approve of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Engine::Options WithLimits(absl::string_view adjust, absl::string_view approve = "none") {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits = *ParseAdjustLimits(adjust);
  options.approval_limits = *ParseAdjustLimits(approve);
  return options;
}

class ApprovalTest : public ::testing::Test {
 protected:
  explicit ApprovalTest(absl::string_view adjust = "AGENT=200/500",
                        absl::string_view approve = "none")
      : scene_(WithLimits(adjust, approve)) {
    scene_.Activate(HarbourDocument());
    ana_ = scene_.Enroll(1);
  }
  void As(const char* principal, Role role) {
    scene_.principal = principal;
    scene_.role = role;
  }
  AdjustPoints Asking(std::int64_t points) const {
    AdjustPoints order{ana_, PointsType(), points, ReasonCode::Of("goodwill"), "case 7"};
    order.asks = true;
    return order;
  }
  // By eve, an agent.
  std::uint64_t Ask(std::int64_t points) {
    As("eve", Role::kAgent);
    const auto entry = scene_.Do(Asking(points));
    EXPECT_EQ(entry->kind, EntryKind::kAdjustmentAsked);
    As("fay", Role::kFinance);
    return entry->sequence;
  }
  Approval Record(std::uint64_t asked) {
    ReadView view = scene_.engine().Read();
    return *view.state().approvals.Find(ApprovalKey{TheProgram(), asked});
  }

  Scene scene_;
  MemberId ana_;
};

TEST_F(ApprovalTest, WhatIsAskedForHasNoEffect) {
  scene_.Buy(ana_, 1'000);
  As("eve", Role::kAgent);
  const auto entry = scene_.Do(Asking(201));
  EXPECT_TRUE(entry->postings.empty());
  EXPECT_TRUE(entry->lot_moves.empty());
  EXPECT_EQ(entry->outcome.balances[0].available, 10);
  EXPECT_EQ(entry->outcome.tier->tier, "MEMBER");
  const auto* asked = entry->FindEvent<AdjustmentAsked>();
  EXPECT_EQ(asked->expires_at, entry->recorded_at.PlusMicros(72 * kMicrosPerHour));
  EXPECT_EQ(Record(entry->sequence).state, ApprovalState::kOpen);
  EXPECT_EQ(scene_.Points(ana_), 10);
  // It takes nothing of what who asks may move alone.
  const auto alone = scene_.Do(Asking(200));
  EXPECT_EQ(alone->kind, EntryKind::kAdjust);
  EXPECT_EQ(scene_.Points(ana_), 210);
}

TEST_F(ApprovalTest, AnotherPersonApprovesAndItIsDoneThen) {
  const std::uint64_t asked = Ask(600);
  scene_.At("2026-03-03T12:00:00Z");
  const auto entry = scene_.Do(Approve{asked});
  EXPECT_EQ(entry->kind, EntryKind::kAdjust);
  EXPECT_EQ(entry->method, Method::kApprove);
  EXPECT_EQ(entry->principal, "fay");
  EXPECT_EQ(Postings(*entry), "adjustment/goodwill points -600, member/available points 600");
  EXPECT_EQ(entry->FindEvent<AskedApproved>()->asked, asked);
  EXPECT_EQ(entry->FindEvent<AskedApproved>()->asked_by, "eve");
  EXPECT_EQ(entry->FindEvent<PointsAdjusted>()->reference, "case 7");
  EXPECT_EQ(scene_.Lots(ana_), "600 2027-03-03T23");  // as of the approval
  EXPECT_EQ(Record(asked).state, ApprovalState::kApproved);
  EXPECT_EQ(Record(asked).decided, entry->sequence);
  EXPECT_THAT(scene_.Refused(Approve{asked}).metadata, ElementsAre(Pair("state", "APPROVED")));
  EXPECT_THAT(scene_.Refused(Decline{asked}).metadata, ElementsAre(Pair("state", "APPROVED")));
  // Who asked may still give alone what they may.
  As("eve", Role::kAgent);
  scene_.Do(Asking(200));
}

TEST_F(ApprovalTest, NobodyApprovesOfTheirOwn) {
  const std::uint64_t asked = Ask(600);
  As("eve", Role::kFinance);
  EXPECT_EQ(scene_.Refused(Approve{asked}).reason, Rejection::kSelfApprovalForbidden);
  EXPECT_EQ(scene_.Refused(Decline{asked}).reason, Rejection::kSelfApprovalForbidden);
  // Nor for their own membership.
  As("fay", Role::kFinance);
  EXPECT_EQ(scene_.Refused(Approve{asked, IdentityNo(1)}).reason, Rejection::kSelfDealingForbidden);
  scene_.Do(Approve{asked});
}

TEST_F(ApprovalTest, WhatIsDeclinedIsNotDone) {
  const std::uint64_t asked = Ask(600);
  const auto entry = scene_.Do(Decline{asked});
  EXPECT_EQ(entry->kind, EntryKind::kAskedDeclined);
  EXPECT_EQ(entry->member, ana_);
  EXPECT_THAT(scene_.Refused(Approve{asked}).metadata, ElementsAre(Pair("state", "DECLINED")));
  EXPECT_EQ(scene_.Points(ana_), 0);
  scene_.Do(Approve{Ask(600)});  // it can be asked for again
  EXPECT_EQ(scene_.Points(ana_), 600);
}

TEST_F(ApprovalTest, ExpiresToTheMicrosecond) {
  const std::uint64_t first = Ask(600);
  const std::uint64_t second = Ask(700);
  scene_.clock.Set(Record(first).expires_at.PlusMicros(-1));
  scene_.Do(Approve{first});
  scene_.clock.Set(Record(second).expires_at);
  EXPECT_THAT(scene_.Refused(Approve{second}).metadata, ElementsAre(Pair("state", "EXPIRED")));
  EXPECT_EQ(Record(second).state, ApprovalState::kOpen);  // no entry says that it is over
  EXPECT_EQ(scene_.Points(ana_), 600);
}

TEST_F(ApprovalTest, WhatIsTakenMustBeThereThen) {
  scene_.Buy(ana_, 50'000);
  As("eve", Role::kAgent);
  EXPECT_EQ(scene_.Refused(Asking(-501)).reason, Rejection::kInsufficientPoints);
  const std::uint64_t asked = Ask(-400);
  scene_.Spend(ana_, 200);
  EXPECT_EQ(scene_.Refused(Approve{asked}).reason, Rejection::kInsufficientPoints);
  scene_.Buy(ana_, 10'000);
  scene_.Do(Approve{asked});
  EXPECT_EQ(scene_.Points(ana_), 0);
}

TEST_F(ApprovalTest, FollowsTheMemberWhoHasTakenOver) {
  const std::uint64_t asked = Ask(600);
  const MemberId bob = scene_.Enroll(2);
  scene_.Do(MergeMembers{ana_, bob, ReasonCode::Of("same_person")});
  const auto entry = scene_.Do(Approve{asked});
  EXPECT_EQ(entry->member, bob);
  EXPECT_EQ(scene_.Points(bob), 600);
}

TEST_F(ApprovalTest, IsRefusedForTheClosed) {
  const std::uint64_t asked = Ask(600);
  scene_.Do(CloseMember{ana_});
  EXPECT_EQ(scene_.Refused(Approve{asked}).reason, Rejection::kMemberNotActive);
  scene_.Do(Decline{asked});
}

class ApprovalLimitsTest : public ApprovalTest {
 protected:
  ApprovalLimitsTest() : ApprovalTest("200", "FINANCE=1000/1500,300") {}
};

TEST_F(ApprovalLimitsTest, AreThoseOfTheApprover) {
  As("eve", Role::kAgent);
  EXPECT_THAT(
      scene_.Refused(Asking(1'001)).metadata,
      ElementsAre(Pair("left", "1000"), Pair("limit", "approval"), Pair("requested", "1001")));
  const std::uint64_t large = Ask(600);
  const std::uint64_t other = Ask(600);
  As("dan", Role::kAdmin);  // as the others
  EXPECT_EQ(scene_.Refused(Approve{large}).reason, Rejection::kLimitReached);
  As("fay", Role::kFinance);
  scene_.Do(Approve{large});
  EXPECT_THAT(scene_.Refused(Approve{other}).metadata,
              ElementsAre(Pair("left", "400"), Pair("limit", "a_day"), Pair("requested", "600")));
  // What fay gives alone is counted by itself.
  scene_.Do(Asking(200));
  As("finn", Role::kFinance);
  scene_.Do(Approve{other});
  EXPECT_EQ(scene_.Points(ana_), 1'400);
}

TEST(AdjustLimits, HaveALargest) {
  EXPECT_EQ(ParseAdjustLimits("none")->Largest(), std::nullopt);
  EXPECT_EQ(ParseAdjustLimits("AGENT=5")->Largest(), std::nullopt);  // of the others there is none
  EXPECT_EQ(ParseAdjustLimits("AGENT=5,20/10")->Largest(), 10);
  EXPECT_EQ(ParseAdjustLimits("AGENT=50,20")->Largest(), 50);
}

}  // namespace
}  // namespace laurel
