#include "tests/engine/domain/scene.h"

// Nobody rises before a review: the base tier has terms, too.
namespace laurel {
namespace {

std::string AtReview(const std::string& review = "{anchor: TIER_ANNIVERSARY, every: 12 months}",
                     const std::string& more = "") {
  return With(HarbourDocument(),
              {{"upgrade: IMMEDIATE, review: {anchor: TIER_ANNIVERSARY, every: 12 months}",
                "upgrade: AT_REVIEW" + more + ", review: " + review}});
}

TEST(UpgradeAtReview, ComesWithTheEndOfTheTermAlone) {
  Scene scene(AtReview());
  scene.At("2026-03-02T12:00:00Z");
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2027-03-02T23:00:00.000000Z");
  scene.At("2026-06-01T12:00:00Z");
  const auto entry = scene.Buy(ana, 320'000);
  EXPECT_EQ(entry->outcome.tier->tier, "MEMBER");
  EXPECT_EQ(entry->FindEvent<TierDecided>(), nullptr);
  scene.At("2027-03-02T22:59:59.999999Z");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  scene.At("2027-03-02T23:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  EXPECT_EQ(ToString(scene.Tier(ana).since), "2027-03-02T23:00:00.000000Z");
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2028-03-03T23:00:00.000000Z");
  scene.Spend(ana, 1);
  EXPECT_EQ(scene.Record(ana).tier.tier, "GOLD");
  EXPECT_EQ(scene.Entries(ana, EntryKind::kTierReview).size(), 1u);
}

TEST(UpgradeAtReview, LooksAgainAtTheEndOfEachTerm) {
  Scene scene(AtReview("{anchor: CALENDAR, every: 3 months, starts: \"01-01\"}"));
  scene.At("2026-03-02T12:00:00Z");
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2026-03-31T22:00:00.000000Z");
  scene.At("2026-04-02T12:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2026-06-30T22:00:00.000000Z");
  scene.Buy(ana, 100'000);
  scene.At("2026-06-30T22:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  // What has been kept is looked at for more: 12 months are behind 3.
  scene.At("2026-07-10T12:00:00Z");
  scene.Buy(ana, 250'000);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.At("2026-09-30T22:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
  // And is lost again, down to the base tier, which has terms as well.
  scene.At("2027-12-31T23:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2028-03-31T22:00:00.000000Z");
}

TEST(UpgradeAtReview, ExceedsATermThatIsSecured) {
  Scene scene(
      AtReview("{anchor: TIER_ANNIVERSARY, every: 12 months}", ", grace: {before: 60 days}"));
  scene.At("2026-03-02T12:00:00Z");
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-06-01T12:00:00Z");
  scene.Buy(ana, 100'000);
  scene.At("2027-03-02T23:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.At("2028-02-20T12:00:00Z");
  const auto entry = scene.Buy(ana, 320'000);
  ASSERT_NE(entry->FindEvent<TierDecided>(), nullptr);
  EXPECT_EQ(entry->FindEvent<TierDecided>()->cause, TierCause::kSecured);
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.At("2028-03-03T23:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "GOLD");
}

TEST(UpgradeAtReview, FallsBackWhereItsPurchaseIsReturned) {
  Scene scene(AtReview());
  scene.At("2026-03-02T12:00:00Z");
  const MemberId ana = scene.Enroll(1);
  scene.At("2027-02-20T12:00:00Z");
  scene.Buy(ana, 100'000);
  const ReceiptKey large = scene.receipt();
  scene.Buy(ana, 1'000);
  scene.At("2027-03-05T12:00:00Z");
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Return(scene.receipt());  // what is left still reaches it
  EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
  scene.Return(large);
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2028-03-05T23:00:00.000000Z");
}

TEST(UpgradeAtReview, GivesTermsToThoseWhoAreThere) {
  for (const char* on_activation : {"UPGRADE_ONLY", "NOTHING"}) {
    SCOPED_TRACE(on_activation);
    Scene scene;
    scene.At("2026-03-02T12:00:00Z");
    const MemberId ana = scene.Enroll(1);
    const MemberId ben = scene.Enroll(2);
    EXPECT_TRUE(scene.Tier(ana).review_at.is_never());
    scene.At("2027-06-01T12:00:00Z");
    scene.Activate(With(
        AtReview(),
        {{"tier_policy: {", std::string("tier_policy: {on_activation: ") + on_activation + ", "}}));
    EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2028-03-02T23:00:00.000000Z");
    scene.At("2027-06-01T13:00:00Z");
    scene.Buy(ana, 100'000);  // a write sees the same
    EXPECT_EQ(ToString(scene.Record(ana).tier.review_at), "2028-03-02T23:00:00.000000Z");
    EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");
    scene.At("2028-03-02T23:00:00Z");
    EXPECT_EQ(scene.Tier(ana).tier, "SILVER");
    EXPECT_EQ(scene.Tier(ben).tier, "MEMBER");
    EXPECT_EQ(ToString(scene.Tier(ben).review_at), "2029-03-02T23:00:00.000000Z");
    // And at once again.
    scene.Activate(HarbourDocument("ARREARS"));
    scene.At("2028-03-03T12:00:00Z");
    EXPECT_EQ(scene.Buy(ben, 100'000)->outcome.tier->tier, "SILVER");
  }
}

TEST(UpgradeAtReview, NeedsReviews) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(
      With(HarbourDocument(),
           {{"upgrade: IMMEDIATE, review: {anchor: TIER_ANNIVERSARY, every: 12 months}",
             "upgrade: AT_REVIEW"}}));
  EXPECT_EQ(compiled.rulebook, nullptr);
  EXPECT_EQ(compiled.findings.front().code, "R-TIER-606");
}

}  // namespace
}  // namespace laurel
