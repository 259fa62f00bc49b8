#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/points_amount.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using PointsStub = v1::PointsService::Stub;

// What a till says of itself.
struct TillArguments {
  std::int64_t row = 0;
  bool is_offline = false;
  bool is_training = false;
};

struct PurchaseArguments {
  std::string member;
  std::string receipt;
  std::string total;
  std::string currency;
  std::string occurred_at;
  std::string channel = "pos";
  std::vector<std::string> lines;
  std::vector<std::string> backs;  // goods that come back with the same receipt
  std::string points;              // that the member puts in
  std::string point_type;
  TillArguments till;
  bool enrols = false;
  std::vector<std::string> identities;  // further ones of who is enrolled
};

struct ReturnArguments {
  std::string member;
  TillArguments till;
  std::string receipt;
  std::string original;
  std::string occurred_at;
  std::vector<std::string> lines;
};

struct AdjustArguments {
  std::string member;
  std::string amount;
  std::string point_type;
  std::string reason;
  std::string reference;
  bool takes = false;
  bool asks = false;
};

struct AccrualArguments {
  std::string accrual;
  std::vector<std::int32_t> lines;
  std::string reason;  // of a cancellation
};

constexpr int kQuantityDecimals = 6;

// "2" or "0.5" as millionths. Decimals beyond what ParseAmount knows are split off first.
absl::StatusOr<std::int64_t> ParseQuantity(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  std::string digits = parts[0];
  std::string fraction = parts.size() == 2 ? parts[1] : "";
  const bool is_good = !digits.empty() && parts.size() <= 2 &&
                       fraction.size() <= static_cast<std::size_t>(kQuantityDecimals);
  if (is_good) fraction.append(static_cast<std::size_t>(kQuantityDecimals) - fraction.size(), '0');
  const absl::StatusOr<std::int64_t> micros = ParseAmount(digits + fraction, 0);
  if (!is_good || !micros.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("quantity: must be a number such as 2 or 0.5, was \"", text, "\""));
  }
  return *micros;
}

// "SKU:AMOUNT" or "SKU:AMOUNT:CATEGORY,CATEGORY".
absl::Status AddLine(const std::string& text, int decimals, v1::Purchase& purchase) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("--line: must be SKU:AMOUNT[:CATEGORY,...], was \"", text, "\""));
  }
  ASSIGN_OR_RETURN(const std::int64_t amount, ParseAmount(parts[1], decimals));
  v1::PurchaseLine& line = *purchase.add_lines();
  line.set_line(purchase.lines_size());
  line.set_kind(v1::LINE_KIND_SALE);
  line.set_sku(parts[0]);
  line.set_extended_minor_units(amount);
  if (parts.size() == 3) {
    for (const absl::string_view category : absl::StrSplit(parts[2], ',')) {
      line.add_categories(std::string(category));
    }
  }
  return absl::OkStatus();
}

// "RECEIPT:LINE:AMOUNT" or "RECEIPT:LINE:AMOUNT:QUANTITY".
absl::Status AddBack(const std::string& text, int decimals, v1::Purchase& purchase) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  std::int32_t number = 0;
  if (parts.size() < 3 || parts.size() > 4 || !absl::SimpleAtoi(parts[1], &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--back: must be RECEIPT:LINE:AMOUNT[:QUANTITY], was \"", text, "\""));
  }
  v1::PurchaseLine& line = *purchase.add_lines();
  line.set_line(purchase.lines_size());
  line.set_kind(v1::LINE_KIND_RETURN);
  ASSIGN_OR_RETURN(*line.mutable_original()->mutable_receipt(), ParseReceipt(parts[0]));
  line.mutable_original()->set_line(number);
  ASSIGN_OR_RETURN(const std::int64_t amount, ParseAmount(parts[2], decimals));
  line.set_extended_minor_units(amount);
  if (parts.size() == 3) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::int64_t quantity, ParseQuantity(parts[3]));
  line.set_quantity_micros(quantity);
  return absl::OkStatus();
}

