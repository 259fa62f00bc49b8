#ifndef LAUREL_RULES_PROGRAM_TEXT_H_
#define LAUREL_RULES_PROGRAM_TEXT_H_

#include <cstddef>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

// Text as people wrote it: checks, and quoting for messages.
namespace laurel::rules {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLetter(char c) { return IsLower(c) || IsUpper(c); }

// Well-formed UTF-8 without surrogates and overlong forms.
bool IsUtf8(absl::string_view text);
// The number of code points of well-formed UTF-8.
std::size_t CodePoints(absl::string_view text);
// True for the control characters that a document may not contain: all of C0 but tab and line ends,
// and DEL.
bool IsForbiddenControl(char c);

// `text` in double quotes, cut after 40 code points, control characters shown as "\n" or "\x07".
std::string Quoted(absl::string_view text);

// The number of bytes to insert, remove or replace to make `b` of `a`.
std::size_t EditDistance(absl::string_view a, absl::string_view b);
// The candidate that `word` was probably meant to be: equal without regard to case, else the fewest
// edits, at most 2 (1 for words of up to 3 bytes), the first of several. Empty if there is none.
absl::string_view Nearest(absl::string_view word, std::span<const std::string> candidates);
// "did you mean `x`?" for the nearest candidate; empty if there is none.
std::string DidYouMean(absl::string_view word, std::span<const std::string> candidates);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_TEXT_H_
