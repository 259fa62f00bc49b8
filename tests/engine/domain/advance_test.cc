#include "absl/strings/str_cat.h"
#include "engine/store/record.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

void Advance(Scene& scene, MemberId member) {
  const absl::StatusOr<Reply> reply = scene.engine().Execute(
      Command{TheProgram(), RequestId(), "", AdvanceMember{member, std::nullopt}});
  ASSERT_TRUE(reply.ok()) << reply.status().message();
}

// Shows G7.
TEST(Advance, LotsEndToTheMicrosecondInTheProgramsZone) {
  struct Row {
    const char* bought;
    const char* end;
  };
  constexpr Row kRows[] = {
      {"2026-03-01T12:00:00Z", "2027-03-01T23:00:00Z"},
      {"2026-03-27T12:00:00Z", "2027-03-27T23:00:00Z"},  // the night before summer time
      {"2026-03-28T12:00:00Z", "2027-03-28T22:00:00Z"},  // the day of 23 hours
      {"2026-10-29T12:00:00Z", "2027-10-29T22:00:00Z"},
      {"2026-10-30T12:00:00Z", "2027-10-30T22:00:00Z"},  // the night before winter time
      {"2026-10-31T12:00:00Z", "2027-10-31T23:00:00Z"},  // the day of 25 hours
      {"2026-06-30T22:30:00Z", "2027-07-01T22:00:00Z"},  // 1 July at 00:30
      {"2028-02-29T12:00:00Z", "2029-02-28T23:00:00Z"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.bought);
    Scene scene;
    const MemberId ana = scene.Enroll(1);
    scene.At(row.bought);
    scene.Buy(ana, 1'000);
    const Timestamp end = Instant(row.end);
    scene.clock.Set(end.PlusMicros(-1));
    EXPECT_EQ(scene.Points(ana), 10);
    scene.Spend(ana, 5);
    scene.clock.Set(end);
    EXPECT_EQ(scene.Points(ana), 0);
    const Rejected rejected = scene.Refused(Redeem{ana, PointsType(), 5, ""});
    EXPECT_EQ(rejected.reason, Rejection::kInsufficientPoints);
    const auto expired = scene.Entries(ana, EntryKind::kExpire);
    ASSERT_EQ(expired.size(), 1u);
    EXPECT_EQ(expired[0]->FindEvent<LotExpired>()->amount, 5);
    EXPECT_EQ(Postings(*expired[0]), "expiration/due points 5, member/available points -5");
    EXPECT_EQ(expired[0]->occurred_at, end);
  }
}

TEST(Advance, DatesAnExpiryByTheLotsLastDay) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  scene.At("2027-06-01T12:00:00Z");  // due work was late by months
  Advance(scene, ana);
  const auto expired = scene.Entries(ana, EntryKind::kExpire);
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0]->effective_on, Date::FromCivil(2027, 3, 1));
}

TEST(Advance, EndsOnceAndOnlyWhatIsLeft) {
  Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 1 month}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  scene.Buy(ana, 5'000);
  scene.At("2026-03-20T12:00:00Z");
  scene.Buy(ana, 4'000);
  scene.Spend(ana, 100);  // the first lot whole
  scene.At("2026-04-05T12:00:00Z");
  Advance(scene, ana);
  Advance(scene, ana);
  const auto expired = scene.Entries(ana, EntryKind::kExpire);
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0]->lot_moves.size(), 1u);
  EXPECT_EQ(expired[0]->FindEvent<LotExpired>()->amount, 50);
  EXPECT_EQ(scene.Points(ana), 40);
}

TEST(Advance, ASpentLotLeavesNoExpiry) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 15'000);
  scene.Spend(ana, 150);
  EXPECT_TRUE(scene.Record(ana).lots_due_at.is_never());
  scene.At("2028-01-01T12:00:00Z");
  Advance(scene, ana);
  EXPECT_TRUE(scene.Entries(ana, EntryKind::kExpire).empty());
}

