#include "rules/program/evaluate_return.h"

#include <algorithm>
#include <utility>

namespace laurel::rules::model {
namespace {

// What all returns together took of one line.
struct Gone {
  std::int64_t quantity_micros = 0;
  std::int64_t refunded = 0;
  bool states_refund = false;
};

Gone GoneOf(std::int32_t line, std::span<const ReturnedItem> returned, Gone gone) {
  for (const ReturnedItem& item : returned) {
    if (item.line != line) continue;
    gone.quantity_micros += item.quantity_micros;
    if (item.refunded) {
      gone.refunded += *item.refunded;
      gone.states_refund = true;
    }
  }
  return gone;
}

bool IsSold(const ItemFact& item) { return item.kind != "RETURN" && item.kind != "VOID"; }

std::int64_t Minus(std::int64_t whole, std::int64_t part) {
  return std::max<std::int64_t>(0, whole - part);
}

ItemFact LeftOfItem(const ItemFact& item, const Gone& gone) {
  const std::int64_t quantity = item.quantity_micros;
  const std::int64_t back = std::min(gone.quantity_micros, quantity);
  ItemFact left = item;
  // What was refunded is of all that was paid; what earned something shrinks in the same measure.
  const std::int64_t paid = item.net + item.taken_off;
  left.net = !gone.states_refund ? LeftOf(item.net, quantity, back)
             : paid <= 0         ? 0
                                 : LeftOf(item.net, paid, std::min(gone.refunded, paid));
  left.list = LeftOf(item.list, quantity, back);
  left.tax = LeftOf(item.tax, quantity, back);
  left.discount = LeftOf(item.discount, quantity, back);
  left.quantity_micros = quantity - back;
  return left;
}

class Return {
 public:
  Return(const Model& model, const Facts& facts, const Evaluated& sale, const ReturnFacts& returned)
      : model_(model),
        facts_(facts),
        sale_(sale),
        returned_(returned),
        before_(facts, returned.before, {}),
        now_(facts, returned.before, returned.now),
        rules_before_(model, before_.facts()),
        rules_now_(model, now_.facts()) {}

  ReturnEvaluated Run() {
    result_.is_whole = now_.is_empty();
    result_.eligible_net_left = rules_now_.frame().eligible_net();
    rules_now_.frame().SetBase(BaseLeft());
    for (std::size_t i = 0; i < sale_.lines.size(); ++i) {
      const AwardedLine& line = sale_.lines[i];
      const std::int64_t before = i < returned_.left.size() ? returned_.left[i] : line.granted;
      ReversedLine reversed{i, before, 0};
      if (IsCarry(line)) {
        reversed.reversed = std::min(before, TakeCarry(line.rule));
      } else {
        reversed.reversed = std::max<std::int64_t>(0, before - LeftNow(line));
      }
      reversed.left = before - reversed.reversed;
      GiveBack(line, reversed);
      result_.lines.push_back(reversed);
    }
    TakeCarriesWithoutLine();
    return std::move(result_);
  }

 private:
  bool IsCarry(const AwardedLine& line) const {
    return line.kind == LineKind::kBase && IsCarryRule(model_.rules[line.rule]) &&
           !model_.rules[line.rule].keeps_on_return;
  }

  // Of a rule that earned only fractions, the fractions go back.
  void TakeCarriesWithoutLine() {
    for (const CarryChange& change : sale_.carries) {
      const bool has_line =
          std::any_of(sale_.lines.begin(), sale_.lines.end(), [&](const AwardedLine& line) {
            return line.rule == change.rule && line.kind == LineKind::kBase;
          });
      if (!has_line) static_cast<void>(TakeCarry(change.rule));
    }
  }

  std::int64_t CarryNow(std::size_t rule) const {
    for (const CarryFact& carry : returned_.carries) {
      if (carry.rule == rule) return carry.micros;
    }
    return 0;
  }

  std::int64_t TakeCarry(std::size_t rule) {
    const bool holds = rules_now_.Gate(rule) == Outcome::kAwarded;
    const std::int64_t old_micros = rules_before_.Millionths(rule).value_or(0);
    const std::int64_t new_micros = holds ? rules_now_.Millionths(rule).value_or(0) : 0;
    const std::int64_t carry = CarryNow(rule);
    const Carried taken = TakeFromCarry(carry, std::max<std::int64_t>(0, old_micros - new_micros));
    if (taken.carry != carry) result_.carries.push_back(CarryChange{rule, carry, taken.carry});
    return taken.points;
  }

