#include "service/convert_points.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "rules/program/model.h"
#include "service/convert_attribute.h"
#include "service/convert_entry.h"
#include "service/convert_member.h"
#include "service/names.h"
#include "service/text.h"

namespace laurel {
namespace {

constexpr std::int32_t kLineMax = 9'999;
constexpr int kCategoriesMax = 16;
constexpr std::int64_t kOneUnitMicros = 1'000'000;

static_assert(static_cast<int>(PurchaseLineKind::kDeposit) == v1::LINE_KIND_DEPOSIT);
static_assert(static_cast<int>(PaidBound::kMinimum) == v1::PAYMENT_BOUND_MINIMUM);

std::string ParseCurrency(absl::string_view code, const Path& path, Violations& violations) {
  if (code.empty()) {
    violations.Required(path.Render());
  } else if (code.size() != 3 || !std::all_of(code.begin(), code.end(), text_form::IsUpper)) {
    violations.Malformed(path.Render(),
                         absl::StrCat("must be an ISO 4217 code such as EUR, was text of ",
                                      CodePoints(code), " characters"));
  }
  return std::string(code);
}

// Categories or tags.
std::vector<std::string> ParseLabels(const google::protobuf::RepeatedPtrField<std::string>& labels,
                                     const char* field, const Path& path, Violations& violations) {
  if (labels.size() > kCategoriesMax) {
    violations.OutOfRange(
        Path{field, &path}.Render(),
        absl::StrCat("must be at most ", kCategoriesMax, ", was ", labels.size()));
    return {};
  }
  for (int i = 0; i < labels.size(); ++i) {
    CheckText(labels[i], 1, Path{field, &path, i}, violations);
  }
  return {labels.begin(), labels.end()};
}

PurchaseLine ParseLine(const v1::PurchaseLine& line, const Path& path, Violations& violations) {
  PurchaseLine parsed;
  parsed.line = line.line();
  CheckRange(line.line(), 1, kLineMax, Path{"line", &path}, violations);
  const Path kind{"kind", &path};
  if (line.kind() == v1::LINE_KIND_UNSPECIFIED) {
    violations.Required(kind.Render());
  } else if (!v1::LineKind_IsValid(line.kind())) {
    violations.Malformed(kind.Render(),
                         absl::StrCat("must be a known kind, was ", static_cast<int>(line.kind())));
  } else {
    parsed.kind = static_cast<PurchaseLineKind>(line.kind());
  }
  CheckText(line.sku(), 0, Path{"sku", &path}, violations);
  parsed.sku = line.sku();
  CheckText(line.brand(), 0, Path{"brand", &path}, violations);
  parsed.brand = line.brand();
  parsed.categories = ParseLabels(line.categories(), "categories", path, violations);
  parsed.tags = ParseLabels(line.tags(), "tags", path, violations);
  CheckRange(line.quantity_micros(), 0, kAmountMax, Path{"quantity_micros", &path}, violations);
  parsed.quantity_micros = line.quantity_micros() == 0 ? kOneUnitMicros : line.quantity_micros();
  CheckRange(line.extended_minor_units(), 0, kPurchaseTotalMax, Path{"extended_minor_units", &path},
             violations);
  parsed.net = line.extended_minor_units();
  parsed.list = line.list_minor_units() == 0 ? parsed.net : line.list_minor_units();
  CheckRange(parsed.list, std::max<std::int64_t>(parsed.net, 0), kPurchaseTotalMax,
             Path{"list_minor_units", &path}, violations);
  CheckRange(line.tax_minor_units(), 0, kPurchaseTotalMax, Path{"tax_minor_units", &path},
             violations);
  parsed.tax = line.tax_minor_units();
  if (!line.has_original()) return parsed;
  const Path original{"original", &path};
  if (parsed.kind != PurchaseLineKind::kReturn) {
    violations.Add(original.Render(), "must be absent but on RETURN lines, was given", "EXTRA");
  }
  LineOriginal& from = parsed.original.emplace();
  if (line.original().has_receipt()) {
    from.receipt = ParseReceipt(line.original().receipt(), Path{"receipt", &original}, violations);
  } else {
    violations.Required(Path{"receipt", &original}.Render());
  }
  CheckRange(line.original().line(), 1, kLineMax, Path{"line", &original}, violations);
  from.line = line.original().line();
  return parsed;
}

// Goods that come back with a receipt are of others, and something is sold as well.
void CheckOriginals(const AccruePurchase& order, const Path& path, Violations& violations) {
  bool has_original = false;
  bool sells = false;
  for (std::size_t i = 0; i < order.lines.size(); ++i) {
    const PurchaseLine& line = order.lines[i];
    const bool counts =
        line.kind != PurchaseLineKind::kReturn && line.kind != PurchaseLineKind::kVoid;
    sells = sells || counts;
    if (!line.original) continue;
    has_original = true;
    if (line.original->receipt != order.receipt) continue;
    const Path at{"lines", &path, static_cast<int>(i)};
    violations.Add(Path{"original", &at}.Render(),
                   "must be of another receipt than the purchase's, was the same", "REPEATED");
  }
  if (!has_original || sells) return;
  violations.Add(Path{"lines", &path}.Render(),
                 "must sell something where they take back, was nothing: ReturnPurchase takes back",
                 "NOTHING_SOLD");
}

TerminalRow ParseRow(std::int64_t number, bool is_offline, const Path& path,
                     Violations& violations) {
  CheckRange(number, 0, kAmountMax, path, violations);
  return TerminalRow{number, is_offline};
}

// What the total must be.
std::int64_t SumOf(const std::vector<PurchaseLine>& lines) {
  std::int64_t sum = 0;  // at most 500 lines of at most 10^12
  for (const PurchaseLine& line : lines) {
    if (line.kind == PurchaseLineKind::kVoid) continue;
    sum += line.kind == PurchaseLineKind::kReturn ? -line.net : line.net;
  }
  return sum;
}

void ParseLines(const v1::Purchase& purchase, const Path& path, std::vector<PurchaseLine>& lines,
                Violations& violations) {
  if (static_cast<std::size_t>(purchase.lines_size()) > kLinesMax) {
    violations.OutOfRange(
        Path{"lines", &path}.Render(),
        absl::StrCat("must be at most ", kLinesMax, ", was ", purchase.lines_size()));
    return;
  }
  const std::size_t before = violations.all().size();
  lines.reserve(static_cast<std::size_t>(purchase.lines_size()));
  absl::flat_hash_set<std::int32_t> numbers;
  for (int i = 0; i < purchase.lines_size(); ++i) {
    const Path at{"lines", &path, i};
    lines.push_back(ParseLine(purchase.lines(i), at, violations));
    if (!numbers.insert(lines.back().line).second) {
      violations.Add(Path{"line", &at}.Render(),
                     absl::StrCat("must be given once, was a repetition of ", lines.back().line),
                     "REPEATED");
    }
  }
  if (lines.empty() || violations.all().size() != before) return;
  const std::int64_t sum = SumOf(lines);
  if (sum == purchase.total().minor_units()) return;
  const Path total{"total", &path};
  violations.Add(
      Path{"minor_units", &total}.Render(),
      absl::StrCat("must be the sum of the lines, ", sum, ", was ", purchase.total().minor_units()),
      "NOT_THE_SUM");
}

bool IsTenderKind(absl::string_view kind) {
  constexpr std::size_t kBytesMax = 40;
  return !kind.empty() && kind.size() <= kBytesMax && text_form::IsUpper(kind.front()) &&
         std::all_of(kind.begin(), kind.end(), [](char c) {
           return text_form::IsUpper(c) || text_form::IsDigit(c) || c == '_';
         });
}

void ParseTenders(const v1::Purchase& purchase, const Path& path, std::vector<Tender>& tenders,
                  Violations& violations) {
  constexpr int kTendersMax = 8;
  const Path list{"tenders", &path};
  if (purchase.tenders_size() > kTendersMax) {
    violations.OutOfRange(list.Render(), absl::StrCat("must be at most ", kTendersMax, ", was ",
                                                      purchase.tenders_size()));
    return;
  }
  std::int64_t sum = 0;
  for (int i = 0; i < purchase.tenders_size(); ++i) {
    const v1::Tender& tender = purchase.tenders(i);
    const Path at{"tenders", &path, i};
    if (!IsTenderKind(tender.kind())) {
      violations.Malformed(
          Path{"kind", &at}.Render(),
          absl::StrCat("must be 1 to 40 of A-Z, 0-9 and _, from a letter, was text of ",
                       CodePoints(tender.kind()), " characters"));
    }
    for (const Tender& other : tenders) {
      if (other.kind != tender.kind()) continue;
      violations.Add(Path{"kind", &at}.Render(),
                     absl::StrCat("must be given once, was a repetition of ", tender.kind()),
                     "REPEATED");
    }
    CheckRange(tender.minor_units(), 0, kPurchaseTotalMax, Path{"minor_units", &at}, violations);
    tenders.push_back(Tender{tender.kind(), tender.minor_units()});
    sum += std::clamp<std::int64_t>(tender.minor_units(), 0, kPurchaseTotalMax);
  }
  if (tenders.empty() || !violations.empty() || sum == purchase.total().minor_units()) return;
  violations.Add(
      list.Render(),
      absl::StrCat("must add up to the total, ", purchase.total().minor_units(), ", was ", sum),
      "NOT_THE_SUM");
}

// Everything but receipt and instant, which a quote may leave out.
void ParseSale(const v1::Purchase& purchase, const Path& path, AccruePurchase& order,
               Violations& violations) {
  order.channel = ParseChannel(purchase.channel(), true, Path{"channel", &path}, violations);
  const Path total{"total", &path};
  if (!purchase.has_total()) {
    violations.Required(total.Render());
  } else {
    order.currency =
        ParseCurrency(purchase.total().currency_code(), Path{"currency_code", &total}, violations);
    order.total = purchase.total().minor_units();
    const bool takes_back =
        std::any_of(purchase.lines().begin(), purchase.lines().end(),
                    [](const v1::PurchaseLine& line) { return line.has_original(); });
    CheckRange(order.total, takes_back ? -kPurchaseTotalMax : 0, kPurchaseTotalMax,
               Path{"minor_units", &total}, violations);
  }
  ParseLines(purchase, path, order.lines, violations);
  CheckOriginals(order, path, violations);
  ParseTenders(purchase, path, order.tenders, violations);
  order.row = ParseRow(purchase.terminal_sequence(), purchase.offline(),
                       Path{"terminal_sequence", &path}, violations);
}

void RenderAwards(const Entry& entry, google::protobuf::RepeatedPtrField<v1::Award>& out) {
  for (const Event& event : entry.events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award == nullptr) continue;
    v1::Award& message = *out.Add();
    RenderAward(*award, message);
    message.set_lot(LotName(entry.program, *entry.member, award->lot));
  }
}

// The amounts of the entry's events of one kind, by point type.
template <class Kind>
std::map<PointTypeId, std::int64_t> TotalsOf(const Entry& entry) {
  std::map<PointTypeId, std::int64_t> totals;
  for (const Event& event : entry.events) {
    if (const auto* one = std::get_if<Kind>(&event)) totals[one->type] += one->amount;
  }
  return totals;
}

template <class Totals>
void RenderTotals(const Totals& totals, google::protobuf::RepeatedPtrField<v1::Points>& out) {
  for (const auto& [type, amount] : totals) {
    if (amount != 0) RenderPoints(type.str(), amount, *out.Add());
  }
}

// What came back, of all that the entry takes back.
template <class Response>
void RenderTakenBack(const Entry& entry, Response& response) {
  std::map<PointTypeId, std::int64_t> taken_back, shortfall, expired;
  for (const Event& event : entry.events) {
    const auto* taken = std::get_if<PointsTakenBack>(&event);
    if (taken == nullptr) continue;
    taken_back[taken->type] += taken->amount;
    shortfall[taken->type] += taken->shortfall;
    expired[taken->type] += taken->gone;
  }
  RenderTotals(taken_back, *response.mutable_taken_back());
  RenderTotals(shortfall, *response.mutable_shortfall());
  RenderTotals(expired, *response.mutable_expired());
  RenderTotals(TotalsOf<RedemptionReversed>(entry), *response.mutable_given_back());
}

// What all replies to moves of points have; returns the rules that decided.
template <class Response>
absl::StatusOr<std::shared_ptr<const rules::Rulebook>> RenderMoved(const Reply& reply,
                                                                   const Rendering& rendering,
                                                                   Response& response) {
  ASSIGN_OR_RETURN(std::shared_ptr<const rules::Rulebook> rulebook,
                   rendering.RulebookOf(*reply.entry));
  RenderHeader(reply, response);
  RenderAfter(*reply.entry, *rulebook, response);
  return rulebook;
}

void RenderLotMoves(const Entry& entry, google::protobuf::RepeatedPtrField<v1::LotMove>& out) {
  for (const LotMove& move : entry.lot_moves) RenderLotMove(entry.program, move, *out.Add());
}

// The purchase that points pay for, where the request names one.
template <class Request>
std::optional<ReceiptKey> ParsePaid(const Request& request, Violations& violations) {
  if (!request.has_purchase()) return std::nullopt;
  return ParseReceipt(request.purchase(), Path{"purchase"}, violations);
}

// What Redeem and HoldPoints begin with.
template <class Order, class Request>
Order& ParseSpending(const Request& request, const ParseContext& context, Command& command) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  Order& order = command.order.emplace<Order>();
  if constexpr (requires { order.member; }) {
    order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  }
  const Path points{"points"};
  if (!request.has_points()) {
    violations.Required(points.Render());
  } else {
    order.type = ParseWord<PointTypeId>(request.points().point_type(), Path{"point_type", &points},
                                        violations);
    order.amount = request.points().amount();
    CheckRange(order.amount, 1, kAmountMax, Path{"amount", &points}, violations);
  }
  CheckText(request.reference(), 0, Path{"reference"}, violations);
  order.reference = request.reference();
  return order;
}

