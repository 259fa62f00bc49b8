#ifndef LAUREL_RULES_CEL_NUMBERS_H_
#define LAUREL_RULES_CEL_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// Numbers from and to text and each other, as the language's conversions define them.
namespace laurel::cel {

// "-12", "+7": decimal digits with a sign. Empty if malformed or out of range.
std::optional<std::int64_t> ParseInt(absl::string_view text);
std::optional<std::uint64_t> ParseUint(absl::string_view text);  // no sign
// Decimal with or without an exponent, "NaN", "Infinity" and "-Infinity". Empty if malformed or
// beyond the largest double.
std::optional<double> ParseDouble(absl::string_view text);

// The shortest text that reads back as the same number: "0.1", "1e+23", "NaN", "Infinity".
std::string RenderDouble(double number);

// Truncates toward zero. Empty outside (-2^63, 2^63), where the whole part may not be exact.
std::optional<std::int64_t> ToInt(double number);
// Empty outside [0, 2^64).
std::optional<std::uint64_t> ToUint(double number);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_NUMBERS_H_
