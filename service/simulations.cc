#include "service/simulations.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/reason.h"
#include "service/convert_simulation.h"
#include "service/names.h"
#include "service/status.h"

namespace laurel {
namespace {

// Of this thread alone, as Linux has it. Where it is refused the simulation runs beside the others.
void GiveWay() {
  constexpr int kLowest = 19;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowest);
}

absl::Status CutShort() {
  return WithReason(
      absl::UnavailableError("server: must serve until the simulation has ended, was restarted"),
      "DRAINING");
}

std::int64_t MicrosOf(const google::protobuf::Timestamp& instant) {
  return instant.seconds() * kMicrosPerSecond + instant.nanos() / 1'000;
}

}  // namespace

Simulations::Simulations(Engine& engine, SimulationFiles files)
    : engine_(engine), files_(std::move(files)) {
  MutexLock lock(&mutex_);
  std::vector<v1::Simulation> kept = files_.Load();
  std::sort(kept.begin(), kept.end(), [](const v1::Simulation& a, const v1::Simulation& b) {
    return MicrosOf(a.created_at()) < MicrosOf(b.created_at());
  });
  for (v1::Simulation& simulation : kept) {
    if (simulation.state() == v1::JOB_STATE_RUNNING) {
      simulation.set_state(v1::JOB_STATE_FAILED);
      *simulation.mutable_error() = ToRpcStatus(CutShort());
      RenderInstant(engine_.Now().PlusMicros(kKeptMicros), *simulation.mutable_expires_at());
      files_.Save(simulation);
    }
    SimulationRef ref = *ParseSimulationName(simulation.name());
    Job& job = jobs_.emplace_front();
    std::int64_t micros = 0;
    if (absl::SimpleAtoi(ref.id.substr(ref.id.rfind('-') + 1), &micros)) {
      last_micros_ = std::max(last_micros_, micros);
    }
    job.view.program = ref.program;
    job.view.id = std::move(ref.id);
    job.over = std::make_shared<const v1::Simulation>(std::move(simulation));
  }
  Forget();
}

Simulations::~Simulations() { Stop(); }

absl::StatusOr<v1::Simulation> Simulations::Begin(const ReadView& view, SimulationSpec spec,
                                                  std::uint32_t current) {
  MutexLock lock(&mutex_);
  if (is_stopped_) {
    return WithReason(absl::UnavailableError("server: must be serving, was shutting down"),
                      "DRAINING");
  }
  Forget();
  for (const Job& job : jobs_) {
    if (job.view.program != spec.program || job.over != nullptr) continue;
    return WithReason(
        absl::AbortedError(absl::StrCat("simulation: must be the only one of the program, ",
                                        job.view.id, " goes on")),
        "JOB_ALREADY_RUNNING");
  }
  const Timestamp now = engine_.Now();
  // Later ones of the same instant have a larger number, also after a restart.
  last_micros_ = std::max(last_micros_ + 1, now.micros());
  Job& job = jobs_.emplace_front();
  job.view.id = absl::StrCat(view.sequence(), "-", last_micros_);
  job.view.program = spec.program;
  job.view.created_at = now;
  job.view.spec = std::make_shared<const SimulationSpec>(std::move(spec));
  job.view.current = current;
  job.view.sequence = view.sequence();
  v1::Simulation begun = Describe(job, /*has_report=*/false);
  files_.Save(begun);
  // The job stays where it is until its thread has ended.
  // What it reads cannot be moved, only made in place.
  const std::shared_ptr<ReadView> snapshot(new ReadView(view.Again()));
  job.thread = std::thread([this, &job, snapshot] {
    GiveWay();
    Run(job, *snapshot);
  });
  return begun;
}

