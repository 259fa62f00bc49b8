#include "tests/engine/store/store_conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/store/big_endian.h"
#include "tests/testing/faulty_store.h"
#include "tests/testing/seed.h"

namespace laurel {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string Key(PartitionId partition, absl::string_view rest) {
  std::string key;
  AppendBigEndian(partition, key);
  return absl::StrCat(key, rest);
}

std::string KeyEnd(PartitionId partition) {
  if (partition == std::numeric_limits<PartitionId>::max()) return "\xff\xff\xff";
  return Key(static_cast<PartitionId>(partition + 1), "");
}

Write Put(Space space, absl::string_view rest, absl::string_view value, PartitionId partition) {
  return Write{space, Key(partition, rest), std::string(value)};
}

Write Delete(Space space, absl::string_view rest, PartitionId partition) {
  return Write{space, Key(partition, rest), std::nullopt};
}

Rows ScanAll(const Snapshot& snapshot, Space space, PartitionId partition) {
  Rows rows;
  const absl::Status status =
      snapshot.Scan(space, Key(partition, ""), KeyEnd(partition), {},
                    [&rows](absl::string_view key, absl::string_view value) {
                      rows.emplace_back(key.substr(2), value);
                      return true;
                    });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

void TestWriter::Load() {
  const absl::StatusOr<std::optional<Head>> head = store_->ReadHead(partition_);
  ASSERT_TRUE(head.ok()) << head.status();
  head_ = *head;
}

Batch TestWriter::NextBatch(std::vector<Write> writes) const {
  Batch batch;
  batch.partition = partition_;
  if (head_) {
    batch.expected = IdOf(*head_);
    batch.next = *head_;
  }
  batch.next.sequence += 1;
  batch.next.batch += 1;
  batch.next.last_leaf = Sha256(absl::StrCat("leaf ", batch.next.sequence));
  batch.next.root = Sha256(AsBytes(batch.next.root), AsBytes(batch.next.last_leaf));
  batch.next.frontier.assign(batch.next.sequence % 65, batch.next.root);
  batch.next.last_recorded_at =
      Timestamp::FromMicros(static_cast<std::int64_t>(batch.next.sequence) * 1'000 - 7);
  batch.next.binary_version = "0.1.0";
  batch.writes = std::move(writes);
  return batch;
}

CommitResult TestWriter::Commit(std::vector<Write> writes) {
  const Batch batch = NextBatch(std::move(writes));
  CommitResult result = store_->Commit(batch);
  if (result.outcome == CommitOutcome::kCommitted) head_ = batch.next;
  return result;
}

namespace {

constexpr auto kCommitted = CommitOutcome::kCommitted;

std::uint64_t CountFrom(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

std::string RandomKey(std::mt19937_64& random, std::size_t size_max) {
  std::string key(random() % (size_max + 1), '\0');
  for (char& c : key) c = static_cast<char>(random() & 0xFF);
  return key;
}

class StoreConformance : public ::testing::TestWithParam<Implementation> {
 protected:
  StoreConformance() : under_test_(GetParam().make()), writer_(store()) {}

  Store& store() { return under_test_->store(); }

  std::shared_ptr<const Snapshot> Take(PartitionId partition = 0) {
    absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = store().TakeSnapshot(partition);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : nullptr;
  }
  std::optional<std::string> Get(Space space, absl::string_view rest) {
    const auto value = Take()->Get(space, Key(0, rest));
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }
  std::optional<Head> ReadHead(PartitionId partition = 0) {
    const auto head = store().ReadHead(partition);
    EXPECT_TRUE(head.ok()) << head.status();
    return head.ok() ? *head : std::nullopt;
  }
  void Commit(std::vector<Write> writes) {
    const CommitResult result = writer_.Commit(std::move(writes));
    ASSERT_EQ(result.outcome, kCommitted) << result.status;
  }
  absl::Status Reopen() {
    const absl::Status status = under_test_->Reopen();
    if (status.ok()) writer_.set_store(store());
    return status;
  }
  Rows Scan(absl::string_view begin, absl::string_view end, ScanOptions options = {}) {
    Rows rows;
    const absl::Status status =
        Take()->Scan(Space::kMembers, Key(0, begin), Key(0, end), options,
                     [&rows](absl::string_view key, absl::string_view value) {
                       rows.emplace_back(key.substr(2), value);
                       return true;
                     });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }

  const std::unique_ptr<StoreUnderTest> under_test_;
  TestWriter writer_;
};

TEST_P(StoreConformance, S01EmptyStoreHasNeitherHeadNorRows) {
  EXPECT_EQ(ReadHead(), std::nullopt);
  EXPECT_EQ(Take()->head(), std::nullopt);
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    EXPECT_THAT(ScanAll(*Take(), static_cast<Space>(i)), IsEmpty()) << i;
  }
}

TEST_P(StoreConformance, S02PutGetDeleteInEachSpace) {
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    const Space space = static_cast<Space>(i);
    Commit({Put(space, "a", "1"), Put(space, "b", absl::StrCat("in ", ToString(space)))});
    EXPECT_EQ(Get(space, "b"), absl::StrCat("in ", ToString(space)));
    Commit({Delete(space, "b")});
    EXPECT_EQ(Get(space, "b"), std::nullopt);
    EXPECT_EQ(Get(space, "a"), "1");
  }
}

TEST_P(StoreConformance, S03EmptyValueIsNotAnAbsentOne) {
  Commit({Put(Space::kMembers, "a", ""), Put(Space::kMembers, "", "the partition alone is a key")});
  EXPECT_EQ(Get(Space::kMembers, "a"), "");
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers),
              ElementsAre(Pair("", "the partition alone is a key"), Pair("a", "")));
}

TEST_P(StoreConformance, S04MissingKeyIsAbsentAndNoError) {
  EXPECT_EQ(Get(Space::kVault, "none"), std::nullopt);
  const auto values = Take()->MultiGet(Space::kVault, {Key(0, "none"), ""});
  ASSERT_TRUE(values.ok());
  EXPECT_THAT(*values, ElementsAre(std::nullopt, std::nullopt));
}

TEST_P(StoreConformance, S05KeysAreOrderedAsUnsignedBytes) {
  using namespace std::string_literals;
  Commit({Put(Space::kMembers, "\xff"s, ""), Put(Space::kMembers, "\x01\x00"s, ""),
          Put(Space::kMembers, "\x00"s, ""), Put(Space::kMembers, "\x01"s, ""),
          Put(Space::kMembers, "\x00\xff"s, "")});
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers),
              ElementsAre(Pair("\x00"s, ""), Pair("\x00\xff"s, ""), Pair("\x01"s, ""),
                          Pair("\x01\x00"s, ""), Pair("\xff"s, "")));

  const std::uint64_t seed = TestSeed(5);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  std::set<std::string> expected;
  std::vector<Write> writes;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = RandomKey(random, 12);
    expected.insert(key);
    writes.push_back(Put(Space::kIndex, key, ""));
  }
  Commit(std::move(writes));
  std::vector<std::string> found;
  for (const auto& [key, value] : ScanAll(*Take(), Space::kIndex)) found.push_back(key);
  EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
}

