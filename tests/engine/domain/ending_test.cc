// What of a member's points ends when.
#include "engine/domain/ending.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

// "100/0/0 points 2027-03-01T23, …" as a reader sees it now.
std::string Endings(Scene& scene, MemberId member, Timestamp through = Timestamp::Never()) {
  ReadView view = scene.engine().Read();
  AdvancePoints(view.state(), member, scene.clock.Now());
  std::vector<std::string> texts;
  for (const EndingPoints& ending : EndingOf(view.state(), member, through)) {
    texts.push_back(absl::StrCat(
        ending.available, "/", ending.pending, "/", ending.held, " ", ending.type.str(), " ",
        ending.ends_at.is_never() ? "never" : ToString(ending.ends_at).substr(0, 13)));
  }
  return absl::StrJoin(texts, ", ");
}

// Shows G10.
TEST(Ending, TellsWhatEndsByWhenAndWhatDoesNot) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(Endings(scene, ana), "");
  scene.Buy(ana, 10'000);
  scene.Buy(ana, 5'000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Buy(ana, 2'000);
  EXPECT_EQ(Endings(scene, ana),
            "150/0/0 points 2027-03-01T23, 20/0/0 points 2027-04-01T22, 170/0/0 credit never");
  EXPECT_EQ(Endings(scene, ana, Instant("2027-03-01T23:00:00Z")), "150/0/0 points 2027-03-01T23");
  EXPECT_EQ(Endings(scene, ana, Instant("2027-03-01T22:59:59.999999Z")), "");
}

TEST(Ending, TellsHeldAndPendingApart) {
  Scene scene(With(HarbourDocument(),
                   {{"symbol: PTS", "symbol: PTS, settlement: {policy: AFTER, after: 14 days}"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  EXPECT_EQ(Endings(scene, ana, Instant("2030-01-01T00:00:00Z")).substr(0, 15), "0/100/0 points ");
  scene.At("2026-03-20T12:00:00Z");
  scene.Do(HoldPoints{ana, PointsType(), 30, 30 * kMicrosPerDay});
  EXPECT_EQ(Endings(scene, ana, Instant("2030-01-01T00:00:00Z")).substr(0, 15), "70/0/30 points ");
}

TEST(Ending, GoesByTheEndOfIdleness) {
  Scene scene(With(HarbourDocument(), {{"expiry: [{policy: ROLLING, after: 12 months}]",
                                        "expiry: [{policy: INACTIVITY, after: 6 months, "
                                        "activities: [purchase]}]"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 10'000);
  scene.At("2026-06-01T12:00:00Z");
  scene.Buy(ana, 5'000);
  EXPECT_EQ(Endings(scene, ana, Instant("2030-01-01T00:00:00Z")), "150/0/0 points 2026-12-01T23");
}

}  // namespace
}  // namespace laurel
