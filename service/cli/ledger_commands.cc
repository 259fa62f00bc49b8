#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/journal/proof.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using LedgerStub = v1::LedgerService::Stub;

struct CheckpointArguments {
  std::uint32_t partition = 0;
  std::uint64_t at_least = 0;
  std::string out;
};

struct ProofArguments {
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string out;
};

struct TrialBalanceArguments {
  std::string from;
  std::string until;
};

struct NoArguments {};

// Writes a text to a file if one was named.
ExitCode SaveText(Session& session, const std::string& path, const std::string& text) {
  if (path.empty()) return ExitCode::kDone;
  if (text.empty())
    return session.IoError(absl::UnavailableError("--out: the server gave no text for this size"));
  const absl::Status status = WriteWhole(path, text);
  return status.ok() ? ExitCode::kDone : session.IoError(status);
}

ExitCode ShowCheckpoint(Session& session, const CheckpointArguments& arguments) {
  v1::GetCheckpointRequest request;
  request.set_partition(arguments.partition);
  request.set_at_least_sequence(arguments.at_least);
  v1::GetCheckpointResponse response;
  const ExitCode code =
      Call<v1::LedgerService>(session, &LedgerStub::GetCheckpoint, request, response);
  if (code != ExitCode::kDone) return code;
  if (!arguments.out.empty()) return SaveText(session, arguments.out, response.checkpoint());
  if (session.options().format == Format::kTable) {  // the note byte for byte, for a pipe or a file
    session.out() << response.checkpoint();
    return ExitCode::kDone;
  }
  return session.Print(response, [&] {
    return Document{{{"origin", response.origin()},
                     {"size", absl::StrCat(response.size())},
                     {"root hash", RenderHex(response.root_hash())}},
                    {}};
  });
}

std::vector<std::string> Texts(const Repeated<std::string>& hashes) {
  return {hashes.begin(), hashes.end()};
}

// Prints a proof and what became of checking it here.
ExitCode PrintProof(Session& session, const google::protobuf::Message& response,
                    const Repeated<std::string>& hashes, Document document,
                    const absl::Status& checked) {
  document.facts.emplace_back("checked here",
                              checked.ok() ? "right" : std::string(checked.message()));
  Table table{"", {{"hash"}}, {}};
  for (const std::string& hash : hashes) table.rows.push_back({RenderHex(hash)});
  document.tables.push_back(table);
  const ExitCode printed = session.Print(response, [&] { return document; });
  if (printed != ExitCode::kDone) return printed;
  if (checked.ok()) return ExitCode::kDone;
  session.Warn(absl::StrCat("the proof is wrong: ", checked.message()));
  return ExitCode::kVerifyFailed;
}

ExitCode ShowProof(Session& session, const ProofArguments& arguments) {
  v1::GetInclusionProofRequest request;
  request.set_partition(arguments.partition);
  request.set_sequence(arguments.sequence);
  request.set_size(arguments.to);
  v1::GetInclusionProofResponse response;
  const ExitCode code =
      Call<v1::LedgerService>(session, &LedgerStub::GetInclusionProof, request, response);
  if (code != ExitCode::kDone) return code;
  const ExitCode saved = SaveText(session, arguments.out, response.tlog_proof());
  if (saved != ExitCode::kDone) return saved;
  const std::vector<std::string> hashes = Texts(response.hashes());
  const absl::Status checked =
      response.leaf_index() + 1 != arguments.sequence
          ? absl::InvalidArgumentError(absl::StrCat("leaf_index: must be ", arguments.sequence - 1,
                                                    ", was ", response.leaf_index()))
          : VerifyInclusion(response.leaf_index(), response.size(), response.leaf_hash(), hashes,
                            response.root_hash());
  const Document document{{{"entry", absl::StrCat(arguments.partition, "-", arguments.sequence)},
                           {"size", absl::StrCat(response.size())},
                           {"leaf hash", RenderHex(response.leaf_hash())},
                           {"root hash", RenderHex(response.root_hash())},
                           {"written to", arguments.out}},
                          {}};
  return PrintProof(session, response, response.hashes(), document, checked);
}

ExitCode ShowConsistency(Session& session, const ProofArguments& arguments) {
  v1::GetConsistencyProofRequest request;
  request.set_partition(arguments.partition);
  request.set_from_size(arguments.from);
  request.set_to_size(arguments.to);
  v1::GetConsistencyProofResponse response;
  const ExitCode code =
      Call<v1::LedgerService>(session, &LedgerStub::GetConsistencyProof, request, response);
  if (code != ExitCode::kDone) return code;
  const ExitCode saved = SaveText(session, arguments.out, response.checkpoint());
  if (saved != ExitCode::kDone) return saved;
  const std::vector<std::string> hashes = Texts(response.hashes());
  const absl::Status checked =
      VerifyConsistency(response.from_size(), response.to_size(), response.from_root_hash(),
                        response.to_root_hash(), hashes);
  const Document document{{{"from size", absl::StrCat(response.from_size())},
                           {"to size", absl::StrCat(response.to_size())},
                           {"from root", RenderHex(response.from_root_hash())},
                           {"to root", RenderHex(response.to_root_hash())},
                           {"written to", arguments.out}},
                          {}};
  return PrintProof(session, response, response.hashes(), document, checked);
}

absl::Status SetDate(const std::string& text, absl::string_view option,
                     google::type::Date* target) {
  const absl::StatusOr<Date> date = Date::Parse(text);
  if (!date.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": must be a date such as 2026-01-31, was \"", text, "\""));
  }
  *target = ToProto(*date);
  return absl::OkStatus();
}

