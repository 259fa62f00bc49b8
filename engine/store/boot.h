#ifndef LAUREL_ENGINE_STORE_BOOT_H_
#define LAUREL_ENGINE_STORE_BOOT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/id.h"
#include "engine/base/time.h"
#include "engine/store/anchor.h"
#include "engine/store/data_dir.h"
#include "engine/store/rocksdb_store.h"
#include "engine/store/store.h"

// From a data directory to a store that may be written, or to a refusal. RocksDB alone may open
// without complaint and without acknowledged commits, and a read-write open destroys what could
// still be examined. So boot looks at the database read-only, compares every partition's head with
// its anchor and its last signed checkpoint, and opens for writing only when nothing that was
// acknowledged is missing.
namespace laurel {

// Why boot refuses, in the order in which it looks. ToString gives the name that an operator sees.
enum class BootCode {
  kNotInitialised,    // no ledger here
  kLocked,            // another process serves it
  kFormatMismatch,    // written by a newer program, or by an older one and not upgraded
  kIdentityDamaged,   // the identity file is missing or not intact, or a checkpoint not this
                      // ledger's
  kStoreMissing,      // an anchor without a database
  kAnchorMissing,     // a database without a valid anchor slot
  kStoreDamaged,      // RocksDB refuses in both modes, or the last entries do not verify
  kWrongLedger,       // identity, anchor and database are not of one ledger
  kBehindAnchor,      // acknowledged entries are missing
  kEpochBehind,       // an older writer's state than the anchor has seen
  kForked,            // other entries than those that were acknowledged
  kBehindCheckpoint,  // entries under a signed checkpoint are missing
  kUnavailable,       // the machine failed: a full disk, no permission
};
absl::string_view ToString(BootCode code);  // "BEHIND_ANCHOR"

struct Refusal {
  BootCode code = BootCode::kUnavailable;
  std::optional<PartitionId> partition = std::nullopt;  // where the code is about one
  std::string found = {};
  std::string expected = {};
  std::uint64_t missing_entries = 0;
  std::string evidence = {};     // where the damaged state can be examined
  std::string accept_head = {};  // options that name the head found, where it could be accepted
};
// What was found and expected, what is missing, where the evidence is, and the ways on. Several
// lines.
std::string Render(const Refusal& refusal);
// 75 while another process has the ledger, 74 where the machine failed, 78 otherwise.
int ExitCode(const Refusal& refusal);

// Recomputes the root of the partition's tree at `size` leaves from what is stored. `size` is at
// most the snapshot's head.sequence.
using RootReader = std::function<absl::StatusOr<Hash>(const Snapshot& snapshot,
                                                      PartitionId partition, std::uint64_t size)>;

struct SignedCheckpoint {
  std::uint64_t size = 0;
  Hash root{};
};

struct BootOptions {
  std::string data_dir;
  RocksDbOptions store;
  std::string binary_version;
  RootReader root_at;
  // Verifies the last entries of a partition in the read-only view; may be empty. An error refuses.
  std::function<absl::Status(const Snapshot& snapshot, PartitionId partition)> check_tail;
  // The newest signed checkpoint known of each partition: from its file, from the witness. Others
  // have none. Called with the identity, because files and witness are named after the origin; may
  // be empty. UNAVAILABLE and RESOURCE_EXHAUSTED mean that the machine failed, any other error that
  // a checkpoint is not this ledger's.
  std::function<absl::StatusOr<std::map<PartitionId, SignedCheckpoint>>(const DataDir& dir)>
      checkpoints;
  const Clock* clock = &SystemClock();  // names the evidence
};

// A ledger that may be written. Members are destroyed in reverse: the lock goes last.
struct Booted {
  DataDir dir;
  std::unique_ptr<AnchorFile> anchors;
  std::unique_ptr<RocksDbStore> store;
  std::map<PartitionId, Head> heads = {};    // of every partition, under the new epoch
  std::vector<std::string> warnings = {};    // for the log, such as "ANCHOR_STALE: …"
  std::optional<std::string> evidence = {};  // folder of the copy, where one was made
};

// Locks, looks, decides; on success takes every partition over under the next epoch and writes its
// anchor. After a refusal every data file is as it was, and the lock is free.
std::variant<Booted, Refusal> Boot(const BootOptions& options);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_BOOT_H_
