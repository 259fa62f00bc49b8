#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "laurel/v1/tier_service.grpc.pb.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/csv.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"

namespace laurel::cli {
namespace {

constexpr int kAttemptsMax = 6;

struct MembersArguments {
  std::string identities;
  std::string kind = "card";
  std::string as_of;
  std::string out;
  int parallel = 16;
};

// "FILE" or "FILE:COLUMN": the different values of a column (the first if none is named), in their
// order.
absl::StatusOr<std::vector<std::string>> ReadIdentities(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const bool has_column = colon != std::string::npos && text.find('/', colon) == std::string::npos;
  const std::string file = text.substr(0, has_column ? colon : std::string::npos);
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenInput(file));
  CsvReader reader(source.get());
  CsvRecord record;
  ASSIGN_OR_RETURN(const bool has_header, reader.Next(record));
  if (!has_header)
    return absl::InvalidArgumentError(absl::StrCat(file, ": must have a header row, was empty"));
  std::size_t column = 0;
  if (has_column) {
    const auto found =
        std::find(record.fields.begin(), record.fields.end(), text.substr(colon + 1));
    if (found == record.fields.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": must have the column ", text.substr(colon + 1), ", was without"));
    }
    column = static_cast<std::size_t>(found - record.fields.begin());
  }
  std::vector<std::string> identities;
  std::set<std::string> seen;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_record, reader.Next(record));
    if (!has_record) return identities;
    if (column >= record.fields.size() || record.fields[column].empty()) continue;
    if (seen.insert(record.fields[column]).second) identities.push_back(record.fields[column]);
  }
}

// One member's row, or why there is none.
struct MemberResult {
  std::vector<std::string> row;
  std::optional<Refusal> refusal;
};

// Reads members with several threads. Reads are sent again a few times where the server gives no
// answer.
class MemberReader {
 public:
  MemberReader(Session* session, std::string program, v1::IdentityKind kind,
               std::optional<Timestamp> as_of, const AmountStyle& style, absl::TimeZone zone,
               std::vector<std::string> point_types)
      : session_(*session),
        program_(std::move(program)),
        kind_(kind),
        as_of_(as_of),
        style_(style),
        zone_(zone),
        point_types_(std::move(point_types)),
        points_(v1::PointsService::NewStub(session->channel())),
        tiers_(v1::TierService::NewStub(session->channel())) {}

  MemberResult Read(const std::string& identity) const {
    v1::GetBalanceRequest balance;
    v1::GetTierRequest tier;
    balance.set_program(program_);
    tier.set_program(program_);
    balance.mutable_member()->mutable_identity()->set_kind(kind_);
    balance.mutable_member()->mutable_identity()->set_value(identity);
    *tier.mutable_member() = balance.member();
    if (as_of_) *tier.mutable_as_of_occurred() = ToProto(*as_of_);
    v1::GetBalanceResponse balances;
    v1::GetTierResponse standing;
    MemberResult result;
    result.refusal =
        Try([&](auto* context) { return points_->GetBalance(context, balance, &balances); });
    if (!result.refusal)
      result.refusal =
          Try([&](auto* context) { return tiers_->GetTier(context, tier, &standing); });
    if (result.refusal) return result;
    result.row.push_back(identity);
    for (const std::string& type : point_types_) {
      std::int64_t amount = 0;
      for (const v1::Balance& known : balances.balances()) {
        if (known.point_type() == type) amount = known.available();
      }
      result.row.push_back(style_.Points(type, amount));
    }
    result.row.push_back(standing.tier().tier());
    result.row.push_back(standing.tier().has_since_at()
                             ? ToString(DateOf(FromProto(standing.tier().since_at()), zone_))
                             : "");
    return result;
  }

 private:
  template <class CallOnce>
  std::optional<Refusal> Try(CallOnce call) const {
    for (int attempt = 1;; ++attempt) {
      grpc::ClientContext context;
      session_.Prepare(context);
      const grpc::Status status = call(&context);
      if (status.ok()) return std::nullopt;
      Refusal refusal = ToRefusal(status);
      if (!IsTransient(refusal) || attempt == kAttemptsMax) return refusal;
      std::this_thread::sleep_for(std::chrono::milliseconds(50 << attempt));
    }
  }

  const Session& session_;
  const std::string program_;
  const v1::IdentityKind kind_;
  const std::optional<Timestamp> as_of_;
  const AmountStyle& style_;
  const absl::TimeZone zone_;
  const std::vector<std::string> point_types_;
  const std::unique_ptr<v1::PointsService::Stub> points_;
  const std::unique_ptr<v1::TierService::Stub> tiers_;
};

