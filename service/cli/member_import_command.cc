#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/interrupt.h"
#include "service/cli/member_file.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"
#include "service/cli/reject_file.h"

namespace laurel::cli {
namespace {

struct MemberImportArguments {
  std::string members, lots, history;
  std::string rejects;
  bool is_dry_run = false;
  int attempt = 1;
  std::size_t lanes = 16;
  std::int64_t retry_seconds = 300;
};

// Of one point type: what the files say, and what the ledger has.
struct PointsSum {
  std::int64_t in_files = 0;
  std::int64_t taken_over = 0;  // of members that the server took, by its replies
};

struct MemberTally {
  std::uint64_t imported = 0;
  std::uint64_t already_there = 0;
  std::vector<std::string> differing;  // rows of members whose balances are not those of the files
  std::map<std::string, PointsSum> points;
  bool is_interrupted = false;
  std::optional<Refusal> failure;  // why it stopped
};

// Sends members side by side. What the server does not answer is sent again under the same id.
class MemberImport {
 public:
  MemberImport(Session& session, const MemberImportArguments& arguments,
               const std::vector<MemberItem>& items,
               std::function<void(const MemberItem&, const Refusal&)> on_reject)
      : session_(session), arguments_(arguments), items_(items), on_reject_(std::move(on_reject)) {}

  MemberTally Run(Progress& progress) {
    for (const MemberItem& item : items_) {
      for (const auto& [type, amount] : item.points) tally_.points[type].in_files += amount;
    }
    const std::shared_ptr<grpc::Channel> channel = session_.channel();
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(arguments_.lanes, items_.size()); ++i) {
      threads.emplace_back([this, channel] { SendAll(*v1::MemberService::NewStub(channel)); });
    }
    while (done_ < items_.size() && !is_stopped_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      progress.Update(done_, done_, items_.size());
      if (IsInterrupted()) is_stopped_ = true;
    }
    for (std::thread& thread : threads) thread.join();
    MutexLock lock(&mutex_);
    tally_.is_interrupted = IsInterrupted();
    return tally_;
  }

 private:
  void SendAll(v1::MemberService::Stub& stub) {
    while (!is_stopped_) {
      const std::size_t at = next_++;
      if (at >= items_.size()) return;
      if (Send(stub, items_[at])) ++done_;
    }
  }

  // False once the import has stopped before there was an answer.
  bool Send(v1::MemberService::Stub& stub, const MemberItem& item) {
    const std::int64_t started = SteadyMicros();
    std::chrono::milliseconds pause(100);
    bool was_sent_before = false;
    while (true) {
      grpc::ClientContext context;
      session_.Prepare(context);
      v1::ImportMemberResponse response;
      const grpc::Status status = stub.ImportMember(&context, item.request, &response);
      if (status.ok()) {
        Count(item, response, was_sent_before);
        return true;
      }
      const Refusal refusal = ToRefusal(status);
      if (!IsTransient(refusal)) {
        on_reject_(item, refusal);
        return true;
      }
      was_sent_before = true;
      if (SteadyMicros() - started > arguments_.retry_seconds * kMicrosPerSecond) {
        MutexLock lock(&mutex_);
        tally_.failure = refusal;
        is_stopped_ = true;
      }
      if (is_stopped_) return false;
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, std::chrono::milliseconds(5'000));
    }
  }

  void Count(const MemberItem& item, const v1::ImportMemberResponse& response,
             bool was_sent_before) {
    std::map<std::string, std::int64_t> there;
    for (const v1::Balance& balance : response.balances()) {
      there[balance.point_type()] += balance.available() + balance.pending() + balance.held();
    }
    MutexLock lock(&mutex_);
    const bool is_new = !response.replayed() || was_sent_before;
    ++(is_new ? tally_.imported : tally_.already_there);
    for (const auto& [type, amount] : there) tally_.points[type].taken_over += amount;
    if (there != item.points) tally_.differing.push_back(std::to_string(item.row.number));
  }

  Session& session_;
  const MemberImportArguments& arguments_;
  const std::vector<MemberItem>& items_;
  const std::function<void(const MemberItem&, const Refusal&)> on_reject_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<bool> is_stopped_ = false;
  Mutex mutex_;
  MemberTally tally_ ABSL_GUARDED_BY(mutex_);
};

// One reject file for each file with bad rows.
class Rejects {
 public:
  explicit Rejects(const MemberImportArguments& arguments) {
    names_["members"] = arguments.rejects.empty() ? NameFor(arguments.members) : arguments.rejects;
    names_["lots"] = NameFor(arguments.lots);
    names_["history"] = NameFor(arguments.history);
  }
  void Add(const std::string& file, const std::vector<std::string>& header, const SourceRow& row,
           const Reject& reject) {
    FileOf(file, header).Add(row.number, reject, row.fields);
  }
  void AddMember(const MemberFile& file, const MemberItem& item, const Refusal& refusal) {
    const std::string field = refusal.fields.empty() ? "" : refusal.fields.front().field;
    std::string message = refusal.message;
    for (const Refusal::Field& wrong : refusal.fields) {
      message = absl::StrCat(message, "; ", wrong.field, ": ", wrong.description);
    }
    FileOf("members", file.header)
        .Add(item.row.number, {field, refusal.reason, message}, item.row.fields);
  }
  absl::Status Commit() {
    MutexLock lock(&mutex_);
    for (const auto& [name, file] : files_) RETURN_IF_ERROR(file->Commit());
    return absl::OkStatus();
  }
  std::uint64_t count(const std::string& file) const {
    MutexLock lock(&mutex_);
    const auto found = files_.find(file);
    return found == files_.end() ? 0 : found->second->count();
  }
  std::string Paths() const {
    MutexLock lock(&mutex_);
    std::string paths;
    for (const auto& [name, file] : files_) {
      absl::StrAppend(&paths, paths.empty() ? "" : ", ", file->path());
    }
    return paths;
  }

