// The process dies, the disk does not: every acknowledged outcome is there, nothing is there twice,
// and whoever asks again is told what happened.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/readings.h"
#include "tests/crash/child.h"
#include "tests/crash/ledger_on_disk.h"
#include "tests/crash/load_log.h"
#include "tests/crash/must_serve.h"
#include "tests/testing/seed.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;

// A ledger, the diaries of its clients and the checks that every crash has to pass.
class CrashTest : public testing::Test {
 protected:
  void SetUp() override {
    const absl::Status made = LedgerOnDisk::Init(data_dir());
    ASSERT_TRUE(made.ok()) << made;
    fs::create_directory(diaries());
  }

  std::string data_dir() const { return dir_.Path("ledger"); }
  std::string diaries() const { return dir_.Path("diaries"); }

  std::vector<std::string> Arguments(int threads, int commands, absl::string_view end) {
    return {data_dir(),
            diaries(),
            absl::StrCat(++run_),
            absl::StrCat(threads),
            absl::StrCat(commands),
            std::string(end)};
  }
  // Sends every former command again, and nothing new.
  int SendAllAgain() { return Child(Arguments(1, 0, "exit")).Wait(); }

  Anchor ReadAnchor() {
    const auto anchors =
        AnchorFile::Open(absl::StrCat(data_dir(), "/anchor"), {0, kAuditPartition});
    return **(*anchors)->Read(0);
  }

  // Boots what a crash has left and compares it with what the clients know. Returns the sequence.
  std::uint64_t Check() {
    const Anchor anchor = ReadAnchor();
    const std::unique_ptr<LedgerOnDisk> ledger = MustServe(LedgerOnDisk::Start(data_dir()));
    if (ledger == nullptr) return 0;
    EXPECT_EQ(ledger->Verify(), "");
    const std::uint64_t head = ledger->engine().sequence();
    EXPECT_LE(anchor.sequence, head);
    const auto checkpoint = ReadSignedCheckpoint(CheckpointFile(data_dir()));
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();

    std::map<std::string, Ack> stored;
    const ReadView view = ledger->engine().Read();
    const absl::Status read =
        ForEntries(view, 1, head + 1, [&](const Entry& entry, absl::string_view bytes) {
          const Ack ack{entry.sequence, ToHex(LeafHash(bytes)), false};
          EXPECT_TRUE(entry.request.empty() || stored.emplace(entry.request.str(), ack).second)
              << "applied twice: " << entry.request.str();
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
    const History history = ReadHistory(diaries());
    EXPECT_THAT(history.contradictions, testing::IsEmpty());
    for (const auto& [id, sent] : history.sent) {
      if (!sent.ack) continue;
      const auto found = stored.find(id);
      if (found == stored.end()) {
        ADD_FAILURE() << "acknowledged and lost: " << id << " as entry " << sent.ack->sequence;
        continue;
      }
      EXPECT_EQ(found->second.sequence, sent.ack->sequence) << id;
      EXPECT_EQ(found->second.leaf, sent.ack->leaf) << id;
    }
    for (const auto& [id, ack] : stored) {
      EXPECT_TRUE(id.rfind("setup-", 0) == 0 || history.sent.contains(id)) << "nobody sent " << id;
    }
    acknowledged_ = static_cast<std::size_t>(
        std::count_if(history.sent.begin(), history.sent.end(),
                      [](const auto& s) { return s.second.ack.has_value(); }));
    return head;
  }

  const TempDir dir_;
  int run_ = 0;
  std::size_t acknowledged_ = 0;  // ids, as of the last Check
};

// ---- kill -9
// ---------------------------------------------------------------------------------------------------

// LAUREL_CRASH_CYCLES says how many; one data directory goes through all of them.
TEST_F(CrashTest, NothingIsLostOrDoubledHoweverOftenItIsKilled) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  const char* text = std::getenv("LAUREL_CRASH_CYCLES");
  const int cycles = text == nullptr ? 30 : std::atoi(text);
  std::mt19937_64 random(seed);
  for (int cycle = 1; cycle <= cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE(absl::StrCat("cycle ", cycle));
    Child child(Arguments(8, 25, "stay"));
    // One in four dies while it boots or asks again, the others under load.
    if (random() % 4 != 0) {
      ASSERT_TRUE(child.IsReady()) << "ended with " << child.Wait();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 301));
    ASSERT_EQ(child.Kill(), 128 + SIGKILL);
    Check();
  }
  EXPECT_EQ(SendAllAgain(), 0);
  const std::uint64_t head = Check();
  EXPECT_EQ(ReadHistory(diaries()).sent.size(), acknowledged_);
  RecordProperty("entries", static_cast<int>(head));
  RecordProperty("acknowledged", static_cast<int>(acknowledged_));
  std::printf("%d cycles, %zu commands acknowledged, %d entries\n", cycles, acknowledged_,
              static_cast<int>(head));
}

// ---- kill points
// -----------------------------------------------------------------------------------------------

