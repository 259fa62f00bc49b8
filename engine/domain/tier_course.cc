#include "engine/domain/tier_course.h"

#include <algorithm>
#include <limits>
#include <span>

#include "engine/base/check.h"
#include "engine/domain/facts.h"
#include "rules/program/model.h"

namespace laurel {
namespace {

// What was in force until the revision took its place; null for the first one.
const Activation* Before(const Program& program, const Activation& revision) {
  const Activation* before = nullptr;
  const auto pass = [&](const std::vector<Activation>& list) {
    for (const Activation& other : list) {
      if (other.from < revision.from) before = &other;
    }
  };
  pass(program.activations);
  pass(program.schedules);
  return before;
}

ProgramId ProgramOf(State& state, MemberId id) {
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "a member whose tier moves exists");
  return member->program;
}

}  // namespace

TierDue TierDue::Of(const MemberTier& tier, Timestamp now,
                    const std::optional<Timestamp>& activity_at) {
  TierDue due = JudgedBy(now);
  if (tier.review_not_before <= now) due.reviewed_by = now;
  if (activity_at && *activity_at <= now.PlusMicros(kAheadMicros)) {
    due.reviewed_by = std::max(due.reviewed_by, *activity_at);
  }
  return due;
}

TierDue TierDue::JudgedBy(Timestamp now) {
  constexpr Timestamp kNone = Timestamp::FromMicros(std::numeric_limits<std::int64_t>::min());
  return TierDue{.reviewed_by = kNone, .judged_by = now};
}

TierCourse::TierCourse(State& state, MemberId id, RulebookLibrary& rulebooks)
    : state_(state),
      id_(id),
      rulebooks_(rulebooks),
      program_id_(ProgramOf(state, id)),
      program_(state.programs.Find(ProgramKey{program_id_})),
      is_merged_(state.members.Find(MemberKey{id})->merged_into.has_value()) {}

std::vector<Activation> TierCourse::JudgementsOf(const MemberTier& tier,
                                                 Timestamp judged_by) const {
  std::vector<Activation> found;
  if (program_ == nullptr) return found;
  for (const Judgement& judgement : program_->judgements) {
    if (judgement.from <= judged_by && judgement.Awaits(id_, tier)) {
      found.push_back(Activation{judgement.number, judgement.digest, judgement.from});
    }
  }
  for (const Activation& schedule : program_->schedules) {
    if (schedule.from > judged_by || schedule.from <= tier.judged_at) continue;
    if (JudgesMembers(state_, program_id_, schedule, rulebooks_)) found.push_back(schedule);
  }
  return found;
}

TierMove TierCourse::MoveAt(Timestamp at) const {
  TierMove move{.kind = EntryKind::kTierReview, .at = at};
  const Activation* revision = program_ == nullptr ? nullptr : RevisionAt(*program_, move.at);
  if (revision == nullptr) return move;
  move.revision = *revision;
  move.rulebook = rulebooks_.Find(state_, program_id_, *revision);
  return move;
}

TierMove TierCourse::Review(const MemberTier& tier) const {
  TierMove move = MoveAt(tier.review_at);
  if (move.rulebook == nullptr) return move;
  const MemberStanding standing(state_, id_, *move.rulebook);
  move.metrics = standing.MetricsOfReview(tier);
  move.verdict = standing.JudgeReview(tier, move.metrics);
  move.rollover = standing.Rollover(move.verdict, move.metrics);
  return move;
}

TierMove TierCourse::EndMatch(const MemberTier& tier) const {
  TierMove move = MoveAt(tier.FindFloor(TierFloorKind::kMatch)->until);
  if (move.rulebook == nullptr) return move;
  const MemberStanding standing(state_, id_, *move.rulebook);
  move.metrics = standing.MetricsAsOf(tier, move.rulebook->LocalDate(move.at).PlusDays(-1));
  move.verdict = standing.JudgeMatch(tier, move.metrics);
  return move;
}

std::optional<TierMove> TierCourse::Judge(const MemberTier& tier,
                                          const Activation& revision) const {
  TierMove move{.kind = EntryKind::kTierJudged, .at = revision.from, .revision = revision};
  const Activation* before = Before(*program_, revision);
  if (before == nullptr) return std::nullopt;
  const std::shared_ptr<const rules::Rulebook> previous =
      rulebooks_.Find(state_, program_id_, *before);
  const std::shared_ptr<const rules::Rulebook> rulebook =
      rulebooks_.Find(state_, program_id_, revision);
  if (previous == nullptr || rulebook == nullptr) return move;
  move.rulebook = rulebook;
  const MemberStanding standing(state_, id_, *rulebook);
  move.metrics = standing.MetricsAsOf(tier, rulebook->LocalDate(revision.from));
  std::optional<TierDecided> verdict =
      standing.JudgeActivation(tier, move.metrics, revision.from, *previous);
  if (!verdict) return std::nullopt;
  move.verdict = *std::move(verdict);
  move.verdict.revision = revision.number;
  return move;
}

std::optional<TierMove> TierCourse::Next(const MemberTier& tier, const TierDue& due) const {
  if (is_merged_) return std::nullopt;
  const bool is_reviewed = !tier.review_at.is_never() && tier.review_at <= due.reviewed_by;
  const TierFloor* const match = tier.FindFloor(TierFloorKind::kMatch);
  const Timestamp review_at = is_reviewed ? tier.review_at : Timestamp::Never();
  const Timestamp match_ends_at =
      match != nullptr && match->until <= due.judged_by ? match->until : Timestamp::Never();
  const Timestamp own_at = std::min(review_at, match_ends_at);
  for (const Activation& revision : JudgementsOf(tier, due.judged_by)) {
    // At one instant the judgement comes first: the review may not know the tier otherwise.
    if (own_at < revision.from) break;
    if (std::optional<TierMove> move = Judge(tier, revision)) return move;
  }
  if (own_at.is_never()) return std::nullopt;
  return match_ends_at < review_at ? EndMatch(tier) : Review(tier);
}

MemberTier TierCourse::After(MemberTier tier, const TierDue& due) const {
  while (const std::optional<TierMove> move = Next(tier, due)) {
    if (move->rulebook == nullptr) break;
    tier = laurel::After(tier, move->verdict, move->at);
  }
  return tier;
}

bool JudgesMembers(State& state, const ProgramId& id, const Activation& revision,
                   RulebookLibrary& rulebooks) {
  const Program* program = state.programs.Find(ProgramKey{id});
  const Activation* before = program == nullptr ? nullptr : Before(*program, revision);
  if (before == nullptr) return false;
  const std::shared_ptr<const rules::Rulebook> rulebook = rulebooks.Find(state, id, revision);
  if (rulebook == nullptr) return true;
  const rules::model::TierPolicy& policy = rulebook->model().tier_policy;
  if (policy.on_activation != rules::model::OnActivation::kNothing) return true;
  const std::shared_ptr<const rules::Rulebook> previous = rulebooks.Find(state, id, *before);
  if (previous == nullptr) return true;
  // Members of the base tier come to have terms.
  if (!policy.upgrades_at_once && previous->model().tier_policy.upgrades_at_once) return true;
  const std::span<const rules::Tier> tiers = previous->tiers();
  return std::any_of(tiers.begin(), tiers.end(), [&](const rules::Tier& tier) {
    return rulebook->tiers()[InheritedTier(*previous, *rulebook, tier.id)].id != tier.id;
  });
}

}  // namespace laurel
