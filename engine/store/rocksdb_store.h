#ifndef LAUREL_ENGINE_STORE_ROCKSDB_STORE_H_
#define LAUREL_ENGINE_STORE_ROCKSDB_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/store/ledger_id.h"
#include "engine/store/store.h"

namespace rocksdb {
class Env;
}

namespace laurel {

// Sizes to fit the machine; everything else is fixed in rocksdb_options.cc, with the reasons.
struct RocksDbOptions {
  // Data, index and filter blocks of all families. More: fewer reads from disk; 25 to 50 % of
  // memory is sound.
  std::size_t block_cache_bytes = std::size_t{256} << 20;
  // Per busy family, twice that at most while one is being flushed. More: longer bursts without a
  // stall, a longer replay after a crash.
  std::size_t write_buffer_bytes = std::size_t{64} << 20;
  // Threads for flush and compaction, 2 to 4.
  int background_jobs_max = 2;
  // Ceiling of compaction and flush; tuned down by itself while there is little to do. Never limits
  // the log.
  std::int64_t compaction_bytes_per_second_max = std::int64_t{256} << 20;
  // Reads each new file back once: for tests.
  bool is_paranoid = false;
  // Runs once, on the thread that found out, when the store has become unusable: stop the process
  // (exit 74). Must not call the store.
  std::function<void(const absl::Status&)> on_fatal;
  // Where the files are; empty: the machine's file system. Kept alive by the store.
  std::shared_ptr<rocksdb::Env> env;
};

// A file system in memory, for tests. Lives as long as the stores on it.
std::shared_ptr<rocksdb::Env> NewMemoryEnv();

// How an open treats a damaged log. Neither skips a damaged record and goes on behind it.
enum class LogRecovery {
  kTolerateTail,  // a torn last record is dropped; damage before it refuses to open
  kPointInTime,   // everything up to the first damage; opens with less than was acknowledged
};

// The embedded store. One synced write per commit, no retries: whatever fails to be written makes
// the store unusable, because after a failed sync nobody knows what reached the disk. Errors keep
// RocksDB's own words: DATA_LOSS for damaged bytes, RESOURCE_EXHAUSTED for a full disk, UNAVAILABLE
// for other failures.
class RocksDbStore final : public Store {
 public:
  // Creates an empty database for the ledger, synced and closed again. The parent of `path` must
  // exist. Fails if there is a database already.
  static absl::Status Init(const std::string& path, const LedgerId& ledger_id,
                           const RocksDbOptions& options);
  // Opens what Init has made and never creates anything. Replays the log and removes it: look at
  // the head with OpenReadOnly first where the log may be damaged (boot.h). UNAVAILABLE if another
  // store has it open.
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(
      const std::string& path, const RocksDbOptions& options,
      LogRecovery recovery = LogRecovery::kTolerateTail);
  // Replays the log in memory and leaves every data file as it is. Takes no lock: sees the state of
  // this moment. Commit and AcquireWriter fail on it.
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> OpenReadOnly(
      const std::string& path, const RocksDbOptions& options,
      LogRecovery recovery = LogRecovery::kTolerateTail);
  // Snapshots that are still held keep the database open.
  ~RocksDbStore() override;

  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override;
  CommitResult Commit(const Batch& batch) override;
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override;
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view binary_version) override;
  StoreLimits Limits() const override;

  // Whose database this is. DATA_LOSS if that is not recorded.
  absl::StatusOr<LedgerId> LoadLedgerId();

  // Writes out what is in memory and compacts every family to its last level. Takes long; commits
  // go on.
  absl::Status CompactAll();
  // Bytes of the live data files, without the log.
  absl::StatusOr<std::uint64_t> DiskBytes();

  struct FamilyStats {
    Space space = Space::kDefault;
    std::uint64_t disk_bytes = 0;  // of live data files
    std::uint64_t files = 0;
    std::uint64_t keys_estimate = 0;
    std::uint64_t memory_bytes = 0;  // not yet in files
    std::uint64_t compaction_pending_bytes = 0;
    bool is_write_stopped = false;
    friend bool operator==(const FamilyStats&, const FamilyStats&) = default;
  };
  // One per space, in their order.
  absl::StatusOr<std::vector<FamilyStats>> LoadStats();

  struct DamagedFile {
    Space space = Space::kDefault;
    std::string file;
    std::string first_key;  // of the file: what is affected lies in [first_key, last_key]
    std::string last_key;
    absl::Status status;
  };
  // Reads every block of every live data file against its checksum. Empty if all are intact.
  absl::StatusOr<std::vector<DamagedFile>> FindDamagedFiles();

 private:
  struct State;
  class View;
  enum class Access { kReadWrite, kReadOnly };
  explicit RocksDbStore(std::shared_ptr<State> state);
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> OpenAs(const std::string& path,
                                                              const RocksDbOptions& options,
                                                              LogRecovery recovery, Access access);
  const std::shared_ptr<State> state_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_ROCKSDB_STORE_H_
