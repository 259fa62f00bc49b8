#include "service/cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace laurel::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

absl::Status SystemError(absl::string_view subject, int error) {
  const std::string message = absl::StrCat(subject, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

class FileSource final : public ByteSource {
 public:
  FileSource(std::string path, int fd, std::uint64_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}
  ~FileSource() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(fd_, buffer, size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemError(path_, errno);
      consumed_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
  }
  std::uint64_t consumed_bytes() const override { return consumed_; }
  std::uint64_t size_bytes() const override { return size_; }

 private:
  const std::string path_;
  const int fd_;
  const std::uint64_t size_;
  std::uint64_t consumed_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(absl::string_view bytes) : bytes_(bytes) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min(size, bytes_.size() - at_);
    std::copy_n(bytes_.data() + at_, count, buffer);
    at_ += count;
    return count;
  }
  std::uint64_t consumed_bytes() const override { return at_; }
  std::uint64_t size_bytes() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

// Holds what was read from the source and not yet used.
class Buffered : public ByteSource {
 public:
  Buffered(std::unique_ptr<ByteSource> source, std::string head)
      : source_(std::move(source)), buffer_(std::move(head)) {}
  std::uint64_t consumed_bytes() const override {
    return source_->consumed_bytes() - (buffer_.size() - at_);
  }
  std::uint64_t size_bytes() const override { return source_->size_bytes(); }

 protected:
  // Makes sure that something is there; false at the end of the source.
  absl::StatusOr<bool> Fill() {
    if (at_ < buffer_.size()) return true;
    buffer_.resize(kBufferBytes);
    at_ = 0;
    absl::StatusOr<std::size_t> count = source_->Read(buffer_.data(), buffer_.size());
    buffer_.resize(count.ok() ? *count : 0);
    if (!count.ok()) return count.status();
    return *count > 0;
  }
  char* here() { return buffer_.data() + at_; }
  std::size_t left() const { return buffer_.size() - at_; }
  void Use(std::size_t count) { at_ += count; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string buffer_;
  std::size_t at_ = 0;
};

class PlainSource final : public Buffered {
 public:
  using Buffered::Buffered;
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    ASSIGN_OR_RETURN(const bool has_more, Fill());
    if (!has_more) return std::size_t{0};
    const std::size_t count = std::min(size, left());
    std::copy_n(here(), count, buffer);
    Use(count);
    return count;
  }
};

class GzipSource final : public Buffered {
 public:
  GzipSource(std::unique_ptr<ByteSource> source, std::string head)
      : Buffered(std::move(source), std::move(head)) {
    ::inflateInit2(&stream_, 15 + 16);  // 16: gzip header and trailer
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      ASSIGN_OR_RETURN(const bool has_more, Fill());
      if (!has_more) {
        if (is_between_members_) return std::size_t{0};
        return absl::DataLossError("gzip: file must be whole, was cut off");
      }
      if (is_between_members_) ::inflateReset(&stream_);
      is_between_members_ = false;
      stream_.next_in = reinterpret_cast<Bytef*>(here());
      stream_.avail_in = static_cast<uInt>(left());
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      Use(left() - stream_.avail_in);
      if (result == Z_STREAM_END) {
        is_between_members_ = true;  // another member may follow
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return absl::DataLossError("gzip: stream must be intact, was damaged");
      }
    }
    return size - stream_.avail_out;
  }

 private:
  z_stream stream_ = {};
  bool is_between_members_ = false;
};

class ZstdSource final : public Buffered {
 public:
  ZstdSource(std::unique_ptr<ByteSource> source, std::string head)
      : Buffered(std::move(source), std::move(head)), stream_(::ZSTD_createDStream()) {}
  ~ZstdSource() override { ::ZSTD_freeDStream(stream_); }
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    ZSTD_outBuffer out = {buffer, size, 0};
    while (out.pos == 0) {
      ASSIGN_OR_RETURN(const bool has_more, Fill());
      // What did not fit the last buffer may still be inside the decoder after the last input byte.
      if (!has_more && wanted_ == 0) return std::size_t{0};
      ZSTD_inBuffer in = {here(), has_more ? left() : 0, 0};
      wanted_ = ::ZSTD_decompressStream(stream_, &out, &in);
      if (::ZSTD_isError(wanted_) != 0) {
        return absl::DataLossError(
            absl::StrCat("zstd: stream must be intact, was: ", ::ZSTD_getErrorName(wanted_)));
      }
      Use(in.pos);
      if (!has_more && out.pos == 0 && wanted_ != 0) {
        return absl::DataLossError("zstd: file must be whole, was cut off");
      }
    }
    return out.pos;
  }

 private:
  ZSTD_DStream* stream_;
  std::size_t wanted_ = 0;  // 0 between frames
};

