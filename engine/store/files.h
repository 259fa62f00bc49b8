#ifndef LAUREL_ENGINE_STORE_FILES_H_
#define LAUREL_ENGINE_STORE_FILES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The few file operations that a durable ledger needs, each synced. Paths are UTF-8; a missing file
// is NOT_FOUND, a full disk RESOURCE_EXHAUSTED, any other failure UNAVAILABLE; each message names
// the path.
namespace laurel {

// Owns a file descriptor and closes it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// The status of the last failed system call: reads errno.
absl::Status ErrnoStatus(absl::string_view operation, absl::string_view path);

// Opens with the flags and the mode of open(2); close-on-exec is added.
absl::StatusOr<FileDescriptor> OpenFile(const std::string& path, int flags, int mode = 0);
// Writes all of `bytes` at `offset`.
absl::Status WriteAt(int fd, absl::string_view bytes, std::int64_t offset, const std::string& path);

absl::StatusOr<std::string> ReadFile(const std::string& path);
// Puts `bytes` under `path`, whole or not at all: writes beside it, syncs, renames, syncs the
// folder.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes);
// Makes names created, renamed or deleted in the folder durable.
absl::Status SyncFolder(const std::string& path);
absl::Status SyncFile(const std::string& path);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_FILES_H_