// The name of an entry that a field holds; empty, with a violation, if it is none.
std::optional<EntryRef> ParseEntryField(const std::string& name, const char* field,
                                        Violations& violations) {
  const std::optional<EntryRef> entry = ParseEntryName(name);
  if (name.empty()) {
    violations.Required(field);
  } else if (!entry) {
    violations.Malformed(
        field,
        absl::StrCat("must be programs/{program}/entries/{partition}-{sequence}, was text of ",
                     CodePoints(name), " characters"));
  }
  return entry;
}
// This ledger has partition 0 alone, and no entry has sequence 0.
std::uint64_t SequenceOf(const EntryRef& entry) {
  return entry.partition == 0 ? entry.sequence : 0;
}

// What SettleAccrual and CancelAccrual have in common.
template <class Order, class Request>
Order& ParseAccrual(const Request& request, const ParseContext& context, Command& command) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  Order& order = command.order.emplace<Order>();
  if (request.has_receipt()) {
    order.accrual = ParseReceipt(request.receipt(), Path{"receipt"}, violations);
  } else if (!request.has_entry()) {
    violations.Required("accrual");
  } else if (const auto entry = ParseEntryField(request.entry(), "entry", violations)) {
    if (entry->program != command.program) {
      violations.Malformed("entry", "must be of the request's program, was of another");
    }
    order.accrual = SequenceOf(*entry);
  }
  if (static_cast<std::size_t>(request.lines_size()) > kLinesMax) {
    violations.OutOfRange(
        "lines", absl::StrCat("must be at most ", kLinesMax, ", was ", request.lines_size()));
    return order;
  }
  absl::flat_hash_set<std::int32_t> numbers;
  for (int i = 0; i < request.lines_size(); ++i) {
    const Path at{"lines", nullptr, i};
    CheckRange(request.lines(i), 1, kLineMax, at, violations);
    if (!numbers.insert(request.lines(i)).second) {
      violations.Add(at.Render(),
                     absl::StrCat("must be given once, was a repetition of ", request.lines(i)),
                     "REPEATED");
    }
    order.lines.push_back(request.lines(i));
  }
  order.own = context.OwnIdentity(command.program);
  return order;
}

