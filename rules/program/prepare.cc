#include "rules/program/prepare.h"

#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "rules/program/fact_frame.h"

namespace laurel::rules::model {
namespace {

using Visit = absl::FunctionRef<void(const Condition&)>;

void VisitTiers(const Model& model, Visit visit) {
  for (const Tier& tier : model.tiers) {
    visit(tier.qualify);
    visit(tier.retain);
    visit(tier.lifetime);
  }
  visit(model.tier_policy.match_keep_if);
}

void VisitDerived(const Model& model, Visit visit) {
  for (const Segment& segment : model.segments) visit(segment.when);
  for (const Variable& variable : model.variables) visit(variable.expression);
}

void VisitLimits(const std::vector<Limit>& limits, Visit visit) {
  for (const Limit& limit : limits) visit(limit.by);
}

void VisitRules(const Model& model, Visit visit) {
  for (const Rule& rule : model.rules) {
    visit(rule.when);
    VisitLimits(rule.limits, visit);
    if (const auto* earn = std::get_if<Earn>(&rule.effect)) visit(earn->of);
    if (const auto* bonus = std::get_if<Bonus>(&rule.effect)) visit(bonus->points);
  }
}

void VisitBenefits(const Model& model, Visit visit) {
  for (const Benefit& benefit : model.benefits) {
    for (const Grant& grant : benefit.grants) visit(grant.when);
  }
  for (const Reward& reward : model.rewards) {
    visit(reward.when);
    VisitLimits(reward.limits, visit);
  }
  for (const Badge& badge : model.badges) visit(badge.when);
}

// Conditions that amounts are made by, item by item.
void VisitSelectors(Model& model, absl::FunctionRef<void(Condition&)> visit) {
  for (Rule& rule : model.rules) {
    if (auto* earn = std::get_if<Earn>(&rule.effect)) visit(earn->items);
    if (auto* multiply = std::get_if<Multiply>(&rule.effect)) visit(multiply->items);
  }
  for (Benefit& benefit : model.benefits) visit(benefit.items);
}

void SetFootprints(Model& model) {
  const auto add_to = [&](Footprint& footprint) {
    return [&](const Condition& condition) {
      if (condition) footprint.Add(condition->plan.checked(), model.structs);
    };
  };
  const auto add = add_to(model.footprint);
  VisitTiers(model, add);
  VisitDerived(model, add);
  VisitRules(model, add);
  VisitBenefits(model, add);
  VisitSelectors(model, add);
  add(model.eligibility.when);
  add(model.eligibility.items);
  for (const Metric& metric : model.metrics) {
    add(metric.where);
    add(metric.items);
  }

  const auto add_tier = add_to(model.tier_footprint);
  VisitTiers(model, add_tier);
  const bool is_derived = model.tier_footprint.Reads(kVariableFacts) ||
                          model.tier_footprint.Reads(kMemberFacts, kSegmentsSlot);
  if (is_derived) VisitDerived(model, add_tier);
}

// What a selector reads beside the item must stay the same from the first rule to the last.
bool IsSteady(const Model& model, const Expression& expression) {
  Footprint footprint;
  footprint.Add(expression.plan.checked(), model.structs);
  return !footprint.Reads(kBaseFacts) && !footprint.Reads(kMetricFacts);
}

void NumberSelectors(Model& model) {
  std::map<std::string, std::uint32_t> numbers;
  VisitSelectors(model, [&](Condition& items) {
    if (!items || !IsSteady(model, *items)) return;
    const auto next = static_cast<std::uint32_t>(numbers.size());
    items->selector = numbers.try_emplace(items->text, next).first->second;
  });
  model.selector_count = numbers.size();
}

}  // namespace

void Prepare(Model& model) {
  SetFootprints(model);
  NumberSelectors(model);
  model.selection = SelectionOf(model);
}

}  // namespace laurel::rules::model
