#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_REACH_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_REACH_H_

#include <optional>

#include "rules/program/findings.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// What can be said of the rules of a document without errors when they meet: promotions that never
// win their group or hide a better one, awards that a return leaves with the member, what a
// purchase brings at most, local times that do not exist or come twice.
void CheckReach(const laurel::program::v1::ProgramDocument& document, std::optional<int> exponent,
                Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_REACH_H_