TEST_P(StoreConformance, S06ScanStaysWithinItsBounds) {
  Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", "2"),
          Put(Space::kMembers, "c", "3"), Put(Space::kMembers, "d", "4"),
          Put(Space::kVault, "b", "elsewhere")});
  EXPECT_THAT(Scan("b", "d"), ElementsAre(Pair("b", "2"), Pair("c", "3")));
  EXPECT_THAT(Scan("aa", "cc"), ElementsAre(Pair("b", "2"), Pair("c", "3")));
  EXPECT_THAT(Scan("b", "b"), IsEmpty());
  EXPECT_THAT(Scan("e", "f"), IsEmpty());
  EXPECT_THAT(Scan("a", "z", {.limit = 0}), IsEmpty());
  EXPECT_THAT(Scan("a", "z", {.limit = 1}), ElementsAre(Pair("a", "1")));
  EXPECT_THAT(Scan("a", "z", {.limit = 3}),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3")));
  EXPECT_THAT(Scan("b", "d", {.is_reverse = true}), ElementsAre(Pair("c", "3"), Pair("b", "2")));
  EXPECT_THAT(Scan("a", "z", {.limit = 1, .is_reverse = true}), ElementsAre(Pair("d", "4")));
  EXPECT_THAT(Scan("d", "d", {.is_reverse = true}), IsEmpty());

  int visited = 0;
  const auto stop_at_two = [&visited](absl::string_view, absl::string_view) {
    return ++visited < 2;
  };
  EXPECT_TRUE(Take()->Scan(Space::kMembers, Key(0, "a"), Key(0, "z"), {}, stop_at_two).ok());
  EXPECT_EQ(visited, 2);
  const auto never = [](absl::string_view, absl::string_view) { return true; };
  EXPECT_TRUE(
      absl::IsInvalidArgument(Take()->Scan(Space::kMembers, Key(0, "d"), Key(0, "b"), {}, never)));
}

