#ifndef LAUREL_RULES_CEL_UTF8_H_
#define LAUREL_RULES_CEL_UTF8_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Texts as sequences of code points. A byte that does not belong to a well-formed sequence counts
// as one code point, so that no function here can fail.
namespace laurel::cel {

// Whether all of `text` is well formed: no surrogates, no overlong forms, at most U+10FFFF.
bool IsUtf8(absl::string_view text);

// The bytes of the first code point. Requires a text that is not empty.
std::size_t FirstCodePointBytes(absl::string_view text);
char32_t FirstCodePoint(absl::string_view text);  // U+FFFD where it is not well formed

std::size_t CountCodePoints(absl::string_view text);

// Where code point `index` begins, in bytes; text.size() for the index after the last, npos beyond.
std::size_t OffsetOfCodePoint(absl::string_view text, std::size_t index);

// The texts of all code points, views into `text`.
std::vector<absl::string_view> SplitCodePoints(absl::string_view text);

std::string ReverseCodePoints(absl::string_view text);

// The first occurrence of `part` in `text`, in bytes, or npos; in linear time.
std::size_t FindText(absl::string_view text, absl::string_view part, std::size_t from = 0);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_UTF8_H_