absl::StatusOr<v1::Purchase> ToPurchase(Session& session, const std::string& program,
                                        const PurchaseArguments& arguments, Timestamp now) {
  v1::Purchase purchase;
  if (!arguments.receipt.empty()) {
    ASSIGN_OR_RETURN(*purchase.mutable_receipt(), ParseReceipt(arguments.receipt));
  }
  ASSIGN_OR_RETURN(const v1::Channel channel, ParseChannel(arguments.channel));
  purchase.set_channel(channel);
  Timestamp occurred_at = now;
  if (!arguments.occurred_at.empty()) {
    ASSIGN_OR_RETURN(occurred_at, ParseInstant(arguments.occurred_at, absl::UTCTimeZone()));
  }
  *purchase.mutable_occurred_at() = ToProto(occurred_at);
  std::string currency = arguments.currency;
  if (currency.empty()) {
    ASSIGN_OR_RETURN(const AmountStyle style, session.LoadStyle(program));
    currency = style.currency;
  }
  const std::optional<int> decimals = rules::CurrencyExponent(currency);
  if (!decimals) {
    return absl::InvalidArgumentError(
        absl::StrCat("--currency: must be an ISO 4217 code such as EUR, was \"", currency, "\""));
  }
  const absl::StatusOr<std::int64_t> total = ParseAmount(arguments.total, *decimals);
  if (!total.ok())
    return absl::InvalidArgumentError(absl::StrCat("--total: ", total.status().message()));
  purchase.mutable_total()->set_currency_code(currency);
  purchase.mutable_total()->set_minor_units(*total);
  for (const std::string& line : arguments.lines)
    RETURN_IF_ERROR(AddLine(line, *decimals, purchase));
  for (const std::string& back : arguments.backs) {
    RETURN_IF_ERROR(AddBack(back, *decimals, purchase));
  }
  purchase.set_terminal_sequence(arguments.till.row);
  purchase.set_offline(arguments.till.is_offline);
  purchase.set_training(arguments.till.is_training);
  return purchase;
}

// Points that are put in, where some are.
template <class Request>
absl::Status FillPay(Session& session, const std::string& program,
                     const PurchaseArguments& arguments, Request& request) {
  if (arguments.points.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(*request.mutable_pay_with_points(),
                   ParsePoints(session, program, arguments.points, arguments.point_type));
  return absl::OkStatus();
}

// How whoever is not a member yet is enrolled, where they are.
template <class Request>
absl::Status FillEnrolment(const PurchaseArguments& arguments, Request& request) {
  if (!arguments.enrols && arguments.identities.empty()) return absl::OkStatus();
  v1::PurchaseEnrolment& enrol = *request.mutable_enrol();
  for (const std::string& text : arguments.identities) {
    ASSIGN_OR_RETURN(*enrol.add_identities(), ParseIdentity(text));
  }
  return absl::OkStatus();
}

// What came back with a receipt, and what points have paid of it.
template <class Response>
void AddTaken(Document& document, const Response& response, const AmountStyle& style) {
  if (response.taken_back_size() > 0) {
    document.facts.emplace_back("taken back", RenderPoints(response.taken_back(), style));
    document.facts.emplace_back("of it spent before", RenderPoints(response.shortfall(), style));
    document.facts.emplace_back("of it expired before", RenderPoints(response.expired(), style));
  }
  if (response.given_back_size() > 0) {
    document.facts.emplace_back("given back", RenderPoints(response.given_back(), style));
  }
  if (response.returns_following() > 0) {
    document.facts.emplace_back("returns that follow", absl::StrCat(response.returns_following()));
  }
}

void AddPayment(Document& document, const v1::PointsPayment& payment, const AmountStyle& style) {
  document.facts.emplace_back(
      "paid with points",
      absl::StrCat(
          RenderPoints(payment.taken(), style), " of ", RenderPoints(payment.offered(), style),
          ", worth ",
          AmountStyle::Money(payment.worth().currency_code(), payment.worth().minor_units()), " (",
          LabelOf(v1::PaymentBound_Name(payment.bound()), "PAYMENT_BOUND_"), ")"));
}

ExitCode Accrue(Session& session, const PurchaseArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::AccruePurchaseRequest request;
  if (arguments.member == "guest") {
    request.set_guest(true);
  } else {
    const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
    if (!member.ok()) return session.WrongUsage(member.status());
    *request.mutable_member() = *member;
  }
  const absl::StatusOr<v1::Purchase> purchase =
      ToPurchase(session, *program, arguments, session.clock().Now());
  if (!purchase.ok()) return session.Fail(purchase.status());
  request.set_program(*program);
  *request.mutable_purchase() = *purchase;
  const absl::Status paid = FillPay(session, *program, arguments, request);
  if (!paid.ok()) return session.WrongUsage(paid);
  const absl::Status enrolled = FillEnrolment(arguments, request);
  if (!enrolled.ok()) return session.WrongUsage(enrolled);
  request.set_request_id(session.RequestId());
  v1::AccruePurchaseResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::AccruePurchase, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back(
        "accrued", response.training() ? "not: training, nothing is recorded" : Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("member", response.member());
    if (!response.enrolment().empty()) {
      document.facts.emplace_back("enrolled", LastPart(response.enrolment()));
    }
    if (response.has_payment()) AddPayment(document, response.payment(), style);
    AddTaken(document, response, style);
    for (const std::string& unmatched : response.unmatched()) {
      document.facts.emplace_back("kept until it comes", LastPart(unmatched));
    }
    document.tables.push_back(AwardTable(response.awards(), style));
    AddStanding(document, response, style);
    return document;
  });
}

