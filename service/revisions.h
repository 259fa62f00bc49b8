#ifndef LAUREL_SERVICE_REVISIONS_H_
#define LAUREL_SERVICE_REVISIONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "engine/base/mutex.h"
#include "engine/engine.h"

namespace laurel {

// Which rulebook an entry went by: entries name their revision by its digest, replies need its
// names of tiers, metrics and currency. Thread-safe. Remembers every revision that was asked for:
// a program has few.
class Revisions {
 public:
  explicit Revisions(const Engine& engine) : engine_(engine) {}

  // The rulebook of a revision of the program that is or was in force; null if there is none or
  // the ledger cannot be read. Reads the ledger only the first time.
  std::shared_ptr<const rules::Rulebook> Find(const ProgramId& program, const Hash& digest);

  // The number of the revision with this digest that was activated last by `recorded_at`: later
  // activations never change it.
  static std::optional<std::uint32_t> NumberOf(State& state, const ProgramId& program,
                                               const Hash& digest, Timestamp recorded_at);

 private:
  const Engine& engine_;
  Mutex mutex_;
  std::map<Hash, std::shared_ptr<const rules::Rulebook>> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_REVISIONS_H_