TEST_P(StoreConformance, S06LongScansComeInOnePiece) {
  std::vector<Write> writes;
  for (int i = 0; i < 1'000; ++i)
    writes.push_back(Put(Space::kMembers, absl::StrCat(1'000 + i), absl::StrCat(i)));
  Commit(std::move(writes));
  const Rows forward = Scan("", "z");
  Rows backward = Scan("", "z", {.is_reverse = true});
  EXPECT_EQ(forward.size(), 1'000u);
  std::reverse(backward.begin(), backward.end());
  EXPECT_EQ(forward, backward);
  EXPECT_EQ(Scan("", "z", {.limit = 500}), Rows(forward.begin(), forward.begin() + 500));
}

TEST_P(StoreConformance, S07LargestKeyAndValueAreTakenAndOneByteMoreIsRefused) {
  const StoreLimits limits = store().Limits();
  const std::string key(limits.key_bytes_max - 2, 'k');
  const std::string value(limits.value_bytes_max, 'v');
  Commit({Put(Space::kMembers, key, value)});
  EXPECT_EQ(Get(Space::kMembers, key), value);
  for (const Write& write :
       {Put(Space::kMembers, key + "k", ""), Put(Space::kMembers, "a", value + "v"),
        Delete(Space::kMembers, key + "k")}) {
    const CommitResult result = writer_.Commit({Put(Space::kMembers, "before", "1"), write});
    EXPECT_EQ(result.outcome, CommitOutcome::kRefused);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status)) << result.status;
  }
  EXPECT_EQ(Get(Space::kMembers, "before"), std::nullopt);
  EXPECT_EQ(ReadHead(), writer_.head());
}

TEST_P(StoreConformance, S08BatchOverALimitIsRefusedWhole) {
  const StoreLimits limits = store().Limits();
  std::vector<Write> writes;
  for (std::size_t bytes = 0; bytes <= limits.batch_bytes_max; bytes += 60'000) {
    writes.push_back(Put(Space::kMembers, absl::StrCat("big", bytes), std::string(60'000, 'x')));
  }
  EXPECT_EQ(writer_.Commit(writes).outcome, CommitOutcome::kRefused);
  writes.clear();
  for (std::size_t i = 0; i <= limits.batch_writes_max; ++i)
    writes.push_back(Put(Space::kMembers, absl::StrCat(i), ""));
  EXPECT_EQ(writer_.Commit(writes).outcome, CommitOutcome::kRefused);
  EXPECT_EQ(ReadHead(), std::nullopt);
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers), IsEmpty());
  writes.pop_back();
  Commit(std::move(writes));
}

TEST_P(StoreConformance, S10HeadMovesOnlyForwardAndOnlyWithItsBatch) {
  Batch none;  // without a head that moves on
  none.writes = {Put(Space::kMembers, "a", "1")};
  EXPECT_EQ(store().Commit(none).outcome, CommitOutcome::kRefused);
  Commit({Put(Space::kMembers, "a", "1")});
  EXPECT_EQ(ReadHead(), writer_.head());

  const auto refuse = [&](absl::string_view why, auto change) {
    Batch batch = writer_.NextBatch({Put(Space::kMembers, "a", "2")});
    change(batch);
    const CommitResult result = store().Commit(batch);
    EXPECT_EQ(result.outcome, CommitOutcome::kRefused) << why << result.status;
    EXPECT_EQ(ReadHead(), writer_.head()) << why;
    EXPECT_EQ(Get(Space::kMembers, "a"), "1") << why;
  };
  refuse("sequence falls", [](Batch& batch) { batch.next.sequence -= 2; });
  refuse("nothing moves", [&](Batch& batch) { batch.next = *writer_.head(); });
  refuse("root without entry", [](Batch& batch) { batch.next.sequence -= 1; });
  refuse("epoch", [](Batch& batch) { batch.next.epoch += 1; });
  refuse("foreign partition",
         [](Batch& batch) { batch.writes.push_back(Put(Space::kMembers, "a", "2", 1)); });
  refuse("own key",
         [](Batch& batch) { batch.writes.push_back(Put(Space::kDefault, "head", "2")); });
  refuse("own key",
         [](Batch& batch) { batch.writes.push_back(Delete(Space::kDefault, "ledger_id")); });

  // State that is no entry, such as sealed profiles, moves the batch number alone.
  Batch batch = writer_.NextBatch({Put(Space::kVault, "a", "sealed")});
  const std::uint64_t number = batch.next.batch;
  batch.next = *writer_.head();
  batch.next.batch = number;
  EXPECT_EQ(store().Commit(batch).outcome, kCommitted);
  EXPECT_EQ(ReadHead(), batch.next);
}

TEST_P(StoreConformance, S11OtherExpectedHeadIsAConflictAndWritesNothing) {
  Commit({Put(Space::kMembers, "a", "1")});
  Commit({Put(Space::kMembers, "b", "1")});
  const auto conflict = [&](absl::string_view why, auto change) {
    Batch batch = writer_.NextBatch({Put(Space::kMembers, "a", "2"), Delete(Space::kMembers, "b")});
    change(batch);
    EXPECT_EQ(store().Commit(batch).outcome, CommitOutcome::kConflict) << why;
    EXPECT_EQ(ReadHead(), writer_.head()) << why;
    EXPECT_EQ(Get(Space::kMembers, "a"), "1") << why;
    EXPECT_EQ(Get(Space::kMembers, "b"), "1") << why;
  };
  conflict("older sequence", [](Batch& batch) { batch.expected->sequence -= 1; });
  conflict("newer sequence", [](Batch& batch) { batch.expected->sequence += 1; });
  conflict("epoch", [](Batch& batch) { batch.next.epoch = batch.expected->epoch += 1; });
  conflict("root", [](Batch& batch) { batch.expected->root[31] ^= 1; });
  conflict("nothing", [](Batch& batch) { batch.expected.reset(); });
  Batch other = writer_.NextBatch({});
  other.partition = 7;  // has no head
  EXPECT_EQ(store().Commit(other).outcome, CommitOutcome::kConflict);
  EXPECT_EQ(ReadHead(7), std::nullopt);
}

TEST_P(StoreConformance, S12OfTwoRacingWritersExactlyOneWins) {
  constexpr int kRounds = 1'000;
  Commit({});
  std::array<std::array<CommitOutcome, kRounds>, 2> outcomes{};
  std::array<std::array<Head, kRounds>, 2> heads;
  std::barrier meet(2);
  const auto race = [&](std::size_t me) {
    TestWriter writer(store());
    for (std::size_t round = 0; round < kRounds; ++round) {
      meet.arrive_and_wait();
      const auto head = store().ReadHead(0);
      writer.set_head(head.ok() ? *head : std::nullopt);
      meet.arrive_and_wait();
      const std::string value = absl::StrCat(me);
      outcomes[me][round] = writer
                                .Commit({Put(Space::kMembers, absl::StrCat("round ", round), value),
                                         Put(Space::kIndex, absl::StrCat(me, " ", round), "")})
                                .outcome;
      heads[me][round] = writer.head().value_or(Head{});
    }
  };
  std::thread other(race, 1);
  race(0);
  other.join();
  for (std::size_t round = 0; round < kRounds; ++round) {
    ASSERT_EQ((outcomes[0][round] == kCommitted) + (outcomes[1][round] == kCommitted), 1) << round;
    const std::size_t winner = outcomes[0][round] == kCommitted ? 0 : 1;
    ASSERT_EQ(outcomes[1 - winner][round], CommitOutcome::kConflict) << round;
    ASSERT_EQ(Get(Space::kMembers, absl::StrCat("round ", round)), absl::StrCat(winner));
    ASSERT_EQ(Get(Space::kIndex, absl::StrCat(1 - winner, " ", round)), std::nullopt);
  }
  EXPECT_EQ(ReadHead()->sequence, kRounds + 1u);
}

TEST_P(StoreConformance, S13SnapshotIsUnchangedByLaterCommits) {
  Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", "1")});
  const std::optional<Head> first_head = writer_.head();
  const auto first = Take();
  Commit({Put(Space::kMembers, "a", "2"), Delete(Space::kMembers, "b"),
          Put(Space::kMembers, "c", "2")});
  const auto second = Take();
  Commit({Delete(Space::kMembers, "a")});
  Commit({Put(Space::kMembers, "a", "4"), Put(Space::kMembers, "b", "4")});

  EXPECT_EQ(first->head(), first_head);
  EXPECT_THAT(ScanAll(*first, Space::kMembers), ElementsAre(Pair("a", "1"), Pair("b", "1")));
  EXPECT_EQ(second->head()->sequence, 2u);
  EXPECT_THAT(ScanAll(*second, Space::kMembers), ElementsAre(Pair("a", "2"), Pair("c", "2")));
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers),
              ElementsAre(Pair("a", "4"), Pair("b", "4"), Pair("c", "2")));
}

TEST_P(StoreConformance, S14SnapshotAfterACommitSeesIt) {
  const std::uint64_t count = CountFrom("LAUREL_S14_COUNT", 20'000);
  std::atomic<bool> is_done = false;
  std::thread load([&] {
    while (!is_done) (void)ScanAll(*Take(), Space::kMembers);
  });
  for (std::uint64_t i = 1; i <= count; ++i) {
    const CommitResult result =
        writer_.Commit({Put(Space::kMembers, absl::StrCat(i % 16), absl::StrCat(i))});
    if (result.outcome != kCommitted) {
      ADD_FAILURE() << i << ": " << result.status;
      break;
    }
    const auto snapshot = Take();
    const auto value = snapshot->Get(Space::kMembers, Key(0, absl::StrCat(i % 16)));
    if (!value.ok() || *value != absl::StrCat(i) || snapshot->head()->sequence != i) {
      ADD_FAILURE() << i << ": head " << snapshot->head()->sequence;
      break;
    }
  }
  is_done = true;
  load.join();
}

TEST_P(StoreConformance, S15SnapshotDuringACommitSeesAllOrNothing) {
  constexpr int kKeys = 500;
  const auto batch = [](int round) {
    std::vector<Write> writes;
    for (int i = 0; i < kKeys; ++i)
      writes.push_back(Put(Space::kMembers, absl::StrCat(i), absl::StrCat(round)));
    return writes;
  };
  Commit(batch(1));
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    while (!is_done) {
      const auto snapshot = Take();
      const std::string expected = absl::StrCat(snapshot->head()->sequence);
      const Rows rows = ScanAll(*snapshot, Space::kMembers);
      EXPECT_EQ(rows.size(), static_cast<std::size_t>(kKeys));
      EXPECT_TRUE(std::all_of(rows.begin(), rows.end(),
                              [&](const auto& row) { return row.second == expected; }));
    }
  });
  for (int round = 2; round <= 200; ++round) Commit(batch(round));
  is_done = true;
  reader.join();
}

TEST_P(StoreConformance, S16LaterWriteOfAKeyWins) {
  Commit({Put(Space::kMembers, "put twice", "1"), Put(Space::kMembers, "put twice", "2"),
          Put(Space::kMembers, "put then delete", "1"), Delete(Space::kMembers, "put then delete"),
          Delete(Space::kMembers, "delete then put"),
          Put(Space::kMembers, "delete then put", "1")});
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers),
              ElementsAre(Pair("delete then put", "1"), Pair("put twice", "2")));
  const auto held = Take();
  Commit({Delete(Space::kMembers, "put twice"), Put(Space::kMembers, "put twice", "3"),
          Put(Space::kMembers, "delete then put", "2"),
          Delete(Space::kMembers, "delete then put")});
  EXPECT_THAT(ScanAll(*Take(), Space::kMembers), ElementsAre(Pair("put twice", "3")));
  EXPECT_THAT(ScanAll(*held, Space::kMembers),
              ElementsAre(Pair("delete then put", "1"), Pair("put twice", "2")));
}

