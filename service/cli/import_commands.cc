#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/csv.h"
#include "service/cli/importer.h"
#include "service/cli/interrupt.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"
#include "service/cli/reject_file.h"

namespace laurel::cli {
namespace {

constexpr std::size_t kMappingBytesMax = std::size_t{64} << 10;

struct ImportArguments {
  std::string file;
  std::string mapping_file;
  std::vector<std::string> maps;
  std::string store, terminal, currency, time, zone, channel;  // constants for every row
  std::string rejects;
  std::string separator = ",";
  bool has_enrolment = false;
  int attempt = 1;
  std::size_t lanes = 8;
  std::int64_t retry_seconds = 300;
};

absl::StatusOr<Mapping> ReadMapping(const ImportArguments& arguments) {
  Mapping mapping;
  if (!arguments.mapping_file.empty()) {
    ASSIGN_OR_RETURN(const std::string yaml, ReadAll(arguments.mapping_file, kMappingBytesMax));
    ASSIGN_OR_RETURN(mapping, ParseMappingYaml(yaml));
  }
  for (const std::string& map : arguments.maps) RETURN_IF_ERROR(mapping.SetAssignment(map));
  const std::pair<absl::string_view, const std::string*> constants[] = {
      {"store", &arguments.store},       {"terminal", &arguments.terminal},
      {"currency", &arguments.currency}, {"time", &arguments.time},
      {"zone", &arguments.zone},         {"channel", &arguments.channel}};
  for (const auto& [field, value] : constants) {
    if (!value->empty()) RETURN_IF_ERROR(mapping.Set(field, absl::StrCat("=", *value)));
  }
  return mapping;
}

std::string DefaultRejects(const std::string& file) {
  const std::string name = file == "-" ? "import" : LastPart(file);
  return absl::StrCat(name, ".rejects.csv");
}

// Everything that one import needs, opened and checked.
struct Import {
  std::unique_ptr<ByteSource> source;
  std::unique_ptr<CsvReader> reader;
  std::vector<std::string> header;
  BoundMapping mapping;
  RowOptions rows;
};

// Reads row by row into the importer. Returns how many rows were read, or why reading stopped.
absl::StatusOr<std::uint64_t> ReadRows(Import& import, Importer& importer, RejectFile& rejects,
                                       Progress& progress) {
  std::uint64_t passed_on = 0;  // rows
  ReceiptJoiner joiner(
      import.mapping, import.rows,
      [&](ImportItem item) {
        const std::uint64_t last = item.rows.back().number;
        if (!importer.Add(std::move(item))) return false;
        passed_on = last;
        return true;
      },
      [&](const SourceRow& source, const Reject& reject) {
        rejects.Add(source.number, reject, source.fields);
      });
  CsvRecord record;
  std::uint64_t row = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_record, import.reader->Next(record));
    if (!has_record) return joiner.Finish() ? row : passed_on;
    ++row;
    if (record.fields.size() != import.header.size()) {
      rejects.Add(row,
                  {"", "INVALID_FIELD",
                   absl::StrCat("row: must have ", import.header.size(), " fields, was ",
                                record.fields.size())},
                  record.fields);
      continue;
    }
    if (!joiner.Add(SourceRow{row, record.fields})) return passed_on;
    progress.Update(row, import.source->consumed_bytes(), import.source->size_bytes());
  }
}

ExitCode PrintSummary(Session& session, const std::string& program, std::uint64_t rows,
                      const ImportTally& tally, const RejectFile& rejects,
                      std::int64_t elapsed_micros) {
  const AmountStyle& style = session.Style(program);
  Document document;
  document.facts = {{"rows read", RenderCount(rows)},
                    {"accrued", RenderCount(tally.accrued)},
                    {"already there", RenderCount(tally.already_there)},
                    {"members enrolled", RenderCount(tally.enrolled)},
                    {"rejected", RenderCount(rejects.count())}};
  for (const auto& [type, amount] : tally.points) {
    document.facts.emplace_back(absl::StrCat("given ", type), style.Points(type, amount));
  }
  document.facts.emplace_back("elapsed", RenderDuration(elapsed_micros));
  document.facts.emplace_back("rate", RenderRate(rows, elapsed_micros));
  document.facts.emplace_back("reject file", rejects.count() == 0 ? "" : rejects.path());
  return session.Print(document);
}

// How the import ended, the worst first.
ExitCode Conclude(Session& session, const Importer& importer, const RejectFile& rejects,
                  const absl::Status& read_status) {
  constexpr absl::string_view kAgain =
      "what was done is safe: run the same command again to do the rest";
  if (importer.is_interrupted()) {
    session.Warn(absl::StrCat("interrupted; ", kAgain));
    return ExitCode::kInterrupted;
  }
  if (const std::optional<Refusal> failure = importer.failure()) {
    session.Refuse(*failure);
    session.Warn(absl::StrCat("the server did not answer in time; ", kAgain));
    return ExitCode::kUnavailable;
  }
  if (!read_status.ok()) return session.IoError(read_status);
  if (rejects.count() == 0) return ExitCode::kDone;
  session.Warn(absl::StrCat(
      RenderCount(rejects.count()), " rows were rejected: see ", rejects.path(),
      "; a refusal stays under its request id: once the cause is gone, import again with "
      "--attempt 2"));
  return ExitCode::kDoneInPart;
}

