#include "engine/domain/by_hand.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/checked.h"
#include "engine/domain/rating.h"

namespace laurel {

std::int64_t InSmallest(std::int64_t points, int decimals) {
  for (int i = 0; i < decimals; ++i) points = CheckedMul(points, 10).value_or(kAmountMax);
  return points;
}

HandLimits::HandLimits(const Command& command, absl::string_view what, const PointTypeId& type,
                       int decimals, Date day, const AdjustLimits& limits)
    : decimals_(decimals) {
  const AdjustLimit limit = limits.Of(command.role);
  // A dash keeps these counters apart from those of rules, whose ids have none.
  const auto key = [&](absl::string_view window, Date start) {
    return CounterKey{.program = command.program,
                      .member = std::nullopt,
                      .name = absl::StrCat(what, "/", type.str(), "/", window),
                      .by = CounterBy(command.principal),
                      .start = start};
  };
  windows_ = {Window{"a_day", key("day", day), limit.a_day},
              Window{"a_month", key("month", day.PlusDays(1 - day.day())), limit.a_month}};
}

std::optional<Rejected> HandLimits::Refuse(State& state, std::int64_t amount) const {
  for (const Window& window : windows_) {
    if (!window.limit) continue;
    const std::int64_t limit = InSmallest(*window.limit, decimals_);
    const Counter* counter = state.counters.Find(window.key);
    const std::int64_t left = std::max<std::int64_t>(0, limit - (counter ? counter->used : 0));
    if (amount > left) return OverLimit(window.name, left, amount);
  }
  return std::nullopt;
}

void HandLimits::Count(std::int64_t amount, std::vector<Event>& events) const {
  for (const Window& window : windows_) {
    events.push_back(CounterMoved{.is_of_member = false,
                                  .name = window.key.name,
                                  .by = window.key.by,
                                  .start = window.key.start,
                                  .delta = amount});
  }
}

}  // namespace laurel
