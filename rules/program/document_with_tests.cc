#include "rules/program/document_with_tests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/compile.h"
#include "rules/program/document_bind.h"
#include "rules/program/document_fields.h"
#include "rules/program/findings.h"
#include "rules/program/tests_runner.h"
#include "rules/program/yaml_reader.h"

namespace laurel::rules {
namespace {

// Of a document that is valid.
void RunTests(const program::v1::ProgramDocument& document, Findings& findings) {
  const absl::StatusOr<std::shared_ptr<const model::Model>> compiled =
      model::CompileModel(document);
  if (!compiled.ok()) {
    findings.Error("R-TEST-801", "tests",
                   absl::StrCat("the tests cannot run: ", compiled.status().message()));
    return;
  }
  for (const model::TestFailure& failure : model::RunTests(document, **compiled)) {
    findings.Error("R-TEST-801", At("tests", failure.test),
                   absl::StrCat("test \"", failure.name, "\": ", failure.message));
  }
}

}  // namespace

DocumentReport CheckWithTests(absl::string_view text) {
  DocumentReport report = CheckDocument(text);
  if (!report.is_valid) return report;
  // The canonical form has no positions: the tests are reported where the text has them.
  text = WithoutByteOrderMark(text);
  Findings findings(text);
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  if (!root) return report;
  program::v1::ProgramDocument document;
  Bind(*root, document, findings);
  RunTests(document, findings);
  for (Finding& finding : findings.Sorted()) report.findings.push_back(std::move(finding));
  if (!findings.has_errors()) return report;
  report.is_valid = false;
  report.canonical.clear();
  return report;
}

}  // namespace laurel::rules