// What CaptureHold and VoidHold begin with.
template <class Order, class Request>
Order& ParseOfHold(const Request& request, const ParseContext& context, Command& command) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  Order& order = command.order.emplace<Order>();
  if (const std::optional<NamedHold> named = ParseHoldField(request.name(), violations)) {
    command.program = named->program;
    order.hold = named->hold;
  }
  return order;
}

// A hold as it was after an entry that is about it. Reads the entry that placed it.
absl::Status RenderHoldAfter(const Entry& entry, const Rendering& rendering, std::uint64_t sequence,
                             v1::Hold& out) {
  ReadView view = rendering.engine.Read();
  const std::shared_ptr<const Entry> first =
      sequence == entry.sequence ? nullptr : view.state().FindEntry(sequence);
  RETURN_IF_ERROR(view.status());
  const Entry& placing = sequence == entry.sequence ? entry : *first;
  const auto* placed =
      sequence != entry.sequence && first == nullptr ? nullptr : placing.FindEvent<HoldPlaced>();
  if (placed == nullptr) return absl::DataLossError("entry of a hold: must be stored");
  Hold hold{.type = placed->type,
            .amount = placed->amount,
            .placed_at = placing.recorded_at,
            .lapses_at = placed->lapses_at,
            .reference = placed->reference};
  const auto* captured = entry.FindEvent<HoldCaptured>();
  const auto* ended = entry.FindEvent<HoldEnded>();
  if (captured != nullptr) {
    hold.captured = captured->total;
  } else if (ended != nullptr) {
    hold.captured = placed->amount - ended->freed;
  }
  if (ended != nullptr) {
    hold.state = ended->state;
    hold.ended_at = entry.occurred_at;
  } else {
    hold.parts = {HeldPart{{}, {}, placed->amount - hold.captured}};
  }
  RenderHold(entry.program, entry.partition, HoldKey{*placing.member, sequence}, hold, out);
  return absl::OkStatus();
}

