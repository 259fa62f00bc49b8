#include "service/store_reports.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/key.h"
#include "engine/store/record.h"
#include "service/convert_points.h"
#include "service/names.h"
#include "service/reading.h"
#include "service/status.h"

namespace laurel {
namespace {

// Empty, with the refusal, unless the ledger has the program.
std::optional<google::rpc::Status> RefuseUnknown(ReadCall& read, const ProgramId& program) {
  if (read.view.state().programs.Find(ProgramKey{program}) != nullptr) return std::nullopt;
  return ToRpcStatus(
      Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
      program);
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(what, ": must be well formed, was damaged"));
}

// ---- terminals

void RenderTerminal(const TerminalKey& key, const Terminal& terminal, v1::TerminalReport& out) {
  out.set_store(key.store.str());
  out.set_terminal(key.terminal.str());
  if (!terminal.seen.empty()) {
    out.mutable_seen()->set_first(terminal.seen.front().first);
    out.mutable_seen()->set_last(terminal.seen.back().last);
  }
  for (std::size_t i = 1; i < terminal.seen.size(); ++i) {
    v1::SequenceRange& missing = *out.add_missing();
    missing.set_first(terminal.seen[i - 1].last + 1);
    missing.set_last(terminal.seen[i].first - 1);
  }
  out.set_given_up(terminal.given_up);
  if (terminal.online_calls == 0) return;
  v1::ClockSkew& clock = *out.mutable_clock();
  clock.set_rows(terminal.online_calls);
  clock.set_latest_micros(terminal.skew);
  clock.set_least_micros(terminal.skew_min);
  clock.set_most_micros(terminal.skew_max);
  RenderInstant(terminal.skew_at, *clock.mutable_latest_at());
}

// ---- days

// What the ledger has of one receipt.
struct Ledgered {
  std::uint64_t sequence = 0;
  bool is_return = false;
  bool is_unmatched = false;
  std::optional<std::int64_t> amount;  // empty: of a return that waits, nobody can say
};

// Money that a return has paid back, as its lines say.
std::int64_t PaidBack(const PurchaseReturned& returned, const Entry* sale) {
  const auto* accrued = sale == nullptr ? nullptr : sale->FindEvent<PurchaseAccrued>();
  return accrued == nullptr ? 0 : RefundOf(returned, *accrued);
}

std::optional<std::int64_t> StatedIn(const ReturnUnmatched& kept) {
  std::int64_t sum = 0;
  for (const ReturnLine& line : kept.lines) {
    if (!line.refund) return std::nullopt;
    sum += *line.refund;
  }
  return kept.lines.empty() ? std::nullopt : std::optional(sum);
}

// What became of a return that was kept: it was done right after its purchase had come.
std::optional<std::int64_t> MatchedAmount(State& state, const Entry& kept,
                                          const ReceiptKey& original) {
  const Purchase* purchase = state.purchases.Find(PurchaseKey{kept.program, original});
  if (purchase == nullptr) return std::nullopt;
  const std::shared_ptr<const Entry> sale = state.FindEntry(purchase->sequence);
  const auto* accrued = sale == nullptr ? nullptr : sale->FindEvent<PurchaseAccrued>();
  if (accrued == nullptr) return std::nullopt;
  for (std::uint32_t i = 1; i <= accrued->awaited; ++i) {
    const std::shared_ptr<const Entry> next = state.FindEntry(sale->sequence + i);
    const auto* returned = next == nullptr ? nullptr : next->FindEvent<PurchaseReturned>();
    if (returned != nullptr && returned->kept == kept.sequence) {
      return PaidBack(*returned, sale.get());
    }
  }
  return std::nullopt;
}

Ledgered LedgeredBy(State& state, const Purchase& purchase) {
  Ledgered found{.sequence = purchase.sequence, .is_return = purchase.is_return};
  const std::shared_ptr<const Entry> entry = state.FindEntry(purchase.sequence);
  if (entry == nullptr) return found;
  if (const auto* accrued = entry->FindEvent<PurchaseAccrued>()) {
    found.amount = accrued->total;
  } else if (const auto* returned = entry->FindEvent<PurchaseReturned>()) {
    found.amount = PaidBack(*returned, state.FindEntry(returned->original_sequence).get());
  } else if (const auto* kept = entry->FindEvent<ReturnUnmatched>()) {
    found.amount = StatedIn(*kept);
    const Awaited* awaited = state.awaited.Find(AwaitedKey{entry->program, kept->original});
    found.is_unmatched =
        awaited != nullptr && std::find(awaited->returns.begin(), awaited->returns.end(),
                                        purchase.sequence) != awaited->returns.end();
    if (!found.is_unmatched) {
      if (const auto amount = MatchedAmount(state, *entry, kept->original)) found.amount = amount;
    }
  }
  return found;
}

using Receipts = std::map<ReceiptKey, Ledgered>;

// All receipts of a store's day: from terminal to terminal, without walking over other days.
absl::Status ReadDay(ReadCall& read, const ProgramId& program, const PlaceId& store, Date day,
                     Receipts& receipts) {
  const PartitionId partition = read.view.partition();
  KeyRange left = StoreReceiptRange(partition, program, store);
  while (true) {
    std::optional<PurchaseKey> first;
    absl::Status damage;
    absl::Status scanned =
        read.view.snapshot().Scan(Space::kRequests, left.begin, left.end, ScanOptions{.limit = 1},
                                  [&](absl::string_view key, absl::string_view) {
                                    absl::StatusOr<PurchaseKey> decoded = DecodePurchaseKey(key);
                                    damage = decoded.status();
                                    if (decoded.ok()) first = *std::move(decoded);
                                    return false;
                                  });
    if (!scanned.ok()) return scanned;
    if (!damage.ok() || !first) return damage;
    const PlaceId& terminal = first->receipt.terminal;
    const KeyRange of_day = DayReceiptRange(partition, program, store, terminal, day);
    std::vector<std::pair<ReceiptKey, Purchase>> found;
    scanned = read.view.snapshot().Scan(
        Space::kRequests, of_day.begin, of_day.end, ScanOptions{},
        [&](absl::string_view key, absl::string_view value) {
          absl::StatusOr<PurchaseKey> decoded = DecodePurchaseKey(key);
          Purchase purchase;
          if (!decoded.ok() || !DecodeRecord(value, purchase)) {
            damage = Damaged("receipt");
            return false;
          }
          found.emplace_back(std::move(decoded->receipt), std::move(purchase));
          return true;
        });
    if (!scanned.ok()) return scanned;
    if (!damage.ok()) return damage;
    for (auto& [receipt, purchase] : found) {
      receipts.emplace(std::move(receipt), LedgeredBy(read.view.state(), purchase));
    }
    left.begin = TerminalReceiptRange(partition, program, store, terminal).end;
  }
}

struct Reported {
  bool is_return = false;
  std::int64_t amount = 0;
  int count = 1;
};

void RenderDifference(const ProgramId& program, PartitionId partition, const ReceiptKey& receipt,
                      v1::DifferenceKind kind, const Reported* reported, const Ledgered* ledgered,
                      const std::string& currency, v1::ReceiptDifference& out) {
  out.set_kind(kind);
  RenderReceipt(receipt, *out.mutable_receipt());
  if (reported != nullptr) {
    out.mutable_reported()->set_currency_code(currency);
    out.mutable_reported()->set_minor_units(reported->amount);
  }
  if (ledgered == nullptr) return;
  out.set_entry(EntryName(program, partition, ledgered->sequence));
  if (!ledgered->amount) return;
  out.mutable_ledgered()->set_currency_code(currency);
  out.mutable_ledgered()->set_minor_units(*ledgered->amount);
}

std::map<ReceiptKey, Reported> ParseReported(const v1::ReconcileDayRequest& request,
                                             const PlaceId& store, Date day,
                                             Violations& violations) {
  constexpr int kReceiptsMax = 20'000;
  std::map<ReceiptKey, Reported> reported;
  if (request.receipts_size() > kReceiptsMax) {
    violations.OutOfRange("receipts", absl::StrCat("must be at most ", kReceiptsMax, ", was ",
                                                   request.receipts_size()));
    return reported;
  }
  for (int i = 0; i < request.receipts_size(); ++i) {
    const v1::ReportedReceipt& one = request.receipts(i);
    const Path at{"receipts", nullptr, i};
    const ReceiptKey receipt{store, ParsePlace(one.terminal(), Path{"terminal", &at}, violations),
                             day, ParsePlace(one.number(), Path{"number", &at}, violations)};
    if (!violations.empty()) continue;
    const auto [known, is_new] =
        reported.emplace(receipt, Reported{one.is_return(), one.minor_units()});
    if (!is_new) ++known->second.count;
  }
  return reported;
}

void Compare(const ProgramId& program, PartitionId partition, const std::string& currency,
             const std::map<ReceiptKey, Reported>& reported, const Receipts& receipts,
             v1::ReconcileDayResponse& response) {
  const auto tell = [&](const ReceiptKey& receipt, v1::DifferenceKind kind, const Reported* said,
                        const Ledgered* found) {
    RenderDifference(program, partition, receipt, kind, said, found, currency,
                     *response.add_differences());
  };
  for (const auto& [receipt, said] : reported) {
    const auto found = receipts.find(receipt);
    const Ledgered* ledgered = found == receipts.end() ? nullptr : &found->second;
    if (said.count > 1) tell(receipt, v1::DIFFERENCE_KIND_DOUBLE, &said, ledgered);
    if (ledgered == nullptr) {
      tell(receipt, v1::DIFFERENCE_KIND_MISSING, &said, nullptr);
      continue;
    }
    if (ledgered->is_return != said.is_return ||
        (ledgered->amount && *ledgered->amount != said.amount)) {
      tell(receipt, v1::DIFFERENCE_KIND_AMOUNT_DIFFERS, &said, ledgered);
    }
    if (ledgered->is_unmatched) {
      tell(receipt, v1::DIFFERENCE_KIND_UNMATCHED_RETURN, &said, ledgered);
    }
  }
  for (const auto& [receipt, ledgered] : receipts) {
    if (reported.contains(receipt)) continue;
    tell(receipt, v1::DIFFERENCE_KIND_EXTRA, nullptr, &ledgered);
  }
}

void RenderTotals(const Receipts& receipts, v1::ReconcileDayResponse& response) {
  std::map<PlaceId, v1::TerminalTotals> totals;
  for (const auto& [receipt, ledgered] : receipts) {
    v1::TerminalTotals& of = totals[receipt.terminal];
    of.set_terminal(receipt.terminal.str());
    const std::int64_t amount = ledgered.amount.value_or(0);
    if (ledgered.is_return) {
      of.set_returns(of.returns() + 1);
      of.set_returned_minor_units(of.returned_minor_units() + amount);
    } else {
      of.set_sales(of.sales() + 1);
      of.set_sold_minor_units(of.sold_minor_units() + amount);
    }
  }
  for (auto& [terminal, of] : totals) *response.add_terminals() = std::move(of);
}

// ---- returns that wait

void RenderUnmatched(const Entry& entry, const ReturnUnmatched& kept, bool has_sale,
                     v1::UnmatchedReturn& out) {
  out.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  if (entry.member) out.set_member(MemberName(entry.program, *entry.member));
  RenderReceipt(kept.receipt, *out.mutable_receipt());
  RenderReceipt(kept.original, *out.mutable_original());
  RenderInstant(entry.occurred_at, *out.mutable_occurred_at());
  RenderInstant(entry.recorded_at, *out.mutable_recorded_at());
  out.set_whole(kept.lines.empty());
  for (const ReturnLine& line : kept.lines) {
    v1::ReturnLine& message = *out.add_lines();
    message.set_line(line.line);
    message.set_quantity_micros(line.quantity_micros);
    if (line.refund) message.set_refund_minor_units(*line.refund);
  }
  out.set_purchase_known(has_sale);
}

}  // namespace

