// Measures the ledger's server against a server that does nothing, on one machine and with one
// client: see --help.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/calls.h"
#include "bench/child_server.h"
#include "bench/floor_server.h"
#include "bench/ledger.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/stopwatch.h"
#include "bench/workload.h"
#include "engine/base/status_macros.h"
#include "service/config.h"
#include "service/identity_hasher.h"
#include "service/keys.h"
#include "service/server.h"
#include "tests/testing/temp_dir.h"

namespace laurel::bench {
namespace {

// What this process is, as its first argument says; anything else is the benchmark.
constexpr char kSubjectCommand[] = "serve-ledger";
constexpr char kFloorCommand[] = "serve-floor";

// What the project promises.
constexpr double kAccrueRatioMin = 0.45;
constexpr double kLookupRatioMin = 0.8;
constexpr double kBatchAccrualsMin = 30'000;
constexpr double kDiskBytesMax = 600;
constexpr double kRulesRatioMin = 0.85;

constexpr int kFdatasyncCount = 200;
constexpr int kEnrolInFlight = 1'024;

struct Options {
  std::uint64_t members = 1'000'000;
  int rounds = 5;
  CallOptions calls;
  int channels = 2;
  int batch_items = 100;
  int batch_in_flight = 16;
  int lines = 0;
  double hot_share = 0;
  std::uint64_t seed = 1;
  std::string folder;
  std::vector<std::string> settings;  // of the server: name=value
  int rules = 0;                      // to be compared with one; 0: the floor is compared
  bool wants_json = false;
  bool wants_check = false;
};

// ---- the ledger's server
// -------------------------------------------------------------------------------------

// A ledger that is measured, and its program.
struct Subject {
  std::string data_dir;
  std::string document;
};

std::vector<std::string> SubjectArguments(const Options& options, const Subject& subject) {
  std::vector<std::string> arguments = {"serve",       "--data-dir",  subject.data_dir, "--listen",
                                        "127.0.0.1:0", "--log-level", "warning"};
  for (const std::string& setting : options.settings)
    arguments.push_back(absl::StrCat("--", setting));
  return arguments;
}

absl::StatusOr<Config> SubjectConfig(const std::vector<std::string>& arguments) {
  ASSIGN_OR_RETURN(const CommandLine line, ParseCommandLine(arguments));
  return LoadConfig(line, Environment());
}

int ServeSubject(const std::vector<std::string>& arguments) {
  const absl::StatusOr<Config> config = SubjectConfig(arguments);
  if (!config.ok()) {
    std::fprintf(stderr, "laurel-bench: %s\n", std::string(config.status().message()).c_str());
    return kExitUsage;
  }
  Log log(config->log_level, Log::Form::kText);
  return Serve(
      *config, [&arguments] { return SubjectConfig(arguments); }, log);
}

// ---- enrolment
// -----------------------------------------------------------------------------------------------

// On standard error: over itself on a terminal, else once in ten seconds.
class Progress {
 public:
  void Update(std::uint64_t done, std::uint64_t total) {
    const double seconds = watch_.Seconds();
    if (seconds < shown_ + (is_terminal_ ? 0.2 : 10)) return;
    shown_ = seconds;
    std::fprintf(stderr, "%senrolling  %3.0f %%  %llu members  %.0f/s%s", is_terminal_ ? "\r" : "",
                 100.0 * static_cast<double>(done) / static_cast<double>(total),
                 static_cast<unsigned long long>(done), static_cast<double>(done) / seconds,
                 is_terminal_ ? "  " : "\n");
  }
  ~Progress() {
    if (is_terminal_) std::fprintf(stderr, "\r%60s\r", "");
  }

 private:
  const bool is_terminal_ = ::isatty(2) == 1;
  Stopwatch watch_;
  double shown_ = 0;
};

void Say(const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); }

absl::Status RequireGood(const LoadResult& load) {
  if (load.failed == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("enrolment: must succeed, was refused ", load.failed,
                                          " times, first with ", load.first_failure));
}

// Makes a ledger with the program and its members; returns members enrolled a second.
absl::StatusOr<double> Enrol(const Options& options, const Subject& subject) {
  ASSIGN_OR_RETURN(const Config config, SubjectConfig(SubjectArguments(options, subject)));
  RETURN_IF_ERROR(CreateLedger(config.data_dir));
  RETURN_IF_ERROR(CreateKeyFile(config.identity_key_file));
  RETURN_IF_ERROR(CreateKeyFile(config.signing_key_file));
  ASSIGN_OR_RETURN(const std::string key, LoadKeyFile(config.identity_key_file));
  const IdentityHasher hasher(key);
  ASSIGN_OR_RETURN(Booted ledger, OpenLedger(config.data_dir));
  RETURN_IF_ERROR(ledger.dir.SetIdentityKey(hasher.Fingerprint()));  // as the server's first start
  ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                   StartEngine(*ledger.store, ledger.anchors.get(), ledger.dir.identity().ledger_id,
                               ledger.heads.at(0)));
  const std::vector<Command> commands = ProgramCommands(subject.document);
  RETURN_IF_ERROR(RequireGood(RunLoad(*engine, {.in_flight = 1, .count_max = commands.size()},
                                      [&](std::uint64_t n) { return commands[n]; })));
  Progress progress;
  const ProgramId program = TheProgram();
  const LoadResult enrolled =
      RunLoad(*engine,
              {.in_flight = kEnrolInFlight,
               .count_max = options.members,
               .on_progress = [&](std::uint64_t done) { progress.Update(done, options.members); }},
              [&](std::uint64_t n) {
                return EnrollCommand(n, hasher.Hash(program, IdentityKind::kCard, CardOf(n)),
                                     SystemClock().Now());
              });
  RETURN_IF_ERROR(RequireGood(enrolled));
  return enrolled.per_second();
}

