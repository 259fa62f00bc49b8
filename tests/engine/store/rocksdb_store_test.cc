#include "engine/store/rocksdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "engine/store/files.h"
#include "engine/store/row_cache.h"
#include "tests/engine/store/store_conformance.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr LedgerId kLedger{1, 2, 3};

RocksDbOptions SmallOptions() {
  RocksDbOptions options;
  options.block_cache_bytes = 8 << 20;
  options.write_buffer_bytes = 4 << 20;
  options.is_paranoid = true;
  return options;
}

class RocksDbUnderTest final : public StoreUnderTest {
 public:
  explicit RocksDbUnderTest(std::shared_ptr<rocksdb::Env> env) : options_(SmallOptions()) {
    options_.env = std::move(env);
    const absl::Status made = RocksDbStore::Init(path(), kLedger, options_);
    LAUREL_CHECK(made.ok(), "a database can be made");
    LAUREL_CHECK(Reopen().ok(), "a new database opens");
  }
  Store& store() override { return *store_; }
  absl::Status Reopen() override {
    store_.reset();
    absl::StatusOr<std::unique_ptr<RocksDbStore>> opened = RocksDbStore::Open(path(), options_);
    if (!opened.ok()) return opened.status();
    store_ = *std::move(opened);
    return absl::OkStatus();
  }
  absl::Status OpenSecond() override { return RocksDbStore::Open(path(), options_).status(); }

 private:
  std::string path() const { return dir_.Path("db"); }

  const TempDir dir_;
  RocksDbOptions options_;
  std::unique_ptr<RocksDbStore> store_;
};

class RowCacheUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return *cache_; }
  absl::Status Reopen() override {
    const absl::Status reopened = base_.Reopen();
    if (reopened.ok()) cache_ = NewCache();
    return reopened;
  }
  absl::Status OpenSecond() override { return base_.OpenSecond(); }

 private:
  std::unique_ptr<RowCache> NewCache() {
    return std::make_unique<RowCache>(base_.store(), 1 << 20,
                                      [](Space, absl::string_view) { return true; });
  }
  RocksDbUnderTest base_{NewMemoryEnv()};
  std::unique_ptr<RowCache> cache_ = NewCache();
};

class RocksDbStoreTest : public ::testing::Test {
 protected:
  RocksDbStoreTest() {
    const absl::Status made = RocksDbStore::Init(path(), kLedger, SmallOptions());
    EXPECT_TRUE(made.ok()) << made;
  }
  std::string path() const { return dir_.Path("db"); }
  std::unique_ptr<RocksDbStore> Open() const {
    absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
        RocksDbStore::Open(path(), SmallOptions());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // Names and contents of what counts; the info log and the lock come and go.
  std::map<std::string, std::string> DataFiles() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(path())) {
      const std::string name = entry.path().filename().string();
      if (name.rfind("LOG", 0) != 0 && name != "LOCK")
        files[name] = *ReadFile(entry.path().string());
    }
    return files;
  }

  const TempDir dir_;
};

// Twenty batches with values that compress, some of them deleted again.
void Fill(TestWriter& writer) {
  for (int i = 0; i < 20; ++i) {
    std::vector<Write> writes;
    for (int k = 0; k < 500; ++k) {
      const std::string key = absl::StrCat(i, " ", k);
      for (Space space : {Space::kJournal, Space::kMembers, Space::kRequests}) {
        writes.push_back(Put(space, key, absl::StrCat("value of ", key, " in ", ToString(space))));
      }
    }
    ASSERT_EQ(writer.Commit(std::move(writes)).outcome, CommitOutcome::kCommitted);
  }
}

TEST_F(RocksDbStoreTest, InitRefusesToOverwriteAndOpenToCreate) {
  EXPECT_FALSE(RocksDbStore::Init(path(), kLedger, SmallOptions()).ok());
  EXPECT_FALSE(RocksDbStore::Open(dir_.Path("none"), SmallOptions()).ok());
  EXPECT_FALSE(RocksDbStore::OpenReadOnly(dir_.Path("none"), SmallOptions()).ok());
  EXPECT_FALSE(fs::exists(dir_.Path("none/CURRENT")));
}

TEST_F(RocksDbStoreTest, KnowsItsLedgerEvenWithoutItsLog) {
  EXPECT_EQ(*Open()->LoadLedgerId(), kLedger);
  for (const auto& [name, bytes] : DataFiles()) {
    if (fs::path(name).extension() == ".log") fs::remove(fs::path(path()) / name);
  }
  EXPECT_EQ(*Open()->LoadLedgerId(), kLedger);
}

