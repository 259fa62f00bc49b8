#include "rules/program/evaluate.h"

#include <algorithm>
#include <utility>

#include "rules/program/benefits.h"
#include "rules/program/counters.h"
#include "rules/program/crossing.h"
#include "rules/program/metrics_after.h"

namespace laurel::rules::model {

// A promotion that holds and asks for something, on its way to a line.
struct Candidate {
  std::size_t rule = 0;
  std::uint32_t order = 0;  // of its line
  Outcome outcome = Outcome::kAwarded;
  std::int64_t requested = 0;
  std::int64_t granted = 0;
  std::span<const std::int64_t> bases;  // of the amounts
  // What its own limits took off: a part of the room's cuts.
  std::size_t first_cut = 0;
  std::size_t cut_count = 0;
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
  std::vector<Candidate> candidates;
  std::vector<Cut> cuts;                     // of candidates
  std::vector<const Candidate*> group_best;  // by group
  std::vector<TierPart> tier_parts;
  std::vector<AwardedLine*> covered;
  std::vector<std::int64_t> points;

  AwardedLine NewLine() {
    if (spare_lines.empty()) {
      AwardedLine line;
      line.cuts.reserve(kCutsUsual);
      line.bases.reserve(kItemsUsual);
      return line;
    }
    AwardedLine line = std::move(spare_lines.back());
    spare_lines.pop_back();
    line.benefit = 0;
    line.factor_micros = kMicros;
    line.part = Part();
    return line;
  }
  CounterUse NewUse() {
    if (spare_uses.empty()) return {};
    CounterUse use = std::move(spare_uses.back());
    spare_uses.pop_back();
    return use;
  }

