#include "rules/program/amounts.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"

namespace laurel::rules::model {
namespace {

using absl::uint128;

uint128 Wide(std::int64_t value) { return {static_cast<std::uint64_t>(value)}; }

bool RoundsUp(Rounding rounding, uint128 quotient, uint128 rest, uint128 divisor) {
  if (rest == 0) return false;
  switch (rounding) {
    case Rounding::kDown:
    case Rounding::kCarry:
      return false;
    case Rounding::kUp:
      return true;
    case Rounding::kHalfUp:
      return rest >= divisor - rest;
    case Rounding::kHalfEven:
      return rest > divisor - rest || (rest == divisor - rest && quotient % 2 == 1);
  }
  return false;
}

struct Division {
  uint128 quotient;
  uint128 rest;
};

// Nearly all amounts fit 64 bits, and dividing those takes a tenth of the time.
Division Divide(uint128 product, uint128 divisor) {
  if (absl::Uint128High64(product) != 0 || absl::Uint128High64(divisor) != 0) {
    return {product / divisor, product % divisor};
  }
  const std::uint64_t small = absl::Uint128Low64(product);
  const std::uint64_t by = absl::Uint128Low64(divisor);
  return {small / by, small % by};
}

std::optional<std::int64_t> Quotient(uint128 product, uint128 divisor, Rounding rounding,
                                     std::int64_t max) {
  auto [quotient, rest] = Divide(product, divisor);
  if (RoundsUp(rounding, quotient, rest, divisor)) quotient += 1;
  if (quotient > Wide(max)) return std::nullopt;
  return static_cast<std::int64_t>(absl::Uint128Low64(quotient));
}

}  // namespace

std::optional<std::int64_t> BasePoints(const EarnRate& rate, std::int64_t basis) {
  return Quotient(Wide(rate.points_micros) * Wide(rate.unit) * Wide(basis),
                  Wide(rate.per) * Wide(kMicros), rate.rounding, kLineMax);
}

std::optional<std::int64_t> FactorPoints(const EarnRate& rate, std::int64_t factor_micros,
                                         std::int64_t basis) {
  const uint128 product =
      Wide(factor_micros - kMicros) * Wide(rate.points_micros) * Wide(rate.unit) * Wide(basis);
  return Quotient(product, Wide(rate.per) * Wide(kMicros) * Wide(kMicros), rate.rounding, kLineMax);
}

std::optional<std::int64_t> FactorMicros(const EarnRate& rate, std::int64_t factor_micros,
                                         std::int64_t basis) {
  const uint128 product =
      Wide(factor_micros - kMicros) * Wide(rate.points_micros) * Wide(rate.unit) * Wide(basis);
  return Quotient(product, Wide(rate.per) * Wide(kMicros), Rounding::kDown, INT64_MAX);
}

std::optional<std::int64_t> CarryMicros(const EarnRate& rate, std::int64_t basis) {
  // Room for a carry on top of it.
  constexpr std::int64_t kMax = INT64_MAX - kMicros;
  return Quotient(Wide(rate.points_micros) * Wide(rate.unit) * Wide(basis), Wide(rate.per),
                  Rounding::kDown, kMax);
}

Carried AddToCarry(std::int64_t carry, std::int64_t earned) {
  const std::int64_t sum = carry + earned;
  return {.points = sum / kMicros, .carry = sum % kMicros};
}

Carried TakeFromCarry(std::int64_t carry, std::int64_t lost) {
  const std::int64_t rest = carry - lost;
  if (rest >= 0) return {.points = 0, .carry = rest};
  const std::int64_t points = (-rest + kMicros - 1) / kMicros;
  return {.points = points, .carry = rest + points * kMicros};
}

std::vector<std::int64_t> Shares(std::int64_t points, std::span<const std::int64_t> bases) {
  std::vector<std::int64_t> shares(bases.size());
  uint128 whole = 0;
  for (const std::int64_t base : bases) whole += Wide(base);
  if (whole == 0) return shares;
  std::int64_t left = points;
  std::vector<std::pair<uint128, std::size_t>> rests;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const Division share = Divide(Wide(points) * Wide(bases[i]), whole);
    shares[i] = static_cast<std::int64_t>(absl::Uint128Low64(share.quotient));
    left -= shares[i];
    rests.emplace_back(share.rest, i);
  }
  std::sort(rests.begin(), rests.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (std::size_t i = 0; i < static_cast<std::size_t>(left); ++i) ++shares[rests[i].second];
  return shares;
}

std::int64_t LeftOf(std::int64_t amount, std::int64_t quantity, std::int64_t returned) {
  if (quantity <= 0 || returned >= quantity) return 0;
  const uint128 product = Wide(amount) * Wide(quantity - returned);
  return Quotient(product, Wide(quantity), Rounding::kHalfUp, INT64_MAX).value_or(amount);
}

std::int64_t Proportion(std::int64_t amount, std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return 0;
  return Quotient(Wide(amount) * Wide(part), Wide(whole), Rounding::kDown, INT64_MAX)
      .value_or(amount);
}

std::int64_t PercentOf(std::int64_t amount, std::int64_t percent_micros) {
  return Quotient(Wide(amount) * Wide(percent_micros), Wide(100 * kMicros), Rounding::kHalfUp,
                  INT64_MAX)
      .value_or(INT64_MAX);
}

}  // namespace laurel::rules::model