google::rpc::Status ListSequenceGapsNow(ReadCall& read, const v1::ListSequenceGapsRequest& request,
                                        v1::ListSequenceGapsResponse& response) {
  constexpr std::size_t kTerminalsMax = 1'000;
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  const PlaceId store = ParsePlace(request.store(), Path{"store"}, violations);
  std::optional<PlaceId> terminal;
  if (!request.terminal().empty()) {
    terminal = ParsePlace(request.terminal(), Path{"terminal"}, violations);
  }
  if (!violations.empty()) return {};
  if (auto refused = RefuseUnknown(read, program)) return *std::move(refused);
  RenderReadHeader(read, response);
  if (terminal) {
    const TerminalKey key{program, store, *terminal};
    const Terminal* found = read.view.state().terminals.Find(key);
    if (found != nullptr) RenderTerminal(key, *found, *response.add_terminals());
    return {};
  }
  const KeyRange range = TerminalRange(read.view.partition(), program, store);
  absl::Status damage;
  const absl::Status scanned = read.view.snapshot().Scan(
      Space::kIndex, range.begin, range.end, ScanOptions{.limit = kTerminalsMax},
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<TerminalKey> decoded = DecodeTerminalKey(key);
        Terminal found;
        if (!decoded.ok() || !DecodeRecord(value, found)) {
          damage = Damaged("terminal");
          return false;
        }
        RenderTerminal(*decoded, found, *response.add_terminals());
        return true;
      });
  if (!scanned.ok()) return ToRpcStatus(scanned);
  return damage.ok() ? google::rpc::Status() : ToRpcStatus(damage);
}

