#ifndef LAUREL_SERVICE_CONVERT_ENTRY_H_
#define LAUREL_SERVICE_CONVERT_ENTRY_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "laurel/v1/types.pb.h"
#include "service/revisions.h"

namespace laurel {

// The entry as the API shows it. Depends on the entry and on what was there before it alone.
absl::Status RenderEntry(const Entry& entry, const Hash& leaf, ReadView& view, Revisions& revisions,
                         v1::Entry& out);

// The entries `first` to `last` of a member whose kind is wanted, in order. DATA_LOSS if a row that
// names one is damaged.
absl::StatusOr<std::vector<std::uint64_t>> MemberEntries(
    const ReadView& view, MemberId member, std::uint64_t first, std::uint64_t last,
    absl::FunctionRef<bool(EntryKind)> is_wanted);

// Likewise of all who are or were one with these members: an entry about what one of them has may
// be another's.
absl::StatusOr<std::vector<std::uint64_t>> GroupEntries(
    ReadView& view, const std::vector<MemberId>& members, std::uint64_t first, std::uint64_t last,
    absl::FunctionRef<bool(EntryKind)> is_wanted);

// The step in a member's tier history that the entry records. Requires that it records one.
absl::Status RenderTierChange(const Entry& entry, Revisions& revisions, v1::TierChange& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_ENTRY_H_
