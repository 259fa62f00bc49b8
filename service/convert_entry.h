#ifndef LAUREL_SERVICE_CONVERT_ENTRY_H_
#define LAUREL_SERVICE_CONVERT_ENTRY_H_

#include "absl/status/status.h"
#include "engine/engine.h"
#include "laurel/v1/types.pb.h"
#include "service/revisions.h"

namespace laurel {

// The entry as the API shows it. Depends on the entry and on what was there before it alone.
absl::Status RenderEntry(const Entry& entry, const Hash& leaf, ReadView& view, Revisions& revisions,
                         v1::Entry& out);

// The step in a member's tier history that the entry records. Requires that it records one.
absl::Status RenderTierChange(const Entry& entry, Revisions& revisions, v1::TierChange& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_ENTRY_H_
