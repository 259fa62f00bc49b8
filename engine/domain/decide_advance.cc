#include <utility>

#include "engine/domain/draft.h"
#include "engine/domain/metrics.h"
#include "engine/domain/points_course.h"
#include "engine/domain/tier_course.h"
#include "engine/domain/tiers.h"

// Due work of one member, the earliest instant first: an entry per instant, dated by what fell due
// and not by when it was noticed, so that a late scheduler changes no balance and no civil day.
namespace laurel {
namespace {

Accepted TierMoved(State& state, MemberId id, const MemberTier& tier, const TierMove& move) {
  Accepted accepted{.kind = move.kind, .occurred_at = move.at, .member = id};
  accepted.revision = move.revision.digest;
  accepted.effective_on = move.rulebook->LocalDate(move.at);
  accepted.events.push_back(move.verdict);
  if (move.rollover) accepted.events.push_back(*move.rollover);
  accepted.tier = MemberStanding(state, id, *move.rulebook)
                      .ViewOf(After(tier, move.verdict, move.at), move.metrics, move.at);
  return accepted;
}

Accepted PointsMoved(MemberId id, const Hash& revision, const rules::Rulebook& rulebook,
                     PointsMove move) {
  Accepted accepted{.kind = move.kind, .occurred_at = move.at, .member = id};
  accepted.revision = revision;
  // Of what ends, the last day on which it could be spent.
  const bool is_ending = move.kind == EntryKind::kExpire;
  accepted.effective_on = rulebook.LocalDate(is_ending ? move.at.PlusMicros(-1) : move.at);
  accepted.events = std::move(move.events);
  accepted.postings = std::move(move.postings);
  accepted.lot_moves = std::move(move.lot_moves);
  return accepted;
}

}  // namespace

Decision DecideAdvance(State& state, const Command& command, const AdvanceMember& order,
                       const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  const Member* member = state.members.Find(MemberKey{order.member});
  if (program == nullptr || member == nullptr) return Rejected{Rejection::kMemberNotFound, {}};
  const TierCourse course(state, order.member, *context.rulebooks);
  const std::optional<TierMove> move =
      course.Next(member->tier, TierDue::Of(member->tier, context.recorded_at, order.activity_at));
  std::optional<PointsMove> points = NextPointsMove(state, order.member, context.recorded_at);
  if (move && (!points || move->at <= points->at)) {
    if (move->rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
    return TierMoved(state, order.member, member->tier, *move);
  }
  if (!points) return Rejected{Rejection::kInvalidState, {{"state", "NOTHING_DUE"}}};
  const Activation& revision = program->activations.back();
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  return PointsMoved(order.member, revision.digest, *rulebook, *std::move(points));
}

}  // namespace laurel
