#include "engine/rulebook_cache.h"

namespace laurel {

std::shared_ptr<const rules::Rulebook> RulebookCache::Find(State& state, const ProgramId& program,
                                                           const Activation& activation) {
  {
    MutexLock lock(&mutex_);
    const auto known = rulebooks_.find(activation.digest);
    if (known != rulebooks_.end()) return known->second;
  }
  const Revision* revision = state.revisions.Find(RevisionKey{program, activation.number});
  if (revision == nullptr || revision->digest != activation.digest) return nullptr;
  absl::StatusOr<std::shared_ptr<const rules::Rulebook>> rulebook =
      rules::Rulebook::FromCanonical(revision->canonical);
  if (!rulebook.ok() || (*rulebook)->digest() != activation.digest) return nullptr;
  MutexLock lock(&mutex_);
  return rulebooks_.try_emplace(activation.digest, *std::move(rulebook)).first->second;
}

}  // namespace laurel
