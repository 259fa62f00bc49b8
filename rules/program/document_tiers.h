#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_

#include "rules/program/document_fields.h"
#include "rules/program/program.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// Checks metrics, tiers and their policy but for their conditions, and adds the metrics to
// `program`.
void CheckTiers(const laurel::program::v1::ProgramDocument& document, const Names& point_types,
                Fields& fields, Program& program);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_
