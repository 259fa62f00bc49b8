#ifndef LAUREL_SERVICE_CLI_AMOUNT_H_
#define LAUREL_SERVICE_CLI_AMOUNT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Amounts as people write them, exactly: money and points with decimals to and from smallest units.
namespace laurel::cli {

inline constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;
inline constexpr int kDecimalsMax = 6;

// "11.77" with 2 decimals is 1177. Takes an optional minus, digits, and a point with digits; digits
// beyond `decimals` (0 to kDecimalsMax) must be zeros. INVALID_ARGUMENT, `must be …, was …`,
// otherwise and beyond kAmountMax.
absl::StatusOr<std::int64_t> ParseAmount(absl::string_view text, int decimals);

// 1177 with 2 decimals is "11.77"; -5 is "-0.05".
std::string RenderAmount(std::int64_t amount, int decimals);

// 2500315 is "2,500,315".
std::string RenderCount(std::uint64_t count);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_AMOUNT_H_
