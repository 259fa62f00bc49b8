#ifndef LAUREL_ENGINE_DOMAIN_POINTS_COURSE_H_
#define LAUREL_ENGINE_DOMAIN_POINTS_COURSE_H_

#include <optional>
#include <vector>

#include "engine/domain/entry.h"
#include "engine/domain/state.h"

// What becomes of a member's points while the member does nothing: lots become available and end,
// holds lapse. Each move is dated by what brings it about, so that nothing depends on when it is
// noticed; decisions write moves down, reads make them in thought.
namespace laurel {

// All that falls due at one instant, of one kind.
struct PointsMove {
  EntryKind kind = EntryKind::kExpire;  // or kActivate, kHoldLapsed
  Timestamp at;
  std::vector<Event> events;  // LotsDue is the last
  std::vector<Posting> postings;
  std::vector<LotMove> lot_moves;
};

// The earliest move that is due by `now`; empty if there is none. What comes at one instant comes
// in this order: lots become available, holds lapse, lots end. Requires that the member exists.
std::optional<PointsMove> NextPointsMove(State& state, MemberId member, Timestamp now);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_POINTS_COURSE_H_
