#include "service/intake.h"

namespace laurel {

bool Intake::Enter() {
  MutexLock lock(&mutex_);
  if (is_closed_) return false;
  ++calls_;
  return true;
}

void Intake::Leave() {
  MutexLock lock(&mutex_);
  // Notified under the lock: who waits may take this object down next.
  if (--calls_ == 0 && is_closed_) emptied_.NotifyAll();
}

void Intake::Close() {
  MutexLock lock(&mutex_);
  is_closed_ = true;
}

bool Intake::WaitUntilEmpty(std::chrono::microseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  MutexLock lock(&mutex_);
  while (calls_ > 0) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    emptied_.WaitFor(&mutex_, left);
  }
  return true;
}

}  // namespace laurel
