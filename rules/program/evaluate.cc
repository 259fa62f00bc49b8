#include "rules/program/evaluate.h"

#include <algorithm>
#include <utility>

#include "rules/program/benefits.h"
#include "rules/program/counters.h"
#include "rules/program/crossing.h"
#include "rules/program/metrics_after.h"

namespace laurel::rules::model {
namespace {}  // namespace

// A promotion that holds and asks for something, on its way to a line.
struct Candidate {
  std::size_t rule = 0;
  AwardedLine line;
  Outcome outcome = Outcome::kAwarded;
};

// A line of more grows once.
constexpr std::size_t kCutsUsual = 4;
constexpr std::size_t kItemsUsual = 16;

// Lists that are emptied and filled again. Lines and uses, which own memory themselves, wait in
// `spare_…` for their next use.
struct EvaluateRoom::Parts {
  AmountsRoom amounts;
  CrossingRoom crossing;
  Evaluated result;
  std::vector<AwardedLine> spare_lines;
  std::vector<CounterUse> spare_uses;
  std::vector<std::optional<RuleResult>> outcomes;
  std::vector<Candidate> candidates;
  std::vector<TierPart> tier_parts;
  std::vector<AwardedLine*> covered;
  std::vector<std::int64_t> points;
  std::vector<std::int64_t> bases;
  std::vector<std::size_t> order;

  void Recycle(AwardedLine& line) { spare_lines.push_back(std::move(line)); }
  AwardedLine NewLine() {
    if (spare_lines.empty()) {
      AwardedLine line;
      line.cuts.reserve(kCutsUsual);
      line.shares.reserve(kItemsUsual);
      return line;
    }
    AwardedLine line = std::move(spare_lines.back());
    spare_lines.pop_back();
    line.cuts.clear();
    line.shares.clear();
    line.benefit = 0;
    line.factor_micros = kMicros;
    line.part = Part();
    return line;
  }
  void Recycle(CounterUse& use) { spare_uses.push_back(std::move(use)); }
  CounterUse NewUse() {
    if (spare_uses.empty()) return {};
    CounterUse use = std::move(spare_uses.back());
    spare_uses.pop_back();
    return use;
  }

  // Everything as for the first use.
  void Clear() {
    for (AwardedLine& line : result.lines) Recycle(line);
    for (CounterUse& use : result.uses) Recycle(use);
    for (Candidate& candidate : candidates) Recycle(candidate.line);
    result.eligible_net = 0;
    result.lines.clear();
    result.outcomes.clear();
    result.uses.clear();
    result.carries.clear();
    result.vouchers.clear();
    result.metrics_after.clear();
    result.tier = TierVerdict();
    result.badge_awards.clear();
    result.badges.clear();
    result.alerts.clear();
    outcomes.clear();
    candidates.clear();
  }
};

namespace {

bool IsIssue(const Rule& rule) { return std::holds_alternative<Issue>(rule.effect); }

using Room = EvaluateRoom::Parts;

// One evaluation, phase by phase.
class Evaluation {
 public:
  // `room` is clear.
  Evaluation(const Model& model, const Facts& facts, const TierState& tiers, Room& room)
      : model_(model),
        facts_(facts),
        tiers_(tiers),
        room_(room),
        rules_(model, facts, room.amounts),
        counters_(model, facts),
        outcomes_(room.outcomes),
        candidates_(room.candidates),
        result_(room.result) {
    result_.eligible_net = rules_.frame().eligible_net();
    outcomes_.resize(model.rules.size());
  }

  void Run() {
    Base();
    Tiers();
    rules_.frame().SetBase(
        PointsBy([](const AwardedLine& line) { return line.kind == LineKind::kBase; }));
    Promotions();
    Limits();
    Groups();
    MoveToLines();
    Caps();
    SharedBudgets();
    Finish();
    Shadows();
    After();
  }

 private:
  // ---- Phases 2 and 3.

  void Base() {
    for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
      const Rule& one = model_.rules[rule];
      if (one.is_promotion || !rules_.HasTrigger(one)) continue;
      const Outcome gate = rules_.Gate(rule);
      if (gate != Outcome::kAwarded || one.rollout == Rollout::kShadow) {
        if (gate != Outcome::kAwarded) Set(rule, gate);
        continue;
      }
      AddBase(rule);
    }
  }

