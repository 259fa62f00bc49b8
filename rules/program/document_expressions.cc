#include "rules/program/document_expressions.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/document_environment.h"
#include "rules/program/document_fields.h"
#include "rules/program/document_thresholds.h"
#include "rules/program/expression_check.h"
#include "rules/program/expression_shrink.h"
#include "rules/program/tier_logic.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr int kExponentDefault = 2;
constexpr std::uint64_t kItemsMax = 500;
constexpr std::uint64_t kProgramCostWarned = 200'000;
constexpr std::uint64_t kProgramCostMax = 2'000'000;

constexpr Roots kMoment = kMemberRoot | kMetricsRoot | kNowRoot | kVariablesRoot;
constexpr Roots kActivity = kMoment | kActivityRoot | kPurchaseRoot | kStoreRoot;
constexpr Roots kRule = kActivity | kItemsRoot;

class Checker {
 public:
  Checker(const v1::ProgramDocument& document, int exponent, Findings& findings)
      : document_(document),
        environment_(document, exponent),
        findings_(findings),
        logic_(document) {}

  void Check() {
    for (int i = 0; i < document_.metrics_size(); ++i) CheckMetric(i);
    for (int i = 0; i < document_.variables_size(); ++i) CheckVariable(i);
    for (int i = 0; i < document_.segments_size(); ++i) {
      Condition(In(At("segments", i), "when"), document_.segments(i).when(), kMoment);
    }
    const v1::Eligibility& eligibility = document_.eligibility();
    Condition("eligibility.when", eligibility.when(), kActivity);
    Selector("eligibility.items", eligibility.items(), kActivity);
    for (int i = 0; i < document_.earning_rules_size(); ++i) {
      CheckRule(At("earning_rules", i), document_.earning_rules(i), kRule);
    }
    for (int i = 0; i < document_.promotions_size(); ++i) {
      CheckRule(At("promotions", i), document_.promotions(i), kRule | kBaseRoot);
    }
    CheckTiers();
    CheckBenefits();
    CheckRewards();
    for (int i = 0; i < document_.badges_size(); ++i) {
      Condition(In(At("badges", i), "when"), document_.badges(i).when(), kRule);
    }
    CheckProgramCost();
    ReportUnused();
  }

 private:
  // Checks one expression if it is there and not wrong already.
  std::optional<CheckedExpression> Check(const std::string& text, const ExpressionUse& use) {
    if (text.empty() || findings_.IsWrong(use.path)) return std::nullopt;
    std::optional<CheckedExpression> checked = CheckExpression(text, use, environment_, findings_);
    if (checked) Note(checked->checked);
    return checked;
  }

  // Adds the names that an expression reads.
  void Note(const cel::CheckedAst& checked) { NoteExpr(checked, checked.root()); }
  void NoteExpr(const cel::CheckedAst& checked, const cel::Expr& expr) {
    const auto* const select = cel::As<cel::SelectExpr>(expr);
    if (select != nullptr && checked.TypeOf(*select->operand).kind() == cel::TypeKind::kStruct) {
      used_.insert(absl::StrCat(checked.TypeOf(*select->operand).name(), ".", select->field));
    }
    for (const cel::Expr* const child : cel::ChildrenOf(expr)) NoteExpr(checked, *child);
  }

  std::optional<CheckedExpression> Condition(const std::string& path, const std::string& text,
                                             Roots allowed,
                                             std::vector<std::string> triggers = {}) {
    auto checked = Check(text, {.path = path,
                                .result = cel::Type::Bool(),
                                .allowed = allowed,
                                .triggers = std::move(triggers)});
    if (checked) program_cost_ += checked->cost;
    return checked;
  }

  void Selector(const std::string& path, const std::string& text, Roots allowed,
                std::vector<std::string> triggers = {}) {
    const auto checked = Check(text, {.path = path,
                                      .result = cel::Type::Bool(),
                                      .allowed = allowed | kItemRoot,
                                      .triggers = std::move(triggers)});
    if (!checked) return;
    const std::uint64_t cost = kItemsMax * (1 + checked->cost);
    program_cost_ += cost;
    if (cost <= kExpressionCostMax) return;
    findings_.Error("R-COST-401", path,
                    absl::StrCat("this may cost ", cost, " units over ", kItemsMax,
                                 " items (limit ", kExpressionCostMax, ")"));
  }

