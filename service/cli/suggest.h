#ifndef LAUREL_SERVICE_CLI_SUGGEST_H_
#define LAUREL_SERVICE_CLI_SUGGEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cli {

// The candidate that `word` was most likely meant to be: the nearest by inserted, dropped, changed
// and swapped letters, if it is near enough: a third of the word, or `slips_max`. The earlier one
// on a tie.
std::optional<std::string> Nearest(absl::string_view word,
                                   const std::vector<std::string>& candidates,
                                   std::size_t slips_max = SIZE_MAX);

// " (did you mean \"member\"?)", or nothing.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_SUGGEST_H_