  void AddBase(std::size_t rule) {
    const std::optional<Asked> asked = rules_.Ask(rule);
    if (!asked) return Set(rule, Outcome::kError);
    AddCarry(rule);
    if (asked->points == 0) return Set(rule, Outcome::kZeroAmount);
    Candidate candidate = MakeCandidate(rule, *asked, LineKind::kBase);
    candidate.outcome = ApplyOwnLimits(candidate);
    Set(rule, candidate.outcome, asked->points);
    result_.lines.push_back(std::move(candidate.line));
  }

  void AddCarry(std::size_t rule) {
    if (!IsCarryRule(model_.rules[rule])) return;
    const std::int64_t before = rules_.CarryOf(rule);
    const std::int64_t after = AddToCarry(before, rules_.Millionths(rule).value_or(0)).carry;
    if (after != before) result_.carries.push_back(CarryChange{rule, before, after});
  }

  void Tiers() {
    TierParts(model_, facts_, tiers_, rules_, room_.crossing, room_.tier_parts);
    for (std::size_t b = 0; b < model_.benefits.size(); ++b) {
      const Benefit& benefit = model_.benefits[b];
      if (benefit.kind != BenefitKind::kPointMultiplier) continue;
      const Rule& rule = model_.rules[benefit.rule];
      if (!rules_.HasTrigger(rule) || rules_.Gate(benefit.rule) != Outcome::kAwarded) continue;
      for (const TierPart& part : room_.tier_parts) AddTierLine(b, part);
    }
  }

  void AddTierLine(std::size_t b, const TierPart& part) {
    const Benefit& benefit = model_.benefits[b];
    const Grant* const grant = GrantInForce(model_, benefit, part.tier, rules_.frame());
    if (grant == nullptr || grant->micros <= kMicros) return;
    const std::optional<Asked> asked =
        rules_.Factor(benefit.rule, benefit.items, grant->micros, part.part);
    if (!asked || asked->points == 0) return;
    AwardedLine line = LineOf(benefit.rule, *asked, LineKind::kTier);
    line.id = benefit.id;
    line.benefit = b;
    line.factor_micros = grant->micros;
    line.part = part.part;
    result_.lines.push_back(std::move(line));
  }

  // ---- Phases 4 to 6.

  void Promotions() {
    for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
      const Rule& one = model_.rules[rule];
      if (!one.is_promotion || one.rollout == Rollout::kShadow || !rules_.HasTrigger(one)) continue;
      Consider(rule);
    }
  }

  // Up to the amount, the hold-out and the canary.
  void Consider(std::size_t rule) {
    const Outcome gate = rules_.Gate(rule);
    if (gate != Outcome::kAwarded) return Set(rule, gate);
    const std::optional<Asked> asked = rules_.Ask(rule);
    if (!asked) return Set(rule, Outcome::kError);
    if (asked->points == 0) return Set(rule, Outcome::kZeroAmount);
    const Outcome sample = rules_.Sample(model_.rules[rule]);
    if (sample != Outcome::kAwarded) return Set(rule, sample, asked->points);
    AddCarry(rule);
    candidates_.push_back(MakeCandidate(rule, *asked, LineKind::kPromotion));
  }

  void Limits() {
    for (Candidate& candidate : candidates_) {
      candidate.outcome = ApplyOwnLimits(candidate);
      Set(candidate.rule, candidate.outcome, candidate.line.requested);
    }
    Drop([](const Candidate& candidate) { return candidate.outcome != Outcome::kAwarded; });
  }

