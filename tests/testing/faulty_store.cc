#include "tests/testing/faulty_store.h"

#include <utility>

#include "engine/base/status_macros.h"

namespace laurel {
namespace {

absl::Status Unusable() {
  return absl::UnavailableError("store: must be usable, was made to fail");
}

}  // namespace

bool FaultyStore::is_fatal() const {
  MutexLock lock(&mutex_);
  return is_fatal_;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> FaultyStore::TakeSnapshot(PartitionId partition) {
  if (is_fatal()) return Unusable();
  return base_.TakeSnapshot(partition);
}

CommitResult FaultyStore::Commit(const Batch& batch) {
  Fault fault = Fault::kNone;
  {
    MutexLock lock(&mutex_);
    if (next_fault_) fault = next_fault_();
    if (fault == Fault::kFatal) is_fatal_ = true;
    if (is_fatal_) fault = Fault::kFatal;
    if (fault == Fault::kUnknownLost) lost_.push_back(batch);
  }
  const CommitResult unknown{CommitOutcome::kUnknown,
                             absl::UnavailableError("store: must answer, was silent")};
  switch (fault) {
    case Fault::kNone:
      return base_.Commit(batch);
    case Fault::kUnknownApplied: {
      CommitResult result = base_.Commit(batch);
      return result.outcome == CommitOutcome::kCommitted ? unknown : result;
    }
    case Fault::kUnknownLost:
      return unknown;
    case Fault::kConflict:
      return {CommitOutcome::kConflict,
              absl::AbortedError("head: must be as expected, was made to differ")};
    case Fault::kFatal:
      return {CommitOutcome::kFatal, Unusable()};
  }
  return unknown;
}

absl::StatusOr<std::optional<Head>> FaultyStore::ReadHead(PartitionId partition) {
  if (is_fatal()) return Unusable();
  return base_.ReadHead(partition);
}

absl::StatusOr<Head> FaultyStore::AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                                absl::string_view binary_version) {
  if (is_fatal()) return Unusable();
  return base_.AcquireWriter(partition, epoch, binary_version);
}

std::vector<CommitResult> FaultyStore::LandLate() {
  std::deque<Batch> lost;
  {
    MutexLock lock(&mutex_);
    lost.swap(lost_);
  }
  std::vector<CommitResult> results;
  for (const Batch& batch : lost) results.push_back(base_.Commit(batch));
  return results;
}

}  // namespace laurel
