#include "engine/scheduler.h"

#include <chrono>
#include <optional>
#include <vector>

#include "engine/domain/tier_course.h"
#include "engine/readings.h"

namespace laurel {
namespace {
constexpr std::size_t kMembersPerStep = 256;
constexpr std::size_t kProgramsPerStep = 16;
constexpr int kMembersLookedAtPerStep = 4096;
constexpr int kMembersPerNote = 65'536;

// Whether a revision that has come into force moves the member's tier, and no entry says so yet.
bool IsMovedByJudgement(ReadView& view, MemberId id, const Member& member) {
  return TierCourse(view.state(), id, *view.rulebooks())
      .Next(member.tier, TierDue::JudgedBy(view.now()))
      .has_value();
}

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
  const KeyRange range = DueRange(view.partition(), view.now());
  const absl::Status scanned = view.snapshot().Scan(
      Space::kIndex, range.begin, range.end, ScanOptions{.limit = kMembersPerStep},
      [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<DueKey> decoded = DecodeDueKey(key);
        if (decoded.ok()) due.push_back(*decoded);
        return true;
      });
  if (!scanned.ok()) return false;
  std::vector<ProgramDueKey> programs;
  const KeyRange program_range = ProgramDueRange(view.partition(), view.now());
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
    if (!IsDue(view.state(), key.program, view.now())) continue;
    Submit(
        Command{.program = key.program, .request = {}, .principal = {}, .order = AdvanceProgram{}});
  }
  // The next step has to see what this one did.
  Wait();
  bool has_more = due.size() == kMembersPerStep;
  for (const ProgramDueKey& key : programs) {
    if (JudgeSome(key.program)) has_more = true;
  }
  return has_more;
}

void Scheduler::Wait() {
  MutexLock lock(&mutex_);
  while (running_ > 0) wakes_.Wait(&mutex_);
}

bool Scheduler::JudgeSome(const ProgramId& program) {
  ReadView view = engine_.Read();
  const Program* record = view.state().programs.Find(ProgramKey{program});
  if (record == nullptr || record->judgements.empty()) return false;
  const Judgement judgement = record->judgements.front();
  Walk& walk = walks_[program];
  if (walk.from != judgement.from) walk = Walk{judgement.from, judgement.through};

  int count = 0;
  bool is_end = true;
  std::uint64_t last = walk.through;
  std::vector<MemberId> moved;
  const absl::Status walked = ForMembers(view, walk.through, [&](MemberId id) {
    is_end = count < kMembersLookedAtPerStep && moved.size() < kMembersPerStep;
    if (!is_end) return false;
    ++count;
    last = id.raw();
    const Member* member = view.state().members.Find(MemberKey{id});
    if (member == nullptr || member->program != program) return true;
    if (IsMovedByJudgement(view, id, *member)) moved.push_back(id);
    return true;
  });
  if (!walked.ok() || !view.status().ok()) return false;
  for (MemberId id : moved) {
    Submit(Command{.program = program,
                   .request = {},
                   .principal = {},
                   .order = AdvanceMember{id, std::nullopt}});
  }
  Wait();
  ReadView after = engine_.Read();
  for (MemberId id : moved) {
    const Member* member = after.state().members.Find(MemberKey{id});
    // The engine refused, or the member has too much due for one command: from here once more.
    if (member == nullptr || IsMovedByJudgement(after, id, *member)) return false;
  }
  walk.through = last;
  walk.unnoted += count;
  if (is_end || walk.unnoted >= kMembersPerNote) {
    Submit(Command{
        .program = program,
        .request = {},
        .principal = {},
        .order = AdvanceProgram{AdvanceProgram::Judged{judgement.from, walk.through, is_end}}});
    Wait();
    walk.unnoted = 0;
  }
  return true;
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
