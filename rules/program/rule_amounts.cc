#include "rules/program/rule_amounts.h"

#include <algorithm>
#include <bit>

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
  return model.selection.FindActivity(type) != nullptr;
}

void TakeOff(std::int64_t paid, std::span<ItemFact> items) {
  if (paid == 0) return;
  std::vector<std::int64_t> nets;
  std::int64_t sum = 0;
  for (const ItemFact& item : items) {
    // Goods that come back with the receipt, and cancelled lines, are not paid for.
    nets.push_back(item.kind == "RETURN" || item.kind == "VOID" ? 0 : item.net);
    sum += nets.back();
  }
  const std::vector<std::int64_t> shares = Shares(std::min(paid, sum), nets);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].net -= shares[i];
    items[i].taken_off = shares[i];
  }
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
      own_room_(std::make_unique_for_overwrite<AmountsRoom>()),
      room_(*own_room_),
      frame_(model, facts, room_.arena),
      triggered_(model.selection.FindActivity(facts.activity.type)),
      item_words_(BitWords(facts.items.size())) {
  Begin();
}

RuleAmounts::RuleAmounts(const Model& model, const Facts& facts, AmountsRoom& room)
    : model_(model),
      facts_(facts),
      room_(room),
      frame_(model, facts, Emptied(room.arena)),
      triggered_(model.selection.FindActivity(facts.activity.type)),
      item_words_(BitWords(facts.items.size())) {
  Begin();
}

void RuleAmounts::Begin() {
  room_.gates.assign(model_.rules.size(), std::nullopt);
  room_.accepted.resize(model_.selector_count * item_words_);
  room_.tested.assign(BitWords(model_.selector_count), 0);
  room_.counted.assign(item_words_, 0);
  // What counts is known before the variables, which may read it; eligibility may read both.
  room_.counting.clear();
  for (std::size_t i = 0; i < facts_.items.size(); ++i) {
    const bool has_kind = Contains(model_.eligibility.line_kinds, facts_.items[i].kind);
    if (!has_kind || !frame_.TestItem(model_.eligibility.items, i)) continue;
    room_.counting.push_back(i);
    SetBit(room_.counted, i);
  }
  frame_.SetCounting(room_.counting);
  frame_.Derive();
  is_eligible_ = frame_.Test(model_.eligibility.when);
  SelectRules();
}

void RuleAmounts::SelectRules() {
  std::vector<std::uint64_t>& open = room_.open;
  open.assign(BitWords(model_.rules.size()), ~std::uint64_t{0});
  for (const TextSelection& selection : model_.selection.texts) {
    const cel::Value& text = frame_.FieldOf(selection.root, selection.field);
    if (!text.is(cel::Kind::kString)) continue;  // no value: the condition has to say
    const std::uint64_t* row = selection.others.data();
    const auto found =
        std::lower_bound(selection.texts.begin(), selection.texts.end(), text.symbol());
    if (found != selection.texts.end() && *found == text.symbol()) {
      row =
          &selection.rules[static_cast<std::size_t>(found - selection.texts.begin()) * open.size()];
    }
    for (std::size_t word = 0; word < open.size(); ++word) open[word] &= row[word];
  }
}

Outcome RuleAmounts::Gate(std::size_t rule) {
  if (!room_.gates[rule]) room_.gates[rule] = Decide(rule);
  return *room_.gates[rule];
}

