#include "engine/domain/points_course.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "engine/domain/apply.h"
#include "engine/domain/draft.h"

namespace laurel {
namespace {

// An entry stays below its size; the rest of an instant follows in the next.
constexpr std::size_t kEndingLotsMax = 400;
constexpr std::size_t kActivatedLotsMax = 400;  // each moves twice

// Lots that end first, or become available first, with what does.
struct Instant {
  Timestamp at = Timestamp::Never();
  std::vector<std::pair<LotKey, std::int64_t>> lots;
};

Instant FirstEnding(State& state, MemberId id, Timestamp now) {
  Instant ending;
  for (const Balance& balance : state.members.Find(MemberKey{id})->balances) {
    state.ForLotsToSpend(id, balance.type, [&](const LotKey& key, const Lot& lot, Timestamp at) {
      if (at > now || at > ending.at) return false;
      if (lot.available == 0) return true;  // held or pending points do not end here
      if (at < ending.at) ending = Instant{at, {}};
      ending.lots.emplace_back(key, lot.available);
      return ending.lots.size() < kEndingLotsMax;
    });
  }
  return ending;
}

Instant FirstActivation(State& state, MemberId id, Timestamp now) {
  Instant activation;
  state.ForPendingLots(id, [&](const PendingLotKey& key) {
    if (key.activates_at > now || key.activates_at > activation.at) return false;
    const Lot* lot = state.lots.Find(key.lot);
    LAUREL_CHECK(lot != nullptr || state.has_failed(), "a lot that becomes available is open");
    if (lot == nullptr) return true;
    activation.at = key.activates_at;
    activation.lots.emplace_back(key.lot, lot->pending);
    return activation.lots.size() < kActivatedLotsMax;
  });
  return activation;
}

std::optional<HoldLapseKey> FirstLapse(State& state, MemberId id, Timestamp now) {
  std::optional<HoldLapseKey> first;
  state.ForHoldLapses(id, [&](const HoldLapseKey& key) {
    if (key.lapses_at <= now) first = key;
    return false;
  });
  return first;
}

void Expire(const Instant& ending, Draft& draft, std::vector<Event>& events) {
  for (const auto& [key, amount] : ending.lots) {
    draft.Move(key, -amount);
    draft.Post(AccountClass::kMemberAvailable, "", key.type, -amount);
    draft.Post(AccountClass::kExpiration, "due", key.type, amount);
    events.push_back(LotExpired{.lot = key, .amount = amount});
  }
}

void Activate(const Instant& activation, Draft& draft, std::vector<Event>& events) {
  for (const auto& [key, amount] : activation.lots) {
    draft.Move(key, -amount, Bucket::kPending);
    draft.Post(AccountClass::kMemberPending, "", key.type, -amount);
    const std::int64_t covered = draft.MakeAvailable(key.type, amount);
    draft.Move(key, amount - covered);
    events.push_back(LotActivated{.lot = key, .amount = amount, .covered_arrears = covered});
  }
}

}  // namespace

std::optional<PointsMove> NextPointsMove(State& state, MemberId id, Timestamp now) {
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "a member whose points move exists");
  if (member->points_due_at() > now) return std::nullopt;
  const Instant activation = FirstActivation(state, id, now);
  const Instant ending = FirstEnding(state, id, now);
  const std::optional<HoldLapseKey> lapse = FirstLapse(state, id, now);
  const Timestamp lapses_at = lapse ? lapse->lapses_at : Timestamp::Never();

  Draft draft(state, id);
  PointsMove move{.at = std::min({activation.at, lapses_at, ending.at})};
  if (move.at.is_never()) {
    // Nothing but the note of when to look again was late.
    move.at = now;
  } else if (activation.at == move.at) {
    move.kind = EntryKind::kActivate;
    Activate(activation, draft, move.events);
  } else if (lapses_at == move.at) {
    move.kind = EntryKind::kHoldLapsed;
    const HoldKey key{lapse->member, lapse->sequence};
    const Hold* hold = state.holds.Find(key);
    LAUREL_CHECK(hold != nullptr || state.has_failed(), "a hold that lapses is there");
    if (hold != nullptr) EndHold(key, *hold, HoldState::kLapsed, move.at, draft, move.events);
  } else {
    Expire(ending, draft, move.events);
  }
  move.events.push_back(LotsDue{draft.LotsDue()});
  move.postings = std::move(draft.postings);
  move.lot_moves = std::move(draft.lot_moves);
  return move;
}

void AdvancePoints(State& state, MemberId id, Timestamp now) {
  while (std::optional<PointsMove> move = NextPointsMove(state, id, now)) {
    if (state.has_failed()) return;
    // An entry that nobody keeps: of its day nothing is read.
    auto entry = std::make_shared<Entry>();
    entry->recorded_at = entry->occurred_at = move->at;
    entry->program = state.members.Find(MemberKey{id})->program;
    entry->member = id;
    entry->kind = move->kind;
    entry->effective_on = Date();
    entry->events = std::move(move->events);
    entry->postings = std::move(move->postings);
    entry->lot_moves = std::move(move->lot_moves);
    Apply(entry, state);
  }
}

}  // namespace laurel
