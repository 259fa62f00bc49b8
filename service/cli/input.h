#ifndef LAUREL_SERVICE_CLI_INPUT_H_
#define LAUREL_SERVICE_CLI_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Files as streams of bytes: plain, gzip or Zstandard, told apart by their first bytes.
namespace laurel::cli {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Puts up to `size` bytes at `buffer`; returns how many, 0 only at the end. DATA_LOSS if a
  // compressed stream is damaged or cut off, UNAVAILABLE if the file cannot be read.
  virtual absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) = 0;
  // Bytes of the file that were used so far, as stored: with size_bytes() a measure of progress.
  virtual std::uint64_t consumed_bytes() const = 0;
  // Size of the file as stored; 0 if unknown, as of a pipe.
  virtual std::uint64_t size_bytes() const = 0;
};

// Opens `path` ("-": standard input). NOT_FOUND or UNAVAILABLE with the system's word.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenInput(const std::string& path);
// Reads from memory, compressed or not. `bytes` is copied.
std::unique_ptr<ByteSource> InputFromMemory(absl::string_view bytes);

// Reads a whole file of at most `bytes_max`; INVALID_ARGUMENT beyond.
absl::StatusOr<std::string> ReadAll(const std::string& path, std::size_t bytes_max);

// Writes to `path` so that it appears whole or not at all: into `path`.part, synced, then renamed.
// "-" is standard output. Abandoned (and removed) unless Commit is called.
class OutputFile {
 public:
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Write(absl::string_view bytes);
  absl::Status Commit();
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  OutputFile(std::string path, std::string part, int fd)
      : path_(std::move(path)), part_(std::move(part)), fd_(fd) {}
  std::string path_;
  std::string part_;  // empty: standard output
  int fd_;
  std::uint64_t bytes_written_ = 0;
};

// Creates `path` and writes `bytes`, whole or not at all.
absl::Status WriteWhole(const std::string& path, absl::string_view bytes);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_INPUT_H_
