#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_

#include <optional>

#include "rules/program/document_fields.h"
#include "rules/program/program.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// Checks metrics, tiers and their policy, and adds the metrics to `program`. `exponent` is the
// currency's; without it amounts of money are left unchecked.
void CheckTiers(const laurel::program::v1::ProgramDocument& document, std::optional<int> exponent,
                const Names& point_types, Fields& fields, Program& program);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_TIERS_H_