TEST_P(StoreConformance, S17NewWriterTurnsOldCommitsIntoConflicts) {
  const auto first = store().AcquireWriter(0, 1, "0.1.0");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->epoch, 1u);
  EXPECT_EQ(first->sequence, 0u);
  EXPECT_EQ(first->root, Sha256(""));
  EXPECT_EQ(ReadHead(), *first);
  writer_.set_head(*first);
  Commit({Put(Space::kMembers, "a", "1")});
  const Batch begun = writer_.NextBatch({Put(Space::kMembers, "a", "old")});

  const auto second = store().AcquireWriter(0, 5, "0.2.0");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->sequence, 1u);
  EXPECT_EQ(second->binary_version, "0.2.0");
  EXPECT_EQ(store().Commit(begun).outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(absl::IsAborted(store().AcquireWriter(0, 5, "0.1.0").status()));
  EXPECT_TRUE(absl::IsAborted(store().AcquireWriter(0, 4, "0.1.0").status()));
  EXPECT_EQ(Get(Space::kMembers, "a"), "1");
  writer_.set_head(*second);
  Commit({Put(Space::kMembers, "a", "new")});
  EXPECT_TRUE(store().AcquireWriter(3, 1, "0.1.0").ok());  // each partition has its own
  EXPECT_EQ(ReadHead()->epoch, 5u);
}

