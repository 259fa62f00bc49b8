#ifndef LAUREL_ENGINE_STORE_ANCHOR_H_
#define LAUREL_ENGINE_STORE_ANCHOR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/id.h"
#include "engine/base/time.h"
#include "engine/store/files.h"
#include "engine/store/ledger_id.h"

// How far each partition has come, kept outside the database: after damage RocksDB may open without
// complaint and without acknowledged commits, and only a record that the damage did not reach can
// tell.
//
// The file has two slots per partition, in the order in which the partitions are listed, 4,096
// bytes apart so that two slots never share a physical sector. Generation g goes to slot g mod 2;
// the newest valid slot wins, so a torn write costs one generation at most. A slot is 512 bytes,
// integers big-endian:
//
//   offset size field                       offset size field
//   0      8    magic "LRLANCH1"            56     32   root at that sequence
//   8      16   ledger id                   88     32   last leaf hash
//   24     4    partition                   120    8    recorded_at of the last entry, microseconds
//   28     4    zero                        128    8    size of the last signed checkpoint
//   32     8    generation, +1 per write    136    372  zero
//   40     8    epoch                       508    4    CRC-32C of bytes 0 to 507
//   48     8    sequence
namespace laurel {

inline constexpr std::size_t kAnchorSlotBytes = 512;
inline constexpr std::size_t kAnchorSlotStride = 4'096;

struct Anchor {
  LedgerId ledger_id{};
  PartitionId partition = 0;
  std::uint64_t generation = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  Hash root{};
  Hash last_leaf{};
  Timestamp last_recorded_at = {};
  std::uint64_t checkpoint_size = 0;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

// One slot, kAnchorSlotBytes long.
std::string EncodeAnchor(const Anchor& anchor);
// Empty unless `slot` is exactly one intact slot.
std::optional<Anchor> DecodeAnchor(absl::string_view slot);

// Different partitions may be written by different threads at once, one partition by one thread.
class AnchorFile {
 public:
  // Creates the file with generation 1 of each partition: epoch 0, no entries. Synced with its
  // folder. ALREADY_EXISTS if there is such a file.
  static absl::Status Create(const std::string& path, const LedgerId& ledger_id,
                             const std::vector<PartitionId>& partitions);
  // `partitions` as at Create. NOT_FOUND if there is no such file.
  static absl::StatusOr<std::unique_ptr<AnchorFile>> Open(
      const std::string& path, const std::vector<PartitionId>& partitions);

  // The newest valid slot of the partition as it was at Open or after the last Write; empty if
  // neither slot is valid. OUT_OF_RANGE if the partition is not listed.
  absl::StatusOr<std::optional<Anchor>> Read(PartitionId partition) const;

  // Writes `anchor` under the next generation of its partition (the given one is ignored) and
  // syncs: one pwrite, one fdatasync. After a failure every later call fails as well: what reached
  // the disk is unknown, and the process has to stop.
  absl::Status Write(const Anchor& anchor);

 private:
  AnchorFile(std::string path, FileDescriptor file, std::vector<PartitionId> partitions);
  std::optional<std::size_t> IndexOf(PartitionId partition) const;

  const std::string path_;
  const FileDescriptor file_;
  const std::vector<PartitionId> partitions_;
  std::vector<std::optional<Anchor>> newest_;  // each by its partition's thread
  std::atomic<bool> is_failed_ = false;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_ANCHOR_H_