ExitCode Correct(Session& session, const PurchaseArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  const absl::StatusOr<v1::Purchase> purchase =
      ToPurchase(session, *program, arguments, session.clock().Now());
  if (!purchase.ok()) return session.Fail(purchase.status());
  v1::CorrectReceiptRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  *request.mutable_purchase() = *purchase;
  const absl::Status paid = FillPay(session, *program, arguments, request);
  if (!paid.ok()) return session.WrongUsage(paid);
  request.set_request_id(session.RequestId());
  v1::CorrectReceiptResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::CorrectReceipt, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("corrected", Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("in the place of", response.corrected());
    document.facts.emplace_back("member", response.member());
    if (response.has_payment()) AddPayment(document, response.payment(), style);
    AddTaken(document, response, style);
    document.tables.push_back(AwardTable(response.awards(), style));
    AddStanding(document, response, style);
    return document;
  });
}

ExitCode Quote(Session& session, const PurchaseArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::Purchase> purchase =
      ToPurchase(session, *program, arguments, session.clock().Now());
  if (!purchase.ok()) return session.Fail(purchase.status());
  v1::QuotePurchaseRequest request;
  request.set_program(*program);
  *request.mutable_purchase() = *purchase;
  if (!arguments.member.empty()) {
    const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
    if (!member.ok()) return session.WrongUsage(member.status());
    *request.mutable_member() = *member;
  }
  const absl::Status paid = FillPay(session, *program, arguments, request);
  if (!paid.ok()) return session.WrongUsage(paid);
  const absl::Status enrolled = FillEnrolment(arguments, request);
  if (!enrolled.ok()) return session.WrongUsage(enrolled);
  v1::QuotePurchaseResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::QuotePurchase, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("counted", AmountStyle::Money(response.eligible().currency_code(),
                                                              response.eligible().minor_units()));
    document.facts.emplace_back("revision", response.revision());
    if (response.enrols()) document.facts.emplace_back("enrols", "a new member");
    if (response.has_payment()) AddPayment(document, response.payment(), style);
    document.tables.push_back(AwardTable(response.awards(), style));
    if (!arguments.member.empty()) AddStanding(document, response, style);
    return document;
  });
}

absl::Status AddReturnLines(const ReturnArguments& arguments, v1::ReturnPurchaseRequest& request) {
  request.set_whole(arguments.lines.empty());
  for (const std::string& text : arguments.lines) {
    const std::vector<std::string> parts = absl::StrSplit(text, ':');
    v1::ReturnLine& line = *request.add_lines();
    std::int32_t number = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--line: must be LINE:QUANTITY, was \"", text, "\""));
    }
    line.set_line(number);
    ASSIGN_OR_RETURN(const std::int64_t quantity, ParseQuantity(parts[1]));
    line.set_quantity_micros(quantity);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ReturnPurchaseRequest> ToReturn(Session& session,
                                                   const ReturnArguments& arguments) {
  v1::ReturnPurchaseRequest request;
  ASSIGN_OR_RETURN(const std::string program, session.Program());
  request.set_program(program);
  ASSIGN_OR_RETURN(*request.mutable_receipt(), ParseReceipt(arguments.receipt));
  ASSIGN_OR_RETURN(*request.mutable_original(), ParseReceipt(arguments.original));
  Timestamp occurred_at = session.clock().Now();
  if (!arguments.occurred_at.empty()) {
    ASSIGN_OR_RETURN(occurred_at, ParseInstant(arguments.occurred_at, absl::UTCTimeZone()));
  }
  *request.mutable_occurred_at() = ToProto(occurred_at);
  RETURN_IF_ERROR(AddReturnLines(arguments, request));
  if (!arguments.member.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_member(), ParseMember(arguments.member, program));
  }
  request.set_terminal_sequence(arguments.till.row);
  request.set_offline(arguments.till.is_offline);
  request.set_training(arguments.till.is_training);
  return request;
}