TEST_P(StoreConformance, S17CommitsUnderWayEndBeforeTheNewWriterBegins) {
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch) {
    const auto head = store().AcquireWriter(0, epoch, "old");
    ASSERT_TRUE(head.ok());
    std::thread old([&, start = *head] {
      TestWriter writer(store());
      writer.set_head(start);
      for (int i = 0; i < 20; ++i) {
        if (writer.Commit({Put(Space::kMembers, "a", "old")}).outcome != kCommitted) return;
      }
    });
    const auto taken = store().AcquireWriter(0, ++epoch, "new");
    ASSERT_TRUE(taken.ok());
    const CommitResult after = [&] {
      TestWriter writer(store());
      writer.set_head(*taken);
      return writer.Commit({Put(Space::kMembers, "a", "new")});
    }();
    old.join();
    ASSERT_EQ(after.outcome, kCommitted) << after.status;
    ASSERT_EQ(Get(Space::kMembers, "a"), "new");
    ASSERT_EQ(ReadHead()->sequence, taken->sequence + 1);
  }
}

TEST_P(StoreConformance, S18ReadHeadSettlesUnknownAndRetryAppliesOnce) {
  const std::uint64_t seed = TestSeed(18);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  FaultyStore faulty(store(), [&random] {
    constexpr FaultyStore::Fault kFaults[] = {FaultyStore::Fault::kNone,
                                              FaultyStore::Fault::kUnknownApplied,
                                              FaultyStore::Fault::kUnknownLost};
    return kFaults[random() % 3];
  });
  TestWriter writer(faulty);
  constexpr std::uint64_t kSteps = 300;
  for (std::uint64_t step = 1; step <= kSteps; ++step) {
    const std::vector<Write> writes = {Put(Space::kJournal, absl::StrCat(100'000 + step), "")};
    const Batch batch = writer.NextBatch(writes);
    while (true) {
      const CommitResult result = faulty.Commit(batch);
      if (result.outcome == kCommitted) break;
      ASSERT_EQ(result.outcome, CommitOutcome::kUnknown) << result.status;
      const auto head = faulty.ReadHead(0);
      ASSERT_TRUE(head.ok());
      if (*head == batch.next) break;
      ASSERT_EQ(*head ? std::optional<HeadId>(IdOf(**head)) : std::nullopt, batch.expected);
    }
    writer.set_head(batch.next);
  }
  EXPECT_EQ(ScanAll(*Take(), Space::kJournal).size(), kSteps);
  EXPECT_EQ(ReadHead()->sequence, kSteps);
}

TEST_P(StoreConformance, S19LostAttemptThatLandsLateChangesNothing) {
  bool is_losing = false;
  FaultyStore faulty(store(), [&is_losing] {
    return is_losing ? FaultyStore::Fault::kUnknownLost : FaultyStore::Fault::kNone;
  });
  TestWriter writer(faulty);
  ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "1")}).outcome, kCommitted);
  is_losing = true;
  EXPECT_EQ(writer.Commit({Put(Space::kMembers, "a", "late")}).outcome, CommitOutcome::kUnknown);
  is_losing = false;
  ASSERT_EQ(*faulty.ReadHead(0), writer.head());  // settled: it is not there
  ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "2")}).outcome, kCommitted);
  const std::vector<CommitResult> late = faulty.LandLate();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].outcome, CommitOutcome::kConflict);
  EXPECT_EQ(Get(Space::kMembers, "a"), "2");
  EXPECT_EQ(ReadHead(), writer.head());
}

