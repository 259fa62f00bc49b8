// Style as a test over the source tree. The rules and their own tests are in tests/testing/tidy*.
#include "tests/testing/tidy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_join.h"

namespace laurel::tidy {
namespace {

namespace fs = std::filesystem;

// CTest sets the variable; the binary alone is run from the root of the repository.
fs::path Root() {
  const char* const root = std::getenv("LAUREL_SOURCE_DIR");
  return root == nullptr ? fs::current_path() : fs::path(root);
}

bool IsChecked(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h" || path.extension() == ".proto" ||
         path.extension() == ".cmake" || path.filename() == "CMakeLists.txt";
}

SourceFile Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {path.lexically_relative(Root()).generic_string(),
          std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>())};
}

// Our own files, sorted by path.
std::vector<SourceFile> ReadTree() {
  std::vector<SourceFile> files = {Read(Root() / "CMakeLists.txt")};
  for (const char* folder :
       {"bench", "cmake", "engine", "proto/laurel", "rules", "service", "tests"}) {
    if (!fs::exists(Root() / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(Root() / folder)) {
      if (entry.is_regular_file() && IsChecked(entry.path())) files.push_back(Read(entry.path()));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

std::string Render(const std::vector<Finding>& findings) {
  return absl::StrJoin(findings, "\n", [](std::string* out, const Finding& finding) {
    out->append(ToString(finding));
  });
}

TEST(Tidy, FilesKeepTheRules) {
  const std::vector<SourceFile> files = ReadTree();
  ASSERT_GT(files.size(), 20u) << "no source tree at " << Root();
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    for (Finding& finding : CheckFile(file)) findings.push_back(std::move(finding));
  }
  EXPECT_TRUE(findings.empty()) << Render(findings);
}

TEST(Tidy, EverySourceIsBuilt) {
  const std::vector<Finding> findings = FindDeadSources(ReadTree());
  EXPECT_TRUE(findings.empty()) << Render(findings);
}

}  // namespace
}  // namespace laurel::tidy