TEST_F(RocksDbStoreTest, ReadOnlyReplaysTheLogAndLeavesEveryFileAsItIs) {
  auto store = Open();
  TestWriter writer(*store);
  ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "1")}).outcome, CommitOutcome::kCommitted);
  const auto before = DataFiles();
  for (LogRecovery recovery : {LogRecovery::kTolerateTail, LogRecovery::kPointInTime}) {
    auto read_only = RocksDbStore::OpenReadOnly(path(), SmallOptions(), recovery);
    ASSERT_TRUE(read_only.ok()) << read_only.status();
    EXPECT_EQ(*(*read_only)->ReadHead(0), writer.head());
    EXPECT_EQ(ScanAll(**(*read_only)->TakeSnapshot(0), Space::kMembers), (Rows{{"a", "1"}}));
    EXPECT_EQ((*read_only)->Commit(writer.NextBatch({})).outcome, CommitOutcome::kRefused);
    EXPECT_TRUE(absl::IsFailedPrecondition((*read_only)->AcquireWriter(0, 1, "x").status()));
  }
  EXPECT_EQ(DataFiles(), before);
}

TEST_F(RocksDbStoreTest, ReopenAfterKillHasEveryAcknowledgedCommit) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP()
      << "the thread sanitizer cannot follow a fork from several threads into more of them";
#endif
  for (int cycle = 0; cycle < 5; ++cycle) {
    int acks[2];
    ASSERT_EQ(::pipe(acks), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = Open();
      TestWriter writer(*store);
      writer.Load();
      while (true) {
        const std::string key = absl::StrCat(writer.head() ? writer.head()->sequence : 0);
        if (writer.Commit({Put(Space::kJournal, key, "")}).outcome != CommitOutcome::kCommitted)
          ::_exit(1);
        if (::write(acks[1], "x", 1) != 1) ::_exit(2);
      }
    }
    ::close(acks[1]);
    char ack = 0;
    std::uint64_t acknowledged = 0;
    const std::uint64_t kill_after = 10 + 37 * static_cast<std::uint64_t>(cycle);
    while (acknowledged < kill_after && ::read(acks[0], &ack, 1) == 1) ++acknowledged;
    ::kill(child, SIGKILL);
    while (::read(acks[0], &ack, 1) == 1) ++acknowledged;
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(acks[0]);
    ASSERT_TRUE(WIFSIGNALED(status));

    auto store = Open();
    static std::uint64_t before = 0;
    const Head head = (*store->ReadHead(0)).value();
    EXPECT_GE(head.sequence, before + acknowledged);
    EXPECT_LE(head.sequence, before + acknowledged + 1);
    EXPECT_EQ(ScanAll(**store->TakeSnapshot(0), Space::kJournal).size(), head.sequence);
    before = head.sequence;
  }
}

TEST_F(RocksDbStoreTest, CompactionKeepsEverythingAndMakesItSmaller) {
  auto store = Open();
  TestWriter writer(*store);
  Fill(writer);
  const Rows rows = ScanAll(**store->TakeSnapshot(0), Space::kMembers);
  ASSERT_TRUE(store->CompactAll().ok());
  EXPECT_EQ(ScanAll(**store->TakeSnapshot(0), Space::kMembers), rows);

  const auto stats = store->LoadStats();
  ASSERT_TRUE(stats.ok()) << stats.status();
  ASSERT_EQ(stats->size(), kSpaceCount);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    EXPECT_EQ((*stats)[i].space, static_cast<Space>(i));
    EXPECT_FALSE((*stats)[i].is_write_stopped);
    total += (*stats)[i].disk_bytes;
  }
  EXPECT_EQ(*store->DiskBytes(), total);
  const auto& members = (*stats)[static_cast<std::size_t>(Space::kMembers)];
  EXPECT_EQ(members.keys_estimate, 10'000u);
  EXPECT_GE(members.files, 1u);
  std::size_t raw = 0;
  for (const auto& [key, value] : rows) raw += key.size() + value.size();
  EXPECT_GT(members.disk_bytes, 0u);
  EXPECT_LT(members.disk_bytes, raw / 2);
}

