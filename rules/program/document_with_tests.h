#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_WITH_TESTS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_WITH_TESTS_H_

#include "absl/strings/string_view.h"
#include "rules/program/document.h"

namespace laurel::rules {

// CheckDocument, and the document's own tests: each expectation that is not met is an error
// R-TEST-801 at its test. Findings are in the order of the text, the failed tests behind them.
DocumentReport CheckWithTests(absl::string_view text);

// Those errors alone, of a document that is valid otherwise.
std::vector<Finding> FailedTests(absl::string_view text);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_WITH_TESTS_H_
