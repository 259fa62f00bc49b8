// Runs the embedded tests of a program document and prints those that fail: for comparisons with
// other calculators.
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/rules/model_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "program_tests <document>\n";
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const laurel::rules::model::Program program = laurel::rules::model::CompileProgram(text.str());
  if (program.model == nullptr) {
    std::cerr << program.error << "\n";
    return 2;
  }
  const auto failures = laurel::rules::model::RunTests(program.document, *program.model);
  for (const auto& failure : failures) std::cout << failure.name << ": " << failure.message << "\n";
  return failures.empty() ? 0 : 1;
}
