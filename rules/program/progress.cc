#include "rules/program/progress.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "rules/program/condition_parts.h"
#include "rules/program/document_thresholds.h"

namespace laurel::rules::model {
namespace {

// What is missing of what is needed, as a fraction.
struct Lack {
  absl::int128 missing = 0;
  absl::int128 need = 1;

  friend bool operator<(const Lack& a, const Lack& b) {
    return a.missing * b.need < b.missing * a.need;
  }
};

Lack LackOf(const ProgressPart& part) {
  if (part.holds) return {};
  if (!part.metric || part.missing() == 0) return {1, 1};
  return {part.missing(), std::max<std::int64_t>(1, part.need)};
}

Lack LackOf(const ProgressPath& path) {
  Lack largest;
  for (const ProgressPart& part : path.parts) largest = std::max(largest, LackOf(part));
  return largest;
}

std::optional<std::size_t> MetricIndex(const Model& model, absl::string_view id) {
  for (std::size_t i = 0; i < model.metrics.size(); ++i) {
    if (model.metrics[i].id == id) return i;
  }
  return std::nullopt;
}

ProgressPart PartOf(const Model& model, const Expression& condition, const cel::Expr& conjunct,
                    FactFrame& frame) {
  ProgressPart part;
  part.text = TextOf(condition, conjunct);
  const cel::Value value = frame.PartOf(condition, conjunct);
  part.holds = value.is(cel::Kind::kBool) && value.bool_value();
  const std::optional<MetricFloor> threshold =
      ThresholdOf(condition.plan.checked(), conjunct, model.currency_exponent);
  if (!threshold) return part;
  part.metric = MetricIndex(model, threshold->metric);
  part.need = threshold->at_least;
  if (part.metric) part.have = frame.metric(*part.metric).value_or(0);
  return part;
}

TierProgress ProgressOf(const Model& model, std::size_t tier, const Expression& condition,
                        FactFrame& frame) {
  TierProgress progress;
  progress.tier = tier;
  for (const Conjunction& conjunction : AlternativesOf(condition.plan.checked().root())) {
    ProgressPath path;
    path.holds = true;
    for (const cel::Expr* conjunct : conjunction) {
      path.parts.push_back(PartOf(model, condition, *conjunct, frame));
      path.holds = path.holds && path.parts.back().holds;
    }
    progress.holds = progress.holds || path.holds;
    progress.paths.push_back(std::move(path));
  }
  std::stable_sort(
      progress.paths.begin(), progress.paths.end(),
      [](const ProgressPath& a, const ProgressPath& b) { return LackOf(a) < LackOf(b); });
  return progress;
}

const Condition& RetentionCondition(const Tier& tier) {
  return tier.retain ? tier.retain : tier.qualify;
}

// After a review of a tier now, and what follows if nothing more comes.
std::size_t ExpectedTier(const Model& model, FactFrame& frame, const TierState& state) {
  const TierVerdict review = JudgeTier(model, frame, state, Moment::kReview);
  if (review.outcome != TierOutcome::kWaiting) return review.earned;
  return JudgeTier(model, frame, state, Moment::kDecision).earned;
}

}  // namespace

std::optional<TierProgress> ProgressOf(const Model& model, std::size_t tier, FactFrame& frame) {
  const Condition& qualify = model.tiers[tier].qualify;
  if (!qualify) return std::nullopt;
  return ProgressOf(model, tier, *qualify, frame);
}

std::optional<TierProgress> RetentionOf(const Model& model, std::size_t tier, FactFrame& frame) {
  const Condition& condition = RetentionCondition(model.tiers[tier]);
  if (!condition) return std::nullopt;
  return ProgressOf(model, tier, *condition, frame);
}

std::optional<TierProgress> ProgressOf(const Model& model, std::size_t tier, const Facts& facts) {
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.Derive();
  return ProgressOf(model, tier, frame);
}

std::optional<TierProgress> RetentionOf(const Model& model, std::size_t tier, const Facts& facts) {
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.Derive();
  return RetentionOf(model, tier, frame);
}

TierOutlook OutlookOf(const Model& model, const Facts& facts, const TierState& state) {
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.Derive();
  TierOutlook outlook;
  outlook.shown = std::max(state.earned, state.floor.value_or(0));
  if (outlook.shown + 1 < model.tiers.size()) {
    outlook.next = ProgressOf(model, outlook.shown + 1, frame);
  }
  if (state.earned > 0) outlook.retention = RetentionOf(model, state.earned, frame);
  outlook.through = TermOf(model, facts, state);
  outlook.expected = ExpectedTier(model, frame, state);
  return outlook;
}

}  // namespace laurel::rules::model