  // Everything as for the first use.
  void Clear() {
    for (AwardedLine& line : result.lines) spare_lines.push_back(std::move(line));
    for (CounterUse& use : result.uses) spare_uses.push_back(std::move(use));
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
    candidates.clear();
    cuts.clear();
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
        candidates_(room.candidates),
        result_(room.result) {
    result_.eligible_net = rules_.frame().eligible_net();
    if (rules_.triggered() != nullptr) triggered_ = rules_.triggered()->rules;
    for (const std::uint32_t rule : triggered_) result_.outcomes.push_back(RuleResult{rule});
  }

  void Run(Extent extent) {
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
    Uses();
    Shadows();
    if (extent == Extent::kAll) After();
  }

 private:
  const RuleGate& GateOf(std::size_t rule) const { return model_.selection.gates[rule]; }

  // ---- Phases 2 and 3.

  void Base() {
    for (const std::uint32_t rule : triggered_) {
      if (GateOf(rule).is_promotion || GateOf(rule).is_shadow) continue;
      const Outcome gate = rules_.Gate(rule);
      if (gate != Outcome::kAwarded) {
        Set(rule, gate);
      } else {
        AddBase(rule);
      }
    }
  }

  void AddBase(std::size_t rule) {
    const std::optional<Asked> asked = rules_.Ask(rule);
    if (!asked) return Set(rule, Outcome::kError);
    AddCarry(rule);
    if (asked->points == 0) return Set(rule, Outcome::kZeroAmount);
    Candidate candidate = MakeCandidate(rule, *asked);
    candidate.outcome = ApplyOwnLimits(candidate);
    Set(rule, candidate.outcome, asked->points);
    AddLine(candidate, LineKind::kBase);
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
      if (!rules_.HasTrigger(benefit.rule)) continue;
      if (rules_.Gate(benefit.rule) != Outcome::kAwarded) continue;
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
    AwardedLine& line = AddLine(MakeCandidate(benefit.rule, *asked), LineKind::kTier);
    line.id = benefit.id;
    line.benefit = b;
    line.factor_micros = grant->micros;
    line.part = part.part;
  }

  // ---- Phases 4 to 6.

  void Promotions() {
    for (const std::uint32_t rule : triggered_) {
      if (GateOf(rule).is_promotion && !GateOf(rule).is_shadow) Consider(rule);
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
    SetCandidate(rule, *asked, candidates_.emplace_back());
  }

  void Limits() {
    for (Candidate& candidate : candidates_) {
      candidate.outcome = ApplyOwnLimits(candidate);
      Set(candidate.rule, candidate.outcome, candidate.requested);
    }
    std::erase_if(candidates_, [](const Candidate& candidate) {
      return candidate.outcome != Outcome::kAwarded;
    });
  }

  // Trims the candidate to what its limits, its budget and its source leave.
  Outcome ApplyOwnLimits(Candidate& candidate) {
    const Rule& rule = model_.rules[candidate.rule];
    candidate.first_cut = room_.cuts.size();
    for (const Limit& limit : rule.limits) {
      const absl::string_view by = rules_.ByOf(limit);
      if (limit.fires && counters_.Left(*limit.fires, by) <= 0) {
        Trim(candidate, *limit.fires, 0);
      }
      if (limit.points && !IsIssue(rule)) {
        Trim(candidate, *limit.points, counters_.Left(*limit.points, by));
      }
      if (candidate.granted == 0) return Outcome::kLimitReached;
    }
    if (IsIssue(rule)) return Outcome::kAwarded;
    if (rule.budget) ApplyBudget(candidate, *rule.budget, counters_.Left(rule.budget->counter));
    if (const Budget* const budget = SourceOf(rule)) {
      ApplyBudget(candidate, *budget, counters_.Left(budget->counter));
    }
    return candidate.granted == 0 ? Outcome::kBudgetExhausted : Outcome::kAwarded;
  }

  const Budget* SourceOf(const Rule& rule) const {
    if (!rule.source || !model_.sources[*rule.source].budget) return nullptr;
    return &*model_.sources[*rule.source].budget;
  }

  // Of a candidate or a line.
  template <class Line>
  void ApplyBudget(Line& line, const Budget& budget, std::int64_t left) {
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

  template <class Line>
  void Trim(Line& line, std::size_t counter, std::int64_t left) {
    const std::int64_t most = std::max<std::int64_t>(0, left);
    if (line.granted <= most) return;
    AddCut(line, Cut{counter, line.granted - most});
    line.granted = most;
  }
  static void AddCut(AwardedLine& line, const Cut& cut) { line.cuts.push_back(cut); }
  // Of the candidate whose limits are applied.
  void AddCut(Candidate& candidate, const Cut& cut) {
    room_.cuts.push_back(cut);
    ++candidate.cut_count;
  }

  // Of two candidates of one group.
  static bool IsBetter(const Candidate& a, const Candidate& b, GroupMode mode) {
    if (mode == GroupMode::kHighest && a.granted != b.granted) return a.granted > b.granted;
    return a.order < b.order;
  }

  void Groups() {
    std::vector<const Candidate*>& best = room_.group_best;
    best.assign(model_.groups.size(), nullptr);
    const auto best_beside = [&](const Candidate& candidate) -> const Candidate** {
      const std::optional<std::size_t>& group = model_.rules[candidate.rule].group;
      const bool competes = group && model_.groups[*group].mode != GroupMode::kStacked;
      return competes ? &best[*group] : nullptr;
    };
    for (const Candidate& candidate : candidates_) {
      const Candidate** const rival = best_beside(candidate);
      if (rival == nullptr) continue;
      const GroupMode mode = model_.groups[*model_.rules[candidate.rule].group].mode;
      if (*rival == nullptr || IsBetter(candidate, **rival, mode)) *rival = &candidate;
    }
    for (Candidate& candidate : candidates_) {
      const Candidate** const rival = best_beside(candidate);
      if (rival == nullptr || *rival == &candidate) continue;
      candidate.outcome = Outcome::kLostInGroup;
      Set(candidate.rule, Outcome::kLostInGroup, candidate.granted);
    }
    std::erase_if(candidates_, [](const Candidate& candidate) {
      return candidate.outcome != Outcome::kAwarded;
    });
  }

  // By group, priority and id; rules without a group come last.
  void MoveToLines() {
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
    for (const Candidate& candidate : candidates_) {
      const Rule& rule = model_.rules[candidate.rule];
      if (IsIssue(rule)) {
        const std::size_t reward = std::get<Issue>(rule.effect).reward;
        result_.vouchers.push_back(Voucher{candidate.rule, reward, candidate.granted});
        for (const Limit& limit : rule.limits) UseFires(limit, 1);
      } else {
        AddLine(candidate, LineKind::kPromotion);
      }
    }
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

  void Uses() {
    for (const AwardedLine& line : result_.lines) {
      if (line.granted > 0 && line.kind != LineKind::kTier) UseOwn(line);
    }
    for (const Cap& cap : model_.caps) {
      std::int64_t used = 0;
      for (const AwardedLine& line : result_.lines) {
        if (IsCovered(cap, line)) used += line.granted;
      }
      Use(cap.counter, used, "");
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
    if (rules_.triggered() == nullptr || !rules_.triggered()->has_shadows) return;
    for (const std::uint32_t rule : triggered_) {
      if (!GateOf(rule).is_shadow) continue;
      const Outcome gate = rules_.Gate(rule);
      if (gate == Outcome::kAwarded) {
        Shadow(rule);
      } else {
        Set(rule, gate);
      }
    }
  }

  void Shadow(std::size_t rule) {
    const std::optional<Asked> asked = rules_.Ask(rule);
    if (!asked) return Set(rule, Outcome::kError);
    if (asked->points == 0) return Set(rule, Outcome::kZeroAmount);
    const Outcome sample = rules_.Sample(model_.rules[rule]);
    if (sample != Outcome::kAwarded) return Set(rule, sample, asked->points);
    Candidate candidate = MakeCandidate(rule, *asked);
    const Outcome outcome = ApplyOwnLimits(candidate);
    if (outcome != Outcome::kAwarded) return Set(rule, outcome, asked->points);
    Set(rule, Outcome::kShadowOnly, candidate.granted);
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
    result_.tier = JudgeTier(model_, frame, tiers_, Moment::kUpgrade);
  }

  bool HasBadge(absl::string_view id) const {
    const Texts badges = facts_.member.badges;
    return std::find(badges.begin(), badges.end(), id) != badges.end();
  }

  void SetCandidate(std::size_t rule, const Asked& asked, Candidate& candidate) const {
    candidate.rule = rule;
    candidate.order = model_.selection.order[rule];
    candidate.requested = asked.points;
    candidate.granted = asked.points;
    candidate.bases = asked.bases;
  }
  Candidate MakeCandidate(std::size_t rule, const Asked& asked) const {
    Candidate candidate;
    SetCandidate(rule, asked, candidate);
    return candidate;
  }

  AwardedLine& AddLine(const Candidate& from, LineKind kind) {
    const Rule& rule = model_.rules[from.rule];
    const std::span<const Cut> cuts = std::span(room_.cuts).subspan(from.first_cut, from.cut_count);
    AwardedLine& line = result_.lines.emplace_back(room_.NewLine());
    line.kind = kind;
    line.id = rule.id;
    line.rule = from.rule;
    line.point_type = PointTypeOf(model_, rule);
    line.requested = from.requested;
    line.granted = from.granted;
    line.cuts.assign(cuts.begin(), cuts.end());
    line.bases.assign(from.bases.begin(), from.bases.end());
    return line;
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

  // Of a rule that the activity triggers.
  void Set(std::size_t rule, Outcome outcome, std::int64_t worth = 0) {
    result_.outcomes[rules_.triggered()->places[rule]] = RuleResult{rule, outcome, worth};
  }

  const Model& model_;
  const Facts& facts_;
  const TierState& tiers_;
  Room& room_;
  RuleAmounts rules_;
  Counters counters_;
  std::span<const std::uint32_t> triggered_;  // rules, in document order
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
  if (result.badges.empty() || facts.activity.type == kBadgeEarned) return;
  if (!IsAwaited(model, kBadgeEarned)) return;
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
    Evaluation(model, award, tiers, room.parts()).Run(Extent::kAll);
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
                          EvaluateRoom& room, Extent extent) {
  Room& parts = room.parts();
  parts.Clear();
  Evaluation(model, facts, tiers, parts).Run(extent);
  if (extent == Extent::kAll) AwardBadges(model, facts, tiers, parts.result);
  return parts.result;
}

Evaluated Evaluate(const Model& model, const Facts& facts, const TierState& tiers) {
  EvaluateRoom room;
  static_cast<void>(Evaluate(model, facts, tiers, room));
  return std::move(room.parts().result);
}

std::vector<std::int64_t> SharesOf(const AwardedLine& line) {
  return Shares(line.granted, line.bases);
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