ExitCode Return(Session& session, const ReturnArguments& arguments) {
  absl::StatusOr<v1::ReturnPurchaseRequest> request = ToReturn(session, arguments);
  if (!request.ok()) return session.WrongUsage(request.status());
  request->set_request_id(session.RequestId());
  v1::ReturnPurchaseResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::ReturnPurchase, *request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(request->program());
    Document document;
    document.facts.emplace_back("returned", response.training()
                                                ? "not: training, nothing is recorded"
                                            : response.unmatched() ? "kept until its purchase comes"
                                                                   : Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    if (response.unmatched()) return document;
    document.facts.emplace_back("member", response.member());
    document.facts.emplace_back("refund", AmountStyle::Money(response.refund().currency_code(),
                                                             response.refund().minor_units()));
    document.facts.emplace_back("taken back", RenderPoints(response.taken_back(), style));
    document.facts.emplace_back("of it spent before", RenderPoints(response.shortfall(), style));
    document.facts.emplace_back("of it expired before", RenderPoints(response.expired(), style));
    document.facts.emplace_back("given back", RenderPoints(response.given_back(), style));
    AddStanding(document, response, style);
    return document;
  });
}

ExitCode Adjust(Session& session, const AdjustArguments& arguments) {
  MemberPoints of;
  if (const std::optional<ExitCode> failed =
          ReadMemberPoints(session, arguments.member, arguments.amount, arguments.point_type, of)) {
    return *failed;
  }
  v1::AdjustPointsRequest request;
  request.set_program(of.program);
  *request.mutable_member() = of.member;
  request.set_point_type(of.points.point_type());
  request.set_amount(arguments.takes ? -of.points.amount() : of.points.amount());
  request.set_reason(arguments.reason);
  request.set_reference(arguments.reference);
  request.set_ask(arguments.asks);
  request.set_request_id(session.RequestId());
  v1::AdjustPointsResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::AdjustPoints, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(of.program);
    Document document;
    const bool waits = !response.approval().empty();
    if (waits) {
      document.facts.emplace_back("waits for another person", LastPart(response.approval()));
      document.facts.emplace_back("until",
                                  RenderInstant(FromProto(response.approval_expires_at())));
    }
    document.facts.emplace_back(
        waits             ? "asked for"
        : arguments.takes ? "taken"
                          : "given",
        absl::StrCat(RenderPoints(of.points, style), ", ", Outcome(response)));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("member", response.member());
    AddStanding(document, response, style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

// An accrual is named by its entry, or by the receipt of the purchase.
template <class Request>
absl::Status FillAccrual(Session& session, const AccrualArguments& arguments, Request& request) {
  ASSIGN_OR_RETURN(const std::string program, session.Program());
  request.set_program(program);
  const absl::StatusOr<v1::Receipt> receipt = ParseReceipt(arguments.accrual);
  if (receipt.ok()) {
    *request.mutable_receipt() = *receipt;
  } else {
    const absl::StatusOr<std::string> entry = ParseEntry(arguments.accrual, program);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("accrual: must be an entry such as 0-12 or a receipt such as "
                       "S12/T3/2026-01-03/000124, was \"",
                       arguments.accrual, "\""));
    }
    request.set_entry(*entry);
  }
  request.mutable_lines()->Add(arguments.lines.begin(), arguments.lines.end());
  return absl::OkStatus();
}

