#include "engine/verify.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/domain/apply.h"
#include "engine/domain/explain_entry.h"
#include "engine/domain/revision_life.h"
#include "engine/engine.h"
#include "engine/journal/entry_codec.h"
#include "engine/journal/tiles.h"
#include "engine/rulebook_cache.h"
#include "engine/store/key.h"
#include "engine/store/record.h"

namespace laurel {
namespace {

constexpr std::size_t kFindingsMax = 100;

class Verifier {
 public:
  Verifier(const Snapshot& snapshot, PartitionId partition, const VerifyOptions& options)
      : snapshot_(snapshot), partition_(partition), options_(options), state_(nullptr, nullptr) {}

  absl::StatusOr<VerifyReport> Run() {
    RETURN_IF_ERROR(ReadEntries());
    RETURN_IF_ERROR(CompareTree());
    if (options_.has_replay && can_fold_) RETURN_IF_ERROR(CompareState());
    return std::move(report_);
  }

 private:
  void Find(VerifyKind kind, std::uint64_t sequence, std::string detail) {
    if (report_.findings.size() >= kFindingsMax) {
      report_.is_cut = true;
      return;
    }
    report_.findings.push_back(VerifyFinding{kind, sequence, std::move(detail)});
  }

  std::uint64_t HeadSequence() const { return snapshot_.head() ? snapshot_.head()->sequence : 0; }

  absl::Status ReadEntries() {
    const std::uint64_t total = HeadSequence();
    const KeyRange range = JournalRange(partition_, 0, UINT64_MAX);
    std::uint64_t expected = 1;
    Hash previous{};
    std::optional<Timestamp> previous_recorded_at;
    RETURN_IF_ERROR(snapshot_.Scan(
        Space::kJournal, range.begin, range.end, ScanOptions{},
        [&](absl::string_view key, absl::string_view bytes) {
          const std::uint64_t sequence = *DecodeTrailingSequence(key);
          if (sequence != expected) {
            Find(VerifyKind::kSequenceGap, expected,
                 absl::StrCat("entries ", expected, " to ", sequence - 1, " are missing"));
            can_fold_ = false;
          }
          if (sequence > total) {
            Find(VerifyKind::kSequenceGap, sequence,
                 absl::StrCat("an entry beyond the head's ", total));
            can_fold_ = false;
          }
          const bool follows = sequence == expected;
          expected = sequence + 1;
          const Hash leaf = LeafHash(bytes);
          CompareLeaf(sequence, leaf);
          Append(leaf);
          ++report_.entries;
          absl::StatusOr<Entry> entry = DecodeEntry(bytes);
          if (!entry.ok()) {
            Find(VerifyKind::kHashMismatch, sequence, std::string(entry.status().message()));
            can_fold_ = false;
          } else {
            if (entry->sequence != sequence) {
              Find(VerifyKind::kHashMismatch, sequence,
                   absl::StrCat("the entry says that it is ", entry->sequence));
              can_fold_ = false;
            }
            if (follows && entry->previous_leaf != previous) {
              Find(VerifyKind::kChainBroken, sequence,
                   absl::StrCat("previous_leaf is ", ToHex(entry->previous_leaf),
                                ", the entry before has ", ToHex(previous)));
            }
            if (previous_recorded_at && entry->recorded_at <= *previous_recorded_at) {
              Find(VerifyKind::kChainBroken, sequence, "recorded_at does not rise");
            }
            previous_recorded_at = entry->recorded_at;
            Fold(std::make_shared<const Entry>(*std::move(entry)));
          }
          previous = leaf;
          if (options_.progress && sequence % 1024 == 0) options_.progress(sequence, total);
          return true;
        }));
    if (expected <= total) {
      Find(VerifyKind::kSequenceGap, expected,
           absl::StrCat("entries ", expected, " to ", total, " are missing"));
      can_fold_ = false;
    }
    if (options_.progress) options_.progress(total, total);
    report_.root = tree_.frontier().root();
    return absl::OkStatus();
  }

