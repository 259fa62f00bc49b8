#include "service/simulations.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/reason.h"

namespace laurel {
namespace {

// Of this thread alone, as Linux has it. Where it is refused the simulation runs beside the others.
void GiveWay() {
  constexpr int kLowest = 19;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowest);
}

}  // namespace

Simulations::~Simulations() { Stop(); }

absl::StatusOr<Simulations::View> Simulations::Begin(const ReadView& view, SimulationSpec spec,
                                                     std::uint32_t current) {
  MutexLock lock(&mutex_);
  if (is_stopped_) {
    return WithReason(absl::UnavailableError("server: must be serving, was shutting down"),
                      "DRAINING");
  }
  Forget();
  for (const Job& job : jobs_) {
    if (job.view.program != spec.program || job.view.state != State::kRunning) continue;
    return WithReason(
        absl::AbortedError(absl::StrCat("simulation: must be the only one of the program, ",
                                        job.view.id, " goes on")),
        "JOB_ALREADY_RUNNING");
  }
  Job& job = jobs_.emplace_front();
  job.view.id = absl::StrCat(view.sequence(), "-", ++last_id_);
  job.view.program = spec.program;
  job.view.created_at = engine_.Now();
  job.view.spec = std::make_shared<const SimulationSpec>(std::move(spec));
  job.view.current = current;
  job.view.sequence = view.sequence();
  // The job stays where it is until its thread has ended.
  // What it reads cannot be moved, only made in place.
  const std::shared_ptr<ReadView> snapshot(new ReadView(view.Again()));
  job.thread = std::thread([this, &job, snapshot] {
    GiveWay();
    Run(job, *snapshot);
  });
  return ViewOf(job);
}

void Simulations::Run(Job& job, const ReadView& view) {
  absl::StatusOr<SimulationReport> report = Simulate(view, *job.view.spec, job.watch);
  MutexLock lock(&mutex_);
  job.view.expires_at = engine_.Now().PlusMicros(kKeptMicros);
  if (report.ok()) {
    job.view.state = State::kSucceeded;
    job.view.report = std::make_shared<const SimulationReport>(*std::move(report));
  } else if (absl::IsCancelled(report.status())) {
    job.view.state = State::kCancelled;
  } else {
    job.view.state = State::kFailed;
    job.view.error = report.status();
  }
}

Simulations::View Simulations::ViewOf(const Job& job) const {
  View view = job.view;
  view.done = job.watch.done();
  view.total = job.watch.total();
  return view;
}

Simulations::Job* Simulations::FindJob(const ProgramId& program, absl::string_view id) {
  Forget();
  for (Job& job : jobs_) {
    if (job.view.program == program && job.view.id == id) return &job;
  }
  return nullptr;
}

void Simulations::Forget() {
  const Timestamp now = engine_.Now();
  std::size_t kept = 0;
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    const bool is_over = job->view.state != State::kRunning;
    const bool is_old = is_over && *job->view.expires_at <= now;
    if (!is_old && (!is_over || ++kept <= kKeptMax)) {
      ++job;
      continue;
    }
    job->thread.join();  // it has told its result and does nothing more
    job = jobs_.erase(job);
  }
}

std::optional<Simulations::View> Simulations::Find(const ProgramId& program, absl::string_view id) {
  MutexLock lock(&mutex_);
  const Job* job = FindJob(program, id);
  if (job == nullptr) return std::nullopt;
  return ViewOf(*job);
}

std::vector<Simulations::View> Simulations::List(const ProgramId& program) {
  MutexLock lock(&mutex_);
  Forget();
  std::vector<View> views;
  for (const Job& job : jobs_) {
    if (job.view.program == program) views.push_back(ViewOf(job));
  }
  return views;
}

std::optional<Simulations::View> Simulations::Cancel(const ProgramId& program,
                                                     absl::string_view id) {
  MutexLock lock(&mutex_);
  Job* job = FindJob(program, id);
  if (job == nullptr) return std::nullopt;
  job->watch.Cancel();
  return ViewOf(*job);
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
