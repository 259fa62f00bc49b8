#include "service/cli/import_row.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"

namespace laurel::cli {
namespace {

// Collects what is wrong with one row.
class Problems {
 public:
  explicit Problems(const BoundMapping& mapping) : mapping_(mapping) {}
  void Add(RowField field, absl::string_view message) {
    absl::StrAppend(&reject_.field, reject_.field.empty() ? "" : " ", mapping_.Name(field));
    absl::StrAppend(&reject_.message, reject_.message.empty() ? "" : "; ", mapping_.Name(field),
                    ": ", message);
  }
  bool empty() const { return reject_.field.empty(); }
  Reject Take() {
    reject_.reason = "INVALID_FIELD";
    return std::move(reject_);
  }

 private:
  const BoundMapping& mapping_;
  Reject reject_;
};

// Reads the values of one row; each method notes what is wrong and then returns something harmless.
class RowReader {
 public:
  RowReader(const BoundMapping& mapping, const RowOptions& options,
            const std::vector<std::string>& fields, Problems& problems)
      : mapping_(mapping), options_(options), fields_(fields), problems_(problems) {}

  absl::string_view Value(RowField field) const { return mapping_.Value(field, fields_); }

  std::string Member() {
    const absl::string_view value = Value(RowField::kMember);
    if (value.empty()) problems_.Add(RowField::kMember, "must not be empty");
    return std::string(value);
  }

  std::string ReceiptPart(RowField field) {
    const absl::string_view value = Value(field);
    if (!IsReceiptPart(value)) {
      problems_.Add(field,
                    absl::StrCat("must be 1 to 40 letters, digits, - and _, was \"", value, "\""));
    }
    return std::string(value);
  }

  // Business date and instant.
  std::pair<Date, Timestamp> When() {
    std::optional<Date> date;
    if (mapping_.Has(RowField::kDate)) {
      const absl::StatusOr<Date> parsed = Date::Parse(Value(RowField::kDate));
      if (!parsed.ok()) {
        problems_.Add(RowField::kDate,
                      absl::StrCat("must be a real date such as 2024-02-29, was \"",
                                   Value(RowField::kDate), "\""));
        return {};
      }
      date = *parsed;
    }
    if (mapping_.Has(RowField::kOccurredAt)) {
      const absl::StatusOr<Timestamp> instant =
          ParseInstant(Value(RowField::kOccurredAt), options_.zone);
      if (!instant.ok()) {
        problems_.Add(RowField::kOccurredAt,
                      absl::StrCat("must be an instant such as 2024-02-29T12:00:00Z, was \"",
                                   Value(RowField::kOccurredAt), "\""));
        return {};
      }
      return {date ? *date : DateOf(*instant, options_.zone), *instant};
    }
    const absl::StatusOr<std::int64_t> time = ParseTimeOfDay(Value(RowField::kTime));
    if (!time.ok()) {
      problems_.Add(RowField::kTime, time.status().message());
      return {};
    }
    return {*date, InstantOf(*date, *time, options_.zone)};
  }

  // Of the whole purchase.
  v1::Money Total() {
    v1::Money total = Currency();
    const std::optional<int> exponent = rules::CurrencyExponent(total.currency_code());
    if (exponent) total.set_minor_units(NotNegative(RowField::kTotal, *exponent));
    return total;
  }

  // The line that the row is, and its amount as the total.
  v1::PurchaseLine Line(v1::Money& total) {
    v1::PurchaseLine line;
    line.set_line(1);
    line.set_kind(v1::LINE_KIND_SALE);
    line.set_sku(std::string(Value(RowField::kSku)));
    if (!Value(RowField::kCategory).empty()) {
      line.add_categories(std::string(Value(RowField::kCategory)));
    }
    total = Currency();
    const std::optional<int> exponent = rules::CurrencyExponent(total.currency_code());
    const std::int64_t quantity = mapping_.Has(RowField::kQuantity)
                                      ? NotNegative(RowField::kQuantity, kMicrosDecimals)
                                      : kOne;
    line.set_quantity_micros(quantity);
    if (!exponent) return line;
    line.set_extended_minor_units(mapping_.Has(RowField::kAmount)
                                      ? NotNegative(RowField::kAmount, *exponent)
                                      : Extended(quantity, *exponent));
    total.set_minor_units(line.extended_minor_units());
    return line;
  }

