#include <cstdlib>

#include "tests/engine/domain/scene.h"

// How terminals' clocks stand, by the rows that come online.
namespace laurel {
namespace {

// An instant is stamped some microseconds after the clock's.
bool IsAbout(std::int64_t micros, std::int64_t expected) {
  return std::abs(micros - expected) < kMicrosPerSecond;
}

class Clock : public testing::Test {
 protected:
  Clock() : ana_(scene_.Enroll(1)) { scene_.At("2026-03-02T12:00:00Z"); }
  AccruePurchase Row(int number, absl::string_view at) {
    AccruePurchase sale = scene_.Sale(ana_, 900 + number, 1'000);
    sale.occurred_at = Instant(at);
    sale.row = TerminalRow{number, false};
    return sale;
  }
  Terminal Seen() {
    const ReceiptKey receipt = ReceiptNo(900);
    ReadView view = scene_.engine().Read();
    const Terminal* found =
        view.state().terminals.Find(TerminalKey{TheProgram(), receipt.store, receipt.terminal});
    return found == nullptr ? Terminal{} : *found;
  }
  std::uint64_t Entries() { return scene_.engine().Read().sequence(); }
  Scene scene_;
  MemberId ana_;
};

TEST_F(Clock, ThatIsHoursAheadIsSeenByWhatIsRefused) {
  EXPECT_EQ(scene_.Refused(Row(1, "2026-03-02T15:00:00Z")).reason,
            Rejection::kOccurredAtOutOfWindow);
  Terminal seen = Seen();
  EXPECT_EQ(seen.online_calls, 1);
  EXPECT_TRUE(IsAbout(seen.skew, -3 * kMicrosPerHour));
  EXPECT_TRUE(seen.seen.empty());  // the row is missing still, and may come again
  scene_.At("2026-03-02T15:00:01Z");
  scene_.Do(Row(1, "2026-03-02T15:00:00Z"));
  seen = Seen();
  EXPECT_EQ(seen.seen, (std::vector<NumberRange>{{1, 1}}));
  EXPECT_TRUE(IsAbout(seen.skew_min, -3 * kMicrosPerHour));
}

TEST_F(Clock, ThatIsFarBehindIsSeen) {
  EXPECT_EQ(scene_.Refused(Row(1, "2025-03-02T12:00:00Z")).reason,
            Rejection::kOccurredAtOutOfWindow);
  EXPECT_TRUE(IsAbout(Seen().skew, 365 * kMicrosPerDay));
}

// A terminal that goes on like this does not fill the journal.
TEST_F(Clock, IsToldOfOnceAnHour) {
  scene_.Refused(Row(1, "2026-03-02T15:00:00Z"));
  const std::uint64_t first = Entries();
  for (int i = 2; i < 50; ++i) scene_.Refused(Row(i, "2026-03-02T15:00:00Z"));
  EXPECT_EQ(Entries(), first);
  scene_.Refused(Row(50, "2026-03-02T18:00:00Z"));  // it has been moved
  EXPECT_EQ(Entries(), first + 1);
  scene_.At("2026-03-02T13:00:01Z");
  scene_.Refused(Row(51, "2026-03-02T19:00:00Z"));
  EXPECT_EQ(Entries(), first + 2);
}

// The same request may come again, and is decided then.
TEST_F(Clock, AnswersNoRequest) {
  const AccruePurchase row = Row(1, "2026-03-02T15:00:00Z");
  scene_.Refused(row, "row-1");
  scene_.At("2026-03-02T15:00:01Z");
  EXPECT_NE(scene_.Do(row, "row-1")->FindEvent<PurchaseAccrued>(), nullptr);
}

TEST_F(Clock, IsSeenByWhatIsRefusedForGood) {
  AccruePurchase row = Row(1, "2026-03-02T09:00:00Z");
  row.member = IdentityNo(99);
  EXPECT_EQ(scene_.Refused(row).reason, Rejection::kMemberNotFound);
  EXPECT_TRUE(IsAbout(Seen().skew, 3 * kMicrosPerHour));
  EXPECT_EQ(Seen().seen, (std::vector<NumberRange>{{1, 1}}));
}

TEST_F(Clock, SaysNothingWithoutNumbersOrOffline) {
  AccruePurchase row = Row(1, "2026-03-02T15:00:00Z");
  row.row.is_offline = true;
  scene_.Refused(row);
  row.row = TerminalRow{};
  scene_.Refused(row);
  EXPECT_EQ(Seen().online_calls, 0);
}

// A correction says when the wrong receipt was, which is no reading of the clock.
TEST_F(Clock, IsNotReadFromCorrections) {
  scene_.Do(Row(1, "2026-03-02T12:00:00Z"));
  const Terminal before = Seen();
  scene_.At("2026-03-05T12:00:00Z");
  AccruePurchase right = Row(1, "2026-03-02T12:00:00Z");
  right.total = 1'100;
  right.row.number = 2;
  scene_.Do(CorrectReceipt{right});
  right.receipt = ReceiptNo(955);
  right.row.number = 3;
  EXPECT_EQ(scene_.Refused(CorrectReceipt{right}).reason, Rejection::kPurchaseNotFound);
  const Terminal after = Seen();
  EXPECT_EQ(after.skew, before.skew);
  EXPECT_EQ(after.online_calls, before.online_calls);
  EXPECT_EQ(after.seen, (std::vector<NumberRange>{{1, 3}}));
}

}  // namespace
}  // namespace laurel
