#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_SERVED_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_SERVED_H_

#include "rules/program/findings.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// Reports, as errors R-SCHEMA-026, the parts of `document` that the checks know and the rulebook
// does not serve: a field or a value that would otherwise be ignored in silence. Of a part that is
// not served as a whole only the outermost field is named.
void CheckServed(const laurel::program::v1::ProgramDocument& document, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_SERVED_H_
