#include "rules/cel/numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"

namespace laurel::cel {

namespace {

template <class T>
std::optional<T> ParseDigits(absl::string_view text) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

bool StartsWithDigit(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

std::optional<std::int64_t> ParseInt(absl::string_view text) {
  if (text.size() > 1 && text[0] == '+' && StartsWithDigit(text.substr(1))) text.remove_prefix(1);
  return ParseDigits<std::int64_t>(text);
}

std::optional<std::uint64_t> ParseUint(absl::string_view text) {
  if (!StartsWithDigit(text)) return std::nullopt;
  return ParseDigits<std::uint64_t>(text);
}

std::optional<double> ParseDouble(absl::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "+Infinity" || text == "Inf" || text == "+Inf")
    return kInfinity;
  if (text == "-Infinity" || text == "-Inf") return -kInfinity;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const absl::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  if (!StartsWithDigit(digits) && (digits.size() < 2 || digits[0] != '.')) return std::nullopt;
  // Hexadecimal, which Abseil reads too.
  if (digits.find_first_of("xX") != absl::string_view::npos) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto result = absl::from_chars(text.data(), end, number);
  if (result.ptr != end) return std::nullopt;
  // Too small a number is zero; too large a one is refused.
  if (result.ec == std::errc::result_out_of_range && std::abs(number) > 1) return std::nullopt;
  if (result.ec == std::errc::invalid_argument) return std::nullopt;
  return number;
}

std::string RenderDouble(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  return std::string(text.data(), result.ptr);
}

std::optional<std::int64_t> ToInt(double number) {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(number > -kLimit && number < kLimit)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<std::uint64_t> ToUint(double number) {
  constexpr double kLimit = 18446744073709551616.0;
  if (!(number >= 0 && number < kLimit)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace laurel::cel
