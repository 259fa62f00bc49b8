#ifndef LAUREL_TESTS_RULES_MODEL_BUILDER_H_
#define LAUREL_TESTS_RULES_MODEL_BUILDER_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/compile.h"
#include "rules/program/tests_runner.h"

namespace laurel::rules::model {

struct Program {
  laurel::program::v1::ProgramDocument document;
  std::shared_ptr<const Model> model;  // null: see error
  std::string error;
};

// Reads and compiles a document, without the checks.
Program CompileProgram(absl::string_view text);

// The text of programs/<name>.yaml.
std::string ReadExample(absl::string_view name);

// Compares `text` with tests/rules/golden/<name>.golden, which LAUREL_UPDATE_GOLDEN=1 rewrites.
void ExpectGolden(absl::string_view name, const std::string& text);

}  // namespace laurel::rules::model

#endif  // LAUREL_TESTS_RULES_MODEL_BUILDER_H_
