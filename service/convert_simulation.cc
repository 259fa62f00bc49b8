#include "service/convert_simulation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/text.h"
#include "service/convert_explain.h"
#include "service/convert_program.h"
#include "service/names.h"
#include "service/status.h"

namespace laurel {
namespace {

constexpr std::int32_t kDaysMax = 3'660;
constexpr std::size_t kSampleIdMax = 40;
constexpr int kStatedMetricsMax = 64;

bool IsSampleId(absl::string_view id) {
  if (id.empty() || id.size() > kSampleIdMax || id[0] < 'a' || id[0] > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || text_form::IsDigit(c) || c == '_';
  });
}

std::optional<Sample> ParseSample(const v1::SimulationSample& sample, const Path& path,
                                  Violations& violations) {
  if (!IsSampleId(sample.id())) {
    violations.Malformed(Path{"id", &path}.Render(), "must be [a-z][a-z0-9_]{0,39}, was another");
  }
  if (sample.basis_points() < 1 || sample.basis_points() > 10'000) {
    violations.OutOfRange(Path{"basis_points", &path}.Render(),
                          absl::StrCat("must be 1 to 10000, was ", sample.basis_points()));
  }
  return Sample{sample.id(), sample.basis_points()};
}

v1::JobState ToApi(Simulations::State state) {
  switch (state) {
    case Simulations::State::kRunning:
      return v1::JOB_STATE_RUNNING;
    case Simulations::State::kSucceeded:
      return v1::JOB_STATE_SUCCEEDED;
    case Simulations::State::kFailed:
      return v1::JOB_STATE_FAILED;
    case Simulations::State::kCancelled:
      return v1::JOB_STATE_CANCELLED;
  }
  return v1::JOB_STATE_UNSPECIFIED;
}

void RenderActivation(const ActivationReport& report, const ProgramId& program,
                      v1::ActivationReport& out) {
  out.set_members(report.members);
  out.set_moved(report.moved);
  out.set_raised(report.raised);
  out.set_fallen(report.fallen);
  for (const std::string& tier : report.tiers_before) out.add_tiers_before(tier);
  for (const std::string& tier : report.tiers_after) out.add_tiers_after(tier);
  for (const auto& [pair, members] : report.moves) {
    v1::TierMove& move = *out.add_moves();
    move.set_from_tier(pair.first);
    move.set_to_tier(pair.second);
    move.set_members(members);
  }
  for (const ActivationReport::Loser& loser : report.losers) {
    v1::TierLoser& message = *out.add_losers();
    message.set_member(MemberName(program, loser.member));
    message.set_from_tier(loser.from);
    message.set_to_tier(loser.to);
  }
}

void RenderRule(const RuleEffect& effect, const rules::Rulebook& rulebook, v1::RuleEffect& out) {
  out.set_rule(effect.rule);
  if (effect.point_type < rulebook.point_types().size()) {
    out.set_point_type(rulebook.point_types()[effect.point_type].id);
  }
  out.set_points_current(effect.points_current);
  out.set_points_candidate(effect.points_candidate);
  out.set_cost_current(effect.cost_current);
  out.set_cost_candidate(effect.cost_candidate);
  out.set_awards_current(effect.awards_current);
  out.set_awards_candidate(effect.awards_candidate);
  out.set_lost_in_group(effect.lost_in_group);
  out.set_cut(effect.cut);
  out.set_errors(effect.errors);
}

void RenderBudget(const BudgetEffect& budget, v1::BudgetEffect& out) {
  out.set_budget(budget.budget);
  out.set_total(budget.total);
  for (const auto& [day, used] : budget.used) {
    v1::BudgetDay& message = *out.add_days();
    RenderDate(day, *message.mutable_day());
    message.set_used(used);
  }
  if (budget.ends_on) RenderDate(*budget.ends_on, *out.mutable_ends_on());
}

void RenderBacktest(const BacktestReport& report, const SimulationSpec& spec,
                    v1::BacktestReport& out) {
  const rules::Rulebook& rulebook = *spec.candidate.rulebook;
  RenderDate(rulebook.LocalDate(spec.backtest->from), *out.mutable_first_on());
  RenderDate(rulebook.LocalDate(spec.backtest->until.PlusMicros(-1)), *out.mutable_last_on());
  out.set_activities(report.activities);
  out.set_members(report.members);
  out.set_changed(report.changed);
  for (const RuleEffect& effect : report.rules) RenderRule(effect, rulebook, *out.add_rules());
  for (const auto& [name, limit] : report.limits) {
    v1::LimitEffect& message = *out.add_limits();
    message.set_limit(name);
    message.set_hits(limit.hits);
    message.set_points(limit.points);
  }
  for (const BudgetEffect& budget : report.budgets) RenderBudget(budget, *out.add_budgets());
  for (const std::string& rule : report.never_fired) out.add_never_fired(rule);
  for (const std::string& rule : report.always_lost) out.add_always_lost(rule);
  for (const ChangedDecision& changed : report.most_changed) {
    v1::ChangedDecision& message = *out.add_most_changed();
    message.set_entry(EntryName(spec.program, 0, changed.sequence));
    message.set_member(MemberName(spec.program, changed.member));
    message.set_point_type(rulebook.point_types()[changed.point_type].id);
    message.set_points_current(changed.points_current);
    message.set_points_candidate(changed.points_candidate);
    message.set_explanation_current(changed.explanation_current);
    message.set_explanation_candidate(changed.explanation_candidate);
  }
  for (const auto& [day, effect] : report.days) {
    v1::DayEffect& message = *out.add_days();
    RenderDate(day, *message.mutable_day());
    message.set_points_current(effect.points_current);
    message.set_points_candidate(effect.points_candidate);
  }
  for (const std::string& assumption : report.assumptions) out.add_assumptions(assumption);
}

}  // namespace

