#ifndef LAUREL_RULES_PROGRAM_SCALAR_MAP_H_
#define LAUREL_RULES_PROGRAM_SCALAR_MAP_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::rules {

// Where each byte of the scalar `value` stands in `text`, whose YAML writes it at byte `offset`:
// value.size() + 1 offsets, the last one that of its end. Plain and quoted scalars of one line are
// followed escape by escape, blocks (`|`) line by line. Empty for folded and multi-line scalars,
// of which only the start is known.
std::vector<std::size_t> MapScalar(absl::string_view text, std::size_t offset,
                                   absl::string_view value);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_SCALAR_MAP_H_
