#include "rules/program/document_outline.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "laurel/program/v1/program.pb.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

RuleRollout RolloutOf(const v1::Rule& rule) {
  switch (rule.rollout()) {
    case v1::Rule::ROLLOUT_SHADOW:
      return RuleRollout::kShadow;
    case v1::Rule::ROLLOUT_PAUSED:
      return RuleRollout::kPaused;
    default:
      return RuleRollout::kLive;
  }
}

void AddRules(const google::protobuf::RepeatedPtrField<v1::Rule>& rules, bool are_promotions,
              Outline& outline) {
  for (const v1::Rule& rule : rules) {
    outline.rules.push_back(RuleOutline{.id = rule.id(),
                                        .name = rule.name(),
                                        .is_promotion = are_promotions,
                                        .rollout = RolloutOf(rule),
                                        .canary_basis_points = rule.canary_basis_points()});
  }
}

}  // namespace

const RuleOutline* Outline::FindRule(absl::string_view id) const {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const RuleOutline& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<std::string> Outline::MissingOfPlan() const {
  std::vector<std::string> missing;
  if (plan.goal.empty()) missing.push_back("plan.goal");
  if (plan.target.empty()) missing.push_back("plan.target");
  if (plan.check_on.empty()) missing.push_back("plan.check_on");
  return missing;
}

std::optional<Outline> OutlineOf(absl::string_view canonical) {
  v1::ProgramDocument document;
  const google::protobuf::StringPiece text(canonical.data(), canonical.size());
  if (!google::protobuf::util::JsonStringToMessage(text, &document).ok()) return std::nullopt;
  const v1::Plan& plan = document.plan();
  Outline outline;
  outline.program = document.id();
  outline.plan = PlanOutline{.goal = plan.goal(),
                             .kpi = plan.kpi(),
                             .target = plan.target(),
                             .check_on = plan.check_on(),
                             .holdout_basis_points = plan.holdout_basis_points(),
                             .rules = {plan.rules().begin(), plan.rules().end()}};
  AddRules(document.earning_rules(), false, outline);
  AddRules(document.promotions(), true, outline);
  return outline;
}

}  // namespace laurel::rules
