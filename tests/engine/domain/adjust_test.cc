// Points by hand: lots, accounts, what they leave alone, and the limits of people.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

AdjustPoints By(MemberId member, std::int64_t points, absl::string_view reason = "goodwill") {
  return AdjustPoints{member, PointsType(), points, ReasonCode::Of(reason), "case 7"};
}

TEST(Adjust, GivesALotAsTheProgramSaysOfTheType) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const auto entry = scene.Do(By(ana, 150));
  EXPECT_EQ(entry->kind, EntryKind::kAdjust);
  EXPECT_EQ(Postings(*entry), "adjustment/goodwill points -150, member/available points 150");
  EXPECT_EQ(scene.Lots(ana), "150 2027-03-01T23");
  scene.Spend(ana, 30);
  scene.Do(By(ana, 2'500));
  EXPECT_EQ(scene.Points(ana), 2'620);
  // It ends like any other.
  scene.At("2027-03-01T23:00:00Z");
  EXPECT_EQ(scene.Points(ana), 0);
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kInsufficientPoints);
}

TEST(Adjust, TakesWhatEndsFirstAndNeverMoreThanThereIs) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 3'000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 5'000);
  const auto entry = scene.Do(By(ana, -60, "correction"));
  EXPECT_EQ(Postings(*entry), "adjustment/correction points 60, member/available points -60");
  ASSERT_EQ(entry->lot_moves.size(), 2u);
  EXPECT_EQ(entry->lot_moves[0].delta, -30);
  EXPECT_EQ(entry->lot_moves[1].delta, -30);
  const Rejected rejected = scene.Refused(By(ana, -30));
  EXPECT_EQ(rejected.reason, Rejection::kInsufficientPoints);
  EXPECT_THAT(rejected.metadata,
              ElementsAre(Pair("available", "20"), Pair("pending", "0"), Pair("required", "30")));
}

TEST(Adjust, CoversArrearsFirst) {
  Scene scene(HarbourDocument("ARREARS"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  scene.Spend(ana, 30);
  scene.Return(scene.receipt());
  ASSERT_EQ(scene.Points(ana), -30);
  const auto some = scene.Do(By(ana, 10));
  EXPECT_EQ(some->FindEvent<PointsAdjusted>()->covered_arrears, 10);
  EXPECT_TRUE(some->lot_moves.empty());
  EXPECT_EQ(scene.Lots(ana), "");
  scene.Do(By(ana, 50));
  EXPECT_EQ(scene.Points(ana), 30);
  EXPECT_EQ(scene.Lots(ana), "30 2027-03-01T23");
}

TEST(Adjust, MovesNoTierAndCountsForNoMetric) {
  // A tier by points that can be spent.
  Scene scene(With(HarbourDocument(),
                   {{"metrics:\n",
                     "metrics:\n  - {id: points_12m, measure: SUM, of: points.points, window: "
                     "{rolling: 12 months}}\n"},
                    {"metrics.credit_12m >= 1000 ||", "metrics.points_12m >= 1000 ||"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Do(By(ana, 5'000));
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  scene.Buy(ana, 99'900);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Do(By(ana, -5'000));
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
}

TEST(Adjust, AMemberWhoIsSuspendedIsCorrectedAllTheSame) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  scene.Do(SuspendMember{ana});
  scene.Do(By(ana, -10, "fraud"));
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Do(CloseMember{ana});
  EXPECT_EQ(scene.Refused(By(ana, 10)).reason, Rejection::kMemberNotActive);
}

// Shows P10.
TEST(AdjustLimits, ArePerPersonTypeDayAndMonth) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits = *ParseAdjustLimits("AGENT=200/300,1000");
  Scene scene(std::move(options));
  scene.Activate(HarbourDocument());
  const MemberId ana = scene.Enroll(1);
  scene.principal = "eve";
  scene.role = Role::kAgent;
  scene.Do(By(ana, 150));
  scene.Do(By(ana, -50));  // what is taken counts, too
  Rejected rejected = scene.Refused(By(ana, 1));
  EXPECT_EQ(rejected.reason, Rejection::kLimitReached);
  EXPECT_THAT(rejected.metadata,
              ElementsAre(Pair("left", "0"), Pair("limit", "a_day"), Pair("requested", "1")));
  // Another person has a limit of their own, in another role another one.
  scene.principal = "adam";
  scene.Do(By(ana, 200));
  scene.principal = "fay";
  scene.role = Role::kFinance;
  scene.Do(By(ana, 1'000));
  EXPECT_EQ(scene.Refused(By(ana, 1)).reason, Rejection::kLimitReached);
  // Midnight of Berlin brings a new day, and the month goes on.
  scene.principal = "eve";
  scene.role = Role::kAgent;
  scene.At("2026-03-01T22:59:59Z");
  EXPECT_EQ(scene.Refused(By(ana, 1)).reason, Rejection::kLimitReached);
  scene.At("2026-03-01T23:00:00Z");
  rejected = scene.Refused(By(ana, 101));
  EXPECT_THAT(rejected.metadata,
              ElementsAre(Pair("left", "100"), Pair("limit", "a_month"), Pair("requested", "101")));
  scene.Do(By(ana, 100));
  scene.At("2026-03-31T22:00:00Z");
  scene.Do(By(ana, 200));
}

TEST(AdjustLimits, AreInWholePoints) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits = *ParseAdjustLimits("20");
  Scene scene(std::move(options));
  scene.Activate(With(HarbourDocument(), {{"symbol: PTS,", "symbol: PTS, decimals: 2,"}}));
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(scene.Refused(By(ana, 2'001)).metadata[0].second, "2000");
  scene.Do(By(ana, 2'000));
}

TEST(AdjustLimits, WhoNamesNoRoleHasTheLeast) {
  const AdjustLimits limits = *ParseAdjustLimits("AGENT=200,FINANCE=100/500,1000");
  EXPECT_EQ(limits.Of(Role::kAgent), (AdjustLimit{200, std::nullopt}));
  EXPECT_EQ(limits.Of(Role::kAdmin), (AdjustLimit{1'000, std::nullopt}));
  EXPECT_EQ(limits.Of(Role::kNone), (AdjustLimit{100, 500}));
  EXPECT_EQ(ParseAdjustLimits("none")->Of(Role::kNone), AdjustLimit{});
}

TEST(AdjustLimits, AreReadAndWritten) {
  for (const char* text :
       {"none", "10000", "200/2000", "AGENT=200/2000,FINANCE=5", "AGENT=1,9/9"}) {
    const std::optional<AdjustLimits> limits = ParseAdjustLimits(text);
    ASSERT_TRUE(limits.has_value()) << text;
    EXPECT_EQ(ToString(*limits), text);
  }
  for (const char* text : {"", "0", "-1", "x", "1/", "/1", "1/2/3", "1,2", "KING=1",
                           "AGENT=", "AGENT=1,AGENT=2", "100000000001", "1 "}) {
    EXPECT_FALSE(ParseAdjustLimits(text).has_value()) << text;
  }
}

// Shows P10.
TEST(Adjust, NobodyAdjustsTheirOwnMembership) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  AdjustPoints order = By(ana, 10);
  order.own = IdentityNo(1);
  EXPECT_EQ(scene.Refused(order, "request-own").reason, Rejection::kSelfDealingForbidden);
  // Who asks is no part of what is asked: the same request from somebody else is a late duplicate.
  order.own = std::nullopt;
  const Reply again = scene.Run(order, "request-own");
  EXPECT_TRUE(again.is_replayed);
  order.own = IdentityNo(9);  // who has none
  scene.Do(order);
}

}  // namespace
}  // namespace laurel
