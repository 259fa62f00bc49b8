// The disk says no: nothing is acknowledged any more, whoever waits is told that it is unknown, and
// after a restart on a disk that works every id resolves.
#include <atomic>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/reason.h"
#include "tests/crash/ledger_on_disk.h"
#include "tests/crash/load_log.h"
#include "tests/crash/must_serve.h"
#include "tests/testing/rocksdb_faults.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

constexpr int kThreads = 8;
constexpr int kEach = 40;  // commands of a thread
constexpr int kAll = kThreads * kEach;

// Runs load until `fault` has been called at the `k`-th acknowledgement, then on a disk that works.
void FailAfter(int k, const std::function<void(FaultyDisk&)>& fault) {
  SCOPED_TRACE(k);
  const TempDir dir;
  const std::string path = dir.Path("ledger");
  const absl::Status made = LedgerOnDisk::Init(path);
  ASSERT_TRUE(made.ok()) << made;
  std::vector<std::string> contents;
  for (int i = 0; i < kAll; ++i) {
    contents.push_back(absl::StrCat("accrue ", 1 + i % 4, " ", i, " ", 1000 + i, " ",
                                    SystemClock().Now().micros()));
  }
  const auto id = [](std::size_t i) { return absl::StrCat("request-", 1000 + i); };

  std::vector<std::optional<Ack>> told(kAll);
  std::atomic<int> told_count = 0;
  std::atomic<int> fatal_count = 0;
  {
    FaultyDisk disk;
    LedgerOnDisk::Options options;
    options.env = disk.env();
    options.on_fatal = [&](const absl::Status&) { ++fatal_count; };
    const std::unique_ptr<LedgerOnDisk> ledger = MustServe(LedgerOnDisk::Start(path, options));
    ASSERT_NE(ledger, nullptr);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = static_cast<std::size_t>(thread); i < kAll; i += kThreads) {
          const int fatal_before = fatal_count;
          const absl::StatusOr<Reply> reply = ledger->Run(id(i), contents[i]);
          if (!reply.ok()) {
            EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
            continue;
          }
          EXPECT_EQ(fatal_before, 0) << "acknowledged after the disk had failed";
          told[i] = AckOf(*reply);
          if (++told_count == k) fault(disk);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(fatal_count, 1);
    EXPECT_LT(told_count, kAll);
    // Reads of what is durable go on; writes do not.
    EXPECT_TRUE(ledger->Balances().ok());
    EXPECT_EQ(ledger->Run("late-00001", contents[0]).status().code(),
              absl::StatusCode::kUnavailable);
  }
  const std::unique_ptr<LedgerOnDisk> ledger = MustServe(LedgerOnDisk::Start(path));
  ASSERT_NE(ledger, nullptr);
  for (std::size_t i = 0; i < kAll; ++i) {
    const absl::StatusOr<Reply> reply = ledger->Run(id(i), contents[i]);
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_FALSE(reply->unrecorded.has_value());
    EXPECT_FALSE(reply->entry->outcome.rejected.has_value());
    if (!told[i]) continue;
    EXPECT_TRUE(reply->is_replayed) << id(i);
    EXPECT_EQ(reply->entry->sequence, told[i]->sequence);
    EXPECT_EQ(ToHex(reply->leaf_hash), told[i]->leaf);
  }
  // Each purchase once: the members' points are the sum of what the receipts say.
  std::int64_t expected = 0;
  for (int i = 0; i < kAll; ++i) expected += (1000 + i) / 100;
  std::int64_t points = 0;
  const auto balances = ledger->Balances();
  ASSERT_TRUE(balances.ok()) << balances.status();
  for (const std::int64_t available : *balances) points += available;
  EXPECT_EQ(points, expected);
  EXPECT_EQ(ledger->Verify(), "");
}

TEST(DiskFaults, AFullDiskAcknowledgesNothing) {
  for (const int k : {1, 20, 100}) FailAfter(k, [](FaultyDisk& disk) { disk.FillUp(); });
}

TEST(DiskFaults, OneFailedSyncEndsTheServing) {
  for (const int k : {1, 20, 100}) FailAfter(k, [](FaultyDisk& disk) { disk.FailNextSync(); });
}

}  // namespace
}  // namespace laurel
