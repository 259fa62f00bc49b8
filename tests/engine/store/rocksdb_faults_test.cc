#include "tests/testing/rocksdb_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/rocksdb_store.h"
#include "tests/engine/store/store_conformance.h"
#include "tests/testing/seed.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

constexpr LedgerId kLedger{1, 2, 3};

RocksDbOptions OptionsOn(std::shared_ptr<rocksdb::Env> env) {
  RocksDbOptions options;
  options.block_cache_bytes = 8 << 20;
  options.write_buffer_bytes = 1 << 20;  // flushes happen while the test runs
  options.env = std::move(env);
  return options;
}

std::unique_ptr<RocksDbStore> MustOpen(const std::string& path,
                                       std::shared_ptr<rocksdb::Env> env = nullptr) {
  absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
      RocksDbStore::Open(path, OptionsOn(std::move(env)));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::vector<Write> ThousandKeys(absl::string_view value) {
  std::vector<Write> writes;
  for (int i = 0; i < 1'000; ++i) {
    writes.push_back(Put(i % 2 == 0 ? Space::kMembers : Space::kJournal, absl::StrCat(i), value));
  }
  return writes;
}

// Whether the store has all of ThousandKeys(value); fails the test if it has some.
bool HasThousandKeys(Store& store, absl::string_view value) {
  const auto snapshot = *store.TakeSnapshot(0);
  std::size_t found = 0;
  for (Space space : {Space::kMembers, Space::kJournal}) {
    for (const auto& row : ScanAll(*snapshot, space)) found += row.second == value ? 1u : 0u;
  }
  EXPECT_TRUE(found == 0 || found == 1'000) << found;
  return found == 1'000;
}

TEST(RocksDbFaults, S09CommitIsAllOrNothingWhereverTheProcessDies) {
  for (std::uint64_t step = 0;; ++step) {
    SCOPED_TRACE(absl::StrCat("operation ", step));
    const TempDir dir;
    const std::string path = dir.Path("db");
    ASSERT_TRUE(RocksDbStore::Init(path, kLedger, OptionsOn(nullptr)).ok());
    bool is_committed = false;
    std::optional<Head> before;
    std::optional<Head> after;
    {
      FaultyDisk disk;
      auto store = MustOpen(path, disk.env());
      TestWriter writer(*store);
      ASSERT_EQ(writer.Commit(ThousandKeys("old")).outcome, CommitOutcome::kCommitted);
      before = writer.head();
      after = writer.NextBatch({}).next;
      const std::uint64_t start = disk.operations();
      disk.CrashAt(start + step);
      const CommitResult result = writer.Commit(ThousandKeys(std::string(100, 'n')));
      is_committed = result.outcome == CommitOutcome::kCommitted;
      EXPECT_TRUE(is_committed || result.outcome == CommitOutcome::kFatal) << result.status;
    }
    auto store = MustOpen(path);
    const bool is_there = HasThousandKeys(*store, std::string(100, 'n'));
    EXPECT_NE(is_there, HasThousandKeys(*store, "old"));
    EXPECT_EQ(*store->ReadHead(0), is_there ? after : before);
    if (is_committed) {
      EXPECT_TRUE(is_there);
      EXPECT_GE(step, 2u);  // a write and a sync at least
      break;
    }
  }
}

TEST(RocksDbFaults, S09CommitIsAllOrNothingWhereverThePowerGoes) {
  const std::uint64_t seed = TestSeed(9);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const TempDir dir;
  FaultyDisk disk;
  ASSERT_TRUE(RocksDbStore::Init(dir.Path("db"), kLedger, OptionsOn(disk.env())).ok());
  auto store = MustOpen(dir.Path("db"), disk.env());
  TestWriter writer(*store);
  ASSERT_EQ(writer.Commit(ThousandKeys("old")).outcome, CommitOutcome::kCommitted);
  disk.FailNextSync();  // the commit is written and not synced
  EXPECT_EQ(writer.Commit(ThousandKeys(std::string(100, 'n'))).outcome, CommitOutcome::kFatal);
  for (int i = 0; i < 20; ++i) {
    const FaultyDisk::Tail tail = i == 0       ? FaultyDisk::Tail::kSynced
                                  : i % 2 == 0 ? FaultyDisk::Tail::kRandom
                                               : FaultyDisk::Tail::kTorn;
    const std::string cut = dir.Path(absl::StrCat("cut", i));
    ASSERT_TRUE(disk.PowerCut(dir.Path("db"), cut, tail, random).ok());
    // Garbage behind a torn record may look like damage before the tail: then boot goes point in
    // time.
    auto reopened = RocksDbStore::Open(cut, OptionsOn(nullptr));
    if (!reopened.ok())
      reopened = RocksDbStore::Open(cut, OptionsOn(nullptr), LogRecovery::kPointInTime);
    ASSERT_TRUE(reopened.ok()) << reopened.status();
    const bool is_new = HasThousandKeys(**reopened, std::string(100, 'n'));
    EXPECT_NE(is_new, HasThousandKeys(**reopened, "old"));
    EXPECT_EQ((*(*reopened)->ReadHead(0))->sequence, is_new ? 2u : 1u);
    if (i == 0) {
      EXPECT_FALSE(is_new);
    }
  }
}

// After a failed sync nobody knows what reached the disk; after a failed write only the reopen
// does.
TEST(RocksDbFaults, S21FailedSyncIsFatalForGood) {
  const TempDir dir;
  ASSERT_TRUE(RocksDbStore::Init(dir.Path("db"), kLedger, OptionsOn(nullptr)).ok());
  std::optional<Head> before;
  {
    FaultyDisk disk;
    int fatal_calls = 0;
    RocksDbOptions options = OptionsOn(disk.env());
    options.on_fatal = [&fatal_calls](const absl::Status& status) {
      EXPECT_FALSE(status.ok());
      ++fatal_calls;
    };
    auto store = *RocksDbStore::Open(dir.Path("db"), options);
    TestWriter writer(*store);
    ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "1")}).outcome, CommitOutcome::kCommitted);
    before = writer.head();
    disk.FailNextSync();
    const CommitResult failed = writer.Commit({Put(Space::kMembers, "a", "2")});
    EXPECT_EQ(failed.outcome, CommitOutcome::kFatal);
    EXPECT_THAT(std::string(failed.status.message()), ::testing::HasSubstr("made to fail"));
    EXPECT_EQ(fatal_calls, 1);
    const std::uint64_t operations = disk.operations();
    EXPECT_EQ(writer.Commit({Put(Space::kMembers, "a", "3")}).outcome, CommitOutcome::kFatal);
    EXPECT_FALSE(store->TakeSnapshot(0).ok());
    EXPECT_FALSE(store->ReadHead(0).ok());
    EXPECT_FALSE(store->AcquireWriter(0, 9, "x").ok());
    EXPECT_EQ(disk.operations(), operations);  // nothing was tried again
    EXPECT_EQ(fatal_calls, 1);
  }
  auto store = MustOpen(dir.Path("db"));
  const Head head = (*store->ReadHead(0)).value();
  const Rows rows = ScanAll(**store->TakeSnapshot(0), Space::kMembers);
  EXPECT_TRUE((head == *before && rows == Rows{{"a", "1"}}) ||
              (head.sequence == 2 && rows == Rows{{"a", "2"}}));
}

