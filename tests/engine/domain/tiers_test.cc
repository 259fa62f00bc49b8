#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

std::string NameOf(const TierView& tier) { return tier.tier; }

// Shows T1.
TEST(Tiers, AreReachedAtExactlyTheThresholdInTheSameEntry) {
  struct Row {
    std::int64_t credit;
    const char* tier;
  };
  constexpr Row kRows[] = {{0, "MEMBER"},  {999, "MEMBER"}, {1000, "SILVER"},   {2999, "SILVER"},
                           {3000, "GOLD"}, {7999, "GOLD"},  {8000, "PLATINUM"}, {9000, "PLATINUM"}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.credit);
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.At("2026-03-02T12:00:00Z");
    const auto entry = scene.Buy(ana, row.credit * 100 + 99);
    EXPECT_EQ(NameOf(*entry->outcome.tier), row.tier);
    EXPECT_EQ(NameOf(scene.Tier(ana)), row.tier);
    EXPECT_EQ(entry->FindEvent<TierDecided>() != nullptr, row.credit >= 1000);
    if (entry->FindEvent<TierDecided>() == nullptr) continue;
    EXPECT_EQ(entry->FindEvent<TierDecided>()->from,
              "MEMBER");  // several ranks at once are one change
    EXPECT_EQ(ToString(scene.Tier(ana).since), ToString(scene.clock.Now()));
    EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2027-03-02T23:00:00.000000Z");
  }
}

TEST(Tiers, StepUpOneByOne) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 99'900);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "MEMBER");
  scene.Buy(ana, 100);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.Buy(ana, 199'900);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.Buy(ana, 100);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "GOLD");
  scene.Buy(ana, 499'900);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "GOLD");
  scene.Buy(ana, 100);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "PLATINUM");
}

TEST(Tiers, CountDaysAndNotPurchases) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (int day = 1; day <= 30; ++day) {
    scene.clock.Advance(kMicrosPerDay);
    scene.Buy(ana, 0);
    if (day == 29) scene.Buy(ana, 0);
    EXPECT_EQ(NameOf(scene.Tier(ana)), day < 30 ? "MEMBER" : "SILVER") << day;
  }
}

TEST(Tiers, SpendingPointsCostsNoTier) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 120'000);
  scene.Spend(ana, 1'200);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  EXPECT_EQ(scene.Points(ana, "credit"), 1'200);
}

