#include <algorithm>

#include "engine/domain/draft.h"
#include "engine/domain/metrics.h"
#include "engine/domain/tier_course.h"
#include "engine/domain/tiers.h"

// Due work of one member, the earliest instant first: an entry per instant, dated by what fell due
// and not by when it was noticed, so that a late scheduler changes no balance and no civil day.
namespace laurel {
namespace {

struct Ending {
  Timestamp at = Timestamp::Never();
  std::vector<std::pair<LotKey, std::int64_t>> lots;  // with what expires of each
};

// The lots that end first, if that is by `now`.
Ending FirstEnding(State& state, MemberId id, Timestamp now) {
  constexpr std::size_t kLotsMax =
      1000;  // an entry stays below its size; the rest follows in the next
  Ending ending;
  for (const Balance& balance : state.members.Find(MemberKey{id})->balances) {
    state.ForLots(id, balance.type, [&](const LotKey& key, const Lot& lot) {
      if (key.expires_at > now || key.expires_at > ending.at) return false;
      if (lot.available == 0) return true;  // held or pending points do not end here
      if (key.expires_at < ending.at) ending = Ending{key.expires_at, {}};
      ending.lots.emplace_back(key, lot.available);
      return ending.lots.size() < kLotsMax;
    });
  }
  return ending;
}

Accepted Moved(State& state, MemberId id, const MemberTier& tier, const TierMove& move) {
  Accepted accepted{.kind = move.kind, .occurred_at = move.at, .member = id};
  accepted.revision = move.revision.digest;
  accepted.effective_on = move.rulebook->LocalDate(move.at);
  accepted.events.push_back(move.verdict);
  if (move.rollover) accepted.events.push_back(*move.rollover);
  accepted.tier = MemberStanding(state, id, *move.rulebook)
                      .ViewOf(After(tier, move.verdict), move.metrics, move.at);
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
  Ending ending;
  if (member->lots_due_at <= context.recorded_at)
    ending = FirstEnding(state, order.member, context.recorded_at);
  if (move && move->at <= ending.at) {
    if (move->rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
    return Moved(state, order.member, member->tier, *move);
  }

  const Activation& revision = program->activations.back();
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  Accepted accepted{.member = order.member};
  accepted.revision = revision.digest;
  accepted.kind = EntryKind::kExpire;
  accepted.occurred_at = ending.at.is_never() ? context.recorded_at : ending.at;
  // The last day on which the points could be spent.
  accepted.effective_on = rulebook->LocalDate(accepted.occurred_at.PlusMicros(-1));
  Draft draft(state, order.member);
  for (const auto& [key, amount] : ending.lots) {
    draft.Move(key, -amount);
    draft.Post(AccountClass::kMemberAvailable, "", key.type, -amount);
    draft.Post(AccountClass::kExpiration, "due", key.type, amount);
    accepted.events.push_back(LotExpired{.lot = key, .amount = amount});
  }
  accepted.events.push_back(LotsDue{draft.LotsDue()});
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  return accepted;
}

}  // namespace laurel
