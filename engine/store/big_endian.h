#ifndef LAUREL_ENGINE_STORE_BIG_ENDIAN_H_
#define LAUREL_ENGINE_STORE_BIG_ENDIAN_H_

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace laurel {

// Appends `value`, most significant byte first.
template <std::unsigned_integral T>
void AppendBigEndian(T value, std::string& out) {
  for (std::size_t shift = sizeof(T) * 8; shift > 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value >> (shift - 8))));
  }
}

// Takes `target` from the front of `bytes`. Returns false and leaves both alone if there are too
// few.
template <std::unsigned_integral T>
[[nodiscard]] bool ConsumeBigEndian(absl::string_view& bytes, T& target) {
  if (bytes.size() < sizeof(T)) return false;
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    if constexpr (sizeof(T) > 1) value = static_cast<T>(value << 8);
    value = static_cast<T>(value | static_cast<unsigned char>(bytes[i]));
  }
  target = value;
  bytes.remove_prefix(sizeof(T));
  return true;
}

// As above for an array of bytes, such as a Hash.
template <class Array>
[[nodiscard]] bool ConsumeArray(absl::string_view& bytes, Array& target) {
  if (bytes.size() < target.size()) return false;
  for (std::size_t i = 0; i < target.size(); ++i) target[i] = static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(target.size());
  return true;
}

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_BIG_ENDIAN_H_
