#ifndef LAUREL_ENGINE_DOMAIN_BY_HAND_H_
#define LAUREL_ENGINE_DOMAIN_BY_HAND_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/draft.h"

// How much one person may move by hand. What is given and taken, what ends later and what comes
// back after its end count alike, so that none of it is a way round the others. Internal to the
// decide_*.cc files.
namespace laurel {

inline constexpr absl::string_view kByHand = "by-hand";
inline constexpr absl::string_view kApprovedByHand = "approved-by-hand";

// Whole points in the smallest unit of a type with so many decimals.
std::int64_t InSmallest(std::int64_t points, int decimals);

class HandLimits {
 public:
  // Of who gives the command, for a point type with so many decimals, on a day of the program.
  // `what` begins the names of the counters: kByHand, or what is approved of counts by itself.
  HandLimits(const Command& command, absl::string_view what, const PointTypeId& type, int decimals,
             Date day, const AdjustLimits& limits);

  // LIMIT_REACHED with what is left, if the day or the month leaves less than `amount`.
  std::optional<Rejected> Refuse(State& state, std::int64_t amount) const;
  // Says in the entry that `amount` was moved.
  void Count(std::int64_t amount, std::vector<Event>& events) const;

 private:
  struct Window {
    absl::string_view name;  // as the refusal names it
    CounterKey key;
    std::optional<std::int64_t> limit;  // whole points
  };
  std::array<Window, 2> windows_;
  int decimals_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_BY_HAND_H_