// What the reversals up to entry `last` have given back of a redemption.
absl::StatusOr<std::int64_t> ReversedUntil(ReadView& view, const std::vector<MemberId>& members,
                                           std::uint64_t redemption, std::uint64_t last) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> sequences,
                   GroupEntries(view, members, redemption, last, [](EntryKind kind) {
                     return kind == EntryKind::kReverseRedemption;
                   }));
  std::int64_t reversed = 0;
  for (const std::uint64_t sequence : sequences) {
    const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
    RETURN_IF_ERROR(view.status());
    const auto* reversal = entry == nullptr ? nullptr : entry->FindEvent<RedemptionReversed>();
    if (reversal != nullptr && reversal->redemption == redemption) reversed += reversal->amount;
  }
  return reversed;
}

bool IsOfGuest(const v1::AccruePurchaseRequest& request) { return request.guest(); }
bool IsOfGuest(const v1::CorrectReceiptRequest& /*request*/) { return false; }

// What AccruePurchase and CorrectReceipt have in common.
template <class Request>
AccruePurchase ParsePosted(const Request& request, const ParseContext& context, Command& command) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  AccruePurchase order;
  if (!IsOfGuest(request)) {
    order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  } else if (request.has_member()) {
    violations.Add("member", "must be absent for a guest, was given", "NOT_ALLOWED");
  }
  const Path path{"purchase"};
  if (!request.has_purchase()) {
    violations.Required(path.Render());
    return order;
  }
  const v1::Purchase& purchase = request.purchase();
  if (purchase.has_receipt()) {
    order.receipt = ParseReceipt(purchase.receipt(), Path{"receipt", &path}, violations);
  } else {
    violations.Required(Path{"receipt", &path}.Render());
  }
  if (purchase.has_occurred_at()) {
    order.occurred_at =
        ParseInstant(purchase.occurred_at(), Path{"occurred_at", &path}, violations);
  } else {
    violations.Required(Path{"occurred_at", &path}.Render());
  }
  ParseSale(purchase, path, order, violations);
  if (request.has_pay_with_points()) ParsePay(request.pay_with_points(), order, violations);
  return order;
}

}  // namespace

std::int64_t RefundOf(const PurchaseReturned& returned, const PurchaseAccrued& accrued) {
  std::int64_t refund = 0;
  for (const ReturnedLine& line : returned.lines) {
    const auto sold = std::find_if(accrued.lines.begin(), accrued.lines.end(),
                                   [&line](const PurchaseLine& l) { return l.line == line.line; });
    if (sold == accrued.lines.end() || sold->kind == PurchaseLineKind::kVoid) continue;
    refund += sold->kind == PurchaseLineKind::kReturn ? -line.net : line.net;
  }
  return refund;
}

void ParsePay(const v1::Points& offered, AccruePurchase& order, Violations& violations) {
  const Path path{"pay_with_points"};
  PointsOffered& pay = order.pay.emplace();
  pay.type = ParseWord<PointTypeId>(offered.point_type(), Path{"point_type", &path}, violations);
  pay.amount = offered.amount();
  CheckRange(pay.amount, 1, kAmountMax, Path{"amount", &path}, violations);
  if (!order.row.is_offline) return;
  violations.Add(path.Render(), "must be absent where the terminal was offline, was given",
                 "OFFLINE");
}

void RenderPayment(const Entry& entry, const PurchaseAccrued& accrued,
                   const rules::Rulebook& rulebook, v1::PointsPayment& out) {
  const rules::model::Model& model = rulebook.model();
  const std::string type = model.pay ? model.point_types[model.pay->point_type].id : "";
  const auto* spent = entry.FindEvent<PointsRedeemed>();
  RenderPoints(type, accrued.offered, *out.mutable_offered());
  RenderPoints(type, spent == nullptr ? 0 : spent->amount, *out.mutable_taken());
  out.mutable_worth()->set_currency_code(std::string(rulebook.currency()));
  for (const Tender& tender : accrued.tenders) {
    if (spent != nullptr && tender.kind == "POINTS") {
      out.mutable_worth()->set_minor_units(tender.amount);
    }
  }
  out.set_bound(static_cast<v1::PaymentBound>(accrued.bound));
}

Command ParseAccruePurchase(const v1::AccruePurchaseRequest& request, const ParseContext& context) {
  Command command;
  AccruePurchase order = ParsePosted(request, context, command);
  if (!request.guest()) {
    if (request.has_enrol()) {
      ParsePurchaseEnrolment(request.enrol(), request.member(), command.program, context, order);
    }
    command.order = std::move(order);
    return command;
  }
  const auto refuse = [&](const char* field, bool is_given) {
    if (!is_given) return;
    context.violations.Add(field, "must be absent for a guest, was given", "NOT_ALLOWED");
  };
  refuse("pay_with_points", request.has_pay_with_points());
  refuse("enrol", request.has_enrol());
  refuse("purchase.lines.original",
         std::any_of(order.lines.begin(), order.lines.end(),
                     [](const PurchaseLine& line) { return !!line.original; }));
  command.order = KeepReceipt{std::move(order)};
  return command;
}

Command ParseCorrectReceipt(const v1::CorrectReceiptRequest& request, const ParseContext& context) {
  Command command;
  CorrectReceipt order{ParsePosted(request, context, command)};
  const Path path{"purchase"};
  if (request.purchase().training()) {
    context.violations.Add(Path{"training", &path}.Render(),
                           "must be false where a receipt is corrected, was true", "TRAINING");
  }
  for (std::size_t i = 0; i < order.right.lines.size(); ++i) {
    if (!order.right.lines[i].original) continue;
    const Path at{"lines", &path, static_cast<int>(i)};
    context.violations.Add(Path{"original", &at}.Render(),
                           "must be absent where a receipt is corrected, was given", "EXTRA");
  }
  command.order = std::move(order);
  return command;
}