template <class Response>
ExitCode PrintAccrual(Session& session, const std::string& program, const Response& response,
                      absl::string_view label, const Repeated<v1::Points>& points) {
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(program);
    Document document;
    document.facts.emplace_back(label,
                                absl::StrCat(RenderPoints(points, style), ", ", Outcome(response)));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("member", response.member());
    AddStanding(document, response, style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

ExitCode Settle(Session& session, const AccrualArguments& arguments) {
  v1::SettleAccrualRequest request;
  const absl::Status filled = FillAccrual(session, arguments, request);
  if (!filled.ok()) return session.WrongUsage(filled);
  request.set_request_id(session.RequestId());
  v1::SettleAccrualResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::SettleAccrual, request, response);
  if (code != ExitCode::kDone) return code;
  return PrintAccrual(session, request.program(), response, "settled", response.settled());
}

ExitCode Cancel(Session& session, const AccrualArguments& arguments) {
  v1::CancelAccrualRequest request;
  const absl::Status filled = FillAccrual(session, arguments, request);
  if (!filled.ok()) return session.WrongUsage(filled);
  request.set_reason(arguments.reason);
  request.set_request_id(session.RequestId());
  v1::CancelAccrualResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &PointsStub::CancelAccrual, request, response);
  if (code != ExitCode::kDone) return code;
  return PrintAccrual(session, request.program(), response, "cancelled", response.cancelled());
}

void AddAccrualOptions(CLI::App& verb, AccrualArguments& arguments) {
  verb.add_option("ACCRUAL", arguments.accrual,
                  "entry such as 0-12, or receipt: STORE/TERMINAL/DATE/NUMBER")
      ->required();
  verb.add_option("--line", arguments.lines,
                  "line of the receipt; may be given several times; all that is pending if absent")
      ->take_all();
}

void AddPurchaseOptions(CLI::App& verb, PurchaseArguments& arguments, bool is_receipt_required) {
  CLI::Option* const receipt =
      verb.add_option("--receipt", arguments.receipt,
                      "STORE/TERMINAL/DATE/NUMBER, such as S12/T3/2026-01-03/000124");
  if (is_receipt_required) receipt->required();
  verb.add_option("--total", arguments.total, "what was paid, such as 11.77")->required();
  verb.add_option("--currency", arguments.currency, "ISO 4217 code; the program's if absent");
  verb.add_option("--occurred-at", arguments.occurred_at,
                  "when, such as 2026-01-03T09:15:00Z; now if absent");
  verb.add_option("--channel", arguments.channel, "pos, app, web, ...")->capture_default_str();
  verb.add_option("--line", arguments.lines,
                  "SKU:AMOUNT[:CATEGORY,...]; may be given several times")
      ->take_all();
  verb.add_option("--pay-points", arguments.points, "points that the member puts in");
  verb.add_option("--point-type", arguments.point_type,
                  "of these; the program's only redeemable one if absent");
}

void AddBackOption(CLI::App& verb, PurchaseArguments& arguments) {
  verb.add_option(
          "--back", arguments.backs,
          "RECEIPT:LINE:AMOUNT[:QUANTITY], goods of an earlier purchase that come back; may "
          "be given several times")
      ->take_all();
}

void AddEnrolOptions(CLI::App& verb, PurchaseArguments& arguments) {
  verb.add_flag("--enrol", arguments.enrols, "enrol whoever is not a member yet, first");
  verb.add_option("--identity", arguments.identities,
                  "kind:value, a further identity of who is enrolled; may be given several times")
      ->take_all();
}

void AddTillOptions(CLI::App& verb, TillArguments& till) {
  verb.add_option("--row", till.row, "number that the terminal gives to what it sends");
  verb.add_flag("--offline", till.is_offline, "the terminal had no network");
  verb.add_flag("--training", till.is_training, "somebody practises: nothing is recorded");
}

}  // namespace

void AddPointsCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(
      root, "points", "Accrue, quote, settle and return purchases; adjust, balances, history");
  CLI::App* verb = nullptr;
  const auto accrue = AddVerb<PurchaseArguments>(
      noun, "accrue", "Give the points of a purchase; a receipt is awarded once",
      "laurelctl points accrue card:4006381333931 --receipt S12/T3/2026-01-03/000124 --total 11.77 "
      "-p stars\n"
      "laurelctl points accrue card:4006381333931 --receipt S12/T3/2026-01-03/000125 --total 15.00 "
      "\\\n"
      "    --line latte:5.00:drinks --line beans:10.00:coffee,beans -p stars\n"
      "laurelctl points accrue card:4006381333931 --enrol --receipt S12/T3/2026-01-03/000126 \\\n"
      "    --total 12.00 -p stars",
      action, &verb, Accrue);
  verb->add_option("MEMBER", accrue->member,
                   "kind:value such as card:4006381333931, a member's name, or guest: the receipt "
                   "is kept until somebody claims it")
      ->required();
  AddPurchaseOptions(*verb, *accrue, true);
  AddBackOption(*verb, *accrue);
  AddEnrolOptions(*verb, *accrue);
  AddTillOptions(*verb, accrue->till);
  const auto correct = AddVerb<PurchaseArguments>(
      noun, "correct", "Put the right purchase in the place of one that was posted wrong",
      "laurelctl points correct card:4006381333931 --receipt S12/T3/2026-01-03/000124 --total 9.00 "
      "\\\n"
      "    --occurred-at 2026-01-03T09:15:00Z -p stars",
      action, &verb, Correct);
  verb->add_option("MEMBER", correct->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  AddPurchaseOptions(*verb, *correct, true);
  const auto quote =
      AddVerb<PurchaseArguments>(noun, "quote", "Tell what a purchase would give; writes nothing",
                                 "laurelctl points quote --total 11.77 -p stars\nlaurelctl points "
                                 "quote card:4006381333931 --total 11.77 -p stars",
                                 action, &verb, Quote);
  verb->add_option("MEMBER", quote->member, "whose; somebody in the base tier if absent");
  AddPurchaseOptions(*verb, *quote, false);
  AddBackOption(*verb, *quote);
  AddEnrolOptions(*verb, *quote);

  const auto back =
      AddVerb<ReturnArguments>(noun, "return", "Return a purchase, wholly or by line",
                               "laurelctl points return S12/T3/2026-01-03/000124 --receipt "
                               "S12/T3/2026-01-05/000007 -p stars\n"
                               "laurelctl points return S12/T3/2026-01-03/000125 --receipt "
                               "S12/T3/2026-01-05/000008 --line 2:1 -p stars",
                               action, &verb, Return);
  verb->add_option("ORIGINAL", back->original,
                   "receipt of the purchase: STORE/TERMINAL/DATE/NUMBER")
      ->required();
  verb->add_option("--receipt", back->receipt, "receipt of the return itself")->required();
  verb->add_option("--line", back->lines, "LINE:QUANTITY; everything that is left if absent")
      ->take_all();
  verb->add_option("--occurred-at", back->occurred_at, "when; now if absent");
  verb->add_option("--member", back->member, "whose purchase it must be");
  AddTillOptions(*verb, back->till);

  const auto settle =
      AddVerb<AccrualArguments>(noun, "settle", "Make pending points of an accrual available",
                                "laurelctl points settle S12/T3/2026-01-03/000124 -p stars\n"
                                "laurelctl points settle 0-12 --line 2 -p stars",
                                action, &verb, Settle);
  AddAccrualOptions(*verb, *settle);
  const auto cancel = AddVerb<AccrualArguments>(
      noun, "cancel", "Take pending points of an accrual away, with a reason",
      "laurelctl points cancel 0-12 --reason typed_wrong --principal eve -p stars", action, &verb,
      Cancel);
  AddAccrualOptions(*verb, *cancel);
  verb->add_option("--reason", cancel->reason, "why, such as typed_wrong")->required();

  const auto adjust = AddVerb<AdjustArguments>(
      noun, "adjust", "Give or take points by hand, with a reason",
      "laurelctl points adjust card:4006381333931 150 --reason goodwill --principal eve -p stars\n"
      "laurelctl points adjust card:4006381333931 30 --take --reason correction \\\n"
      "    --reference case-81 --principal eve --role AGENT -p stars",
      action, &verb, Adjust);
  verb->add_option("MEMBER", adjust->member,
                   "kind:value such as card:4006381333931, or a member's name; not your own")
      ->required();
  verb->add_option("AMOUNT", adjust->amount, "points, with decimals where the point type has them")
      ->required();
  verb->add_flag("--take", adjust->takes, "take them instead of giving them");
  verb->add_flag("--ask", adjust->asks,
                 "if it is more than you may, ask another person to approve of it");
  verb->add_option("--reason", adjust->reason, "why, such as goodwill; names the account")
      ->required();
  verb->add_option("--type", adjust->point_type,
                   "point type; the program's only redeemable one if absent");
  verb->add_option("--reference", adjust->reference, "your id of the case; no personal data");

  AddTransferCommands(noun, action);
  AddEndsCommands(noun, action);
  AddPointsReadCommands(noun, action);
  AddTillReportCommands(noun, action);
}

}  // namespace laurel::cli
