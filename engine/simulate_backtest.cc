#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/domain/backtest.h"
#include "engine/domain/facts.h"
#include "engine/domain/member_token.h"
#include "engine/domain/replay.h"
#include "engine/readings.h"
#include "engine/simulation.h"
#include "rules/program/explain.h"
#include "rules/program/functions.h"
#include "rules/program/model.h"

namespace laurel {
namespace {

namespace model = rules::model;

constexpr int kEntriesPerView = 4096;  // what one view keeps of what it has read

// What points cost in minor units, half up; 0 where that does not fit.
std::int64_t CostOf(std::int64_t points, const rules::Rulebook& rulebook, std::size_t type) {
  const rules::PointType& point_type = rulebook.point_types()[type];
  const auto power = [](int exponent) {
    absl::int128 value = 1;
    for (int i = 0; i < exponent; ++i) value *= 10;
    return value;
  };
  const absl::int128 cost =
      absl::int128(points) * point_type.unit_cost_micros * power(rulebook.currency_exponent());
  const absl::int128 unit = power(point_type.decimals) * 1'000'000;
  const absl::int128 rounded = (cost + unit / 2) / unit;
  return rounded > kAmountMax || rounded < -kAmountMax ? 0 : static_cast<std::int64_t>(rounded);
}

class BacktestSimulator {
 public:
  BacktestSimulator(const SimulationSpec& spec, SimulationWatch& watch)
      : spec_(spec),
        period_(*spec.backtest),
        rulebook_(*spec.candidate.rulebook),
        model_(rulebook_.model()),
        watch_(watch),
        backtest_(spec.program, rulebook_) {
    for (const model::Rule& rule : model_.rules) EffectOf(rule.id, TypeOf(rule));
    for (const model::Benefit& benefit : model_.benefits) {
      if (benefit.kind != model::BenefitKind::kPointMultiplier) continue;
      EffectOf(benefit.id, TypeOf(model_.rules[benefit.rule]));
    }
    budgets_.resize(model_.counters.size());
  }

  absl::StatusOr<BacktestReport> Run(const ReadView& view, std::uint64_t first,
                                     std::uint64_t begun) {
    const std::uint64_t end = view.sequence() + 1;
    for (std::uint64_t from = first; from < end; from += kEntriesPerView) {
      if (watch_.is_cancelled()) return absl::CancelledError("simulation: was cancelled");
      const std::uint64_t until = std::min<std::uint64_t>(end, from + kEntriesPerView);
      ReadView fresh = view.Again();
      absl::Status failed;
      RETURN_IF_ERROR(ForEntries(fresh, from, until, [&](const Entry& entry, absl::string_view) {
        failed = Take(entry, fresh);
        return failed.ok() && !watch_.is_cancelled();
      }));
      RETURN_IF_ERROR(failed);
      RETURN_IF_ERROR(fresh.status());
      watch_.Reach(begun + (until - first));
    }
    Finish();
    return std::move(report_);
  }

 private:
  std::size_t TypeOf(const model::Rule& rule) const { return model::PointTypeOf(model_, rule); }

  RuleEffect& EffectOf(const std::string& rule, std::size_t type) {
    const auto [place, is_new] = effects_.try_emplace({rule, type}, report_.rules.size());
    if (is_new) report_.rules.push_back(RuleEffect{.rule = rule, .point_type = type});
    return report_.rules[place->second];
  }

  bool IsInSample(MemberId member) const {
    if (!period_.sample) return true;
    return model::HashBucket(spec_.program.str(), absl::StrCat("sample:", period_.sample->id),
                             MemberToken(member)) < period_.sample->basis_points;
  }

