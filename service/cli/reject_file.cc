#include "service/cli/reject_file.h"

#include "absl/strings/str_cat.h"
#include "service/cli/csv.h"

namespace laurel::cli {
namespace {

std::vector<std::string> Row(std::vector<std::string> front,
                             const std::vector<std::string>& original) {
  front.insert(front.end(), original.begin(), original.end());
  return front;
}

}  // namespace

void RejectFile::Add(std::uint64_t row, const Reject& reject,
                     const std::vector<std::string>& fields) {
  MutexLock lock(&mutex_);
  ++count_;
  if (file_ == nullptr && status_.ok()) {
    absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(path_);
    status_ = file.status();
    if (!file.ok()) return;
    file_ = *std::move(file);
    status_ = file_->Write(RenderCsvRecord(Row({"row", "field", "reason", "message"}, header_)));
  }
  if (!status_.ok()) return;
  status_ = file_->Write(RenderCsvRecord(
      Row({absl::StrCat(row), reject.field, reject.reason, reject.message}, fields)));
}

absl::Status RejectFile::Commit() {
  MutexLock lock(&mutex_);
  if (status_.ok() && file_ != nullptr) status_ = file_->Commit();
  file_ = nullptr;
  return status_;
}

std::uint64_t RejectFile::count() const {
  MutexLock lock(&mutex_);
  return count_;
}

}  // namespace laurel::cli