  template <class Condition>
  void Drop(Condition is_out) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (is_out(candidates_[i])) {
        room_.Recycle(candidates_[i].line);
      } else if (i != kept++) {
        candidates_[kept - 1] = std::move(candidates_[i]);
      }
    }
    candidates_.resize(kept);
  }

  // Trims the candidate to what its limits, its budget and its source leave.
  Outcome ApplyOwnLimits(Candidate& candidate) {
    const Rule& rule = model_.rules[candidate.rule];
    for (const Limit& limit : rule.limits) {
      const absl::string_view by = rules_.ByOf(limit);
      if (limit.fires && counters_.Left(*limit.fires, by) <= 0) {
        Trim(candidate.line, *limit.fires, 0);
      }
      if (limit.points && !IsIssue(rule)) {
        Trim(candidate.line, *limit.points, counters_.Left(*limit.points, by));
      }
      if (candidate.line.granted == 0) return Outcome::kLimitReached;
    }
    if (IsIssue(rule)) return Outcome::kAwarded;
    if (rule.budget)
      ApplyBudget(candidate.line, *rule.budget, counters_.Left(rule.budget->counter));
    if (const Budget* const budget = SourceOf(rule)) {
      ApplyBudget(candidate.line, *budget, counters_.Left(budget->counter));
    }
    return candidate.line.granted == 0 ? Outcome::kBudgetExhausted : Outcome::kAwarded;
  }

  const Budget* SourceOf(const Rule& rule) const {
    if (!rule.source || !model_.sources[*rule.source].budget) return nullptr;
    return &*model_.sources[*rule.source].budget;
  }

  void ApplyBudget(AwardedLine& line, const Budget& budget, std::int64_t left) {
    if (line.granted <= left) return;
    switch (budget.on_exhausted) {
      case OnExhausted::kPartial:
        return Trim(line, budget.counter, left);
      case OnExhausted::kWholeOnly:
        return Trim(line, budget.counter, 0);
      case OnExhausted::kAlertOnly:
        if (std::find(result_.alerts.begin(), result_.alerts.end(), budget.counter) ==
            result_.alerts.end()) {
          result_.alerts.push_back(budget.counter);
        }
        return;
    }
  }

  static void Trim(AwardedLine& line, std::size_t counter, std::int64_t left) {
    const std::int64_t most = std::max<std::int64_t>(0, left);
    if (line.granted <= most) return;
    line.cuts.push_back(Cut{counter, line.granted - most});
    line.granted = most;
  }

  bool IsBetter(const Candidate& a, const Candidate& b, GroupMode mode) const {
    const Rule& one = model_.rules[a.rule];
    const Rule& other = model_.rules[b.rule];
    if (mode == GroupMode::kHighest && a.line.granted != b.line.granted) {
      return a.line.granted > b.line.granted;
    }
    if (one.priority != other.priority) return one.priority > other.priority;
    return one.id < other.id;
  }

  void Groups() {
    for (std::size_t group = 0; group < model_.groups.size(); ++group) {
      const GroupMode mode = model_.groups[group].mode;
      if (mode == GroupMode::kStacked) continue;
      const Candidate* best = nullptr;
      for (const Candidate& candidate : candidates_) {
        if (model_.rules[candidate.rule].group != group) continue;
        if (best == nullptr || IsBetter(candidate, *best, mode)) best = &candidate;
      }
      if (best == nullptr) continue;
      const std::size_t winner = best->rule;
      for (const Candidate& candidate : candidates_) {
        if (model_.rules[candidate.rule].group != group || candidate.rule == winner) continue;
        Set(candidate.rule, Outcome::kLostInGroup, candidate.line.granted);
      }
      Drop([&](const Candidate& candidate) {
        return model_.rules[candidate.rule].group == group && candidate.rule != winner;
      });
    }
  }

  // By group, priority and id; rules without a group come last.
  void MoveToLines() {
    const auto group_of = [&](const Candidate& candidate) {
      return model_.rules[candidate.rule].group.value_or(model_.groups.size());
    };
    std::sort(candidates_.begin(), candidates_.end(), [&](const Candidate& a, const Candidate& b) {
      if (group_of(a) != group_of(b)) return group_of(a) < group_of(b);
      return IsBetter(a, b, GroupMode::kStacked);
    });
    for (Candidate& candidate : candidates_) {
      const Rule& rule = model_.rules[candidate.rule];
      if (IsIssue(rule)) {
        const std::size_t reward = std::get<Issue>(rule.effect).reward;
        result_.vouchers.push_back(Voucher{candidate.rule, reward, candidate.line.granted});
        for (const Limit& limit : rule.limits) UseFires(limit, 1);
        room_.Recycle(candidate.line);
        continue;
      }
      result_.lines.push_back(std::move(candidate.line));
    }
    candidates_.clear();
  }

  // ---- Phases 7 and 8.

  // Whether a cap trims `a` before `b`: promotions, lowest priority first, then tier, then base
  // lines; the greater id first.
  bool IsTrimmedBefore(const AwardedLine& a, const AwardedLine& b) const {
    if (a.kind != b.kind) return a.kind > b.kind;
    if (a.kind == LineKind::kPromotion) {
      const std::int32_t priority_a = model_.rules[a.rule].priority;
      const std::int32_t priority_b = model_.rules[b.rule].priority;
      if (priority_a != priority_b) return priority_a < priority_b;
    }
    if (a.id != b.id) return a.id > b.id;
    return a.part.begin > b.part.begin;
  }

  void Caps() {
    for (const Cap& cap : model_.caps) {
      std::vector<AwardedLine*>& covered = room_.covered;
      covered.clear();
      std::int64_t sum = 0;
      for (AwardedLine& line : result_.lines) {
        if (!IsCovered(cap, line)) continue;
        covered.push_back(&line);
        sum += line.granted;
      }
      std::int64_t over = sum - std::max<std::int64_t>(0, counters_.Left(cap.counter));
      std::sort(covered.begin(), covered.end(), [&](const AwardedLine* a, const AwardedLine* b) {
        return IsTrimmedBefore(*a, *b);
      });
      for (AwardedLine* const line : covered) {
        if (over <= 0) break;
        const std::int64_t cut = std::min(over, line->granted);
        if (cut == 0) continue;
        Trim(*line, cap.counter, line->granted - cut);
        over -= cut;
        if (line->granted == 0) SetCut(*line, Outcome::kCapReached);
      }
    }
  }

  void SetCut(const AwardedLine& line, Outcome outcome) {
    if (line.kind != LineKind::kTier) Set(line.rule, outcome, line.requested);
  }

  void SharedBudgets() {
    for (const FundingSource& source : model_.sources) {
      if (!source.budget) continue;
      std::int64_t left = counters_.Left(source.budget->counter);
      for (AwardedLine& line : result_.lines) {
        const Rule& rule = model_.rules[line.rule];
        if (line.kind == LineKind::kTier || SourceOf(rule) != &*source.budget) continue;
        const bool had_points = line.granted > 0;
        ApplyBudget(line, *source.budget, left);
        left -= line.granted;
        if (had_points && line.granted == 0) SetCut(line, Outcome::kBudgetExhausted);
      }
    }
  }

  // ---- The rest.

  void Finish() {
    for (AwardedLine& line : result_.lines) {
      room_.bases.swap(line.shares);
      line.shares.resize(room_.bases.size());
      room_.order.resize(room_.bases.size());
      Share(line.granted, room_.bases, line.shares, room_.order);
      if (line.granted == 0) continue;
      if (line.kind != LineKind::kTier) UseOwn(line);
    }
    for (const Cap& cap : model_.caps) {
      std::int64_t used = 0;
      for (const AwardedLine& line : result_.lines) {
        if (IsCovered(cap, line)) used += line.granted;
      }
      Use(cap.counter, used, "");
    }
    for (std::size_t rule = 0; rule < outcomes_.size(); ++rule) {
      if (outcomes_[rule]) result_.outcomes.push_back(*outcomes_[rule]);
    }
  }

  void UseOwn(const AwardedLine& line) {
    const Rule& rule = model_.rules[line.rule];
    for (const Limit& limit : rule.limits) {
      UseFires(limit, 1);
      if (limit.points) Use(*limit.points, line.granted, rules_.ByOf(limit));
    }
    if (rule.budget) Use(rule.budget->counter, line.granted, "");
    if (const Budget* const budget = SourceOf(rule)) Use(budget->counter, line.granted, "");
  }

  void UseFires(const Limit& limit, std::int64_t fires) {
    if (limit.fires) Use(*limit.fires, fires, rules_.ByOf(limit));
  }

  void Use(std::size_t counter, std::int64_t amount, absl::string_view by) {
    if (amount == 0 || model_.counters[counter].window == Span::kActivity) return;
    for (CounterUse& use : result_.uses) {
      if (use.counter != counter || use.by != by) continue;
      use.amount += amount;
      return;
    }
    CounterUse use = room_.NewUse();
    use.counter = counter;
    use.amount = amount;
    use.by.assign(by.data(), by.size());
    result_.uses.push_back(std::move(use));
  }

  // Rules in shadow, each alone, after the real ones.
  void Shadows() {
    for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
      const Rule& one = model_.rules[rule];
      if (one.rollout != Rollout::kShadow || !rules_.HasTrigger(one)) continue;
      RuleResult shadow{rule, rules_.Gate(rule), 0};
      if (shadow.outcome == Outcome::kAwarded) shadow = Shadow(rule);
      const auto place = std::upper_bound(
          result_.outcomes.begin(), result_.outcomes.end(), shadow,
          [](const RuleResult& a, const RuleResult& b) { return a.rule < b.rule; });
      result_.outcomes.insert(place, shadow);
    }
  }

  RuleResult Shadow(std::size_t rule) {
    const std::optional<Asked> asked = rules_.Ask(rule);
    if (!asked) return {rule, Outcome::kError, 0};
    if (asked->points == 0) return {rule, Outcome::kZeroAmount, 0};
    const Outcome sample = rules_.Sample(model_.rules[rule]);
    if (sample != Outcome::kAwarded) return {rule, sample, asked->points};
    Candidate candidate = MakeCandidate(rule, *asked, LineKind::kPromotion);
    const Outcome outcome = ApplyOwnLimits(candidate);
    const std::int64_t granted = candidate.line.granted;
    room_.Recycle(candidate.line);
    if (outcome != Outcome::kAwarded) return {rule, outcome, asked->points};
    return {rule, Outcome::kShadowOnly, granted};
  }

  void After() {
    FactFrame& frame = rules_.frame();
    MetricsAfter(model_, frame, PointsBy([](const AwardedLine&) { return true; }), 0, 0,
                 result_.metrics_after);
    frame.SetMetrics(result_.metrics_after);
    for (std::size_t badge = 0; badge < model_.badges.size(); ++badge) {
      if (HasBadge(model_.badges[badge].id) || !frame.Test(model_.badges[badge].when)) continue;
      result_.badges.push_back(badge);
    }
    result_.tier.earned = tiers_.earned;
    result_.tier.since = tiers_.since;
    result_.tier.through = tiers_.through;
    result_.tier.shown = std::max(tiers_.earned, tiers_.floor.value_or(0));
    if (model_.tier_policy.upgrades_at_once) {
      result_.tier = JudgeTier(model_, frame, tiers_, Moment::kUpgrade);
    }
  }

  bool HasBadge(absl::string_view id) const {
    const Texts badges = facts_.member.badges;
    return std::find(badges.begin(), badges.end(), id) != badges.end();
  }

  AwardedLine LineOf(std::size_t rule, const Asked& asked, LineKind kind) {
    AwardedLine line = room_.NewLine();
    line.kind = kind;
    line.id = model_.rules[rule].id;
    line.rule = rule;
    line.point_type = PointTypeOf(model_, model_.rules[rule]);
    line.requested = asked.points;
    line.granted = asked.points;
    line.shares.assign(asked.bases.begin(), asked.bases.end());  // until Finish
    return line;
  }

  Candidate MakeCandidate(std::size_t rule, const Asked& asked, LineKind kind) {
    return {rule, LineOf(rule, asked, kind), Outcome::kAwarded};
  }

  template <class Filter>
  std::span<const std::int64_t> PointsBy(Filter filter) const {
    std::vector<std::int64_t>& points = room_.points;
    points.assign(model_.point_types.size(), 0);
    for (const AwardedLine& line : result_.lines) {
      if (filter(line)) points[line.point_type] += line.granted;
    }
    return points;
  }

  void Set(std::size_t rule, Outcome outcome, std::int64_t worth = 0) {
    outcomes_[rule] = RuleResult{rule, outcome, worth};
  }

  const Model& model_;
  const Facts& facts_;
  const TierState& tiers_;
  Room& room_;
  RuleAmounts rules_;
  Counters counters_;
  std::vector<std::optional<RuleResult>>& outcomes_;
  std::vector<Candidate>& candidates_;
  Evaluated& result_;
};

