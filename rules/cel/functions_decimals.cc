// Exact proportions of whole numbers: mul_div and percent.
#include <limits>
#include <optional>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "rules/cel/registry.h"

namespace laurel::cel {

namespace {

constexpr KindSet kInt = Only(Kind::kInt);
constexpr KindSet kString = Only(Kind::kString);

// Of the magnitude: a result for -x is the negative of the result for x.
enum class Rounding : std::uint8_t { kDown, kHalfUp, kHalfEven, kUp };

std::optional<Rounding> ParseRounding(absl::string_view name) {
  if (name == "DOWN") return Rounding::kDown;
  if (name == "HALF_UP") return Rounding::kHalfUp;
  if (name == "HALF_EVEN") return Rounding::kHalfEven;
  if (name == "UP") return Rounding::kUp;
  return std::nullopt;
}

bool RoundsUp(Rounding rounding, absl::uint128 quotient, absl::uint128 rest,
              absl::uint128 divisor) {
  switch (rounding) {
    case Rounding::kDown:
      return false;
    case Rounding::kUp:
      return rest != 0;
    case Rounding::kHalfUp:
      return rest * 2 >= divisor;
    case Rounding::kHalfEven:
      return rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 == 1);
  }
  return false;
}

// x · num / den, rounded once. Requires den > 0.
Value MulDiv(std::int64_t x, std::int64_t num, std::int64_t den, Rounding rounding) {
  const absl::int128 product = absl::int128(x) * num;
  const bool is_negative = product < 0;
  const auto magnitude = static_cast<absl::uint128>(is_negative ? -product : product);
  const auto divisor = static_cast<absl::uint128>(den);
  absl::uint128 quotient = magnitude / divisor;
  if (RoundsUp(rounding, quotient, magnitude % divisor, divisor)) quotient += 1;
  if (quotient > static_cast<absl::uint128>(std::numeric_limits<std::int64_t>::max())) {
    return Value::Error(ErrorCode::kOverflow);
  }
  const auto result = static_cast<std::int64_t>(quotient);
  return Value::Int(is_negative ? -result : result);
}

// The rounding that argument `index` names, kDown without one; empty for another name.
std::optional<Rounding> RoundingOf(Args args, std::size_t index) {
  return args.size() <= index ? Rounding::kDown : ParseRounding(args[index].text());
}

Value MulDivOf(Context&, Args args) {
  const std::optional<Rounding> rounding = RoundingOf(args, 3);
  if (!rounding || args[2].int_value() <= 0) return Value::Error(ErrorCode::kBadArgument);
  return MulDiv(args[0].int_value(), args[1].int_value(), args[2].int_value(), *rounding);
}

// "-12.5" in ten-thousandths: at most twelve digits before the point and four behind it.
std::optional<std::int64_t> ParseDecimal(absl::string_view text) {
  const bool is_negative = !text.empty() && text[0] == '-';
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view() : text.substr(point + 1);
  if (whole.empty() || whole.size() > 12 || fraction.size() > 4) return std::nullopt;
  if (point != absl::string_view::npos && fraction.empty()) return std::nullopt;
  std::int64_t number = 0;
  for (std::size_t i = 0; i < whole.size() + 4; ++i) {
    const std::size_t place = i - whole.size();
    const char digit =
        i < whole.size() ? whole[i] : (place < fraction.size() ? fraction[place] : '0');
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  return is_negative ? -number : number;
}

Value PercentOf(Context&, Args args) {
  constexpr std::int64_t kWhole = 100 * 10'000;
  const std::optional<std::int64_t> share = ParseDecimal(args[1].text());
  const std::optional<Rounding> rounding = RoundingOf(args, 2);
  if (!share || !rounding) return Value::Error(ErrorCode::kBadArgument);
  return MulDiv(args[0].int_value(), *share, kWhole, *rounding);
}

}  // namespace

void AddDecimalFunctions(FunctionRegistry& registry) {
  registry.Add("mul_div", CallStyle::kGlobal, {kInt, kInt, kInt}, MulDivOf);
  registry.Add("mul_div", CallStyle::kGlobal, {kInt, kInt, kInt, kString}, MulDivOf);
  registry.Add("percent", CallStyle::kGlobal, {kInt, kString}, PercentOf);
  registry.Add("percent", CallStyle::kGlobal, {kInt, kString, kString}, PercentOf);
}

}  // namespace laurel::cel
