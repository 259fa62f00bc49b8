#ifndef LAUREL_TESTS_TESTING_TIDY_H_
#define LAUREL_TESTS_TESTING_TIDY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::tidy {

// The rules of the source tree that neither the compiler nor the formatter knows: which layer may
// include which, who may see RocksDB, gRPC and generated code, and words that have no place in our
// code.

struct SourceFile {
  std::string path;  // from the root of the repository, with '/'
  std::string text;
};

struct Finding {
  std::string path;
  int line = 0;         // from 1
  std::string message;  // what is wrong and what to write instead
};

// "engine/domain/x.cc:12: message"
std::string ToString(const Finding& finding);

// Checks one C++, proto or CMake file. Findings are in order of line.
std::vector<Finding> CheckFile(const SourceFile& file);

// Returns a finding for each .cc file of `files` that no CMakeLists.txt of `files` names, either
// relative to the CMakeLists.txt or behind ${PROJECT_SOURCE_DIR}/.
std::vector<Finding> FindDeadSources(const std::vector<SourceFile>& files);

// Blanks comments and the contents of string and character literals, keeping every line break and
// column. Raw strings and digit separators are understood.
std::string CodeOnly(absl::string_view text);

}  // namespace laurel::tidy

#endif  // LAUREL_TESTS_TESTING_TIDY_H_
