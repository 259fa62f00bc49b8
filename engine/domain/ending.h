#ifndef LAUREL_ENGINE_DOMAIN_ENDING_H_
#define LAUREL_ENGINE_DOMAIN_ENDING_H_

#include <cstdint>
#include <vector>

#include "engine/domain/state.h"

namespace laurel {

// Points of one type whose lots end at one instant.
struct EndingPoints {
  PointTypeId type;
  Timestamp ends_at;           // exclusive; Never: none, or none that is known yet
  std::int64_t available = 0;  // that end then, given that nothing is done
  std::int64_t pending = 0;    // that end then if they are available by then
  std::int64_t held = 0;       // that end then if they are free by then, else as soon as they are
  friend bool operator==(const EndingPoints&, const EndingPoints&) = default;
};

// When the member's points end, the earliest first: every open lot is in one of these, up to those
// that end at `through`; what never ends is told only where that is Never. Reads what the clock has
// made of the lots (AdvancePoints).
std::vector<EndingPoints> EndingOf(State& state, MemberId member, Timestamp through);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_ENDING_H_