Command ParseAccrueActivity(const v1::AccrueActivityRequest& request, const ParseContext& context) {
  constexpr int kAttributesMax = 32;
  Violations& violations = context.violations;
  Command command;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  AccrueActivity& order = command.order.emplace<AccrueActivity>();
  order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  const Path path{"activity"};
  if (!request.has_activity()) {
    violations.Required(path.Render());
    return command;
  }
  const v1::Activity& activity = request.activity();
  CheckText(activity.type(), 1, Path{"type", &path}, violations);
  order.type = activity.type();
  CheckText(activity.reference(), 0, Path{"reference", &path}, violations);
  order.reference = activity.reference();
  if (activity.has_occurred_at()) {
    order.occurred_at =
        ParseInstant(activity.occurred_at(), Path{"occurred_at", &path}, violations);
  } else {
    violations.Required(Path{"occurred_at", &path}.Render());
  }
  order.channel = ParseChannel(activity.channel(), true, Path{"channel", &path}, violations);
  if (!activity.store().empty()) {
    order.store = ParsePlace(activity.store(), Path{"store", &path}, violations);
  }
  if (activity.attributes_size() > kAttributesMax) {
    violations.OutOfRange(
        Path{"attributes", &path}.Render(),
        absl::StrCat("must be at most ", kAttributesMax, ", was ", activity.attributes_size()));
    return command;
  }
  for (int i = 0; i < activity.attributes_size(); ++i) {
    ParseAttribute(activity.attributes(i), Path{"attributes", &path, i}, order.attributes,
                   violations);
  }
  std::sort(order.attributes.begin(), order.attributes.end(),
            [](const AttributeValue& a, const AttributeValue& b) { return a.id < b.id; });
  return command;
}

AccruePurchase ParseQuotedPurchase(const v1::Purchase& purchase, Timestamp now,
                                   Violations& violations) {
  const Path path{"purchase"};
  AccruePurchase order;
  if (purchase.has_receipt()) {
    order.receipt = ParseReceipt(purchase.receipt(), Path{"receipt", &path}, violations);
  }
  order.occurred_at = now;
  if (purchase.has_occurred_at()) {
    order.occurred_at =
        ParseInstant(purchase.occurred_at(), Path{"occurred_at", &path}, violations);
  }
  ParseSale(purchase, path, order, violations);
  order.row = {};  // it is none
  return order;
}

Command ParseReturnPurchase(const v1::ReturnPurchaseRequest& request, const ParseContext& context) {
  Violations& violations = context.violations;
  Command command;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  ReturnPurchase& order = command.order.emplace<ReturnPurchase>();
  const std::size_t before = violations.all().size();
  if (request.has_receipt()) {
    order.receipt = ParseReceipt(request.receipt(), Path{"receipt"}, violations);
  } else {
    violations.Required("receipt");
  }
  if (request.has_original()) {
    order.original = ParseReceipt(request.original(), Path{"original"}, violations);
  } else {
    violations.Required("original");
  }
  if (violations.all().size() == before && order.receipt == order.original) {
    violations.Add("receipt", "must be another one than the original's, was the same", "REPEATED");
  }
  if (request.has_occurred_at()) {
    order.occurred_at = ParseInstant(request.occurred_at(), Path{"occurred_at"}, violations);
  } else {
    violations.Required("occurred_at");
  }
  if (request.has_member()) {
    order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  }
  order.row = ParseRow(request.terminal_sequence(), request.offline(), Path{"terminal_sequence"},
                       violations);
  if (request.whole() == (request.lines_size() > 0)) {
    violations.Add("lines",
                   absl::StrCat("exactly one of lines and whole must be given, was ",
                                request.whole() ? "both" : "neither"),
                   "NOT_EXACTLY_ONE");
  }
  if (static_cast<std::size_t>(request.lines_size()) > kLinesMax) {
    violations.OutOfRange(
        "lines", absl::StrCat("must be at most ", kLinesMax, ", was ", request.lines_size()));
    return command;
  }
  absl::flat_hash_set<std::int32_t> numbers;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::ReturnLine& line = request.lines(i);
    const Path at{"lines", nullptr, i};
    CheckRange(line.line(), 1, kLineMax, Path{"line", &at}, violations);
    if (!numbers.insert(line.line()).second) {
      violations.Add(Path{"line", &at}.Render(),
                     absl::StrCat("must be given once, was a repetition of ", line.line()),
                     "REPEATED");
    }
    CheckRange(line.quantity_micros(), 1, kAmountMax, Path{"quantity_micros", &at}, violations);
    ReturnLine& parsed = order.lines.emplace_back();
    parsed.line = line.line();
    parsed.quantity_micros = line.quantity_micros();
    if (line.has_refund_minor_units()) {
      CheckRange(line.refund_minor_units(), 0, kPurchaseTotalMax, Path{"refund_minor_units", &at},
                 violations);
      parsed.refund = line.refund_minor_units();
    }
  }
  return command;
}

Command ParseRedeem(const v1::RedeemRequest& request, const ParseContext& context) {
  Command command;
  Redeem& order = ParseSpending<Redeem>(request, context, command);
  order.purchase = ParsePaid(request, context.violations);
  return command;
}

Command ParseTransferPoints(const v1::TransferPointsRequest& request, const ParseContext& context) {
  Command command;
  TransferPoints& order = ParseSpending<TransferPoints>(request, context, command);
  order.from = ParseMemberRef(request.from(), command.program, Path{"from"}, context);
  order.to = ParseMemberRef(request.to(), command.program, Path{"to"}, context);
  order.own = context.OwnIdentity(command.program);
  return command;
}

Command ParseHoldPoints(const v1::HoldPointsRequest& request, const ParseContext& context) {
  Command command;
  HoldPoints& order = ParseSpending<HoldPoints>(request, context, command);
  if (!request.has_duration()) return command;
  constexpr std::int64_t kSecondsMax = kHoldMicrosMax / kMicrosPerSecond;
  const google::protobuf::Duration& duration = request.duration();
  const bool is_in_range = duration.seconds() >= 0 && duration.seconds() <= kSecondsMax &&
                           duration.nanos() >= 0 && duration.nanos() < 1'000'000'000;
  if (is_in_range) {
    order.lasts_micros = duration.seconds() * kMicrosPerSecond + duration.nanos() / 1'000;
  }
  if (!is_in_range || order.lasts_micros < kHoldMicrosMin || order.lasts_micros > kHoldMicrosMax) {
    context.violations.OutOfRange(
        "duration", absl::StrCat("must be 1 second to 30 days, was ", duration.seconds(),
                                 " seconds and ", duration.nanos(), " nanoseconds"));
  }
  return command;
}

