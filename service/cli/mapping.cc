#include "service/cli/mapping.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "service/cli/names.h"
#include "service/cli/suggest.h"

namespace laurel::cli {
namespace {

constexpr std::array<absl::string_view, kRowFieldCount> kFieldNames = {
    "member",   "store",   "terminal", "number",   "date",     "time",       "occurred_at", "total",
    "currency", "channel", "sku",      "category", "quantity", "unit_price", "amount"};
constexpr absl::string_view kZone = "zone";

absl::Status Invalid(absl::string_view subject, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("mapping.", subject, ": ", what));
}

absl::Status MustBeMapped(RowField field) {
  return Invalid(ToString(field),
                 absl::StrCat("must be mapped: --map ", ToString(field), "=COLUMN, was absent"));
}

}  // namespace

absl::string_view ToString(RowField field) { return kFieldNames[static_cast<std::size_t>(field)]; }

Template ParseTemplate(absl::string_view text) {
  const bool is_constant = absl::ConsumePrefix(&text, "=");
  return {is_constant ? Template::Kind::kConstant : Template::Kind::kColumn, std::string(text)};
}

absl::Status Mapping::Set(absl::string_view field, absl::string_view value) {
  if (field == kZone) {
    absl::ConsumePrefix(&value, "=");
    zone = std::string(value);
    return absl::OkStatus();
  }
  const auto* const found = std::find(kFieldNames.begin(), kFieldNames.end(), field);
  if (found == kFieldNames.end()) {
    std::vector<std::string> known(kFieldNames.begin(), kFieldNames.end());
    known.emplace_back(kZone);
    return Invalid(field, absl::StrCat("must be one of ", absl::StrJoin(known, ", "),
                                       DidYouMean(field, known)));
  }
  const auto row_field = static_cast<RowField>(found - kFieldNames.begin());
  if (row_field == RowField::kMember) {
    const std::size_t colon = value.find(':');
    if (colon == absl::string_view::npos) {
      return Invalid(
          field, absl::StrCat("must be kind:column such as card:customer_id, was \"", value, "\""));
    }
    ASSIGN_OR_RETURN(member_kind, ParseKind(value.substr(0, colon)));
    value.remove_prefix(colon + 1);
  }
  if (value.empty()) return Invalid(field, "must be a column or =constant, was empty");
  fields[row_field] = ParseTemplate(value);
  return absl::OkStatus();
}

absl::Status Mapping::SetAssignment(absl::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos) {
    return Invalid(assignment, "must be field=column or field==constant, was without a value");
  }
  return Set(assignment.substr(0, equals), assignment.substr(equals + 1));
}

absl::StatusOr<Mapping> ParseMappingYaml(absl::string_view yaml) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("mapping:", error.mark.line + 1, ":",
                                                   error.mark.column + 1,
                                                   ": must be YAML, was: ", error.msg));
  }
  if (!root.IsMap())
    return absl::InvalidArgumentError("mapping: must be fields with values, was something else");
  Mapping mapping;
  for (const auto& pair : root) {
    if (!pair.first.IsScalar() || !pair.second.IsScalar()) {
      return absl::InvalidArgumentError(
          absl::StrCat("mapping:", pair.first.Mark().line + 1,
                       ": must be a field and a text, was something else"));
    }
    RETURN_IF_ERROR(mapping.Set(pair.first.Scalar(), pair.second.Scalar()));
  }
  return mapping;
}

absl::StatusOr<BoundMapping> BoundMapping::Bind(const Mapping& mapping,
                                                const std::vector<std::string>& header) {
  BoundMapping bound;
  bound.member_kind_ = mapping.member_kind;
  for (int i = 0; i < kRowFieldCount; ++i)
    bound.names_[static_cast<std::size_t>(i)] =
        std::string(kFieldNames[static_cast<std::size_t>(i)]);
  for (const auto& [field, from] : mapping.fields) {
    Source source{from.kind, 0, from.text};
    if (from.kind == Template::Kind::kColumn) {
      const auto column = std::find(header.begin(), header.end(), from.text);
      if (column == header.end()) {
        return Invalid(ToString(field),
                       absl::StrCat("must be a column of the file, was \"", from.text, "\"",
                                    DidYouMean(from.text, header), "; columns are ",
                                    absl::StrJoin(header, ", ")));
      }
      if (std::find(column + 1, header.end(), from.text) != header.end()) {
        return Invalid(ToString(field), absl::StrCat("must be a column that is there once, was \"",
                                                     from.text, "\""));
      }
      source.column = static_cast<std::size_t>(column - header.begin());
      bound.names_[static_cast<std::size_t>(field)] = from.text;
    }
    bound.sources_[static_cast<std::size_t>(field)] = std::move(source);
  }
  for (const RowField field :
       {RowField::kMember, RowField::kStore, RowField::kTerminal, RowField::kNumber}) {
    if (!bound.Has(field)) return MustBeMapped(field);
  }
  RETURN_IF_ERROR(bound.CheckAmounts());
  if (!bound.Has(RowField::kOccurredAt) &&
      !(bound.Has(RowField::kDate) && bound.Has(RowField::kTime))) {
    return Invalid("occurred_at", "must be mapped, or both date and time; was absent");
  }
  return bound;
}

absl::Status BoundMapping::CheckAmounts() const {
  constexpr std::array kOfLines = {RowField::kSku, RowField::kCategory, RowField::kQuantity,
                                   RowField::kUnitPrice, RowField::kAmount};
  if (Has(RowField::kTotal)) {
    for (const RowField field : kOfLines) {
      if (Has(field)) return Invalid(ToString(field), "must be without total, was with it");
    }
    return absl::OkStatus();
  }
  const bool has_line =
      std::any_of(kOfLines.begin(), kOfLines.end(), [this](RowField field) { return Has(field); });
  if (!has_line) return MustBeMapped(RowField::kTotal);
  if (Has(RowField::kAmount) == Has(RowField::kUnitPrice)) {
    return Invalid("amount", "must be mapped, or unit_price with quantity, but not both");
  }
  if (Has(RowField::kUnitPrice) && !Has(RowField::kQuantity)) {
    return MustBeMapped(RowField::kQuantity);
  }
  return absl::OkStatus();
}

absl::string_view BoundMapping::Value(RowField field, const std::vector<std::string>& row) const {
  const std::optional<Source>& source = sources_[static_cast<std::size_t>(field)];
  if (!source) return "";
  if (source->kind == Template::Kind::kConstant) return source->constant;
  if (source->column >= row.size()) return "";
  return absl::StripAsciiWhitespace(row[source->column]);
}

}  // namespace laurel::cli