ExitCode TrialBalance(Session& session, const TrialBalanceArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::GetTrialBalanceRequest request;
  request.set_program(*program);
  absl::Status status;
  if (!arguments.from.empty())
    status.Update(SetDate(arguments.from, "--from", request.mutable_from_on()));
  if (!arguments.until.empty())
    status.Update(SetDate(arguments.until, "--until", request.mutable_until_on()));
  if (!status.ok()) return session.WrongUsage(status);
  v1::GetTrialBalanceResponse response;
  const ExitCode code =
      Call<v1::LedgerService>(session, &LedgerStub::GetTrialBalance, request, response);
  if (code != ExitCode::kDone) return code;

  std::map<std::string, std::int64_t>
      sums;  // of closings, by point type: all zero in a sound ledger
  for (const v1::TrialBalanceRow& row : response.rows()) sums[row.point_type()] += row.closing();
  const ExitCode printed = session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Table table{"",
                {{"account"},
                 {"point type"},
                 {"opening", Align::kRight},
                 {"debits", Align::kRight},
                 {"credits", Align::kRight},
                 {"closing", Align::kRight}},
                {}};
    for (const v1::TrialBalanceRow& row : response.rows()) {
      const std::string& type = row.point_type();
      table.rows.push_back({row.account(), type, style.Points(type, row.opening()),
                            style.Points(type, row.debits()), style.Points(type, row.credits()),
                            style.Points(type, row.closing())});
    }
    Document document;
    for (const auto& [type, sum] : sums)
      document.facts.emplace_back(absl::StrCat("sum of ", type), style.Points(type, sum));
    document.tables.push_back(table);
    return document;
  });
  if (printed != ExitCode::kDone) return printed;
  for (const auto& [type, sum] : sums) {
    if (sum == 0) continue;
    session.Warn(absl::StrCat("closing balances of ", type, " must add up to 0, was ", sum));
    return ExitCode::kVerifyFailed;
  }
  return ExitCode::kDone;
}

ExitCode ShowInfo(Session& session, const NoArguments&) {
  v1::GetServerInfoResponse response;
  const ExitCode code = Call<v1::AdminService>(session, &v1::AdminService::Stub::GetServerInfo,
                                               v1::GetServerInfoRequest(), response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts = {{"ledger", response.ledger()},
                      {"server version", response.version()},
                      {"data format", absl::StrCat(response.data_format())}};
    Table table{"",
                {{"partition", Align::kRight},
                 {"entries", Align::kRight},
                 {"signed", Align::kRight},
                 {"epoch", Align::kRight},
                 {"origin"},
                 {"verifier key"}},
                {}};
    for (const v1::Partition& partition : response.partitions()) {
      table.rows.push_back({absl::StrCat(partition.partition()), absl::StrCat(partition.sequence()),
                            absl::StrCat(partition.checkpoint_size()),
                            absl::StrCat(partition.epoch()), partition.origin(), partition.vkey()});
    }
    document.tables.push_back(table);
    return document;
  });
}

}  // namespace

void AddLedgerCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "ledger", "Checkpoints, proofs, exports and verification");
  CLI::App* verb = nullptr;
  AddVerb<NoArguments>(noun, "info", "Show the ledger, its partitions and public keys",
                       "laurelctl ledger info", action, &verb, ShowInfo);
  const auto checkpoint = AddVerb<CheckpointArguments>(
      noun, "checkpoint", "Print the newest signed checkpoint",
      "laurelctl ledger checkpoint\nlaurelctl ledger checkpoint --out today.checkpoint", action,
      &verb, ShowCheckpoint);
  verb->add_option("--partition", checkpoint->partition, "partition, from 0");
  verb->add_option("--at-least", checkpoint->at_least, "wait until this sequence is under it");
  verb->add_option("--out", checkpoint->out, "write it to this file");

  const auto proof = AddVerb<ProofArguments>(
      noun, "proof", "Prove that an entry is in the ledger",
      "laurelctl ledger proof 12\nlaurelctl ledger proof 12 --out 12.tlog-proof", action, &verb,
      ShowProof);
  verb->add_option("SEQUENCE", proof->sequence, "of the entry")->required();
  verb->add_option("--size", proof->to, "size of the tree; the newest checkpoint's if absent");
  verb->add_option("--partition", proof->partition, "partition, from 0");
  verb->add_option("--out", proof->out, "write it with the checkpoint as C2SP tlog-proof");

  const auto consistency =
      AddVerb<ProofArguments>(noun, "consistency", "Prove that the ledger continues an earlier one",
                              "laurelctl ledger consistency --from 1000\nlaurelctl ledger "
                              "consistency --from 1000 --to 2000",
                              action, &verb, ShowConsistency);
  verb->add_option("--from", consistency->from, "size of the earlier tree")->required();
  verb->add_option("--to", consistency->to,
                   "size of the later tree; the newest checkpoint's if absent");
  verb->add_option("--partition", consistency->partition, "partition, from 0");
  verb->add_option("--out", consistency->out, "write the newest checkpoint to this file");

  const auto balance = AddVerb<TrialBalanceArguments>(
      noun, "trial-balance", "Sum the postings of a program per account",
      "laurelctl ledger trial-balance -p stars\n"
      "laurelctl ledger trial-balance --from 2026-01-01 --until 2026-02-01 -o csv -p stars",
      action, &verb, TrialBalance);
  verb->add_option("--from", balance->from, "first date of the movements");
  verb->add_option("--until", balance->until, "first date that is left out");

  AddStoreReportCommands(noun, action);
  AddLedgerExportCommands(noun, action);
  AddLedgerVerifyCommand(noun, action);
}

}  // namespace laurel::cli
