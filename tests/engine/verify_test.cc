#include "engine/verify.h"

#include "absl/strings/match.h"
#include "engine/journal/entry_codec.h"
#include "engine/journal/tiles.h"
#include "engine/store/key.h"
#include "engine/store/record.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

// Damage done with a key-value tool: checksums of the store are right, the ledger is not.
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() {
    ana_ = ledger_.Enroll(1);
    for (int i = 1; i <= 600; ++i) ledger_.Accrue(ana_, i, 1000 + i);
  }

  void Tamper(Space space, const std::string& key, std::optional<std::string> value) {
    const Head head = **ledger_.store().ReadHead(0);
    Batch batch{.partition = 0,
                .expected = IdOf(head),
                .next = head,
                .writes = {Write{space, key, std::move(value)}}};
    ++batch.next.batch;
    ASSERT_EQ(ledger_.store().Commit(batch).outcome, CommitOutcome::kCommitted);
  }
  std::string EntryBytes(std::uint64_t sequence) {
    return **(*ledger_.store().TakeSnapshot(0))->Get(Space::kJournal, JournalKey(0, sequence));
  }
  VerifyReport Run(VerifyOptions options = {}) {
    return *Verify(**ledger_.store().TakeSnapshot(0), 0, options);
  }
  // The first finding of the kind; fails the test if there is none.
  VerifyFinding First(const VerifyReport& report, VerifyKind kind) {
    for (const VerifyFinding& finding : report.findings) {
      if (finding.kind == kind) return finding;
    }
    ADD_FAILURE() << "no " << ToString(kind) << " among " << report.findings.size() << " findings";
    return VerifyFinding{};
  }

  TestLedger ledger_;
  MemberId ana_;
};

TEST_F(VerifyTest, FindsNothingInAGoodLedger) {
  const VerifyReport report = Run();
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.entries, 603u);
  EXPECT_GT(report.records, 1200u);
}

TEST_F(VerifyTest, DecidesEveryActivityOnceMore) {
  const VerifyReport report = Run({.is_decided_again = true});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.decisions, 600u);
}

// Balanced and folded, but not what the rules give.
TEST_F(VerifyTest, NamesAnEntryWhoseAmountsNoRuleGives) {
  Entry entry = *DecodeEntry(EntryBytes(100));
  for (Event& event : entry.events) {
    if (auto* award = std::get_if<PointsAwarded>(&event)) award->amount += 5;
  }
  for (LotMove& move : entry.lot_moves) move.delta += 5;
  for (Posting& posting : entry.postings) posting.amount += posting.amount > 0 ? 5 : -5;
  Tamper(Space::kJournal, JournalKey(0, 100), EncodeEntry(entry));
  const VerifyReport report = Run({.is_decided_again = true});
  const VerifyFinding finding = First(report, VerifyKind::kDecisionDiffers);
  EXPECT_EQ(finding.sequence, 100u);
  EXPECT_TRUE(absl::StrContains(finding.detail, "deciding it again")) << finding.detail;
  EXPECT_EQ(report.decisions, 599u);
}

TEST_F(VerifyTest, NamesAChangedEntryUnderATile) {
  Entry entry = *DecodeEntry(EntryBytes(100));
  entry.outcome.balances[0].available += 1'000'000;
  Tamper(Space::kJournal, JournalKey(0, 100), EncodeEntry(entry));
  const VerifyReport report = Run();
  EXPECT_EQ(First(report, VerifyKind::kHashMismatch).sequence, 100u);
  EXPECT_EQ(First(report, VerifyKind::kChainBroken).sequence, 101u);
}

TEST_F(VerifyTest, NamesAChangedEntryAtTheOpenEdge) {
  Entry entry = *DecodeEntry(EntryBytes(600));
  entry.outcome.balances[0].available += 1;
  Tamper(Space::kJournal, JournalKey(0, 600), EncodeEntry(entry));
  EXPECT_EQ(First(Run(), VerifyKind::kChainBroken).sequence, 601u);
  EXPECT_EQ(First(Run(), VerifyKind::kTreeMismatch).sequence, 603u);
}

TEST_F(VerifyTest, NamesAnEntryThatIsNoEntry) {
  Tamper(Space::kJournal, JournalKey(0, 300), "garbage");
  EXPECT_EQ(First(Run(), VerifyKind::kHashMismatch).sequence, 300u);
}

TEST_F(VerifyTest, NamesADroppedEntry) {
  Tamper(Space::kJournal, JournalKey(0, 200), std::nullopt);
  EXPECT_EQ(First(Run(), VerifyKind::kSequenceGap).sequence, 200u);
}

TEST_F(VerifyTest, NamesADroppedLastEntry) {
  Tamper(Space::kJournal, JournalKey(0, 603), std::nullopt);
  EXPECT_EQ(First(Run(), VerifyKind::kSequenceGap).sequence, 603u);
}

TEST_F(VerifyTest, NamesAnInsertedEntry) {
  Entry entry = *DecodeEntry(EntryBytes(603));
  entry.sequence = 604;
  for (Event& event : entry.events) {
    if (auto* award = std::get_if<PointsAwarded>(&event)) award->lot.sequence = 604;
  }
  Tamper(Space::kJournal, JournalKey(0, 604), EncodeEntry(entry));
  EXPECT_EQ(First(Run(), VerifyKind::kSequenceGap).sequence, 604u);
}

