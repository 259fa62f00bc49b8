#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/interrupt.h"
#include "service/cli/ledger_export.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

constexpr int kStalledReadsMax = 8;  // in a row without any progress

struct ExportArguments {
  std::string out;
  std::uint32_t partition = 0;
  std::uint64_t from = 0;
  std::uint64_t until = 0;
  std::string from_on;
  std::string until_on;
};

// Pauses after the n-th failure in a row: 0.2 s, doubling up to 5 s.
void Backoff(int attempt) {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::min(5'000, 100 << std::min(attempt, 6))));
}

// The last sequence of the partition; fails as the call does.
ExitCode HeadOf(Session& session, std::uint32_t partition, std::uint64_t& head) {
  v1::GetServerInfoResponse info;
  const ExitCode code = Call<v1::AdminService>(session, &v1::AdminService::Stub::GetServerInfo,
                                               v1::GetServerInfoRequest(), info);
  for (const v1::Partition& known : info.partitions()) {
    if (known.partition() == partition) head = known.sequence();
  }
  return code;
}

// Reads a stream to its end, going on behind the last message where it breaks off. `restart` sets
// the request to continue, `take` is given each message and fails where it cannot be kept.
template <class Request, class Response, class Open, class Restart, class Take>
ExitCode ReadStream(Session& session, Request& request, Open open, Restart restart, Take take) {
  int attempts = 0;
  while (true) {
    grpc::ClientContext context;  // without a deadline: an export takes as long as it takes
    session.Introduce(context);
    const auto reader = open(&context, request);
    Response response;
    while (reader->Read(&response)) {
      attempts = 0;
      if (IsInterrupted()) {
        context.TryCancel();
        return ExitCode::kInterrupted;
      }
      const absl::Status kept = take(response);
      if (!kept.ok()) {
        context.TryCancel();
        return absl::IsUnavailable(kept) || absl::IsNotFound(kept)
                   ? session.IoError(kept)
                   : session.Refuse(
                         grpc::Status(grpc::StatusCode::DATA_LOSS, std::string(kept.message())));
      }
    }
    const grpc::Status status = reader->Finish();
    if (status.ok()) return ExitCode::kDone;
    const Refusal refusal = ToRefusal(status);
    if (!IsTransient(refusal) || ++attempts == kStalledReadsMax) return session.Refuse(refusal);
    if (IsInterrupted()) return ExitCode::kInterrupted;
    Backoff(attempts);
    restart(request);
  }
}

absl::StatusOr<v1::ExportPostingsRequest> ToRequest(const Session& session,
                                                    const ExportArguments& arguments) {
  v1::ExportPostingsRequest request;
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return program.status();
  request.set_program(*program);
  request.set_partition(arguments.partition);
  request.set_from_sequence(arguments.from);
  request.set_until_sequence(arguments.until);
  const auto set_date = [](const std::string& text,
                           google::type::Date* (v1::ExportPostingsRequest::*field)(),
                           v1::ExportPostingsRequest& target) -> absl::Status {
    if (text.empty()) return absl::OkStatus();
    const absl::StatusOr<Date> date = Date::Parse(text);
    if (date.ok()) *(target.*field)() = ToProto(*date);
    return date.status();
  };
  absl::Status status =
      set_date(arguments.from_on, &v1::ExportPostingsRequest::mutable_from_on, request);
  status.Update(
      set_date(arguments.until_on, &v1::ExportPostingsRequest::mutable_until_on, request));
  if (!status.ok()) return status;
  return request;
}

// The control totals, on standard output, or on standard error if the rows went to standard output.
ExitCode PrintTotals(Session& session, const std::string& program, const JournalTotals& totals,
                     const std::string& out, std::uint64_t bytes) {
  const AmountStyle& style = session.Style(program);
  Table table{"control totals",
              {{"point type"},
               {"debit", Align::kRight},
               {"credit", Align::kRight},
               {"difference", Align::kRight}},
              {}};
  for (const auto& [type, sums] : totals.by_point_type()) {
    table.rows.push_back({type, style.Points(type, sums.debit), style.Points(type, sums.credit),
                          style.Points(type, sums.debit - sums.credit)});
  }
  const Document document{{{"file", out == "-" ? "" : out},
                           {"rows", RenderCount(totals.rows())},
                           {"bytes", RenderCount(bytes)}},
                          {table}};
  if (out == "-") {
    session.err() << RenderText(document);
  } else {
    const ExitCode printed = session.Print(document);
    if (printed != ExitCode::kDone) return printed;
  }
  if (totals.is_balanced()) return ExitCode::kDone;
  session.Warn(
      "the sum of debits must be the sum of credits for each point type: the ledger is not sound");
  return ExitCode::kVerifyFailed;
}

ExitCode ExportPostings(Session& session, const ExportArguments& arguments) {
  absl::StatusOr<v1::ExportPostingsRequest> request = ToRequest(session, arguments);
  if (!request.ok()) return session.WrongUsage(request.status());
  std::uint64_t head = 0;
  const ExitCode known = HeadOf(session, arguments.partition, head);
  if (known != ExitCode::kDone) return known;
  // A fixed end: a continued export is then one and the same snapshot.
  if (request->until_sequence() == 0) request->set_until_sequence(head + 1);
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(arguments.out);
  if (!file.ok()) return session.IoError(file.status());

  const InterruptWatch watch;  // so that no half-written file stays behind
  Progress progress(&session.err(), {"exporting", "rows", session.options().is_error_terminal});
  JournalTotals totals;
  std::uint64_t last_sequence = 0;
  bool is_first = true;       // chunk of the file
  bool is_first_read = true;  // chunk of the stream: it begins with the header
  const std::unique_ptr<v1::LedgerService::Stub> stub =
      v1::LedgerService::NewStub(session.channel());
  const ExitCode code = ReadStream<v1::ExportPostingsRequest, v1::ExportPostingsResponse>(
      session, *request,
      [&](auto* context, const auto& sent) { return stub->ExportPostings(context, sent); },
      [&](v1::ExportPostingsRequest& next) {
        if (last_sequence > 0) next.set_from_sequence(last_sequence + 1);
        is_first_read = true;
      },
      [&](const v1::ExportPostingsResponse& chunk) -> absl::Status {
        const bool has_header = std::exchange(is_first_read, false);
        absl::Status status = totals.Add(chunk.csv(), has_header);
        absl::string_view rows = chunk.csv();
        if (has_header && !is_first) rows.remove_prefix(rows.find('\n') + 1);
        is_first = false;
        last_sequence = chunk.last_sequence();
        if (status.ok()) status = (*file)->Write(rows);
        progress.Update(totals.rows(), last_sequence, request->until_sequence() - 1);
        return status;
      });
  progress.Clear();
  if (code != ExitCode::kDone) return code;
  const absl::Status committed = (*file)->Commit();
  if (!committed.ok()) return session.IoError(committed);
  return PrintTotals(session, request->program(), totals, arguments.out, (*file)->bytes_written());
}

ExitCode ExportEntries(Session& session, const ExportArguments& arguments) {
  const bool is_folder =
      absl::EndsWith(arguments.out, "/") || std::filesystem::is_directory(arguments.out);
  const bool is_whole = arguments.from <= 1 && arguments.until == 0;
  if (is_folder && !is_whole) {
    return session.WrongUsage(
        absl::InvalidArgumentError("--out: must be a file for a part of the ledger, was a folder: "
                                   "tiles are of the whole tree"));
  }
  v1::ExportEntriesRequest request;
  request.set_partition(arguments.partition);
  request.set_from_sequence(std::max<std::uint64_t>(arguments.from, 1));
  request.set_until_sequence(arguments.until);
  v1::GetCheckpointResponse checkpoint;
  if (is_whole) {
    v1::GetCheckpointRequest wanted;
    wanted.set_partition(arguments.partition);
    const ExitCode code = Call<v1::LedgerService>(session, &v1::LedgerService::Stub::GetCheckpoint,
                                                  wanted, checkpoint);
    if (code != ExitCode::kDone) return code;
    request.set_until_sequence(checkpoint.size() + 1);
  }
  const InterruptWatch watch;
  Progress progress(&session.err(), {"exporting", "entries", session.options().is_error_terminal});
  EntryExport written(arguments.out, is_folder);
  const std::uint64_t first = request.from_sequence();
  const std::uint64_t total = request.until_sequence() == 0 ? 0 : request.until_sequence() - first;
  const std::unique_ptr<v1::LedgerService::Stub> stub =
      v1::LedgerService::NewStub(session.channel());
  const ExitCode code = ReadStream<v1::ExportEntriesRequest, v1::ExportEntriesResponse>(
      session, request,
      [&](auto* context, const auto& sent) { return stub->ExportEntries(context, sent); },
      [&](v1::ExportEntriesRequest& next) { next.set_from_sequence(first + written.entries()); },
      [&](const v1::ExportEntriesResponse& chunk) -> absl::Status {
        for (const v1::StoredEntry& entry : chunk.entries()) {
          if (entry.sequence() != first + written.entries()) {
            return absl::DataLossError(absl::StrCat("entries: must come without a gap, was ",
                                                    entry.sequence(), " instead of ",
                                                    first + written.entries()));
          }
          const absl::Status status = written.Add(entry.entry_bytes());
          if (!status.ok()) return status;
        }
        progress.Update(written.entries(), written.entries(), total);
        return absl::OkStatus();
      });
  progress.Clear();
  if (code != ExitCode::kDone) return code;
  const absl::Status finished = written.Finish(is_whole ? checkpoint.checkpoint() : "");
  if (!finished.ok()) return session.IoError(finished);

  const std::string root(AsBytes(written.root()));
  const bool is_proven =
      is_whole && root == checkpoint.root_hash() && written.entries() == checkpoint.size();
  const ExitCode printed =
      session.Print(Document{{{"written to", arguments.out},
                              {"entries", RenderCount(written.entries())},
                              {"root hash", first == 1 ? RenderHex(root) : ""},
                              {"checkpoint", !is_whole   ? ""
                                             : is_proven ? "the entries are those that it signs"
                                                         : "of other entries"}},
                             {}});
  if (printed != ExitCode::kDone || !is_whole || is_proven) return printed;
  session.Warn(absl::StrCat("root: must be ", RenderHex(checkpoint.root_hash()), " as signed, was ",
                            RenderHex(root)));
  return ExitCode::kVerifyFailed;
}

}  // namespace