  v1::Money Currency() {
    v1::Money total;
    const absl::string_view given = Value(RowField::kCurrency);
    total.set_currency_code(given.empty() ? options_.currency : std::string(given));
    const std::optional<int> exponent = rules::CurrencyExponent(total.currency_code());
    if (!exponent) {
      problems_.Add(RowField::kCurrency,
                    absl::StrCat("must be an ISO 4217 code such as EUR, was \"",
                                 total.currency_code(), "\""));
    }
    return total;
  }

  v1::Channel Channel() {
    const absl::string_view value = Value(RowField::kChannel);
    if (value.empty()) return options_.channel;
    const absl::StatusOr<v1::Channel> channel = ParseChannel(value);
    if (!channel.ok()) problems_.Add(RowField::kChannel, channel.status().message());
    return channel.value_or(v1::CHANNEL_UNSPECIFIED);
  }

 private:
  static constexpr int kMicrosDecimals = 6;
  static constexpr std::int64_t kOne = 1'000'000;
  // Prices have more decimals than the currency: 0.425 a piece.
  static constexpr int kPriceDecimals = 4;

  std::int64_t NotNegative(RowField field, int decimals) {
    const absl::StatusOr<std::int64_t> amount = ParseAmount(Value(field), decimals);
    if (!amount.ok()) {
      problems_.Add(field, amount.status().message());
      return 0;
    }
    if (*amount < 0) problems_.Add(field, absl::StrCat("must be >= 0, was ", Value(field)));
    return std::max<std::int64_t>(*amount, 0);
  }

  // quantity x unit price in minor units, half up.
  std::int64_t Extended(std::int64_t quantity_micros, int exponent) {
    const std::int64_t price = NotNegative(RowField::kUnitPrice, kPriceDecimals);
    absl::int128 scale = kOne;
    for (int i = exponent; i < kPriceDecimals; ++i) scale *= 10;
    const absl::int128 amount = (2 * absl::int128(quantity_micros) * price + scale) / (2 * scale);
    if (amount > kAmountMax) {
      problems_.Add(RowField::kUnitPrice,
                    absl::StrCat("must give at most ", kAmountMax, " with the quantity, was ",
                                 Value(RowField::kUnitPrice)));
      return 0;
    }
    return static_cast<std::int64_t>(amount);
  }

