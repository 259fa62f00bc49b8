#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/csv.h"
#include "service/cli/input.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

// What has come from stores and terminals, and what has not.
namespace laurel::cli {
namespace {

struct GapArguments {
  std::string store;
  std::string terminal;
};

struct DayArguments {
  std::string store;
  std::string day;
  std::string file;
};

struct WaitingArguments {
  std::int32_t page_size = 0;
  std::string page_token;
};

std::string RenderRange(const v1::SequenceRange& range) {
  return range.first() == range.last() ? absl::StrCat(range.first())
                                       : absl::StrCat(range.first(), "-", range.last());
}

// "10800.5 s": how slow a clock is.
std::string RenderSkew(std::int64_t micros) {
  const std::int64_t tenths = micros / 100'000;
  return absl::StrCat(tenths < 0 ? "-" : "", std::abs(tenths) / 10, ".", std::abs(tenths) % 10,
                      " s");
}

ExitCode ShowGaps(Session& session, const GapArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::ListSequenceGapsRequest request;
  request.set_program(*program);
  request.set_store(arguments.store);
  request.set_terminal(arguments.terminal);
  v1::ListSequenceGapsResponse response;
  const ExitCode code = Call<v1::PointsService>(session, &v1::PointsService::Stub::ListSequenceGaps,
                                                request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Table table{"",
                {{"terminal"},
                 {"seen"},
                 {"missing"},
                 {"given up", Align::kRight},
                 {"clock slow by", Align::kRight},
                 {"least", Align::kRight},
                 {"most", Align::kRight}},
                {}};
    for (const v1::TerminalReport& terminal : response.terminals()) {
      std::vector<std::string> missing;
      for (const v1::SequenceRange& range : terminal.missing()) {
        missing.push_back(RenderRange(range));
      }
      const v1::ClockSkew& clock = terminal.clock();
      const bool has_clock = terminal.has_clock();
      table.rows.push_back({terminal.terminal(), RenderRange(terminal.seen()),
                            absl::StrJoin(missing, " "), absl::StrCat(terminal.given_up()),
                            has_clock ? RenderSkew(clock.latest_micros()) : "",
                            has_clock ? RenderSkew(clock.least_micros()) : "",
                            has_clock ? RenderSkew(clock.most_micros()) : ""});
    }
    return Document{{}, {table}};
  });
}

// A file of TERMINAL,NUMBER,TOTAL[,RETURN], with or without a line of headings.
absl::Status ReadReceipts(const std::string& path, int decimals, v1::ReconcileDayRequest& request) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenInput(path));
  CsvReader reader(source.get());
  CsvRecord record;
  for (bool is_first = true;; is_first = false) {
    ASSIGN_OR_RETURN(const bool is_there, reader.Next(record));
    if (!is_there) return absl::OkStatus();
    const std::vector<std::string>& fields = record.fields;
    const absl::StatusOr<std::int64_t> total =
        fields.size() < 3 ? absl::StatusOr<std::int64_t>(absl::InvalidArgumentError("no total"))
                          : ParseAmount(fields[2], decimals);
    if (!total.ok()) {
      if (is_first) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("line ", record.line,
                       ": must be TERMINAL,NUMBER,TOTAL[,RETURN] with a total such as 11.77"));
    }
    v1::ReportedReceipt& receipt = *request.add_receipts();
    receipt.set_terminal(fields[0]);
    receipt.set_number(fields[1]);
    receipt.set_minor_units(*total);
    receipt.set_is_return(fields.size() > 3 && fields[3] == "RETURN");
  }
}

absl::Status FillDay(Session& session, const DayArguments& arguments,
                     v1::ReconcileDayRequest& request) {
  ASSIGN_OR_RETURN(const std::string program, session.Program());
  request.set_program(program);
  request.set_store(arguments.store);
  ASSIGN_OR_RETURN(const Date day, Date::Parse(arguments.day));
  *request.mutable_business_on() = ToProto(day);
  if (arguments.file.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const AmountStyle style, session.LoadStyle(program));
  return ReadReceipts(arguments.file, rules::CurrencyExponent(style.currency).value_or(2), request);
}

std::string RenderMoneyOf(bool is_there, const v1::Money& money) {
  return is_there ? AmountStyle::Money(money.currency_code(), money.minor_units()) : "";
}