Command ParseCaptureHold(const v1::CaptureHoldRequest& request, const ParseContext& context) {
  Command command;
  CaptureHold& order = ParseOfHold<CaptureHold>(request, context, command);
  if (request.has_amount()) {
    CheckRange(request.amount(), 1, kAmountMax, Path{"amount"}, context.violations);
    order.amount = request.amount();
  }
  order.is_final = request.is_final();
  CheckText(request.reference(), 0, Path{"reference"}, context.violations);
  order.reference = request.reference();
  order.purchase = ParsePaid(request, context.violations);
  return command;
}

Command ParseVoidHold(const v1::VoidHoldRequest& request, const ParseContext& context) {
  Command command;
  ParseOfHold<VoidHold>(request, context, command);
  return command;
}

Command ParseSettleAccrual(const v1::SettleAccrualRequest& request, const ParseContext& context) {
  Command command;
  ParseAccrual<SettleAccrual>(request, context, command);
  return command;
}

Command ParseCancelAccrual(const v1::CancelAccrualRequest& request, const ParseContext& context) {
  Command command;
  CancelAccrual& order = ParseAccrual<CancelAccrual>(request, context, command);
  order.reason = ParseWord<ReasonCode>(request.reason(), Path{"reason"}, context.violations);
  return command;
}

Command ParseAdjustPoints(const v1::AdjustPointsRequest& request, const ParseContext& context) {
  Violations& violations = context.violations;
  Command command;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  AdjustPoints& order = command.order.emplace<AdjustPoints>();
  order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  order.type = ParseWord<PointTypeId>(request.point_type(), Path{"point_type"}, violations);
  order.amount = request.amount();
  if (order.amount == 0) {
    violations.Required("amount");
  } else {
    CheckRange(order.amount, -kAmountMax, kAmountMax, Path{"amount"}, violations);
  }
  order.reason = ParseWord<ReasonCode>(request.reason(), Path{"reason"}, violations);
  CheckText(request.reference(), 0, Path{"reference"}, violations);
  order.reference = request.reference();
  order.own = context.OwnIdentity(command.program);
  order.asks = request.ask();
  return command;
}

namespace {

// What people who move points by hand say, whatever they do.
template <class HandOrder, class Request>
HandOrder& ParseByHand(const Request& request, const ParseContext& context, Command& command) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  HandOrder& order = command.order.emplace<HandOrder>();
  order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  if (request.has_expires_at()) {
    order.expires_at = ParseInstant(request.expires_at(), Path{"expires_at"}, violations);
  } else {
    violations.Required("expires_at");
  }
  order.reason = ParseWord<ReasonCode>(request.reason(), Path{"reason"}, violations);
  CheckText(request.reference(), 0, Path{"reference"}, violations);
  order.reference = request.reference();
  order.own = context.OwnIdentity(command.program);
  return order;
}

}  // namespace

Command ParseExtendLots(const v1::ExtendLotsRequest& request, const ParseContext& context) {
  Violations& violations = context.violations;
  Command command;
  ExtendLots& order = ParseByHand<ExtendLots>(request, context, command);
  if (request.lots().empty()) violations.Required("lots");
  if (static_cast<std::size_t>(request.lots_size()) > kRenewedLotsMax) {
    violations.OutOfRange(
        "lots", absl::StrCat("must be at most ", kRenewedLotsMax, ", was ", request.lots_size()));
    return command;
  }
  std::set<LotId> lots;
  for (int i = 0; i < request.lots_size(); ++i) {
    const Path at{"lots", nullptr, i};
    const std::optional<NamedLot> named = ParseLotName(request.lots(i));
    if (!named || named->program != command.program) {
      violations.Malformed(at.Render(),
                           "must be programs/{program}/members/{member}/lots/{lot} of the "
                           "request's program, was another text");
    } else if (!lots.insert(named->lot).second) {
      violations.Add(at.Render(), "must be given once, was a repetition", "REPEATED");
    } else {
      order.lots.push_back(named->lot);
    }
  }
  return command;
}

Command ParseReinstatePoints(const v1::ReinstatePointsRequest& request,
                             const ParseContext& context) {
  Violations& violations = context.violations;
  Command command;
  ReinstatePoints& order = ParseByHand<ReinstatePoints>(request, context, command);
  if (const auto entry = ParseEntryField(request.expiry(), "expiry", violations)) {
    if (entry->program != command.program) {
      violations.Malformed("expiry", "must be of the request's program, was of another");
    }
    order.expiry = SequenceOf(*entry);
  }
  order.type = ParseWord<PointTypeId>(request.point_type(), Path{"point_type"}, violations);
  if (request.has_amount()) {
    CheckRange(request.amount(), 1, kAmountMax, Path{"amount"}, violations);
    order.amount = request.amount();
  }
  return command;
}

Command ParseReverseRedemption(const v1::ReverseRedemptionRequest& request,
                               const ParseContext& context) {
  Violations& violations = context.violations;
  Command command;
  command.request = ParseRequestId(request.request_id(), violations);
  ReverseRedemption& order = command.order.emplace<ReverseRedemption>();
  if (const auto entry = ParseEntryField(request.redemption(), "redemption", violations)) {
    command.program = entry->program;
    order.redemption = SequenceOf(*entry);
  }
  if (request.has_amount()) {
    CheckRange(request.amount(), 1, kAmountMax, Path{"amount"}, violations);
    order.amount = request.amount();
  }
  return command;
}

