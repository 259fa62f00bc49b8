#include "engine/store/row_cache.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/key.h"
#include "engine/store/map_store.h"
#include "tests/engine/store/store_conformance.h"
#include "tests/testing/faulty_store.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using Fault = FaultyStore::Fault;
constexpr auto kCommitted = CommitOutcome::kCommitted;
constexpr std::size_t kPlenty = 1 << 20;

bool KeepsAll(Space, absl::string_view) { return true; }

std::optional<std::string> Get(const Snapshot& snapshot, absl::string_view rest,
                               Space space = Space::kMembers) {
  const auto value = snapshot.Get(space, Key(0, rest));
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : std::nullopt;
}

// Reads fail where they are told to, as those of damaged blocks do.
class DamagedSnapshot final : public Snapshot {
 public:
  DamagedSnapshot(std::shared_ptr<const Snapshot> base, const std::string& damaged)
      : base_(std::move(base)), damaged_(damaged) {}
  const std::optional<Head>& head() const override { return base_->head(); }
  absl::StatusOr<std::optional<std::string>> Get(Space space,
                                                 absl::string_view key) const override {
    if (key == damaged_) return absl::DataLossError("block: must be intact, was not");
    return base_->Get(space, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Space space, const std::vector<std::string>& keys) const override {
    return base_->MultiGet(space, keys);
  }
  absl::Status Scan(
      Space space, absl::string_view begin, absl::string_view end, const ScanOptions& options,
      absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const override {
    return base_->Scan(space, begin, end, options, visit);
  }

 private:
  const std::shared_ptr<const Snapshot> base_;
  const std::string& damaged_;
};

// A store whose faults a test chooses as it goes.
class ChosenStore final : public Store {
 public:
  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override {
    auto snapshot = faulty_.TakeSnapshot(partition);
    if (!snapshot.ok()) return snapshot;
    return std::make_shared<const DamagedSnapshot>(*std::move(snapshot), damaged_key);
  }
  CommitResult Commit(const Batch& batch) override { return faulty_.Commit(batch); }
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override {
    return faulty_.ReadHead(partition);
  }
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view version) override {
    return faulty_.AcquireWriter(partition, epoch, version);
  }
  StoreLimits Limits() const override { return faulty_.Limits(); }

  Fault next_fault = Fault::kNone;
  std::string damaged_key;

 private:
  MapStore map_;
  FaultyStore faulty_{map_, [this] { return std::exchange(next_fault, Fault::kNone); }};
};

class RowCacheTest : public ::testing::Test {
 protected:
  void Commit(std::vector<Write> writes) {
    const CommitResult result = writer_.Commit(std::move(writes));
    ASSERT_EQ(result.outcome, kCommitted) << result.status;
  }
  std::shared_ptr<const Snapshot> Take() { return *cache_.TakeSnapshot(0); }
  std::uint64_t hits() const { return cache_.LoadStats().hits; }

  ChosenStore base_;
  RowCache cache_{base_, kPlenty, KeepsAll};
  TestWriter writer_{cache_};
};

TEST_F(RowCacheTest, SecondReadIsServedFromMemoryUntilTheRowIsWrittenAndThenToo) {
  Commit({Put(Space::kMembers, "a", "1")});
  const auto first = Take();
  EXPECT_EQ(Get(*first, "a"), "1");
  EXPECT_EQ(hits(), 0u);
  EXPECT_EQ(Get(*first, "a"), "1");
  EXPECT_EQ(hits(), 1u);
  Commit({Put(Space::kMembers, "a", "2")});
  EXPECT_EQ(Get(*Take(), "a"), "2");
  EXPECT_EQ(hits(), 2u);
  EXPECT_EQ(Get(*first, "a"), "1");  // from the store
  EXPECT_EQ(hits(), 2u);
  EXPECT_EQ(Get(*Take(), "a"), "2");
  EXPECT_EQ(hits(), 3u);
}

TEST_F(RowCacheTest, OldSnapshotAddsNothingThatMayHaveBeenReplaced) {
  Commit({Put(Space::kMembers, "a", "1")});
  const auto old = Take();
  Commit({Put(Space::kMembers, "a", "2")});
  EXPECT_EQ(Get(*old, "a"), "1");
  EXPECT_EQ(Get(*Take(), "a"), "2");
  EXPECT_EQ(Get(*old, "a"), "1");
}

TEST_F(RowCacheTest, DeletedRowIsGoneForNewSnapshotsAlone) {
  Commit({Put(Space::kMembers, "a", "1")});
  const auto old = Take();
  EXPECT_EQ(Get(*old, "a"), "1");
  Commit({Delete(Space::kMembers, "a")});
  EXPECT_EQ(Get(*Take(), "a"), std::nullopt);
  EXPECT_EQ(Get(*old, "a"), "1");
  Commit({Put(Space::kMembers, "a", "")});
  EXPECT_EQ(Get(*Take(), "a"), "");
}

TEST_F(RowCacheTest, SpacesAndPartitionsAreKeptApart) {
  TestWriter other(cache_, 1);
  Commit({Put(Space::kMembers, "a", "member"), Put(Space::kIndex, "a", "index")});
  ASSERT_EQ(other.Commit({Put(Space::kMembers, "a", "other", 1)}).outcome, kCommitted);
  const auto snapshot = Take();
  const auto other_snapshot = *cache_.TakeSnapshot(1);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Get(*snapshot, "a"), "member");
    EXPECT_EQ(Get(*snapshot, "a", Space::kIndex), "index");
    EXPECT_EQ(**other_snapshot->Get(Space::kMembers, Key(1, "a")), "other");
  }
  ASSERT_EQ(other.Commit({Put(Space::kMembers, "a", "new", 1)}).outcome, kCommitted);
  EXPECT_EQ(Get(*Take(), "a"), "member");
  EXPECT_EQ(**(*cache_.TakeSnapshot(1))->Get(Space::kMembers, Key(1, "a")), "new");
  EXPECT_EQ(**other_snapshot->Get(Space::kMembers, Key(1, "a")), "other");
}

