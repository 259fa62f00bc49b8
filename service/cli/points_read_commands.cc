#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using PointsStub = v1::PointsService::Stub;

struct ReadArguments {
  std::string what;
  std::string language;
  bool has_lots = false;
  int days = 0;
  int limit = 20;
};

ExitCode Balance(Session& session, const ReadArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.what, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::GetBalanceRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  request.set_show_lots(arguments.has_lots);
  v1::GetBalanceResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::GetBalance, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("member", response.member());
    for (const v1::Expiry& expiry : response.next_expiries()) {
      document.facts.emplace_back(
          "next to end",
          absl::StrCat(style.Points(expiry.point_type(), expiry.amount()), " ", expiry.point_type(),
                       " at ", RenderInstant(FromProto(expiry.expires_at()))));
    }
    document.tables.push_back(BalanceTable(response.balances(), style));
    if (arguments.has_lots) document.tables.push_back(LotTable(response.lots(), style));
    return document;
  });
}

ExitCode Expiring(Session& session, const ReadArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.what, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::ListExpiringRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  if (arguments.days > 0) request.set_horizon_days(arguments.days);
  v1::ListExpiringResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::ListExpiring, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("member", response.member());
    Table table{"",
                {{"last day"},
                 {"point type"},
                 {"available", Align::kRight},
                 {"pending", Align::kRight},
                 {"held", Align::kRight},
                 {"until"}},
                {}};
    for (const v1::EndingPoints& ending : response.endings()) {
      const bool ends = ending.has_expires_at();
      table.rows.push_back({RenderDate(ending.last_valid_on()), ending.point_type(),
                            style.Points(ending.point_type(), ending.available()),
                            style.Points(ending.point_type(), ending.pending()),
                            style.Points(ending.point_type(), ending.held()),
                            ends ? RenderInstant(FromProto(ending.expires_at())) : "never"});
    }
    document.tables.push_back(std::move(table));
    return document;
  });
}

ExitCode Entries(Session& session, const ReadArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.what, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::ListEntriesRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  v1::ListEntriesResponse all;
  while (all.entries_size() < arguments.limit) {
    request.set_page_size(arguments.limit - all.entries_size());
    v1::ListEntriesResponse page;
    const ExitCode code = Call<v1::PointsService>(session, &PointsStub::ListEntries, request, page);
    if (code != ExitCode::kDone) return code;
    all.MergeFrom(page);
    all.set_next_page_token(page.next_page_token());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  if (!all.next_page_token().empty()) session.Warn("there are older entries: raise --limit");
  return session.Print(all, [&] {
    Document document;
    document.tables.push_back(EntryTable(all.entries(), session.Style(*program)));
    return document;
  });
}

// The program that an entry's name has, else the session's.
absl::StatusOr<std::string> ProgramOf(Session& session, const std::string& entry) {
  const std::size_t at = entry.find("/entries/");
  if (at == std::string::npos) return session.Program();
  return entry.substr(0, at);
}

ExitCode ShowEntry(Session& session, const ReadArguments& arguments) {
  const absl::StatusOr<std::string> program = ProgramOf(session, arguments.what);
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<std::string> name = ParseEntry(arguments.what, *program);
  if (!name.ok()) return session.WrongUsage(name.status());
  v1::GetEntryRequest request;
  request.set_name(*name);
  v1::GetEntryResponse response;
  const ExitCode code = Call<v1::PointsService>(session, &PointsStub::GetEntry, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const v1::Entry& entry = response.entry();
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts = {{"entry", entry.name()},
                      {"kind", Label(entry.kind())},
                      {"method", entry.method()},
                      {"occurred at", RenderInstant(FromProto(entry.occurred_at()))},
                      {"recorded at", RenderInstant(FromProto(entry.recorded_at()))},
                      {"request id", entry.request_id()},
                      {"by", entry.principal()},
                      {"member", entry.member()},
                      {"receipt", RenderReceipt(entry.receipt())},
                      {"undoes", entry.undoes()},
                      {"reference", entry.reference()},
                      {"revision", entry.revision()},
                      {"leaf hash", RenderHex(entry.leaf_hash())}};
    if (entry.has_total()) {
      document.facts.emplace_back(
          "total", AmountStyle::Money(entry.total().currency_code(), entry.total().minor_units()));
    }
    if (entry.has_refusal()) {
      document.facts.emplace_back("refused", v1::ErrorReason_Name(entry.refusal().reason()));
    }
    document.tables.push_back(PostingTable(entry.postings(), style));
    if (!entry.awards().empty()) document.tables.push_back(AwardTable(entry.awards(), style));
    if (!entry.lot_moves().empty())
      document.tables.push_back(LotMoveTable(entry.lot_moves(), style));
    return document;
  });
}

