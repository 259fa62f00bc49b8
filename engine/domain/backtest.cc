#include "engine/domain/backtest.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/domain/attributes.h"
#include "engine/domain/replay.h"
#include "engine/domain/tiers.h"
#include "rules/program/model.h"
#include "rules/program/rule_amounts.h"

namespace laurel {
namespace {

namespace model = rules::model;

constexpr std::int64_t kMicros = 1'000'000;

std::string TextOf(const model::Condition& condition) { return condition ? condition->text : ""; }

// Whether two metrics measure the same, whatever people call them.
bool MeansTheSame(const model::Metric& a, const model::Metric& b) {
  const auto window = [](const model::MetricWindow& w) {
    return std::tuple(w.kind, w.months, w.days, w.period);
  };
  return a.measure == b.measure && a.of == b.of && a.point_type == b.point_type &&
         a.attribute == b.attribute && a.activities == b.activities &&
         window(a.window) == window(b.window) && TextOf(a.where) == TextOf(b.where) &&
         TextOf(a.items) == TextOf(b.items);
}

template <class List>
std::optional<std::size_t> IndexOf(const List& list, absl::string_view id) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.id == id; });
  if (found == list.end()) return std::nullopt;
  return static_cast<std::size_t>(found - list.begin());
}

// A fraction of a point, whatever it has come to.
std::int64_t Fraction(std::int64_t micros) { return ((micros % kMicros) + kMicros) % kMicros; }

}  // namespace

Backtest::Backtest(const ProgramId& program, const rules::Rulebook& candidate)
    : program_(program),
      rulebook_(candidate),
      model_(candidate.model()),
      used_(candidate.model().counters.size()) {}

void Backtest::Decide(State& state, const Entry& entry, const ReportedActivity& activity,
                      const rules::Rulebook& rated_by) {
  Case one{.state = state, .entry = entry, .activity = activity, .rated_by = rated_by};
  one.had = EvidenceOf(entry);
  one.has_evidence = entry.FindEvent<EvidenceKept>() != nullptr;
  one.day = rulebook_.LocalDate(entry.occurred_at);
  EvidenceKept evidence = EvidenceFor(one);
  case_ = &one;
  rating_.emplace(rulebook_, program_, *entry.member, activity, std::move(evidence), one.dates,
                  static_cast<CounterBook&>(*this));
  evaluated_ = rating_->Evaluate();
  Keep(one);
  case_ = nullptr;
}

// ---- facts

EvidenceKept Backtest::EvidenceFor(Case& one) {
  EvidenceKept now;
  const MemberId id = *one.entry.member;
  const Member* record = one.state.members.Find(MemberKey{id});
  const Enrolment* enrolment = one.state.enrolments.Find(EnrolmentKey{id});
  now.state = one.had.state;
  if (!one.has_evidence && record != nullptr) now.state = record->state;
  now.enrolled_at = one.had.enrolled_at;
  if (now.enrolled_at == Timestamp() && enrolment != nullptr) {
    now.enrolled_at = enrolment->enrolled_at;
  }
  if (model_.reads_member && !one.has_evidence) {
    assumptions_.insert("whether a member was suspended is taken as of today");
  }
  TakeTier(one, now);
  one.dates = model::MemberDates{rulebook_.LocalDate(now.enrolled_at),
                                 rulebook_.LocalDate(now.earned_since)};
  if (record != nullptr && record->tier.since == now.earned_since) {
    one.dates = MemberStanding(one.state, id, rulebook_).DatesOf(record->tier);
    one.dates.enrolled = rulebook_.LocalDate(now.enrolled_at);
  }
  if (model_.reads_metrics) TakeMetrics(one, now);
  if (model_.reads_balances) TakeBalances(one, now);
  TakeCarries(one, now);
  TakeAttributes(one, now);
  TakePauses(one, now);
  return now;
}

