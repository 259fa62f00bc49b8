#include "rules/program/document_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/amount.h"
#include "rules/program/currency.h"
#include "rules/program/document_catalog.h"
#include "rules/program/document_fields.h"
#include "rules/program/document_tiers.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr absl::string_view kSchema = "laurel.program.v1";
constexpr int kUnitCostDigits = 6;
constexpr std::int64_t kUnitCostMax = 1'000'000'000'000;  // a million of the currency
constexpr std::int64_t kPointsMicrosMax = 1'000'000'000'000;

// Lists of kinds that a purchase can count by.
constexpr std::array kLineKinds =
    std::to_array<absl::string_view>({"SALE", "FEE", "GIFT_CARD", "DEPOSIT"});

Clawback ClawbackOf(v1::PointType::Clawback clawback) {
  switch (clawback) {
    case v1::PointType::CLAWBACK_ARREARS:
      return Clawback::kArrears;
    case v1::PointType::CLAWBACK_PENDING_ONLY:
      return Clawback::kPendingOnly;
    default:
      return Clawback::kWithinBalance;
  }
}

bool IsSymbol(absl::string_view symbol) {
  return symbol.size() >= 2 && symbol.size() <= 12 &&
         std::all_of(symbol.begin(), symbol.end(), IsUpper);
}

class Checker {
 public:
  Checker(const v1::ProgramDocument& document, Findings& findings)
      : document_(document), findings_(findings), fields_(findings) {}

  Program Check() {
    CheckHead();
    CheckLabels();
    CheckPointTypes();
    CheckEligibility();
    CheckRules();
    CheckSections(document_, exponent_, point_types_, fields_);
    CheckTiers(document_, point_types_, fields_, program_);
    return std::move(program_);
  }

 private:
  void CheckHead() {
    if (fields_.Required("schema", document_.schema()) && document_.schema() != kSchema) {
      findings_.Error("R-SCHEMA-019", "schema",
                      absl::StrCat("must be ", kSchema, ", was ", Quoted(document_.schema())));
    }
    fields_.Id("id", document_.id(), IdForm::kProgram);
    fields_.Required("name", document_.name());
    fields_.Text("name", document_.name(), kNameCharactersMax);
    fields_.Text("description", document_.description(), kDescriptionCharactersMax);
    fields_.Text("owner", document_.owner(), kNameCharactersMax);
    CheckCurrency();
    CheckZone();
    CheckLateArrival();
    program_.id = document_.id();
    program_.name = document_.name();
    program_.currency = document_.currency();
    program_.time_zone = document_.time_zone();
  }

  void CheckCurrency() {
    const std::string& code = document_.currency();
    if (!fields_.Required("currency", code)) return;
    exponent_ = CurrencyExponent(code);
    if (exponent_) {
      program_.currency_exponent = *exponent_;
    } else {
      // XAU and its like were meant as written.
      const bool is_no_money = code.size() == 3 && code.front() == 'X';
      findings_.Error("R-SCHEMA-017", "currency",
                      absl::StrCat("must be an ISO 4217 code of money, was ", Quoted(code)),
                      is_no_money ? "" : DidYouMean(code, CurrencyCodes()));
    }
  }

  void CheckZone() {
    const std::string& zone = document_.time_zone();
    if (!fields_.Required("time_zone", zone)) return;
    if (const std::optional<Calendar> calendar = Calendar::Load(zone)) {
      program_.calendar = *calendar;
    } else {
      findings_.Error(
          "R-SCHEMA-018", "time_zone",
          absl::StrCat("must be an IANA name such as Europe/Berlin, was ", Quoted(zone)));
    }
  }

  void CheckLateArrival() {
    constexpr CivilDuration kDefault{30, CivilDuration::Unit::kDays};
    constexpr int kYearsMax = 200;
    program_.max_late_arrival_micros = kDefault.micros_max();
    if (document_.max_late_arrival().empty()) return;
    if (const auto duration =
            fields_.Duration("max_late_arrival", document_.max_late_arrival(), kYearsMax)) {
      program_.max_late_arrival_micros = duration->micros_max();
    }
  }