  // Against the level-0 tile that holds the leaf's hash, where there is a full one.
  void CompareLeaf(std::uint64_t sequence, const Hash& leaf) {
    const std::uint64_t index = sequence - 1;
    const std::uint64_t number = index / kTileHashes;
    if (number >= FullTileCount(HeadSequence(), 0)) return;
    if (!tile_number_ || *tile_number_ != number) {
      tile_number_ = number;
      tile_.clear();
      const auto stored = snapshot_.Get(Space::kTiles, TileKey(partition_, 0, number));
      if (!stored.ok() || !*stored) {
        Find(VerifyKind::kTreeMismatch, 0,
             absl::StrCat("tile level 0 number ", number, " is missing"));
        return;
      }
      absl::StatusOr<std::vector<Hash>> hashes = DecodeTile(**stored, kTileHashes);
      if (hashes.ok()) tile_ = *std::move(hashes);
    }
    if (tile_.empty()) return;
    if (tile_[index % kTileHashes] != leaf) {
      leaf_differs_.push_back({sequence, number});
    }
  }

  void Append(const Hash& leaf) {
    std::optional<FinishedTiles> finished = tree_.Append(leaf);
    if (!finished) return;
    for (const FullTile& tile : finished->tiles) CompareTile(tile);
    const EdgeRow& edge = finished->edge;
    edges_[{edge.level, edge.index}] = edge.hash;
    for (const FullTile& tile : finished->tiles) {
      edges_.erase(edges_.lower_bound({tile.level, tile.number * kTileHashes}),
                   edges_.lower_bound({tile.level, (tile.number + 1) * kTileHashes}));
    }
  }

  void CompareTile(const FullTile& tile) {
    const auto stored = snapshot_.Get(Space::kTiles, TileKey(partition_, tile.level, tile.number));
    const bool is_equal = stored.ok() && *stored && **stored == tile.bytes;
    if (is_equal) {
      leaf_differs_.clear();
      return;
    }
    // One leaf off: the entry was changed. More, or an upper level: the tile was.
    if (tile.level == 0 && leaf_differs_.size() == 1) {
      Find(VerifyKind::kHashMismatch, leaf_differs_[0].sequence,
           "the entry's hash is not the one in its tile");
    } else {
      Find(VerifyKind::kTreeMismatch, leaf_differs_.empty() ? 0 : leaf_differs_[0].sequence,
           absl::StrCat("tile level ", tile.level, " number ", tile.number,
                        " is not that of the entries"));
    }
    leaf_differs_.clear();
  }

  absl::Status CompareTree() {
    if (!snapshot_.head()) return absl::OkStatus();
    const Head& head = *snapshot_.head();
    if (report_.root != head.root) {
      Find(VerifyKind::kTreeMismatch, head.sequence,
           absl::StrCat("the head's root is ", ToHex(head.root), ", the entries give ",
                        ToHex(report_.root)));
    }
    if (tree_.frontier().hashes() != head.frontier) {
      Find(VerifyKind::kTreeMismatch, head.sequence,
           "the head's frontier is not that of the entries");
    }
    for (const auto& [position, hash] : edges_) {
      ASSIGN_OR_RETURN(
          const std::optional<std::string> row,
          snapshot_.Get(Space::kTiles, EdgeKey(partition_, position.first, position.second)));
      if (!row || *row != AsBytes(hash)) {
        Find(VerifyKind::kTreeMismatch, 0,
             absl::StrCat("edge row level ", position.first, " index ", position.second,
                          " is not that of the entries"));
      }
    }
    if (!options_.checkpoint) return absl::OkStatus();
    const Checkpoint& signed_head = *options_.checkpoint;
    if (signed_head.size > report_.entries) {
      Find(VerifyKind::kCheckpointMismatch, signed_head.size,
           "the checkpoint covers entries that are not there");
    } else if (checkpoint_root_ && *checkpoint_root_ != signed_head.root) {
      Find(VerifyKind::kCheckpointMismatch, signed_head.size,
           "the checkpoint's root is not that of the entries");
    }
    return absl::OkStatus();
  }

  void Fold(std::shared_ptr<const Entry> entry) {
    if (options_.checkpoint && tree_.size() == options_.checkpoint->size)
      checkpoint_root_ = tree_.frontier().root();
    if (!PostingsBalance(*entry)) {
      Find(VerifyKind::kPostingsUnbalanced, entry->sequence, "postings do not sum to zero");
      can_fold_ = false;
    }
    if (!options_.has_replay || !can_fold_) return;
    const std::string misfit = Fits(*entry, state_);
    if (!misfit.empty()) {
      Find(VerifyKind::kPostingsUnbalanced, entry->sequence, misfit);
      can_fold_ = false;
      return;
    }
    Apply(entry, state_);
    if (options_.is_decided_again) DecideAgain(entry);
  }