// D17: damage in a data file is an error of the read, never another value.
TEST_F(RocksDbStoreTest, FlippedBitInADataFileIsDataLossAndIsFoundByName) {
  std::map<std::string, Rows> expected;
  {
    auto store = Open();
    TestWriter writer(*store);
    Fill(writer);
    ASSERT_TRUE(store->CompactAll().ok());
    EXPECT_TRUE(store->FindDamagedFiles()->empty());
    for (Space space : {Space::kJournal, Space::kMembers, Space::kRequests}) {
      expected[std::string(ToString(space))] = ScanAll(**store->TakeSnapshot(0), space);
    }
  }
  std::string victim;
  for (const auto& [name, bytes] : DataFiles()) {
    if (fs::path(name).extension() == ".sst" &&
        (victim.empty() || bytes.size() > DataFiles()[victim].size())) {
      victim = name;
    }
  }
  const std::string victim_path = (fs::path(path()) / victim).string();
  const std::string intact = *ReadFile(victim_path);
  std::mt19937_64 random(17);
  int found = 0;
  for (int round = 0; round < 10; ++round) {
    std::string damaged = intact;
    damaged[random() % (intact.size() / 2)] ^=
        static_cast<char>(1 << (random() % 8));  // in a data block
    ASSERT_TRUE(WriteFileAtomically(victim_path, damaged).ok());
    auto store = Open();
    ASSERT_NE(store, nullptr);
    const auto snapshot = *store->TakeSnapshot(0);
    for (Space space : {Space::kJournal, Space::kMembers, Space::kRequests}) {
      const Rows& rows = expected[std::string(ToString(space))];
      std::size_t seen = 0;
      const absl::Status scanned = snapshot->Scan(
          space, Key(0, ""), KeyEnd(0), {}, [&](absl::string_view key, absl::string_view value) {
            EXPECT_EQ(key.substr(2), rows[seen].first);
            EXPECT_EQ(value, rows[seen].second);
            ++seen;
            return true;
          });
      if (scanned.ok()) {
        EXPECT_EQ(seen, rows.size());
      } else {
        EXPECT_TRUE(absl::IsDataLoss(scanned)) << scanned;
        EXPECT_THAT(std::string(scanned.message()),
                    HasSubstr(absl::StrCat("store.", ToString(space))));
        ++found;
      }
      std::vector<std::string> keys;
      for (const auto& [key, value] : rows) keys.push_back(Key(0, key));
      const auto values = snapshot->MultiGet(space, keys);
      EXPECT_EQ(values.ok(), scanned.ok());
      if (!values.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(values.status())) << values.status();
      }
      for (const auto& [key, value] : rows) {
        const auto one = snapshot->Get(space, Key(0, key));
        if (one.ok()) {
          ASSERT_EQ(*one, value);
        } else {
          ASSERT_TRUE(absl::IsDataLoss(one.status())) << one.status();
        }
      }
    }
    const auto damaged_files = store->FindDamagedFiles();
    ASSERT_TRUE(damaged_files.ok()) << damaged_files.status();
    ASSERT_EQ(damaged_files->size(), 1u);
    EXPECT_THAT((*damaged_files)[0].file, HasSubstr(victim));
    EXPECT_TRUE(absl::IsDataLoss((*damaged_files)[0].status));
    EXPECT_LT((*damaged_files)[0].first_key, (*damaged_files)[0].last_key);
  }
  EXPECT_GE(found, 5);
}

TEST_F(RocksDbStoreTest, PartitionsDoNotSeeEachOther) {
  auto store = Open();
  TestWriter first(*store, 0);
  TestWriter second(*store, 1);
  TestWriter audit(*store, 0xFFFF);
  ASSERT_EQ(first.Commit({Put(Space::kMembers, "a", "0", 0)}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(second.Commit({Put(Space::kMembers, "a", "1", 1)}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(second.Commit({}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(audit.Commit({Put(Space::kMembers, "a", "2", 0xFFFF)}).outcome,
            CommitOutcome::kCommitted);
  EXPECT_EQ(*store->ReadHead(0), first.head());
  EXPECT_EQ(*store->ReadHead(1), second.head());
  EXPECT_EQ(*store->ReadHead(0xFFFF), audit.head());
  EXPECT_EQ(*store->LoadLedgerId(), kLedger);
  EXPECT_EQ(ScanAll(**store->TakeSnapshot(1), Space::kMembers, 1), (Rows{{"a", "1"}}));
}

}  // namespace

std::vector<Implementation> Implementations() {
  return {{"RocksDbOnDisk", [] { return std::make_unique<RocksDbUnderTest>(nullptr); }},
          {"RocksDbInMemory", [] { return std::make_unique<RocksDbUnderTest>(NewMemoryEnv()); }},
          {"RowCacheOnRocksDb", [] { return std::make_unique<RowCacheUnderTest>(); }}};
}

}  // namespace laurel
