#include "service/cli/member_file.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/csv.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/request_id.h"
#include "service/cli/suggest.h"

namespace laurel::cli {
namespace {

constexpr std::size_t kIdBytesMax = 64;
std::vector<std::string> IdentityColumns() {
  std::vector<std::string> names;
  for (int kind = v1::IdentityKind_MIN; kind <= v1::IdentityKind_MAX; ++kind) {
    if (kind == v1::IDENTITY_KIND_UNSPECIFIED || !v1::IdentityKind_IsValid(kind)) continue;
    names.push_back(Label(static_cast<v1::IdentityKind>(kind)));
  }
  return names;
}

// A file with a header whose columns are known by name.
class Columns {
 public:
  static absl::StatusOr<Columns> Read(const char* file, ByteSource& source,
                                      const std::vector<std::string>& required,
                                      const std::vector<std::string>& optional) {
    Columns columns(file, source);
    CsvRecord record;
    ASSIGN_OR_RETURN(const bool has_header, columns.reader_.Next(record));
    if (has_header) columns.header_ = record.fields;
    std::vector<std::string> known = required;
    known.insert(known.end(), optional.begin(), optional.end());
    for (std::size_t i = 0; i < columns.header_.size(); ++i) {
      const std::string name = absl::AsciiStrToLower(columns.header_[i]);
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return absl::InvalidArgumentError(absl::StrCat(file, " file: column \"", name,
                                                       "\" must be a known one, was not",
                                                       DidYouMean(name, known)));
      }
      if (!columns.places_.emplace(name, i).second) {
        return absl::InvalidArgumentError(
            absl::StrCat(file, " file: column \"", name, "\" must be there once, was there twice"));
      }
    }
    for (const std::string& name : required) {
      if (!columns.places_.contains(name)) {
        return absl::InvalidArgumentError(
            absl::StrCat(file, " file: column \"", name, "\" must be there, was not"));
      }
    }
    return columns;
  }

  // False at the end.
  absl::StatusOr<bool> Next(SourceRow& row) {
    CsvRecord record;
    ASSIGN_OR_RETURN(const bool has_record, reader_.Next(record));
    if (!has_record) return false;
    row.number = ++number_;
    row.fields = std::move(record.fields);
    return true;
  }

  // Without spaces around it; empty where the column is missing.
  absl::string_view Value(absl::string_view name, const SourceRow& row) const {
    const auto found = places_.find(name);
    if (found == places_.end() || found->second >= row.fields.size()) return "";
    return absl::StripAsciiWhitespace(row.fields[found->second]);
  }

  const std::vector<std::string>& header() const { return header_; }
  const char* file() const { return file_; }

 private:
  Columns(const char* file, ByteSource& source) : file_(file), reader_(&source) {}

  const char* file_;
  CsvReader reader_;
  std::vector<std::string> header_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::uint64_t number_ = 0;
};

// What is wrong with a row: the first thing.
class RowCheck {
 public:
  RowCheck(const Columns& columns, const SourceRow& row, absl::TimeZone zone)
      : columns_(columns), row_(row), zone_(zone) {
    if (row.fields.size() != columns.header().size()) {
      Fail("", absl::StrCat("row: must have ", columns.header().size(), " fields, was ",
                            row.fields.size()));
    }
  }

  absl::string_view Text(absl::string_view column) const { return columns_.Value(column, row_); }
  std::string Id() {
    const absl::string_view id = Text("id");
    const bool is_plain = !id.empty() && id.size() <= kIdBytesMax &&
                          std::none_of(id.begin(), id.end(), absl::ascii_iscntrl);
    if (!is_plain) {
      Fail("id", absl::StrCat("must be text of 1 to ", kIdBytesMax,
                              " bytes without control characters, was ", id.size(), " bytes"));
    }
    return std::string(id);
  }
  // Sets the instant where the column has one.
  void Instant(absl::string_view column, bool is_required, google::protobuf::Timestamp* out) {
    const absl::string_view text = Text(column);
    if (text.empty()) {
      if (is_required) Fail(column, "must be set, was empty");
      return;
    }
    const absl::StatusOr<Timestamp> instant = ParseInstant(text, zone_);
    if (instant.ok()) {
      *out = ToProto(*instant);
    } else {
      Fail(column, instant.status().message());
    }
  }
  std::int64_t Amount(absl::string_view column, int decimals, std::int64_t min) {
    const absl::string_view text = Text(column);
    if (text.empty() && min == 0) return 0;
    const absl::StatusOr<std::int64_t> amount = ParseAmount(text, decimals);
    if (!amount.ok()) {
      Fail(column, amount.status().message());
    } else if (*amount < min) {
      Fail(column, absl::StrCat("must be at least ", RenderAmount(min, decimals), ", was ",
                                std::string(text)));
    }
    return amount.ok() ? *amount : 0;
  }
  void Fail(absl::string_view column, absl::string_view message) {
    if (!reject_) {
      reject_ =
          Reject{std::string(column), "INVALID_FIELD",
                 column.empty() ? std::string(message)
                                : absl::StrCat(std::string(column), ": ", std::string(message))};
    }
  }
  const std::optional<Reject>& reject() const { return reject_; }

