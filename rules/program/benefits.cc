#include "rules/program/benefits.h"

#include <algorithm>
#include <optional>

#include "rules/cel/arena.h"
#include "rules/program/rule_amounts.h"

namespace laurel::rules::model {

const Grant* GrantInForce(const Model&, const Benefit& benefit, std::size_t tier,
                          FactFrame& frame) {
  const Grant* best = nullptr;
  for (const Grant& grant : benefit.grants) {
    const bool reaches = benefit.inherits ? grant.tier <= tier : grant.tier == tier;
    if (!reaches || (best != nullptr && grant.tier <= best->tier)) continue;
    if (frame.Test(grant.when)) best = &grant;
  }
  return best == nullptr || best->is_off ? nullptr : best;
}

namespace {

std::vector<BenefitInForce> InForce(const Model& model, std::size_t tier, FactFrame& frame) {
  std::vector<BenefitInForce> benefits;
  for (std::size_t b = 0; b < model.benefits.size(); ++b) {
    const Grant* const grant = GrantInForce(model, model.benefits[b], tier, frame);
    if (grant != nullptr) benefits.push_back(BenefitInForce{b, grant});
  }
  return benefits;
}

// What one benefit takes off each item by itself.
std::vector<std::int64_t> Alone(const Model& model, const BenefitInForce& in_force,
                                const Facts& facts, FactFrame& frame) {
  const Benefit& benefit = model.benefits[in_force.benefit];
  std::vector<std::int64_t> nets(facts.items.size(), 0);
  std::int64_t sum = 0;
  for (const std::size_t i : frame.counting()) {
    if (!frame.TestItem(benefit.items, i)) continue;
    nets[i] = facts.items[i].net;
    sum += nets[i];
  }
  std::vector<std::int64_t> off(nets.size(), 0);
  if (benefit.kind == BenefitKind::kMoney) {
    off = Shares(std::min(in_force.grant->micros, sum), nets);
  } else {
    for (std::size_t i = 0; i < nets.size(); ++i) {
      off[i] = std::min(nets[i], PercentOf(nets[i], in_force.grant->micros));
    }
  }
  std::int64_t total = 0;
  for (const std::int64_t one : off) total += one;
  const std::optional<std::int64_t>& most = in_force.grant->max_money;
  return most && total > *most ? Shares(*most, off) : off;
}

GroupMode ModeOf(const Model& model, const Benefit& benefit) {
  return benefit.group ? model.groups[*benefit.group].mode : GroupMode::kHighest;
}

// Lets the discounts of one group compete; `first` to `last` are by priority and id.
void Compete(GroupMode mode, std::vector<Discount*>& group, const Facts& facts) {
  for (std::size_t i = 0; i < facts.items.size(); ++i) {
    std::int64_t left = facts.items[i].net;
    Discount* best = nullptr;
    for (Discount* const discount : group) {
      std::int64_t& off = discount->by_item[i];
      if (mode == GroupMode::kStacked) {
        off = std::min(off, left);
        left -= off;
        continue;
      }
      if (off == 0) continue;
      const bool wins = best == nullptr || (mode == GroupMode::kHighest && off > best->by_item[i]);
      if (wins && best != nullptr) best->by_item[i] = 0;
      if (wins) {
        best = discount;
      } else {
        off = 0;
      }
    }
  }
}

}  // namespace

std::vector<BenefitInForce> BenefitsOf(const Model& model, const Facts& facts) {
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.Derive();
  return InForce(model, facts.member.tier, frame);
}

std::string ValueOf(const Model& model, const BenefitInForce& benefit) {
  if (model.benefits[benefit.benefit].kind == BenefitKind::kFlag) return "yes";
  return benefit.grant->value;
}

std::vector<Discount> DiscountsOf(const Model& model, const Facts& facts) {
  RuleAmounts rules(model, facts);
  std::vector<Discount> discounts;
  for (const BenefitInForce& in_force : InForce(model, facts.member.tier, rules.frame())) {
    const BenefitKind kind = model.benefits[in_force.benefit].kind;
    if (kind != BenefitKind::kPercent && kind != BenefitKind::kMoney) continue;
    discounts.push_back(Discount{in_force.benefit, Alone(model, in_force, facts, rules.frame())});
  }
  // Benefits without a group compete with each other.
  for (std::size_t group = 0; group <= model.groups.size(); ++group) {
    std::vector<Discount*> members;
    for (Discount& discount : discounts) {
      const Benefit& benefit = model.benefits[discount.benefit];
      if (benefit.group.value_or(model.groups.size()) == group) members.push_back(&discount);
    }
    if (members.empty()) continue;
    std::sort(members.begin(), members.end(), [&](const Discount* a, const Discount* b) {
      const Benefit& one = model.benefits[a->benefit];
      const Benefit& other = model.benefits[b->benefit];
      return one.priority != other.priority ? one.priority > other.priority : one.id < other.id;
    });
    Compete(ModeOf(model, model.benefits[members.front()->benefit]), members, facts);
  }
  return discounts;
}

}  // namespace laurel::rules::model
