#ifndef LAUREL_RULES_PROGRAM_CURRENCY_H_
#define LAUREL_RULES_PROGRAM_CURRENCY_H_

#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace laurel::rules {

// The digits of the minor unit of an ISO 4217 currency: 2 for EUR, 0 for JPY, 3 for BHD. Empty for
// codes that are unknown or name no money with a minor unit, such as XAU and XTS.
std::optional<int> CurrencyExponent(absl::string_view code);
// All codes with an exponent, ascending.
std::span<const std::string> CurrencyCodes();

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_CURRENCY_H_
