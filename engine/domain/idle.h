#ifndef LAUREL_ENGINE_DOMAIN_IDLE_H_
#define LAUREL_ENGINE_DOMAIN_IDLE_H_

#include <utility>
#include <vector>

#include "engine/domain/event.h"
#include "engine/domain/state.h"
#include "rules/program/rulebook.h"

// Points that end when their member does nothing for long. One instant a point type, in the
// member's record, moves with the member's own acts and with nothing else; lots only say that they
// end with it, so that an act costs the same however many they are.
namespace laurel {

class IdleEnds {
 public:
  // By the rules of `rulebook`; both must outlive it.
  IdleEnds(const Member& member, const rules::Rulebook& rulebook)
      : member_(member), rulebook_(rulebook) {}

  // The member did something of this type. What came late moves nothing that a later act has moved.
  void Act(absl::string_view activity, Timestamp occurred_at);
  // Points of a type are opened by something that may be no own act: where they end as of now. An
  // end that is not there or has passed begins anew, as of then.
  Timestamp Open(std::size_t type, Timestamp opened_at);

  // What has moved.
  std::vector<IdleEndMoved> Take() { return std::move(moved_); }

 private:
  IdleEndMoved* FindMoved(const PointTypeId& type);

  const Member& member_;
  const rules::Rulebook& rulebook_;
  std::vector<IdleEndMoved> moved_;
  std::vector<std::size_t> kept_alive_;  // point types, by what is being decided
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_IDLE_H_