google::rpc::Status ReconcileDayNow(ReadCall& read, const v1::ReconcileDayRequest& request,
                                    v1::ReconcileDayResponse& response) {
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  const PlaceId store = ParsePlace(request.store(), Path{"store"}, violations);
  Date day;
  if (request.has_business_on()) {
    day = ParseDate(request.business_on(), Path{"business_on"}, violations);
  } else {
    violations.Required("business_on");
  }
  const std::map<ReceiptKey, Reported> reported = ParseReported(request, store, day, violations);
  if (!violations.empty()) return {};
  if (auto refused = RefuseUnknown(read, program)) return *std::move(refused);
  Receipts receipts;
  const absl::Status scanned = ReadDay(read, program, store, day, receipts);
  if (!scanned.ok()) return ToRpcStatus(scanned);
  RenderReadHeader(read, response);
  const std::shared_ptr<const rules::Rulebook> rulebook = read.view.ActiveRulebook(program);
  const std::string currency = rulebook == nullptr ? "" : std::string(rulebook->currency());
  Compare(program, read.view.partition(), currency, reported, receipts, response);
  RenderTotals(receipts, response);
  return {};
}

google::rpc::Status ListUnmatchedReturnsNow(ReadCall& read,
                                            const v1::ListUnmatchedReturnsRequest& request,
                                            v1::ListUnmatchedReturnsResponse& response) {
  constexpr absl::string_view kMethod = "ListUnmatchedReturns";
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  const auto page_size = static_cast<std::uint64_t>(ParsePageSize(request.page_size(), violations));
  if (!violations.empty()) return {};
  if (auto refused = RefuseUnknown(read, program)) return *std::move(refused);
  std::uint64_t skip = 0;  // that earlier pages had
  if (!request.page_token().empty()) {
    const std::optional<std::uint64_t> position =
        read.page_tokens.Open(kMethod, program.str(), request.page_token(), read.now);
    if (!position) return PageTokenInvalid();
    skip = *position;
  }
  RenderReadHeader(read, response);
  State& state = read.view.state();
  const KeyRange range = AwaitedRange(read.view.partition(), program);
  absl::Status damage;
  std::uint64_t seen = 0;
  const absl::Status scanned = read.view.snapshot().Scan(
      Space::kRequests, range.begin, range.end, ScanOptions{},
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<AwaitedKey> decoded = DecodeAwaitedKey(key);
        Awaited awaited;
        if (!decoded.ok() || !DecodeRecord(value, awaited)) {
          damage = Damaged("returns that wait");
          return false;
        }
        const bool has_sale =
            state.purchases.Find(PurchaseKey{program, decoded->receipt}) != nullptr;
        for (const std::uint64_t sequence : awaited.returns) {
          if (++seen <= skip) continue;
          if (seen > skip + page_size) return false;
          const std::shared_ptr<const Entry> entry = state.FindEntry(sequence);
          if (entry == nullptr) continue;
          for (const Event& event : entry->events) {
            const auto* kept = std::get_if<ReturnUnmatched>(&event);
            if (kept == nullptr || kept->original != decoded->receipt) continue;
            RenderUnmatched(*entry, *kept, has_sale, *response.add_unmatched_returns());
          }
        }
        return true;
      });
  if (!scanned.ok()) return ToRpcStatus(scanned);
  if (!damage.ok()) return ToRpcStatus(damage);
  if (seen > skip + page_size) {
    response.set_next_page_token(
        read.page_tokens.Seal(kMethod, program.str(), skip + page_size, read.now));
  }
  return {};
}

}  // namespace laurel