void Backtest::TakeTier(Case& one, EvidenceKept& now) {
  const std::string& base = one.rated_by.tiers().front().id;
  std::string shown = one.had.tier.empty() ? base : one.had.tier;
  std::string earned = one.had.earned.empty() ? base : one.had.earned;
  now.tier_since = one.had.tier_since;
  now.earned_since = one.had.earned_since;
  if (!one.has_evidence) {
    // The history of tiers is kept for ever.
    const MemberStanding standing(one.state, *one.entry.member, one.rated_by);
    const MemberStanding::Shown then = standing.ShownAt(one.entry.occurred_at);
    shown = earned = then.tier;
    now.tier_since = now.earned_since = then.since;
  }
  const auto raised = [&](const std::string& tier) {
    std::size_t index = InheritedTier(one.rated_by, rulebook_, tier);
    const Scratch& scratch = scratch_[*one.entry.member];
    if (scratch.tier) index = std::max(index, *scratch.tier);
    return rulebook_.tiers()[index].id;
  };
  now.tier = raised(shown);
  now.earned = raised(earned);
}

void Backtest::TakeMetrics(Case& one, EvidenceKept& now) {
  for (const model::Metric& metric : model_.metrics) now.metrics.push_back(MetricOf(one, metric));
  // What the activity added then, it adds now.
  const model::Model& then = one.rated_by.model();
  for (const EvidenceKept::MetricRead& read : one.had.metrics_after) {
    if (read.metric >= then.metrics.size() || read.metric >= one.had.metrics.size()) continue;
    const std::optional<std::size_t> known = IndexOf(model_.metrics, then.metrics[read.metric].id);
    if (!known || !MeansTheSame(then.metrics[read.metric], model_.metrics[*known])) continue;
    const std::int64_t added = read.value - one.had.metrics[read.metric].value_or(0);
    now.metrics_after.push_back(
        {static_cast<std::uint32_t>(*known), now.metrics[*known].value_or(0) + added});
  }
}

std::optional<std::int64_t> Backtest::MetricOf(Case& one, const model::Metric& metric) {
  const bool has_values =
      metric.measure == model::Measure::kMax || metric.measure == model::Measure::kDistinct;
  if (has_values) return ValueMetricOf(one, metric);
  const model::Model& then = one.rated_by.model();
  const std::int64_t differing = Differing(one, metric);
  const std::optional<std::size_t> known = IndexOf(then.metrics, metric.id);
  if (known && *known < one.had.metrics.size() && MeansTheSame(then.metrics[*known], metric)) {
    const std::optional<std::int64_t>& value = one.had.metrics[*known];
    if (!value && differing == 0) return std::nullopt;
    return value.value_or(0) + differing;
  }
  if (SourceOf(metric) == MetricSource::kTracked) {
    assumptions_.insert(absl::StrCat("metrics.", metric.id,
                                     " is new and is counted from the first day of the period"));
    return differing;
  }
  assumptions_.insert(absl::StrCat("metrics.", metric.id,
                                   " was not kept with the activities: it is that of the day"));
  // The records have the activity already.
  ActivityInThought own{.day = one.day};
  if (const auto* accrued = one.entry.FindEvent<PurchaseAccrued>()) {
    own.spend = -accrued->eligible_net;
    own.purchases = -1;
  }
  own.points.resize(model_.point_types.size());
  for (const Event& event : one.entry.events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award != nullptr) own.points[award->type_index] -= award->amount;
  }
  const std::vector<std::optional<std::int64_t>> values =
      MetricsAsOf(one.state, *one.entry.member, std::span(&metric, 1), one.day, one.dates, &own);
  if (!values[0]) return std::nullopt;
  return std::max<std::int64_t>(0, *values[0] + differing);
}

