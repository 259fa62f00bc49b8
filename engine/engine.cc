#include "engine/engine.h"

#include <algorithm>
#include <future>

#include "absl/strings/str_cat.h"
#include "engine/base/reason.h"
#include "engine/base/status_macros.h"
#include "engine/checkpoint_signer.h"
#include "engine/journal/proof.h"
#include "engine/journal/tiles.h"
#include "engine/rulebook_cache.h"
#include "engine/scheduler.h"
#include "engine/sequencer.h"

namespace laurel {

// ---- reading
// -------------------------------------------------------------------------------------------------

ReadView::ReadView(std::shared_ptr<const Snapshot> snapshot, PartitionId partition,
                   RulebookLibrary* rulebooks, Timestamp now)
    : snapshot_(std::move(snapshot)),
      partition_(partition),
      rulebooks_(rulebooks),
      now_(snapshot_->head() ? std::max(now, snapshot_->head()->last_recorded_at) : now),
      source_(snapshot_, partition),
      state_(nullptr, &source_) {}

std::uint64_t ReadView::sequence() const {
  return snapshot_->head() ? snapshot_->head()->sequence : 0;
}

std::shared_ptr<const rules::Rulebook> ReadView::ActiveRulebook(const ProgramId& program) {
  return RulebookAt(program, now_);
}

std::shared_ptr<const rules::Rulebook> ReadView::RulebookAt(const ProgramId& program,
                                                            Timestamp occurred_at) {
  const Program* record = state_.programs.Find(ProgramKey{program});
  if (record == nullptr) return nullptr;
  const Activation* activation = RevisionAt(*record, occurred_at);
  return activation == nullptr ? nullptr : rulebooks_->Find(state_, program, *activation);
}

absl::StatusOr<std::optional<std::string>> ReadView::EntryBytes(std::uint64_t sequence) const {
  return source_.LoadEntryBytes(sequence);
}

absl::StatusOr<std::vector<Hash>> ReadTileHashes(const Snapshot& snapshot, PartitionId partition,
                                                 int level, std::uint64_t number, int width) {
  ASSIGN_OR_RETURN(const std::optional<std::string> full,
                   snapshot.Get(Space::kTiles, TileKey(partition, level, number)));
  std::vector<Hash> hashes;
  if (full) {
    ASSIGN_OR_RETURN(hashes, DecodeTile(*full, kTileHashes));
    hashes.resize(static_cast<std::size_t>(width));
    return hashes;
  }
  for (int i = 0; i < width; ++i) {
    const std::uint64_t index = number * kTileHashes + static_cast<std::uint64_t>(i);
    if (level == 0) {
      ASSIGN_OR_RETURN(const std::optional<std::string> entry,
                       snapshot.Get(Space::kJournal, JournalKey(partition, index + 1)));
      if (!entry)
        return absl::DataLossError(
            absl::StrCat("entry ", index + 1, ": must be stored, was missing"));
      hashes.push_back(LeafHash(*entry));
      continue;
    }
    ASSIGN_OR_RETURN(const std::optional<std::string> row,
                     snapshot.Get(Space::kTiles, EdgeKey(partition, level, index)));
    const std::optional<Hash> hash = row ? HashFromBytes(*row) : std::nullopt;
    if (!hash) {
      return absl::DataLossError(absl::StrCat("tile level ", level, " hash ", index,
                                              ": must be stored, was missing or damaged"));
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

namespace {

// Nodes of the tree of `size` leaves as stored. `snapshot` must outlive it.
TileNodeReader NodesOf(const Snapshot& snapshot, PartitionId partition, TreeSize size) {
  return TileNodeReader(size, [&snapshot, partition](int level, std::uint64_t number, int width) {
    return ReadTileHashes(snapshot, partition, level, number, width);
  });
}

}  // namespace

absl::StatusOr<Hash> RootAt(const Snapshot& snapshot, PartitionId partition, TreeSize size) {
  return RootAt(size, NodesOf(snapshot, partition, size));
}

// ---- the engine
// ----------------------------------------------------------------------------------------------

struct Engine::Parts {
  const Clock* clock = nullptr;
  std::uint64_t epoch = 0;
  Quorum approvals;
  RulebookCache rulebooks;
  std::unique_ptr<Sequencer> sequencer;
  std::unique_ptr<CheckpointSigner> signer;
  std::unique_ptr<Scheduler> scheduler;
};

Engine::Engine() : parts_(std::make_unique<Parts>()) {}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(Store& store, AnchorFile* anchors,
                                                      const LedgerId& ledger_id, const Head& head,
                                                      const Clock& clock, Options options) {
  constexpr PartitionId kPartition = 0;
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot, store.TakeSnapshot(kPartition));
  std::vector<std::vector<Hash>> partials;
  for (int level = 0; level < kTileLevels; ++level) {
    const int width = PartialTileWidth(head.sequence, level);
    ASSIGN_OR_RETURN(
        std::vector<Hash> hashes,
        ReadTileHashes(*snapshot, kPartition, level, FullTileCount(head.sequence, level), width));
    partials.push_back(std::move(hashes));
  }
  ASSIGN_OR_RETURN(TileAccumulator tree,
                   TileAccumulator::FromPartials(head.sequence, std::move(partials)));
  if (tree.frontier().root() != head.root) {
    return WithReason(
        absl::DataLossError(absl::StrCat("tree: must have root ", ToHex(head.root), " at size ",
                                         head.sequence, ", was ", ToHex(tree.frontier().root()))),
        "LEDGER_CORRUPT");
  }
  auto engine = std::unique_ptr<Engine>(new Engine);
  Parts& parts = *engine->parts_;
  parts.clock = &clock;
  parts.epoch = head.epoch;
  parts.approvals = options.approvals;
  parts.sequencer =
      std::make_unique<Sequencer>(store, anchors, ledger_id, head, std::move(tree),
                                  std::move(snapshot), clock, &parts.rulebooks, options);
  if (options.signer) {
    Sequencer* sequencer = parts.sequencer.get();
    parts.signer = std::make_unique<CheckpointSigner>(
        CheckpointSigner::Options{options.checkpoint_file, options.origin,
                                  options.checkpoint_interval_micros},
        *options.signer, [sequencer] { return sequencer->snapshot(); },
        [sequencer](std::uint64_t size) { sequencer->SetCheckpointSize(size); });
  }
  if (options.scheduler_interval_micros > 0) {
    parts.scheduler = std::make_unique<Scheduler>(*engine, options.scheduler_interval_micros);
  }
  return engine;
}

Engine::~Engine() {
  parts_->scheduler = nullptr;  // it waits for its own commands, so the sequencer has to live
  parts_->signer = nullptr;
  parts_->sequencer = nullptr;
}

void Engine::Submit(Command command, std::optional<Timestamp> deadline, Done done) {
  parts_->sequencer->Submit(std::move(command), deadline, std::move(done));
}

absl::StatusOr<Reply> Engine::Execute(Command command) {
  std::promise<absl::StatusOr<Reply>> promise;
  std::future<absl::StatusOr<Reply>> future = promise.get_future();
  Submit(std::move(command), std::nullopt,
         [&promise](absl::StatusOr<Reply> reply) { promise.set_value(std::move(reply)); });
  return future.get();
}

ReadView Engine::Read() const {
  return ReadView(parts_->sequencer->snapshot(), 0, &parts_->rulebooks, Now());
}

bool Engine::WaitFor(std::uint64_t sequence, std::int64_t timeout_micros) const {
  return parts_->sequencer->WaitFor(sequence, timeout_micros);
}

Timestamp Engine::Now() const { return parts_->clock->Now(); }
std::uint64_t Engine::sequence() const {
  const std::shared_ptr<const Snapshot> snapshot = parts_->sequencer->snapshot();
  return snapshot->head() ? snapshot->head()->sequence : 0;
}
std::uint64_t Engine::epoch() const { return parts_->epoch; }
std::int32_t Engine::queued_commands() const { return parts_->sequencer->queued_commands(); }
RulebookLibrary* Engine::rulebooks() const { return &parts_->rulebooks; }
const Quorum& Engine::approvals() const { return parts_->approvals; }

std::string Engine::SignedCheckpoint() const {
  if (parts_->signer == nullptr) return "";
  if (parts_->signer->note().empty()) parts_->signer->SignNow().IgnoreError();
  return parts_->signer->note();
}
std::uint64_t Engine::SignedSize() const {
  return parts_->signer == nullptr ? 0 : parts_->signer->size();
}

absl::StatusOr<std::vector<Hash>> Engine::InclusionProof(std::uint64_t index, TreeSize size) const {
  const std::shared_ptr<const Snapshot> snapshot = parts_->sequencer->snapshot();
  const TreeSize durable = snapshot->head() ? snapshot->head()->sequence : 0;
  if (size > durable)
    return absl::OutOfRangeError(absl::StrCat("size: must be <= ", durable, ", was ", size));
  return InclusionPath(index, size, NodesOf(*snapshot, 0, size));
}

absl::StatusOr<std::vector<Hash>> Engine::ConsistencyProof(TreeSize size1, TreeSize size2) const {
  const std::shared_ptr<const Snapshot> snapshot = parts_->sequencer->snapshot();
  const TreeSize durable = snapshot->head() ? snapshot->head()->sequence : 0;
  if (size2 > durable)
    return absl::OutOfRangeError(absl::StrCat("size2: must be <= ", durable, ", was ", size2));
  return ConsistencyPath(size1, size2, NodesOf(*snapshot, 0, size2));
}

void Engine::Drain() { parts_->sequencer->Drain(); }

}  // namespace laurel
