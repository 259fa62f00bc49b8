#ifndef LAUREL_ENGINE_BASE_PUBLISHED_H_
#define LAUREL_ENGINE_BASE_PUBLISHED_H_

#include <memory>
#include <utility>

#include "engine/base/mutex.h"

namespace laurel {

// The current value of something immutable that one thread replaces and many read. Thread-safe.
// Readers keep what they took for as long as they hold it. (std::atomic<std::shared_ptr> is
// reported as a race by both packaged compilers.)
template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> Load() const {
    MutexLock lock(&mutex_);
    return value_;
  }
  void Store(std::shared_ptr<const T> value) {
    {
      MutexLock lock(&mutex_);
      value_.swap(value);
    }  // the old value dies outside the lock
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_PUBLISHED_H_
