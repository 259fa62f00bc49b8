#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_CHECK_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_CHECK_H_

#include "rules/program/findings.h"
#include "rules/program/program.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// Checks the meaning of a document that has the right shape, and turns it into the units of the
// code. The result is usable only if `findings` has no errors afterwards.
Program CheckProgram(const laurel::program::v1::ProgramDocument& document, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_CHECK_H_
