#include <utility>

#include "rules/program/compile_parts.h"

namespace laurel::rules::model {
namespace {

BenefitKind KindOf(v1::Benefit::Kind kind) {
  switch (kind) {
    case v1::Benefit::KIND_NUMBER:
      return BenefitKind::kNumber;
    case v1::Benefit::KIND_PERCENT:
      return BenefitKind::kPercent;
    case v1::Benefit::KIND_MONEY:
      return BenefitKind::kMoney;
    case v1::Benefit::KIND_DURATION:
      return BenefitKind::kDuration;
    case v1::Benefit::KIND_POINT_MULTIPLIER:
      return BenefitKind::kPointMultiplier;
    default:
      return BenefitKind::kFlag;
  }
}

Grant GrantOf(const std::string& path, const v1::Grant& from, BenefitKind kind,
              CompileContext& context) {
  Grant grant;
  if (!from.tier().empty()) {
    grant.tier = context.Find(path + ".tier", context.model.tiers, from.tier());
  }
  grant.when = context.Bool(path + ".when", from.when());
  grant.value = from.value();
  if (kind == BenefitKind::kPercent || kind == BenefitKind::kPointMultiplier) {
    grant.micros = context.Decimal(path + ".value", from.value(), 6);
  } else if (kind == BenefitKind::kMoney) {
    grant.micros = context.Money(path + ".value", from.value());
  }
  if (!from.max_money().empty())
    grant.max_money = context.Money(path + ".max_money", from.max_money());
  grant.quota = from.quota();
  grant.window = SpanOf(from.window());
  grant.is_off = from.is_off();
  if (kind == BenefitKind::kPointMultiplier && !grant.is_off && grant.micros < kMicros) {
    context.Fail(path + ".value", "expected at least 1");
  }
  return grant;
}

Benefit BenefitOf(const std::string& path, const v1::Benefit& from, CompileContext& context) {
  Benefit benefit;
  benefit.id = from.id();
  benefit.name = NameOf(from);
  benefit.kind = KindOf(from.kind());
  benefit.inherits = !from.has_inherits() || from.inherits();
  if (benefit.kind == BenefitKind::kPointMultiplier) {
    benefit.rule = context.Find(path + ".rule", context.model.rules, from.rule());
    if (context.status().ok() &&
        !std::holds_alternative<Earn>(context.model.rules[benefit.rule].effect)) {
      context.Fail(path + ".rule", "expected an earning rule with a rate");
    }
  }
  benefit.items = context.Bool(path + ".items", from.items());
  if (!from.stacking_group().empty()) {
    benefit.group =
        context.Find(path + ".stacking_group", context.model.groups, from.stacking_group());
  }
  benefit.priority = from.priority();
  for (int i = 0; i < from.grants_size(); ++i) {
    benefit.grants.push_back(
        GrantOf(absl::StrCat(path, ".grants[", i, "]"), from.grants(i), benefit.kind, context));
  }
  return benefit;
}

void SetReward(const std::string& path, const v1::Reward& from, CompileContext& context,
               Reward& reward) {
  reward.point_type = context.Find(path + ".price.point_type", context.model.point_types,
                                   from.price().point_type());
  reward.points = context.Points(path + ".price.points", from.price().points(), reward.point_type);
  reward.money = context.Money(path + ".price.money", from.price().money());
  for (const v1::TierPrice& price : from.tier_prices()) {
    const std::string field = path + ".tier_prices";
    const std::size_t tier = context.Find(field, context.model.tiers, price.tier());
    reward.tier_points.emplace_back(tier, context.Points(field, price.points(), reward.point_type));
  }
  reward.when = context.Bool(path + ".when", from.when());
  reward.active = ActiveOf(path + ".active", from.active(), context);
  reward.limits = LimitsOf(path, "reward/" + reward.id, from.limits(), context);
}

void AddPay(const v1::PayWithPoints& from, CompileContext& context) {
  PayWithPoints pay;
  pay.point_type =
      context.Find("pay_with_points.point_type", context.model.point_types, from.point_type());
  pay.points = context.Points("pay_with_points.points", from.points(), pay.point_type);
  pay.money = context.Money("pay_with_points.money", from.money());
  pay.minimum = context.Points("pay_with_points.minimum", from.minimum(), pay.point_type);
  pay.step = from.step().empty()
                 ? pay.points
                 : context.Points("pay_with_points.step", from.step(), pay.point_type);
  const std::string hold_for = from.hold_for().empty() ? "30 minutes" : from.hold_for();
  pay.hold_for = context.Duration("pay_with_points.hold_for", hold_for).value_or(CivilDuration());
  if (!from.max_percent().empty()) {
    pay.max_percent_micros = context.Decimal("pay_with_points.max_percent", from.max_percent(), 6);
  }
  if (pay.points <= 0 || pay.money <= 0) context.Fail("pay_with_points", "expected a rate");
  context.model.pay = pay;
}

}  // namespace

void AddBenefits(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.benefits_size(); ++i) {
    context.model.benefits.push_back(
        BenefitOf(absl::StrCat("benefits[", i, "]"), document.benefits(i), context));
  }
}

void AddRewards(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.rewards_size(); ++i) {
    SetReward(absl::StrCat("rewards[", i, "]"), document.rewards(i), context,
              context.model.rewards[static_cast<std::size_t>(i)]);
  }
  if (document.has_pay_with_points()) AddPay(document.pay_with_points(), context);
}

void AddBadges(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.badges_size(); ++i) {
    const v1::Badge& from = document.badges(i);
    Condition when = context.Bool(absl::StrCat("badges[", i, "].when"), from.when());
    context.model.badges.push_back(Badge{from.id(), std::move(when)});
  }
}

}  // namespace laurel::rules::model
