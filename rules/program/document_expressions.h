#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_EXPRESSIONS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_EXPRESSIONS_H_

#include <optional>

#include "rules/program/findings.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// Checks every expression of `document`, and what all of them together cost an activity. `exponent`
// is the currency's, empty if that is unknown.
void CheckExpressions(const laurel::program::v1::ProgramDocument& document,
                      std::optional<int> exponent, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_EXPRESSIONS_H_