// The largest of values, or how many differ, before the activity. What the member had when the
// period began is known as far as it shows in what the evidence says.
std::optional<std::int64_t> Backtest::ValueMetricOf(const Case& one, const model::Metric& metric) {
  const Date first = model::FirstDayOf(metric.window, one.day, one.dates);
  std::map<std::int64_t, std::int64_t> now;     // activities by value, of the candidate
  std::map<std::int64_t, std::int64_t> ledger;  // likewise
  const auto found = scratch_.find(*one.entry.member);
  if (found != scratch_.end()) {
    for (const Difference& difference : found->second.differences) {
      if (difference.day < first || difference.day > one.day) continue;
      for (const MetricCounted& counted : difference.values) {
        if (counted.metric == metric.id) now[counted.value] += counted.delta;
      }
      for (const MetricCounted& counted : difference.ledger_values) {
        if (counted.metric == metric.id) ledger[counted.value] += counted.delta;
      }
    }
  }
  const bool is_largest = metric.measure == model::Measure::kMax;
  const auto largest_of = [](const std::map<std::int64_t, std::int64_t>& values) {
    return values.empty() ? 0 : values.rbegin()->first;
  };
  const model::Model& then = one.rated_by.model();
  const std::optional<std::size_t> known = IndexOf(then.metrics, metric.id);
  const bool is_kept =
      known && *known < one.had.metrics.size() && MeansTheSame(then.metrics[*known], metric);
  if (!is_kept) {
    assumptions_.insert(absl::StrCat("metrics.", metric.id,
                                     " is new and is counted from the first day of the period"));
    return is_largest ? largest_of(now) : static_cast<std::int64_t>(now.size());
  }
  const std::int64_t had = one.had.metrics[*known].value_or(0);
  std::map<std::int64_t, std::int64_t> added;
  std::map<std::int64_t, std::int64_t> gone;
  for (const auto& [value, count] : now) {
    if (ledger.count(value) == 0) added[value] = count;
  }
  for (const auto& [value, count] : ledger) {
    if (now.count(value) == 0) gone[value] = count;
  }
  if (added.empty() && gone.empty()) return had;
  const auto assume = [&] {
    assumptions_.insert(absl::StrCat("metrics.", metric.id,
                                     " is told from the period alone where a value is gone that "
                                     "the ledger had in it"));
  };
  if (is_largest) {
    if (gone.count(had) == 0) return std::max(had, largest_of(added));
    assume();
    return largest_of(now);
  }
  if (!gone.empty()) assume();
  return std::max<std::int64_t>(
      0, had + static_cast<std::int64_t>(added.size()) - static_cast<std::int64_t>(gone.size()));
}

// What the member's metric has from the candidate and not in the ledger, before the activity.
std::int64_t Backtest::Differing(const Case& one, const model::Metric& metric) {
  const auto found = scratch_.find(*one.entry.member);
  if (found == scratch_.end()) return 0;
  const MetricSource source = SourceOf(metric);
  const Date first = model::FirstDayOf(metric.window, one.day, one.dates);
  std::map<Date, std::int64_t> by_day;
  for (const Difference& difference : found->second.differences) {
    if (difference.day < first || difference.day > one.day) continue;
    if (source == MetricSource::kSpend) {
      by_day[difference.day] += difference.spend;
    } else if (source == MetricSource::kPoints && metric.point_type < difference.points.size()) {
      by_day[difference.day] += difference.points[metric.point_type];
    } else if (source == MetricSource::kTracked) {
      const auto tracked = difference.tracked.find(metric.id);
      if (tracked != difference.tracked.end()) by_day[difference.day] += tracked->second;
    }
  }
  std::int64_t sum = 0;
  for (const auto& [day, value] : by_day) {
    sum += metric.measure == model::Measure::kDistinctDays ? static_cast<int>(value > 0) : value;
  }
  return sum;
}

void Backtest::TakeBalances(Case& one, EvidenceKept& now) {
  now.available = one.had.available;
  now.pending = one.had.pending;
  if (now.available.empty()) {
    assumptions_.insert("balances are taken as of today");
    const model::MemberFact today = MemberStanding(one.state, *one.entry.member, rulebook_).Facts();
    now.available.assign(today.balance.begin(), today.balance.end());
    now.pending.assign(today.pending.begin(), today.pending.end());
  }
  now.available.resize(model_.point_types.size());
  for (const Difference& difference : scratch_[*one.entry.member].differences) {
    for (std::size_t type = 0; type < difference.points.size(); ++type) {
      now.available[type] += difference.points[type];
    }
  }
}

