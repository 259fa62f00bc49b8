#include "engine/store/boot.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/status_macros.h"
#include "engine/store/head.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;

std::string Describe(std::uint64_t epoch, std::uint64_t sequence, const Hash& root) {
  return absl::StrCat("sequence ", sequence, ", epoch ", epoch, ", root ", ToHex(root));
}

// What the comparison needs of one partition. A database without a head record counts as an empty
// ledger.
struct Found {
  PartitionId partition = 0;
  Anchor anchor;
  std::shared_ptr<const Snapshot> snapshot = nullptr;
  HeadRecord record = {};
};

// Reads one partition's head with what only boot needs of it.
absl::StatusOr<HeadRecord> LoadHeadRecord(const Snapshot& snapshot, PartitionId partition) {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                   snapshot.Get(Space::kDefault, HeadKey(partition)));
  if (bytes) return DecodeHead(*bytes);
  HeadRecord none;
  none.head.root = EmptyRoot();
  return none;
}

Refusal About(BootCode code, const Found& found) {
  const Head& head = found.record.head;
  const Anchor& anchor = found.anchor;
  return Refusal{
      .code = code,
      .partition = found.partition,
      .found = Describe(head.epoch, head.sequence, head.root),
      .expected =
          absl::StrCat(Describe(anchor.epoch, anchor.sequence, anchor.root), " (head anchor)"),
      .missing_entries = anchor.sequence > head.sequence ? anchor.sequence - head.sequence : 0,
      .accept_head = absl::StrCat("--sequence ", head.sequence, " --root ", ToHex(head.root))};
}

Refusal Damaged(const absl::Status& status) {
  return Refusal{
      .code = absl::IsResourceExhausted(status) ? BootCode::kUnavailable : BootCode::kStoreDamaged,
      .found = std::string(status.message()),
      .expected = "a database that opens and reads"};
}

Refusal Unavailable(const absl::Status& status) {
  return Refusal{.code = BootCode::kUnavailable, .found = std::string(status.message())};
}

Refusal FromOpen(const absl::Status& status) {
  Refusal refusal{.found = std::string(status.message())};
  if (absl::IsNotFound(status)) {
    refusal.code = BootCode::kNotInitialised;
  } else if (absl::IsAborted(status)) {
    refusal.code = BootCode::kLocked;
  } else if (absl::IsFailedPrecondition(status)) {
    refusal.code = BootCode::kFormatMismatch;
  } else if (absl::IsDataLoss(status)) {
    refusal.code = BootCode::kIdentityDamaged;
  }
  return refusal;
}

