#ifndef LAUREL_ENGINE_VERIFY_H_
#define LAUREL_ENGINE_VERIFY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/journal/checkpoint.h"
#include "engine/store/store.h"

namespace laurel {

// What a verification can find, with the position of the first bad thing of each kind.
enum class VerifyKind {
  kHashMismatch,        // the bytes of an entry are not those that the next one or the tree knows
  kSequenceGap,         // an entry is missing, or one is there that should not be
  kChainBroken,         // previous_leaf is not the leaf of the entry before
  kTreeMismatch,        // a tile, an edge row, the frontier or the root is not that of the entries
  kPostingsUnbalanced,  // the postings of an entry do not sum to zero, or do not fit the state
  kStateMismatch,       // a stored record is not what folding the journal gives
  kCheckpointMismatch,  // the signed checkpoint is not that of the entries
  kDecisionDiffers,     // deciding an entry once more, by its revision, gives other amounts
};
absl::string_view ToString(VerifyKind kind);  // "CHAIN_BROKEN"

struct VerifyFinding {
  VerifyKind kind;
  std::uint64_t sequence = 0;  // of the entry; 0 where it is not about one
  std::string detail;          // key, level and number, stored and folded value
};

struct VerifyReport {
  std::uint64_t entries = 0;
  std::uint64_t records = 0;            // state records compared; 0 without replay
  std::uint64_t decisions = 0;          // entries decided once more; 0 unless asked for
  Hash root{};                          // recomputed from the entries
  std::vector<VerifyFinding> findings;  // empty: all is well. At most 100
  bool is_cut = false;                  // there were more
};

struct VerifyOptions {
  bool has_replay = true;  // fold the journal and compare every record, byte for byte
  // Explain every entry as ExplainEntry does: activities and returns are decided once more from
  // what their entries keep, by the revision that decided them. Only with replay.
  bool is_decided_again = false;
  std::optional<Checkpoint> checkpoint;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // may be empty
};

// Recomputes everything from the entries of one partition. Memory grows with the state when
// replaying. Fails only if the snapshot cannot be read at all; damage is a finding.
absl::StatusOr<VerifyReport> Verify(const Snapshot& snapshot, PartitionId partition,
                                    const VerifyOptions& options);

// What boot looks at before it serves: the last 10,000 entries or 64 MiB of them (hash against
// tile, chain, postings, sequence) and the head's last leaf, root and frontier. DATA_LOSS with the
// first thing that is wrong.
absl::Status CheckTail(const Snapshot& snapshot, PartitionId partition);

}  // namespace laurel

#endif  // LAUREL_ENGINE_VERIFY_H_