// ---- rounds
// --------------------------------------------------------------------------------------------------

// A server and its rows of the report.
struct Side {
  Side(std::unique_ptr<ChildServer> child, Target::Answers answers, const Options& options,
       Workload& workload)
      : server(std::move(child)), target(server->address(), options.channels, answers, workload) {}
  std::unique_ptr<ChildServer> server;
  Target target;
};

absl::StatusOr<std::unique_ptr<Side>> StartSubject(const Options& options, const Subject& subject,
                                                   Workload& workload) {
  std::vector<std::string> arguments = SubjectArguments(options, subject);
  arguments.insert(arguments.begin(), kSubjectCommand);
  ASSIGN_OR_RETURN(std::unique_ptr<ChildServer> server, ChildServer::Start(arguments));
  return std::make_unique<Side>(std::move(server), Target::Answers::kChecked, options, workload);
}

// One turn of one kind of call; returns how many of `items` each call carries there were a second.
template <class Kind>
double Turn(const Side& side, const Kind& kind, const CallOptions& options, int items, Row& row) {
  const double cpu_before = side.server->CpuSeconds();
  const CallResult result = RunCalls(kind, options);
  row.server_cpu_seconds += side.server->CpuSeconds() - cpu_before;
  row.client_cpu_seconds += result.cpu_seconds;
  row.calls += result.calls;
  row.calls_with_warmup += result.all_good;
  row.failed += result.failed;
  if (row.first_failure.empty()) row.first_failure = result.first_failure;
  row.latency_ns.Merge(result.latency_ns);
  const double rate = static_cast<double>(result.calls) * items / result.seconds;
  row.rates.push_back(rate);
  return rate;
}

double Ratio(double rate, double base) { return base > 0 ? rate / base : 0; }

// Floor and subject take turns, so that whatever the machine does besides meets both.
std::vector<Row> RunRounds(const Options& options, Side& floor, Side& full_floor, Side& subject) {
  CallOptions batches = options.calls;
  batches.in_flight = options.batch_in_flight;
  enum {
    kFloorAccrue,
    kFullAccrue,
    kAccrue,
    kFloorLookup,
    kFullLookup,
    kLookup,
    kBatch,
    kRowCount
  };
  std::vector<Row> rows(kRowCount);
  const char* const names[] = {"floor: accrue", "floor: accrue, full reply", "AccruePurchase",
                               "floor: lookup", "floor: lookup, full reply", "LookupMember by card",
                               "BatchAccrue"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].name = i == kBatch ? absl::StrCat(names[i], " of ", options.batch_items) : names[i];
    rows[i].unit = i == kBatch ? "accruals" : "calls";
  }
  for (int round = 1; round <= options.rounds; ++round) {
    Say(absl::StrCat("round ", round, " of ", options.rounds));
    const double accrue_floor =
        Turn(floor, floor.target.Accrue(), options.calls, 1, rows[kFloorAccrue]);
    const double accrue = Turn(subject, subject.target.Accrue(), options.calls, 1, rows[kAccrue]);
    const double accrue_full =
        Turn(full_floor, full_floor.target.Accrue(), options.calls, 1, rows[kFullAccrue]);
    const double lookup_floor =
        Turn(floor, floor.target.Lookup(), options.calls, 1, rows[kFloorLookup]);
    const double lookup = Turn(subject, subject.target.Lookup(), options.calls, 1, rows[kLookup]);
    const double lookup_full =
        Turn(full_floor, full_floor.target.Lookup(), options.calls, 1, rows[kFullLookup]);
    Turn(subject, subject.target.BatchAccrue(options.batch_items), batches, options.batch_items,
         rows[kBatch]);
    rows[kFullAccrue].ratios.push_back(Ratio(accrue_full, accrue_floor));
    rows[kAccrue].ratios.push_back(Ratio(accrue, accrue_floor));
    rows[kFullLookup].ratios.push_back(Ratio(lookup_full, lookup_floor));
    rows[kLookup].ratios.push_back(Ratio(lookup, lookup_floor));
  }
  return rows;
}

