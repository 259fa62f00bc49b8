#ifndef LAUREL_ENGINE_STORE_STORE_H_
#define LAUREL_ENGINE_STORE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/id.h"
#include "engine/base/time.h"

// What the engine asks of storage: ordered byte keys, stable snapshots, and one fenced, durable,
// atomic batch at a time per partition. Keys compare as unsigned bytes; every key begins with its
// partition, big-endian.
namespace laurel {

// Key spaces, one column family each in RocksDB. The numbers are frozen: they may be persisted.
enum class Space : std::uint8_t {
  kDefault = 0,   // programs, revisions, cursors, settings (the head is the store's own)
  kJournal = 1,   // sequence -> entry bytes
  kTiles = 2,     // level, number -> hashes
  kMembers = 3,   // members: record, lots, activity by month, (member, sequence); redemptions
  kRequests = 4,  // request ids, receipts
  kIndex = 5,     // identity -> member, due times
  kTotals = 6,    // account, point type, day -> debit, credit
  kVault = 7,     // sealed personal data
};
inline constexpr std::size_t kSpaceCount = 8;
absl::string_view ToString(Space space);  // "journal"; also the column family's name

// How far a partition has come, stored with every batch.
struct Head {
  std::uint64_t epoch = 0;     // +1 with each writer
  std::uint64_t sequence = 0;  // of the last entry; also the size of the tree
  Hash root{};                 // of the tree over all entries
  Hash last_leaf{};            // zero bytes while there is none
  std::vector<Hash> frontier;  // one per set bit of sequence, largest subtree first
  Timestamp last_recorded_at;
  std::uint64_t batch = 0;     // counts committed batches
  std::string binary_version;  // of the writer
  friend bool operator==(const Head&, const Head&) = default;
};

// What a commit expects to find: nothing at all (a fresh partition) or exactly this head.
struct HeadId {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  Hash root{};
  friend bool operator==(const HeadId&, const HeadId&) = default;
};
inline HeadId IdOf(const Head& head) { return HeadId{head.epoch, head.sequence, head.root}; }

struct Write {
  Space space;
  std::string key;
  std::optional<std::string> value;  // empty: delete
};

// Writes are applied in order: of two to one key the later wins. Every key begins with `partition`;
// the head record is the store's own and never among the writes.
struct Batch {
  PartitionId partition = 0;
  std::optional<HeadId> expected;  // empty: the partition has no head yet
  Head next;                       // of the expected epoch: only AcquireWriter changes that
  std::vector<Write> writes;
};

enum class CommitOutcome {
  kCommitted,  // durable; later snapshots contain it
  kConflict,   // nothing was written: someone else moved the head
  kUnknown,    // may or may not be there: ReadHead settles it
  kFatal,      // the store must not be used again in this process
  kRefused,    // over a limit, a foreign key, or a head that does not move on; nothing was written
};
struct CommitResult {
  CommitOutcome outcome = CommitOutcome::kFatal;
  absl::Status status;  // why, unless committed
};

struct StoreLimits {
  std::size_t batch_bytes_max = 0;  // keys and values together
  std::size_t batch_writes_max = 0;
  std::size_t key_bytes_max = 0;    // inclusive
  std::size_t value_bytes_max = 0;  // inclusive
};
// Of the stores that live in this process. Small enough for the distributed stores that may follow.
inline constexpr StoreLimits kEmbeddedLimits{.batch_bytes_max = 1 << 20,
                                             .batch_writes_max = 10'000,
                                             .key_bytes_max = 1'023,
                                             .value_bytes_max = 65'535};

struct ScanOptions {
  std::size_t limit = SIZE_MAX;  // rows
  bool is_reverse = false;       // from the end of the range downwards
};

// A stable view of one partition and, in the same view, its head. Thread-safe. Cheap to hold for
// seconds, not for minutes. Must not outlive its store. Reads fail with DATA_LOSS where stored
// bytes are damaged.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual const std::optional<Head>& head() const = 0;
  // Empty where the key is absent.
  virtual absl::StatusOr<std::optional<std::string>> Get(Space space,
                                                         absl::string_view key) const = 0;
  // As Get for each key, in the order of `keys`; duplicates are fine.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Space space, const std::vector<std::string>& keys) const = 0;
  // Calls `visit` with each row of [begin, end) in key order until it returns false or the limit is
  // reached. The views passed to it are valid during the call only. INVALID_ARGUMENT if end <
  // begin.
  virtual absl::Status Scan(
      Space space, absl::string_view begin, absl::string_view end, const ScanOptions& options,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const = 0;
};

// Thread-safe, except that each partition has one committer at a time.
class Store {
 public:
  virtual ~Store() = default;
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) = 0;
  // Atomic over all writes and the head, and durable when it returns kCommitted. Succeeds only if
  // the stored head equals `batch.expected` and `batch.next` has a larger sequence, or the same one
  // and a larger batch number. After kFatal every later call returns kFatal.
  virtual CommitResult Commit(const Batch& batch) = 0;
  // Linearisable.
  virtual absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) = 0;
  // Swaps a larger epoch into the head (creating the head of an empty partition, with sequence 0
  // and the root of a tree without leaves): from then on every commit that expects an older epoch
  // is a conflict. Returns the new head. ABORTED if the stored epoch is not smaller than `epoch`.
  virtual absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                             absl::string_view binary_version) = 0;
  virtual StoreLimits Limits() const = 0;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_STORE_H_
