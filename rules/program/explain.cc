#include "rules/program/explain.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/operators.h"
#include "rules/cel/value.h"
#include "rules/program/condition_parts.h"
#include "rules/program/counters.h"
#include "rules/program/progress.h"

namespace laurel::rules::model {
namespace {

using cel::Expr;

// A fact that an expression names.
struct NamedFact {
  const Expr* expr = nullptr;
  bool is_money = false;  // stands where the text writes money("20.00")
};

bool IsCallOf(const Expr& expr, std::initializer_list<absl::string_view> functions) {
  const auto* const call = cel::As<cel::CallExpr>(expr);
  return call != nullptr &&
         std::find(functions.begin(), functions.end(), call->function) != functions.end();
}

// Whether `expr` is an amount that is written with money(). What is added to it or compared with it
// is money, too: checked programs mix no units.
bool IsWrittenAsMoney(const Expression& expression, const Expr& expr) {
  using namespace cel::operators;  // NOLINT: their names say what they are
  if (absl::StartsWith(TextOf(expression, expr), "money(")) return true;
  if (!IsCallOf(expr, {kAdd, kSubtract, kNegate})) return false;
  const std::vector<const Expr*> children = cel::ChildrenOf(expr);
  return std::any_of(children.begin(), children.end(),
                     [&](const Expr* child) { return IsWrittenAsMoney(expression, *child); });
}

// The facts that `expr` names, without those inside of loops.
void FactsIn(const Expression& expression, const Expr& expr, bool is_money,
             std::vector<NamedFact>& facts) {
  using namespace cel::operators;  // NOLINT: their names say what they are
  if (expr.kind == cel::ExprKind::kSelect) return facts.push_back({&expr, is_money});
  if (expr.kind == cel::ExprKind::kComprehension) return;
  const std::vector<const Expr*> children = cel::ChildrenOf(expr);
  const bool is_sum = IsCallOf(expr, {kAdd, kSubtract, kNegate});
  const bool compares = IsCallOf(
      expr, {kEquals, kNotEquals, kLess, kLessEquals, kGreater, kGreaterEquals, kDivide, kModulo});
  const bool is_beside = (is_sum && is_money) ||
                         ((is_sum || compares) &&
                          std::any_of(children.begin(), children.end(), [&](const Expr* child) {
                            return IsWrittenAsMoney(expression, *child);
                          }));
  for (const Expr* child : children) FactsIn(expression, *child, is_beside, facts);
}

std::string Shown(const cel::Value& value, bool is_money, int money_digits) {
  if (value.is_error()) return "missing";
  if (!is_money || !value.is(cel::Kind::kInt)) return cel::DebugString(value);
  return RenderScaled(value.int_value(), money_digits);
}

std::string SeenIn(const Model& model, const Expression& expression, const Expr& conjunct,
                   FactFrame& frame) {
  std::vector<NamedFact> facts;
  FactsIn(expression, conjunct, false, facts);
  std::vector<std::string> seen;
  for (const NamedFact& fact : facts) {
    const auto* const select = cel::As<cel::SelectExpr>(fact.expr);
    if (select->is_test) continue;
    const cel::Value value = frame.PartOf(expression, *fact.expr);
    // Nobody is shown more of a sealed list than the condition asks.
    if (value.is(cel::Kind::kList)) continue;
    const std::string text = absl::StrCat(TextOf(expression, *fact.expr), " was ",
                                          Shown(value, fact.is_money, model.currency_exponent));
    if (std::find(seen.begin(), seen.end(), text) == seen.end()) seen.push_back(text);
  }
  return absl::StrJoin(seen, ", ");
}

// The trace of one evaluation, line by line.
class Trace {
 public:
  Trace(const Model& model, const Facts& facts, const Evaluated& evaluated)
      : model_(model), facts_(facts), evaluated_(evaluated), amounts_(model, facts) {
    amounts_.frame().SetBase(PointsByType(model, evaluated, LineKind::kBase));
  }

