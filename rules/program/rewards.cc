#include "rules/program/rewards.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "rules/cel/arena.h"
#include "rules/program/counters.h"
#include "rules/program/fact_frame.h"
#include "rules/program/rule_amounts.h"

namespace laurel::rules::model {
namespace {

PriceRefusal RefusalOf(const Reward& reward, FactFrame& frame, const Counters& counters) {
  const Timestamp now = frame.facts().activity.occurred_at;
  const bool is_entitled =
      IsActive(reward.active, now, frame.date(), frame.minute()) && frame.Test(reward.when);
  if (!is_entitled) return PriceRefusal::kNotEntitled;
  for (const Limit& limit : reward.limits) {
    if (limit.fires && counters.Left(*limit.fires) <= 0) return PriceRefusal::kLimitReached;
  }
  return PriceRefusal::kNone;
}

}  // namespace

absl::string_view ToString(PriceRefusal refusal) {
  switch (refusal) {
    case PriceRefusal::kNone:
      return "";
    case PriceRefusal::kNotEntitled:
      return "NOT_ENTITLED";
    case PriceRefusal::kLimitReached:
      return "LIMIT_REACHED";
  }
  return "";
}

absl::string_view ToString(PaymentBound bound) {
  switch (bound) {
    case PaymentBound::kOffered:
      return "OFFERED";
    case PaymentBound::kOrder:
      return "ORDER";
    case PaymentBound::kStep:
      return "STEP";
    case PaymentBound::kMinimum:
      return "MINIMUM";
  }
  return "";
}

RewardPrice PriceOf(const Model& model, const Facts& facts, std::size_t reward) {
  const Reward& one = model.rewards[reward];
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.Derive();
  RewardPrice price;
  price.refusal = RefusalOf(one, frame, Counters(model, facts));
  price.point_type = one.point_type;
  price.points = one.points;
  price.money = one.money;
  for (const auto& [tier, points] : one.tier_points) {
    if (tier <= facts.member.tier) price.points = std::min(price.points, points);
  }
  return price;
}

Payment PaymentOf(const Model& model, std::int64_t order, std::int64_t offered) {
  Payment payment;
  if (!model.pay || offered <= 0 || order <= 0) return payment;
  const PayWithPoints& pay = *model.pay;
  const std::int64_t payable = Proportion(order, pay.max_percent_micros, 100 * kMicros);
  const auto most = static_cast<std::int64_t>(
      std::min<absl::int128>(offered, absl::int128(payable / pay.money) * pay.points));
  payment.points = most;
  payment.bound = most == offered ? PaymentBound::kOffered : PaymentBound::kOrder;
  if (pay.step > 0 && payment.points % pay.step != 0) {
    payment.points -= payment.points % pay.step;
    payment.bound = PaymentBound::kStep;
  }
  if (payment.points < pay.minimum) {
    payment.points = 0;
    payment.bound = PaymentBound::kMinimum;
  }
  payment.money = Proportion(pay.money, payment.points, pay.points);
  if (payment.money == 0 && payment.points > 0) {
    // A step may be less than the smallest unit of money is worth.
    payment.points = 0;
    payment.bound = PaymentBound::kMinimum;
  }
  // Where the step is no multiple of the rate, the points of the last one may buy a part of a unit
  // of money, which is nothing. They stay with the member: whoever pays expects to keep what makes
  // no difference to the price. The step and the minimum bound what is put in and not what is left
  // of it, because to take a whole step less would pay less.
  const absl::int128 needed = absl::int128(payment.money) * pay.points;
  const auto fewest = static_cast<std::int64_t>((needed + pay.money - 1) / pay.money);
  if (fewest < payment.points) {
    payment.points = fewest;
    payment.bound = PaymentBound::kStep;
  }
  return payment;
}

}  // namespace laurel::rules::model
