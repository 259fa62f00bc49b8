#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/amount.h"
#include "rules/program/document_catalog.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr std::int64_t kPointsMicrosMax = 1'000'000'000'000;
constexpr std::int64_t kFactorMicrosMax = 1'000'000'000;
constexpr std::int64_t kMicros = 1'000'000;

class Checker {
 public:
  explicit Checker(SectionContext& context)
      : context_(context),
        document_(context.document),
        fields_(context.fields),
        findings_(context.fields.findings()) {}

  void Check() {
    CheckGroups();
    CheckCount();
    AddRules("earning_rules", document_.earning_rules());
    AddRules("promotions", document_.promotions());
    for (int i = 0; i < document_.rewards_size(); ++i) {
      context_.catalog.rewards.AddQuietly(document_.rewards(i).id());
    }
    for (int i = 0; i < document_.earning_rules_size(); ++i) {
      CheckEarningRule(At("earning_rules", i), document_.earning_rules(i));
    }
    for (int i = 0; i < document_.promotions_size(); ++i) {
      CheckPromotion(At("promotions", i), document_.promotions(i));
    }
    CheckMembers();
    CheckCaps();
  }

 private:
  using RuleList = google::protobuf::RepeatedPtrField<v1::Rule>;

  void CheckGroups() {
    const int count = fields_.Limited("stacking_groups", document_.stacking_groups_size(), 64);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("stacking_groups", i);
      const v1::StackingGroup& group = document_.stacking_groups(i);
      fields_.Id(In(path, "id"), group.id(), IdForm::kAny);
      context_.catalog.groups.Add(In(path, "id"), group.id(), findings_);
      if (group.mode() == v1::StackingGroup::MODE_UNSPECIFIED) fields_.Missing(In(path, "mode"));
    }
  }

  void CheckCount() {
    fields_.Limited("promotions", document_.promotions_size() + document_.earning_rules_size(),
                    1'000);
  }

  void AddRules(const std::string& list, const RuleList& rules) {
    for (int i = 0; i < rules.size(); ++i) {
      const std::string path = At(list, i);
      context_.catalog.AddShared(In(path, "id"), rules[i].id(), context_.catalog.rules, fields_);
    }
  }

  // What earning rules and promotions share.
  void CheckRule(const std::string& path, const v1::Rule& rule) {
    fields_.Text(In(path, "name"), rule.name(), kNameCharactersMax);
    fields_.Text(In(path, "description"), rule.description(), kDescriptionCharactersMax);
    fields_.Limited(In(path, "explain"), rule.explain_size(), 32);
    const int triggers = fields_.Limited(In(path, "triggers"), rule.triggers_size(), 64);
    for (int i = 0; i < triggers; ++i) {
      context_.catalog.activity_types.Find(At(In(path, "triggers"), i), rule.triggers(i),
                                           findings_);
    }
    if (rule.has_active()) CheckActive(In(path, "active"), rule.active(), fields_);
    if (rule.has_bonus()) CheckBonus(In(path, "bonus"), rule.bonus());
    if (rule.has_lot()) CheckLot(In(path, "lot"), rule.lot());
    CheckLimits(In(path, "limits"), rule);
    if (rule.has_budget()) {
      fields_.Between(In(path, "budget.total"), rule.budget().total(), 1, kLineMax);
    }
    fields_.Between(In(path, "canary_basis_points"), rule.canary_basis_points(), 0, 10'000);
    fields_.Between(In(path, "priority"), rule.priority(), 0, 1'000'000);
  }

  void CheckEffect(const std::string& path, const v1::Rule& rule, absl::string_view effects) {
    if (rule.effect_case() != v1::Rule::EFFECT_NOT_SET) return;
    for (const char* const effect : {"earn", "multiply", "bonus", "issue"}) {
      if (findings_.IsWrong(In(path, effect))) return;
    }
    findings_.Error("R-SCHEMA-021", path, "must have exactly one effect, had none",
                    absl::StrCat("add ", effects));
  }

  void CheckEarningRule(const std::string& path, const v1::Rule& rule) {
    CheckRule(path, rule);
    CheckEffect(path, rule, "`earn` or `bonus`");
    Refuse(In(path, "multiply"), rule.has_multiply());
    Refuse(In(path, "issue"), rule.has_issue());
    Refuse(In(path, "stacking_group"), !rule.stacking_group().empty());
    Refuse(In(path, "priority"), rule.priority() != 0);
    Refuse(In(path, "funding"), !rule.funding().empty());
  }

  void Refuse(const std::string& path, bool is_given) {
    if (is_given) findings_.Error("R-SCHEMA-020", path, "must be given only for promotions");
  }

  void CheckPromotion(const std::string& path, const v1::Rule& rule) {
    CheckRule(path, rule);
    CheckEffect(path, rule, "`earn`, `multiply`, `bonus` or `issue`");
    if (rule.has_earn()) CheckEarn(In(path, "earn"), rule.earn());
    if (rule.has_multiply()) CheckMultiply(In(path, "multiply"), rule.multiply());
    if (rule.has_issue()) CheckIssue(In(path, "issue"), rule.issue());
    CheckGroup(path, rule);
    if (!rule.funding().empty()) {
      context_.catalog.funding.Find(In(path, "funding"), rule.funding(), findings_);
    }
    if (rule.limits().empty() && !rule.has_budget() && !rule.has_multiply() &&
        !IsUnderCap(rule.id())) {
      findings_.Warning("R-LIAB-641", path,
                        "this promotion has no limit, no budget and is under no cap",
                        "add `limits`, a `budget` or a cap");
    }
  }

  bool IsUnderCap(const std::string& id) const {
    return std::any_of(document_.caps().begin(), document_.caps().end(), [&](const v1::Cap& cap) {
      return cap.applies_to() != v1::Cap::APPLIES_TO_RULES ||
             std::find(cap.rules().begin(), cap.rules().end(), id) != cap.rules().end();
    });
  }

  void CheckGroup(const std::string& path, const v1::Rule& rule) {
    const std::string group = In(path, "stacking_group");
    if (rule.stacking_group().empty()) {
      if (findings_.IsWrong(group)) return;
      findings_.Error("R-GROUP-521", path, "a promotion must name a stacking group",
                      "a group of mode STACKED keeps all its promotions");
      return;
    }
    context_.catalog.groups.Find(group, rule.stacking_group(), findings_);
  }

  void CheckPointType(const std::string& path, const std::string& type) {
    if (fields_.Required(path, type)) context_.point_types.Find(path, type, findings_);
  }

  void CheckEarn(const std::string& path, const v1::Earn& earn) {
    CheckPointType(In(path, "point_type"), earn.point_type());
    fields_.Positive(In(path, "points"), earn.points(), 6, kPointsMicrosMax);
    const std::optional<int> digits = DigitsOfPer(earn, context_.exponent);
    if (digits) fields_.Positive(In(path, "per"), earn.per(), *digits, kBasisMax);
    if (earn.rounding() == v1::Earn::ROUNDING_CARRY) {
      findings_.Error("R-SCHEMA-020", In(path, "rounding"),
                      "CARRY must be given only for earning rules");
    }
  }

  void CheckMultiply(const std::string& path, const v1::Multiply& multiply) {
    if (fields_.Required(In(path, "rule"), multiply.rule())) {
      const auto index = context_.catalog.rules.Find(In(path, "rule"), multiply.rule(), findings_);
      if (index && !IsEarn(*index)) {
        findings_.Error(
            "R-REWARD-624", In(path, "rule"),
            absl::StrCat("must be an earning rule with `earn`, was ", Quoted(multiply.rule())));
      }
    }
    const auto by = fields_.Positive(In(path, "by"), multiply.by(), 6, kFactorMicrosMax);
    if (by && *by <= kMicros) {
      findings_.Error("R-SCHEMA-012", In(path, "by"),
                      absl::StrCat("must be more than 1, was ", Quoted(multiply.by())),
                      "factors below 1 do not exist; to exclude items, select others");
    }
  }

  bool IsEarn(std::size_t rule) const {
    return rule < static_cast<std::size_t>(document_.earning_rules_size()) &&
           document_.earning_rules(static_cast<int>(rule)).has_earn();
  }

  void CheckBonus(const std::string& path, const v1::Bonus& bonus) {
    CheckPointType(In(path, "point_type"), bonus.point_type());
    fields_.Required(In(path, "points"), bonus.points());
  }

  void CheckIssue(const std::string& path, const v1::Issue& issue) {
    fields_.Between(In(path, "quantity"), issue.quantity(), 0, 100);
    constexpr int kYearsMax = 10;
    if (!issue.valid_for().empty()) {
      fields_.Days(In(path, "valid_for"), issue.valid_for(), kYearsMax);
    }
    if (!fields_.Required(In(path, "reward"), issue.reward())) return;
    const auto index = context_.catalog.rewards.Find(In(path, "reward"), issue.reward(), findings_);
    if (!index) return;
    const v1::Reward::Class type = document_.rewards(static_cast<int>(*index)).class_();
    if (type == v1::Reward::CLASS_VOUCHER || type == v1::Reward::CLASS_VIRTUAL) return;
    findings_.Error(
        "R-REWARD-621", In(path, "reward"),
        absl::StrCat("must be a reward of class VOUCHER or VIRTUAL, was ", Quoted(issue.reward())));
  }

  void CheckLot(const std::string& path, const v1::Lot& lot) {
    if (lot.has_settlement()) CheckSettlement(In(path, "settlement"), lot.settlement(), fields_);
    const int count = fields_.Limited(In(path, "expiry"), lot.expiry_size(), 8);
    for (int i = 0; i < count; ++i) {
      CheckLotExpiry(At(In(path, "expiry"), i), lot.expiry(i), fields_);
    }
  }

  void CheckLimits(const std::string& path, const v1::Rule& rule) {
    Names names("limit", path);
    const int count = fields_.Limited(path, rule.limits_size(), 16);
    for (int i = 0; i < count; ++i) {
      CheckLimit(At(path, i), rule.limits(i), rule.limits_size() > 1, fields_);
      names.Add(In(At(path, i), "id"), rule.limits(i).id(), findings_);
    }
  }

  // The members of each group together.
  void CheckMembers() {
    for (int i = 0; i < document_.stacking_groups_size(); ++i) {
      const v1::StackingGroup& group = document_.stacking_groups(i);
      if (group.mode() == v1::StackingGroup::MODE_HIGHEST) CheckHighest(group.id());
      if (group.mode() == v1::StackingGroup::MODE_FIRST_ELIGIBLE) CheckPriorities(group.id());
    }
  }

  std::string PointTypeOf(const v1::Rule& rule) const {
    if (rule.has_earn()) return rule.earn().point_type();
    if (rule.has_bonus()) return rule.bonus().point_type();
    for (const v1::Rule& base : document_.earning_rules()) {
      if (rule.has_multiply() && base.id() == rule.multiply().rule()) {
        return base.earn().point_type();
      }
    }
    return "";
  }

  void CheckHighest(const std::string& group) {
    std::string type;
    for (int i = 0; i < document_.promotions_size(); ++i) {
      const v1::Rule& rule = document_.promotions(i);
      if (rule.stacking_group() != group) continue;
      const std::string path = In(At("promotions", i), "stacking_group");
      if (rule.has_issue()) {
        findings_.Error(
            "R-GROUP-522", path,
            absl::StrCat("a promotion with `issue` must not be in the HIGHEST group ", group));
      }
      const std::string other = PointTypeOf(rule);
      if (type.empty()) type = other;
      if (other.empty() || other == type) continue;
      findings_.Error("R-GROUP-522", path,
                      absl::StrCat("promotions of the HIGHEST group ", group,
                                   " must give points of one type, gave ", type, " and ", other));
    }
  }

  void CheckPriorities(const std::string& group) {
    absl::flat_hash_map<std::int32_t, std::string> owners;
    for (int i = 0; i < document_.promotions_size(); ++i) {
      const v1::Rule& rule = document_.promotions(i);
      if (rule.stacking_group() != group) continue;
      const auto [first, is_new] = owners.emplace(rule.priority(), rule.id());
      if (is_new) continue;
      findings_.Warning("R-GROUP-523", In(At("promotions", i), "priority"),
                        absl::StrCat(rule.id(), " has the same priority as ", first->second,
                                     " in the FIRST_ELIGIBLE group ", group),
                        "the lower id wins");
    }
  }

  void CheckCaps() {
    const int count = fields_.Limited("caps", document_.caps_size(), 100);
    Names names("cap", "caps");
    for (int i = 0; i < count; ++i) {
      const std::string path = At("caps", i);
      const v1::Cap& cap = document_.caps(i);
      context_.catalog.AddShared(In(path, "id"), cap.id(), names, fields_);
      CheckPointType(In(path, "point_type"), cap.point_type());
      fields_.Between(In(path, "max"), cap.max(), 1, kLineMax);
      if (cap.window() == v1::SPAN_UNSPECIFIED) fields_.Missing(In(path, "window"));
      const bool is_of_rules = cap.applies_to() == v1::Cap::APPLIES_TO_RULES;
      if (is_of_rules && cap.rules().empty()) fields_.Missing(In(path, "rules"));
      if (!is_of_rules && !cap.rules().empty()) {
        findings_.Error("R-SCHEMA-020", In(path, "rules"), "must be given only for RULES");
      }
      for (int k = 0; k < cap.rules_size(); ++k) {
        context_.catalog.rules.Find(At(In(path, "rules"), k), cap.rules(k), findings_);
      }
    }
  }

  SectionContext& context_;
  const v1::ProgramDocument& document_;
  Fields& fields_;
  Findings& findings_;
};

}  // namespace

std::optional<int> DigitsOfPer(const v1::Earn& earn, std::optional<int> exponent) {
  constexpr int kQuantityDigits = 6;
  if (!earn.of().empty()) return 0;
  return earn.basis() == v1::Earn::BASIS_QUANTITY ? kQuantityDigits : exponent;
}

void CheckRuleSections(SectionContext& context) { Checker(context).Check(); }

}  // namespace laurel::rules