  Explanation Render() {
    Head();
    for (const AwardedLine& line : evaluated_.lines) {
      explained_.arithmetic.push_back(Arithmetic(line));
      Line(line, explained_.arithmetic.back());
    }
    for (const Voucher& voucher : evaluated_.vouchers) {
      Add("  +", voucher.quantity, " ", model_.rewards[voucher.reward].id, "  ",
          model_.rules[voucher.rule].id, "\n");
    }
    LeftOut();
    NotApplied();
    for (const Evaluated& badge : evaluated_.badge_awards) {
      Add("for a badge\n");
      for (const AwardedLine& line : badge.lines) Line(line, Arithmetic(line));
    }
    explained_.text = TakeText();
    amounts_.frame().SetMetrics(evaluated_.metrics_after);
    Tier();
    explained_.tier_text = TakeText();
    Retention();
    explained_.kept_text = TakeText();
    return std::move(explained_);
  }

 private:
  template <class... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&text_, parts...);
  }
  std::string TakeText() { return std::exchange(text_, std::string()); }

  std::string Points(std::size_t type, std::int64_t points) const {
    return RenderScaled(points, model_.point_types[type].decimals);
  }
  // Millionths of the smallest unit.
  std::string Exact(std::size_t type, std::int64_t micros) const {
    return RenderTrimmed(micros, 6 + model_.point_types[type].decimals);
  }
  std::string BasisText(const Earn& earn, std::int64_t basis) const {
    if (earn.basis == Basis::kQuantity) return RenderTrimmed(basis, 6);
    if (earn.basis == Basis::kExpression) return absl::StrCat(basis);
    return RenderScaled(basis, model_.currency_exponent);
  }

  // "Tue 2027-03-02 08:15 APP, purchase, GOLD"
  void Head() {
    constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const FactFrame& frame = amounts_.frame();
    const auto two = [](int number) { return absl::StrCat(number < 10 ? "0" : "", number); };
    Add(kDays[Weekday(frame.date()) - 1], " ", ToString(frame.date()), " ",
        two(frame.minute() / 60), ":", two(frame.minute() % 60), " ");
    if (!facts_.activity.channel.empty()) Add(facts_.activity.channel, ", ");
    Add(facts_.activity.type, ", ", model_.tiers[facts_.member.tier].id, "\n");
  }

  void Line(const AwardedLine& line, const std::string& arithmetic) {
    Add("  +", Points(line.point_type, line.granted), " ", model_.point_types[line.point_type].id,
        "  ", line.id, "  ", arithmetic);
    for (const Cut& cut : line.cuts) {
      Add("; ", model_.counters[cut.counter].name, " took ", Points(line.point_type, cut.points));
    }
    Add("\n");
  }

  std::string Arithmetic(const AwardedLine& line) {
    const Rule& rule = model_.rules[line.rule];
    if (line.kind == LineKind::kTier) {
      return Factor(line, line.rule, model_.benefits[line.benefit].items, line.factor_micros);
    }
    if (const auto* multiply = std::get_if<Multiply>(&rule.effect)) {
      return Factor(line, multiply->rule, multiply->items, multiply->by_micros);
    }
    if (const auto* earn = std::get_if<Earn>(&rule.effect)) return Rate(line, *earn);
    return Points(line.point_type, line.requested);
  }