std::optional<NamedCandidate> ParseCandidate(const v1::SimulationCandidate& candidate,
                                             const ProgramId& program, const Path& path,
                                             Violations& violations) {
  const std::size_t before = violations.all().size();
  NamedCandidate named;
  switch (candidate.candidate_case()) {
    case v1::SimulationCandidate::kRevision: {
      const std::optional<RevisionRef> ref = ParseRevisionName(candidate.revision());
      if (!ref || ref->program != program) {
        violations.Malformed(Path{"revision", &path}.Render(),
                             "must be programs/{program}/revisions/{number}, was another");
        break;
      }
      named.number = ref->number;
      break;
    }
    case v1::SimulationCandidate::kDocument: {
      named.rulebook =
          CompileDocument(candidate.document(), Path{"document", &path}.Render(), violations);
      if (named.rulebook != nullptr && named.rulebook->program() != program.str()) {
        violations.Add(Path{"document", &path}.Render(),
                       absl::StrCat("must be of the program ", program.str(), ", was of another"),
                       "OTHER_PROGRAM");
      }
      break;
    }
    default:
      violations.Required(path.Render());
  }
  if (violations.all().size() > before) return std::nullopt;
  return named;
}

std::optional<BacktestPeriod> ParseBacktest(const v1::BacktestPeriod& period, Timestamp now,
                                            const Path& path, Violations& violations) {
  if (period.days() < 1 || period.days() > kDaysMax) {
    violations.OutOfRange(Path{"days", &path}.Render(),
                          absl::StrCat("must be 1 to ", kDaysMax, ", was ", period.days()));
    return std::nullopt;
  }
  BacktestPeriod parsed{.from = now, .until = now, .sample = std::nullopt};
  if (period.has_until()) {
    parsed.until = ParseInstant(period.until(), Path{"until", &path}, violations);
  }
  if (period.has_sample()) {
    parsed.sample = ParseSample(period.sample(), Path{"sample", &path}, violations);
  }
  parsed.from = parsed.until.PlusMicros(-kMicrosPerDay * period.days());
  return parsed;
}

StatedMember ParseStatedMember(const v1::StatedMember& member, Timestamp occurred_at,
                               const Path& path, Violations& violations) {
  StatedMember stated{.tier = member.tier(), .enrolled_at = occurred_at, .metrics = {}};
  if (member.has_enrolled_at()) {
    stated.enrolled_at = ParseInstant(member.enrolled_at(), Path{"enrolled_at", &path}, violations);
  }
  if (member.metrics_size() > kStatedMetricsMax) {
    violations.OutOfRange(
        Path{"metrics", &path}.Render(),
        absl::StrCat("must be at most ", kStatedMetricsMax, ", was ", member.metrics_size()));
    return stated;
  }
  for (int i = 0; i < member.metrics_size(); ++i) {
    const v1::StatedMetric& metric = member.metrics(i);
    if (!stated.metrics.emplace(metric.metric(), metric.value()).second) {
      violations.Add(Path{"metrics", &path, i}.Render(), "must be stated once, was repeated",
                     "REPEATED");
    }
  }
  return stated;
}

void RenderSimulation(const Simulations::View& view, bool has_report, v1::Simulation& out) {
  const SimulationSpec& spec = *view.spec;
  out.set_name(SimulationName(view.program, view.id));
  out.set_state(ToApi(view.state));
  out.mutable_progress()->set_done(view.done);
  out.mutable_progress()->set_total(view.total);
  out.mutable_progress()->set_unit("entries");
  if (view.state == Simulations::State::kFailed) *out.mutable_error() = ToRpcStatus(view.error);
  RenderInstant(view.created_at, *out.mutable_created_at());
  if (view.expires_at) RenderInstant(*view.expires_at, *out.mutable_expires_at());
  if (spec.candidate.number != 0) {
    out.set_revision(RevisionName(view.program, spec.candidate.number));
  }
  const Hash& digest = spec.candidate.rulebook->digest();
  out.set_digest(digest.data(), digest.size());
  out.set_current_revision(RevisionName(view.program, view.current));
  out.set_sequence(view.sequence);
  RenderInstant(spec.effective_from, *out.mutable_effective_from());
  if (!has_report || view.report == nullptr) return;
  RenderActivation(view.report->activation, view.program, *out.mutable_activation());
  if (view.report->backtest) {
    RenderBacktest(*view.report->backtest, spec, *out.mutable_backtest());
  }
}

void RenderWhatIf(const WhatIf& what_if, const ProgramId& program, std::uint32_t number,
                  const rules::Rulebook& rulebook, v1::SimulatedDecision& out) {
  if (number != 0) out.set_revision(RevisionName(program, number));
  RenderLines(what_if.lines, *out.mutable_lines());
  RenderMisses(what_if.missed, *out.mutable_not_applied());
  out.mutable_eligible()->set_currency_code(std::string(rulebook.currency()));
  out.mutable_eligible()->set_minor_units(what_if.eligible_net);
  out.set_tier(what_if.tier);
  out.set_text(what_if.text);
}

}  // namespace laurel
