#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_join.h"
#include "rules/program/compile_parts.h"

namespace laurel::rules::model {
namespace {

unsigned WeekdayBit(CompileContext& context, const std::string& path, absl::string_view day) {
  constexpr std::array<absl::string_view, 7> kDays = {"MON", "TUE", "WED", "THU",
                                                      "FRI", "SAT", "SUN"};
  const auto found = std::find(kDays.begin(), kDays.end(), day);
  if (found != kDays.end()) return 2u << (found - kDays.begin());
  context.Fail(path, "expected MON to SUN");
  return 0;
}

Rounding RoundingOf(v1::Earn::Rounding rounding) {
  switch (rounding) {
    case v1::Earn::ROUNDING_HALF_UP:
      return Rounding::kHalfUp;
    case v1::Earn::ROUNDING_HALF_EVEN:
      return Rounding::kHalfEven;
    case v1::Earn::ROUNDING_UP:
      return Rounding::kUp;
    case v1::Earn::ROUNDING_CARRY:
      return Rounding::kCarry;
    default:
      return Rounding::kDown;
  }
}

Earn EarnOf(const std::string& path, const v1::Rule& rule, CompileContext& context) {
  const v1::Earn& from = rule.earn();
  Earn earn;
  earn.point_type =
      context.Find(path + ".point_type", context.model.point_types, from.point_type());
  earn.of = context.Int(path + ".of", from.of());
  earn.items = context.Bool(path + ".items", from.items());
  earn.basis = earn.of                                    ? Basis::kExpression
               : from.basis() == v1::Earn::BASIS_LIST     ? Basis::kList
               : from.basis() == v1::Earn::BASIS_QUANTITY ? Basis::kQuantity
                                                          : Basis::kNet;
  const int per_digits = earn.basis == Basis::kExpression ? 0
                         : earn.basis == Basis::kQuantity ? 6
                                                          : context.model.currency_exponent;
  earn.rate.points_micros = context.Decimal(path + ".points", from.points(), 6);
  earn.rate.unit = context.model.point_types[earn.point_type].unit;
  earn.rate.per = context.Decimal(path + ".per", from.per(), per_digits);
  if (earn.rate.per <= 0) context.Fail(path + ".per", "expected more than 0");
  earn.rate.rounding = RoundingOf(from.rounding());
  return earn;
}

Multiply MultiplyOf(const std::string& path, const v1::Rule& rule, CompileContext& context) {
  const v1::Multiply& from = rule.multiply();
  Multiply multiply;
  multiply.rule = context.Find(path + ".rule", context.model.rules, from.rule());
  if (context.status().ok() &&
      !std::holds_alternative<Earn>(context.model.rules[multiply.rule].effect)) {
    context.Fail(path + ".rule", "expected an earning rule with a rate");
  }
  multiply.by_micros = context.Decimal(path + ".by", from.by(), 6);
  if (multiply.by_micros < kMicros) context.Fail(path + ".by", "expected at least 1");
  multiply.items = context.Bool(path + ".items", from.items());
  return multiply;
}

Issue IssueOf(const std::string& path, const v1::Issue& from, CompileContext& context) {
  Issue issue;
  issue.reward = context.Find(path + ".reward", context.model.rewards, from.reward());
  issue.quantity = std::max(1, from.quantity());
  issue.valid_for = context.Duration(path + ".valid_for", from.valid_for());
  return issue;
}

void SetEffect(const std::string& path, const v1::Rule& from, CompileContext& context, Rule& rule) {
  switch (from.effect_case()) {
    case v1::Rule::kEarn:
      rule.effect = EarnOf(path + ".earn", from, context);
      return;
    case v1::Rule::kMultiply:
      rule.effect = MultiplyOf(path + ".multiply", from, context);
      return;
    case v1::Rule::kBonus: {
      Bonus bonus;
      bonus.point_type = context.Find(path + ".bonus.point_type", context.model.point_types,
                                      from.bonus().point_type());
      bonus.points = context.Int(path + ".bonus.points", from.bonus().points());
      if (!bonus.points) context.Fail(path + ".bonus.points", "expected an expression");
      rule.effect = std::move(bonus);
      return;
    }
    case v1::Rule::kIssue:
      rule.effect = IssueOf(path + ".issue", from.issue(), context);
      return;
    default:
      context.Fail(path, "expected one effect");
  }
}

// "base", "activity/review", "promotion/oat_week", or the source that the rule names.
void SetFunding(const std::string& path, const v1::ProgramDocument& document, const v1::Rule& from,
                CompileContext& context, Rule& rule) {
  if (!from.funding().empty()) {
    rule.source = context.Find(path + ".funding", context.model.sources, from.funding());
    if (!context.status().ok()) return;
    const bool is_partner = document.funding_sources(static_cast<int>(*rule.source)).kind() ==
                            v1::FundingSource::KIND_PARTNER;
    rule.funding = absl::StrCat(is_partner ? "partner/" : "promotion/", from.funding());
  } else if (rule.is_promotion) {
    rule.funding = absl::StrCat("promotion/", rule.id);
  } else {
    const std::string& trigger = rule.triggers.front();
    rule.funding = trigger == "purchase" ? "base" : absl::StrCat("activity/", trigger);
  }
}

Rule RuleOf(const std::string& path, const v1::ProgramDocument& document, const v1::Rule& from,
            bool is_promotion, CompileContext& context) {
  Rule rule;
  rule.id = from.id();
  rule.name = NameOf(from);
  rule.explain.assign(from.explain().begin(), from.explain().end());
  // A map of the document has no order of its own.
  std::sort(rule.explain.begin(), rule.explain.end());
  rule.is_promotion = is_promotion;
  rule.triggers.assign(from.triggers().begin(), from.triggers().end());
  if (rule.triggers.empty()) rule.triggers.push_back("purchase");
  rule.active = ActiveOf(path + ".active", from.active(), context);
  rule.when = context.Bool(path + ".when", from.when());
  SetEffect(path, from, context, rule);
  if (from.lot().has_settlement()) {
    rule.lot.settlement = SettlementOf(path + ".lot", from.lot().settlement(), context);
  }
  rule.lot.expiry = ExpiryOf(path + ".lot", from.lot().expiry(), context);
  if (!from.stacking_group().empty()) {
    rule.group =
        context.Find(path + ".stacking_group", context.model.groups, from.stacking_group());
  }
  rule.priority = from.priority();
  rule.limits = LimitsOf(path, rule.id, from.limits(), context);
  if (from.has_budget()) {
    rule.budget =
        Budget{context.model.counters.size(), OnExhaustedOf(from.budget().on_exhausted())};
    const Span window = from.budget().window() == v1::SPAN_UNSPECIFIED
                            ? Span::kPromotion
                            : SpanOf(from.budget().window());
    context.model.counters.push_back(Counter{.name = rule.id + ".budget",
                                             .scope = Scope::kProgram,
                                             .window = window,
                                             .counts_fires = false,
                                             .max = from.budget().total()});
  }
  SetFunding(path, document, from, context, rule);
  rule.rollout = from.rollout() == v1::Rule::ROLLOUT_SHADOW   ? Rollout::kShadow
                 : from.rollout() == v1::Rule::ROLLOUT_PAUSED ? Rollout::kPaused
                                                              : Rollout::kLive;
  rule.canary_salt = absl::StrCat("canary:", rule.id);
  rule.canary_basis_points = from.canary_basis_points();
  rule.keeps_on_return = from.on_return() == v1::Rule::ON_RETURN_KEEP;
  return rule;
}

}  // namespace

Span SpanOf(v1::Span span) {
  switch (span) {
    case v1::SPAN_ACTIVITY:
      return Span::kActivity;
    case v1::SPAN_DAY:
      return Span::kDay;
    case v1::SPAN_WEEK:
      return Span::kWeek;
    case v1::SPAN_MONTH:
      return Span::kMonth;
    case v1::SPAN_QUARTER:
      return Span::kQuarter;
    case v1::SPAN_YEAR:
      return Span::kYear;
    case v1::SPAN_MEMBER_YEAR:
      return Span::kMemberYear;
    case v1::SPAN_TIER_TERM:
      return Span::kTierTerm;
    case v1::SPAN_PROMOTION:
      return Span::kPromotion;
    default:
      return Span::kLifetime;
  }
}

Scope ScopeOf(v1::Per per) { return per == v1::PER_PROGRAM ? Scope::kProgram : Scope::kMember; }

OnExhausted OnExhaustedOf(v1::OnExhausted on_exhausted) {
  switch (on_exhausted) {
    case v1::ON_EXHAUSTED_WHOLE_ONLY:
      return OnExhausted::kWholeOnly;
    case v1::ON_EXHAUSTED_ALERT_ONLY:
      return OnExhausted::kAlertOnly;
    default:
      return OnExhausted::kPartial;
  }
}

Active ActiveOf(const std::string& path, const v1::Active& from, CompileContext& context) {
  Active active;
  active.first_on = context.Day(path + ".first_on", from.first_on());
  active.last_on = context.Day(path + ".last_on", from.last_on());
  active.from = context.Instant(path + ".from", from.from());
  active.until = context.Instant(path + ".until", from.until());
  for (const std::string& day : from.weekdays()) {
    active.weekdays |= WeekdayBit(context, path + ".weekdays", day);
  }
  active.time_from = context.Minute(path + ".time_from", from.time_from());
  active.time_until = context.Minute(path + ".time_until", from.time_until());
  for (const std::string& date : from.dates()) {
    if (const std::optional<Date> day = context.Day(path + ".dates", date)) {
      active.dates.push_back(*day);
    }
  }
  return active;
}

std::vector<Limit> LimitsOf(const std::string& path, const std::string& name,
                            const Repeated<v1::Limit>& from, CompileContext& context) {
  std::vector<Limit> limits;
  for (int i = 0; i < from.size(); ++i) {
    const std::string called = from[i].id().empty() ? name : absl::StrCat(name, ".", from[i].id());
    const auto add = [&](bool counts_fires, std::int64_t max) {
      context.model.counters.push_back(Counter{.name = called,
                                               .scope = ScopeOf(from[i].per()),
                                               .window = SpanOf(from[i].window()),
                                               .counts_fires = counts_fires,
                                               .max = max});
      return context.model.counters.size() - 1;
    };
    Limit limit;
    if (from[i].max_fires() > 0) limit.fires = add(true, from[i].max_fires());
    if (from[i].max_points() > 0) limit.points = add(false, from[i].max_points());
    limit.by = context.Text(absl::StrCat(path, ".limits[", i, "].by"), from[i].by());
    limits.push_back(std::move(limit));
  }
  return limits;
}

void AddRules(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.earning_rules_size(); ++i) {
    context.model.rules.push_back(RuleOf(absl::StrCat("earning_rules[", i, "]"), document,
                                         document.earning_rules(i), false, context));
  }
  for (int i = 0; i < document.promotions_size(); ++i) {
    context.model.rules.push_back(RuleOf(absl::StrCat("promotions[", i, "]"), document,
                                         document.promotions(i), true, context));
  }
}

}  // namespace laurel::rules::model
