#ifndef LAUREL_RULES_PROGRAM_TESTS_RUNNER_H_
#define LAUREL_RULES_PROGRAM_TESTS_RUNNER_H_

#include <string>
#include <vector>

#include "rules/program/model.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules::model {

// One expectation of an embedded test that was not met.
struct TestFailure {
  int test = 0;         // index into the document's tests
  std::string name;     // of the test
  std::string message;  // "lines.base_beans: expected 13, was 14"
};

// Runs the tests of `document` against the model that was compiled from it. Everything that is
// wrong with one test is reported; a test whose facts name something unknown fails, too.
std::vector<TestFailure> RunTests(const laurel::program::v1::ProgramDocument& document,
                                  const Model& model);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_TESTS_RUNNER_H_
