#ifndef LAUREL_RULES_PROGRAM_AMOUNT_H_
#define LAUREL_RULES_PROGRAM_AMOUNT_H_

#include <cstdint>

// How large amounts may be.
namespace laurel::rules {

// Minor units that count of one purchase.
inline constexpr std::int64_t kBasisMax = 1'000'000'000'000;
// Smallest units of points of one line.
inline constexpr std::int64_t kPointsMax = 1'000'000'000'000'000;

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_AMOUNT_H_
