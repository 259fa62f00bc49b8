#include "tests/rules/model_builder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "rules/program/document_bind.h"
#include "rules/program/findings.h"
#include "rules/program/yaml_reader.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules::model {

Program CompileProgram(absl::string_view text) {
  Program program;
  Findings findings(text);
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  if (root) Bind(*root, program.document, findings);
  if (!root || findings.has_errors()) {
    program.error = "the document cannot be read";
    return program;
  }
  absl::StatusOr<std::shared_ptr<const Model>> model = CompileModel(program.document);
  if (model.ok()) {
    program.model = *std::move(model);
  } else {
    program.error = std::string(model.status().message());
  }
  return program;
}

std::string ReadExample(absl::string_view name) {
  const std::string path = absl::StrCat(SourceDir(), "/programs/", name, ".yaml");
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace laurel::rules::model
