#ifndef LAUREL_TESTS_SERVICE_CLI_GOLDEN_H_
#define LAUREL_TESTS_SERVICE_CLI_GOLDEN_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace laurel::cli {

// Compares with tests/service/cli/golden/`name`; LAUREL_UPDATE_GOLDEN=1 writes it instead.
inline void ExpectGolden(const std::string& name, const std::string& actual) {
  const char* const root = std::getenv("LAUREL_SOURCE_DIR");
  const std::string path =
      absl::StrCat(root == nullptr ? "." : root, "/tests/service/cli/golden/", name);
  if (std::getenv("LAUREL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(actual, expected.str()) << path;
}

}  // namespace laurel::cli

#endif  // LAUREL_TESTS_SERVICE_CLI_GOLDEN_H_