ExitCode Reconcile(Session& session, const DayArguments& arguments) {
  v1::ReconcileDayRequest request;
  const absl::Status filled = FillDay(session, arguments, request);
  if (!filled.ok()) return session.Fail(filled);
  v1::ReconcileDayResponse response;
  const ExitCode code =
      Call<v1::LedgerService>(session, &v1::LedgerService::Stub::ReconcileDay, request, response);
  if (code != ExitCode::kDone) return code;
  const ExitCode printed = session.Print(response, [&] {
    Table differences{"", {{"receipt"}, {"difference"}, {"store"}, {"ledger"}, {"entry"}}, {}};
    for (const v1::ReceiptDifference& one : response.differences()) {
      differences.rows.push_back({RenderReceipt(one.receipt()),
                                  LabelOf(v1::DifferenceKind_Name(one.kind()), "DIFFERENCE_KIND_"),
                                  RenderMoneyOf(one.has_reported(), one.reported()),
                                  RenderMoneyOf(one.has_ledgered(), one.ledgered()),
                                  LastPart(one.entry())});
    }
    Table totals{"in the ledger",
                 {{"terminal"},
                  {"sales", Align::kRight},
                  {"sold", Align::kRight},
                  {"returns", Align::kRight},
                  {"paid back", Align::kRight}},
                 {}};
    const std::string& currency = session.Style(request.program()).currency;
    for (const v1::TerminalTotals& of : response.terminals()) {
      totals.rows.push_back({of.terminal(), absl::StrCat(of.sales()),
                             AmountStyle::Money(currency, of.sold_minor_units()),
                             absl::StrCat(of.returns()),
                             AmountStyle::Money(currency, of.returned_minor_units())});
    }
    return Document{{{"differences", absl::StrCat(response.differences_size())}},
                    {differences, totals}};
  });
  if (printed != ExitCode::kDone || response.differences().empty() || arguments.file.empty()) {
    return printed;
  }
  return ExitCode::kVerifyFailed;
}

ExitCode ShowWaiting(Session& session, const WaitingArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::ListUnmatchedReturnsRequest request;
  request.set_program(*program);
  request.set_page_size(arguments.page_size);
  request.set_page_token(arguments.page_token);
  v1::ListUnmatchedReturnsResponse response;
  const ExitCode code = Call<v1::LedgerService>(
      session, &v1::LedgerService::Stub::ListUnmatchedReturns, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Table table{"", {{"purchase"}, {"return"}, {"entry"}, {"member"}, {"why"}}, {}};
    for (const v1::UnmatchedReturn& one : response.unmatched_returns()) {
      table.rows.push_back(
          {RenderReceipt(one.original()), RenderReceipt(one.receipt()), LastPart(one.entry()),
           LastPart(one.member()),
           one.purchase_known() ? "does not fit the purchase" : "the purchase has not come"});
    }
    return Document{{{"next page", response.next_page_token()}}, {table}};
  });
}

}  // namespace

void AddTillReportCommands(CLI::App& points, Action& action) {
  CLI::App* verb = nullptr;
  const auto gaps = AddVerb<GapArguments>(
      points, "gaps", "Show what terminals have numbered and never sent, and their clocks",
      "laurelctl points gaps S12 -p stars\nlaurelctl points gaps S12 --terminal T3 -p stars",
      action, &verb, ShowGaps);
  verb->add_option("STORE", gaps->store, "id of the store")->required();
  verb->add_option("--terminal", gaps->terminal, "one of its terminals; all if absent");
}

void AddStoreReportCommands(CLI::App& ledger, Action& action) {
  CLI::App* verb = nullptr;
  const auto day =
      AddVerb<DayArguments>(ledger, "reconcile", "Compare a store's day with the ledger",
                            "laurelctl ledger reconcile S12 2026-01-03 day.csv -p stars\n"
                            "laurelctl ledger reconcile S12 2026-01-03 -p stars",
                            action, &verb, Reconcile);
  verb->add_option("STORE", day->store, "id of the store")->required();
  verb->add_option("DATE", day->day, "business date of the receipts")->required();
  verb->add_option("FILE", day->file,
                   "CSV of TERMINAL,NUMBER,TOTAL[,RETURN], - for standard input; what the ledger "
                   "has if absent");
  const auto waiting =
      AddVerb<WaitingArguments>(ledger, "unmatched", "Show returns that wait for their purchase",
                                "laurelctl ledger unmatched -p stars", action, &verb, ShowWaiting);
  verb->add_option("--page-size", waiting->page_size, "at most 1000; 50 if absent");
  verb->add_option("--page-token", waiting->page_token, "of the page before");
}

}  // namespace laurel::cli