  const BoundMapping& mapping_;
  const RowOptions& options_;
  const std::vector<std::string>& fields_;
  Problems& problems_;
};

// How the API calls what a mapping calls otherwise; the longest match counts.
struct ApiField {
  absl::string_view path;
  RowField field;
};
constexpr std::array kApiFields = {
    ApiField{"purchase.receipt.store", RowField::kStore},
    ApiField{"purchase.receipt.terminal", RowField::kTerminal},
    ApiField{"purchase.receipt.business_on", RowField::kDate},
    ApiField{"purchase.receipt.number", RowField::kNumber},
    ApiField{"purchase.occurred_at", RowField::kOccurredAt},
    ApiField{"purchase.total.currency_code", RowField::kCurrency},
    ApiField{"purchase.total", RowField::kTotal},
    ApiField{"purchase.channel", RowField::kChannel},
    ApiField{"member", RowField::kMember},
};

std::string ColumnOf(const BoundMapping& mapping, absl::string_view path) {
  for (const ApiField& known : kApiFields) {
    if (!absl::StrContains(path, known.path)) continue;
    const bool is_from_date =
        known.field == RowField::kOccurredAt && !mapping.Has(RowField::kOccurredAt);
    return mapping.Name(is_from_date ? RowField::kDate : known.field);
  }
  return std::string(path);
}

// The field that a refusal without violations is about.
std::string FieldOf(const BoundMapping& mapping, absl::string_view reason) {
  if (absl::StartsWith(reason, "MEMBER_")) return mapping.Name(RowField::kMember);
  if (absl::StartsWith(reason, "RECEIPT_")) return mapping.Name(RowField::kNumber);
  if (reason == "OCCURRED_AT_OUT_OF_WINDOW" || reason == "REVISION_NOT_FOUND") {
    return ColumnOf(mapping, "purchase.occurred_at");
  }
  return "";
}

}  // namespace

std::variant<ImportItem, Reject> ToImportItem(const BoundMapping& mapping,
                                              const RowOptions& options, SourceRow row) {
  Problems problems(mapping);
  RowReader reader(mapping, options, row.fields, problems);
  ImportItem item;
  v1::AccruePurchaseRequest& request = item.request;
  request.set_program(options.program);
  v1::IdentityKey& identity = *request.mutable_member()->mutable_identity();
  identity.set_kind(mapping.member_kind());
  identity.set_value(reader.Member());

  v1::Purchase& purchase = *request.mutable_purchase();
  v1::Receipt& receipt = *purchase.mutable_receipt();
  receipt.set_store(reader.ReceiptPart(RowField::kStore));
  receipt.set_terminal(reader.ReceiptPart(RowField::kTerminal));
  receipt.set_number(reader.ReceiptPart(RowField::kNumber));
  const auto [date, instant] = reader.When();
  *receipt.mutable_business_on() = ToProto(date);
  *purchase.mutable_occurred_at() = ToProto(instant);
  if (mapping.has_lines()) {
    *purchase.add_lines() = reader.Line(*purchase.mutable_total());
  } else {
    *purchase.mutable_total() = reader.Total();
  }
  purchase.set_channel(reader.Channel());
  if (!problems.empty()) return problems.Take();

  const ImportKey key = {options.program, receipt.store(), receipt.terminal(), ToString(date),
                         receipt.number()};
  request.set_request_id(ImportRequestId("accrue", key, options.attempt));
  item.enrol_request_id = ImportRequestId("enrol", key, options.attempt);
  item.rows.push_back(std::move(row));
  return item;
}

namespace {

// Adds the only line of `next`.
void Join(const ImportItem& next, ImportItem& item) {
  v1::Purchase& purchase = *item.request.mutable_purchase();
  v1::PurchaseLine& line = *purchase.add_lines();
  line = next.request.purchase().lines(0);
  line.set_line(purchase.lines_size());
  v1::Money& total = *purchase.mutable_total();
  total.set_minor_units(total.minor_units() + line.extended_minor_units());
  item.rows.push_back(next.rows.front());
}

}  // namespace

bool ReceiptJoiner::Add(SourceRow row) {
  std::string receipt;
  if (mapping_.has_lines()) {
    for (const RowField field : {RowField::kStore, RowField::kTerminal, RowField::kNumber}) {
      absl::StrAppend(&receipt, mapping_.Value(field, row.fields), "/");
    }
  }
  if (receipt != receipt_) {
    if (!Finish()) return false;
    receipt_ = std::move(receipt);
  }
  const std::uint64_t number = row.number;
  std::variant<ImportItem, Reject> item = ToImportItem(mapping_, options_, row);
  if (const Reject* reject = std::get_if<Reject>(&item)) {
    on_reject_(row, *reject);
    if (!bad_row_) bad_row_ = number;
    if (waiting_) RejectRest(std::exchange(waiting_, std::nullopt)->rows);
  } else if (bad_row_) {
    RejectRest({std::move(row)});
  } else if (waiting_) {
    Join(std::get<ImportItem>(item), *waiting_);
  } else {
    waiting_ = std::get<ImportItem>(std::move(item));
  }
  return mapping_.has_lines() || Finish();
}

bool ReceiptJoiner::Finish() {
  bad_row_.reset();
  if (!waiting_) return true;
  return on_item_(*std::exchange(waiting_, std::nullopt));
}

void ReceiptJoiner::RejectRest(std::vector<SourceRow> rows) const {
  for (const SourceRow& row : rows) {
    on_reject_(row, {mapping_.Name(RowField::kNumber), "RECEIPT_INCOMPLETE",
                     absl::StrCat(mapping_.Name(RowField::kNumber),
                                  ": must have good rows only, was rejected at row ", *bad_row_)});
  }
}

Reject ToReject(const BoundMapping& mapping, const Refusal& refusal) {
  Reject reject{FieldOf(mapping, refusal.reason), refusal.reason, refusal.message};
  for (const Refusal::Field& field : refusal.fields) {
    const std::string column = ColumnOf(mapping, field.field);
    absl::StrAppend(&reject.field, reject.field.empty() ? "" : " ", column);
    absl::StrAppend(&reject.message, "; ", column, ": ", field.description);
  }
  return reject;
}

}  // namespace laurel::cli
