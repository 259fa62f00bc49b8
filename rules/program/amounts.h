#ifndef LAUREL_RULES_PROGRAM_AMOUNTS_H_
#define LAUREL_RULES_PROGRAM_AMOUNTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// Points for money or counts, exact in 128 bits, and how a line is shared over items. All functions
// are pure.
namespace laurel::rules::model {

inline constexpr std::int64_t kLineMax = 1'000'000'000'000'000;  // smallest units of one line
inline constexpr std::int64_t kMicros = 1'000'000;

enum class Rounding {
  kDown,
  kHalfUp,
  kHalfEven,
  kUp,
  kCarry,  // down, and what is lost waits for the next time
};

// `points_micros` millionths of a whole point for each `per`.
struct EarnRate {
  std::int64_t points_micros = 0;  // 0 to 10^12
  std::int64_t unit = 1;           // smallest units in a whole point, 1 to 10^4
  std::int64_t per = 1;            // 1 to 10^12: minor units, a count, or millionths of a quantity
  Rounding rounding = Rounding::kDown;
};

// Smallest units for `basis` (0 to 10^12, in the unit of `per`), rounded once; kCarry counts as
// kDown. Empty if the result is over kLineMax.
std::optional<std::int64_t> BasePoints(const EarnRate& rate, std::int64_t basis);

// What a factor of `factor_micros` (10^6 to 10^9) adds to the base points of `basis`:
// round((factor - 1) · rate · basis), rounded once. Empty if the result is over kLineMax.
std::optional<std::int64_t> FactorPoints(const EarnRate& rate, std::int64_t factor_micros,
                                         std::int64_t basis);

// Millionths of the smallest unit for `basis`, rounded down. Empty if over kLineMax · 10^6 or
// beyond 64 bits.
std::optional<std::int64_t> CarryMicros(const EarnRate& rate, std::int64_t basis);

// Millionths of the smallest unit of what FactorPoints rounds, rounded down. Empty beyond 64 bits.
std::optional<std::int64_t> FactorMicros(const EarnRate& rate, std::int64_t factor_micros,
                                         std::int64_t basis);

// Points of a CARRY rule, and what is carried on: 0 to 999,999 millionths.
struct Carried {
  std::int64_t points = 0;
  std::int64_t carry = 0;
};
// For `earned` millionths (as CarryMicros gives) on top of `carry`.
Carried AddToCarry(std::int64_t carry, std::int64_t earned);
// After `lost` millionths are gone: each time the carry would fall below zero a point comes back.
Carried TakeFromCarry(std::int64_t carry, std::int64_t lost);

// `points` (>= 0) shared in proportion to `bases` (>= 0 each), adding up to it: rounded down, the
// rest one each to the largest remainders, ties to the lower index. All zero if every basis is.
std::vector<std::int64_t> Shares(std::int64_t points, std::span<const std::int64_t> bases);

// What is left of `amount` when `returned` of `quantity` went back: HALF_UP. Requires
// 0 <= returned <= quantity; with a quantity of 0 nothing is left.
std::int64_t LeftOf(std::int64_t amount, std::int64_t quantity, std::int64_t returned);

// floor(amount · part / whole); 0 if `whole` is 0. All >= 0, part <= whole.
std::int64_t Proportion(std::int64_t amount, std::int64_t part, std::int64_t whole);

// `percent_micros` millionths of a percent of `amount` (>= 0), HALF_UP.
std::int64_t PercentOf(std::int64_t amount, std::int64_t percent_micros);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_AMOUNTS_H_
