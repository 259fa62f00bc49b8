#ifndef LAUREL_RULES_CEL_LITERALS_H_
#define LAUREL_RULES_CEL_LITERALS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rules/cel/source.h"

namespace laurel::cel {

// The value of an integer literal, decimal or with 0x, without suffix; `is_negative` if a minus
// stands before it. Nothing if it is out of range.
std::optional<std::int64_t> DecodeInt(absl::string_view digits, bool is_negative);
std::optional<std::uint64_t> DecodeUint(absl::string_view digits);

// Nothing if the magnitude is beyond the greatest double; one too small for a double is zero.
std::optional<double> DecodeDouble(absl::string_view digits);

// The content of a text or bytes literal.
struct DecodedText {
  std::string text;  // UTF-8 unless bytes
  std::optional<Issue>
      issue;  // the first malformed escape, its range counted from the literal's begin
};

// Resolves the escapes of a literal as the lexer cut it, with prefix and quotes. "\303" is a byte
// in a bytes literal and the code point U+00C3 in a text. A line that ends in CR or CR LF ends in
// LF in the value.
DecodedText DecodeText(absl::string_view literal);

// Appends the UTF-8 of `code_point`, which must be below 0x110000.
void AppendUtf8(std::uint32_t code_point, std::string& out);

// The bytes of the code point at the beginning of `text`; 0 if it is not valid UTF-8 (or empty).
std::size_t Utf8Length(absl::string_view text, std::uint32_t& code_point);

// The offset of the first byte that is not valid UTF-8; nothing if all is.
std::optional<std::size_t> FindInvalidUtf8(absl::string_view text);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_LITERALS_H_
