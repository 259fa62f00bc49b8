#ifndef LAUREL_SERVICE_TEXT_H_
#define LAUREL_SERVICE_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace laurel {

// Code points of valid UTF-8.
inline std::size_t CodePoints(absl::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// C0 and C1 control characters and DEL, in valid UTF-8.
inline bool HasControlCharacter(absl::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

}  // namespace laurel

#endif  // LAUREL_SERVICE_TEXT_H_