namespace {

template <class Response>
absl::StatusOr<const PurchaseAccrued*> RenderPosted(const Reply& reply, const Rendering& rendering,
                                                    Response& response) {
  const Entry& entry = *reply.entry;
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   RenderMoved(reply, rendering, response));
  const auto* accrued = entry.FindEvent<PurchaseAccrued>();
  if (accrued == nullptr) return absl::InternalError("entry of a purchase: must say what was sold");
  response.set_purchase(PurchaseName(entry.program, accrued->receipt));
  RenderAwards(entry, *response.mutable_awards());
  if (accrued->offered > 0) {
    RenderPayment(entry, *accrued, *rulebook, *response.mutable_payment());
  }
  if (entry.kind != EntryKind::kAccrue) RenderTakenBack(entry, response);
  response.set_returns_following(static_cast<std::int32_t>(accrued->awaited));
  return accrued;
}

}  // namespace

absl::Status RenderAccruePurchase(const Reply& reply, const Rendering& rendering,
                                  v1::AccruePurchaseResponse& response) {
  if (const auto* guests = reply.entry->FindEvent<ReceiptKept>()) {
    RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
    response.set_purchase(PurchaseName(reply.entry->program, guests->sale.receipt));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(RenderPosted(reply, rendering, response).status());
  const Entry& entry = *reply.entry;
  if (const auto* enrolled = entry.FindEvent<EnrolledForPurchase>()) {
    response.set_enrolment(EntryName(entry.program, entry.partition, enrolled->enrolment));
  }
  if (entry.kind != EntryKind::kExchange) return absl::OkStatus();
  for (const Event& event : entry.events) {
    const auto* kept = std::get_if<ReturnUnmatched>(&event);
    if (kept != nullptr) response.add_unmatched(PurchaseName(entry.program, kept->original));
  }
  return absl::OkStatus();
}

Command ParseClaimReceipt(const v1::ClaimReceiptRequest& request, const ParseContext& context) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  ClaimReceipt& order = command.order.emplace<ClaimReceipt>();
  order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  if (request.has_receipt()) {
    order.receipt = ParseReceipt(request.receipt(), Path{"receipt"}, context.violations);
  } else {
    context.violations.Required("receipt");
  }
  order.own = context.OwnIdentity(command.program);
  return command;
}

absl::Status RenderClaimReceipt(const Reply& reply, const Rendering& rendering,
                                v1::ClaimReceiptResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  response.set_purchase(PurchaseName(entry.program, entry.FindEvent<PurchaseAccrued>()->receipt));
  RenderAwards(entry, *response.mutable_awards());
  return absl::OkStatus();
}

absl::Status RenderCorrectReceipt(const Reply& reply, const Rendering& rendering,
                                  v1::CorrectReceiptResponse& response) {
  ASSIGN_OR_RETURN(const PurchaseAccrued* const accrued, RenderPosted(reply, rendering, response));
  const Entry& entry = *reply.entry;
  response.set_corrected(EntryName(entry.program, entry.partition, accrued->corrects));
  return absl::OkStatus();
}

absl::Status RenderAccrueActivity(const Reply& reply, const Rendering& rendering,
                                  v1::AccrueActivityResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderAwards(entry, *response.mutable_awards());
  return absl::OkStatus();
}

absl::Status RenderReturnPurchase(const Reply& reply, const Rendering& rendering,
                                  v1::ReturnPurchaseResponse& response) {
  const Entry& entry = *reply.entry;
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   RenderMoved(reply, rendering, response));
  if (const auto* kept = entry.FindEvent<ReturnUnmatched>()) {
    response.set_purchase(PurchaseName(entry.program, kept->original));
    response.set_unmatched(true);
    return absl::OkStatus();
  }
  const auto* returned = entry.FindEvent<PurchaseReturned>();
  if (returned == nullptr) return absl::InternalError("entry of a return: must say what returned");
  response.set_purchase(PurchaseName(entry.program, returned->original));
  RenderTakenBack(entry, response);

  ReadView view = rendering.engine.Read();
  const std::shared_ptr<const Entry> sale = view.state().FindEntry(returned->original_sequence);
  RETURN_IF_ERROR(view.status());
  const auto* accrued = sale == nullptr ? nullptr : sale->FindEvent<PurchaseAccrued>();
  if (accrued == nullptr)
    return absl::DataLossError("entry of a returned purchase: must be stored");
  response.mutable_refund()->set_currency_code(std::string(rulebook->currency()));
  response.mutable_refund()->set_minor_units(RefundOf(*returned, *accrued));
  return absl::OkStatus();
}

absl::Status RenderRedeem(const Reply& reply, const Rendering& rendering,
                          v1::RedeemResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  if (const auto* redeemed = entry.FindEvent<PointsRedeemed>()) {
    RenderPoints(redeemed->type.str(), redeemed->amount, *response.mutable_points());
  }
  RenderLotMoves(entry, *response.mutable_lot_moves());
  return absl::OkStatus();
}

absl::Status RenderTransferPoints(const Reply& reply, const Rendering& rendering,
                                  v1::TransferPointsResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  response.set_to(MemberName(entry.program, *entry.other));
  if (const auto* transferred = entry.FindEvent<PointsTransferred>()) {
    RenderPoints(transferred->type.str(), transferred->amount, *response.mutable_points());
    response.set_fee(transferred->fee);
  }
  RenderLotMoves(entry, *response.mutable_lot_moves());
  return absl::OkStatus();
}

absl::Status RenderHoldPoints(const Reply& reply, const Rendering& rendering,
                              v1::HoldPointsResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  for (const LotMove& move : entry.lot_moves) {
    if (move.bucket != Bucket::kAvailable) continue;
    RenderLotMove(entry.program, move, *response.add_lot_moves());
  }
  return RenderHoldAfter(entry, rendering, entry.sequence, *response.mutable_hold());
}

absl::Status RenderCaptureHold(const Reply& reply, const Rendering& rendering,
                               v1::CaptureHoldResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  const auto* redeemed = entry.FindEvent<PointsRedeemed>();
  const auto* captured = entry.FindEvent<HoldCaptured>();
  if (redeemed == nullptr || captured == nullptr) {
    return absl::InternalError("entry of a capture: must say what of");
  }
  RenderPoints(redeemed->type.str(), redeemed->amount, *response.mutable_points());
  std::int64_t left = redeemed->amount;
  for (const LotMove& move : entry.lot_moves) {
    if (left == 0) break;  // what follows was freed
    left += move.delta;
    RenderLotMove(entry.program, move, *response.add_lot_moves());
  }
  return RenderHoldAfter(entry, rendering, captured->hold, *response.mutable_hold());
}