  // What base lines give for what is left, for promotions that read it.
  std::vector<std::int64_t> BaseLeft() {
    std::vector<std::int64_t> points(model_.point_types.size(), 0);
    for (const AwardedLine& line : sale_.lines) {
      if (line.kind == LineKind::kBase) points[line.point_type] += LeftNow(line);
    }
    return points;
  }

  std::int64_t LeftNow(const AwardedLine& line) {
    const Rule& rule = model_.rules[line.rule];
    if (line.kind != LineKind::kTier && rule.keeps_on_return) return line.granted;
    if (now_.is_empty()) return 0;
    if (model_.returns_proportionally) return std::min(line.granted, ProportionLeft(line));
    if (rules_now_.Gate(line.rule) != Outcome::kAwarded) return 0;
    const std::optional<Asked> asked =
        line.kind == LineKind::kTier
            ? rules_now_.Factor(line.rule, model_.benefits[line.benefit].items, line.factor_micros,
                                line.part)
            : rules_now_.Ask(line.rule);
    return asked ? std::min(line.granted, asked->points) : 0;
  }

  // The shares of the items that are left.
  std::int64_t ProportionLeft(const AwardedLine& line) const {
    std::int64_t left = 0;
    const std::vector<std::int64_t> shares = SharesOf(line);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const ItemFact& item = facts_.items[i];
      const Gone gone =
          GoneOf(item.line, returned_.now, GoneOf(item.line, returned_.before, Gone()));
      const std::int64_t back = std::min(gone.quantity_micros, item.quantity_micros);
      left += LeftOf(shares[i], item.quantity_micros, back);
    }
    return left;
  }

  // Counters go down in the windows of the sale; a fire comes back with the last point of its line.
  void GiveBack(const AwardedLine& line, const ReversedLine& reversed) {
    if (reversed.reversed == 0) return;
    for (const Cap& cap : model_.caps) {
      if (IsCovered(cap, line)) Use(cap.counter, -reversed.reversed);
    }
    if (line.kind == LineKind::kTier) return;
    const Rule& rule = model_.rules[line.rule];
    for (const Limit& limit : rule.limits) {
      if (limit.points) Use(*limit.points, -reversed.reversed);
      if (limit.fires && reversed.left == 0) Use(*limit.fires, -1);
    }
    if (rule.budget) Use(rule.budget->counter, -reversed.reversed);
    if (rule.source && model_.sources[*rule.source].budget) {
      Use(model_.sources[*rule.source].budget->counter, -reversed.reversed);
    }
  }

  // With the text of `by` that the sale used.
  void Use(std::size_t counter, std::int64_t amount) {
    if (model_.counters[counter].window == Span::kActivity) return;
    for (CounterUse& use : result_.uses) {
      if (use.counter != counter) continue;
      use.amount += amount;
      return;
    }
    std::string by;
    for (const CounterUse& use : sale_.uses) {
      if (use.counter == counter) by = use.by;
    }
    result_.uses.push_back(CounterUse{counter, amount, std::move(by)});
  }

  const Model& model_;
  const Facts& facts_;
  const Evaluated& sale_;
  const ReturnFacts& returned_;
  Rest before_;
  Rest now_;
  RuleAmounts rules_before_;
  RuleAmounts rules_now_;
  ReturnEvaluated result_;
};

}  // namespace

Rest::Rest(const Facts& sale, std::span<const ReturnedItem> first,
           std::span<const ReturnedItem> second)
    : facts_(sale) {
  PurchaseFact& purchase = facts_.purchase;
  for (const ItemFact& item : sale.items) {
    const Gone gone = GoneOf(item.line, second, GoneOf(item.line, first, Gone()));
    const ItemFact left = LeftOfItem(item, gone);
    purchase.net = Minus(purchase.net, item.net - left.net);
    purchase.list = Minus(purchase.list, item.list - left.list);
    purchase.tax = Minus(purchase.tax, item.tax - left.tax);
    purchase.discount = Minus(purchase.discount, item.discount - left.discount);
    if (left.quantity_micros > 0) items_.push_back(left);
  }
  // Goods that came back with the receipt, and cancelled lines, leave nothing to earn for.
  if (std::none_of(items_.begin(), items_.end(), IsSold)) items_.clear();
  facts_.items = items_;
}

ReturnEvaluated EvaluateReturn(const Model& model, const Facts& facts, const Evaluated& sale,
                               const ReturnFacts& returned) {
  return Return(model, facts, sale, returned).Run();
}

}  // namespace laurel::rules::model