constexpr absl::string_view kBadgeEarned = "badge_earned";

// The counters as the activity left them; those with `by` belong to another text and start anew.
std::vector<CounterFact> CountersAfter(const Facts& facts, const Evaluated& result) {
  std::vector<CounterFact> counters(facts.counters.begin(), facts.counters.end());
  for (const CounterUse& use : result.uses) {
    const auto found = std::find_if(counters.begin(), counters.end(), [&](const CounterFact& fact) {
      return fact.counter == use.counter;
    });
    if (found == counters.end()) {
      counters.push_back(CounterFact{use.counter, use.amount});
    } else {
      found->used += use.amount;
    }
  }
  return counters;
}

// Runs the rules that wait for a badge, once for each new one.
void AwardBadges(const Model& model, const Facts& facts, const TierState& tiers,
                 Evaluated& result) {
  if (!IsAwaited(model, kBadgeEarned) || facts.activity.type == kBadgeEarned) return;
  std::vector<CounterFact> counters = CountersAfter(facts, result);
  for (const std::size_t badge : result.badges) {
    const AttributeFact earned{"badge", absl::string_view(model.badges[badge].id)};
    Facts award = facts;
    award.activity.type = kBadgeEarned;
    award.activity.attributes = {&earned, 1};
    award.purchase = PurchaseFact();
    award.items = {};
    award.metrics = result.metrics_after;
    award.metrics_after = {};
    award.counters = counters;
    EvaluateRoom room;
    Evaluation(model, award, tiers, room.parts()).Run();
    Evaluated awarded = std::move(room.parts().result);
    awarded.badges.clear();
    counters = CountersAfter(award, awarded);
    result.badge_awards.push_back(std::move(awarded));
  }
}

}  // namespace

