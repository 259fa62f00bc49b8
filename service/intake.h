#ifndef LAUREL_SERVICE_INTAKE_H_
#define LAUREL_SERVICE_INTAKE_H_

#include <chrono>
#include <cstdint>

#include "engine/base/mutex.h"

namespace laurel {

// Lets calls in and knows when the last of them has been answered, so that a server that stops
// waits no longer than it must. Thread-safe.
class Intake {
 public:
  // Lets a call in, and Leave must follow once; or returns false because it is closed.
  [[nodiscard]] bool Enter();
  void Leave();

  // Nobody comes in from now on.
  void Close();
  // Waits until nobody is in. Returns false if `patience` passed first.
  bool WaitUntilEmpty(std::chrono::microseconds patience);

 private:
  Mutex mutex_;
  CondVar emptied_;
  std::int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_INTAKE_H_