std::vector<Bar> BarsOf(const Report& report, const Options& options) {
  std::vector<Bar> bars;
  for (const Row& row : report.rows) {
    if (row.name == "AccruePurchase") {
      bars.push_back(
          {absl::StrCat("AccruePurchase, durable, ", options.calls.in_flight, " in flight"),
           "of the floor", Median(row.ratios), kAccrueRatioMin});
    } else if (row.name == "LookupMember by card") {
      bars.push_back({row.name, "of the floor", Median(row.ratios), kLookupRatioMin});
    } else if (row.unit == "accruals") {
      bars.push_back({row.name, "durable accruals/s", Median(row.rates), kBatchAccrualsMin});
    }
  }
  bars.push_back({"disk after compaction", "bytes an accrual", DiskBytesPerAccrual(report),
                  kDiskBytesMax, true});
  return bars;
}

std::vector<std::pair<std::string, std::string>> Settings(const Options& options) {
  return {{"members", absl::StrCat(options.members)},
          {"in_flight", absl::StrCat(options.calls.in_flight)},
          {"batch", absl::StrCat(options.batch_items)},
          {"batch_in_flight", absl::StrCat(options.batch_in_flight)},
          {"channels", absl::StrCat(options.channels)},
          {"threads", absl::StrCat(options.calls.threads)},
          {"rounds", absl::StrCat(options.rounds)},
          {"seconds", absl::StrCat(options.calls.seconds)},
          {"lines", absl::StrCat(options.lines)},
          {"hot_share", absl::StrCat(options.hot_share)},
          {"seed", absl::StrCat(options.seed)},
          {"server", options.settings.empty() ? "defaults" : absl::StrJoin(options.settings, ",")}};
}

Workload::Options WorkloadOptions(const Options& options) {
  return {.members = options.members,
          .hot_share = options.hot_share,
          .lines = options.lines,
          .seed = options.seed};
}

absl::Status MeasureAgainstFloor(const Options& options, Report& report) {
  const Subject ledger{absl::StrCat(options.folder, "/ledger"), ProgramDocument()};
  ASSIGN_OR_RETURN(report.enrolled_per_second, Enrol(options, ledger));
  Say("compacting");
  ASSIGN_OR_RETURN(const Usage before, CompactAndMeasure(ledger.data_dir));
  {
    Workload workload(WorkloadOptions(options));
    ASSIGN_OR_RETURN(const std::unique_ptr<Side> subject, StartSubject(options, ledger, workload));
    RETURN_IF_ERROR(subject->target.StoreReplies(options.folder));
    ASSIGN_OR_RETURN(std::unique_ptr<ChildServer> floor_server,
                     ChildServer::Start({kFloorCommand}));
    Side floor(std::move(floor_server), Target::Answers::kIgnored, options, workload);
    ASSIGN_OR_RETURN(std::unique_ptr<ChildServer> full_server,
                     ChildServer::Start({kFloorCommand, options.folder}));
    Side full_floor(std::move(full_server), Target::Answers::kIgnored, options, workload);
    report.rows = RunRounds(options, floor, full_floor, *subject);
    report.server_memory_peak_bytes = subject->server->MemoryPeakBytes();
    RETURN_IF_ERROR(subject->server->Stop());
  }
  Say("compacting");
  ASSIGN_OR_RETURN(const Usage after, CompactAndMeasure(ledger.data_dir));
  report.accruals = after.entries - before.entries;
  if (after.commits > before.commits) {
    report.commands_per_commit =
        static_cast<double>(report.accruals) / static_cast<double>(after.commits - before.commits);
  }
  for (std::size_t i = 0; i < after.families.size(); ++i) {
    report.disk.push_back(
        {after.families[i].name, before.families[i].bytes, after.families[i].bytes});
  }
  report.bars = BarsOf(report, options);
  return absl::OkStatus();
}

