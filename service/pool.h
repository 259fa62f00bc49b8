#ifndef LAUREL_SERVICE_POOL_H_
#define LAUREL_SERVICE_POOL_H_

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "engine/base/mutex.h"

namespace laurel {

// A few threads for whatever must not hold up gRPC's: scans, exports, compiling documents, waiting.
// Thread-safe.
class Pool {
 public:
  using Task = absl::AnyInvocable<void() &&>;

  Pool(int threads, std::size_t queue_max);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Queues the task and returns true; returns false, without keeping the task, if the queue is
  // full.
  [[nodiscard]] bool Submit(Task task);
  // Queues the task even if the queue is full: for the rest of what has been begun.
  void Continue(Task task);
  // Runs what is queued and ends the threads: no task may follow. The destructor does it too.
  void Stop();

 private:
  void Run();

  const std::size_t queue_max_;
  Mutex mutex_;
  CondVar wakes_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_POOL_H_