  void CheckLabels() {
    fields_.Limited("labels", document_.labels_size(), 64);
    // A proto map has no order; findings need one.
    const std::map<std::string, std::string> labels(document_.labels().begin(),
                                                    document_.labels().end());
    for (const auto& [key, value] : labels) {
      const std::string path = In("labels", absl::string_view(key).substr(0, 60));
      const bool is_key = !key.empty() && key.size() <= 40 && IsLower(key.front()) &&
                          std::all_of(key.begin(), key.end(), [](char c) {
                            return IsLower(c) || IsDigit(c) || c == '_' || c == '.' || c == '-';
                          });
      if (!is_key) {
        findings_.Error(
            "R-SCHEMA-015", path,
            absl::StrCat("key: must be 1 to 40 of a-z, 0-9, _, . and -, from a letter, was ",
                         Quoted(key)));
      }
      fields_.Text(path, value, kNameCharactersMax);
    }
  }

  void CheckPointTypes() {
    const std::string list = "point_types";
    if (document_.point_types().empty()) fields_.Missing(list);
    const int count = fields_.Limited(list, document_.point_types_size(), 16);
    for (int i = 0; i < count; ++i) CheckPointType(At(list, i), document_.point_types(i));
  }

  void CheckPointType(const std::string& path, const v1::PointType& type) {
    fields_.Id(In(path, "id"), type.id(), IdForm::kLower);
    point_types_.Add(In(path, "id"), type.id(), findings_);
    fields_.Required(In(path, "name"), type.name());
    fields_.Text(In(path, "name"), type.name(), kNameCharactersMax);
    CheckSymbol(In(path, "symbol"), type.symbol());
    if (type.kind() == v1::PointType::KIND_UNSPECIFIED) fields_.Missing(In(path, "kind"));
    if (type.decimals() < 0 || type.decimals() > 4) {
      findings_.Error("R-SCHEMA-012", In(path, "decimals"),
                      absl::StrCat("must be 0 to 4, was ", type.decimals()));
    }
    if (type.has_settlement()) {
      CheckSettlement(In(path, "settlement"), type.settlement(), fields_);
    }
    for (const auto& [field, text] :
         {std::pair("restored_life", &type.restored_life()), std::pair("notice", &type.notice())}) {
      constexpr int kYearsMax = 10;
      if (!text->empty()) fields_.Days(In(path, field), *text, kYearsMax);
    }
    const bool is_qualifying = type.kind() == v1::PointType::KIND_QUALIFYING;
    PointType checked;
    checked.id = type.id();
    checked.name = type.name();
    checked.symbol = type.symbol();
    checked.kind = is_qualifying ? PointKind::kQualifying : PointKind::kRedeemable;
    checked.decimals = std::clamp(type.decimals(), 0, 4);
    checked.clawback = ClawbackOf(type.clawback());
    checked.unit_cost_micros =
        CheckUnitCost(In(path, "unit_cost"), type.unit_cost(), is_qualifying);
    program_.point_types.push_back(std::move(checked));
    CheckExpiry(In(path, "expiry"), type, is_qualifying);
  }

  void CheckSymbol(const std::string& path, const std::string& symbol) {
    if (!fields_.Required(path, symbol)) return;
    if (!IsSymbol(symbol)) {
      findings_.Error("R-SCHEMA-015", path,
                      absl::StrCat("must be 2 to 12 of A-Z, was ", Quoted(symbol)));
      return;
    }
    const auto [taken, is_new] = symbols_.emplace(symbol, path);
    if (is_new) return;
    findings_.Error("R-SCHEMA-014", path,
                    absl::StrCat("must be another than ", taken->second, ", was ", Quoted(symbol)));
  }

  std::int64_t CheckUnitCost(const std::string& path, const std::string& cost, bool is_qualifying) {
    if (cost.empty()) return 0;
    if (is_qualifying) {
      findings_.Error("R-SCHEMA-020", path, "must not be given for QUALIFYING points");
      return 0;
    }
    return fields_.NotNegative(path, cost, kUnitCostDigits, kUnitCostMax).value_or(0);
  }

  void CheckExpiry(const std::string& path, const v1::PointType& type, bool is_qualifying) {
    if (is_qualifying && type.expiry_size() > 0) {
      findings_.Error("R-SCHEMA-020", path, "must not be given for QUALIFYING points",
                      "they never expire; the windows of metrics do that work");
      return;
    }
    const int count = fields_.Limited(path, type.expiry_size(), 8);
    for (int i = 0; i < count; ++i) CheckExpiryPolicy(At(path, i), type.expiry(i));
  }

