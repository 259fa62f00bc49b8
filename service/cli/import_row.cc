#include "service/cli/import_row.h"

#include <array>
#include <optional>
#include <utility>

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

  v1::Money Total() {
    v1::Money total;
    const absl::string_view given = Value(RowField::kCurrency);
    total.set_currency_code(given.empty() ? options_.currency : std::string(given));
    const std::optional<int> exponent = rules::CurrencyExponent(total.currency_code());
    if (!exponent) {
      problems_.Add(RowField::kCurrency,
                    absl::StrCat("must be an ISO 4217 code such as EUR, was \"",
                                 total.currency_code(), "\""));
      return total;
    }
    const absl::StatusOr<std::int64_t> amount = ParseAmount(Value(RowField::kTotal), *exponent);
    if (!amount.ok()) {
      problems_.Add(RowField::kTotal, amount.status().message());
    } else if (*amount < 0) {
      problems_.Add(RowField::kTotal, absl::StrCat("must be >= 0, was ", Value(RowField::kTotal)));
    } else {
      total.set_minor_units(*amount);
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
                                              const RowOptions& options, std::uint64_t row,
                                              std::vector<std::string> fields) {
  Problems problems(mapping);
  RowReader reader(mapping, options, fields, problems);
  ImportItem item;
  item.row = row;
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
  *purchase.mutable_total() = reader.Total();
  purchase.set_channel(reader.Channel());
  if (!problems.empty()) return problems.Take();

  const ImportKey key = {options.program, receipt.store(), receipt.terminal(), ToString(date),
                         receipt.number()};
  request.set_request_id(ImportRequestId("accrue", key, options.attempt));
  item.enrol_request_id = ImportRequestId("enrol", key, options.attempt);
  item.fields = std::move(fields);
  return item;
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