  // "3 per 1.00 on 7.20: 21.6 -> 21"
  std::string Rate(const AwardedLine& line, const Earn& earn) {
    const std::int64_t basis = amounts_.Basis(line.rule, nullptr, Part()).value_or(0);
    std::string text = absl::StrCat(RenderTrimmed(earn.rate.points_micros, 6), " per ",
                                    BasisText(earn, earn.rate.per), " on ", BasisText(earn, basis));
    const bool carries = earn.rate.rounding == Rounding::kCarry;
    const std::int64_t carried = carries ? amounts_.CarryOf(line.rule) : 0;
    if (carried > 0) absl::StrAppend(&text, " and ", Exact(line.point_type, carried), " carried");
    if (const std::optional<std::int64_t> exact = CarryMicros(earn.rate, basis)) {
      absl::StrAppend(&text, ": ", Exact(line.point_type, *exact + carried));
    }
    absl::StrAppend(&text, " -> ", Points(line.point_type, line.requested));
    return text;
  }

  // "1.25: +25 % of base_beans on 7.20: 5.4 -> 5"
  std::string Factor(const AwardedLine& line, std::size_t base, const Condition& items,
                     std::int64_t factor_micros) {
    const auto& earn = std::get<Earn>(model_.rules[base].effect);
    const std::int64_t basis = amounts_.Basis(base, &items, line.part).value_or(0);
    std::string text = absl::StrCat(RenderTrimmed(factor_micros, 6), ": +",
                                    RenderTrimmed(factor_micros - kMicros, 4), " % of ",
                                    model_.rules[base].id, " on ", BasisText(earn, basis));
    if (line.part.whole > 0) {
      absl::StrAppend(&text, " (from ", RenderScaled(line.part.begin, model_.currency_exponent),
                      " to ", RenderScaled(line.part.end, model_.currency_exponent), ")");
    }
    if (const std::optional<std::int64_t> exact = FactorMicros(earn.rate, factor_micros, basis)) {
      absl::StrAppend(&text, ": ", Exact(line.point_type, *exact));
    }
    absl::StrAppend(&text, " -> ", Points(line.point_type, line.requested));
    return text;
  }

  // Items that do not count.
  void LeftOut() {
    const std::span<const std::size_t> counting = amounts_.frame().counting();
    for (std::size_t i = 0; i < facts_.items.size(); ++i) {
      if (std::find(counting.begin(), counting.end(), i) != counting.end()) continue;
      const ItemFact& item = facts_.items[i];
      Add("not eligible  line ", item.line, ", ", item.kind, " ",
          RenderScaled(item.net, model_.currency_exponent), "\n");
    }
  }

  void NotApplied() {
    bool is_first = true;
    for (const RuleResult& result : evaluated_.outcomes) {
      if (result.outcome == Outcome::kAwarded) continue;
      if (is_first) Add("not applied\n");
      is_first = false;
      Missed(result);
    }
  }

  void Missed(const RuleResult& result) {
    const Rule& rule = model_.rules[result.rule];
    explained_.missed.push_back(MissedRule{result.rule, result.outcome, result.worth, {}});
    Add("  ", rule.id, "  ", ToString(result.outcome));
    if (result.outcome == Outcome::kLostInGroup) Winner(rule);
    if (result.worth > 0) Add(", worth ", Points(PointTypeOf(model_, rule), result.worth));
    if (result.outcome == Outcome::kLimitReached) UsedLimits(rule);
    if (result.outcome == Outcome::kNotEligible) Reasons(model_.eligibility.when);
    if (result.outcome == Outcome::kConditionFalse || result.outcome == Outcome::kError) {
      Reasons(rule.when);
    }
    Add("\n");
  }

  void Winner(const Rule& rule) {
    Add(" in ", model_.groups[*rule.group].id);
    for (const AwardedLine& line : evaluated_.lines) {
      if (line.kind != LineKind::kPromotion || model_.rules[line.rule].group != rule.group)
        continue;
      Add(" to ", line.id, " (", Points(line.point_type, line.granted), ")");
    }
  }

