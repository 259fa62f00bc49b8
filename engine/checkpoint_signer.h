#ifndef LAUREL_ENGINE_CHECKPOINT_SIGNER_H_
#define LAUREL_ENGINE_CHECKPOINT_SIGNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "engine/base/mutex.h"
#include "engine/journal/checkpoint.h"
#include "engine/store/store.h"

namespace laurel {

// Signs the durable and anchored head now and then. A checkpoint is in its file, synced, before
// anybody sees it, so a log never contradicts what it once signed. Thread-safe.
class CheckpointSigner {
 public:
  struct Options {
    std::string file;
    std::string origin;
    std::int64_t interval_micros = 0;
  };
  // `snapshot` returns the present durable view; `signed_size` is told after each new checkpoint.
  // Starts from what the file holds, if it is there and valid.
  CheckpointSigner(Options options, Signer signer,
                   std::function<std::shared_ptr<const Snapshot>()> snapshot,
                   std::function<void(std::uint64_t)> signed_size);
  ~CheckpointSigner();

  std::string note() const;
  std::uint64_t size() const;
  // Signs the present head now, if it is newer than the last one signed.
  absl::Status SignNow();

 private:
  void Loop();

  const Options options_;
  const Signer signer_;
  const std::function<std::shared_ptr<const Snapshot>()> snapshot_;
  const std::function<void(std::uint64_t)> signed_size_;
  Mutex signing_;  // one at a time; held over file work
  mutable Mutex mutex_;
  CondVar wakes_;
  std::string note_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_CHECKPOINT_SIGNER_H_