void Backtest::TakeCarries(Case& one, EvidenceKept& now) {
  for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
    if (!model::IsCarryRule(model_.rules[rule])) continue;
    const std::string& id = model_.rules[rule].id;
    std::int64_t micros = 0;
    for (const EvidenceKept::CarryRead& carry : one.had.carries) {
      if (one.rated_by.model().rules[carry.rule].id == id) micros = carry.micros;
    }
    const auto uses = uses_.find(CarryKeyOf(program_, *one.entry.member, id));
    if (uses != uses_.end()) {
      micros = Fraction(micros + uses->second.candidate - uses->second.ledger);
    }
    if (micros != 0) {
      now.carries.push_back(EvidenceKept::CarryRead{static_cast<std::uint32_t>(rule), micros});
    }
  }
}

void Backtest::TakeAttributes(const Case& one, EvidenceKept& now) {
  const auto is_in = [](const std::vector<std::string>& list, const std::string& id) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  const std::vector<std::string>& then = one.rated_by.model().read_attributes;
  for (const AttributeValue& kept : one.had.attributes) {
    if (is_in(model_.read_attributes, kept.id)) now.attributes.push_back(kept);
  }
  const MemberId member = one.state.RootOf(*one.entry.member);
  for (const std::string& id : model_.read_attributes) {
    if (is_in(then, id)) continue;
    assumptions_.insert(absl::StrCat("member.attributes.", id, " is taken as of today"));
    for (const ToldAttribute& told : ToldOf(one.state, one.state.GroupOf(member))) {
      const bool counts = told.told.attribute.id == id && told.told.ends_at > one.entry.occurred_at;
      if (counts) now.attributes.push_back(told.told.attribute);
    }
  }
}

void Backtest::TakePauses(const Case& one, EvidenceKept& now) const {
  for (const std::uint32_t rule : one.had.paused_rules) {
    const std::optional<std::size_t> index =
        IndexOf(model_.rules, one.rated_by.model().rules[rule].id);
    if (index) now.paused_rules.push_back(static_cast<std::uint32_t>(*index));
  }
}

std::int64_t Backtest::Used(const CounterKey& key, const model::Counter& counter,
                            absl::string_view by) {
  if (case_ == nullptr) return 0;  // it is being explained, and was not asked about
  const auto found = uses_.find(key);
  const Uses uses = found == uses_.end() ? Uses{} : found->second;
  std::optional<std::int64_t> then;
  for (const EvidenceKept::CounterRead& read : case_->had.counters) {
    const model::Counter& asked = case_->rated_by.model().counters[read.counter];
    if (read.by == by && asked.scope == counter.scope && CounterName(asked) == key.name) {
      then = read.used;
    }
  }
  std::int64_t used = uses.candidate;
  if (then) {
    used = *then + uses.candidate - uses.ledger;
  } else {
    assumptions_.insert(absl::StrCat(counter.name,
                                     " is counted from the first day of the period where no "
                                     "activity tells what was used before"));
  }
  used = std::max<std::int64_t>(0, used);
  if (counter.scope == model::Scope::kProgram) {
    used_[static_cast<std::size_t>(&counter - model_.counters.data())] = used;
  }
  return used;
}

// ---- what it leaves behind

void Backtest::Keep(const Case& one) {
  KeepUses(one);
  KeepDifference(one);
  KeepTier(one);
}

void Backtest::KeepUses(const Case& one) {
  for (const CounterMoved& move : rating_->CounterMoves(evaluated_)) {
    const CounterKey key{program_, move.is_of_member ? one.entry.member : std::nullopt, move.name,
                         move.by, move.start};
    uses_[key].candidate += move.delta;
  }
  for (const model::CounterUse& use : evaluated_.uses) {
    if (used_[use.counter]) *used_[use.counter] += use.amount;
  }
  for (const Event& event : EventsOfActivity(one.entry)) {
    const auto* move = std::get_if<CounterMoved>(&event);
    if (move == nullptr) continue;
    const CounterKey key{program_, move->is_of_member ? one.entry.member : std::nullopt, move->name,
                         move->by, move->start};
    uses_[key].ledger += move->delta;
  }
}