  void CheckExpiryPolicy(const std::string& path, const v1::Expiry& expiry) {
    switch (expiry.policy()) {
      case v1::Expiry::POLICY_NEVER:
        break;
      case v1::Expiry::POLICY_ROLLING:
      case v1::Expiry::POLICY_INACTIVITY:
        fields_.Required(In(path, "after"), expiry.after());
        break;
      case v1::Expiry::POLICY_PERIOD_END:
        if (expiry.period() == v1::CALENDAR_UNSPECIFIED) fields_.Missing(In(path, "period"));
        break;
      case v1::Expiry::POLICY_FIXED_DATE:
        fields_.Required(In(path, "on"), expiry.on());
        break;
      default:
        return fields_.Missing(In(path, "policy"));
    }
    CheckExpiryParts(path, expiry);
  }

  void CheckExpiryParts(const std::string& path, const v1::Expiry& expiry) {
    const auto refuse = [&](absl::string_view field, absl::string_view owner) {
      findings_.Error("R-SCHEMA-020", In(path, field),
                      absl::StrCat("must be given only for ", owner));
    };
    if (!expiry.after().empty()) {
      constexpr int kYearsMax = 1'000;
      if (expiry.policy() == v1::Expiry::POLICY_NEVER) {
        refuse("after", "ROLLING, PERIOD_END, FIXED_DATE and INACTIVITY");
      } else {
        fields_.Days(In(path, "after"), expiry.after(), kYearsMax);
      }
    }
    if (expiry.period() != v1::CALENDAR_UNSPECIFIED &&
        expiry.policy() != v1::Expiry::POLICY_PERIOD_END) {
      refuse("period", "PERIOD_END");
    }
    if (!expiry.on().empty()) {
      if (expiry.policy() != v1::Expiry::POLICY_FIXED_DATE) {
        refuse("on", "FIXED_DATE");
      } else if (!ParseYearDay(expiry.on())) {
        findings_.Error("R-SCHEMA-013", In(path, "on"),
                        absl::StrCat("must be a day as MM-DD, was ", Quoted(expiry.on())));
      }
    }
  }

  // Each once.
  void CheckEligibility() {
    const v1::Eligibility& eligibility = document_.eligibility();
    const int count = fields_.Limited("eligibility.line_kinds", eligibility.line_kinds_size(),
                                      static_cast<int>(kLineKinds.size()));
    std::vector<std::string> seen;
    for (int i = 0; i < count; ++i) {
      CheckLineKind(At("eligibility.line_kinds", i), eligibility.line_kinds(i), seen);
    }
  }

  // `seen` are those before it.
  void CheckLineKind(const std::string& path, const std::string& name,
                     std::vector<std::string>& seen) {
    if (!fields_.Required(path, name)) return;
    if (std::find(kLineKinds.begin(), kLineKinds.end(), name) == kLineKinds.end()) {
      const std::vector<std::string> names(kLineKinds.begin(), kLineKinds.end());
      findings_.Error(
          "R-SCHEMA-010", path,
          absl::StrCat("must be one of ", absl::StrJoin(names, ", "), ", was ", Quoted(name)),
          DidYouMean(name, names));
      return;
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      findings_.Error("R-SCHEMA-014", path,
                      absl::StrCat("must be given once, was ", Quoted(name), " again"));
    }
    seen.push_back(name);
  }

  void CheckRules() {
    const std::string list = "earning_rules";
    const int count = fields_.Limited(list, document_.earning_rules_size(), 1'000);
    for (int i = 0; i < count; ++i) {
      const std::string path = At(list, i);
      const v1::Rule& rule = document_.earning_rules(i);
      if (rule.has_earn()) CheckEarn(In(path, "earn"), rule.earn());
    }
  }

  void CheckEarn(const std::string& path, const v1::Earn& earn) {
    if (fields_.Required(In(path, "point_type"), earn.point_type())) {
      point_types_.Find(In(path, "point_type"), earn.point_type(), findings_);
    }
    fields_.Positive(In(path, "points"), earn.points(), 6, kPointsMicrosMax);
    const std::optional<int> digits = DigitsOfPer(earn, exponent_);
    if (digits) fields_.Positive(In(path, "per"), earn.per(), *digits, kBasisMax);
  }

  const v1::ProgramDocument& document_;
  Findings& findings_;
  Fields fields_;
  Program program_;
  std::optional<int> exponent_;  // empty while the currency is unknown
  Names point_types_{"point type", "point_types"};
  absl::flat_hash_map<std::string, std::string> symbols_;  // to the path of the first
};

}  // namespace

Program CheckProgram(const v1::ProgramDocument& document, Findings& findings) {
  return Checker(document, findings).Check();
}

}  // namespace laurel::rules
