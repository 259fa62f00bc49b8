#include <utility>

#include "rules/program/compile_parts.h"

namespace laurel::rules::model {
namespace {

ExpiryPolicy::Kind KindOf(v1::Expiry::Policy policy) {
  switch (policy) {
    case v1::Expiry::POLICY_ROLLING:
    case v1::Expiry::POLICY_INACTIVITY:
      return ExpiryPolicy::Kind::kRolling;
    case v1::Expiry::POLICY_PERIOD_END:
      return ExpiryPolicy::Kind::kPeriodEnd;
    case v1::Expiry::POLICY_FIXED_DATE:
      return ExpiryPolicy::Kind::kFixedDate;
    default:
      return ExpiryPolicy::Kind::kNever;
  }
}

}  // namespace

Period PeriodOf(v1::Calendar calendar) {
  switch (calendar) {
    case v1::CALENDAR_WEEK:
      return Period::kWeek;
    case v1::CALENDAR_MONTH:
      return Period::kMonth;
    case v1::CALENDAR_QUARTER:
      return Period::kQuarter;
    case v1::CALENDAR_HALF_YEAR:
      return Period::kHalfYear;
    case v1::CALENDAR_YEAR:
      return Period::kYear;
    default:
      return Period::kDay;
  }
}

Settlement SettlementOf(const std::string& path, const v1::Settlement& from,
                        CompileContext& context) {
  Settlement settlement;
  switch (from.policy()) {
    case v1::Settlement::POLICY_AFTER:
      settlement.policy = Settlement::Policy::kAfter;
      break;
    case v1::Settlement::POLICY_ON_FULFILMENT:
      settlement.policy = Settlement::Policy::kOnFulfilment;
      break;
    case v1::Settlement::POLICY_ON_SETTLE:
      settlement.policy = Settlement::Policy::kOnSettle;
      break;
    default:
      break;
  }
  settlement.after =
      context.Duration(path + ".settlement.after", from.after()).value_or(CivilDuration());
  settlement.at_latest = context.Duration(path + ".settlement.at_latest", from.at_latest());
  settlement.hold_above = from.hold_above();
  return settlement;
}

std::vector<Expiry> ExpiryOf(const std::string& path, const Repeated<v1::Expiry>& from,
                             CompileContext& context) {
  std::vector<Expiry> policies;
  for (int i = 0; i < from.size(); ++i) {
    const std::string field = absl::StrCat(path, ".expiry[", i, "]");
    const CivilDuration after =
        context.Duration(field + ".after", from[i].after()).value_or(CivilDuration());
    Expiry expiry;
    expiry.policy.kind = KindOf(from[i].policy());
    expiry.policy.after_months = after.months();
    expiry.policy.after_days = after.days();
    expiry.policy.period = PeriodOf(from[i].period());
    if (!from[i].on().empty()) {
      const std::optional<YearDay> on = ParseYearDay(from[i].on());
      if (!on) context.Fail(field + ".on", "expected MM-DD");
      expiry.policy.on = on.value_or(YearDay());
    }
    expiry.is_inactivity = from[i].policy() == v1::Expiry::POLICY_INACTIVITY;
    expiry.from_award = from[i].from() == v1::Expiry::FROM_AWARD;
    expiry.activities.assign(from[i].activities().begin(), from[i].activities().end());
    policies.push_back(std::move(expiry));
  }
  return policies;
}

}  // namespace laurel::rules::model