  void UsedLimits(const Rule& rule) {
    const Counters counters(model_, facts_);
    for (const Limit& limit : rule.limits) {
      for (const std::optional<std::size_t>& counter : {limit.fires, limit.points}) {
        if (!counter) continue;
        const std::int64_t left = counters.Left(*counter, amounts_.ByOf(limit));
        if (left > 0) continue;
        const Counter& full = model_.counters[*counter];
        const std::int64_t used = full.max - left;
        Add("; ", full.name, " used ",
            full.counts_fires ? absl::StrCat(used, " of ", full.max)
                              : absl::StrCat(Points(PointTypeOf(model_, rule), used), " of ",
                                             Points(PointTypeOf(model_, rule), full.max)));
      }
    }
  }

  // The conjuncts that failed, with what they saw.
  void Reasons(const Condition& condition) {
    if (!condition) return;
    for (ConjunctTrace& trace : TraceOf(model_, *condition, amounts_.frame())) {
      if (trace.holds) continue;
      Add("; needs ", trace.text);
      if (!trace.seen.empty()) Add(" (", trace.seen, ")");
      explained_.missed.back().failing.push_back(std::move(trace));
    }
  }

  void Tier() {
    const TierVerdict& verdict = evaluated_.tier;
    Add("tier ", model_.tiers[verdict.shown].id, " ", ToString(verdict.outcome));
    if (verdict.through) Add(" through ", ToString(*verdict.through));
    Add("\n");
    if (verdict.shown + 1 < model_.tiers.size()) {
      Way(model_.tiers[verdict.shown + 1].id,
          ProgressOf(model_, verdict.shown + 1, amounts_.frame()));
    }
  }

  void Retention() {
    const std::size_t earned = evaluated_.tier.earned;
    if (earned > 0) Way("kept with", RetentionOf(model_, earned, amounts_.frame()));
  }

  // "  PLATINUM  stars_12m 640 of 1200: 560 short; visits_90d 31 of 20: reached"
  void Way(absl::string_view name, const std::optional<TierProgress>& progress) {
    if (!progress) return;
    Add("  ", name);
    for (std::size_t i = 0; i < progress->paths.size(); ++i) {
      Add(i == 0 ? "  " : " or ");
      const std::vector<ProgressPart>& parts = progress->paths[i].parts;
      for (std::size_t k = 0; k < parts.size(); ++k) {
        Add(k == 0 ? "" : "; ");
        Threshold(parts[k]);
      }
    }
    Add("\n");
  }

  void Threshold(const ProgressPart& part) {
    if (!part.metric) return Add(part.text, part.holds ? ": met" : ": not met");
    const Metric& metric = model_.metrics[*part.metric];
    Add(metric.id, " ", RenderScaled(part.have, metric.digits), " of ",
        RenderScaled(part.need, metric.digits), ": ");
    if (part.holds) return Add("reached");
    Add(RenderScaled(part.missing(), metric.digits), " short");
  }

  const Model& model_;
  const Facts& facts_;
  const Evaluated& evaluated_;
  RuleAmounts amounts_;
  Explanation explained_;
  std::string text_;
};

}  // namespace

std::vector<ConjunctTrace> TraceOf(const Model& model, const Expression& condition,
                                   FactFrame& frame) {
  std::vector<ConjunctTrace> traces;
  for (const Expr* conjunct : ConjunctsOf(condition.plan.checked().root())) {
    const cel::Value value = frame.PartOf(condition, *conjunct);
    ConjunctTrace trace;
    trace.text = TextOf(condition, *conjunct);
    trace.holds = value.is(cel::Kind::kBool) && value.bool_value();
    trace.seen = SeenIn(model, condition, *conjunct, frame);
    traces.push_back(std::move(trace));
  }
  return traces;
}

Explanation ExplainParts(const Model& model, const Facts& facts, const Evaluated& evaluated) {
  return Trace(model, facts, evaluated).Render();
}

std::string Explain(const Model& model, const Facts& facts, const Evaluated& evaluated) {
  const Explanation parts = ExplainParts(model, facts, evaluated);
  return absl::StrCat(parts.text, parts.tier_text, parts.kept_text);
}

}  // namespace laurel::rules::model