  void DecideAgain(const std::shared_ptr<const Entry>& entry) {
    // What is cancelled no longer comes back with a return.
    if (const auto* cancelled = entry->FindEvent<AccrualCancelled>()) {
      returns_[cancelled->accrual].push_back(entry);
    }
    const bool follows_from_rules =
        entry->kind == EntryKind::kAccrue || entry->kind == EntryKind::kActivity ||
        entry->kind == EntryKind::kReturn || entry->kind == EntryKind::kExchange ||
        entry->kind == EntryKind::kCorrect;
    if (!follows_from_rules || !entry->revision) return;
    const Program* program = state_.programs.Find(ProgramKey{entry->program});
    const Activation* revision =
        program == nullptr ? nullptr : FindActivation(*program, *entry->revision);
    const std::shared_ptr<const rules::Rulebook> rulebook =
        revision == nullptr ? nullptr : rulebooks_.Find(state_, entry->program, *revision);
    if (rulebook == nullptr) {
      return Find(VerifyKind::kDecisionDiffers, entry->sequence,
                  "the revision that decided the entry is not in the ledger");
    }
    EntryContext context{.rulebook = *rulebook, .revision = revision->number};
    for (const Event& event : entry->events) {
      const auto* returned = std::get_if<PurchaseReturned>(&event);
      if (returned == nullptr) continue;
      std::vector<std::shared_ptr<const Entry>>& returns = returns_[returned->original_sequence];
      context.sale = state_.FindEntry(returned->original_sequence);
      context.earlier_returns = returns;
      returns.push_back(entry);
    }
    const absl::StatusOr<EntryExplanation> explained = ExplainEntry(*entry, context, "en");
    if (!explained.ok()) {
      return Find(VerifyKind::kDecisionDiffers, entry->sequence,
                  std::string(explained.status().message()));
    }
    if (explained->is_decided_again) ++report_.decisions;
  }

  absl::Status CompareState() {
    std::vector<Write> folded;
    AppendWrites(state_, partition_, folded);
    std::map<std::pair<Space, std::string>, std::string> expected;
    for (Write& write : folded) {
      if (write.value) expected[{write.space, std::move(write.key)}] = *std::move(write.value);
    }
    for (Space space :
         {Space::kDefault, Space::kMembers, Space::kRequests, Space::kIndex, Space::kTotals}) {
      const KeyRange range = PartitionRange(partition_);
      auto next = expected.lower_bound({space, ""});
      const auto missing = [&] {
        Find(VerifyKind::kStateMismatch, 0,
             absl::StrCat(DescribeKey(space, next->first.second), ": missing, folded ",
                          absl::BytesToHexString(next->second)));
      };
      RETURN_IF_ERROR(snapshot_.Scan(
          space, range.begin, range.end, ScanOptions{},
          [&](absl::string_view key, absl::string_view value) {
            if (space == Space::kDefault && key.size() > 2 && key[2] != 'g' && key[2] != 'v' &&
                key[2] != 'x')
              return true;  // the head
            while (next != expected.end() && next->first.first == space &&
                   next->first.second < key) {
              missing();
              ++next;
            }
            ++report_.records;
            if (next == expected.end() || next->first.first != space || next->first.second != key) {
              Find(VerifyKind::kStateMismatch, 0,
                   absl::StrCat(DescribeKey(space, key), ": stored, folding gives none"));
              return true;
            }
            if (next->second != value) {
              Find(VerifyKind::kStateMismatch, 0,
                   absl::StrCat(DescribeKey(space, key), ": stored ", absl::BytesToHexString(value),
                                ", folded ", absl::BytesToHexString(next->second)));
            }
            ++next;
            return true;
          }));
      for (; next != expected.end() && next->first.first == space; ++next) missing();
    }
    return absl::OkStatus();
  }

  struct Differing {
    std::uint64_t sequence;
    std::uint64_t tile;
  };

