#include "rules/program/amount.h"

#include "absl/numeric/int128.h"

namespace laurel::rules {
namespace {

bool RoundsUp(Rounding rounding, absl::uint128 quotient, absl::uint128 remainder,
              absl::uint128 divisor) {
  if (remainder == 0) return false;
  const absl::uint128 rest = divisor - remainder;
  switch (rounding) {
    case Rounding::kDown:
      return false;
    case Rounding::kUp:
      return true;
    case Rounding::kHalfUp:
      return remainder >= rest;
    case Rounding::kHalfEven:
      return remainder > rest || (remainder == rest && quotient % 2 == 1);
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> PointsFor(const Rate& rate, std::int64_t basis) {
  const auto wide = [](std::int64_t value) {
    return absl::uint128(static_cast<std::uint64_t>(value));
  };
  // At most 10^12 · 10^4 · 10^12, below 2^94.
  const absl::uint128 product = wide(rate.points_micros) * wide(rate.unit) * wide(basis);
  const absl::uint128 divisor = wide(rate.per) * 1'000'000;
  const absl::uint128 quotient = product / divisor;
  if (quotient >= wide(kPointsMax)) {
    const bool is_max = quotient == wide(kPointsMax) &&
                        !RoundsUp(rate.rounding, quotient, product % divisor, divisor);
    return is_max ? std::optional(kPointsMax) : std::nullopt;
  }
  const auto points = static_cast<std::int64_t>(absl::Uint128Low64(quotient));
  return RoundsUp(rate.rounding, quotient, product % divisor, divisor) ? points + 1 : points;
}

}  // namespace laurel::rules
