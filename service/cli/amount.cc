#include "service/cli/amount.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace laurel::cli {
namespace {

std::int64_t PowerOfTen(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

absl::Status Expected(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", what, ", was \"", text, "\""));
}

bool IsDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

absl::StatusOr<std::int64_t> ParseAmount(absl::string_view text, int decimals) {
  absl::string_view rest = text;
  const bool is_negative = absl::ConsumePrefix(&rest, "-");
  const std::size_t point = rest.find('.');
  const absl::string_view whole = rest.substr(0, point);
  absl::string_view fraction = point == absl::string_view::npos ? "" : rest.substr(point + 1);
  const bool has_bare_point = point != absl::string_view::npos && fraction.empty();
  if (whole.empty() || has_bare_point || !IsDigits(whole) || !IsDigits(fraction)) {
    return Expected("a decimal number such as 12.50", text);
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > static_cast<std::size_t>(decimals)) {
    return Expected(decimals == 0 ? "a whole number"
                                  : absl::StrCat("a number with at most ", decimals, " decimals"),
                    text);
  }
  std::string digits = absl::StrCat(whole, fraction);
  digits.append(static_cast<std::size_t>(decimals) - fraction.size(), '0');
  std::int64_t amount = 0;
  for (const char digit : digits) {
    amount = amount * 10 + (digit - '0');
    if (amount > kAmountMax)
      return Expected(absl::StrCat("at most ", RenderAmount(kAmountMax, decimals)), text);
  }
  return is_negative ? -amount : amount;
}

std::string RenderAmount(std::int64_t amount, int decimals) {
  const bool is_negative = amount < 0;
  // In unsigned arithmetic, so that the smallest number can be shown too.
  const auto magnitude =
      is_negative ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  const auto unit = static_cast<std::uint64_t>(PowerOfTen(decimals));
  std::string text = absl::StrCat(is_negative ? "-" : "", magnitude / unit);
  if (decimals == 0) return text;
  const std::string fraction = absl::StrCat(magnitude % unit);
  absl::StrAppend(&text, ".",
                  std::string(static_cast<std::size_t>(decimals) - fraction.size(), '0'), fraction);
  return text;
}

std::string RenderCount(std::uint64_t count) {
  std::string text = absl::StrCat(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

}  // namespace laurel::cli
