#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/journal/checkpoint.h"
#include "engine/store/anchor.h"
#include "engine/store/data_dir.h"
#include "engine/store/rocksdb_store.h"
#include "engine/verify.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/progress.h"

// The only command that does not go through the API: it reads a ledger that nobody serves.
namespace laurel::cli {
namespace {

struct VerifyArguments {
  std::string data_dir;
  std::string checkpoint_file;
  std::vector<std::string> vkeys;
  bool has_no_replay = false;
  bool is_decided_again = false;
};

struct Finding {
  std::string kind;
  std::uint64_t sequence = 0;
  std::string detail;
};

struct PartitionResult {
  PartitionId partition = 0;
  std::uint64_t entries = 0;
  std::uint64_t records = 0;
  std::uint64_t decisions = 0;
  std::string root;
  std::vector<Finding> findings;
  bool is_cut = false;
};

ExitCode PrintOpenError(Session& session, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      session.Warn(status.message());
      session.Warn("stop laureld first, or verify a copy");
      return ExitCode::kLocked;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kDataLoss:
      session.Warn(status.message());
      return ExitCode::kLedgerRefused;
    default:
      return session.IoError(status);
  }
}

absl::StatusOr<std::vector<VerifierKey>> ParseKeys(const VerifyArguments& arguments) {
  std::vector<VerifierKey> keys;
  for (const std::string& vkey : arguments.vkeys) {
    ASSIGN_OR_RETURN(VerifierKey key, VerifierKey::Parse(vkey));
    keys.push_back(std::move(key));
  }
  return keys;
}

absl::StatusOr<std::optional<VerifiedCheckpoint>> ReadCheckpoint(
    const VerifyArguments& arguments, const std::vector<VerifierKey>& keys) {
  if (arguments.checkpoint_file.empty()) return std::optional<VerifiedCheckpoint>();
  ASSIGN_OR_RETURN(const std::string bytes, ReadAll(arguments.checkpoint_file, kNoteBytesMax));
  ASSIGN_OR_RETURN(VerifiedCheckpoint checkpoint, OpenCheckpoint(bytes, keys));
  return std::optional<VerifiedCheckpoint>(std::move(checkpoint));
}

std::string OriginOf(const LedgerIdentity& identity, PartitionId partition) {
  return absl::StrCat(identity.origin, "/", partition);
}

bool IsOriginOf(const LedgerIdentity& identity, const std::string& origin) {
  for (PartitionId partition = 0; partition < identity.partition_count; ++partition) {
    if (origin == OriginOf(identity, partition)) return true;
  }
  return false;
}

// The head anchor is outside the database: it remembers what was acknowledged even if the database
// does not.
void CompareWithAnchor(const Head& head, const absl::StatusOr<std::optional<Anchor>>& anchor,
                       PartitionResult& result) {
  if (!anchor.ok() || !*anchor) {
    result.findings.push_back(
        {"ANCHOR_MISSING", 0, anchor.ok() ? "no valid slot" : anchor.status().ToString()});
  } else if (head.sequence < (*anchor)->sequence) {
    result.findings.push_back({"BEHIND_ANCHOR", head.sequence,
                               absl::StrCat("store must reach sequence ", (*anchor)->sequence,
                                            " of its head anchor, was ", head.sequence)});
  } else if (head.sequence > 0 && head.sequence == (*anchor)->sequence &&
             head.root != (*anchor)->root) {
    result.findings.push_back({"FORKED", head.sequence,
                               absl::StrCat("root must be ", ToHex((*anchor)->root),
                                            " as in the head anchor, was ", ToHex(head.root))});
  }
}

absl::StatusOr<PartitionResult> VerifyPartition(
    Session& session, RocksDbStore& store, PartitionId partition, const AnchorFile* anchors,
    const LedgerIdentity& identity, const VerifyArguments& arguments,
    const std::optional<VerifiedCheckpoint>& checkpoint) {
  PartitionResult result;
  result.partition = partition;
  ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, store.TakeSnapshot(partition));
  const Head head = snapshot->head().value_or(Head());
  CompareWithAnchor(head,
                    anchors == nullptr ? absl::StatusOr<std::optional<Anchor>>(
                                             absl::NotFoundError("no anchor file"))
                                       : anchors->Read(partition),
                    result);
  VerifyOptions options;
  options.has_replay = !arguments.has_no_replay;
  options.is_decided_again = arguments.is_decided_again;
  if (checkpoint && checkpoint->checkpoint.origin == OriginOf(identity, partition)) {
    options.checkpoint = checkpoint->checkpoint;
  }
  Progress progress(&session.err(), {absl::StrCat("verifying partition ", partition), "entries",
                                     session.options().is_error_terminal});
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    progress.Update(done, done, total);
  };
  ASSIGN_OR_RETURN(const VerifyReport report, Verify(*snapshot, partition, options));
  result.entries = report.entries;
  result.records = report.records;
  result.decisions = report.decisions;
  result.root = ToHex(report.root);
  result.is_cut = report.is_cut;
  for (const VerifyFinding& finding : report.findings) {
    result.findings.push_back(
        {std::string(ToString(finding.kind)), finding.sequence, finding.detail});
  }
  return result;
}

