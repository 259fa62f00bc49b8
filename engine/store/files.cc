#include "engine/store/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace laurel {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

absl::Status ErrnoStatus(absl::string_view operation, absl::string_view path) {
  const int error = errno;
  const std::string message =
      absl::StrCat(path, ": must allow ", operation, ", was ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<FileDescriptor> OpenFile(const std::string& path, int flags, int mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return ErrnoStatus("open", path);
  return FileDescriptor(fd);
}

absl::Status WriteAt(int fd, absl::string_view bytes, std::int64_t offset,
                     const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return ErrnoStatus("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDONLY));
  std::string bytes;
  std::array<char, 65'536> buffer;
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus("read", path);
    if (count == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes) {
  const std::string beside = absl::StrCat(path, ".new");
  {
    ASSIGN_OR_RETURN(const FileDescriptor file,
                     OpenFile(beside, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    RETURN_IF_ERROR(WriteAt(file.get(), bytes, 0, beside));
    if (::fsync(file.get()) != 0) return ErrnoStatus("fsync", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return ErrnoStatus("rename", path);
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

absl::Status SyncFolder(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor folder,
                   OpenFile(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.get()) != 0) return ErrnoStatus("fsync", path);
  return absl::OkStatus();
}

absl::Status SyncFile(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDONLY));
  if (::fsync(file.get()) != 0) return ErrnoStatus("fsync", path);
  return absl::OkStatus();
}

}  // namespace laurel