void Backtest::KeepDifference(const Case& one) {
  Difference difference{.day = one.day,
                        .spend = 0,
                        .points = std::vector<std::int64_t>(model_.point_types.size()),
                        .tracked = {},
                        .values = {},
                        .ledger_values = {}};
  for (const model::AwardedLine& line : evaluated_.lines) {
    difference.points[line.point_type] += line.granted;
  }
  for (const MetricCounted& counted : rating_->MetricCounts(difference.points)) {
    if (counted.counting == MetricCounting::kAmount) {
      difference.tracked[counted.metric] += counted.delta;
    } else {
      difference.values.push_back(counted);
    }
  }
  for (const Event& event : EventsOfActivity(one.entry)) {
    if (const auto* award = std::get_if<PointsAwarded>(&event)) {
      if (award->type_index < difference.points.size()) {
        difference.points[award->type_index] -= award->amount;
      }
    } else if (const auto* counted = std::get_if<MetricCounted>(&event)) {
      if (!IndexOf(model_.metrics, counted->metric)) continue;
      if (counted->counting != MetricCounting::kAmount) {
        difference.ledger_values.push_back(*counted);
        continue;
      }
      difference.tracked[counted->metric] -= counted->delta;
    } else if (const auto* accrued = std::get_if<PurchaseAccrued>(&event)) {
      difference.spend = evaluated_.eligible_net - accrued->eligible_net;
    }
  }
  std::erase_if(difference.tracked, [](const auto& entry) { return entry.second == 0; });
  const bool is_same = difference.spend == 0 && difference.tracked.empty() &&
                       difference.values.empty() && difference.ledger_values.empty() &&
                       std::all_of(difference.points.begin(), difference.points.end(),
                                   [](std::int64_t points) { return points == 0; });
  if (!is_same) scratch_[*one.entry.member].differences.push_back(std::move(difference));
}

// Whether the tiers ask for something else than those of the revision that decided.
bool Backtest::MayRaise(const rules::Rulebook& rated_by) {
  const auto known = may_raise_.find(rated_by.digest());
  if (known != may_raise_.end()) return known->second;
  const std::vector<model::Tier>& then = rated_by.model().tiers;
  const bool is_same = std::equal(model_.tiers.begin(), model_.tiers.end(), then.begin(),
                                  then.end(), [](const model::Tier& a, const model::Tier& b) {
                                    return a.id == b.id && TextOf(a.qualify) == TextOf(b.qualify);
                                  });
  return may_raise_[rated_by.digest()] = model_.reads_member && !is_same;
}

// Somebody may have won a tier earlier. Both revisions are asked about the same numbers, so that
// nobody rises who would have risen anyhow.
void Backtest::KeepTier(const Case& one) {
  if (!MayRaise(one.rated_by)) return;
  assumptions_.insert(
      "tiers are those that members had, and higher where the candidate gives one earlier; nobody "
      "is put on a lower one");
  const MemberId id = *one.entry.member;
  const Member* record = one.state.members.Find(MemberKey{id});
  if (record == nullptr) return;
  const auto qualified = [&](const rules::Rulebook& rulebook) {
    const MemberStanding standing(one.state, id, rulebook);
    MemberTier none;
    none.tier = rulebook.tiers().front().id;
    const MetricValues metrics = standing.MetricsAsOf(record->tier, one.day);
    const std::optional<TierDecided> verdict =
        standing.JudgeUpgrade(none, metrics, one.entry.occurred_at);
    return verdict ? verdict->to : none.tier;
  };
  const std::size_t then = InheritedTier(one.rated_by, rulebook_, qualified(one.rated_by));
  const std::size_t now = TierIndex(rulebook_, qualified(rulebook_));
  if (now > then) {
    std::optional<std::size_t>& tier = scratch_[id].tier;
    tier = std::max(tier.value_or(0), now);
  }
}

}  // namespace laurel