TEST_P(StoreConformance, S20ReopenGivesTheSameBytesAndHead) {
  Commit({Put(Space::kMembers, "a", std::string("\x00\xff\x01", 3)), Put(Space::kVault, "b", "")});
  Commit({Put(Space::kJournal, "c", "3"), Put(Space::kMembers, "gone", "3")});
  Commit({Delete(Space::kMembers, "gone")});
  for (int i = 0; i < 3; ++i) {
    const absl::Status reopened = Reopen();
    if (absl::IsUnimplemented(reopened)) GTEST_SKIP() << "nothing outlives this store";
    ASSERT_TRUE(reopened.ok()) << reopened;
    EXPECT_EQ(ReadHead(), writer_.head());
    EXPECT_THAT(ScanAll(*Take(), Space::kMembers),
                ElementsAre(Pair("a", std::string("\x00\xff\x01", 3))));
    EXPECT_THAT(ScanAll(*Take(), Space::kVault), ElementsAre(Pair("b", "")));
    EXPECT_THAT(ScanAll(*Take(), Space::kJournal), ElementsAre(Pair("c", "3")));
  }
}

TEST_P(StoreConformance, S23SecondHandleOnTheSameDataIsRefused) {
  const absl::Status second = under_test_->OpenSecond();
  if (absl::IsUnimplemented(second)) GTEST_SKIP() << "there is no second handle on this store";
  EXPECT_FALSE(second.ok());
  Commit({Put(Space::kMembers, "a", "1")});
}

