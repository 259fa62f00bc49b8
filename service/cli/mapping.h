#ifndef LAUREL_SERVICE_CLI_MAPPING_H_
#define LAUREL_SERVICE_CLI_MAPPING_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "laurel/v1/types.pb.h"

// Which column of a purchase file is what. As options, or as a YAML file with the same fields:
//
//   member: card:customer_id     # kind of identity, then where the value comes from
//   number: row_no               # a column
//   store: =WEB                  # a constant
//   date: purchase_date
//   time: =12:00
//   zone: America/New_York
//   total: amount
//   currency: =USD
//
// A file may have a row for each line of a receipt: then `quantity` and `unit_price` (or `amount`,
// the line's total) take the place of `total`, and rows that follow each other with the same store,
// terminal and number are one purchase.
namespace laurel::cli {

// The fields of a mapping that rows are made of.
enum class RowField {
  kMember,
  kStore,
  kTerminal,
  kNumber,
  kDate,
  kTime,
  kOccurredAt,
  kTotal,
  kCurrency,
  kChannel,
  kSku,
  kCategory,
  kQuantity,
  kUnitPrice,
  kAmount
};
inline constexpr int kRowFieldCount = 15;
absl::string_view ToString(RowField field);  // "member", "occurred_at"

// Where a value comes from: a column of the file, or the same text for every row.
struct Template {
  enum class Kind { kColumn, kConstant };
  Kind kind = Kind::kColumn;
  std::string text;
  friend bool operator==(const Template&, const Template&) = default;
};
// "amount" or "=11.77".
Template ParseTemplate(absl::string_view text);

struct Mapping {
  v1::IdentityKind member_kind = v1::IDENTITY_KIND_UNSPECIFIED;
  std::map<RowField, Template> fields;
  std::string zone;  // IANA name; empty: the program's

  // Adds or replaces what "field=template" says. INVALID_ARGUMENT for an unknown field or identity
  // kind.
  absl::Status Set(absl::string_view field, absl::string_view value);
  absl::Status SetAssignment(absl::string_view assignment);
};
// Reads the YAML form. INVALID_ARGUMENT with line and column.
absl::StatusOr<Mapping> ParseMappingYaml(absl::string_view yaml);

// A mapping whose columns were found in a header.
class BoundMapping {
 public:
  // INVALID_ARGUMENT if a field that every row needs has no template, if there are templates both
  // of whole purchases and of lines, or if one names a column that is not in the header (with the
  // nearest one), or names one that is there twice.
  static absl::StatusOr<BoundMapping> Bind(const Mapping& mapping,
                                           const std::vector<std::string>& header);

  v1::IdentityKind member_kind() const { return member_kind_; }
  // Whether a row is a line of a purchase instead of a whole one.
  bool has_lines() const { return !Has(RowField::kTotal); }
  bool Has(RowField field) const { return sources_[static_cast<std::size_t>(field)].has_value(); }
  // The value in a row, without spaces around it; empty if there is no template. A row shorter than
  // the header has empty values at its end.
  absl::string_view Value(RowField field, const std::vector<std::string>& row) const;
  // What to call the field towards people: its column, or its own name for a constant.
  const std::string& Name(RowField field) const { return names_[static_cast<std::size_t>(field)]; }

 private:
  struct Source {
    Template::Kind kind;
    std::size_t column;
    std::string constant;
  };
  // That there are totals, or what lines are made of.
  absl::Status CheckAmounts() const;

  v1::IdentityKind member_kind_ = v1::IDENTITY_KIND_UNSPECIFIED;
  std::array<std::optional<Source>, kRowFieldCount> sources_;
  std::array<std::string, kRowFieldCount> names_;
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_MAPPING_H_
