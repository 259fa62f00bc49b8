#ifndef LAUREL_ENGINE_DOMAIN_REVISION_LIFE_H_
#define LAUREL_ENGINE_DOMAIN_REVISION_LIFE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/state.h"

// The life of a revision: DRAFT, APPROVED, SCHEDULED, ACTIVE, SUPERSEDED. A revision itself never
// changes; where it stands follows from who approved, what is scheduled and the instant.
namespace laurel {

// How many people besides its author must approve of a revision before it may come into force.
struct Quorum {
  struct Part {
    Role role = Role::kNone;
    std::int32_t people = 0;
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::int32_t people = 0;       // 0: nobody is asked
  std::vector<Part> by_role;     // of them, at least so many in a role; empty: in any
  bool asks_simulation = false;  // each has read a simulation of the revision
  friend bool operator==(const Quorum&, const Quorum&) = default;
};
// "2": two people. "MARKETING=1,FINANCE=1": one in each role. "none": nobody. At most 9 in each
// place. Where people are asked, "simulation" at the end: "1,simulation". Empty if it is none of
// these.
std::optional<Quorum> ParseQuorum(absl::string_view text);
std::string ToString(const Quorum& quorum);

bool IsMet(const Quorum& quorum, const std::vector<Vote>& votes);

// A revision may not be scheduled nearer than this, so that every server knows of it in time.
inline constexpr std::int64_t kScheduleLeadMicros = 60 * kMicrosPerSecond;

// The activation, schedule or cancelled schedule of the revision with this digest by which an
// entry may have gone; null if there is none.
const Activation* FindActivation(const Program& program, const Hash& digest);

// Where a revision stands at an instant.
struct Standing {
  RevisionState state = RevisionState::kDraft;
  std::optional<Timestamp> active_from;     // since when it is, or was last, in force
  std::optional<Timestamp> scheduled_from;  // when it will be
};
// Of revision `number` of the program. Schedules whose instant has come are in force, whether or
// not an entry says so yet.
Standing StandingOf(const Program& program, std::uint32_t number, const Revision& revision,
                    Timestamp now);

// Whether somebody has acknowledged the warning with this name.
bool IsAcknowledged(const Revision& revision, absl::string_view warning);
// Whether the revision is, or ever was, in force.
bool HasBeenInForce(const Program& program, std::uint32_t number);

// Whether the rule awards nothing for now.
bool IsPaused(const Program& program, absl::string_view rule);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_REVISION_LIFE_H_