void Simulations::Run(Job& job, const ReadView& view) {
  absl::StatusOr<SimulationReport> report = Simulate(view, *job.view.spec, job.watch);
  View result = job.view;
  result.done = job.watch.done();
  result.total = job.watch.total();
  result.expires_at = engine_.Now().PlusMicros(kKeptMicros);
  if (report.ok()) {
    result.state = State::kSucceeded;
    result.report = std::make_shared<const SimulationReport>(*std::move(report));
  } else if (absl::IsCancelled(report.status())) {
    result.state = State::kCancelled;
  } else {
    result.state = State::kFailed;
    result.error = report.status();
  }
  auto over = std::make_shared<v1::Simulation>();
  RenderSimulation(result, /*has_report=*/true, *over);
  MutexLock lock(&mutex_);
  // One that ends with the server stays on disk as what goes on: the next server tells of it.
  if (!is_stopped_ || result.state == State::kSucceeded) files_.Save(*over);
  job.over = std::move(over);
}

v1::Simulation Simulations::Describe(const Job& job, bool has_report) const {
  v1::Simulation simulation;
  if (job.over != nullptr) {
    simulation = *job.over;
    if (has_report) return simulation;
    simulation.clear_activation();
    simulation.clear_backtest();
    return simulation;
  }
  View view = job.view;
  view.done = job.watch.done();
  view.total = job.watch.total();
  RenderSimulation(view, /*has_report=*/false, simulation);
  return simulation;
}

Simulations::Job* Simulations::FindJob(const ProgramId& program, absl::string_view id) {
  Forget();
  for (Job& job : jobs_) {
    if (job.view.program == program && job.view.id == id) return &job;
  }
  return nullptr;
}

void Simulations::Forget() {
  const std::int64_t now = engine_.Now().micros();
  std::size_t kept = 0;
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    const bool is_over = job->over != nullptr;
    const bool is_old = is_over && MicrosOf(job->over->expires_at()) <= now;
    if (!is_old && (!is_over || ++kept <= kKeptMax)) {
      ++job;
      continue;
    }
    if (job->thread.joinable()) job->thread.join();  // it has told its result and does nothing more
    files_.Remove(job->over->name());
    job = jobs_.erase(job);
  }
}

std::optional<v1::Simulation> Simulations::Find(const ProgramId& program, absl::string_view id) {
  MutexLock lock(&mutex_);
  const Job* job = FindJob(program, id);
  if (job == nullptr) return std::nullopt;
  return Describe(*job, /*has_report=*/true);
}

std::vector<v1::Simulation> Simulations::List(const ProgramId& program) {
  MutexLock lock(&mutex_);
  Forget();
  std::vector<v1::Simulation> list;
  for (const Job& job : jobs_) {
    if (job.view.program == program) list.push_back(Describe(job, /*has_report=*/false));
  }
  return list;
}

std::shared_ptr<const v1::Simulation> Simulations::LatestOf(const ProgramId& program,
                                                            const Hash& digest) {
  MutexLock lock(&mutex_);
  Forget();
  for (const Job& job : jobs_) {
    const bool is_it = job.view.program == program && job.over != nullptr &&
                       job.over->has_backtest() && job.over->digest() == AsBytes(digest);
    if (is_it) return job.over;
  }
  return nullptr;
}

std::optional<Hash> Simulations::TriedBy(const ProgramId& program, absl::string_view id) {
  MutexLock lock(&mutex_);
  const Job* job = FindJob(program, id);
  const bool has_succeeded =
      job != nullptr && job->over != nullptr && job->over->state() == v1::JOB_STATE_SUCCEEDED;
  return has_succeeded ? HashFromBytes(job->over->digest()) : std::nullopt;
}

std::optional<v1::Simulation> Simulations::Cancel(const ProgramId& program, absl::string_view id) {
  MutexLock lock(&mutex_);
  Job* job = FindJob(program, id);
  if (job == nullptr) return std::nullopt;
  job->watch.Cancel();
  return Describe(*job, /*has_report=*/false);
}

void Simulations::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mutex_);
    is_stopped_ = true;
    for (Job& job : jobs_) {
      job.watch.Cancel();
      threads.push_back(std::move(job.thread));
    }
  }
  for (std::thread& thread : threads) {
    if (thread.joinable()) thread.join();
  }
  MutexLock lock(&mutex_);
  jobs_.clear();
}

}  // namespace laurel
