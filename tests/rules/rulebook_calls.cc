#include "tests/rules/rulebook_calls.h"

#include "rules/program/evaluate.h"

namespace laurel::rules {
namespace {

const char* NameOf(LineKind kind) {
  constexpr const char* kNames[] = {"SALE", "RETURN", "VOID", "FEE", "GIFT_CARD", "DEPOSIT"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace

Evaluation Evaluate(const Rulebook& rulebook, const std::vector<Line>& lines,
                    absl::string_view at) {
  std::vector<std::vector<absl::string_view>> categories;
  for (const Line& line : lines) {
    categories.emplace_back(line.categories.begin(), line.categories.end());
  }
  std::vector<model::ItemFact> items;
  for (const Line& line : lines) {
    items.push_back({.line = static_cast<std::int32_t>(items.size()) + 1,
                     .kind = NameOf(line.kind),
                     .categories = categories[items.size()],
                     .net = line.net});
  }
  model::Facts facts;
  facts.activity.occurred_at = *ParseTimestamp(at);
  facts.items = items;
  const model::Evaluated evaluated = model::Evaluate(rulebook.model(), facts, {});
  Evaluation evaluation{.eligible_net = evaluated.eligible_net};
  for (const model::RuleResult& result : evaluated.outcomes) {
    evaluation.has_overflow |= result.outcome == model::Outcome::kError;
  }
  for (const model::AwardedLine& line : evaluated.lines) {
    const model::Rule& rule = rulebook.model().rules[line.rule];
    evaluation.lines.push_back(
        {line.rule, std::string(line.id), line.point_type, line.granted, rule.funding,
         model::LotTermsOf(rulebook.model(), line.point_type, &rule, *ParseTimestamp(at))});
  }
  return evaluation;
}

model::TierVerdict Judge(const Rulebook& rulebook, std::size_t earned,
                         std::span<const std::int64_t> metrics, model::Moment moment) {
  const std::vector<std::optional<std::int64_t>> known(metrics.begin(), metrics.end());
  model::Facts facts;
  facts.activity.occurred_at = *ParseTimestamp("2026-05-01T12:00:00Z");
  facts.metrics = known;
  model::TierState state;
  state.earned = earned;
  state.since = *ParseTimestamp("2025-05-01T12:00:00Z");
  return model::JudgeTier(rulebook.model(), facts, state, moment);
}

}  // namespace laurel::rules
