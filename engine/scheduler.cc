#include "engine/scheduler.h"

#include <chrono>
#include <vector>

namespace laurel {
namespace {
constexpr std::size_t kMembersPerStep = 256;
constexpr std::size_t kProgramsPerStep = 16;
}  // namespace

Scheduler::Scheduler(Engine& engine, std::int64_t interval_micros)
    : engine_(engine), interval_micros_(interval_micros), thread_([this] { Loop(); }) {}

Scheduler::~Scheduler() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
    wakes_.NotifyAll();
  }
  thread_.join();
}

void Scheduler::Submit(Command command) {
  {
    MutexLock lock(&mutex_);
    ++running_;
  }
  engine_.Submit(std::move(command), std::nullopt, [this](const absl::StatusOr<Reply>&) {
    MutexLock lock(&mutex_);
    if (--running_ == 0) wakes_.NotifyAll();
  });
}

bool Scheduler::Step() {
  ReadView view = engine_.Read();
  std::vector<DueKey> due;
  const KeyRange range = DueRange(view.partition(), engine_.Now());
  const absl::Status scanned = view.snapshot().Scan(
      Space::kIndex, range.begin, range.end, ScanOptions{.limit = kMembersPerStep},
      [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<DueKey> decoded = DecodeDueKey(key);
        if (decoded.ok()) due.push_back(*decoded);
        return true;
      });
  if (!scanned.ok()) return false;
  std::vector<ProgramDueKey> programs;
  const KeyRange program_range = ProgramDueRange(view.partition(), engine_.Now());
  const absl::Status programs_scanned = view.snapshot().Scan(
      Space::kIndex, program_range.begin, program_range.end, ScanOptions{.limit = kProgramsPerStep},
      [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<ProgramDueKey> decoded = DecodeProgramDueKey(key);
        if (decoded.ok()) programs.push_back(*decoded);
        return true;
      });
  if (!programs_scanned.ok()) return false;
  for (const DueKey& key : due) {
    const Member* member = view.state().members.Find(MemberKey{key.member});
    if (member == nullptr) continue;
    Submit(Command{.program = member->program,
                   .request = {},
                   .principal = {},
                   .order = AdvanceMember{key.member, std::nullopt}});
  }
  for (const ProgramDueKey& key : programs) {
    Submit(
        Command{.program = key.program, .request = {}, .principal = {}, .order = AdvanceProgram{}});
  }
  // The next step has to see what this one did.
  MutexLock lock(&mutex_);
  while (running_ > 0) wakes_.Wait(&mutex_);
  return due.size() == kMembersPerStep;
}

void Scheduler::Loop() {
  while (true) {
    const bool has_more = Step();
    MutexLock lock(&mutex_);
    if (is_stopping_) return;
    if (!has_more) wakes_.WaitFor(&mutex_, std::chrono::microseconds(interval_micros_));
    if (is_stopping_) return;
  }
}

}  // namespace laurel
