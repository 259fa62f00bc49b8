#ifndef LAUREL_SERVICE_SIMULATIONS_H_
#define LAUREL_SERVICE_SIMULATIONS_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "engine/simulation.h"
#include "laurel/v1/simulation_service.pb.h"
#include "service/simulation_files.h"

namespace laurel {

// Simulations that go on or are over: each on a thread of its own that gives way to everything
// else, one at a time for each program. Reports are kept for a day, at most 16 of them, also over a
// restart; one that a restart cuts short has FAILED with DRAINING. Thread-safe.
class Simulations {
 public:
  static constexpr std::int64_t kKeptMicros = kMicrosPerDay;
  static constexpr std::size_t kKeptMax = 16;

  enum class State { kRunning, kSucceeded, kFailed, kCancelled };

  // A simulation as it is at one moment.
  struct View {
    std::string id;
    ProgramId program;
    State state = State::kRunning;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    Timestamp created_at;
    std::optional<Timestamp> expires_at;  // once it is over
    std::shared_ptr<const SimulationSpec> spec;
    std::uint32_t current = 0;  // the number of the revision in force
    std::uint64_t sequence = 0;
    std::shared_ptr<const SimulationReport> report;  // once it has succeeded
    absl::Status error;                              // of one that has failed
  };

  // `engine` must outlive it.
  Simulations(Engine& engine, SimulationFiles files);
  // As Stop.
  ~Simulations();

  // Begins one on what `view` sees; `current` is the number of the revision in force. ABORTED with
  // reason JOB_ALREADY_RUNNING while another one of the program goes on.
  absl::StatusOr<v1::Simulation> Begin(const ReadView& view, SimulationSpec spec,
                                       std::uint32_t current);
  // Empty if there is none, or no more.
  std::optional<v1::Simulation> Find(const ProgramId& program, absl::string_view id);
  // Newest first, without reports.
  std::vector<v1::Simulation> List(const ProgramId& program);
  // The newest with a report of activities by the document with this digest; null if there is none.
  std::shared_ptr<const v1::Simulation> LatestOf(const ProgramId& program, const Hash& digest);
  // The digest of what one that has succeeded tried; empty if there is none.
  std::optional<Hash> TriedBy(const ProgramId& program, absl::string_view id);
  // Asks it to end, and says how it is, without a report; empty as for Find.
  std::optional<v1::Simulation> Cancel(const ProgramId& program, absl::string_view id);
  // Cancels what goes on and waits for it: nothing here reads the ledger any more.
  void Stop();

 private:
  struct Job {
    View view;  // of one that was kept over a restart: its name alone
    SimulationWatch watch;
    std::thread thread;
    std::shared_ptr<const v1::Simulation> over;  // null while it goes on
  };

  void Run(Job& job, const ReadView& view);
  v1::Simulation Describe(const Job& job, bool has_report) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Job* FindJob(const ProgramId& program, absl::string_view id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes away what is over and old, or too much; whose threads have ended.
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Engine& engine_;
  Mutex mutex_;
  SimulationFiles files_ ABSL_GUARDED_BY(mutex_);
  std::list<Job> jobs_ ABSL_GUARDED_BY(mutex_);           // newest first
  std::int64_t last_micros_ ABSL_GUARDED_BY(mutex_) = 0;  // in the id of the last one
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_SIMULATIONS_H_