nlohmann::ordered_json ToJson(const std::vector<PartitionResult>& results, bool is_sound) {
  nlohmann::ordered_json partitions = nlohmann::ordered_json::array();
  for (const PartitionResult& result : results) {
    nlohmann::ordered_json findings = nlohmann::ordered_json::array();
    for (const Finding& finding : result.findings) {
      // 64-bit numbers are strings, as in the API's JSON.
      findings.push_back({{"kind", finding.kind},
                          {"sequence", absl::StrCat(finding.sequence)},
                          {"detail", finding.detail}});
    }
    partitions.push_back({{"partition", result.partition},
                          {"entries", absl::StrCat(result.entries)},
                          {"records", absl::StrCat(result.records)},
                          {"decisions", absl::StrCat(result.decisions)},
                          {"rootHash", result.root},
                          {"findings", findings},
                          {"isCut", result.is_cut}});
  }
  return {{"isSound", is_sound}, {"partitions", partitions}};
}

Document ToDocument(const std::vector<PartitionResult>& results, bool is_sound) {
  Table table{"",
              {{"partition", Align::kRight},
               {"entries", Align::kRight},
               {"records", Align::kRight},
               {"decided again", Align::kRight},
               {"root hash"},
               {"result"}},
              {}};
  Table findings{"findings",
                 {{"partition", Align::kRight}, {"kind"}, {"sequence", Align::kRight}, {"detail"}},
                 {}};
  for (const PartitionResult& result : results) {
    const std::string count = absl::StrCat(result.findings.size(), result.is_cut ? " or more" : "",
                                           " finding", result.findings.size() == 1 ? "" : "s");
    table.rows.push_back({absl::StrCat(result.partition), RenderCount(result.entries),
                          RenderCount(result.records), RenderCount(result.decisions), result.root,
                          result.findings.empty() ? "sound" : count});
    for (const Finding& finding : result.findings) {
      findings.rows.push_back({absl::StrCat(result.partition), finding.kind,
                               finding.sequence == 0 ? "" : absl::StrCat(finding.sequence),
                               finding.detail});
    }
  }
  Document document{
      {{"ledger",
        is_sound ? "sound" : "NOT sound: stop writing to it and call whoever looks after it"}},
      {table}};
  if (!findings.rows.empty()) document.tables.push_back(findings);
  return document;
}

ExitCode VerifyLedger(Session& session, const VerifyArguments& arguments,
                      const std::optional<VerifiedCheckpoint>& checkpoint) {
  const absl::StatusOr<DataDir> dir = DataDir::Open(arguments.data_dir);
  if (!dir.ok()) return PrintOpenError(session, dir.status());
  const absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
      RocksDbStore::OpenReadOnly(dir->db_path(), {});
  if (!store.ok()) return PrintOpenError(session, store.status());
  const absl::StatusOr<std::unique_ptr<AnchorFile>> anchors =
      AnchorFile::Open(dir->anchor_path(), PartitionsOf(dir->identity()));
  if (checkpoint && !IsOriginOf(dir->identity(), checkpoint->checkpoint.origin)) {
    session.Warn(absl::StrCat("checkpoint: must be of ", dir->identity().origin, ", was of ",
                              checkpoint->checkpoint.origin));
    return ExitCode::kVerifyFailed;
  }
  std::vector<PartitionResult> results;
  bool is_sound = true;
  for (PartitionId partition = 0; partition < dir->identity().partition_count; ++partition) {
    absl::StatusOr<PartitionResult> result =
        VerifyPartition(session, **store, partition, anchors.ok() ? anchors->get() : nullptr,
                        dir->identity(), arguments, checkpoint);
    if (!result.ok()) return PrintOpenError(session, result.status());
    is_sound = is_sound && result->findings.empty();
    results.push_back(*std::move(result));
  }
  ExitCode printed = ExitCode::kDone;
  if (session.options().format == Format::kJson) {
    session.out() << ToJson(results, is_sound).dump(2) << "\n";
  } else {
    printed = session.Print(ToDocument(results, is_sound));
  }
  if (printed != ExitCode::kDone) return printed;
  return is_sound ? ExitCode::kDone : ExitCode::kVerifyFailed;
}

