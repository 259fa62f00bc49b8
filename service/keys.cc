#include "service/keys.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/store/files.h"

namespace laurel {
namespace {

bool IsHex(absl::string_view text) {
  for (char c : text) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> LoadKeyFile(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT)
      return absl::NotFoundError(absl::StrCat(path, ": must be a key file, was missing"));
    return ErrnoStatus("stat", path);
  }
  constexpr mode_t kTooOpen = S_IWGRP | S_IXGRP | S_IRWXO;
  if ((status.st_mode & kTooOpen) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": must have mode 0600, 0400 or 0440, was 0",
                     absl::Hex(((status.st_mode >> 6) & 7) << 8 | ((status.st_mode >> 3) & 7) << 4 |
                               (status.st_mode & 7)),
                     "; others could read or change the key"));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const absl::string_view digits = absl::StripSuffix(text, "\n");
  if (digits.size() != 2 * kKeyFileBytes || !IsHex(digits)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": must be 64 lower-case hex digits, was another text"));
  }
  return absl::HexStringToBytes(digits);
}

absl::Status CreateKeyFile(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::absolute(path).parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return ErrnoStatus("mkdir", folder.string());
  if (fs::exists(path)) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": must be new, was there"));
  }
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  const std::string text = absl::StrCat(absl::BytesToHexString(RandomBytes(kKeyFileBytes)), "\n");
  RETURN_IF_ERROR(WriteAt(file.get(), text, 0, path));
  RETURN_IF_ERROR(SyncFile(path));
  RETURN_IF_ERROR(SyncFolder(folder.string()));
  return SyncFolder(folder.parent_path().string());
}

}  // namespace laurel