#ifdef LAUREL_CRASH_POINTS
constexpr bool kHasCrashPoints = true;
#else
constexpr bool kHasCrashPoints = false;
#endif

struct KillPoint {
  const char* name;
  bool is_stored;    // the batch is in the store
  bool is_anchored;  // and the anchor says so
};
void PrintTo(const KillPoint& point, std::ostream* out) { *out << point.name; }

class KillPointTest : public CrashTest,
                      public testing::WithParamInterface<std::tuple<KillPoint, int>> {};

// One client, one command a batch: what each row of the commit's table says, to the entry.
TEST_P(KillPointTest, LeavesTheBatchWholeOrNotAtAll) {
  if (!kHasCrashPoints) GTEST_SKIP() << "built without crash points";
  const auto& [point, n] = GetParam();
  const std::uint64_t before = Check();
  const bool is_anchor = std::string(point.name) == "mid_anchor";
  // Boot writes two anchors, those of the ledger and of the audit partition.
  const int passage = is_anchor ? n + 2 : n;
  Child child(Arguments(1, 10, "exit"),
              {absl::StrCat("LAUREL_CRASH_AT=", point.name, ":", passage)});
  ASSERT_EQ(child.Wait(), kCrashed);

  const History history = ReadHistory(diaries());
  std::string open;  // the command that nobody has answered
  for (const auto& [id, sent] : history.sent) {
    if (!sent.ack) open = id;
  }
  ASSERT_FALSE(open.empty());
  const Anchor anchor = ReadAnchor();
  const std::uint64_t head = Check();
  const auto told = static_cast<std::uint64_t>(history.sent.size() - 1);
  EXPECT_EQ(head, before + told + (point.is_stored ? 1 : 0));
  EXPECT_EQ(anchor.sequence, before + told + (point.is_anchored ? 1 : 0));

  ASSERT_EQ(SendAllAgain(), 0);
  EXPECT_EQ(Check(), before + told + 1);
  const std::optional<Ack> ack = ReadHistory(diaries()).sent.at(open).ack;
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->sequence, before + told + 1);
  EXPECT_EQ(ack->is_replayed, point.is_stored);
}

INSTANTIATE_TEST_SUITE_P(Commit, KillPointTest,
                         testing::Combine(testing::Values(KillPoint{"before_commit", false, false},
                                                          KillPoint{"after_commit", true, false},
                                                          KillPoint{"mid_anchor", true, false},
                                                          KillPoint{"after_anchor", true, true},
                                                          KillPoint{"before_reply", true, true}),
                                          testing::Values(1, 2, 3)),
                         [](const auto& instance) {
                           return absl::StrCat(std::get<0>(instance.param).name, "_",
                                               std::get<1>(instance.param));
                         });

// Eight clients and whole batches, deeper into the run.
TEST_F(CrashTest, KillPointsUnderLoad) {
  if (!kHasCrashPoints) GTEST_SKIP() << "built without crash points";
  for (const char* point :
       {"before_commit", "after_commit", "mid_anchor", "after_anchor", "before_reply"}) {
    SCOPED_TRACE(point);
    Child child(Arguments(8, 25, "stay"), {absl::StrCat("LAUREL_CRASH_AT=", point, ":12")});
    ASSERT_EQ(child.Wait(), kCrashed);
    Check();
  }
  EXPECT_EQ(SendAllAgain(), 0);
  Check();
  EXPECT_EQ(ReadHistory(diaries()).sent.size(), acknowledged_);
}

// The log must never contradict what it has once signed, published or not.
TEST_F(CrashTest, ACheckpointThatWasSignedStands) {
  if (!kHasCrashPoints) GTEST_SKIP() << "built without crash points";
  for (int n = 1; n <= 3; ++n) {
    SCOPED_TRACE(n);
    Child child(Arguments(2, 500, "stay"), {absl::StrCat("LAUREL_CRASH_AT=checkpoint_signed:", n)});
    ASSERT_EQ(child.Wait(), kCrashed);
    const auto checkpoint = ReadSignedCheckpoint(CheckpointFile(data_dir()));
    ASSERT_TRUE(checkpoint.ok() && checkpoint->has_value()) << checkpoint.status();
    EXPECT_LE((*checkpoint)->size, ReadAnchor().sequence);
    Check();
  }
}

// A boot that dies at its own anchors leaves a ledger that boots.
TEST_F(CrashTest, BootSurvivesItsOwnDeath) {
  if (!kHasCrashPoints) GTEST_SKIP() << "built without crash points";
  for (int n = 1; n <= 2; ++n) {
    ASSERT_EQ(
        Child(Arguments(1, 1, "exit"), {absl::StrCat("LAUREL_CRASH_AT=mid_anchor:", n)}).Wait(),
        kCrashed);
  }
  const std::uint64_t epoch = ReadAnchor().epoch;
  Check();
  EXPECT_GT(ReadAnchor().epoch, epoch);
  EXPECT_EQ(SendAllAgain(), 0);
}

}  // namespace
}  // namespace laurel
