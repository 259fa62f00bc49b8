#include "tests/rules/model_builder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "rules/program/document_bind.h"
#include "rules/program/findings.h"
#include "rules/program/yaml_reader.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules::model {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

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
  return ReadText(absl::StrCat(SourceDir(), "/programs/", name, ".yaml"));
}

void ExpectGolden(absl::string_view name, const std::string& text) {
  const std::string path = absl::StrCat(SourceDir(), "/tests/rules/golden/", name, ".golden");
  if (std::getenv("LAUREL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text, ReadText(path));
}

}  // namespace laurel::rules::model
