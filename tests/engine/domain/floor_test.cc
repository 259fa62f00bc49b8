// Tiers that are shown besides the earned one, and terms that are confirmed late, ahead or after
// all. The numbers are in tests/scenarios/tie.scenario; here is what is refused, and what is kept.
#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

// Harbour with more said about its tiers.
std::string WithPolicy(const std::string& policy, const std::string& tiers = "") {
  std::string document = HarbourDocument();
  if (!tiers.empty()) document = With(document, {{"credit_12m >= 3000}", tiers}});
  return With(document,
              {{"downgrade: DROP_ONE}", absl::StrCat("downgrade: DROP_ONE, ", policy, "}")}});
}

constexpr char kMatching[] =
    "status_match: {duration: 90 days, keep_if: metrics.credit_12m >= 500, once_per: 24 months}";

std::string StateOf(const Rejected& rejected) {
  for (const auto& [key, value] : rejected.metadata) {
    if (key == "state") return value;
  }
  return "";
}

TEST(Floors, AreShownWhileTheyAreHigher) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  const auto entry = scene.Do(SetTierFloor{ana, "GOLD", Instant("2026-06-01T00:00:00Z")});
  EXPECT_EQ(entry->kind, EntryKind::kTierFloorSet);
  EXPECT_EQ(entry->outcome.tier->tier, "GOLD");
  EXPECT_EQ(entry->outcome.tier->review_at, Instant("2026-06-01T00:00:00Z"));
  EXPECT_EQ(entry->outcome.tier->next, "PLATINUM");
  EXPECT_EQ(scene.Record(ana).tier.tier, "MEMBER");
  scene.At("2026-05-31T23:59:59Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  scene.At("2026-06-01T00:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
}

TEST(Floors, GiveWayToWhatIsEarned) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Do(SetTierFloor{ana, "SILVER", std::nullopt});
  EXPECT_TRUE(scene.Tier(ana).review_at.is_never());
  scene.Buy(ana, 300'000);
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  EXPECT_FALSE(scene.Tier(ana).review_at.is_never());
  scene.Do(SetTierFloor{ana, "PLATINUM", std::nullopt});
  EXPECT_EQ(scene.Tier(ana).tier, "PLATINUM");
  scene.Do(SetTierFloor{ana, "", std::nullopt});
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
}

TEST(Floors, AreRefused) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "", std::nullopt}).reason, Rejection::kInvalidState);
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "PEARL", std::nullopt}).reason,
            Rejection::kResourceNotFound);
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "MEMBER", std::nullopt}).reason,
            Rejection::kResourceNotFound)
      << "everybody has it";
  EXPECT_EQ(scene.Refused(SetTierFloor{MemberId::Of(99), "GOLD", std::nullopt}).reason,
            Rejection::kMemberNotFound);
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "GOLD", scene.clock.Now()}).reason,
            Rejection::kInvalidField);
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "GOLD", std::nullopt, IdentityNo(1)}).reason,
            Rejection::kSelfDealingForbidden);
  scene.principal = "";
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "GOLD", std::nullopt}).reason,
            Rejection::kInvalidField);
  scene.principal = "staff";
  scene.Do(CloseMember{ana});
  EXPECT_EQ(scene.Refused(SetTierFloor{ana, "GOLD", std::nullopt}).reason,
            Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Record(ana).tier.floors.size(), 0u);
}

TEST(Matches, AreRefused) {
  Scene without;
  EXPECT_EQ(StateOf(without.Refused(MatchTier{without.Enroll(1), "GOLD"})), "NO_STATUS_MATCH");

  Scene scene(WithPolicy(kMatching));
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(scene.Refused(MatchTier{ana, "PEARL"}).reason, Rejection::kResourceNotFound);
  scene.Buy(ana, 100'000);
  EXPECT_EQ(StateOf(scene.Refused(MatchTier{ana, "SILVER"})), "TIER_EARNED");
  scene.Do(MatchTier{ana, "GOLD"});
  EXPECT_EQ(StateOf(scene.Refused(MatchTier{ana, "PLATINUM"})), "MATCHED_BEFORE");
}

TEST(Matches, AreJudgedWhereTheyEndAndComeAgain) {
  Scene scene(WithPolicy(kMatching));
  const MemberId ana = scene.Enroll(1);
  const MemberId ben = scene.Enroll(2);
  scene.Do(MatchTier{ana, "GOLD"});  // through 2026-05-30
  scene.Do(MatchTier{ben, "GOLD"});
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 50'000);
  scene.At("2026-05-30T22:00:00Z");  // midnight in Berlin
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  EXPECT_EQ(scene.Tier(ben).tier, "MEMBER");
  scene.Buy(ben, 100);
  EXPECT_EQ(scene.Tier(ben).tier, "MEMBER");
  scene.Buy(ana, 100);
  const Member record = scene.Record(ana);
  EXPECT_EQ(record.tier.tier, "GOLD");
  EXPECT_EQ(record.tier.since, Instant("2026-05-30T22:00:00Z"));
  EXPECT_TRUE(record.tier.floors.empty());
  scene.At("2028-03-02T12:00:00Z");
  scene.Do(MatchTier{ben, "GOLD"});
  EXPECT_EQ(scene.Tier(ben).tier, "GOLD");
}

TEST(Lifetime, IsWonOnceAndForAll) {
  Scene scene(WithPolicy("grace: {after: 1 days}",
                         "credit_12m >= 3000, lifetime: metrics.credit_12m >= 5000}"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 400'000);
  EXPECT_TRUE(scene.Record(ana).tier.floors.empty());
  scene.Buy(ana, 100'000);
  ASSERT_EQ(scene.Record(ana).tier.floors.size(), 1u);
  scene.Buy(ana, 100);
  ASSERT_EQ(scene.Record(ana).tier.floors.size(), 1u);
  EXPECT_EQ(scene.Record(ana).tier.floors[0].kind, TierFloorKind::kLifetime);
  scene.At("2030-03-02T12:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  EXPECT_TRUE(scene.Tier(ana).review_at.is_never());
}

// A sale of the days on which a lost tier was worn gets its factor, whenever it comes.
TEST(Worn, IsTheTierOfItsDays) {
  Scene scene(With(WithPolicy("grace: {after: 30 days}"),
                   {{"tiers:\n",
                     "benefits: [{id: FACTOR, kind: POINT_MULTIPLIER, rule: base, grants: [{tier: "
                     "SILVER, value: \"1.5\"}, {tier: GOLD, value: \"2\"}]}]\ntiers:\n"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 300'000);  // GOLD through 2027-03-01
  scene.At("2027-03-10T12:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  scene.At("2027-04-10T12:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  const auto late = scene.Buy(ana, 10'000, "2027-03-20T12:00:00Z");
  EXPECT_EQ(late->FindEvent<EvidenceKept>()->tier, "GOLD");
  const auto now = scene.Buy(ana, 10'000);
  EXPECT_EQ(now->FindEvent<EvidenceKept>()->tier, "SILVER");
}

}  // namespace
}  // namespace laurel