// The head against the anchor: the first row that fits decides.
std::optional<Refusal> CompareWithAnchor(const Found& found, const RootReader& root_at) {
  const Head& head = found.record.head;
  const Anchor& anchor = found.anchor;
  if (head.sequence < anchor.sequence) return About(BootCode::kBehindAnchor, found);
  if (head.epoch < anchor.epoch) return About(BootCode::kEpochBehind, found);
  if (head.sequence == anchor.sequence) {
    if (head.root != anchor.root) return About(BootCode::kForked, found);
    return std::nullopt;
  }
  const absl::StatusOr<Hash> root = root_at(*found.snapshot, found.partition, anchor.sequence);
  if (!root.ok()) return Damaged(root.status());
  if (*root != anchor.root) {
    Refusal refusal = About(BootCode::kForked, found);
    absl::StrAppend(&refusal.found, "; root at sequence ", anchor.sequence, " ", ToHex(*root));
    return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> CompareWithCheckpoint(const Found& found, const SignedCheckpoint& checkpoint,
                                             const RootReader& root_at) {
  const Head& head = found.record.head;
  const auto refused = [&](BootCode code) {
    Refusal refusal = About(code, found);
    refusal.expected = absl::StrCat("sequence ", checkpoint.size, ", root ", ToHex(checkpoint.root),
                                    " (signed checkpoint)");
    refusal.missing_entries = checkpoint.size > head.sequence ? checkpoint.size - head.sequence : 0;
    return refusal;
  };
  if (checkpoint.size > head.sequence) return refused(BootCode::kBehindCheckpoint);
  absl::StatusOr<Hash> root = head.root;
  if (checkpoint.size < head.sequence)
    root = root_at(*found.snapshot, found.partition, checkpoint.size);
  if (!root.ok()) return Damaged(root.status());
  if (*root == checkpoint.root) return std::nullopt;
  Refusal refusal = refused(BootCode::kForked);
  absl::StrAppend(&refusal.found, "; root at sequence ", checkpoint.size, " ", ToHex(*root));
  return refusal;
}

// Copies the database to evidence/<time>: data files by hard link, because they never change;
// everything else byte for byte. Synced, so that it outlives whatever the open does to the
// original.
absl::StatusOr<std::string> CopyEvidence(const DataDir& dir, const Clock& clock) {
  const std::string stem = absl::StrReplaceAll(
      absl::StrCat(dir.evidence_path(), "/", ToString(clock.Now())), {{":", ""}});
  std::string target = stem;
  std::error_code error;
  fs::create_directories(dir.evidence_path(), error);
  for (int i = 1; !error && !fs::create_directory(target, error) && i < 1'000; ++i) {
    target = absl::StrCat(stem, ".", i);
  }
  for (fs::directory_iterator it(dir.db_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    const std::string copy = absl::StrCat(target, "/", it->path().filename().string());
    if (it->path().extension() == ".sst") {
      fs::create_hard_link(it->path(), copy, error);
      if (!error) continue;
      error.clear();  // another file system: copy
    }
    fs::copy_file(it->path(), copy, error);
    if (error) break;
    RETURN_IF_ERROR(SyncFile(copy));
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("evidence: must allow a copy, was ", error.message(), " (", target, ")"));
  }
  RETURN_IF_ERROR(SyncFolder(target));
  RETURN_IF_ERROR(SyncFolder(dir.evidence_path()));
  return target;
}

// What the read-only look has established.
struct Verdict {
  std::vector<Found> found;  // by partition; without snapshots
  LogRecovery recovery = LogRecovery::kTolerateTail;
};

Refusal WrongLedger(absl::string_view where, const LedgerId& was, const LedgerId& expected) {
  return Refusal{.code = BootCode::kWrongLedger,
                 .found = absl::StrCat(where, " of ledger ", absl::BytesToHexString(AsBytes(was))),
                 .expected = absl::StrCat("ledger ", absl::BytesToHexString(AsBytes(expected)),
                                          " (identity)")};
}

// Every check that reads only.
std::variant<Verdict, Refusal> Look(const BootOptions& options, const DataDir& dir,
                                    const AnchorFile& anchors) {
  const std::vector<PartitionId> partitions = PartitionsOf(dir.identity());
  Verdict verdict;
  for (PartitionId partition : partitions) {
    const absl::StatusOr<std::optional<Anchor>> anchor = anchors.Read(partition);
    if (!anchor.ok()) return Unavailable(anchor.status());
    if (!anchor->has_value()) {
      return Refusal{.code = BootCode::kAnchorMissing,
                     .partition = partition,
                     .found = "no valid slot in the anchor file",
                     .expected = "one valid slot at least"};
    }
    if ((*anchor)->ledger_id != dir.identity().ledger_id) {
      return WrongLedger("anchor", (*anchor)->ledger_id, dir.identity().ledger_id);
    }
    verdict.found.push_back(Found{.partition = partition, .anchor = **anchor});
  }

  absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
      RocksDbStore::OpenReadOnly(dir.db_path(), options.store);
  if (absl::IsDataLoss(store.status())) {
    verdict.recovery = LogRecovery::kPointInTime;
    store = RocksDbStore::OpenReadOnly(dir.db_path(), options.store, verdict.recovery);
  }
  if (!store.ok()) return Damaged(store.status());
  const absl::StatusOr<LedgerId> stored_id = (*store)->LoadLedgerId();
  if (!stored_id.ok()) return Damaged(stored_id.status());
  if (*stored_id != dir.identity().ledger_id) {
    return WrongLedger("database", *stored_id, dir.identity().ledger_id);
  }

  for (Found& found : verdict.found) {
    absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot =
        (*store)->TakeSnapshot(found.partition);
    if (!snapshot.ok()) return Damaged(snapshot.status());
    found.snapshot = *std::move(snapshot);
    absl::StatusOr<HeadRecord> record = LoadHeadRecord(*found.snapshot, found.partition);
    if (!record.ok()) return Damaged(record.status());
    found.record = *std::move(record);
    if (std::optional<Refusal> refusal = CompareWithAnchor(found, options.root_at))
      return *std::move(refusal);
  }
  if (options.checkpoints) {
    const auto checkpoints = options.checkpoints(dir);
    if (!checkpoints.ok()) {
      const absl::Status& why = checkpoints.status();
      if (absl::IsUnavailable(why) || absl::IsResourceExhausted(why)) return Unavailable(why);
      return Refusal{.code = BootCode::kIdentityDamaged,
                     .found = std::string(why.message()),
                     .expected = "a checkpoint that this ledger has signed"};
    }
    for (const Found& found : verdict.found) {
      const auto checkpoint = checkpoints->find(found.partition);
      if (checkpoint == checkpoints->end()) continue;
      std::optional<Refusal> refusal =
          CompareWithCheckpoint(found, checkpoint->second, options.root_at);
      if (refusal) return *std::move(refusal);
    }
  }
  for (Found& found : verdict.found) {
    if (options.check_tail) {
      const absl::Status checked = options.check_tail(*found.snapshot, found.partition);
      if (!checked.ok()) return Damaged(checked);
    }
    found.snapshot.reset();
  }
  return verdict;
}

Anchor AnchorOf(const Head& head, const Anchor& before) {
  Anchor anchor = before;
  anchor.epoch = head.epoch;
  anchor.sequence = head.sequence;
  anchor.root = head.root;
  anchor.last_leaf = head.last_leaf;
  anchor.last_recorded_at = head.last_recorded_at;
  return anchor;
}

// Takes over every partition of a ledger that Look has accepted.
std::variant<Booted, Refusal> TakeOver(const BootOptions& options, DataDir dir,
                                       std::unique_ptr<AnchorFile> anchors,
                                       const Verdict& verdict) {
  std::optional<std::string> evidence;
  if (verdict.recovery == LogRecovery::kPointInTime) {
    absl::StatusOr<std::string> copied = CopyEvidence(dir, *options.clock);
    if (!copied.ok()) return Unavailable(copied.status());
    evidence = *std::move(copied);
    CrashPoint("evidence_copied");
  }
  absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
      RocksDbStore::Open(dir.db_path(), options.store, verdict.recovery);
  if (!store.ok()) {
    Refusal refusal = Damaged(store.status());
    refusal.evidence = evidence.value_or("");
    return refusal;
  }
  Booted booted{.dir = std::move(dir), .anchors = std::move(anchors), .store = *std::move(store)};
  booted.evidence = evidence;
  for (const Found& found : verdict.found) {
    const absl::StatusOr<std::optional<Head>> stored = booted.store->ReadHead(found.partition);
    if (!stored.ok()) return Damaged(stored.status());
    const Head& before = found.record.head;
    if (stored->has_value() ? **stored != before : before.epoch != 0) {
      Refusal refusal = About(BootCode::kStoreDamaged, found);
      refusal.expected = "the head that was read before the database was opened to write";
      refusal.evidence = evidence.value_or("");
      return refusal;
    }
  }
  for (const Found& found : verdict.found) {
    const Head& before = found.record.head;
    if (before.sequence > found.anchor.sequence &&
        found.record.previous_sequence > found.anchor.sequence) {
      booted.warnings.push_back(absl::StrCat("ANCHOR_STALE: partition ", found.partition,
                                             ": anchor must be within one batch of sequence ",
                                             before.sequence, ", was ", found.anchor.sequence,
                                             "; the entries between verify and are served"));
    }
    absl::StatusOr<Head> head =
        booted.store->AcquireWriter(found.partition, before.epoch + 1, options.binary_version);
    if (!head.ok()) return Unavailable(head.status());
    const absl::Status written = booted.anchors->Write(AnchorOf(*head, found.anchor));
    if (!written.ok()) return Unavailable(written);
    booted.heads.emplace(found.partition, *std::move(head));
  }
  return booted;
}

}  // namespace

absl::string_view ToString(BootCode code) {
  switch (code) {
    case BootCode::kNotInitialised:
      return "NOT_INITIALISED";
    case BootCode::kLocked:
      return "LOCKED";
    case BootCode::kFormatMismatch:
      return "FORMAT_MISMATCH";
    case BootCode::kIdentityDamaged:
      return "IDENTITY_DAMAGED";
    case BootCode::kStoreMissing:
      return "STORE_MISSING";
    case BootCode::kAnchorMissing:
      return "ANCHOR_MISSING";
    case BootCode::kStoreDamaged:
      return "STORE_DAMAGED";
    case BootCode::kWrongLedger:
      return "WRONG_LEDGER";
    case BootCode::kBehindAnchor:
      return "BEHIND_ANCHOR";
    case BootCode::kEpochBehind:
      return "EPOCH_BEHIND";
    case BootCode::kForked:
      return "FORKED";
    case BootCode::kBehindCheckpoint:
      return "BEHIND_CHECKPOINT";
    case BootCode::kUnavailable:
      return "UNAVAILABLE";
  }
  LAUREL_CHECK(false, "a boot code is one of the list");
}

std::string Render(const Refusal& refusal) {
  std::string text = absl::StrCat("refused to start: ", ToString(refusal.code), "\n");
  if (refusal.partition) absl::StrAppend(&text, "  partition  ", *refusal.partition, "\n");
  absl::StrAppend(&text, "  found      ", refusal.found, "\n");
  if (!refusal.expected.empty()) absl::StrAppend(&text, "  expected   ", refusal.expected, "\n");
  if (refusal.missing_entries > 0) {
    absl::StrAppend(&text, "  missing    ", refusal.missing_entries,
                    refusal.missing_entries == 1 ? " entry\n" : " entries\n");
  }
  if (!refusal.evidence.empty()) absl::StrAppend(&text, "  evidence   ", refusal.evidence, "\n");
  switch (refusal.code) {
    case BootCode::kNotInitialised:
    case BootCode::kLocked:
    case BootCode::kFormatMismatch:
    case BootCode::kUnavailable:
      return text;
    case BootCode::kIdentityDamaged:
    case BootCode::kStoreMissing:
    case BootCode::kAnchorMissing:
    case BootCode::kStoreDamaged:
    case BootCode::kWrongLedger:
    case BootCode::kBehindAnchor:
    case BootCode::kEpochBehind:
    case BootCode::kForked:
    case BootCode::kBehindCheckpoint:
      break;
  }
  absl::StrAppend(&text,
                  "ways on:\n"
                  "  1. restore a backup into an empty directory: laurelctl backup restore\n"
                  "  2. fetch the missing entries from a standby or from the journal archive\n"
                  "  3. accept the loss, on record: laurelctl ledger accept-head ",
                  refusal.accept_head.empty() ? "--sequence N --root R" : refusal.accept_head,
                  " --reason TEXT --approver ID\n");
  return text;
}

int ExitCode(const Refusal& refusal) {
  constexpr int kIoError = 74;   // sysexits.h: EX_IOERR
  constexpr int kTempFail = 75;  // EX_TEMPFAIL
  constexpr int kConfig = 78;    // EX_CONFIG
  if (refusal.code == BootCode::kLocked) return kTempFail;
  if (refusal.code == BootCode::kUnavailable) return kIoError;
  return kConfig;
}

std::variant<Booted, Refusal> Boot(const BootOptions& options) {
  LAUREL_CHECK(options.root_at != nullptr, "boot cannot judge without recomputing roots");
  absl::StatusOr<DataDir> dir = DataDir::Open(options.data_dir);
  if (!dir.ok()) return FromOpen(dir.status());
  if (!dir->has_store() && !dir->has_anchor()) {
    return Refusal{.code = BootCode::kNotInitialised,
                   .found = absl::StrCat("neither a database nor an anchor in ", dir->path()),
                   .expected = "a ledger; create one in an empty directory with `laureld init`"};
  }
  if (!dir->has_store()) {
    return Refusal{.code = BootCode::kStoreMissing,
                   .found = absl::StrCat("no database in ", dir->db_path()),
                   .expected = "the database of the anchor beside it"};
  }
  const std::string left_alone = absl::StrCat(dir->path(), " (left as it was found)");
  if (!dir->has_anchor()) {
    return Refusal{.code = BootCode::kAnchorMissing,
                   .found = absl::StrCat("no file ", dir->anchor_path()),
                   .expected = "the anchor of the database beside it",
                   .evidence = left_alone};
  }
  absl::StatusOr<std::unique_ptr<AnchorFile>> anchors =
      AnchorFile::Open(dir->anchor_path(), PartitionsOf(dir->identity()));
  if (!anchors.ok()) return Unavailable(anchors.status());
  std::variant<Verdict, Refusal> verdict = Look(options, *dir, **anchors);
  if (Refusal* refusal = std::get_if<Refusal>(&verdict)) {
    refusal->evidence = left_alone;
    return std::move(*refusal);
  }
  return TakeOver(options, *std::move(dir), *std::move(anchors), std::get<Verdict>(verdict));
}

}  // namespace laurel
