#include "rules/program/document_with_tests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/compile.h"
#include "rules/program/document_fields.h"
#include "rules/program/findings.h"
#include "rules/program/tests_runner.h"

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
  CheckedDocument checked = CheckDocumentWithPlaces(WithoutByteOrderMark(text));
  DocumentReport& report = checked.report;
  if (!report.is_valid) return report;
  RunTests(*checked.message, checked.places);
  for (Finding& finding : checked.places.Sorted()) report.findings.push_back(std::move(finding));
  if (!checked.places.has_errors()) return report;
  report.is_valid = false;
  report.canonical.clear();
  return report;
}

std::vector<Finding> FailedTests(absl::string_view text) {
  CheckedDocument checked = CheckDocumentWithPlaces(WithoutByteOrderMark(text));
  if (!checked.report.is_valid) return {};
  RunTests(*checked.message, checked.places);
  return checked.places.Sorted();
}

}  // namespace laurel::rules