 private:
  static std::string NameFor(const std::string& path) {
    return absl::StrCat(path.empty() || path == "-" ? "import" : LastPart(path), ".rejects.csv");
  }
  RejectFile& FileOf(const std::string& file, const std::vector<std::string>& header) {
    MutexLock lock(&mutex_);
    std::unique_ptr<RejectFile>& found = files_[file];
    if (found == nullptr) found = std::make_unique<RejectFile>(names_[file], header);
    return *found;
  }

  mutable Mutex mutex_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::unique_ptr<RejectFile>> files_ ABSL_GUARDED_BY(mutex_);
};

// What the ledger has issued to members that came with points, by point type, in all imports.
absl::StatusOr<std::map<std::string, std::int64_t>> IssuedByImports(Session& session,
                                                                    const std::string& program) {
  v1::GetTrialBalanceRequest request;
  request.set_program(program);
  grpc::ClientContext context;
  session.Prepare(context);
  v1::GetTrialBalanceResponse response;
  const grpc::Status status =
      v1::LedgerService::NewStub(session.channel())->GetTrialBalance(&context, request, &response);
  if (!status.ok()) return absl::UnavailableError(ToRefusal(status).message);
  std::map<std::string, std::int64_t> issued;
  for (const v1::TrialBalanceRow& row : response.rows()) {
    if (row.account() == "issuance/import") issued[row.point_type()] += row.closing();
  }
  return issued;
}

ExitCode PrintMemberSummary(Session& session, const MemberImportArguments& arguments,
                            const MemberFile& file, const MemberTally& tally,
                            const Rejects& rejects, std::int64_t elapsed_micros) {
  const std::string program = *session.Program();
  const AmountStyle& style = session.Style(program);
  Document document;
  document.facts = {{"members read", RenderCount(file.rows)},
                    {"lots read", RenderCount(file.lots)}};
  if (arguments.is_dry_run) {
    document.facts.emplace_back("would be sent", RenderCount(file.items.size()));
  } else {
    document.facts.emplace_back("imported", RenderCount(tally.imported));
    document.facts.emplace_back("already there", RenderCount(tally.already_there));
  }
  document.facts.emplace_back("rejected", RenderCount(rejects.count("members")));
  document.facts.emplace_back("elapsed", RenderDuration(elapsed_micros));
  document.facts.emplace_back("rate", RenderRate(file.rows, elapsed_micros));
  document.facts.emplace_back("reject files", rejects.Paths());
  Table table{"Points: the files against the ledger",
              {{"point type"},
               {"in the files", Align::kRight},
               {"taken over", Align::kRight},
               {"difference", Align::kRight},
               {"by all imports", Align::kRight}},
              {}};
  std::map<std::string, std::int64_t> issued;
  if (!arguments.is_dry_run) {
    absl::StatusOr<std::map<std::string, std::int64_t>> read = IssuedByImports(session, program);
    if (!read.ok()) return session.Fail(read.status());
    issued = *std::move(read);
  }
  for (const auto& [type, sum] : tally.points) {
    table.rows.push_back(
        {type, style.Points(type, sum.in_files),
         arguments.is_dry_run ? "" : style.Points(type, sum.taken_over),
         arguments.is_dry_run ? "" : style.Points(type, sum.taken_over - sum.in_files),
         arguments.is_dry_run ? "" : style.Points(type, issued[type])});
  }
  document.tables.push_back(std::move(table));
  return session.Print(document);
}

ExitCode ConcludeMembers(Session& session, const MemberTally& tally, const Rejects& rejects) {
  constexpr absl::string_view kAgain =
      "what was done is safe: run the same command again to do the rest";
  if (tally.is_interrupted) {
    session.Warn(absl::StrCat("interrupted; ", kAgain));
    return ExitCode::kInterrupted;
  }
  if (tally.failure) {
    session.Refuse(*tally.failure);
    session.Warn(absl::StrCat("the server did not answer in time; ", kAgain));
    return ExitCode::kUnavailable;
  }
  if (!tally.differing.empty()) {
    session.Warn(absl::StrCat(
        "rows whose points in the ledger are not those of the files: ", tally.differing.front(),
        tally.differing.size() > 1 ? " and " : "",
        tally.differing.size() > 1 ? absl::StrCat(tally.differing.size() - 1, " more") : ""));
    return ExitCode::kDoneInPart;
  }
  if (rejects.Paths().empty()) return ExitCode::kDone;
  session.Warn(absl::StrCat(
      "rows were rejected: see ", rejects.Paths(),
      "; a refusal stays under its request id: once the cause is gone, import again with "
      "--attempt 2"));
  return ExitCode::kDoneInPart;
}

ExitCode ImportMembers(Session& session, const MemberImportArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<AmountStyle> style = session.LoadStyle(*program);
  if (!style.ok()) return session.Fail(style.status());
  const absl::StatusOr<absl::TimeZone> zone = ParseZone(style->time_zone);
  if (!zone.ok()) return session.WrongUsage(zone.status());

  std::unique_ptr<ByteSource> sources[3];
  const std::string* const paths[] = {&arguments.members, &arguments.lots, &arguments.history};
  for (std::size_t i = 0; i < 3; ++i) {
    if (paths[i]->empty()) continue;
    absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenInput(*paths[i]);
    if (!source.ok()) return session.IoError(source.status());
    sources[i] = *std::move(source);
  }
  Rejects rejects(arguments);
  const MemberFileOptions options{*program, *style, *zone, arguments.attempt};
  const absl::StatusOr<MemberFile> file = ReadMemberFile(
      options, *sources[0], sources[1].get(), sources[2].get(),
      [&](const std::string& name, const std::vector<std::string>& header, const SourceRow& row,
          const Reject& reject) { rejects.Add(name, header, row, reject); });
  if (!file.ok()) return session.WrongUsage(file.status());

  const InterruptWatch watch;
  Progress progress(&session.err(), {"importing", "members", session.options().is_error_terminal});
  MemberTally tally;
  if (arguments.is_dry_run) {
    for (const MemberItem& item : file->items) {
      for (const auto& [type, amount] : item.points) tally.points[type].in_files += amount;
    }
  } else {
    MemberImport import(session, arguments, file->items,
                        [&](const MemberItem& item, const Refusal& refusal) {
                          rejects.AddMember(*file, item, refusal);
                        });
    tally = import.Run(progress);
  }
  progress.Clear();
  const absl::Status written = rejects.Commit();
  if (!written.ok()) return session.IoError(written);
  if (tally.failure || tally.is_interrupted) return ConcludeMembers(session, tally, rejects);
  const ExitCode printed =
      PrintMemberSummary(session, arguments, *file, tally, rejects, progress.elapsed_micros());
  return printed == ExitCode::kDone ? ConcludeMembers(session, tally, rejects) : printed;
}

}  // namespace

void AddMemberImportCommand(CLI::App& import, Action& action) {
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<MemberImportArguments>(
      import, "members",
      "Take members over from another system with their open points, tiers and history; doing it "
      "twice adds nothing",
      "laurelctl import members members.csv --lots lots.csv --history days.csv --principal fay "
      "--role FINANCE -p stars\n"
      "laurelctl import members members.csv --lots lots.csv --dry-run -p stars\n"
      "\n"
      "members.csv  id, then any of card, phone, email, app … enrolled_at, channel, store, tier,\n"
      "             tier_since, tier_review_at\n"
      "lots.csv     id, amount, awarded_at, then any of point_type, available_at, expires_at\n"
      "days.csv     id, date, then any of spend, purchases\n"
      "An instant may be a date: its first instant in the program's time zone. What expires on\n"
      "2027-02-01 can be spent through 2027-01-31.",
      action, &verb, ImportMembers);
  verb->add_option("FILE", arguments->members,
                   "CSV of members with a header row; plain, .gz or .zst")
      ->required();
  verb->add_option("--lots", arguments->lots, "CSV of their open points");
  verb->add_option("--history", arguments->history,
                   "CSV of what they bought, by day: counts for tiers and earns nothing");
  verb->add_flag("--dry-run", arguments->is_dry_run, "read and check the files, send nothing");
  verb->add_option("--rejects", arguments->rejects,
                   "file for members that were not taken; FILE.rejects.csv if absent");
  verb->add_option("--attempt", arguments->attempt, "raise it to have refused members decided anew")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--parallel", arguments->lanes, "members on their way at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  verb->add_option("--retry-for", arguments->retry_seconds,
                   "seconds to wait for a server that does not answer")
      ->capture_default_str()
      ->check(CLI::Range(0, 86'400));
}

}  // namespace laurel::cli
