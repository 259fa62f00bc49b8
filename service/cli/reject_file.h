#ifndef LAUREL_SERVICE_CLI_REJECT_FILE_H_
#define LAUREL_SERVICE_CLI_REJECT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "service/cli/import_row.h"
#include "service/cli/input.h"

namespace laurel::cli {

// The rows that were not taken, as CSV: row, field, reason, message, and the original columns, so
// that it can be corrected and imported itself. Created with the first reject. Thread-safe.
class RejectFile {
 public:
  RejectFile(std::string path, std::vector<std::string> header)
      : path_(std::move(path)), header_(std::move(header)) {}

  void Add(std::uint64_t row, const Reject& reject, const std::vector<std::string>& fields);
  // Writes the file, if there is anything to write. Returns the first error of all calls.
  absl::Status Commit();

  const std::string& path() const { return path_; }
  std::uint64_t count() const;

 private:
  const std::string path_;
  const std::vector<std::string> header_;
  mutable Mutex mutex_;
  std::unique_ptr<OutputFile> file_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_REJECT_FILE_H_