EvaluateRoom::EvaluateRoom() : parts_(std::make_unique<Parts>()) {}
EvaluateRoom::EvaluateRoom(EvaluateRoom&&) noexcept = default;
EvaluateRoom& EvaluateRoom::operator=(EvaluateRoom&&) noexcept = default;
EvaluateRoom::~EvaluateRoom() = default;

const Evaluated& Evaluate(const Model& model, const Facts& facts, const TierState& tiers,
                          EvaluateRoom& room) {
  Room& parts = room.parts();
  parts.Clear();
  Evaluation(model, facts, tiers, parts).Run();
  AwardBadges(model, facts, tiers, parts.result);
  return parts.result;
}

Evaluated Evaluate(const Model& model, const Facts& facts, const TierState& tiers) {
  EvaluateRoom room;
  static_cast<void>(Evaluate(model, facts, tiers, room));
  return std::move(room.parts().result);
}

bool IsCovered(const Cap& cap, const AwardedLine& line) {
  if (line.point_type != cap.point_type) return false;
  switch (cap.applies_to) {
    case Cap::AppliesTo::kAll:
      return true;
    case Cap::AppliesTo::kPromotions:
      return line.kind == LineKind::kPromotion;
    case Cap::AppliesTo::kRules:
      return std::find(cap.rules.begin(), cap.rules.end(), line.id) != cap.rules.end();
  }
  return false;
}

std::int64_t PointsOf(const Evaluated& evaluated, std::size_t point_type) {
  std::int64_t sum = 0;
  for (const AwardedLine& line : evaluated.lines) {
    if (line.point_type == point_type) sum += line.granted;
  }
  return sum;
}

std::vector<std::int64_t> PointsByType(const Model& model, const Evaluated& evaluated,
                                       LineKind kind) {
  std::vector<std::int64_t> points(model.point_types.size(), 0);
  for (const AwardedLine& line : evaluated.lines) {
    if (line.kind == kind) points[line.point_type] += line.granted;
  }
  return points;
}

}  // namespace laurel::rules::model
