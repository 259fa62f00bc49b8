#ifndef LAUREL_ENGINE_SCHEDULER_H_
#define LAUREL_ENGINE_SCHEDULER_H_

#include <cstdint>
#include <thread>

#include "engine/base/mutex.h"
#include "engine/engine.h"

namespace laurel {

// Looks for members and programs with something due and has it done, in steps that leave room for
// callers. Balances do not depend on it: whoever reads or writes a member applies what is due by
// then.
class Scheduler {
 public:
  Scheduler(Engine& engine, std::int64_t interval_micros);
  ~Scheduler();

 private:
  // True if there was more than one step's worth.
  bool Step();
  void Submit(Command command);
  void Loop();

  Engine& engine_;
  const std::int64_t interval_micros_;
  Mutex mutex_;
  CondVar wakes_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_SCHEDULER_H_
