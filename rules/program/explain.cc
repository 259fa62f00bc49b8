#include "rules/program/explain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/value.h"
#include "rules/program/condition_parts.h"

namespace laurel::rules::model {
namespace {

using cel::Expr;

// The facts that `expr` names, without those inside of loops.
void FactsIn(const Expr& expr, std::vector<const Expr*>& facts) {
  if (expr.kind == cel::ExprKind::kSelect) {
    facts.push_back(&expr);
    return;
  }
  if (expr.kind == cel::ExprKind::kComprehension) return;
  for (const Expr* child : cel::ChildrenOf(expr)) FactsIn(*child, facts);
}

std::string SeenIn(const Expression& expression, const Expr& conjunct, FactFrame& frame) {
  std::vector<const Expr*> facts;
  FactsIn(conjunct, facts);
  std::vector<std::string> seen;
  for (const Expr* fact : facts) {
    const auto* const select = cel::As<cel::SelectExpr>(fact);
    if (select->is_test) continue;
    const cel::Value value = frame.PartOf(expression, *fact);
    const std::string shown = value.is_error() ? "missing" : cel::DebugString(value);
    const std::string text = absl::StrCat(TextOf(expression, *fact), " was ", shown);
    if (std::find(seen.begin(), seen.end(), text) == seen.end()) seen.push_back(text);
  }
  return absl::StrJoin(seen, ", ");
}

std::string PointsText(const Model& model, std::size_t point_type, std::int64_t points) {
  return RenderScaled(points, model.point_types[point_type].decimals);
}

void AppendLine(const Model& model, const AwardedLine& line, std::string& text) {
  absl::StrAppend(&text, "  +", PointsText(model, line.point_type, line.granted), " ",
                  model.point_types[line.point_type].id, "  ", line.id);
  if (line.kind == LineKind::kTier) {
    absl::StrAppend(&text, "  factor ", RenderScaled(line.factor_micros, 6), " on ",
                    model.rules[line.rule].id);
  }
  if (line.granted != line.requested) {
    absl::StrAppend(&text, "  asked for ", PointsText(model, line.point_type, line.requested));
  }
  for (const Cut& cut : line.cuts) {
    absl::StrAppend(&text, "; ", model.counters[cut.counter].name, " took ",
                    PointsText(model, line.point_type, cut.points));
  }
  absl::StrAppend(&text, "\n");
}

void AppendReasons(const Rule& rule, FactFrame& frame, std::string& text) {
  if (!rule.when) return;
  for (const ConjunctTrace& trace : TraceOf(*rule.when, frame)) {
    if (trace.holds) continue;
    absl::StrAppend(&text, "; needs ", trace.text);
    if (!trace.seen.empty()) absl::StrAppend(&text, " (", trace.seen, ")");
  }
}

void AppendOutcome(const Model& model, const RuleResult& result, RuleAmounts& rules,
                   std::string& text) {
  const Rule& rule = model.rules[result.rule];
  absl::StrAppend(&text, "  ", rule.id, "  ", ToString(result.outcome));
  if (result.worth > 0) absl::StrAppend(&text, ", worth ", result.worth);
  if (result.outcome == Outcome::kLostInGroup && rule.group) {
    absl::StrAppend(&text, " in ", model.groups[*rule.group].id);
  }
  if (result.outcome == Outcome::kConditionFalse || result.outcome == Outcome::kError) {
    AppendReasons(rule, rules.frame(), text);
  }
  absl::StrAppend(&text, "\n");
}

}  // namespace

std::vector<ConjunctTrace> TraceOf(const Expression& condition, FactFrame& frame) {
  std::vector<ConjunctTrace> traces;
  for (const Expr* conjunct : ConjunctsOf(condition.plan.checked().root())) {
    const cel::Value value = frame.PartOf(condition, *conjunct);
    ConjunctTrace trace;
    trace.text = TextOf(condition, *conjunct);
    trace.holds = value.is(cel::Kind::kBool) && value.bool_value();
    trace.seen = SeenIn(condition, *conjunct, frame);
    traces.push_back(std::move(trace));
  }
  return traces;
}

std::string Explain(const Model& model, const Facts& facts, const Evaluated& evaluated) {
  RuleAmounts rules(model, facts);
  rules.frame().SetBase(PointsByType(model, evaluated, LineKind::kBase));
  std::string text;
  for (const AwardedLine& line : evaluated.lines) AppendLine(model, line, text);
  std::string not_applied;
  for (const RuleResult& result : evaluated.outcomes) {
    if (result.outcome != Outcome::kAwarded) AppendOutcome(model, result, rules, not_applied);
  }
  if (!not_applied.empty()) absl::StrAppend(&text, "not applied\n", not_applied);
  absl::StrAppend(&text, "tier ", model.tiers[evaluated.tier.shown].id, " ",
                  ToString(evaluated.tier.outcome));
  if (evaluated.tier.through)
    absl::StrAppend(&text, " through ", ToString(*evaluated.tier.through));
  absl::StrAppend(&text, "\n");
  return text;
}

}  // namespace laurel::rules::model
