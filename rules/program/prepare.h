#ifndef LAUREL_RULES_PROGRAM_PREPARE_H_
#define LAUREL_RULES_PROGRAM_PREPARE_H_

#include "rules/program/model.h"

namespace laurel::rules::model {

// Fills in what saves work in an evaluation, from everything else in the model: the last step of
// compiling.
void Prepare(Model& model);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_PREPARE_H_