ExitCode PrintCheckpoint(Session& session, const VerifiedCheckpoint& verified) {
  const Checkpoint& checkpoint = verified.checkpoint;
  if (session.options().format == Format::kJson) {
    nlohmann::ordered_json signers = nlohmann::ordered_json::array();
    for (const VerifiedSignature& signature : verified.signatures)
      signers.push_back(signature.key.Render());
    session.out() << nlohmann::ordered_json{{"origin", checkpoint.origin},
                                            {"size", absl::StrCat(checkpoint.size)},
                                            {"rootHash", ToHex(checkpoint.root)},
                                            {"signedBy", signers}}
                         .dump(2)
                  << "\n";
    return ExitCode::kDone;
  }
  Document document{{{"signature", "right"},
                     {"origin", checkpoint.origin},
                     {"size", absl::StrCat(checkpoint.size)},
                     {"root hash", ToHex(checkpoint.root)}},
                    {}};
  for (const VerifiedSignature& signature : verified.signatures) {
    document.facts.emplace_back("signed by", signature.key.Render());
  }
  return session.Print(document);
}

ExitCode VerifyAll(Session& session, const VerifyArguments& arguments) {
  if (arguments.data_dir.empty() && arguments.checkpoint_file.empty()) {
    return session.WrongUsage(
        absl::InvalidArgumentError("verify: must have --data-dir or --checkpoint, was neither"));
  }
  if (arguments.is_decided_again && arguments.has_no_replay) {
    return session.WrongUsage(
        absl::InvalidArgumentError("--decide-again: must be without --no-replay, was with it"));
  }
  if (!arguments.checkpoint_file.empty() && arguments.vkeys.empty()) {
    return session.WrongUsage(absl::InvalidArgumentError(
        "--vkey: must be given with --checkpoint, was absent; laurelctl ledger info shows it"));
  }
  const absl::StatusOr<std::vector<VerifierKey>> keys = ParseKeys(arguments);
  if (!keys.ok()) return session.WrongUsage(keys.status());
  const absl::StatusOr<std::optional<VerifiedCheckpoint>> checkpoint =
      ReadCheckpoint(arguments, *keys);
  if (!checkpoint.ok()) {
    if (!absl::IsInvalidArgument(checkpoint.status())) return session.IoError(checkpoint.status());
    session.Warn(absl::StrCat("checkpoint: ", checkpoint.status().message()));
    return ExitCode::kVerifyFailed;
  }
  if (arguments.data_dir.empty()) return PrintCheckpoint(session, **checkpoint);
  return VerifyLedger(session, arguments, *checkpoint);
}

}  // namespace

void AddLedgerVerifyCommand(CLI::App& ledger, Action& action) {
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<VerifyArguments>(
      ledger, "verify",
      "Recompute a ledger from its entries, or check a checkpoint's signature; exit code 4 if "
      "wrong",
      "laurelctl ledger verify --data-dir /var/lib/laurel          # laureld must be stopped\n"
      "laurelctl ledger verify --data-dir /var/lib/laurel --checkpoint january.checkpoint --vkey "
      "KEY\n"
      "laurelctl ledger verify --data-dir /var/lib/laurel --decide-again\n"
      "laurelctl ledger verify --checkpoint january.checkpoint --vkey KEY",
      action, &verb, VerifyAll);
  verb->add_option("--data-dir", arguments->data_dir, "data directory, opened read-only");
  verb->add_option("--checkpoint", arguments->checkpoint_file,
                   "signed checkpoint that the ledger must contain");
  verb->add_option("--vkey", arguments->vkeys, "verifier key of the ledger or of a witness")
      ->take_all();
  verb->add_flag("--no-replay", arguments->has_no_replay,
                 "do not fold the journal to compare the state with it");
  verb->add_flag("--decide-again", arguments->is_decided_again,
                 "decide every activity and return once more, by the revision that decided it, and "
                 "compare the amounts");
}

}  // namespace laurel::cli