void AddLedgerExportCommands(CLI::App& ledger, Action& action) {
  CLI::App* verb = nullptr;
  const auto postings = AddVerb<ExportArguments>(
      ledger, "export", "Write the postings of a program as double-entry CSV (journal.csv)",
      "laurelctl ledger export --out journal.csv -p stars\n"
      "laurelctl ledger export --from-on 2026-01-01 --until-on 2026-02-01 --out january.csv -p "
      "stars",
      action, &verb, ExportPostings);
  verb->add_option("--out", postings->out, "CSV file; - for standard output")->required();
  verb->add_option("--partition", postings->partition, "partition, from 0");
  verb->add_option("--from", postings->from, "first sequence");
  verb->add_option("--until", postings->until,
                   "first sequence that is left out; the head if absent");
  verb->add_option("--from-on", postings->from_on, "first effective date");
  verb->add_option("--until-on", postings->until_on, "first effective date that is left out");

  const auto entries = AddVerb<ExportArguments>(
      ledger, "export-entries",
      "Write entries as stored, and check them against the signed checkpoint",
      "laurelctl ledger export-entries --out log/        # a folder in the tlog-tiles layout\n"
      "laurelctl ledger export-entries --out entries.bin # one file: length as two bytes, then the "
      "entry",
      action, &verb, ExportEntries);
  verb->add_option("--out", entries->out, "folder (ends in /, or exists) or file")->required();
  verb->add_option("--partition", entries->partition, "partition, from 0");
  verb->add_option("--from", entries->from, "first sequence");
  verb->add_option("--until", entries->until,
                   "first sequence that is left out; the checkpoint's size if absent");
}

}  // namespace laurel::cli
