#ifndef LAUREL_SERVICE_PHONE_H_
#define LAUREL_SERVICE_PHONE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace laurel {

// A telephone number, as people write it, in E.164: "+49 30 23125 001" is "+493023125001". `region`
// (ISO 3166, such as DE) says of which country a number without a country's code is; empty: none.
// Empty if it can be no number, or has an extension. Thread-safe; the first call reads what is
// known of numbers, some tens of milliseconds.
std::optional<std::string> ParsePhone(absl::string_view text, absl::string_view region);

}  // namespace laurel

#endif  // LAUREL_SERVICE_PHONE_H_