ExitCode RunImport(Session& session, Import& import, const ImportArguments& arguments) {
  RejectFile rejects(arguments.rejects.empty() ? DefaultRejects(arguments.file) : arguments.rejects,
                     import.header);
  Importer::Options options;
  options.lane_count = arguments.lanes;
  options.has_enrolment = arguments.has_enrolment;
  options.retry_for_micros = arguments.retry_seconds * kMicrosPerSecond;
  options.is_interrupted = IsInterrupted;
  options.introduce = [&session](grpc::ClientContext& context) { session.Introduce(context); };
  const InterruptWatch watch;
  Progress progress(&session.err(), {"importing", "rows", session.options().is_error_terminal});
  Importer importer(session.channel(), std::move(options),
                    [&](const ImportItem& item, const Refusal& refusal) {
                      for (const SourceRow& row : item.rows) {
                        rejects.Add(row.number, ToReject(import.mapping, refusal), row.fields);
                      }
                    });
  const absl::StatusOr<std::uint64_t> rows = ReadRows(import, importer, rejects, progress);
  importer.Finish();
  progress.Clear();
  const absl::Status written = rejects.Commit();
  if (!written.ok()) return session.IoError(written);
  const ImportTally tally = importer.tally();
  const std::uint64_t answered = tally.accrued + tally.already_there + rejects.count();
  const ExitCode printed = PrintSummary(session, import.rows.program, rows.ok() ? *rows : answered,
                                        tally, rejects, progress.elapsed_micros());
  if (printed != ExitCode::kDone) return printed;
  return Conclude(session, importer, rejects, rows.status());
}

ExitCode ImportPurchases(Session& session, const ImportArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<Mapping> mapping = ReadMapping(arguments);
  if (!mapping.ok()) return session.WrongUsage(mapping.status());
  if (arguments.separator.size() != 1) {
    return session.WrongUsage(
        absl::InvalidArgumentError("--separator: must be one character, was something else"));
  }
  absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenInput(arguments.file);
  if (!source.ok()) return session.IoError(source.status());

  Import import;
  import.source = *std::move(source);
  import.reader = std::make_unique<CsvReader>(import.source.get(), arguments.separator[0]);
  CsvRecord header;
  const absl::StatusOr<bool> has_header = import.reader->Next(header);
  if (!has_header.ok()) return session.IoError(has_header.status());
  import.header = header.fields;
  absl::StatusOr<BoundMapping> bound = BoundMapping::Bind(*mapping, import.header);
  if (!bound.ok()) return session.WrongUsage(bound.status());
  import.mapping = *std::move(bound);

  const absl::StatusOr<AmountStyle> style = session.LoadStyle(*program);
  if (!style.ok()) return session.Fail(style.status());
  const absl::StatusOr<absl::TimeZone> zone =
      ParseZone(mapping->zone.empty() ? style->time_zone : mapping->zone);
  if (!zone.ok()) return session.WrongUsage(zone.status());
  import.rows = {*program, style->currency, *zone, v1::CHANNEL_WEB, arguments.attempt};
  return RunImport(session, import, arguments);
}

}  // namespace

void AddImportCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "import", "Bring data in from files");
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<ImportArguments>(
      noun, "purchases",
      "Accrue the purchases of a CSV file, one a row or one line a row; doing it twice adds "
      "nothing",
      "laurelctl import purchases history.csv.zst --mapping programs/cdnow.mapping.yaml --enroll "
      "-p cdnow\n"
      "laurelctl import purchases history.csv --map member=card:customer_id --map number=row_no "
      "\\\n"
      "    --map date=purchase_date --map total=amount --store WEB --terminal 1 --time 12:00 "
      "--enroll -p cdnow",
      action, &verb, ImportPurchases);
  verb->add_option("FILE", arguments->file,
                   "CSV with a header row; plain, .gz or .zst; - for standard input")
      ->required();
  verb->add_option("--map", arguments->maps,
                   "FIELD=COLUMN or FIELD==CONSTANT; fields are member (KIND:COLUMN), store, "
                   "terminal, number, date, "
                   "time, occurred_at, total, currency, channel, zone; where a row is a line of a "
                   "receipt: sku, category, quantity, unit_price, or amount")
      ->take_all();
  verb->add_option("--mapping", arguments->mapping_file,
                   "YAML file with the same fields; options override it");
  verb->add_option("--store", arguments->store, "store of every row");
  verb->add_option("--terminal", arguments->terminal, "terminal of every row");
  verb->add_option("--currency", arguments->currency,
                   "currency of every row; the program's if absent");
  verb->add_option("--time", arguments->time,
                   "time of day of every row, where there is only a date");
  verb->add_option("--zone", arguments->zone,
                   "time zone of dates and times; the program's if absent");
  verb->add_option("--channel", arguments->channel, "channel of every row; web if absent");
  verb->add_flag("--enroll", arguments->has_enrolment,
                 "enrol members who are not known, as of their first row");
  verb->add_option("--rejects", arguments->rejects,
                   "file for rows that were not taken; FILE.rejects.csv if absent");
  verb->add_option("--separator", arguments->separator, "between columns")->capture_default_str();
  verb->add_option("--attempt", arguments->attempt, "raise it to have refused rows decided anew")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--parallel", arguments->lanes, "batches on their way at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  verb->add_option("--retry-for", arguments->retry_seconds,
                   "seconds to wait for a server that does not answer")
      ->capture_default_str()
      ->check(CLI::Range(0, 86'400));
  AddMemberImportCommand(noun, action);
}

}  // namespace laurel::cli
