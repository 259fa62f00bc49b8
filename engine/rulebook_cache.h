#ifndef LAUREL_ENGINE_RULEBOOK_CACHE_H_
#define LAUREL_ENGINE_RULEBOOK_CACHE_H_

#include <map>
#include <memory>

#include "engine/base/mutex.h"
#include "engine/domain/decide.h"

namespace laurel {

// Compiled revisions by digest, for the life of the process. Thread-safe: a compile runs outside
// the lock, and two at once give equal rulebooks.
class RulebookCache : public RulebookLibrary {
 public:
  std::shared_ptr<const rules::Rulebook> Find(State& state, const ProgramId& program,
                                              const Activation& activation) override;

 private:
  Mutex mutex_;
  std::map<Hash, std::shared_ptr<const rules::Rulebook>> rulebooks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_RULEBOOK_CACHE_H_