// The lines that support reads, then what the member does.
void PrintExplanation(const v1::ExplainEntryResponse& response, std::ostream& out) {
  for (const absl::string_view line : absl::StrSplit(response.text(), '\n', absl::SkipEmpty())) {
    out << Printable(line) << "\n";
  }
  if (!response.sentences().empty()) out << "the member reads\n";
  for (const std::string& sentence : response.sentences()) {
    out << "  " << Printable(sentence) << "\n";
  }
}

ExitCode Explain(Session& session, const ReadArguments& arguments) {
  const absl::StatusOr<std::string> program = ProgramOf(session, arguments.what);
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<std::string> name = ParseEntry(arguments.what, *program);
  if (!name.ok()) return session.WrongUsage(name.status());
  v1::ExplainEntryRequest request;
  request.set_name(*name);
  request.set_language(arguments.language);
  v1::ExplainEntryResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::ExplainEntry, request, response);
  if (code != ExitCode::kDone) return code;
  if (session.options().format == Format::kTable) {
    PrintExplanation(response, session.out());
    return ExitCode::kDone;
  }
  return session.Print(response, [&] {
    Document document;
    document.tables.push_back(ExplainedTable(response.lines(), session.Style(*program)));
    return document;
  });
}

}  // namespace

void AddPointsReadCommands(CLI::App& noun, Action& action) {
  CLI::App* verb = nullptr;
  const auto balance =
      AddVerb<ReadArguments>(noun, "balance", "Show a member's balances",
                             "laurelctl points balance card:4006381333931 -p stars\n"
                             "laurelctl points balance card:4006381333931 --lots -p stars",
                             action, &verb, Balance);
  verb->add_option("MEMBER", balance->what, "kind:value, or a member's name")->required();
  verb->add_flag("--lots", balance->has_lots,
                 "also the open lots, in the order in which they are spent");
  const auto expiring =
      AddVerb<ReadArguments>(noun, "expiring", "Show when a member's points end",
                             "laurelctl points expiring card:4006381333931 -p stars\n"
                             "laurelctl points expiring card:4006381333931 --days 30 -p stars",
                             action, &verb, Expiring);
  verb->add_option("MEMBER", expiring->what, "kind:value, or a member's name")->required();
  verb->add_option("--days", expiring->days,
                   "only what ends with one of so many days, from today on")
      ->check(CLI::Range(1, 36'500));
  const auto entries = AddVerb<ReadArguments>(
      noun, "entries", "List a member's entries, newest first",
      "laurelctl points entries card:4006381333931 --limit 100 -p stars", action, &verb, Entries);
  verb->add_option("MEMBER", entries->what, "kind:value, or a member's name")->required();
  verb->add_option("--limit", entries->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  const auto entry =
      AddVerb<ReadArguments>(noun, "entry", "Show one entry with its postings",
                             "laurelctl points entry 0-12 -p stars", action, &verb, ShowEntry);
  verb->add_option("ENTRY", entry->what, "partition-sequence, or an entry's name")->required();
  const auto explain =
      AddVerb<ReadArguments>(noun, "explain", "Tell why an entry brought what it did",
                             "laurelctl points explain 0-12 -p stars\n"
                             "laurelctl points explain 0-12 --language zh-CN -p stars",
                             action, &verb, Explain);
  verb->add_option("ENTRY", explain->what, "partition-sequence, or an entry's name")->required();
  verb->add_option("--language", explain->language,
                   "of the sentences for the member, such as zh-CN; else English");
}

}  // namespace laurel::cli