  absl::Status Take(const Entry& entry, ReadView& view) {
    if (entry.program != spec_.program || !entry.member) return absl::OkStatus();
    if (entry.occurred_at < period_.from || entry.occurred_at >= period_.until) {
      return absl::OkStatus();
    }
    std::optional<ReportedActivity> activity;
    if (const auto* accrued = entry.FindEvent<PurchaseAccrued>()) {
      activity = ReportedIn(entry, *accrued);
    } else if (const auto* other = entry.FindEvent<ActivityAccrued>()) {
      activity = ReportedIn(entry, *other);
    }
    if (!activity || !IsInSample(*entry.member)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rated_by, RatedBy(entry, view));
    backtest_.Decide(view.state(), entry, *activity, *rated_by);
    Count(entry);
    Compare(entry, *activity, *rated_by);
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const rules::Rulebook>> RatedBy(const Entry& entry,
                                                                 ReadView& view) {
    if (rated_by_ != nullptr && entry.revision == rated_by_->digest()) return rated_by_;
    const Program* record = view.state().programs.Find(ProgramKey{spec_.program});
    const Activation* activation =
        record == nullptr || !entry.revision ? nullptr : FindActivation(*record, *entry.revision);
    if (activation != nullptr) {
      rated_by_ = view.rulebooks()->Find(view.state(), spec_.program, *activation);
    }
    if (activation == nullptr || rated_by_ == nullptr) {
      return absl::DataLossError(absl::StrCat("sequence ", entry.sequence,
                                              ": must have a revision that was in force, had not"));
    }
    return rated_by_;
  }

  // ---- by rule, limit, budget and day

  void Count(const Entry& entry) {
    const model::Evaluated& evaluated = backtest_.evaluated();
    ++report_.activities;
    members_.insert(*entry.member);
    const Date day = rulebook_.LocalDate(entry.occurred_at);
    DayEffect& of_day = report_.days[day];
    for (const Event& event : entry.events) {
      const auto* award = std::get_if<PointsAwarded>(&event);
      if (award == nullptr) continue;
      RuleEffect& effect = EffectOf(award->rule, award->type_index);
      effect.points_current += award->amount;
      ++effect.awards_current;
      if (IsRedeemable(award->type_index)) of_day.points_current += award->amount;
    }
    for (const model::AwardedLine& line : evaluated.lines) {
      RuleEffect& effect = EffectOf(std::string(line.id), line.point_type);
      effect.points_candidate += line.granted;
      if (line.granted > 0) ++effect.awards_candidate;
      if (!line.cuts.empty()) ++effect.cut;
      if (IsRedeemable(line.point_type)) of_day.points_candidate += line.granted;
      for (const model::Cut& cut : line.cuts) {
        LimitEffect& limit = report_.limits[model_.counters[cut.counter].name];
        ++limit.hits;
        limit.points += cut.points;
      }
    }
    CountOutcomes(evaluated);
    CountBudgets(day);
  }

  bool IsRedeemable(std::size_t type) const {
    return type < model_.point_types.size() && !model_.point_types[type].is_qualifying;
  }

  void CountOutcomes(const model::Evaluated& evaluated) {
    for (const model::RuleResult& result : evaluated.outcomes) {
      const model::Rule& rule = model_.rules[result.rule];
      RuleEffect& effect = EffectOf(rule.id, TypeOf(rule));
      switch (result.outcome) {
        case model::Outcome::kLostInGroup:
          ++effect.lost_in_group;
          break;
        case model::Outcome::kLimitReached:
        case model::Outcome::kBudgetExhausted:
          ++effect.cut;
          break;
        case model::Outcome::kError:
          ++effect.errors;
          break;
        default:
          break;
      }
    }
  }

  void CountBudgets(Date day) {
    for (std::size_t i = 0; i < model_.counters.size(); ++i) {
      const model::Counter& counter = model_.counters[i];
      const std::optional<std::int64_t>& used = backtest_.used()[i];
      if (counter.counts_fires || !used) continue;
      BudgetEffect& budget = budgets_[i];
      std::int64_t& at_end = budget.used[day];
      at_end = std::max(at_end, *used);
      if (*used >= counter.max && (!budget.ends_on || day < *budget.ends_on)) budget.ends_on = day;
    }
  }

  // ---- the most changed

  void Compare(const Entry& entry, const ReportedActivity& activity,
               const rules::Rulebook& rated_by) {
    std::vector<std::int64_t> current(model_.point_types.size());
    std::vector<std::int64_t> candidate(model_.point_types.size());
    for (const Event& event : entry.events) {
      const auto* award = std::get_if<PointsAwarded>(&event);
      if (award == nullptr || award->type_index >= current.size()) continue;
      current[award->type_index] += award->amount;
    }
    for (const model::AwardedLine& line : backtest_.evaluated().lines) {
      candidate[line.point_type] += line.granted;
    }
    ChangedDecision decision{.sequence = entry.sequence, .member = *entry.member};
    std::int64_t size = 0;
    for (std::size_t type = 0; type < current.size(); ++type) {
      const std::int64_t differs = std::abs(candidate[type] - current[type]);
      if (differs <= size) continue;
      size = differs;
      decision.point_type = type;
      decision.points_current = current[type];
      decision.points_candidate = candidate[type];
    }
    if (size == 0) return;
    ++report_.changed;
    if (most_.size() >= BacktestReport::kChangedMax) {
      if (most_.begin()->first >= size) return;
      most_.erase(most_.begin());
    }
    const Replay replay(rated_by, entry, activity);
    decision.explanation_current =
        model::Explain(rated_by.model(), replay.facts(), replay.evaluated());
    decision.explanation_candidate =
        model::Explain(model_, backtest_.facts(), backtest_.evaluated());
    most_.emplace(size, std::move(decision));
  }

  // ---- the end

  void Finish() {
    report_.members = static_cast<std::int64_t>(members_.size());
    for (RuleEffect& effect : report_.rules) {
      if (effect.point_type >= model_.point_types.size()) continue;
      effect.cost_current = CostOf(effect.points_current, rulebook_, effect.point_type);
      effect.cost_candidate = CostOf(effect.points_candidate, rulebook_, effect.point_type);
    }
    for (const model::Rule& rule : model_.rules) {
      const RuleEffect& effect = EffectOf(rule.id, TypeOf(rule));
      if (effect.awards_candidate > 0) continue;
      report_.never_fired.push_back(rule.id);
      if (effect.lost_in_group > 0 && effect.cut == 0) report_.always_lost.push_back(rule.id);
    }
    for (std::size_t i = 0; i < budgets_.size(); ++i) {
      if (budgets_[i].used.empty()) continue;
      budgets_[i].budget = model_.counters[i].name;
      budgets_[i].total = model_.counters[i].max;
      report_.budgets.push_back(std::move(budgets_[i]));
    }
    for (auto most = most_.rbegin(); most != most_.rend(); ++most) {
      report_.most_changed.push_back(std::move(most->second));
    }
    report_.assumptions.assign(backtest_.assumptions().begin(), backtest_.assumptions().end());
  }

  const SimulationSpec& spec_;
  const BacktestPeriod& period_;
  const rules::Rulebook& rulebook_;
  const model::Model& model_;
  SimulationWatch& watch_;
  Backtest backtest_;
  std::shared_ptr<const rules::Rulebook> rated_by_;  // the last entry
  std::map<std::pair<std::string, std::size_t>, std::size_t> effects_;
  std::vector<BudgetEffect> budgets_;  // by counter
  std::set<MemberId> members_;
  std::multimap<std::int64_t, ChangedDecision> most_;  // by size
  BacktestReport report_;
};

// The first entry that was recorded at `from` or later: what occurred from then on was reported
// after it, but for clocks that run ahead.
absl::StatusOr<std::uint64_t> FirstSince(const ReadView& view, Timestamp from) {
  const Timestamp recorded = from.PlusMicros(-kAheadMicros);
  std::uint64_t low = 1;
  std::uint64_t high = view.sequence() + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    bool is_before = false;
    RETURN_IF_ERROR(
        ForEntries(view, middle, middle + 1, [&](const Entry& entry, absl::string_view) {
          is_before = entry.recorded_at < recorded;
          return true;
        }));
    if (is_before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

absl::StatusOr<BacktestReport> SimulateBacktest(const ReadView& view, const SimulationSpec& spec,
                                                std::uint64_t first, SimulationWatch& watch,
                                                std::uint64_t begun) {
  return BacktestSimulator(spec, watch).Run(view, first, begun);
}

absl::StatusOr<SimulationReport> Simulate(const ReadView& view, const SimulationSpec& spec,
                                          SimulationWatch& watch) {
  const std::uint64_t end = view.sequence() + 1;
  std::uint64_t first = end;
  if (spec.backtest) {
    ASSIGN_OR_RETURN(first, FirstSince(view, spec.backtest->from));
  }
  watch.Expect(view.sequence() + (end - first));
  SimulationReport report;
  ASSIGN_OR_RETURN(report.activation, SimulateActivation(view, spec, watch, 0));
  if (!spec.backtest) return report;
  ASSIGN_OR_RETURN(report.backtest, SimulateBacktest(view, spec, first, watch, view.sequence()));
  return report;
}

}  // namespace laurel