TEST_P(StoreConformance, S24HundredReadersSeeNoTornValue) {
  constexpr int kKeys = 8;
  const auto batch = [](std::uint64_t round) {
    const std::string value = absl::StrCat(round, ":", ToHex(Sha256(absl::StrCat(round))));
    std::vector<Write> writes;
    for (int i = 0; i < kKeys; ++i) writes.push_back(Put(Space::kMembers, absl::StrCat(i), value));
    return writes;
  };
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; ++i) keys.push_back(Key(0, absl::StrCat(i)));
  Commit(batch(1));
  std::atomic<int> torn = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 100; ++i) {
    readers.emplace_back([&] {
      for (int read = 0; read < 50; ++read) {
        const auto snapshot = Take();
        const std::uint64_t sequence = snapshot->head()->sequence;
        const std::string expected =
            absl::StrCat(sequence, ":", ToHex(Sha256(absl::StrCat(sequence))));
        const auto values = snapshot->MultiGet(Space::kMembers, keys);
        if (!values.ok() || !std::all_of(values->begin(), values->end(),
                                         [&](const auto& value) { return value == expected; })) {
          ++torn;
        }
      }
    });
  }
  for (std::uint64_t round = 2; round <= 300; ++round) Commit(batch(round));
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

TEST_P(StoreConformance, S25MultiGetEqualsGetsInOrder) {
  Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", ""),
          Put(Space::kMembers, "d", "4")});
  const std::vector<std::string> keys = {Key(0, "d"), Key(0, "none"), Key(0, "a"), Key(0, "d"),
                                         Key(0, "b"), Key(0, "none"), Key(1, "a")};
  const auto snapshot = Take();
  const auto values = snapshot->MultiGet(Space::kMembers, keys);
  ASSERT_TRUE(values.ok()) << values.status();
  ASSERT_EQ(values->size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ((*values)[i], *snapshot->Get(Space::kMembers, keys[i])) << i;
  EXPECT_THAT(*values, ElementsAre("4", std::nullopt, "1", "4", "", std::nullopt, std::nullopt));
  EXPECT_TRUE(snapshot->MultiGet(Space::kMembers, {})->empty());
}

