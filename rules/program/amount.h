#ifndef LAUREL_RULES_PROGRAM_AMOUNT_H_
#define LAUREL_RULES_PROGRAM_AMOUNT_H_

#include <cstdint>
#include <optional>

#include "rules/program/rulebook.h"

namespace laurel::rules {

inline constexpr std::int64_t kBasisMax =
    1'000'000'000'000;  // minor units that count of one purchase
inline constexpr std::int64_t kPointsMax = 1'000'000'000'000'000;  // smallest units of one line

// `points_micros` millionths of a whole point for each `per` minor units.
struct Rate {
  std::int64_t points_micros = 0;  // 1 to 10^12
  std::int64_t unit = 1;           // smallest units in a whole point, 1 to 10^4
  std::int64_t per = 1;            // 1 to 10^12
  Rounding rounding = Rounding::kDown;
};

// The smallest units of points for `basis` minor units, 0 to kBasisMax, rounded once:
//
//     round(points_micros · unit · basis / (10^6 · per))
//
// Exact in 128 bits. Empty if the result is over kPointsMax.
std::optional<std::int64_t> PointsFor(const Rate& rate, std::int64_t basis);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_AMOUNT_H_