  const Snapshot& snapshot_;
  const PartitionId partition_;
  const VerifyOptions& options_;
  State state_;
  RulebookCache rulebooks_;
  std::map<std::uint64_t, std::vector<std::shared_ptr<const Entry>>>
      returns_;  // and what was cancelled, by their sale
  TileAccumulator tree_;
  std::map<std::pair<int, std::uint64_t>, Hash> edges_;
  std::optional<std::uint64_t> tile_number_;
  std::vector<Hash> tile_;
  std::vector<Differing> leaf_differs_;
  std::optional<Hash> checkpoint_root_;
  bool can_fold_ = true;  // false after damage that would make a fold meaningless
  VerifyReport report_;
};

}  // namespace

absl::string_view ToString(VerifyKind kind) {
  switch (kind) {
    case VerifyKind::kHashMismatch:
      return "HASH_MISMATCH";
    case VerifyKind::kSequenceGap:
      return "SEQUENCE_GAP";
    case VerifyKind::kChainBroken:
      return "CHAIN_BROKEN";
    case VerifyKind::kTreeMismatch:
      return "TREE_MISMATCH";
    case VerifyKind::kPostingsUnbalanced:
      return "POSTINGS_UNBALANCED";
    case VerifyKind::kStateMismatch:
      return "STATE_MISMATCH";
    case VerifyKind::kCheckpointMismatch:
      return "CHECKPOINT_MISMATCH";
    case VerifyKind::kDecisionDiffers:
      return "DECISION_DIFFERS";
  }
  return "";
}

absl::StatusOr<VerifyReport> Verify(const Snapshot& snapshot, PartitionId partition,
                                    const VerifyOptions& options) {
  return Verifier(snapshot, partition, options).Run();
}

absl::Status CheckTail(const Snapshot& snapshot, PartitionId partition) {
  if (!snapshot.head() || snapshot.head()->sequence == 0) return absl::OkStatus();
  const Head& head = *snapshot.head();
  constexpr std::uint64_t kEntriesMax = 10'000;
  constexpr std::size_t kBytesMax = std::size_t{64} << 20;
  const auto damaged = [](std::uint64_t sequence, absl::string_view what) {
    return absl::DataLossError(absl::StrCat("entry ", sequence, ": ", what));
  };
  const KeyRange range = JournalRange(
      partition, head.sequence > kEntriesMax ? head.sequence - kEntriesMax + 1 : 1, UINT64_MAX);
  std::uint64_t expected = head.sequence;
  std::size_t bytes_read = 0;
  std::optional<Hash> leaf_expected = head.last_leaf;
  std::optional<std::uint64_t> tile_number;
  std::vector<Hash> tile;
  absl::Status wrong;
  // Backwards: each entry names the leaf of the one before it.
  RETURN_IF_ERROR(snapshot.Scan(
      Space::kJournal, range.begin, range.end, ScanOptions{.is_reverse = true},
      [&](absl::string_view key, absl::string_view bytes) {
        const absl::StatusOr<std::uint64_t> sequence = DecodeTrailingSequence(key);
        if (!sequence.ok() || *sequence != expected) {
          wrong = damaged(expected, "must be stored, was missing");
          return false;
        }
        const Hash leaf = LeafHash(bytes);
        if (leaf != *leaf_expected) {
          wrong = damaged(expected, "must have the hash that follows it, had another");
          return false;
        }
        const std::uint64_t number = (expected - 1) / kTileHashes;
        if (number < FullTileCount(head.sequence, 0)) {
          if (tile_number != number) {
            const absl::StatusOr<std::vector<Hash>> hashes =
                ReadTileHashes(snapshot, partition, 0, number, kTileHashes);
            if (!hashes.ok()) {
              wrong = hashes.status();
              return false;
            }
            tile = *hashes;
            tile_number = number;
          }
          if (tile[(expected - 1) % kTileHashes] != leaf) {
            wrong = damaged(expected, "must have the hash in its tile, had another");
            return false;
          }
        }
        const absl::StatusOr<Entry> entry = DecodeEntry(bytes);
        if (!entry.ok() || entry->sequence != expected || !PostingsBalance(*entry)) {
          wrong = damaged(expected, "must be well formed with balanced postings, was not");
          return false;
        }
        leaf_expected = entry->previous_leaf;
        --expected;
        bytes_read += bytes.size();
        return bytes_read < kBytesMax;
      }));
  RETURN_IF_ERROR(wrong);
  ASSIGN_OR_RETURN(const Hash root, RootAt(snapshot, partition, head.sequence));
  ASSIGN_OR_RETURN(const Frontier frontier, Frontier::FromHashes(head.sequence, head.frontier));
  if (root != head.root || frontier.root() != head.root) {
    return damaged(head.sequence, "the head's root must be that of tree and frontier, was another");
  }
  return absl::OkStatus();
}

}  // namespace laurel