// What many rules cost: the same purchases, in turns, in two ledgers.
absl::Status MeasureRules(const Options& options, Report& report) {
  const Subject one{absl::StrCat(options.folder, "/one_rule"), ProgramDocument(1)};
  const Subject many{absl::StrCat(options.folder, "/many_rules"), ProgramDocument(options.rules)};
  ASSIGN_OR_RETURN(report.enrolled_per_second, Enrol(options, one));
  RETURN_IF_ERROR(Enrol(options, many).status());
  Workload workload(WorkloadOptions(options));
  ASSIGN_OR_RETURN(const std::unique_ptr<Side> one_side, StartSubject(options, one, workload));
  ASSIGN_OR_RETURN(const std::unique_ptr<Side> many_side, StartSubject(options, many, workload));
  report.rows.resize(2);
  report.rows[0].name = "AccruePurchase, 1 rule";
  report.rows[1].name = absl::StrCat("AccruePurchase, ", options.rules, " rules");
  for (Row& row : report.rows) row.unit = "calls";
  for (int round = 1; round <= options.rounds; ++round) {
    Say(absl::StrCat("round ", round, " of ", options.rounds));
    const double base =
        Turn(*one_side, one_side->target.Accrue(), options.calls, 1, report.rows[0]);
    const double rate =
        Turn(*many_side, many_side->target.Accrue(), options.calls, 1, report.rows[1]);
    report.rows[1].ratios.push_back(Ratio(rate, base));
  }
  report.server_memory_peak_bytes = many_side->server->MemoryPeakBytes();
  RETURN_IF_ERROR(one_side->server->Stop());
  RETURN_IF_ERROR(many_side->server->Stop());
  report.bars = {{report.rows[1].name, "of the rate with 1 rule", Median(report.rows[1].ratios),
                  kRulesRatioMin}};
  return absl::OkStatus();
}

absl::StatusOr<Report> Measure(const Options& options) {
  Report report;
  report.machine = DescribeMachine(options.folder);
  report.settings = Settings(options);
  ASSIGN_OR_RETURN(report.fdatasync_before_ns, MeasureFdatasync(options.folder, kFdatasyncCount));
  RETURN_IF_ERROR(options.rules > 0 ? MeasureRules(options, report)
                                    : MeasureAgainstFloor(options, report));
  ASSIGN_OR_RETURN(report.fdatasync_after_ns, MeasureFdatasync(options.folder, kFdatasyncCount));
  return report;
}

// ---- main
// ----------------------------------------------------------------------------------------------------

int Main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Measures a durable ledger server against the floor: a server with the same messages whose "
      "handlers do nothing. "
      "All in one run, with one client, in turns; servers are processes of their own."};
  app.add_option("--members", options.members, "Members to enrol first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.calls.seconds, "Of each turn")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--warmup", options.calls.warmup_seconds,
                 "Seconds before each turn that do not count")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Turns of each kind; medians are reported")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--in-flight", options.calls.in_flight, "Calls that wait for their answer")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  app.add_option("--batch", options.batch_items, "Accruals of each BatchAccrue")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--batch-in-flight", options.batch_in_flight, "BatchAccrue calls that wait")
      ->check(CLI::Range(1, 1'024))
      ->capture_default_str();
  app.add_option("--channels", options.channels, "Connections to each server")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--threads", options.calls.threads, "Of the client")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--lines", options.lines, "Of each receipt; 0: its total alone")
      ->check(CLI::Range(0, 500))
      ->capture_default_str();
  app.add_option("--hot-share", options.hot_share,
                 "Of the accruals, to one per cent of the members; 0: all members alike")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--rules", options.rules,
                 "Compare a program of so many rules with one of a single rule, instead of the "
                 "ledger with the floor")
      ->check(CLI::Range(2, 500));
  app.add_option("--seed", options.seed, "Of members and amounts")->capture_default_str();
  app.add_option("--server-setting", options.settings,
                 "NAME=VALUE of the ledger's server, as its flags: block-cache=1GiB");
  app.add_option(
      "--folder", options.folder,
      "On the disk to be measured: a fresh folder in it is used and removed; default: $TMPDIR");
  app.add_flag("--json", options.wants_json, "JSON instead of a table");
  app.add_flag("--check", options.wants_check, "Exit with 1 if a bar is missed");
  CLI11_PARSE(app, argc, argv);

  if (!options.folder.empty()) ::setenv("TMPDIR", options.folder.c_str(), 1);
  const TempDir folder;
  options.folder = folder.path();
  const absl::StatusOr<Report> report = Measure(options);
  if (!report.ok()) {
    std::fprintf(stderr, "laurel-bench: %s\n", std::string(report.status().message()).c_str());
    return 1;
  }
  std::fputs((options.wants_json ? RenderJson(*report) : RenderTable(*report)).c_str(), stdout);
  if (HasFailures(*report)) return 1;
  for (const Bar& bar : report->bars) {
    if (options.wants_check && !bar.IsMet()) return 1;
  }
  return 0;
}

int Run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command != kSubjectCommand && command != kFloorCommand) return Main(argc, argv);
  EndWithParent();
  BlockSignals();
  if (command == kFloorCommand) return ServeFloor(argc > 2 ? argv[2] : "");
  return ServeSubject(std::vector<std::string>(argv + 2, argv + argc));
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Run(argc, argv); }