Outcome RuleAmounts::Decide(std::size_t rule) {
  if (!is_eligible_) return Outcome::kNotEligible;
  const RuleGate& gate = model_.selection.gates[rule];
  const auto& paused = facts_.paused_rules;
  const bool is_paused =
      gate.is_paused || std::find(paused.begin(), paused.end(), rule) != paused.end();
  if (is_paused) return Outcome::kPaused;
  const std::int32_t day = frame_.date().days();
  if (day < gate.first_day || day > gate.last_day) return Outcome::kNotActive;
  const bool is_active =
      !gate.has_hours || IsActive(model_.rules[rule].active, facts_.activity.occurred_at,
                                  frame_.date(), frame_.minute());
  if (!is_active) return Outcome::kNotActive;
  if (!HasBit(room_.open, rule)) return Outcome::kConditionFalse;
  const Condition& when = model_.rules[rule].when;
  const int holds = when ? frame_.Try(*when) : 1;
  if (holds < 0) return Outcome::kError;
  return holds == 1 ? Outcome::kAwarded : Outcome::kConditionFalse;
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

void RuleAmounts::Choose(const Condition& items, const Condition* also) {
  room_.chosen.assign(room_.counted.begin(), room_.counted.end());
  Narrow(items);
  if (also != nullptr) Narrow(*also);
}

void RuleAmounts::Narrow(const Condition& items) {
  if (!items) return;
  std::vector<std::uint64_t>& chosen = room_.chosen;
  if (items->selector != Expression::kNoSelector) {
    const std::span<const std::uint64_t> accepted = AcceptedBy(items);
    for (std::size_t word = 0; word < chosen.size(); ++word) chosen[word] &= accepted[word];
    return;
  }
  for (const std::size_t i : frame_.counting()) {
    if (HasBit(chosen, i) && !frame_.TestItem(items, i)) {
      chosen[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    }
  }
}

std::span<const std::uint64_t> RuleAmounts::AcceptedBy(const Condition& items) {
  const std::size_t selector = items->selector;
  const auto row = std::span(room_.accepted).subspan(selector * item_words_, item_words_);
  if (HasBit(room_.tested, selector)) return row;
  SetBit(room_.tested, selector);
  std::fill(row.begin(), row.end(), 0);
  for (const std::size_t i : frame_.counting()) {
    if (frame_.TestItem(items, i)) SetBit(row, i);
  }
  return row;
}

std::int64_t RuleAmounts::BaseOf(const Earn& earn, std::size_t item) const {
  const ItemFact& fact = facts_.items[item];
  return earn.basis == Basis::kQuantity ? fact.quantity_micros
         : earn.basis == Basis::kList   ? fact.list
                                        : fact.net;
}

std::optional<std::int64_t> RuleAmounts::BasisOf(const Earn& earn, const Condition* also,
                                                 std::span<std::int64_t> bases) {
  std::int64_t sum = 0;
  bool is_in_range = true;
  Choose(earn.items, also);
  for (std::size_t word = 0; word < room_.chosen.size(); ++word) {
    for (std::uint64_t bits = room_.chosen[word]; bits != 0; bits &= bits - 1) {
      const std::size_t i = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      const std::int64_t base = BaseOf(earn, i);
      if (!bases.empty()) bases[i] = base;
      is_in_range = is_in_range && base >= 0 && base <= kBasisMost - sum;
      if (is_in_range) sum += base;
    }
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
  const bool holds = gate == Outcome::kAwarded && HasTrigger(multiply.rule);
  if (!holds) return Asked();
  return Factor(multiply.rule, multiply.items, multiply.by_micros, Part());
}

std::optional<Asked> RuleAmounts::AskBonus(const Bonus& bonus) {
  const cel::Value value = frame_.Value(*bonus.points);
  if (!value.is(cel::Kind::kInt) || value.int_value() > kLineMax) return std::nullopt;
  if (!net_bases_) {
    net_bases_ = NewBases();
    if (!net_bases_) return std::nullopt;
    for (const std::size_t i : frame_.counting()) (*net_bases_)[i] = facts_.items[i].net;
  }
  return Asked{std::max<std::int64_t>(0, value.int_value()), *net_bases_};
}

std::optional<Asked> RuleAmounts::Ask(std::size_t rule) {
  const auto& effect = model_.rules[rule].effect;
  if (const auto* earn = std::get_if<Earn>(&effect)) return AskEarn(rule, *earn);
  if (const auto* multiply = std::get_if<Multiply>(&effect)) return AskMultiply(*multiply);
  if (const auto* bonus = std::get_if<Bonus>(&effect)) return AskBonus(*bonus);
  return Asked{std::get<Issue>(effect).quantity, {}};
}

}  // namespace laurel::rules::model