std::vector<MemberResult> ReadAllMembers(Session& session, const MemberReader& reader,
                                         const std::vector<std::string>& identities, int parallel) {
  std::vector<MemberResult> results(identities.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < parallel; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < identities.size(); at = next++) {
        results[at] = reader.Read(identities[at]);
        ++done;
      }
    });
  }
  Progress progress(&session.err(), {"reading", "members", session.options().is_error_terminal});
  while (done < identities.size()) {
    progress.Update(done, done, identities.size());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (std::thread& thread : threads) thread.join();
  progress.Clear();
  return results;
}

// Point types in document order, which a map of styles has lost.
ExitCode LoadPointTypes(Session& session, const std::string& program,
                        std::vector<std::string>& types) {
  v1::GetProgramRequest request;
  request.set_name(program);
  v1::GetProgramResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &v1::ProgramService::Stub::GetProgram, request, response);
  for (const v1::PointType& type : response.program().point_types()) types.push_back(type.id());
  return code;
}

ExitCode WriteReport(Session& session, const std::string& out, std::vector<std::string> header,
                     const std::vector<MemberResult>& results) {
  std::string csv = RenderCsvRecord(header);
  std::uint64_t missing = 0;
  const Refusal* first = nullptr;
  for (const MemberResult& result : results) {
    if (result.refusal) {
      if (missing++ == 0) first = &*result.refusal;
    } else {
      csv.append(RenderCsvRecord(result.row));
    }
  }
  const absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(out);
  if (!file.ok()) return session.IoError(file.status());
  absl::Status status = (*file)->Write(csv);
  if (status.ok()) status = (*file)->Commit();
  if (!status.ok()) return session.IoError(status);
  session.err() << RenderCount(results.size() - missing) << " members written"
                << (out == "-" ? "" : " to " + out) << "\n";
  if (missing == 0) return ExitCode::kDone;
  session.Warn(absl::StrCat(RenderCount(missing), " members are left out; the first because of:"));
  const ExitCode code = session.Refuse(*first);
  return missing == results.size() ? code : ExitCode::kDoneInPart;
}

ExitCode ReportMembers(Session& session, const MembersArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::IdentityKind> kind = ParseKind(arguments.kind);
  if (!kind.ok()) return session.WrongUsage(kind.status());
  const absl::StatusOr<std::vector<std::string>> identities = ReadIdentities(arguments.identities);
  if (!identities.ok()) return session.IoError(identities.status());
  std::vector<std::string> types;
  const ExitCode code = LoadPointTypes(session, *program, types);
  if (code != ExitCode::kDone) return code;
  const AmountStyle& style = session.Style(*program);
  const absl::StatusOr<absl::TimeZone> zone = ParseZone(style.time_zone);
  if (!zone.ok()) return session.WrongUsage(zone.status());
  std::optional<Timestamp> as_of;
  if (!arguments.as_of.empty()) {
    const absl::StatusOr<Date> date = Date::Parse(arguments.as_of);
    if (!date.ok())
      return session.WrongUsage(
          absl::InvalidArgumentError("--as-of: must be a date such as 2026-01-31"));
    as_of = EndOf(*date, *zone);
  }
  const MemberReader reader(&session, *program, *kind, as_of, style, *zone, types);
  const std::vector<MemberResult> results =
      ReadAllMembers(session, reader, *identities, arguments.parallel);
  std::vector<std::string> header = {"member"};
  header.insert(header.end(), types.begin(), types.end());
  header.insert(header.end(), {"tier", "since"});
  return WriteReport(session, arguments.out, std::move(header), results);
}

}  // namespace

void AddReportCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "report", "Reports over many members");
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<MembersArguments>(
      noun, "members", "Write balances and tier of the members of a list as CSV",
      "laurelctl report members --identities history.csv.zst:customer_id --as-of 1998-07-01 --out "
      "members.csv -p cdnow",
      action, &verb, ReportMembers);
  verb->add_option("--identities", arguments->identities,
                   "CSV file, or FILE:COLUMN; plain, .gz or .zst")
      ->required();
  verb->add_option("--kind", arguments->kind, "kind of the identities")->capture_default_str();
  verb->add_option("--as-of", arguments->as_of,
                   "tier at the end of this date in the program's zone; now if absent. Balances "
                   "are those of now");
  verb->add_option("--out", arguments->out, "CSV file; - for standard output")->required();
  verb->add_option("--parallel", arguments->parallel, "members read at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
}

}  // namespace laurel::cli