TEST_F(VerifyTest, NamesSwappedEntries) {
  const std::string a = EntryBytes(300);
  const std::string b = EntryBytes(301);
  Tamper(Space::kJournal, JournalKey(0, 300), b);
  Tamper(Space::kJournal, JournalKey(0, 301), a);
  EXPECT_EQ(First(Run(), VerifyKind::kHashMismatch).sequence, 300u);
}

TEST_F(VerifyTest, NamesUnbalancedPostings) {
  Entry entry = *DecodeEntry(EntryBytes(400));
  entry.postings[0].amount += 1;
  Tamper(Space::kJournal, JournalKey(0, 400), EncodeEntry(entry));
  EXPECT_EQ(First(Run(), VerifyKind::kPostingsUnbalanced).sequence, 400u);
}

TEST_F(VerifyTest, NamesAChangedTile) {
  std::string tile = **(*ledger_.store().TakeSnapshot(0))->Get(Space::kTiles, TileKey(0, 0, 1));
  tile[40] = static_cast<char>(tile[40] ^ 1);
  tile[4000] = static_cast<char>(tile[4000] ^ 1);
  Tamper(Space::kTiles, TileKey(0, 0, 1), tile);
  const VerifyFinding finding = First(Run(), VerifyKind::kTreeMismatch);
  EXPECT_TRUE(absl::StrContains(finding.detail, "level 0 number 1")) << finding.detail;
}

TEST_F(VerifyTest, NamesAChangedStateRecordWithBothValues) {
  ReadView view = ledger_.engine().Read();
  Member member = *view.state().members.Find(MemberKey{ana_});
  member.balances[0].available += 5;
  Tamper(Space::kMembers, EncodeKey(0, MemberKey{ana_}), EncodeRecord(member));
  const VerifyFinding finding = First(Run(), VerifyKind::kStateMismatch);
  EXPECT_TRUE(absl::StrContains(finding.detail, "members 'm'")) << finding.detail;
  EXPECT_TRUE(absl::StrContains(finding.detail, "folded")) << finding.detail;
}

TEST_F(VerifyTest, NamesAStateRecordThatNobodyMade) {
  Tamper(Space::kMembers, EncodeKey(0, MemberKey{MemberId::Of(77)}),
         EncodeRecord(Member{.program = TheProgram()}));
  EXPECT_TRUE(
      absl::StrContains(First(Run(), VerifyKind::kStateMismatch).detail, "folding gives none"));
}

TEST_F(VerifyTest, NamesALostStateRecord) {
  Tamper(Space::kMembers, EncodeKey(0, MemberKey{ana_}), std::nullopt);
  EXPECT_TRUE(absl::StrContains(First(Run(), VerifyKind::kStateMismatch).detail, "missing"));
}

TEST_F(VerifyTest, BootLooksAtTheTail) {
  EXPECT_TRUE(CheckTail(**ledger_.store().TakeSnapshot(0), 0).ok());
  Entry entry = *DecodeEntry(EntryBytes(600));
  entry.outcome.balances[0].available += 1;
  Tamper(Space::kJournal, JournalKey(0, 600), EncodeEntry(entry));
  const absl::Status changed = CheckTail(**ledger_.store().TakeSnapshot(0), 0);
  EXPECT_EQ(changed.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(changed.message(), "entry 600")) << changed;
}

TEST_F(VerifyTest, ComparesWithASignedCheckpoint) {
  VerifyOptions options;
  options.checkpoint =
      Checkpoint{"x/laurel/0", 500, *RootAt(**ledger_.store().TakeSnapshot(0), 0, 500)};
  EXPECT_TRUE(Run(options).findings.empty());
  options.checkpoint->root[0] ^= 1;
  EXPECT_EQ(First(Run(options), VerifyKind::kCheckpointMismatch).sequence, 500u);
  options.checkpoint->size = 700;
  EXPECT_EQ(First(Run(options), VerifyKind::kCheckpointMismatch).sequence, 700u);
}

// A state record that cannot be read is DATA_LOSS, never a balance, and ends writing.
TEST_F(VerifyTest, ADamagedRecordIsRefusedAndNotBelieved) {
  Tamper(Space::kMembers, EncodeKey(0, MemberKey{ana_}), "garbage");
  ledger_.Restart();
  const absl::StatusOr<Reply> reply = ledger_.engine().Execute(
      Command{TheProgram(), RequestId::Of("request-x"), "", Redeem{ana_, PointsType(), 1, ""}});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kDataLoss);
  const absl::StatusOr<Reply> other =
      ledger_.engine().Execute(Command{TheProgram(), RequestId::Of("request-y"), "",
                                       EnrollMember{{}, Channel::kPos, {}, ledger_.clock.Now()}});
  EXPECT_EQ(other.status().code(), absl::StatusCode::kDataLoss);
  ReadView view = ledger_.engine().Read();
  EXPECT_EQ(view.state().members.Find(MemberKey{ana_}), nullptr);
  EXPECT_EQ(view.status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace laurel
