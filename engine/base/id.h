#ifndef LAUREL_ENGINE_BASE_ID_H_
#define LAUREL_ENGINE_BASE_ID_H_

#include <compare>
#include <cstdint>
#include <optional>

#include "engine/base/check.h"

namespace laurel {

// A number that names something and is nothing else: no arithmetic, no mixing of kinds. Never zero
// once made; a default-constructed one is the empty placeholder of a record that is being filled.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  static constexpr std::optional<Id> FromRaw(std::uint64_t raw) {
    if (raw == 0) return std::nullopt;
    return Id(raw);
  }
  // For values that are known to be good: constants, tests, our own records.
  static constexpr Id Of(std::uint64_t raw) {
    LAUREL_CHECK(raw != 0, "an id is never zero");
    return Id(raw);
  }
  constexpr std::uint64_t raw() const { return raw_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
  template <class H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.raw_);
  }

 private:
  explicit constexpr Id(std::uint64_t raw) : raw_(raw) {}
  std::uint64_t raw_ = 0;
};

using PartitionId = std::uint16_t;

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_ID_H_
