#ifndef LAUREL_TESTS_TESTING_FAULTY_STORE_H_
#define LAUREL_TESTS_TESTING_FAULTY_STORE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/store/store.h"

namespace laurel {

// A store between the caller and a real one that loses answers, as a network does. Thread-safe.
class FaultyStore final : public Store {
 public:
  enum class Fault {
    kNone,
    kUnknownApplied,  // committed, but the answer is lost
    kUnknownLost,     // never arrives; LandLate can still try it
    kConflict,        // nothing is written
    kFatal,           // nothing is written, now and from now on
  };
  // `base` must outlive the result. `next_fault` is asked once per commit; empty: no faults.
  FaultyStore(Store& base, std::function<Fault()> next_fault)
      : base_(base), next_fault_(std::move(next_fault)) {}

  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override;
  CommitResult Commit(const Batch& batch) override;
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override;
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view binary_version) override;
  StoreLimits Limits() const override { return base_.Limits(); }

  // Lets every batch that was lost arrive now, in order, and returns what became of each.
  std::vector<CommitResult> LandLate();

 private:
  bool is_fatal() const;

  Store& base_;
  mutable Mutex mutex_;
  std::function<Fault()> next_fault_ ABSL_GUARDED_BY(mutex_);
  std::deque<Batch> lost_ ABSL_GUARDED_BY(mutex_);
  bool is_fatal_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_FAULTY_STORE_H_
