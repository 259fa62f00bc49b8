#ifndef LAUREL_SERVICE_RENDERING_H_
#define LAUREL_SERVICE_RENDERING_H_

#include "absl/status/status.h"
#include "engine/engine.h"
#include "service/revisions.h"

namespace laurel {

// What a reply to a write is rendered from, besides its entry. Whatever is read here was fixed when
// the entry was made (earlier entries, revisions), so that a replayed reply has the same bytes.
struct Rendering {
  const Engine& engine;
  Revisions& revisions;

  // The rulebook that the entry went by. INTERNAL if it cannot be had.
  absl::StatusOr<std::shared_ptr<const rules::Rulebook>> RulebookOf(const Entry& entry) const {
    std::shared_ptr<const rules::Rulebook> rulebook =
        entry.revision ? revisions.Find(entry.program, *entry.revision) : nullptr;
    if (rulebook == nullptr) return absl::InternalError("entry: must have a revision, had none");
    return rulebook;
  }
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_RENDERING_H_
