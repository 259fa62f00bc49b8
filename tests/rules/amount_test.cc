#include "rules/program/amount.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "rules/program/amounts.h"

namespace laurel::rules {
namespace {

using model::BasePoints;
using model::kMicros;
using model::Rounding;
using Rate = model::EarnRate;

TEST(BasePoints, RoundsOnce) {
  struct Row {
    const char* name;
    Rate rate;
    std::int64_t basis;
    std::int64_t points;
  };
  const auto rate = [](std::int64_t micros, std::int64_t per, Rounding rounding,
                       std::int64_t unit = 1) {
    return Rate{.points_micros = micros, .unit = unit, .per = per, .rounding = rounding};
  };
  const Row rows[] = {
      {"3 per 1.00 on 4.50 is 13.5, down", rate(3 * kMicros, 100, Rounding::kDown), 450, 13},
      {"half up", rate(3 * kMicros, 100, Rounding::kHalfUp), 450, 14},
      {"half even, to the even below", rate(1 * kMicros, 100, Rounding::kHalfEven), 250, 2},
      {"half even, to the even above", rate(1 * kMicros, 100, Rounding::kHalfEven), 350, 4},
      {"half even, more than a half", rate(1 * kMicros, 100, Rounding::kHalfEven), 251, 3},
      {"half even, less than a half", rate(1 * kMicros, 100, Rounding::kHalfEven), 349, 3},
      {"up", rate(1 * kMicros, 100, Rounding::kUp), 201, 3},
      {"up, already whole", rate(1 * kMicros, 100, Rounding::kUp), 200, 2},
      {"just below a half", rate(1 * kMicros, 100, Rounding::kHalfUp), 149, 1},
      {"nothing", rate(1 * kMicros, 100, Rounding::kUp), 0, 0},
      {"1 per 20.00 on 19.99", rate(1 * kMicros, 2000, Rounding::kDown), 1999, 0},
      {"thirds", rate(1 * kMicros, 3, Rounding::kHalfUp), 5, 2},
      {"half a point per 1.00, two decimals", rate(kMicros / 2, 100, Rounding::kDown, 100), 333,
       166},
      {"a millionth of a point", rate(1, 1, Rounding::kDown, 10'000), 99, 0},
      {"a millionth of a point, enough of it", rate(1, 1, Rounding::kDown, 10'000), 100, 1},
      {"the largest of all", rate(1000 * kMicros, 1, Rounding::kDown), kBasisMax, kPointsMax},
      {"the largest, a fraction more", rate(1000 * kMicros, 1, Rounding::kHalfUp), kBasisMax,
       kPointsMax},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(BasePoints(row.rate, row.basis), row.points);
  }
}

TEST(BasePoints, RefusesWhatDoesNotFit) {
  const Rate most{.points_micros = 1'000'000 * kMicros, .unit = 10'000, .per = 1};
  EXPECT_EQ(BasePoints(most, kBasisMax), std::nullopt);
  // 10^15 and a half: down fits, up does not.
  Rate edge{.points_micros = kPointsMax / 1000 + 1, .unit = 1, .per = 1'000};
  edge.points_micros = 1'000'000'000'001;
  edge.per = 1'000;
  EXPECT_EQ(BasePoints(edge, kBasisMax), std::nullopt);
}

// Numbers as decimal digits, lowest first: shares nothing with the code under test.
using Digits = std::vector<int>;

Digits ToDigits(std::int64_t value) {
  Digits digits;
  for (; value > 0; value /= 10) digits.push_back(static_cast<int>(value % 10));
  return digits;
}

Digits Times(const Digits& a, const Digits& b) {
  Digits product(a.size() + b.size() + 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    int carry = 0;
    for (std::size_t k = 0; k < b.size() || carry > 0; ++k) {
      const int sum = product[i + k] + carry + (k < b.size() ? a[i] * b[k] : 0);
      product[i + k] = sum % 10;
      carry = sum / 10;
    }
  }
  while (!product.empty() && product.back() == 0) product.pop_back();
  return product;
}

int Compare(const Digits& a, const Digits& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

// The largest q with q · divisor <= number.
std::int64_t Floor(const Digits& number, const Digits& divisor) {
  std::int64_t low = 0;
  std::int64_t high = 20'000'000'000'000'000;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (Compare(Times(ToDigits(middle), divisor), number) <= 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// Twice the number, floored, tells which side of a half the rest is on.
std::int64_t PlainPoints(const Rate& rate, std::int64_t basis) {
  const Digits number =
      Times(Times(ToDigits(rate.points_micros), ToDigits(rate.unit)), ToDigits(basis));
  const Digits divisor = Times(ToDigits(rate.per), ToDigits(kMicros));
  const std::int64_t whole = Floor(number, divisor);
  const bool is_exact = Compare(Times(ToDigits(whole), divisor), number) == 0;
  const std::int64_t halves = Floor(Times(number, ToDigits(2)), divisor);
  const bool is_half = Compare(Times(ToDigits(halves), divisor), Times(number, ToDigits(2))) == 0 &&
                       halves == 2 * whole + 1;
  switch (rate.rounding) {
    case Rounding::kDown:
    case Rounding::kCarry:
      return whole;
    case Rounding::kUp:
      return is_exact ? whole : whole + 1;
    case Rounding::kHalfUp:
      return halves > 2 * whole ? whole + 1 : whole;
    case Rounding::kHalfEven:
      if (is_half) return whole % 2 == 0 ? whole : whole + 1;
      return halves > 2 * whole ? whole + 1 : whole;
  }
  return whole;
}

TEST(BasePoints, EqualsPlainArithmetic) {
  const char* const seed_text = std::getenv("LAUREL_SEED");
  const unsigned long seed =
      seed_text == nullptr ? 20'260'101 : std::strtoul(seed_text, nullptr, 10);
  SCOPED_TRACE(testing::Message() << "LAUREL_SEED=" << seed);
  std::mt19937_64 random(seed);
  // Of every magnitude, and often round, so that halves happen.
  const auto number = [&](std::int64_t max) {
    std::int64_t value = 1;
    for (auto digits = random() % 13; digits > 0; --digits) value *= 10;
    value = (random() % 3 == 0
                 ? value
                 : static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(value))) +
            1;
    if (random() % 4 == 0) value = value / 50 * 50 + 50;
    return std::min(value, max);
  };
  constexpr std::int64_t kUnits[] = {1, 10, 100, 1'000, 10'000};
  int fits = 0;
  for (int i = 0; i < 4'000; ++i) {
    const Rate rate{.points_micros = number(1'000'000 * kMicros),
                    .unit = kUnits[random() % 5],
                    .per = number(kBasisMax),
                    .rounding = static_cast<Rounding>(random() % 4)};
    const std::int64_t basis = number(kBasisMax) - 1;
    SCOPED_TRACE(testing::Message()
                 << rate.points_micros << " x " << rate.unit << " x " << basis << " / " << rate.per
                 << " rounding " << static_cast<int>(rate.rounding));
    const std::int64_t expected = PlainPoints(rate, basis);
    if (expected > kPointsMax) {
      EXPECT_EQ(BasePoints(rate, basis), std::nullopt);
    } else {
      ++fits;
      EXPECT_EQ(BasePoints(rate, basis), expected);
    }
  }
  EXPECT_GT(fits, 2'000);
}

}  // namespace
}  // namespace laurel::rules
