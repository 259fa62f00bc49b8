#include "engine/domain/what_if.h"

#include <utility>

#include "engine/domain/tiers.h"
#include "rules/program/model.h"

namespace laurel {
namespace {

namespace model = rules::model;

WhatIf Explained(const rules::Rulebook& rulebook, const Rating& rating,
                 const model::Evaluated& evaluated) {
  WhatIf result;
  result.eligible_net = evaluated.eligible_net;
  result.tier = rulebook.tiers()[evaluated.tier.earned].id;
  result.text = model::Explain(rulebook.model(), rating.facts(), evaluated);
  ExplainLines(rulebook.model(), rating.facts(), evaluated, result.lines, result.missed);
  return result;
}

}  // namespace

WhatIf TryForMember(State& state, const rules::Rulebook& rulebook, const ProgramId& program,
                    MemberId member, const ReportedActivity& activity) {
  const Rating rating(state, rulebook, program, member, activity);
  const model::Evaluated evaluated = rating.Evaluate();
  WhatIf result = Explained(rulebook, rating, evaluated);

  ActivityInThought thought{.day = rulebook.LocalDate(activity.occurred_at)};
  thought.points.resize(rulebook.point_types().size());
  for (const model::AwardedLine& line : evaluated.lines) {
    thought.points[line.point_type] += line.granted;
  }
  if (activity.type == "purchase") {
    thought.spend = evaluated.eligible_net;
    thought.purchases = 1;
  }
  thought.tracked = rating.MetricCounts(thought.points);
  MemberTier tier = state.members.Find(MemberKey{member})->tier;
  const MemberStanding standing(state, member, rulebook);
  const MetricValues metrics = standing.MetricsAsOf(tier, thought.day, &thought);
  standing.JudgeActivity(tier, metrics, activity.occurred_at, thought);
  const TierView shown = standing.ViewOf(tier, metrics, activity.occurred_at);
  result.tier = rulebook.tiers()[TierIndex(rulebook, shown.tier)].id;
  return result;
}

WhatIf TryForStated(const rules::Rulebook& rulebook, const StatedMember& member,
                    const ReportedActivity& activity) {
  EvidenceKept evidence;
  evidence.tier = evidence.earned = member.tier;
  evidence.enrolled_at = evidence.tier_since = evidence.earned_since = member.enrolled_at;
  for (const model::Metric& metric : rulebook.model().metrics) {
    const auto stated = member.metrics.find(metric.id);
    evidence.metrics.push_back(stated == member.metrics.end() ? 0 : stated->second);
  }
  const Rating rating(rulebook, std::nullopt, activity, std::move(evidence));
  return Explained(rulebook, rating, rating.Evaluate());
}

}  // namespace laurel
