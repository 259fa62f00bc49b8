#ifndef LAUREL_TESTS_TESTING_ROCKSDB_FAULTS_H_
#define LAUREL_TESTS_TESTING_ROCKSDB_FAULTS_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/store/store.h"

namespace rocksdb {
class Env;
}

namespace laurel {

// The machine's file system, as RocksDB sees it, with a memory of what was synced and with faults
// on demand. Thread-safe.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  std::shared_ptr<rocksdb::Env> env() const;

  // Writes and syncs of files so far.
  std::uint64_t operations() const;
  // Syncs of files so far.
  std::uint64_t syncs() const;

  // From operation number `operation` on (counted as operations() does) nothing reaches the disk
  // any more and every call fails, as if the process had died there. If that operation is a write,
  // half of it is written.
  void CrashAt(std::uint64_t operation);
  // Fails the next sync of a file, once.
  void FailNextSync();
  // From now on every write fails for want of space.
  void FillUp();
  // Answers that a sync is done and does not do it.
  void Lie();

  enum class Tail {
    kSynced,  // exactly what was synced is left
    kRandom,  // and some of what was written after it
    kTorn,    // and garbage after that
  };
  // Copies the folder as it would be found after a power cut now: files cut to what was synced,
  // files that were created since the folder was last synced gone. The database may be open.
  absl::Status PowerCut(const std::string& folder, const std::string& target, Tail tail,
                        std::mt19937_64& random) const;

 private:
  class Disk;
  const std::shared_ptr<Disk> disk_;
  const std::shared_ptr<rocksdb::Env> env_;
};

// Puts a value into the closed database at `path` behind the store's back, checksums and all.
absl::Status PutRaw(const std::string& path, Space space, absl::string_view key,
                    absl::string_view value);

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_ROCKSDB_FAULTS_H_
