#ifndef LAUREL_ENGINE_SCHEDULER_H_
#define LAUREL_ENGINE_SCHEDULER_H_

#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/engine.h"

namespace laurel {

// Looks for members and programs with something due and has it done, in steps that leave room for
// callers. Balances and tiers do not depend on it: whoever reads or writes a member applies what is
// due by then.
//
// Where a revision has come into force and judges everyone, it walks over the members in the order
// of their ids, has those judged whom it moves, and notes in the ledger now and then how far it has
// come: whoever starts again goes on from there, and nothing is written for members who stay.
class Scheduler {
 public:
  Scheduler(Engine& engine, std::int64_t interval_micros);
  ~Scheduler();

 private:
  // How far the members have been judged.
  struct Walk {
    Timestamp from;
    std::uint64_t through = 0;
    int unnoted = 0;  // members since the ledger was told
  };

  // True if there was more than one step's worth.
  bool Step();
  // Likewise, for the judgement of a program's members that came first.
  bool JudgeSome(const ProgramId& program);
  void Submit(Command command);
  // Until everything submitted has been answered.
  void Wait();
  void Loop();

  Engine& engine_;
  const std::int64_t interval_micros_;
  std::map<ProgramId, Walk> walks_;  // the thread's own
  Mutex mutex_;
  CondVar wakes_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_SCHEDULER_H_