 private:
  const Columns& columns_;
  const SourceRow& row_;
  const absl::TimeZone zone_;
  std::optional<Reject> reject_;
};

struct Parts {
  std::vector<v1::OpeningLot> lots;
  std::map<Date, v1::HistoryDay> history;
  struct Source {
    const char* file;
    SourceRow row;
  };
  std::vector<Source> sources;  // they came from
};
using PartsById = absl::flat_hash_map<std::string, Parts>;

class Reader {
 public:
  Reader(const MemberFileOptions& options, OnBadRow on_bad) : options_(options), on_bad_(on_bad) {}

  absl::Status ReadLots(ByteSource& source) {
    ASSIGN_OR_RETURN(Columns columns, Columns::Read("lots", source, {"id", "amount", "awarded_at"},
                                                    {"point_type", "available_at", "expires_at"}));
    return ForRows(columns, [&](RowCheck& check, Parts& parts) {
      v1::OpeningLot lot;
      const absl::string_view type = check.Text("point_type");
      lot.set_point_type(type.empty() ? options_.style.redeemable : std::string(type));
      if (lot.point_type().empty()) check.Fail("point_type", "must be set, was empty");
      const auto decimals = options_.style.decimals.find(lot.point_type());
      lot.set_amount(check.Amount(
          "amount", decimals == options_.style.decimals.end() ? 0 : decimals->second, 1));
      check.Instant("awarded_at", true, lot.mutable_awarded_at());
      if (!check.Text("available_at").empty()) {
        check.Instant("available_at", false, lot.mutable_activates_at());
      }
      if (!check.Text("expires_at").empty()) {
        check.Instant("expires_at", false, lot.mutable_expires_at());
      }
      parts.lots.push_back(std::move(lot));
    });
  }

  absl::Status ReadHistory(ByteSource& source) {
    ASSIGN_OR_RETURN(Columns columns,
                     Columns::Read("history", source, {"id", "date"}, {"spend", "purchases"}));
    return ForRows(columns, [&](RowCheck& check, Parts& parts) {
      const absl::string_view text = check.Text("date");
      const absl::StatusOr<Date> date = Date::Parse(text);
      if (!date.ok()) return check.Fail("date", date.status().message());
      v1::HistoryDay day;
      *day.mutable_on() = ToProto(*date);
      day.set_spend(
          check.Amount("spend", rules::CurrencyExponent(options_.style.currency).value_or(0), 0));
      day.set_purchases(static_cast<std::int32_t>(
          std::min<std::int64_t>(check.Amount("purchases", 0, 0), INT32_MAX)));
      if (!parts.history.emplace(*date, std::move(day)).second) {
        check.Fail("date", "must be there once for a member, was there twice");
      }
    });
  }

  absl::Status ReadMembers(ByteSource& source, MemberFile& file) {
    const std::vector<std::string> kinds = IdentityColumns();
    std::vector<std::string> optional = kinds;
    for (const char* name :
         {"enrolled_at", "channel", "store", "tier", "tier_since", "tier_review_at"}) {
      optional.emplace_back(name);
    }
    ASSIGN_OR_RETURN(Columns columns, Columns::Read("members", source, {"id"}, optional));
    file.header = columns.header();
    absl::flat_hash_set<std::string> seen;
    SourceRow row;
    while (true) {
      ASSIGN_OR_RETURN(const bool has_row, columns.Next(row));
      if (!has_row) break;
      ++file.rows;
      RowCheck check(columns, row, options_.zone);
      const std::string id = check.Id();
      if (!check.reject() && !seen.insert(id).second) {
        check.Fail("id", "must be there once, was there twice");
      }
      MemberItem item;
      FillMember(check, kinds, id, item);
      if (check.reject()) {
        on_bad_("members", file.header, row, *check.reject());
      } else {
        file.lots += static_cast<std::uint64_t>(item.request.lots_size());
        item.row = row;
        file.items.push_back(std::move(item));
      }
    }
    for (const auto& [id, parts] : parts_) {
      if (seen.contains(id)) continue;
      for (const Parts::Source& orphan : parts.sources) {
        on_bad_(orphan.file, headers_[orphan.file], orphan.row,
                {"id", "INVALID_FIELD", "id: must be in the members file, was not"});
      }
    }
    return absl::OkStatus();
  }

