#include "service/revisions.h"

#include <utility>

namespace laurel {

std::shared_ptr<const rules::Rulebook> Revisions::Find(const ProgramId& program,
                                                       const Hash& digest) {
  {
    MutexLock lock(&mutex_);
    const auto known = known_.find(digest);
    if (known != known_.end()) return known->second;
  }
  ReadView view = engine_.Read();
  const Program* record = view.state().programs.Find(ProgramKey{program});
  if (record == nullptr) return nullptr;
  std::shared_ptr<const rules::Rulebook> rulebook;
  if (const Activation* activation = FindActivation(*record, digest)) {
    rulebook = view.rulebooks()->Find(view.state(), program, *activation);
  }
  if (rulebook == nullptr) return nullptr;
  MutexLock lock(&mutex_);
  return known_.try_emplace(digest, std::move(rulebook)).first->second;
}

std::optional<std::uint32_t> Revisions::NumberOf(State& state, const ProgramId& program,
                                                 const Hash& digest, Timestamp recorded_at) {
  const Program* record = state.programs.Find(ProgramKey{program});
  if (record == nullptr) return std::nullopt;
  std::optional<std::uint32_t> number;
  for (const Activation& activation : record->activations) {
    if (activation.digest == digest && activation.from <= recorded_at) number = activation.number;
  }
  // An activity ahead of the clock went by a schedule.
  if (!number) {
    if (const Activation* activation = FindActivation(*record, digest)) number = activation->number;
  }
  return number;
}

}  // namespace laurel
