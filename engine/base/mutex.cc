#include "engine/base/mutex.h"

#include "absl/synchronization/mutex.h"

namespace laurel {

void StopLockCycleChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace laurel
