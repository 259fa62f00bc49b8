#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rules/program/findings.h"
#include "rules/program/program.h"

namespace laurel::rules {

// What one stored record can hold beside its own fields.
inline constexpr std::size_t kCanonicalBytesMax = 49'152;

// A document without errors.
struct Document {
  std::string canonical;
  Program program;
};

// Reads and checks `text`. Empty exactly if it reports an error.
std::optional<Document> ReadDocument(absl::string_view text, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_H_
