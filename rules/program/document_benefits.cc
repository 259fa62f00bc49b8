#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "laurel/program/v1/program.pb.h"
#include "rules/cel/pattern.h"
#include "rules/program/amount.h"
#include "rules/program/document_catalog.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kFactorMicrosMax = 1'000 * kMicros;
constexpr std::int64_t kPointsMicrosMax = 1'000'000 * kMicros;
constexpr int kDecimalDigits = 6;
constexpr int kYearsMax = 10;

class Checker {
 public:
  explicit Checker(SectionContext& context)
      : context_(context),
        document_(context.document),
        fields_(context.fields),
        findings_(context.fields.findings()) {}

  void Check() {
    CheckBenefits();
    CheckRewards();
    CheckPayment();
    CheckBadges();
  }

 private:
  void CheckBenefits() {
    const int count = fields_.Limited("benefits", document_.benefits_size(), 200);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("benefits", i);
      const v1::Benefit& benefit = document_.benefits(i);
      context_.catalog.AddShared(In(path, "id"), benefit.id(), context_.catalog.benefits, fields_);
      fields_.Text(In(path, "name"), benefit.name(), kNameCharactersMax);
      fields_.Between(In(path, "priority"), benefit.priority(), 0, 1'000'000);
      if (benefit.kind() == v1::Benefit::KIND_UNSPECIFIED) fields_.Missing(In(path, "kind"));
      CheckBenefitFields(path, benefit);
      if (benefit.grants().empty() && !findings_.IsWrong(In(path, "grants"))) {
        findings_.Error("R-REWARD-625", path, "a benefit must have grants, or nobody has it");
      }
      fields_.Limited(In(path, "grants"), benefit.grants_size(), 64);
      for (int k = 0; k < benefit.grants_size(); ++k) {
        CheckGrant(At(In(path, "grants"), k), benefit.kind(), benefit.grants(k));
      }
    }
  }

  void CheckBenefitFields(const std::string& path, const v1::Benefit& benefit) {
    const bool is_multiplier = benefit.kind() == v1::Benefit::KIND_POINT_MULTIPLIER;
    const bool is_discount =
        benefit.kind() == v1::Benefit::KIND_PERCENT || benefit.kind() == v1::Benefit::KIND_MONEY;
    OnlyFor(In(path, "rule"), !benefit.rule().empty(), is_multiplier, "POINT_MULTIPLIER");
    OnlyFor(In(path, "items"), !benefit.items().empty(), is_multiplier || is_discount,
            "PERCENT, MONEY and POINT_MULTIPLIER");
    OnlyFor(In(path, "stacking_group"), !benefit.stacking_group().empty(), is_discount,
            "PERCENT and MONEY");
    if (is_discount && !benefit.stacking_group().empty()) {
      context_.catalog.groups.Find(In(path, "stacking_group"), benefit.stacking_group(), findings_);
    }
    if (!is_multiplier || !fields_.Required(In(path, "rule"), benefit.rule())) return;
    const auto index = context_.catalog.rules.Find(In(path, "rule"), benefit.rule(), findings_);
    if (!index) return;
    const bool is_earn = *index < static_cast<std::size_t>(document_.earning_rules_size()) &&
                         document_.earning_rules(static_cast<int>(*index)).has_earn();
    if (is_earn) return;
    findings_.Error(
        "R-REWARD-624", In(path, "rule"),
        absl::StrCat("must be an earning rule with `earn`, was ", Quoted(benefit.rule())));
  }

  void OnlyFor(const std::string& path, bool is_given, bool is_allowed, absl::string_view owner) {
    if (!is_given || is_allowed) return;
    findings_.Error("R-SCHEMA-020", path, absl::StrCat("must be given only for ", owner));
  }

  void CheckGrant(const std::string& path, v1::Benefit::Kind kind, const v1::Grant& grant) {
    if (!grant.tier().empty()) {
      context_.catalog.tiers.Find(In(path, "tier"), grant.tier(), findings_);
    }
    fields_.Between(In(path, "quota"), grant.quota(), 0, 1'000'000);
    if (grant.quota() > 0 && grant.window() == v1::SPAN_UNSPECIFIED) {
      fields_.Missing(In(path, "window"));
    }
    OnlyFor(In(path, "window"), grant.window() != v1::SPAN_UNSPECIFIED, grant.quota() > 0,
            "a grant with `quota`");
    if (!grant.max_money().empty() && context_.exponent) {
      fields_.Positive(In(path, "max_money"), grant.max_money(), *context_.exponent, kBasisMax);
    }
    CheckValue(In(path, "value"), kind, grant);
  }

  void CheckValue(const std::string& path, v1::Benefit::Kind kind, const v1::Grant& grant) {
    const std::string& value = grant.value();
    if (findings_.IsWrong(path) || kind == v1::Benefit::KIND_UNSPECIFIED) return;
    if (kind == v1::Benefit::KIND_FLAG || grant.is_off()) {
      if (!value.empty()) {
        Misfit(path, grant.is_off() ? "a grant that is off has no value"
                                    : "a benefit of kind FLAG has no value");
      }
      return;
    }
    if (value.empty()) return fields_.Missing(path);
    if (!Fits(kind, value)) {
      Misfit(path, absl::StrCat("must be ", Describe(kind), ", was ", Quoted(value)));
    }
  }

  void Misfit(const std::string& path, std::string message) {
    findings_.Error("R-REWARD-621", path, std::move(message));
  }

  bool Fits(v1::Benefit::Kind kind, const std::string& value) const {
    const auto is_within = [&](int digits, std::int64_t min, std::int64_t max) {
      const Scaled number = ParseScaled(value, digits);
      return number.fit == Scaled::Fit::kExact && number.value >= min && number.value <= max;
    };
    switch (kind) {
      case v1::Benefit::KIND_NUMBER:
        return is_within(0, 0, kBasisMax);
      case v1::Benefit::KIND_PERCENT:
        return is_within(kDecimalDigits, 1, 100 * kMicros);
      case v1::Benefit::KIND_MONEY:
        return !context_.exponent || is_within(*context_.exponent, 1, kBasisMax);
      case v1::Benefit::KIND_DURATION:
        return ParseDuration(value).has_value();
      case v1::Benefit::KIND_POINT_MULTIPLIER:
        return is_within(kDecimalDigits, kMicros, kFactorMicrosMax);
      default:
        return true;
    }
  }

  static absl::string_view Describe(v1::Benefit::Kind kind) {
    switch (kind) {
      case v1::Benefit::KIND_NUMBER:
        return "a whole number";
      case v1::Benefit::KIND_PERCENT:
        return "a decimal more than 0 and at most 100";
      case v1::Benefit::KIND_MONEY:
        return "an amount of money";
      case v1::Benefit::KIND_DURATION:
        return "a duration such as 24 hours";
      default:
        return "a decimal from 1 to 1000";
    }
  }

  void CheckRewards() {
    Names names("reward", "rewards");
    const int count = fields_.Limited("rewards", document_.rewards_size(), 2'000);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("rewards", i);
      const v1::Reward& reward = document_.rewards(i);
      fields_.Id(In(path, "id"), reward.id(), IdForm::kLower);
      names.Add(In(path, "id"), reward.id(), findings_);
      fields_.Required(In(path, "name"), reward.name());
      fields_.Text(In(path, "name"), reward.name(), kNameCharactersMax);
      if (reward.class_() == v1::Reward::CLASS_UNSPECIFIED) fields_.Missing(In(path, "class"));
      CheckPrices(path, reward);
      if (reward.has_active()) CheckActive(In(path, "active"), reward.active(), fields_);
      for (int k = 0; k < fields_.Limited(In(path, "limits"), reward.limits_size(), 16); ++k) {
        CheckLimit(At(In(path, "limits"), k), reward.limits(k), reward.limits_size() > 1, fields_);
      }
      if (reward.has_stock()) fields_.Between(In(path, "stock"), reward.stock(), 0, kLineMax);
      CheckMoney(In(path, "worth"), reward.worth());
      CheckInstances(path, reward);
      CheckRewardFields(In(path, "fields"), reward);
      CheckBundle(path, i);
    }
  }

  void CheckMoney(const std::string& path, const std::string& money) {
    if (!money.empty() && context_.exponent) {
      fields_.NotNegative(path, money, *context_.exponent, kBasisMax);
    }
  }

  // The digits of a REDEEMABLE point type; nothing after a report.
  std::optional<int> SpendableDigits(const std::string& path, const std::string& type) {
    if (!fields_.Required(path, type)) return std::nullopt;
    const auto index = context_.point_types.Find(path, type, findings_);
    if (!index) return std::nullopt;
    const v1::PointType& points = document_.point_types(static_cast<int>(*index));
    if (points.kind() == v1::PointType::KIND_QUALIFYING) {
      findings_.Error("R-REWARD-622", path,
                      absl::StrCat(type, " are QUALIFYING points, which cannot be spent"));
    }
    return points.decimals();
  }

  void CheckPrices(const std::string& path, const v1::Reward& reward) {
    if (!reward.has_price()) return fields_.Missing(In(path, "price"));
    const std::string price = In(path, "price");
    const auto digits = SpendableDigits(In(price, "point_type"), reward.price().point_type());
    const auto points = fields_.NotNegative(In(price, "points"), reward.price().points(),
                                            digits.value_or(4), kLineMax);
    CheckMoney(In(price, "money"), reward.price().money());
    std::set<std::string> tiers;
    const std::string list = In(path, "tier_prices");
    for (int i = 0; i < fields_.Limited(list, reward.tier_prices_size(), 16); ++i) {
      const v1::TierPrice& tier = reward.tier_prices(i);
      const std::string at = At(list, i);
      if (fields_.Required(In(at, "tier"), tier.tier())) {
        context_.catalog.tiers.Find(In(at, "tier"), tier.tier(), findings_);
        if (!tiers.insert(tier.tier()).second) {
          findings_.Error("R-SCHEMA-014", In(at, "tier"),
                          absl::StrCat("must be given once, was ", Quoted(tier.tier()), " again"));
        }
      }
      const auto lower =
          fields_.NotNegative(In(at, "points"), tier.points(), digits.value_or(4), kLineMax);
      if (points && lower && *lower > *points) {
        findings_.Warning("R-REWARD-621", In(at, "points"),
                          absl::StrCat(tier.tier(), " would pay more than everyone else"));
      }
    }
  }

  void CheckInstances(const std::string& path, const v1::Reward& reward) {
    const bool is_instance = reward.class_() == v1::Reward::CLASS_VOUCHER ||
                             reward.class_() == v1::Reward::CLASS_VIRTUAL;
    OnlyFor(In(path, "valid_for"), !reward.valid_for().empty(), is_instance, "VOUCHER and VIRTUAL");
    OnlyFor(In(path, "uses"), reward.uses() != 0, is_instance, "VOUCHER and VIRTUAL");
    if (!reward.valid_for().empty()) {
      fields_.Duration(In(path, "valid_for"), reward.valid_for(), kYearsMax);
    }
    fields_.Between(In(path, "uses"), reward.uses(), 0, 1'000);
  }

  void CheckRewardFields(const std::string& list, const v1::Reward& reward) {
    Names names("field", list);
    const int count = fields_.Limited(list, reward.fields_size(), 16);
    for (int i = 0; i < count; ++i) {
      const std::string path = At(list, i);
      const v1::RewardField& field = reward.fields(i);
      fields_.Id(In(path, "id"), field.id(), IdForm::kAny);
      names.Add(In(path, "id"), field.id(), findings_);
      fields_.Between(In(path, "max_length"), field.max_length(), 0, 1'024);
      if (field.pattern().empty() || cel::Pattern::Parse(field.pattern())) continue;
      findings_.Error("R-TYPE-205", In(path, "pattern"),
                      absl::StrCat("must be a regular expression, was ", Quoted(field.pattern())));
    }
  }

  void CheckBundle(const std::string& path, int index) {
    const v1::Reward& reward = document_.rewards(index);
    const bool is_bundle = reward.class_() == v1::Reward::CLASS_BUNDLE;
    const std::string list = In(path, "includes");
    OnlyFor(list, reward.includes_size() > 0, is_bundle, "BUNDLE");
    if (is_bundle && reward.includes().empty()) fields_.Missing(list);
    for (int i = 0; i < fields_.Limited(list, reward.includes_size(), 16); ++i) {
      const v1::RewardPart& part = reward.includes(i);
      fields_.Between(In(At(list, i), "quantity"), part.quantity(), 0, 100);
      const std::string at = In(At(list, i), "reward");
      if (!fields_.Required(at, part.reward())) continue;
      const auto found = context_.catalog.rewards.Find(at, part.reward(), findings_);
      if (!found) continue;
      std::set<std::size_t> seen;
      if (Reaches(*found, static_cast<std::size_t>(index), seen)) {
        findings_.Error("R-REWARD-623", at,
                        absl::StrCat("the bundle ", reward.id(), " would contain itself"));
      }
    }
  }

  // Whether bundle `from` is, or contains, `target`.
  bool Reaches(std::size_t from, std::size_t target, std::set<std::size_t>& seen) const {
    if (from == target) return true;
    if (!seen.insert(from).second) return false;
    const std::vector<std::string>& ids = context_.catalog.rewards.ids();
    for (const v1::RewardPart& part : document_.rewards(static_cast<int>(from)).includes()) {
      const auto next = std::find(ids.begin(), ids.end(), part.reward());
      if (next == ids.end()) continue;
      if (Reaches(static_cast<std::size_t>(next - ids.begin()), target, seen)) return true;
    }
    return false;
  }

  void CheckPayment() {
    if (!document_.has_pay_with_points()) return;
    const std::string path = "pay_with_points";
    const v1::PayWithPoints& pay = document_.pay_with_points();
    const auto digits = SpendableDigits(In(path, "point_type"), pay.point_type());
    fields_.Positive(In(path, "points"), pay.points(), digits.value_or(4), kLineMax);
    if (context_.exponent) {
      fields_.Positive(In(path, "money"), pay.money(), *context_.exponent, kBasisMax);
    }
    for (const auto& [field, text] :
         {std::pair("minimum", &pay.minimum()), std::pair("step", &pay.step())}) {
      if (!text->empty()) {
        fields_.NotNegative(In(path, field), *text, digits.value_or(4), kLineMax);
      }
    }
    if (!pay.max_percent().empty()) {
      fields_.Positive(In(path, "max_percent"), pay.max_percent(), kDecimalDigits, 100 * kMicros);
    }
    if (!pay.hold_for().empty()) fields_.Duration(In(path, "hold_for"), pay.hold_for(), 1);
  }

  void CheckBadges() {
    const int count = fields_.Limited("badges", document_.badges_size(), 200);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("badges", i);
      const v1::Badge& badge = document_.badges(i);
      fields_.Id(In(path, "id"), badge.id(), IdForm::kAny);
      context_.catalog.badges.Add(In(path, "id"), badge.id(), findings_);
      fields_.Text(In(path, "name"), badge.name(), kNameCharactersMax);
      fields_.Required(In(path, "when"), badge.when());
      fields_.Between(In(path, "grade"), badge.grade(), 0, 1'000);
    }
  }

  SectionContext& context_;
  const v1::ProgramDocument& document_;
  Fields& fields_;
  Findings& findings_;
};

}  // namespace

void CheckBenefitSections(SectionContext& context) { Checker(context).Check(); }

}  // namespace laurel::rules
