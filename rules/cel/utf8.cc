#include "rules/cel/utf8.h"

#include <cstdint>
#include <cstring>

namespace laurel::cel {

namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

struct Decoded {
  char32_t code_point = 0xFFFD;
  std::size_t bytes = 1;
  bool is_valid = false;
};

// The length that a first byte announces; 0 for one that cannot come first.
std::size_t AnnouncedBytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

Decoded Decode(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = AnnouncedBytes(first);
  if (bytes == 1) return {first, 1, true};
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t code_point = first & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return {};
    code_point = (code_point << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (code_point < kLeast[bytes] || is_surrogate || code_point > 0x10FFFF) return {};
  return {code_point, bytes, true};
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const Decoded decoded = Decode(text);
    if (!decoded.is_valid) return false;
    text.remove_prefix(decoded.bytes);
  }
  return true;
}

std::size_t FirstCodePointBytes(absl::string_view text) { return Decode(text).bytes; }
char32_t FirstCodePoint(absl::string_view text) { return Decode(text).code_point; }

std::size_t CountCodePoints(absl::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(FirstCodePointBytes(text));
  return count;
}

std::size_t OffsetOfCodePoint(absl::string_view text, std::size_t index) {
  std::size_t offset = 0;
  for (; index > 0; --index) {
    if (offset >= text.size()) return absl::string_view::npos;
    offset += FirstCodePointBytes(text.substr(offset));
  }
  return offset;
}

std::vector<absl::string_view> SplitCodePoints(absl::string_view text) {
  std::vector<absl::string_view> code_points;
  while (!text.empty()) {
    const std::size_t bytes = FirstCodePointBytes(text);
    code_points.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return code_points;
}

std::string ReverseCodePoints(absl::string_view text) {
  std::string reversed(text.size(), '\0');
  std::size_t end = text.size();
  while (!text.empty()) {
    const std::size_t bytes = FirstCodePointBytes(text);
    end -= bytes;
    std::memcpy(&reversed[end], text.data(), bytes);
    text.remove_prefix(bytes);
  }
  return reversed;
}

std::size_t FindText(absl::string_view text, absl::string_view part, std::size_t from) {
  if (from > text.size()) return absl::string_view::npos;
  if (part.empty()) return from;
  if (from == text.size()) return absl::string_view::npos;
  const void* const found =
      ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (found == nullptr) return absl::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace laurel::cel