TEST_F(RowCacheTest, DamageIsReportedAsOftenAsItIsReadAndIsNotKept) {
  Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", "1")});
  base_.damaged_key = Key(0, "a");
  const auto snapshot = Take();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::IsDataLoss(snapshot->Get(Space::kMembers, Key(0, "a")).status()));
  }
  EXPECT_EQ(Get(*snapshot, "b"), "1");
  base_.damaged_key.clear();
  EXPECT_EQ(Get(*snapshot, "a"), "1");
}

TEST_F(RowCacheTest, CommitWithoutAnAnswerLeavesNothingBehind) {
  struct Case {
    Fault fault;
    const char* value;  // after it
  };
  for (const Case& test : {Case{Fault::kUnknownApplied, "2"}, Case{Fault::kUnknownLost, "1"},
                           Case{Fault::kConflict, "1"}}) {
    ChosenStore base;
    RowCache cache(base, kPlenty, KeepsAll);
    TestWriter writer(cache);
    ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "1")}).outcome, kCommitted);
    const auto old = *cache.TakeSnapshot(0);
    EXPECT_EQ(Get(*old, "a"), "1");
    base.next_fault = test.fault;
    EXPECT_NE(writer.Commit({Put(Space::kMembers, "a", "2")}).outcome, kCommitted);
    EXPECT_EQ(Get(*old, "a"), "1");
    EXPECT_EQ(Get(**cache.TakeSnapshot(0), "a"), test.value);
    EXPECT_EQ(Get(*old, "a"), "1");
    EXPECT_EQ(Get(**cache.TakeSnapshot(0), "a"), test.value);
    writer.Load();
    ASSERT_EQ(writer.Commit({Put(Space::kMembers, "b", "3")}).outcome, kCommitted);
    EXPECT_EQ(Get(**cache.TakeSnapshot(0), "a"), test.value);
    EXPECT_EQ(Get(*old, "a"), "1");
  }
}

TEST_F(RowCacheTest, UsedAgainOnceACommitHasSucceededAfterOneWithoutAnAnswer) {
  Commit({Put(Space::kMembers, "a", "1")});
  base_.next_fault = Fault::kUnknownLost;
  EXPECT_EQ(writer_.Commit({Put(Space::kMembers, "a", "2")}).outcome, CommitOutcome::kUnknown);
  Commit({Put(Space::kMembers, "a", "3")});
  EXPECT_EQ(Get(*Take(), "a"), "3");
  EXPECT_EQ(Get(*Take(), "a"), "3");
  EXPECT_EQ(hits(), 1u);
}

TEST_F(RowCacheTest, FailedStoreServesNoNewSnapshot) {
  Commit({Put(Space::kMembers, "a", "1")});
  const auto old = Take();
  EXPECT_EQ(Get(*old, "a"), "1");
  base_.next_fault = Fault::kFatal;
  EXPECT_EQ(writer_.Commit({Put(Space::kMembers, "a", "2")}).outcome, CommitOutcome::kFatal);
  EXPECT_FALSE(cache_.TakeSnapshot(0).ok());
  EXPECT_EQ(Get(*old, "a"), "1");
}

