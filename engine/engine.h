#ifndef LAUREL_ENGINE_ENGINE_H_
#define LAUREL_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/domain/command.h"
#include "engine/domain/decide.h"
#include "engine/domain/entry.h"
#include "engine/domain/state.h"
#include "engine/journal/checkpoint.h"
#include "engine/store/anchor.h"
#include "engine/store/ledger_id.h"
#include "engine/store/snapshot_source.h"
#include "engine/store/store.h"

// The imperative shell: where time, rules, state and storage meet. One ledger; this build serves
// partition 0.
namespace laurel {

// The answer to a write. Either an entry (new or, replayed, the one that an earlier call made; its
// outcome may be a recorded refusal) or a refusal that is not recorded.
struct Reply {
  std::shared_ptr<const Entry> entry;  // null exactly if `unrecorded` is set
  Hash leaf_hash{};
  bool is_replayed = false;
  std::optional<Rejected> unrecorded;
};

// A read view at one durable sequence: a reply received before the view was made is visible in it.
// Not thread-safe; make one a request. Keeps the snapshot alive.
class ReadView {
 public:
  // `now`: what the clock shows.
  ReadView(std::shared_ptr<const Snapshot> snapshot, PartitionId partition,
           RulebookLibrary* rulebooks, Timestamp now);

  // The same snapshot and instant, with nothing read yet: for work that would otherwise keep all
  // that it has read.
  ReadView Again() const { return ReadView(snapshot_, partition_, rulebooks_, now_); }

  State& state() { return state_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  PartitionId partition() const { return partition_; }
  std::uint64_t sequence() const;  // 0 while the ledger is empty
  // The instant to which ActiveRulebook answers: what the clock showed when the view was made, or
  // that of the last entry where that is later, so that no clock hides what an answer has told.
  Timestamp now() const { return now_; }
  // DATA_LOSS and the like if anything that was read through state() failed. Look here before
  // replying.
  const absl::Status& status() const { return source_.status(); }

  // The program's active revision, or the one in force at an instant; null if there is none.
  std::shared_ptr<const rules::Rulebook> ActiveRulebook(const ProgramId& program);
  std::shared_ptr<const rules::Rulebook> RulebookAt(const ProgramId& program,
                                                    Timestamp occurred_at);
  RulebookLibrary* rulebooks() const { return rulebooks_; }

  // The bytes of an entry as stored; empty if there is none.
  absl::StatusOr<std::optional<std::string>> EntryBytes(std::uint64_t sequence) const;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  PartitionId partition_;
  RulebookLibrary* rulebooks_;
  Timestamp now_;
  SnapshotSource source_;
  State state_;
};

class Sequencer;
class CheckpointSigner;
class Scheduler;
class RulebookCache;

// Thread-safe.
class Engine {
 public:
  struct Options {
    std::int32_t queue_commands_max = 4096;  // More: longer waits instead of refusals.
    std::int32_t batch_commands_max = 256;   // More: fewer syncs, a longer wait for the first.
    // Who besides its author must approve of a revision before it may come into force.
    Quorum approvals;
    // How much people may give and take by hand.
    AdjustLimits adjust_limits;
    // How much they may approve of what others want to give and take.
    AdjustLimits approval_limits = {};
    TransferPolicy transfers = {};
    // For how many days after their end people may bring points back.
    int reinstate_days = kReinstateDays;
    // How often due work (ended lots, tier reviews) is looked for; reads are right without it. 0:
    // never.
    std::int64_t scheduler_interval_micros = kMicrosPerSecond;
    // Where the last signed checkpoint is kept, and who signs; no signer: none is made.
    std::string checkpoint_file;
    std::string origin;  // of the partition: host/ledger/0
    std::optional<Signer> signer;
    std::int64_t checkpoint_interval_micros = kMicrosPerSecond;
    // Below this many free bytes under `space_path` writes are refused with STORAGE_READ_ONLY; 0:
    // no guard.
    std::int64_t free_bytes_min = 0;
    std::string space_path;
    // Runs once when the store or the anchor has failed for good: nothing may be acknowledged any
    // more. Must not return in a server: stop the process (exit 74). Tests may record it.
    std::function<void(const absl::Status&)> on_fatal;
  };

  // Runs exactly once per command, on the reply thread or inside Submit. Must not block or call
  // Submit's engine's destructor. An error means that no outcome is known to be recorded: send the
  // same request id again.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Reply>) &&>;

  // Takes over partition 0 of a store whose boot has been passed: `head` is the stored head under
  // the epoch acquired, `anchors` may be null (tests, in-memory ledgers). Rebuilds the tree's open
  // edge and fails with DATA_LOSS if it does not give the head's root. `store`, `anchors` and
  // `clock` must outlive the engine.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(Store& store, AnchorFile* anchors,
                                                       const LedgerId& ledger_id, const Head& head,
                                                       const Clock& clock, Options options);
  // Ends writes with UNAVAILABLE (DRAINING), finishes what is being committed, stops the threads.
  ~Engine();

  // Queues a command; never blocks. `deadline` (engine's clock): dropped with DEADLINE_EXCEEDED
  // before it is decided, never after. UNAVAILABLE with a reason when the queue is full, the clock
  // is behind, space is short, or draining.
  void Submit(Command command, std::optional<Timestamp> deadline, Done done);
  // Submit and wait. For tests, tools and due work; not for gRPC threads.
  absl::StatusOr<Reply> Execute(Command command);

  // A view of what is durable now.
  ReadView Read() const;
  // Waits (never on a gRPC thread for long: `timeout_micros` is a ceiling) until `sequence` is
  // durable.
  bool WaitFor(std::uint64_t sequence, std::int64_t timeout_micros) const;

  Timestamp Now() const;
  std::uint64_t sequence() const;  // durable
  std::uint64_t epoch() const;
  std::int32_t queued_commands() const;
  RulebookLibrary* rulebooks() const;
  const Quorum& approvals() const;

  // The newest signed checkpoint as a C2SP note; empty text before the first.
  std::string SignedCheckpoint() const;
  std::uint64_t SignedSize() const;

  // Proofs over the durable tree. OUT_OF_RANGE unless index < size <= sequence(), or size1 <= size2
  // <= sequence().
  absl::StatusOr<std::vector<Hash>> InclusionProof(std::uint64_t index, TreeSize size) const;
  absl::StatusOr<std::vector<Hash>> ConsistencyProof(TreeSize size1, TreeSize size2) const;

  // Refuses new writes (DRAINING) and waits until what was accepted has been answered.
  void Drain();

 private:
  Engine();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Root of the tree over the first `size` entries as stored, from tiles, edge rows and the last
// entries: for boot and proofs. DATA_LOSS if something is missing.
absl::StatusOr<Hash> RootAt(const Snapshot& snapshot, PartitionId partition, TreeSize size);
absl::StatusOr<std::vector<Hash>> ReadTileHashes(const Snapshot& snapshot, PartitionId partition,
                                                 int level, std::uint64_t number, int width);

}  // namespace laurel

#endif  // LAUREL_ENGINE_ENGINE_H_