  // An int whose unit is `unit`, or has none.
  void Amount(const std::string& path, const std::string& text, Roots allowed,
              std::vector<std::string> triggers, std::optional<Unit> unit) {
    const auto checked = Check(text, {.path = path,
                                      .result = cel::Type::Int(),
                                      .allowed = allowed,
                                      .triggers = std::move(triggers),
                                      .is_condition = false});
    if (!checked) return;
    program_cost_ += checked->cost;
    const Unit& actual = checked->result.unit;
    const bool is_plain = actual.kind == Unit::Kind::kNone || actual.kind == Unit::Kind::kLiteral ||
                          actual.kind == Unit::Kind::kCount;
    if (unit && !is_plain && !(actual == *unit)) {
      findings_.Error(
          "R-UNIT-242", path,
          actual.kind == Unit::Kind::kMoney
              ? "this is an amount of money, and points are wanted"
              : "this counts something else than the points that are wanted",
          actual.kind == Unit::Kind::kMoney ? "divide by the money that one point stands for" : "");
      return;
    }
    if (unit && checked->result.min < 0) {
      findings_.Info("R-NUM-254", path, "this may be negative, which counts as zero");
    }
  }

  std::vector<std::string> TriggersOf(const v1::Rule& rule) const {
    if (rule.triggers().empty()) return {"purchase"};
    return {rule.triggers().begin(), rule.triggers().end()};
  }

  void CheckMetric(int index) {
    const v1::Metric& metric = document_.metrics(index);
    const std::string path = At("metrics", index);
    std::vector<std::string> triggers(metric.activities().begin(), metric.activities().end());
    if (triggers.empty()) triggers = {"purchase"};
    Condition(In(path, "where"), metric.where(), kActivityRoot | kPurchaseRoot | kStoreRoot,
              triggers);
    Selector(In(path, "items"), metric.items(), kActivityRoot | kPurchaseRoot | kStoreRoot,
             triggers);
  }

  void CheckVariable(int index) {
    const v1::Variable& variable = document_.variables(index);
    const auto checked =
        Check(variable.expression(), {.path = In(At("variables", index), "expression"),
                                      .allowed = kRule,
                                      .is_condition = false});
    if (!checked) {
      environment_.AddProgramVariable(variable.id(), cel::Type::Error(), {});
      return;
    }
    program_cost_ += checked->cost;
    VariableInfo info{.unit = checked->result.unit,
                      .roots = checked->roots & ~kVariablesRoot,
                      .cost = checked->cost,
                      .only = checked->only,
                      .elements = checked->result.elements};
    info.min = static_cast<std::int64_t>(checked->result.min);
    info.max = static_cast<std::int64_t>(checked->result.max);
    // What is read by its name is no literal any more.
    if (info.unit.kind == Unit::Kind::kLiteral) info.unit.kind = Unit::Kind::kNone;
    variable_drifts_[variable.id()] = DriftOf(checked->checked, variable_drifts_);
    environment_.AddProgramVariable(variable.id(), checked->checked.type(), std::move(info));
  }

  void CheckRule(const std::string& path, const v1::Rule& rule, Roots allowed) {
    const std::vector<std::string> triggers = TriggersOf(rule);
    const auto when = Condition(In(path, "when"), rule.when(), allowed, triggers);
    if (when && rule.on_return() != v1::Rule::ON_RETURN_KEEP &&
        DriftOf(when->checked, variable_drifts_).rises) {
      findings_.Info("R-REACH-506", In(path, "when"), "this can come true when items come back",
                     {"what a return takes back then depends on the order of returns"});
    }
    if (rule.has_earn()) {
      Amount(In(path, "earn.of"), rule.earn().of(), allowed, triggers, std::nullopt);
      Selector(In(path, "earn.items"), rule.earn().items(), allowed, triggers);
    }
    if (rule.has_multiply()) {
      Selector(In(path, "multiply.items"), rule.multiply().items(), allowed, triggers);
    }
    if (rule.has_bonus()) {
      Amount(In(path, "bonus.points"), rule.bonus().points(), allowed, triggers,
             UnitOfPoints(rule.bonus().point_type()));
    }
    for (int i = 0; i < rule.limits_size(); ++i) {
      Check(rule.limits(i).by(), {.path = In(At(In(path, "limits"), i), "by"),
                                  .result = cel::Type::String(),
                                  .allowed = allowed,
                                  .triggers = triggers,
                                  .is_condition = false});
    }
  }