TEST(RocksDbFaults, S22FullDiskIsFatalAndLosesNothing) {
  const TempDir dir;
  ASSERT_TRUE(RocksDbStore::Init(dir.Path("db"), kLedger, OptionsOn(nullptr)).ok());
  std::uint64_t acknowledged = 0;
  {
    FaultyDisk disk;
    auto store = MustOpen(dir.Path("db"), disk.env());
    TestWriter writer(*store);
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(
          writer.Commit({Put(Space::kJournal, absl::StrCat(i), std::string(1'000, 'x'))}).outcome,
          CommitOutcome::kCommitted);
      ++acknowledged;
    }
    disk.FillUp();
    const CommitResult full = writer.Commit({Put(Space::kJournal, "z", "")});
    EXPECT_EQ(full.outcome, CommitOutcome::kFatal);
    EXPECT_TRUE(absl::IsResourceExhausted(full.status)) << full.status;
    EXPECT_EQ(writer.Commit({Put(Space::kJournal, "z", "")}).outcome, CommitOutcome::kFatal);
  }
  auto store = MustOpen(dir.Path("db"));
  EXPECT_EQ((*store->ReadHead(0))->sequence, acknowledged);
  EXPECT_EQ(ScanAll(**store->TakeSnapshot(0), Space::kJournal).size(), acknowledged);
  TestWriter writer(*store);
  writer.Load();
  EXPECT_EQ(writer.Commit({}).outcome, CommitOutcome::kCommitted);
}

// Commits 500 times, with flushes in between, and cuts the power 25 times. Returns how many cuts
// lost something that was acknowledged.
int CutsWithLoss(FaultyDisk& disk, std::uint64_t seed) {
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const TempDir dir;
  EXPECT_TRUE(RocksDbStore::Init(dir.Path("db"), kLedger, OptionsOn(nullptr)).ok());
  auto store = MustOpen(dir.Path("db"), disk.env());
  TestWriter writer(*store);
  int cuts_with_loss = 0;
  for (int i = 1; i <= 500; ++i) {
    std::string value(8'000, '\0');
    for (char& c : value) c = static_cast<char>(random() & 0xFF);
    const CommitResult result = writer.Commit({Put(Space::kJournal, absl::StrCat(i), value),
                                               Put(Space::kMembers, "last", absl::StrCat(i))});
    EXPECT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status;
    if (random() % 20 != 0 && i != 500) continue;
    const std::string cut = dir.Path(absl::StrCat("cut", i));
    EXPECT_TRUE(disk.PowerCut(dir.Path("db"), cut, FaultyDisk::Tail::kRandom, random).ok());
    const auto is_whole = [&] {
      const auto reopened = RocksDbStore::Open(cut, OptionsOn(nullptr));
      if (!reopened.ok()) return false;
      const auto snapshot = *(*reopened)->TakeSnapshot(0);
      const auto last = *snapshot->Get(Space::kMembers, Key(0, "last"));
      return snapshot->head() == writer.head() && last == absl::StrCat(i) &&
             ScanAll(*snapshot, Space::kJournal).size() == static_cast<std::size_t>(i);
    };
    cuts_with_loss += is_whole() ? 0 : 1;
    std::filesystem::remove_all(cut);
  }
  return cuts_with_loss;
}

TEST(RocksDbFaults, PowerCutLosesNoAcknowledgedCommit) {
  FaultyDisk disk;
  EXPECT_EQ(CutsWithLoss(disk, TestSeed(12)), 0);
  EXPECT_GE(disk.syncs(), 500u);
}

// Shows that the test above can fail. A lying disk is found by the anchor, not by the database.
TEST(RocksDbFaults, PowerCutOnADiskThatLiesLosesCommits) {
  FaultyDisk disk;
  disk.Lie();
  EXPECT_GT(CutsWithLoss(disk, TestSeed(12)), 0);
}

}  // namespace
}  // namespace laurel
