#include "rules/program/scalar_map.h"

#include <algorithm>

namespace laurel::rules {
namespace {

using Offsets = std::vector<std::size_t>;

// The bytes that the escape at text[0] == '\\' takes.
std::size_t EscapeLength(absl::string_view text) {
  if (text.size() < 2) return text.size();
  switch (text[1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

// The bytes of the code point that begins with `lead`.
std::size_t CodePointLength(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

Offsets MapPlain(absl::string_view text, std::size_t offset, absl::string_view value) {
  if (text.substr(offset, value.size()) != value) return {};
  Offsets offsets;
  for (std::size_t i = 0; i <= value.size(); ++i) offsets.push_back(offset + i);
  return offsets;
}

Offsets MapQuoted(absl::string_view text, std::size_t offset, absl::string_view value) {
  const char quote = text[offset];
  Offsets offsets;
  std::size_t at = offset + 1;
  while (offsets.size() < value.size()) {
    if (at >= text.size() || text[at] == '\n' || text[at] == '\r') return {};
    const bool is_escape = quote == '"' && text[at] == '\\';
    if (!is_escape && text[at] != value[offsets.size()]) return {};
    if (!is_escape) {
      offsets.push_back(at);
      at += quote == '\'' && text[at] == '\'' ? std::size_t{2} : std::size_t{1};
      continue;
    }
    const std::size_t length = CodePointLength(value[offsets.size()]);
    for (std::size_t i = 0; i < length && offsets.size() < value.size(); ++i) {
      offsets.push_back(at);
    }
    at += EscapeLength(text.substr(at));
  }
  offsets.push_back(at);
  return offsets;
}

// The least indentation of the lines from `at` on that are not blank, read from the first of them.
std::size_t IndentAt(absl::string_view text, std::size_t at) {
  while (at < text.size()) {
    std::size_t indent = 0;
    while (at + indent < text.size() && text[at + indent] == ' ') ++indent;
    if (at + indent < text.size() && text[at + indent] != '\n' && text[at + indent] != '\r') {
      return indent;
    }
    const std::size_t end = text.find('\n', at);
    if (end == absl::string_view::npos) break;
    at = end + 1;
  }
  return 0;
}

// yaml-cpp marks the indicator or, in some places, the first line.
Offsets MapBlock(absl::string_view text, std::size_t offset, absl::string_view value) {
  const std::size_t header_end = text.find('\n', offset);
  if (header_end == absl::string_view::npos) return {};
  std::size_t at = header_end + 1;
  const std::size_t indent = IndentAt(text, at);
  Offsets offsets;
  bool is_line_start = true;
  for (const char c : value) {
    if (is_line_start && c != '\n') at += indent;
    if (c == '\n' && at < text.size() && text[at] == '\r') ++at;
    // A blank line may have spaces.
    while (c == '\n' && is_line_start && at < text.size() && text[at] == ' ') ++at;
    if (at > text.size() || (at == text.size() ? c != '\n' : text[at] != c)) return {};
    offsets.push_back(std::min(at, text.size()));
    at = std::min(at + 1, text.size());
    is_line_start = c == '\n';
  }
  offsets.push_back(at);
  return offsets;
}

}  // namespace

std::vector<std::size_t> MapScalar(absl::string_view text, std::size_t offset,
                                   absl::string_view value) {
  if (offset >= text.size()) return {};
  switch (text[offset]) {
    case '"':
    case '\'':
      return MapQuoted(text, offset, value);
    case '|':
      return MapBlock(text, offset, value);
    case '>':
      return {};
    default:
      return MapPlain(text, offset, value);
  }
}

}  // namespace laurel::rules