  Unit UnitOfPoints(const std::string& type) const {
    const std::vector<std::string>& types = environment_.point_types();
    const auto found = std::find(types.begin(), types.end(), type);
    return {.kind = Unit::Kind::kPoints,
            .point_type = static_cast<std::size_t>(found - types.begin())};
  }

  // A tier with its conditions as floors, where they can be read as such.
  struct Level {
    int index = 0;
    std::int32_t rank = 0;
    std::optional<std::vector<MetricFloors>> qualify = {};
    std::optional<std::vector<MetricFloors>> retain = {};
  };

  std::optional<std::vector<MetricFloors>> TierCondition(const std::string& path,
                                                         const std::string& text) {
    const auto checked =
        Check(text, {.path = path, .result = cel::Type::Bool(), .allowed = kMoment});
    if (!checked) return std::nullopt;
    program_cost_ += checked->cost;
    auto floors = FloorsOf(checked->checked, environment_.currency_exponent());
    if (!floors) CheckMonotone(path);
    return floors;
  }

  void CheckMonotone(const std::string& path) {
    if (document_.tier_policy().crossing() == v1::TierPolicy::CROSSING_SPLIT_BASKET) {
      findings_.Error("R-TIER-604", path,
                      "SPLIT_BASKET needs conditions built of `metrics.x >= …` by && and ||");
    } else {
      findings_.Info("R-TIER-607", path,
                     "no progress towards this tier can be computed, only yes or no");
    }
  }

  void CheckTiers() {
    const int count = document_.tiers_size();
    std::vector<Level> levels(static_cast<std::size_t>(count));
    std::vector<const Level*> by_rank;
    for (int i = 0; i < count; ++i) {
      const v1::Tier& tier = document_.tiers(i);
      const std::string path = At("tiers", i);
      Level& level = levels[static_cast<std::size_t>(i)];
      level.index = i;
      level.rank = tier.rank();
      level.qualify = TierCondition(In(path, "qualify"), tier.qualify());
      level.retain = TierCondition(In(path, "retain"), tier.retain());
      Condition(In(path, "lifetime"), tier.lifetime(), kMoment);
      by_rank.push_back(&level);
    }
    std::stable_sort(by_rank.begin(), by_rank.end(),
                     [](const Level* a, const Level* b) { return a->rank < b->rank; });
    for (std::size_t i = 1; i < by_rank.size(); ++i) {
      CheckRetain(*by_rank[i]);
      if (i > 1) CheckOrder(*by_rank[i], *by_rank[i - 1]);
      CheckReachable(by_rank, i);
    }
    Condition("tier_policy.status_match.keep_if", document_.tier_policy().status_match().keep_if(),
              kMoment);
  }

  // Whoever qualifies should also pass the review.
  void CheckRetain(const Level& level) {
    if (!level.qualify || !level.retain) return;
    for (const MetricFloors& floors : *level.qualify) {
      if (logic_.Implies(floors, *level.retain)) continue;
      findings_.Report(Severity::kError, "R-TIER-602", In(At("tiers", level.index), "retain"),
                       {.is_known = false}, "`retain` is harder than `qualify`",
                       {.notes = {absl::StrCat("example: ", Describe(floors))}});
      return;
    }
  }