absl::StatusOr<std::unique_ptr<ByteSource>> Decompressed(std::unique_ptr<ByteSource> source) {
  std::string head(4, '\0');
  std::size_t have = 0;
  while (have < head.size()) {
    ASSIGN_OR_RETURN(const std::size_t count, source->Read(head.data() + have, head.size() - have));
    if (count == 0) break;
    have += count;
  }
  head.resize(have);
  if (absl::StartsWith(head, "\x1f\x8b"))
    return std::make_unique<GzipSource>(std::move(source), head);
  if (head == "\x28\xb5\x2f\xfd") return std::make_unique<ZstdSource>(std::move(source), head);
  return std::make_unique<PlainSource>(std::move(source), head);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenInput(const std::string& path) {
  if (path == "-")
    return Decompressed(std::make_unique<FileSource>("standard input", STDIN_FILENO, 0));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(path, errno);
  struct stat info = {};
  const bool is_file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  auto file = std::make_unique<FileSource>(path, fd,
                                           is_file ? static_cast<std::uint64_t>(info.st_size) : 0);
  return Decompressed(std::move(file));
}

std::unique_ptr<ByteSource> InputFromMemory(absl::string_view bytes) {
  return *Decompressed(std::make_unique<MemorySource>(bytes));  // memory cannot fail
}

absl::StatusOr<std::string> ReadAll(const std::string& path, std::size_t bytes_max) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenInput(path));
  std::string all;
  std::vector<char> buffer(kBufferBytes);
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t count, source->Read(buffer.data(), buffer.size()));
    if (count == 0) return all;
    all.append(buffer.data(), count);
    if (all.size() > bytes_max) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": must have at most ", bytes_max, " bytes, was longer"));
    }
  }
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  if (path == "-") return std::unique_ptr<OutputFile>(new OutputFile(path, "", STDOUT_FILENO));
  std::string part = absl::StrCat(path, ".part");
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(part, errno);
  return std::unique_ptr<OutputFile>(new OutputFile(path, std::move(part), fd));
}

OutputFile::~OutputFile() {
  if (part_.empty() || fd_ < 0) return;
  ::close(fd_);
  ::unlink(part_.c_str());
}

absl::Status OutputFile::Write(absl::string_view bytes) {
  bytes_written_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status OutputFile::Commit() {
  if (part_.empty()) return absl::OkStatus();
  const int fd = std::exchange(fd_, -1);
  const bool is_synced = ::fsync(fd) == 0;
  const int error = errno;
  const bool is_closed = ::close(fd) == 0;
  if (!is_synced || !is_closed) return SystemError(part_, is_synced ? errno : error);
  if (::rename(part_.c_str(), path_.c_str()) != 0) return SystemError(path_, errno);
  return absl::OkStatus();
}

absl::Status WriteWhole(const std::string& path, absl::string_view bytes) {
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file, OutputFile::Create(path));
  RETURN_IF_ERROR(file->Write(bytes));
  return file->Commit();
}

}  // namespace laurel::cli
