#ifndef LAUREL_ENGINE_STORE_ROW_CACHE_H_
#define LAUREL_ENGINE_STORE_ROW_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include "engine/store/store.h"

namespace laurel {

// Keeps rows that were read by key in memory, in front of any store: of each row the latest durable
// value, of all rows those used lately. Damage in the store is reported where it is read from the
// store; what is kept was read without any.
//
// Which snapshot may use a row. Every commit that succeeds gets the next number, and its writes
// replace the rows kept before any snapshot with that number is handed out. A row carries the
// number since which its value stands: snapshots with a smaller one read the store. A snapshot may
// add what it has read only where nothing has been written since its own number, which is known by
// part of the cache. A snapshot whose head is not the one the cache has followed to (another
// process has written, the outcome of a commit is unknown, a commit is just being followed) passes
// the cache by.
//
// Thread-safe. All commits and takeovers of this process go through one cache. Snapshots must not
// outlive the store.
class RowCache final : public Store {
 public:
  // Whether rows under this key are worth keeping. Constant, thread-safe.
  using Filter = bool (*)(Space space, absl::string_view key);

  // `base` must outlive the cache. `bytes_max`: keys, values and what it takes to find them.
  RowCache(Store& base, std::size_t bytes_max, Filter is_kept);
  ~RowCache() override;

  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override;
  CommitResult Commit(const Batch& batch) override;
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override;
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view binary_version) override;
  StoreLimits Limits() const override;

  // Reads rows of the partition into the cache, members first, until it is nearly full, four times
  // its size has been read, or the cache ends: a server that has just started is then as quick as
  // one that has run for long. Best effort: fails where the store does, and rows that are written
  // meanwhile are left to those who read them.
  absl::Status Warm(PartitionId partition);
  // The same on a thread of its own, once; the destructor ends it.
  void StartWarming(PartitionId partition);

  struct Stats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;  // of keys that are kept, absent rows included
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  Stats LoadStats() const;

 private:
  class Rows;
  class View;
  class Follower;

  absl::Status WarmSpace(PartitionId partition, Space space, std::size_t bytes_until);

  Store& base_;
  const std::size_t bytes_max_;
  const std::shared_ptr<Rows> rows_;
  const std::unique_ptr<Follower> follower_;
  std::atomic<bool> is_ending_ = false;
  std::thread warming_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_ROW_CACHE_H_