  void CheckOrder(const Level& level, const Level& lower) {
    if (!level.qualify || !lower.qualify) return;
    for (const MetricFloors& floors : *level.qualify) {
      if (logic_.Implies(floors, *lower.qualify)) continue;
      findings_.Report(Severity::kWarning, "R-TIER-603", In(At("tiers", level.index), "qualify"),
                       {.is_known = false},
                       absl::StrCat("a member can qualify for ", document_.tiers(level.index).id(),
                                    " without qualifying for ", document_.tiers(lower.index).id()),
                       {.notes = {absl::StrCat("example: ", Describe(floors))}});
      return;
    }
  }

  // Every way to the tier leads to a higher one.
  void CheckReachable(const std::vector<const Level*>& levels, std::size_t index) {
    const Level& level = *levels[index];
    if (!level.qualify) return;
    const auto is_passed = [&](const MetricFloors& floors) {
      if (!logic_.IsPossible(floors)) return true;
      for (std::size_t i = index + 1; i < levels.size(); ++i) {
        if (levels[i]->qualify && logic_.Implies(floors, *levels[i]->qualify)) return true;
      }
      return false;
    };
    if (!std::all_of(level.qualify->begin(), level.qualify->end(), is_passed)) return;
    const bool is_possible =
        std::any_of(level.qualify->begin(), level.qualify->end(),
                    [&](const MetricFloors& floors) { return logic_.IsPossible(floors); });
    const std::string& id = document_.tiers(level.index).id();
    findings_.Warning(
        "R-TIER-608", In(At("tiers", level.index), "qualify"),
        is_possible ? absl::StrCat("whoever qualifies for ", id, " qualifies for a higher tier")
                    : absl::StrCat("nobody can qualify for ", id,
                                   ": its windows have fewer days than it asks for"));
  }

  void CheckBenefits() {
    for (int i = 0; i < document_.benefits_size(); ++i) {
      const v1::Benefit& benefit = document_.benefits(i);
      const std::string path = At("benefits", i);
      Selector(In(path, "items"), benefit.items(), kMoment);
      for (int k = 0; k < benefit.grants_size(); ++k) {
        Condition(In(At(In(path, "grants"), k), "when"), benefit.grants(k).when(), kMoment);
      }
    }
  }

  void CheckRewards() {
    for (int i = 0; i < document_.rewards_size(); ++i) {
      Condition(In(At("rewards", i), "when"), document_.rewards(i).when(), kMoment);
    }
  }

  void CheckProgramCost() {
    if (program_cost_ <= kProgramCostWarned) return;
    const std::string message =
        absl::StrCat("all expressions together may cost ", program_cost_, " units an activity");
    if (program_cost_ > kProgramCostMax) {
      findings_.Error("R-COST-402", "", absl::StrCat(message, " (limit ", kProgramCostMax, ")"));
    } else {
      findings_.Warning("R-COST-402", "",
                        absl::StrCat(message, " (warned over ", kProgramCostWarned, ")"));
    }
  }

  void ReportUnused() {
    if (findings_.has_errors()) return;
    for (int i = 0; i < document_.variables_size(); ++i) {
      ReportUnused("Variables", "variables", At("variables", i), document_.variables(i).id());
    }
    const std::string& rollover = document_.tier_policy().rollover().metric();
    for (int i = 0; i < document_.metrics_size(); ++i) {
      if (document_.metrics(i).id() == rollover) continue;
      ReportUnused("Metrics", "metrics", At("metrics", i), document_.metrics(i).id());
    }
  }

  void ReportUnused(absl::string_view structure, absl::string_view group, const std::string& path,
                    const std::string& id) {
    if (used_.contains(absl::StrCat(structure, ".", id))) return;
    findings_.Info("R-NAME-108", In(path, "id"),
                   absl::StrCat(group, ".", id, " is defined and never used"));
  }

  const v1::ProgramDocument& document_;
  Environment environment_;
  Findings& findings_;
  const TierLogic logic_;
  std::set<std::string> used_;  // "Metrics.spend"
  VariableDrifts variable_drifts_;
  std::uint64_t program_cost_ = 0;
};

}  // namespace

void CheckExpressions(const v1::ProgramDocument& document, std::optional<int> exponent,
                      Findings& findings) {
  Checker(document, exponent.value_or(kExponentDefault), findings).Check();
}

}  // namespace laurel::rules
