#ifndef LAUREL_RULES_PROGRAM_COMPILE_H_
#define LAUREL_RULES_PROGRAM_COMPILE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "rules/program/model.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules::model {

// The model of a document that was found free of errors. INVALID_ARGUMENT names the first field
// that cannot be compiled, as in "promotions[1].when: there is no channel": such a document should
// have been refused before.
absl::StatusOr<std::shared_ptr<const Model>> CompileModel(
    const laurel::program::v1::ProgramDocument& document);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_COMPILE_H_
