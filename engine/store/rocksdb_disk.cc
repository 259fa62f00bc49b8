#include "engine/store/rocksdb_disk.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "engine/store/files.h"

namespace laurel {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t kStepBytes = 4 << 20;

// The write-ahead log. Its caller uses it from one thread at a time.
class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, FileDescriptor zeros)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        zeros_(std::move(zeros)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    MakeRoom(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    MakeRoom(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus closed = FSWritableFileOwnerWrapper::Close(options, debug);
    if (length_ > written_ && ::ftruncate(zeros_.get(), static_cast<off_t>(written_)) != 0) {
      // The zeros stay: readers take them for the end, as after a crash.
    }
    return closed;
  }

 private:
  // Does what it can: a log that cannot be extended ahead grows as it is written, and a full disk
  // is told by the write itself.
  void MakeRoom(std::uint64_t bytes) {
    written_ += bytes;
    if (written_ <= length_) return;
    static const std::string zeros(kStepBytes, '\0');
    length_ = written_;
    if (WriteAt(zeros_.get(), zeros, static_cast<std::int64_t>(written_), path_).ok()) {
      length_ += kStepBytes;
    }
  }

  const std::string path_;
  const FileDescriptor zeros_;
  std::uint64_t written_ = 0;
  std::uint64_t length_ = 0;  // of the file, as far as it was extended here
};

class Disk final : public rocksdb::FileSystemWrapper {
 public:
  Disk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "LaurelDisk"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    IOStatus opened = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (!opened.ok() || !absl::EndsWith(path, ".log")) return opened;
    absl::StatusOr<FileDescriptor> zeros = OpenFile(path, O_WRONLY);
    if (!zeros.ok()) return opened;  // it then grows as it is written
    *file = std::make_unique<LogFile>(std::move(*file), path, *std::move(zeros));
    return opened;
  }
};

}  // namespace

std::shared_ptr<rocksdb::Env> NewDiskEnv() {
  return rocksdb::NewCompositeEnv(std::make_shared<Disk>());
}

}  // namespace laurel
