#ifndef LAUREL_TESTS_TESTING_TEMP_DIR_H_
#define LAUREL_TESTS_TESTING_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"

namespace laurel {

// A fresh folder under $TMPDIR or /tmp, removed with all that is in it.
class TempDir {
 public:
  TempDir() {
    path_ = (std::filesystem::temp_directory_path() / "laurel_test.XXXXXX").string();
    LAUREL_CHECK(::mkdtemp(path_.data()) != nullptr, "a temporary folder can be made");
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_TEMP_DIR_H_