 private:
  template <class Take>
  absl::Status ForRows(Columns& columns, Take take) {
    headers_[columns.file()] = columns.header();
    SourceRow row;
    while (true) {
      ASSIGN_OR_RETURN(const bool has_row, columns.Next(row));
      if (!has_row) return absl::OkStatus();
      RowCheck check(columns, row, options_.zone);
      const std::string id = check.Id();
      if (!check.reject()) {
        Parts& parts = parts_[id];
        parts.sources.push_back({columns.file(), row});
        take(check, parts);
      }
      if (!check.reject()) continue;
      on_bad_(columns.file(), columns.header(), row, *check.reject());
      bad_ids_.emplace(id, absl::StrCat(columns.file(), " row ", row.number));
    }
  }

  void FillMember(RowCheck& check, const std::vector<std::string>& kinds, const std::string& id,
                  MemberItem& item) {
    v1::ImportMemberRequest& request = item.request;
    request.set_program(options_.program);
    request.set_request_id(
        ImportRequestId("member", {options_.program, "", "", "", id}, options_.attempt));
    for (const std::string& kind : kinds) {
      const absl::string_view value = check.Text(kind);
      if (value.empty()) continue;
      const absl::StatusOr<v1::IdentityKey> identity =
          ParseIdentity(absl::StrCat(kind, ":", std::string(value)));
      if (identity.ok()) {
        *request.add_identities() = *identity;
      } else {
        check.Fail(kind, identity.status().message());
      }
    }
    if (!check.Text("channel").empty()) {
      const absl::StatusOr<v1::Channel> channel = ParseChannel(check.Text("channel"));
      if (channel.ok()) {
        request.set_channel(*channel);
      } else {
        check.Fail("channel", channel.status().message());
      }
    }
    request.set_store(std::string(check.Text("store")));
    if (!check.Text("enrolled_at").empty()) {
      check.Instant("enrolled_at", false, request.mutable_enrolled_at());
    }
    if (!check.Text("tier").empty()) {
      v1::OpeningTier& tier = *request.mutable_tier();
      tier.set_tier(std::string(check.Text("tier")));
      check.Instant("tier_since", true, tier.mutable_since());
      if (!check.Text("tier_review_at").empty()) {
        check.Instant("tier_review_at", false, tier.mutable_review_at());
      }
    }
    if (const auto bad = bad_ids_.find(id); bad != bad_ids_.end()) {
      check.Fail(
          "id", absl::StrCat("must have good rows in every file, was rejected with ", bad->second));
    }
    const auto parts = parts_.find(id);
    if (parts == parts_.end()) return;
    for (const v1::OpeningLot& lot : parts->second.lots) {
      *request.add_lots() = lot;
      item.points[lot.point_type()] += lot.amount();
    }
    for (const auto& [date, day] : parts->second.history) *request.add_history() = day;
  }

  const MemberFileOptions& options_;
  const OnBadRow on_bad_;
  std::map<std::string, std::vector<std::string>, std::less<>> headers_;  // of the other files
  PartsById parts_;
  absl::flat_hash_map<std::string, std::string> bad_ids_;  // and why
};

}  // namespace

absl::StatusOr<MemberFile> ReadMemberFile(const MemberFileOptions& options, ByteSource& members,
                                          ByteSource* lots, ByteSource* history, OnBadRow on_bad) {
  Reader reader(options, on_bad);
  MemberFile file;
  if (lots != nullptr) RETURN_IF_ERROR(reader.ReadLots(*lots));
  if (history != nullptr) RETURN_IF_ERROR(reader.ReadHistory(*history));
  RETURN_IF_ERROR(reader.ReadMembers(members, file));
  return file;
}

}  // namespace laurel::cli
