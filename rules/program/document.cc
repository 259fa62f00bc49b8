#include "rules/program/document.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/document_bind.h"
#include "rules/program/document_canonical.h"
#include "rules/program/document_check.h"
#include "rules/program/yaml_reader.h"

namespace laurel::rules {

std::optional<Document> ReadDocument(absl::string_view text, Findings& findings) {
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  if (!root) return std::nullopt;
  program::v1::ProgramDocument message;
  Bind(*root, message, findings);
  if (root->kind != YamlNode::Kind::kMapping) return std::nullopt;

  Document document;
  document.program = CheckProgram(message, findings);
  document.canonical = CanonicalJson(message);
  if (document.canonical.size() > kCanonicalBytesMax) {
    findings.Error("R-SCHEMA-023", "",
                   absl::StrCat("canonical form: must have at most ", kCanonicalBytesMax,
                                " bytes, had ", document.canonical.size()));
  }
  if (findings.has_errors()) return std::nullopt;
  return document;
}

}  // namespace laurel::rules
