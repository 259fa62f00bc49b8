#ifndef LAUREL_ENGINE_BASE_CHECKED_H_
#define LAUREL_ENGINE_BASE_CHECKED_H_

#include <cstdint>
#include <optional>

namespace laurel {

// Each returns nullopt where the exact result does not fit an int64.
constexpr std::optional<std::int64_t> CheckedAdd(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}
constexpr std::optional<std::int64_t> CheckedSub(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
  return result;
}
constexpr std::optional<std::int64_t> CheckedMul(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_CHECKED_H_