TEST_P(StoreConformance, S26RandomOperationsAgreeWithAMap) {
  const std::uint64_t seed = TestSeed(26);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  constexpr Space kSpaces[] = {Space::kMembers, Space::kRequests, Space::kIndex};
  using Model = std::map<std::string, std::string>;
  std::array<Model, 3> model;
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    std::array<Model, 3> model;
  };
  std::vector<Held> held;
  const auto check = [&](const Snapshot& snapshot, const std::array<Model, 3>& expected) {
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(ScanAll(snapshot, kSpaces[i]), Rows(expected[i].begin(), expected[i].end()));
    }
  };
  for (int step = 0; step < 1'500; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    std::vector<Write> writes;
    for (std::uint64_t i = random() % 8; i > 0; --i) {
      const std::size_t space = random() % 3;
      const std::string key = absl::StrCat(random() % 40);
      if (random() % 3 == 0) {
        writes.push_back(Delete(kSpaces[space], key));
        model[space].erase(key);
      } else {
        const std::string value = RandomKey(random, 30);
        writes.push_back(Put(kSpaces[space], key, value));
        model[space][key] = value;
      }
    }
    Commit(std::move(writes));
    check(*Take(), model);
    if (random() % 10 == 0) held.push_back(Held{Take(), model});
    if (!held.empty() && random() % 10 == 0) {
      const std::size_t i = random() % held.size();
      check(*held[i].snapshot, held[i].model);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (random() % 250 == 0) {
      held.clear();
      if (Reopen().ok()) check(*Take(), model);
    }
    if (HasFatalFailure()) return;
  }
}

TEST_P(StoreConformance, S27DeletesAtTheFrontOfARangeDoNotSlowASeekFromACursor) {
  Commit({Delete(Space::kIndex, "never there")});
  constexpr int kRows = 100'000;
  constexpr int kPerBatch = 10'000;
  const auto key = [](int i) { return absl::StrCat("due", 1'000'000 + i); };
  for (const bool is_put : {true, false}) {
    for (int start = 0; start < kRows; start += kPerBatch) {
      std::vector<Write> writes;
      for (int i = start; i < start + kPerBatch; ++i) {
        writes.push_back(is_put ? Put(Space::kIndex, key(i), "") : Delete(Space::kIndex, key(i)));
      }
      Commit(std::move(writes));
    }
  }
  Commit({Put(Space::kIndex, key(kRows), "left")});
  const auto snapshot = Take();
  auto fastest =
      std::chrono::steady_clock::duration::max();  // of several: another process may be in the way
  for (int i = 0; i < 10; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    std::string found;
    const absl::Status status =
        snapshot->Scan(Space::kIndex, Key(0, key(kRows - 10)), KeyEnd(0), {.limit = 1},
                       [&found](absl::string_view, absl::string_view value) {
                         found = std::string(value);
                         return false;
                       });
    fastest = std::min(fastest, std::chrono::steady_clock::now() - begun);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(found, "left");
  }
  EXPECT_LT(fastest, std::chrono::milliseconds(5));
}

TEST_P(StoreConformance, S28LimitsAreLargeEnough) {
  const StoreLimits limits = store().Limits();
  EXPECT_GE(limits.batch_bytes_max, std::size_t{1} << 20);
  EXPECT_GE(limits.batch_writes_max, 10'000u);
  EXPECT_GE(limits.key_bytes_max, 1'023u);
  EXPECT_GE(limits.value_bytes_max, 65'535u);
}

INSTANTIATE_TEST_SUITE_P(Store, StoreConformance, ::testing::ValuesIn(Implementations()),
                         [](const auto& param) { return param.param.name; });

}  // namespace

// In the namespace of the type, so that a failing test names the implementation and not its bytes.
void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

}  // namespace laurel