absl::Status RenderVoidHold(const Reply& reply, const Rendering& rendering,
                            v1::VoidHoldResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  const auto* ended = entry.FindEvent<HoldEnded>();
  if (ended == nullptr) return absl::InternalError("entry of a void: must say what of");
  RenderPoints(ended->type.str(), ended->freed, *response.mutable_freed());
  return RenderHoldAfter(entry, rendering, ended->hold, *response.mutable_hold());
}

void RenderHold(const ProgramId& program, PartitionId partition, const HoldKey& key,
                const Hold& hold, v1::Hold& out) {
  out.set_name(HoldName(program, key));
  out.set_entry(EntryName(program, partition, key.sequence));
  RenderPoints(hold.type.str(), hold.amount, *out.mutable_points());
  out.set_captured(hold.captured);
  out.set_held(hold.held());
  out.set_state(static_cast<v1::HoldState>(hold.state));
  RenderInstant(hold.placed_at, *out.mutable_placed_at());
  RenderInstant(hold.lapses_at, *out.mutable_lapses_at());
  if (!hold.ended_at.is_never()) RenderInstant(hold.ended_at, *out.mutable_ended_at());
  out.set_reference(hold.reference);
}

std::optional<NamedHold> ParseHoldField(const std::string& name, Violations& violations) {
  const std::optional<NamedHold> named = ParseHoldName(name);
  if (name.empty()) {
    violations.Required("name");
  } else if (!named) {
    violations.Malformed(
        "name",
        absl::StrCat("must be programs/{program}/members/{member}/holds/{hold}, was text of ",
                     CodePoints(name), " characters"));
  }
  return named;
}

absl::Status RenderSettleAccrual(const Reply& reply, const Rendering& rendering,
                                 v1::SettleAccrualResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderTotals(TotalsOf<PointsSettled>(entry), *response.mutable_settled());
  RenderLotMoves(entry, *response.mutable_lot_moves());
  return absl::OkStatus();
}

absl::Status RenderCancelAccrual(const Reply& reply, const Rendering& rendering,
                                 v1::CancelAccrualResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderTotals(TotalsOf<PointsTakenBack>(entry), *response.mutable_cancelled());
  RenderLotMoves(entry, *response.mutable_lot_moves());
  return absl::OkStatus();
}

absl::Status RenderAdjustPoints(const Reply& reply, const Rendering& rendering,
                                v1::AdjustPointsResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  if (const auto* asked = entry.FindEvent<AdjustmentAsked>()) {
    response.set_approval(ApprovalName(entry.program, entry.partition, entry.sequence));
    RenderInstant(asked->expires_at, *response.mutable_approval_expires_at());
    return absl::OkStatus();
  }
  RenderLotMoves(entry, *response.mutable_lot_moves());
  const auto* adjusted = entry.FindEvent<PointsAdjusted>();
  if (adjusted == nullptr) return absl::InternalError("entry of an adjustment: must say what of");
  response.set_covered_arrears(adjusted->covered_arrears);
  const Timestamp ends_at = std::min(adjusted->expires_at, adjusted->idle_ends_at);
  if (adjusted->amount > adjusted->covered_arrears && !ends_at.is_never()) {
    RenderInstant(ends_at, *response.mutable_expires_at());
  }
  return absl::OkStatus();
}

absl::Status RenderExtendLots(const Reply& reply, const Rendering& rendering,
                              v1::ExtendLotsResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderLotMoves(entry, *response.mutable_lot_moves());
  const auto* extended = entry.FindEvent<LotsExtended>();
  if (extended == nullptr) return absl::InternalError("entry of moved ends: must say what of");
  RenderPoints(extended->type.str(), extended->amount, *response.mutable_points());
  return absl::OkStatus();
}

absl::Status RenderReinstatePoints(const Reply& reply, const Rendering& rendering,
                                   v1::ReinstatePointsResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderLotMoves(entry, *response.mutable_lot_moves());
  const auto* back = entry.FindEvent<PointsReinstated>();
  if (back == nullptr) return absl::InternalError("entry of a reinstatement: must say what of");
  RenderPoints(back->type.str(), back->amount, *response.mutable_points());
  std::int64_t covered = 0;
  for (const Event& event : entry.events) {
    if (const auto* lot = std::get_if<LotRenewed>(&event)) covered += lot->covered_arrears;
  }
  response.set_covered_arrears(covered);
  return absl::OkStatus();
}

absl::Status RenderReverseRedemption(const Reply& reply, const Rendering& rendering,
                                     v1::ReverseRedemptionResponse& response) {
  const Entry& entry = *reply.entry;
  RETURN_IF_ERROR(RenderMoved(reply, rendering, response).status());
  RenderLotMoves(entry, *response.mutable_lot_moves());
  const auto* reversed = entry.FindEvent<RedemptionReversed>();
  if (reversed == nullptr) return absl::InternalError("entry of a reversal: must say what of");
  RenderPoints(reversed->type.str(), reversed->amount, *response.mutable_points());

  ReadView view = rendering.engine.Read();
  const std::shared_ptr<const Entry> redemption = view.state().FindEntry(reversed->redemption);
  RETURN_IF_ERROR(view.status());
  const auto* redeemed = redemption == nullptr ? nullptr : redemption->FindEvent<PointsRedeemed>();
  if (redeemed == nullptr) return absl::DataLossError("entry of a redemption: must be stored");
  ASSIGN_OR_RETURN(const std::int64_t back,
                   ReversedUntil(view, {*entry.member, *redemption->member}, reversed->redemption,
                                 entry.sequence));
  response.set_remaining(redeemed->amount - back);
  return absl::OkStatus();
}

}  // namespace laurel
