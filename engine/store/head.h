#ifndef LAUREL_ENGINE_STORE_HEAD_H_
#define LAUREL_ENGINE_STORE_HEAD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/journal/merkle.h"
#include "engine/store/store.h"

// The head record and the rules of a commit that every store shares.
//
//   kDefault: partition:u16be "head"  -> head record
//   kDefault: ffff "ledger_id"        -> 16 bytes; RocksDB only
//
//   head record, format 1, big-endian:
//     format:u8=1 epoch:u64 sequence:u64 root:32 last_leaf:32 last_recorded_at:i64 batch:u64
//     previous_sequence:u64 frontier_count:u8 frontier:32*count version_size:u16 version:bytes
//
// Both keys belong to the store: a batch that writes one of them is refused.
namespace laurel {

std::string HeadKey(PartitionId partition);
std::string LedgerIdKey();
// Whether it is one of the two, of any partition.
bool IsStoresOwn(Space space, absl::string_view key);

struct HeadRecord {
  Head head;
  // The sequence before the batch that moved it last: whoever stands at or after it missed one
  // batch at most.
  std::uint64_t previous_sequence = 0;
};
std::string EncodeHead(const HeadRecord& record);
// DATA_LOSS, naming the offset, unless `bytes` is exactly one record of a known format.
absl::StatusOr<HeadRecord> DecodeHead(absl::string_view bytes);

// What a batch must meet whatever is stored: the limits; only keys that begin with its partition
// and are not the store's own; no change of epoch. INVALID_ARGUMENT otherwise.
absl::Status CheckBatch(const Batch& batch, const StoreLimits& limits);

// What a batch must meet given the stored head: kConflict unless that is the expected one, kRefused
// unless `batch.next` moves on from it. Empty if the batch may be written.
std::optional<CommitResult> CheckMove(const Batch& batch, const std::optional<HeadRecord>& stored);

// The record after `batch`, which CheckMove has let pass.
HeadRecord MovedHead(const Batch& batch, const std::optional<HeadRecord>& stored);

// The record after a writer with `epoch` has taken over. ABORTED unless `epoch` is larger than the
// stored one.
absl::StatusOr<HeadRecord> TakenOverHead(const std::optional<HeadRecord>& stored,
                                         std::uint64_t epoch, absl::string_view binary_version);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_HEAD_H_
