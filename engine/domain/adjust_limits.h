#ifndef LAUREL_ENGINE_DOMAIN_ADJUST_LIMITS_H_
#define LAUREL_ENGINE_DOMAIN_ADJUST_LIMITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/values.h"

namespace laurel {

// How much one person may move by hand, of each point type by itself, in whole points. What is
// given and what is taken count alike, so that neither makes room for the other.
struct AdjustLimit {
  std::optional<std::int64_t> a_day;  // of the program's calendar; none: without end
  std::optional<std::int64_t> a_month;
  friend bool operator==(const AdjustLimit&, const AdjustLimit&) = default;
};

// The limits of the people who adjust, by their role.
struct AdjustLimits {
  struct Part {
    Role role = Role::kNone;
    AdjustLimit limit;
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::vector<Part> by_role;
  AdjustLimit others;  // of roles that have none of their own

  // Who names no role gets the least of what any role has.
  AdjustLimit Of(Role role) const;
  // The most that anybody may move at once; empty: without end.
  std::optional<std::int64_t> Largest() const;
  friend bool operator==(const AdjustLimits&, const AdjustLimits&) = default;
};

// "none"; "10000", a day for everybody; "10000/50000", a day and a month; "AGENT=200/2000,10000",
// so much for agents and so much for the others. 1 to 10^11 whole points. Empty if it is none of
// these.
std::optional<AdjustLimits> ParseAdjustLimits(absl::string_view text);
std::string ToString(const AdjustLimits& limits);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_ADJUST_LIMITS_H_