// Everything about a member that does not say when it was noticed.
std::string Story(Scene& scene, MemberId member) {
  std::string story;
  ReadView view = scene.engine().Read();
  for (std::uint64_t sequence = 1; sequence <= view.sequence(); ++sequence) {
    const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
    if (entry->member != member) continue;
    absl::StrAppend(&story, ToString(entry->kind), " ", ToString(entry->occurred_at), " ",
                    entry->effective_on ? ToString(*entry->effective_on) : "", " ",
                    Postings(*entry), "\n");
  }
  absl::StrAppend(&story, EncodeRecord(scene.Record(member)));
  return story;
}

// Shows G7.
TEST(Advance, AYearInOneStepIsAYearOfDays) {
  std::string stories[2];
  for (const int days_in_a_step : {1, 800}) {
    Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 2 months}]"}}));
    const MemberId ana = scene.Enroll(1);
    for (int day = 0; day < 50; ++day) {
      scene.Buy(ana, 20'000 + day);
      scene.clock.Advance(kMicrosPerDay);
    }
    for (int day = 0; day < 800; day += days_in_a_step) {
      scene.clock.Advance(days_in_a_step * kMicrosPerDay);
      Advance(scene, ana);
    }
    EXPECT_EQ(scene.Points(ana), 0);
    EXPECT_EQ(scene.Tier(ana).tier, "SILVER");  // PLATINUM, GOLD, then one step down a year
    EXPECT_EQ(scene.Entries(ana, EntryKind::kExpire).size(), 50u);
    stories[days_in_a_step == 1 ? 0 : 1] = Story(scene, ana);
  }
  EXPECT_EQ(stories[0], stories[1]);
}

TEST(Advance, DecidesNothingOnPointsThatHaveEndedHoweverManyLots) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  for (int day = 0; day < 340; ++day) {
    scene.Buy(ana, 100);
    scene.clock.Advance(kMicrosPerDay);
  }
  scene.Buy(ana, 100);
  scene.clock.Advance(400 * kMicrosPerDay);
  EXPECT_EQ(scene.Points(ana), 0);
  // 341 lots with an end of their own are more than one command catches up with: a retry gets
  // further.
  const Command command{TheProgram(), RequestId::Of("many-lots"), "test",
                        Redeem{ana, PointsType(), 1, ""}};
  const absl::StatusOr<Reply> first = scene.engine().Execute(command);
  EXPECT_EQ(first.status().code(), absl::StatusCode::kUnavailable);
  const absl::StatusOr<Reply> second = scene.engine().Execute(command);
  ASSERT_TRUE(second.ok()) << second.status().message();
  EXPECT_FALSE(second->is_replayed);
  EXPECT_EQ(second->entry->outcome.rejected->reason, Rejection::kInsufficientPoints);
  EXPECT_EQ(scene.Entries(ana, EntryKind::kExpire).size(), 341u);
}

TEST(Advance, SplitsMoreEndingsThanAnEntryHolds) {
  Scene scene(With(HarbourDocument(), {{"after: 12 months}]", "after: 1 month}]"}}));
  const MemberId ana = scene.Enroll(1);
  for (int i = 0; i < 1'100; ++i) scene.Buy(ana, 100);
  scene.At("2026-05-01T12:00:00Z");
  Advance(scene, ana);
  const auto expired = scene.Entries(ana, EntryKind::kExpire);
  ASSERT_EQ(expired.size(), 3u);
  EXPECT_EQ(expired[0]->lot_moves.size(), 400u);
  EXPECT_EQ(expired[1]->lot_moves.size(), 400u);
  EXPECT_EQ(expired[2]->lot_moves.size(), 300u);
  EXPECT_EQ(expired[0]->occurred_at, expired[2]->occurred_at);
}

}  // namespace
}  // namespace laurel
