#include "rules/program/rule_amounts.h"

#include <algorithm>

#include "rules/program/functions.h"

namespace laurel::rules::model {
namespace {

constexpr std::int64_t kBasisMost = 1'000'000'000'000;

template <class T, class U>
bool Contains(const std::vector<T>& list, const U& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The day that a window of the day belongs to: one that wraps midnight belongs to its beginning.
std::optional<Date> WindowDay(const Active& active, Date date, int minute) {
  if (!active.time_from && !active.time_until) return date;
  const int from = active.time_from.value_or(0);
  const int until = active.time_until.value_or(24 * 60);
  if (from < until) {
    return from <= minute && minute < until ? std::optional(date) : std::nullopt;
  }
  if (minute >= from) return date;
  return minute < until ? std::optional(date.PlusDays(-1)) : std::nullopt;
}

cel::Arena& Emptied(cel::Arena& arena) {
  arena.Reset();
  return arena;
}

}  // namespace

bool IsCarryRule(const Rule& rule) {
  const auto* const earn = std::get_if<Earn>(&rule.effect);
  return earn != nullptr && earn->rate.rounding == Rounding::kCarry;
}

bool IsAwaited(const Model& model, absl::string_view type) {
  return std::any_of(model.rules.begin(), model.rules.end(),
                     [&](const Rule& rule) { return Contains(rule.triggers, type); });
}

void TakeOff(std::int64_t paid, std::span<ItemFact> items) {
  if (paid == 0) return;
  std::vector<std::int64_t> nets;
  std::int64_t sum = 0;
  for (const ItemFact& item : items) {
    nets.push_back(item.net);
    sum += item.net;
  }
  const std::vector<std::int64_t> shares = Shares(std::min(paid, sum), nets);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].net -= shares[i];
}

std::size_t PointTypeOf(const Model& model, const Rule& rule) {
  if (const auto* earn = std::get_if<Earn>(&rule.effect)) return earn->point_type;
  if (const auto* bonus = std::get_if<Bonus>(&rule.effect)) return bonus->point_type;
  if (const auto* multiply = std::get_if<Multiply>(&rule.effect)) {
    return PointTypeOf(model, model.rules[multiply->rule]);
  }
  return 0;
}

bool IsActive(const Active& active, Timestamp at, Date date, int minute) {
  if (active.from && at < *active.from) return false;
  if (active.until && at >= *active.until) return false;
  const std::optional<Date> day = WindowDay(active, date, minute);
  if (!day) return false;
  if (active.first_on && *day < *active.first_on) return false;
  if (active.last_on && *day > *active.last_on) return false;
  if (active.weekdays != 0 && (active.weekdays >> Weekday(*day) & 1u) == 0) return false;
  return active.dates.empty() || Contains(active.dates, *day);
}

RuleAmounts::RuleAmounts(const Model& model, const Facts& facts)
    : model_(model),
      facts_(facts),
      own_room_(std::make_unique<AmountsRoom>()),
      room_(*own_room_),
      frame_(model, facts, room_.arena) {
  Begin();
}

RuleAmounts::RuleAmounts(const Model& model, const Facts& facts, AmountsRoom& room)
    : model_(model), facts_(facts), room_(room), frame_(model, facts, Emptied(room.arena)) {
  Begin();
}

void RuleAmounts::Begin() {
  room_.gates.assign(model_.rules.size(), std::nullopt);
  // What counts is known before the variables, which may read it; eligibility may read both.
  room_.counting.clear();
  for (std::size_t i = 0; i < facts_.items.size(); ++i) {
    const bool has_kind = Contains(model_.eligibility.line_kinds, facts_.items[i].kind);
    if (has_kind && frame_.TestItem(model_.eligibility.items, i)) room_.counting.push_back(i);
  }
  frame_.SetCounting(room_.counting);
  frame_.Derive();
  is_eligible_ = frame_.Test(model_.eligibility.when);
}

bool RuleAmounts::HasTrigger(const Rule& rule) const {
  return Contains(rule.triggers, facts_.activity.type);
}

Outcome RuleAmounts::Gate(std::size_t rule) {
  if (room_.gates[rule]) return *room_.gates[rule];
  const Rule& one = model_.rules[rule];
  const auto decide = [&] {
    if (!is_eligible_) return Outcome::kNotEligible;
    const auto& paused = facts_.paused_rules;
    if (one.rollout == Rollout::kPaused ||
        std::find(paused.begin(), paused.end(), rule) != paused.end()) {
      return Outcome::kPaused;
    }
    if (!IsActive(one.active, facts_.activity.occurred_at, frame_.date(), frame_.minute())) {
      return Outcome::kNotActive;
    }
    const int holds = one.when ? frame_.Try(*one.when) : 1;
    if (holds < 0) return Outcome::kError;
    return holds == 1 ? Outcome::kAwarded : Outcome::kConditionFalse;
  };
  room_.gates[rule] = decide();
  return *room_.gates[rule];
}

Outcome RuleAmounts::Sample(const Rule& rule) const {
  if (rule.is_held_out && model_.holdout_basis_points > 0 &&
      BucketOf(model_, facts_, model_.holdout_salt) < model_.holdout_basis_points) {
    return Outcome::kHeldOut;
  }
  if (rule.canary_basis_points > 0 &&
      BucketOf(model_, facts_, rule.canary_salt) >= rule.canary_basis_points) {
    return Outcome::kNotInCanary;
  }
  return Outcome::kAwarded;
}

std::int64_t RuleAmounts::CarryOf(std::size_t rule) const {
  for (const CarryFact& carry : facts_.carries) {
    if (carry.rule == rule) return carry.micros;
  }
  return 0;
}

absl::string_view RuleAmounts::ByOf(const Limit& limit) {
  if (!limit.by) return "";
  const cel::Value by = frame_.Value(*limit.by);
  return by.is(cel::Kind::kString) ? by.text() : "";
}

std::optional<std::span<std::int64_t>> RuleAmounts::NewBases() {
  const std::size_t count = facts_.items.size();
  auto* const bases = room_.arena.AllocateArray<std::int64_t>(count);
  if (bases == nullptr) return std::nullopt;
  std::fill_n(bases, count, 0);
  return std::span(bases, count);
}

// Of an item that counts.
std::int64_t RuleAmounts::BaseOf(const Earn& earn, const Condition* also, std::size_t item) {
  if (!frame_.TestItem(earn.items, item)) return 0;
  if (also != nullptr && !frame_.TestItem(*also, item)) return 0;
  const ItemFact& fact = facts_.items[item];
  return earn.basis == Basis::kQuantity ? fact.quantity_micros
         : earn.basis == Basis::kList   ? fact.list
                                        : fact.net;
}

std::optional<std::int64_t> RuleAmounts::BasisOf(const Earn& earn, const Condition* also,
                                                 std::span<std::int64_t> bases) {
  std::int64_t sum = 0;
  bool is_in_range = true;
  for (const std::size_t i : frame_.counting()) {
    const std::int64_t base = BaseOf(earn, also, i);
    if (!bases.empty()) bases[i] = base;
    is_in_range = is_in_range && base >= 0 && base <= kBasisMost - sum;
    if (is_in_range) sum += base;
  }
  if (earn.basis != Basis::kExpression) return is_in_range ? std::optional(sum) : std::nullopt;
  const cel::Value value = frame_.Value(*earn.of);
  if (!value.is(cel::Kind::kInt) || value.int_value() > kBasisMost) return std::nullopt;
  return std::max<std::int64_t>(0, value.int_value());
}

std::optional<std::int64_t> RuleAmounts::BasisOf(const Earn& earn, const Condition* also,
                                                 const Part& part, std::span<std::int64_t> bases) {
  const std::optional<std::int64_t> basis = BasisOf(earn, also, bases);
  if (!basis || part.whole == 0) return basis;
  return Proportion(*basis, part.end, part.whole) - Proportion(*basis, part.begin, part.whole);
}

std::optional<std::int64_t> RuleAmounts::Basis(std::size_t rule, const Condition* also,
                                               const Part& part) {
  return BasisOf(std::get<Earn>(model_.rules[rule].effect), also, part, {});
}

std::optional<std::int64_t> RuleAmounts::Millionths(std::size_t rule) {
  const auto& earn = std::get<Earn>(model_.rules[rule].effect);
  const std::optional<std::int64_t> basis = BasisOf(earn, nullptr, {});
  return basis ? CarryMicros(earn.rate, *basis) : std::nullopt;
}

std::optional<Asked> RuleAmounts::AskEarn(std::size_t rule, const Earn& earn) {
  const std::optional<std::span<std::int64_t>> bases = NewBases();
  if (!bases) return std::nullopt;
  const std::optional<std::int64_t> basis = BasisOf(earn, nullptr, *bases);
  if (!basis) return std::nullopt;
  if (earn.rate.rounding == Rounding::kCarry) {
    const std::optional<std::int64_t> earned = CarryMicros(earn.rate, *basis);
    if (!earned) return std::nullopt;
    const std::int64_t points = AddToCarry(CarryOf(rule), *earned).points;
    if (points > kLineMax) return std::nullopt;
    return Asked{points, *bases};
  }
  const std::optional<std::int64_t> points = BasePoints(earn.rate, *basis);
  return points ? std::optional(Asked{*points, *bases}) : std::nullopt;
}

std::optional<std::int64_t> RuleAmounts::BaseOfPart(std::size_t rule, std::int64_t part,
                                                    std::int64_t whole) {
  const auto* const earn = std::get_if<Earn>(&model_.rules[rule].effect);
  if (earn == nullptr) return part > 0 ? Ask(rule).value_or(Asked()).points : 0;
  const std::optional<std::int64_t> basis = BasisOf(*earn, nullptr, {});
  if (!basis) return std::nullopt;
  const std::int64_t counted = Proportion(*basis, part, whole);
  if (earn->rate.rounding != Rounding::kCarry) return BasePoints(earn->rate, counted);
  const std::optional<std::int64_t> earned = CarryMicros(earn->rate, counted);
  return earned ? std::optional(AddToCarry(CarryOf(rule), *earned).points) : std::nullopt;
}

std::optional<Asked> RuleAmounts::Factor(std::size_t rule, const Condition& items,
                                         std::int64_t factor_micros, const Part& part) {
  const auto& earn = std::get<Earn>(model_.rules[rule].effect);
  const std::optional<std::span<std::int64_t>> bases = NewBases();
  if (!bases) return std::nullopt;
  const std::optional<std::int64_t> basis = BasisOf(earn, &items, part, *bases);
  if (!basis) return std::nullopt;
  const std::optional<std::int64_t> points = FactorPoints(earn.rate, factor_micros, *basis);
  return points ? std::optional(Asked{*points, *bases}) : std::nullopt;
}

std::optional<Asked> RuleAmounts::AskMultiply(const Multiply& multiply) {
  const Outcome gate = Gate(multiply.rule);
  const bool holds = gate == Outcome::kAwarded && HasTrigger(model_.rules[multiply.rule]);
  if (!holds) return Asked();
  return Factor(multiply.rule, multiply.items, multiply.by_micros, Part());
}

std::optional<Asked> RuleAmounts::AskBonus(const Bonus& bonus) {
  const cel::Value value = frame_.Value(*bonus.points);
  if (!value.is(cel::Kind::kInt) || value.int_value() > kLineMax) return std::nullopt;
  const std::optional<std::span<std::int64_t>> bases = NewBases();
  if (!bases) return std::nullopt;
  for (const std::size_t i : frame_.counting()) (*bases)[i] = facts_.items[i].net;
  return Asked{std::max<std::int64_t>(0, value.int_value()), *bases};
}

std::optional<Asked> RuleAmounts::Ask(std::size_t rule) {
  const auto& effect = model_.rules[rule].effect;
  if (const auto* earn = std::get_if<Earn>(&effect)) return AskEarn(rule, *earn);
  if (const auto* multiply = std::get_if<Multiply>(&effect)) return AskMultiply(*multiply);
  if (const auto* bonus = std::get_if<Bonus>(&effect)) return AskBonus(*bonus);
  return Asked{std::get<Issue>(effect).quantity, {}};
}

}  // namespace laurel::rules::model