TEST(Tiers, ShowTheWayToTheNext) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 225'000);
  const TierView tier = scene.Tier(ana);
  EXPECT_EQ(tier.next, "GOLD");
  ASSERT_EQ(tier.progress.size(), 1u);
  EXPECT_EQ(tier.progress[0].metric, "credit_12m");
  EXPECT_EQ(tier.progress[0].have, 2'250);
  EXPECT_EQ(tier.progress[0].need, 3'000);
  scene.Buy(ana, 900'000);
  EXPECT_EQ(scene.Tier(ana).next, "");
  EXPECT_TRUE(scene.Tier(ana).progress.empty());
}

TEST(Tiers, LastThroughTheSameDayOfTheNextYear) {
  struct Row {
    const char* on;         // noon
    const char* review_at;  // the first instant of the day after the term
    const char* second;     // of the second term
  };
  constexpr Row kRows[] = {
      {"2026-04-15T12:00:00Z", "2027-04-15T22:00:00.000000Z", "2028-04-15T22:00:00.000000Z"},
      {"2028-02-29T12:00:00Z", "2029-02-28T23:00:00.000000Z", "2030-02-28T23:00:00.000000Z"},
      {"2027-02-28T12:00:00Z", "2028-02-28T23:00:00.000000Z", "2029-02-28T23:00:00.000000Z"},
      {"2027-01-31T12:00:00Z", "2028-01-31T23:00:00.000000Z", "2029-01-31T23:00:00.000000Z"},
      {"2026-12-31T23:30:00Z", "2028-01-01T23:00:00.000000Z", "2029-01-01T23:00:00.000000Z"},
      {"2027-03-27T12:00:00Z", "2028-03-27T22:00:00.000000Z", "2029-03-27T22:00:00.000000Z"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.on);
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.At(row.on);
    scene.Buy(ana, 100'000);
    EXPECT_EQ(ToString(scene.Tier(ana).review_at), row.review_at);
    // Kept by another 1,000 on a later day.
    scene.clock.Advance(30 * kMicrosPerDay);
    scene.Buy(ana, 100'000);
    const Timestamp review = Instant(row.review_at);
    scene.clock.Set(review.PlusMicros(-1));
    EXPECT_EQ(ToString(scene.Tier(ana).review_at), row.review_at);
    scene.clock.Set(review);
    EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
    EXPECT_EQ(ToString(scene.Tier(ana).review_at), row.second);
    scene.Spend(ana, 1);  // a write sees the same
    EXPECT_EQ(ToString(scene.Record(ana).tier.review_at), ToString(Instant(row.second)));
    EXPECT_EQ(scene.Entries(ana, EntryKind::kTierReview).size(), 1u);
    EXPECT_EQ(ToString(scene.Tier(ana).since), ToString(Instant(row.on)));
  }
}

TEST(Tiers, OfThe29thReturnToTheLastDayOfFebruary) {
  // Terms are counted from `since`: a day that was cut does not drift.
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2028-02-29T12:00:00Z");
  scene.Buy(ana, 100'000);
  for (const char* day : {"2028-06-01", "2029-06-01", "2030-06-01", "2031-06-01"}) {
    scene.At(absl::StrCat(day, "T12:00:00Z"));
    scene.Buy(ana, 100'000);
  }
  scene.At("2032-02-10T12:00:00Z");
  EXPECT_EQ(ToString(scene.Tier(ana).review_at), "2032-02-29T23:00:00.000000Z");
}

TEST(Tiers, OnePurchaseDoesNotPayForTwoYears) {
  for (const char* on : {"2026-04-15", "2027-02-28", "2028-02-28", "2027-12-31"}) {
    SCOPED_TRACE(on);
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.At(absl::StrCat(on, "T12:00:00Z"));
    scene.Buy(ana, 100'000);
    scene.clock.Set(scene.Tier(ana).review_at);
    EXPECT_EQ(NameOf(scene.Tier(ana)), "MEMBER");
  }
}

TEST(Tiers, FallByThePolicy) {
  struct Row {
    const char* policy;
    std::int64_t credit;  // in the second year
    const char* tier;
  };
  constexpr Row kRows[] = {{"DROP_ONE", 0, "GOLD"},        {"RECOMPUTE", 0, "MEMBER"},
                           {"NEVER", 0, "PLATINUM"},       {"DROP_ONE", 2'000, "GOLD"},
                           {"RECOMPUTE", 2'000, "SILVER"}, {"DROP_ONE", 8'000, "PLATINUM"},
                           {"RECOMPUTE", 3'000, "GOLD"},   {"RECOMPUTE", 7'999, "GOLD"}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(absl::StrCat(row.policy, " ", row.credit));
    Scene scene(With(HarbourDocument(),
                     {{"downgrade: DROP_ONE", std::string("downgrade: ") + row.policy}}));
    const MemberId ana = scene.Enroll(1);
    scene.At("2026-04-01T12:00:00Z");
    scene.Buy(ana, 800'000);
    scene.At("2026-09-01T12:00:00Z");
    scene.Buy(ana, row.credit * 100);
    scene.At("2027-04-01T21:59:59.999999Z");
    EXPECT_EQ(NameOf(scene.Tier(ana)), "PLATINUM");
    scene.At("2027-04-01T22:00:00Z");
    EXPECT_EQ(NameOf(scene.Tier(ana)), row.tier);
    const bool has_fallen = std::string(row.tier) != "PLATINUM";
    EXPECT_EQ(ToString(scene.Tier(ana).since),
              has_fallen ? "2027-04-01T22:00:00.000000Z" : "2026-04-01T12:00:00.000000Z");
    scene.Buy(ana, 0);
    EXPECT_EQ(scene.Record(ana).tier.tier, row.tier);
    const auto reviews = scene.Entries(ana, EntryKind::kTierReview);
    EXPECT_EQ(reviews.size(), std::string(row.policy) == "NEVER" ? 0u : 1u);
    if (reviews.empty()) continue;
    EXPECT_EQ(ToString(reviews[0]->occurred_at), "2027-04-01T22:00:00.000000Z");
    EXPECT_EQ(reviews[0]->FindEvent<TierDecided>()->cause,
              has_fallen ? TierCause::kDowngraded : TierCause::kRetained);
  }
}

TEST(Tiers, FallStepByStepWhenNobodyLooksForYears) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 800'000);
  scene.At("2033-01-01T12:00:00Z");
  EXPECT_EQ(NameOf(scene.Tier(ana)), "MEMBER");
  scene.Buy(ana, 100);
  std::string path;
  for (const auto& review : scene.Entries(ana, EntryKind::kTierReview)) {
    absl::StrAppend(&path, ToString(review->occurred_at).substr(0, 10), " ",
                    review->FindEvent<TierDecided>()->to, " ");
  }
  EXPECT_EQ(path, "2027-03-01 GOLD 2028-03-02 SILVER 2029-03-03 MEMBER ");
}

TEST(Tiers, ReviewsComeBeforeAnActivityOfTheirInstant) {
  // The purchase of the day after the term belongs to the next one.
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 100'000);
  scene.At("2027-04-01T21:55:00Z");
  const auto early =
      scene.Buy(ana, 100'000, "2027-04-01T22:00:00Z");  // five minutes ahead of our clock
  ASSERT_NE(early->FindEvent<TierDecided>(), nullptr);
  EXPECT_EQ(early->FindEvent<TierDecided>()->cause, TierCause::kUpgraded);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kTierReview).size(), 1u);
}

TEST(Tiers, WhatCannotHaveOccurredYetBringsNoReviewForward) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 100'000);
  AccruePurchase wrong_clock = scene.Sale(ana, 77, 100);
  wrong_clock.occurred_at = Instant("2029-01-01T00:00:00Z");
  EXPECT_EQ(scene.Refused(wrong_clock).reason, Rejection::kOccurredAtOutOfWindow);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  EXPECT_TRUE(scene.Entries(ana, EntryKind::kTierReview).empty());
}

TEST(Tiers, WaitForAnImportOfHistory) {
  // Ten years allowed; two years of purchases arrive in one hour, in order. Each review is judged
  // with what occurred before it, although the clock has long passed it.
  Scene scene(
      With(HarbourDocument(), {{"max_late_arrival: 30 days", "max_late_arrival: 3650 days"}}));
  const MemberId ana = scene.Enroll(1);
  scene.At("2030-01-01T12:00:00Z");
  scene.Buy(ana, 100'000, "2027-04-01T12:00:00Z");
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");  // although the term is over
  EXPECT_EQ(ToString(scene.Record(ana).tier.review_not_before), "2030-01-02T12:00:00.000000Z");
  scene.Buy(ana, 100'000, "2027-10-01T12:00:00Z");
  scene.Buy(ana, 5'000, "2028-05-01T12:00:00Z");
  auto reviews = scene.Entries(ana, EntryKind::kTierReview);
  ASSERT_EQ(reviews.size(), 1u);
  EXPECT_EQ(reviews[0]->FindEvent<TierDecided>()->cause, TierCause::kRetained);
  scene.At("2030-01-02T11:59:59Z");
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.At("2030-01-02T13:00:00Z");  // a day after the last of it the clock takes over again
  EXPECT_EQ(NameOf(scene.Tier(ana)), "MEMBER");
  scene.Buy(ana, 0);
  reviews = scene.Entries(ana, EntryKind::kTierReview);
  ASSERT_EQ(reviews.size(), 2u);
  EXPECT_EQ(reviews[1]->FindEvent<TierDecided>()->cause, TierCause::kDowngraded);
  EXPECT_EQ(ToString(reviews[1]->occurred_at), "2029-04-01T22:00:00.000000Z");
}

TEST(Tiers, LateCreditCountsAsOfTheLatestActivity) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-04-20T12:00:00Z");
  scene.Buy(ana, 60'000);
  const auto late = scene.Buy(ana, 40'000, "2026-04-10T12:00:00Z");
  EXPECT_EQ(NameOf(*late->outcome.tier), "SILVER");
  EXPECT_EQ(ToString(scene.Tier(ana).since), "2026-04-20T12:00:00.000000Z");
}

TEST(Tiers, FallByAReturnOfWhatTheUpgradeRestedOn) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 95'000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 10'000);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.At("2026-04-02T12:00:00Z");
  const auto returned = scene.Return(scene.receipt());
  EXPECT_EQ(NameOf(*returned->outcome.tier), "MEMBER");
  EXPECT_EQ(returned->FindEvent<TierDecided>()->cause, TierCause::kReturned);
  EXPECT_EQ(ToString(scene.Tier(ana).since), "2026-04-02T12:00:00.000000Z");
  EXPECT_TRUE(scene.Tier(ana).review_at.is_never());
}

TEST(Tiers, StayWhenTheyHoldNowWithoutWhatWasReturned) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 95'000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 10'000);
  const ReceiptKey sale = scene.receipt();
  scene.At("2026-04-02T12:00:00Z");
  scene.Buy(ana, 6'000);
  const auto returned = scene.Return(sale);
  EXPECT_EQ(NameOf(*returned->outcome.tier), "SILVER");
  EXPECT_EQ(returned->FindEvent<TierDecided>(), nullptr);
}

TEST(Tiers, DoNotFallBelowTheOneBeforeTheUpgrade) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 100'000);
  const ReceiptKey first = scene.receipt();
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 200'000);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "GOLD");
  scene.Return(scene.receipt());
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.Return(first);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");  // the upgrade that is undone was the last one
}

TEST(Tiers, OfASoftLandingRestOnNoUpgrade) {
  // From MEMBER to GOLD at once, a year later down to SILVER: a late return takes nothing more
  // away.
  Scene scene(
      With(HarbourDocument(), {{"max_late_arrival: 30 days", "max_late_arrival: 700 days"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 300'000);
  scene.At("2027-03-02T12:00:00Z");
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.Return(scene.receipt());
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
}

TEST(Tiers, AreJudgedByTheRulesOfTodayWhenSomethingReturns) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 60'000);
  scene.Buy(ana, 60'000);
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");
  scene.At("2026-03-02T12:00:00Z");
  scene.Activate(With(HarbourDocument(), {{"credit_12m >= 1000", "credit_12m >= 500"}}));
  scene.At("2026-03-03T12:00:00Z");
  const auto returned = scene.Return(scene.receipt());
  EXPECT_EQ(NameOf(scene.Tier(ana)), "SILVER");  // 600 are enough now
  EXPECT_EQ(returned->outcome.tier->next, "GOLD");
}

}  // namespace
}  // namespace laurel