TEST_F(RowCacheTest, WhatOthersWroteBehindItsBackIsSeen) {
  const Head first = *cache_.AcquireWriter(0, 1, "test");
  writer_.set_head(first);
  Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", "1")});
  EXPECT_EQ(Get(*Take(), "a"), "1");
  TestWriter other(base_);
  other.set_head(*base_.AcquireWriter(0, 2, "other"));
  EXPECT_EQ(Get(*Take(), "a"), "1");
  ASSERT_EQ(other.Commit({Put(Space::kMembers, "a", "2")}).outcome, kCommitted);
  EXPECT_EQ(Get(*Take(), "a"), "2");
  // And still after this process has taken over again, told of it or not.
  TestWriter next(base_);
  next.set_head(*base_.AcquireWriter(0, 3, "test"));
  next.set_store(cache_);
  ASSERT_EQ(next.Commit({Put(Space::kMembers, "b", "3")}).outcome, kCommitted);
  EXPECT_EQ(Get(*Take(), "a"), "2");
  EXPECT_EQ(Get(*Take(), "b"), "3");
}

TEST(RowCache, KeepsWithinItsBytesWhatWasUsedLast) {
  MapStore base;
  constexpr std::size_t kBytes = 64 * 1'000;
  RowCache cache(base, kBytes, KeepsAll);
  TestWriter writer(cache);
  std::vector<Write> writes;
  for (int i = 0; i < 2'000; ++i)
    writes.push_back(Put(Space::kMembers, absl::StrCat(i), std::string(100, 'v')));
  writes.push_back(Put(Space::kMembers, "large", std::string(2'000, 'v')));
  ASSERT_EQ(writer.Commit(std::move(writes)).outcome, kCommitted);
  const auto snapshot = *cache.TakeSnapshot(0);
  for (int i = 0; i < 2'000; ++i) {
    EXPECT_EQ(Get(*snapshot, absl::StrCat(i))->size(), 100u);
    EXPECT_EQ(Get(*snapshot, "0")->size(), 100u);  // stays, because it is used all the time
    EXPECT_EQ(Get(*snapshot, "large")->size(), 2'000u);
  }
  const RowCache::Stats stats = cache.LoadStats();
  EXPECT_GT(stats.rows, 50u);
  EXPECT_LE(stats.bytes, kBytes);
  EXPECT_EQ(stats.hits, 2'000u);
}

TEST(RowCache, WarmedRowsNeedNoReadAndLaterWritesReplaceThem) {
  MapStore base;
  TestWriter writer(base);
  std::vector<Write> writes;
  for (int i = 0; i < 3'000; ++i)
    writes.push_back(Put(Space::kMembers, absl::StrCat("m", i), absl::StrCat(i)));
  writes.push_back(Put(Space::kMembers, "left", ""));
  writes.push_back(Put(Space::kIndex, "m", "index"));
  writes.push_back(Put(Space::kRequests, "m", "request"));
  ASSERT_EQ(writer.Commit(std::move(writes)).outcome, kCommitted);
  RowCache cache(base, 4 * kPlenty,
                 [](Space, absl::string_view key) { return key.substr(2, 1) == "m"; });
  ASSERT_TRUE(cache.Warm(0).ok());
  ASSERT_TRUE(cache.Warm(7).ok());
  EXPECT_EQ(cache.LoadStats().rows, 3'001u);
  writer.set_store(cache);
  ASSERT_EQ(
      writer.Commit({Put(Space::kMembers, "m0", "new"), Delete(Space::kMembers, "m1")}).outcome,
      kCommitted);
  const auto snapshot = *cache.TakeSnapshot(0);
  EXPECT_EQ(Get(*snapshot, "m0"), "new");
  EXPECT_EQ(Get(*snapshot, "m2999"), "2999");
  EXPECT_EQ(Get(*snapshot, "m", Space::kIndex), "index");
  EXPECT_EQ(cache.LoadStats().hits, 3u);
  EXPECT_EQ(Get(*snapshot, "m1"), std::nullopt);
}

TEST(RowCache, WarmingStopsBeforeAnythingIsPushedOut) {
  MapStore base;
  TestWriter writer(base);
  std::vector<Write> writes;
  for (int i = 0; i < 9'000; ++i) writes.push_back(Put(Space::kMembers, absl::StrCat("m", i), ""));
  ASSERT_EQ(writer.Commit(std::move(writes)).outcome, kCommitted);
  RowCache cache(base, kPlenty, KeepsAll);
  ASSERT_TRUE(cache.Warm(0).ok());
  EXPECT_GT(cache.LoadStats().bytes, kPlenty / 3 * 2);
  EXPECT_LT(cache.LoadStats().rows, 6'500u);
  cache.StartWarming(0);  // and is ended
}

TEST(RowCache, KeepsOnlyWhatTheFilterTakesAndNeverTheHead) {
  MapStore base;
  RowCache cache(base, kPlenty, [](Space space, absl::string_view) {
    return space == Space::kMembers || space == Space::kDefault;
  });
  TestWriter writer(cache);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(
        writer.Commit({Put(Space::kMembers, "a", "1"), Put(Space::kRequests, "a", "1")}).outcome,
        kCommitted);
    const auto snapshot = *cache.TakeSnapshot(0);
    EXPECT_EQ(*snapshot->Get(Space::kDefault, Key(0, "head")),
              *(*base.TakeSnapshot(0))->Get(Space::kDefault, Key(0, "head")));
    EXPECT_EQ(Get(*snapshot, "a"), "1");
    EXPECT_EQ(Get(*snapshot, "a", Space::kRequests), "1");
    EXPECT_EQ(cache.LoadStats().rows, 1u);
  }
}

TEST(RowCache, KeepsProgramsIdentitiesMembersAndTotals) {
  const MemberId member = MemberId::Of(0x6C6C);  // whose bytes look like letters
  const ProgramId program = ProgramId::Of("m");
  const auto is_read_often = [](const auto& key) {
    return IsReadOften(SpaceOf(key), EncodeKey(0, key));
  };
  EXPECT_TRUE(is_read_often(ProgramKey{program}));
  EXPECT_TRUE(is_read_often(IdentityKey{program, {}}));
  EXPECT_TRUE(is_read_often(MemberKey{member}));
  EXPECT_TRUE(is_read_often(EnrolmentKey{member}));
  EXPECT_TRUE(is_read_often(MonthKey{member, 7}));
  EXPECT_TRUE(is_read_often(MonthValuesKey{member, "best", 7}));
  EXPECT_TRUE(is_read_often(TotalKey{}));
  EXPECT_FALSE(is_read_often(RevisionKey{program, 1}));
  EXPECT_FALSE(is_read_often(LotKey{.member = member}));
  EXPECT_FALSE(is_read_often(ClosedLotKey{LotKey{.member = member}}));
  EXPECT_FALSE(is_read_often(MemberEntryKey{member, 1}));
  EXPECT_FALSE(is_read_often(TierChangeKey{member, 1}));
  EXPECT_FALSE(is_read_often(RedemptionKey{0x6D6D6D6D6D6D6D6D}));
  EXPECT_FALSE(is_read_often(RequestKey{}));
  EXPECT_FALSE(is_read_often(PurchaseKey{program, {}}));
  EXPECT_FALSE(is_read_often(DueKey{Timestamp{}, member}));
  EXPECT_FALSE(IsReadOften(Space::kMembers, ""));
}

// ---- at random
// ---------------------------------------------------------------------------------------

// A few keys and a small cache, so that rows are replaced, pushed out and read again.
constexpr int kKeys = 12;
constexpr std::size_t kSmall = 64 * 200;

using Model = std::map<std::string, std::string>;

// One step: what is done, on which row, with which snapshot.
using Step = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>;

class RandomRun {
 public:
  void Do(const Step& step) {
    const auto& [what, which, how] = step;
    const std::string key = absl::StrCat(which % kKeys);
    switch (what % 8) {
      case 0:
      case 1:
        return Write(key, how);
      case 2:
        return Take();
      case 3:
        return TakeOver(how);
      case 4:
        return Drop(how);
      default:
        return Read(key, how);
    }
  }

 private:
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    Model rows;
  };

  void Write(const std::string& key, std::uint8_t how) {
    constexpr Fault kFaults[] = {Fault::kNone,           Fault::kNone,        Fault::kNone,
                                 Fault::kUnknownApplied, Fault::kUnknownLost, Fault::kConflict};
    const std::string value = absl::StrCat(++values_);
    Model next = rows_;
    std::vector<laurel::Write> writes = {Put(Space::kMembers, key, value)};
    next[key] = value;
    if (how % 4 == 0) {
      writes.push_back(Delete(Space::kMembers, key));
      next.erase(key);
    }
    const std::string second = absl::StrCat(how % kKeys);
    if (how % 3 == 0) {
      writes.push_back(Put(Space::kMembers, second, value));
      next[second] = value;
    }
    const Fault fault = kFaults[how % std::size(kFaults)];
    base_.next_fault = fault;
    const CommitOutcome outcome = writer_.Commit(std::move(writes)).outcome;
    RC_ASSERT((outcome == kCommitted) == (fault == Fault::kNone));
    if (fault == Fault::kNone || fault == Fault::kUnknownApplied) rows_ = std::move(next);
    writer_.Load();
  }
  void Take() {
    held_.push_back(Held{*cache_.TakeSnapshot(0), rows_});
    if (held_.size() % 8 == 0) RC_ASSERT(cache_.Warm(0).ok());
  }
  void TakeOver(std::uint8_t how) {
    // Half of them behind the cache's back.
    Store& store = how % 2 == 0 ? static_cast<Store&>(cache_) : base_;
    const absl::StatusOr<Head> head = store.AcquireWriter(0, ++epoch_, "test");
    RC_ASSERT(head.ok());
    writer_.set_head(*head);
    writer_.set_store(how % 4 == 1 ? static_cast<Store&>(base_) : cache_);
  }
  void Drop(std::uint8_t how) {
    if (!held_.empty()) held_.erase(held_.begin() + how % static_cast<int>(held_.size()));
  }
  void Read(const std::string& key, std::uint8_t how) {
    // The newest more often than the others.
    if (held_.empty() || how % 3 == 0) Take();
    const Held& held = how % 3 != 2 ? held_.back() : held_[how % held_.size()];
    const auto expected = held.rows.find(key);
    const auto value = held.snapshot->Get(Space::kMembers, Key(0, key));
    RC_ASSERT(value.ok());
    RC_ASSERT(*value ==
              (expected == held.rows.end() ? std::nullopt : std::optional(expected->second)));
  }

  ChosenStore base_;
  RowCache cache_{base_, kSmall, KeepsAll};
  TestWriter writer_{cache_};
  std::uint64_t epoch_ = 0;
  int values_ = 0;
  Model rows_;
  std::vector<Held> held_;
};

RC_GTEST_PROP(RowCacheProperty, EachSnapshotReadsWhatWasThereWhenItWasTaken, ()) {
  const auto steps =
      *rc::gen::scale(4, rc::gen::arbitrary<std::vector<Step>>()).as("what, which, how");
  RandomRun run;
  for (const Step& step : steps) run.Do(step);
}

// Each commit sets every key that it writes to its own number, so that a reader knows from the head
// what it must see.
TEST(RowCacheThreads, ReadersAtOldAndNewSnapshotsSeeTheirOwn) {
  constexpr std::uint64_t kCommits = 20'000;
  constexpr std::uint64_t kRows = 24;
  const std::uint64_t seed = TestSeed(11);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  MapStore base;
  RowCache cache(base, 64 * 400, KeepsAll);
  TestWriter writer(cache);
  const auto rows_of = [](std::uint64_t commit) {
    std::vector<std::uint64_t> rows;
    for (std::uint64_t i = 0; i < 3; ++i) rows.push_back((commit * 7 + i * 5) % kRows);
    return rows;
  };
  const auto expected = [&](std::uint64_t row, std::uint64_t commit) {
    for (; commit > 0; --commit) {
      for (const std::uint64_t written : rows_of(commit)) {
        if (written == row) return absl::StrCat(commit);
      }
    }
    return std::string();
  };
  std::atomic<bool> is_done = false;
  std::atomic<std::uint64_t> wrong = 0;
  const auto read = [&](std::uint64_t number) {
    std::mt19937_64 random(seed + number);
    std::vector<std::shared_ptr<const Snapshot>> held(4);
    while (!is_done) {
      auto& snapshot = held[random() % held.size()];
      if (snapshot == nullptr || random() % 8 == 0) snapshot = *cache.TakeSnapshot(0);
      if (!snapshot->head()) continue;
      const std::uint64_t row = random() % kRows;
      const auto value = snapshot->Get(Space::kMembers, Key(0, absl::StrCat(row)));
      const std::string wanted = expected(row, snapshot->head()->sequence);
      if (!value.ok() || value->value_or("") != wanted) ++wrong;
    }
  };
  std::thread first(read, 1);
  std::thread second(read, 2);
  for (std::uint64_t commit = 1; commit <= kCommits; ++commit) {
    std::vector<Write> writes;
    for (const std::uint64_t row : rows_of(commit))
      writes.push_back(Put(Space::kMembers, absl::StrCat(row), absl::StrCat(commit)));
    EXPECT_EQ(writer.Commit(std::move(writes)).outcome, kCommitted);
    if (commit % 64 == 0) {
      EXPECT_TRUE(cache.Warm(0).ok());
    }
  }
  is_done = true;
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(cache.LoadStats().hits, 0u);
}

}  // namespace
}  // namespace laurel
