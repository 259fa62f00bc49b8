#ifndef LAUREL_ENGINE_JOURNAL_TLOG_PROOF_H_
#define LAUREL_ENGINE_JOURNAL_TLOG_PROOF_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/checkpoint.h"
#include "engine/journal/note.h"

// A receipt that stands alone, as in C2SP tlog-proof: whoever holds an entry's bytes, this text and
// the log's key can check that the entry is in the signed tree. File extension .tlog-proof.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64>              optional, not authenticated; Laurel writes none
//   index <leaf index>
//   <base64 of a hash>          from the leaf's sibling up; none in a tree of one leaf
//                               an empty line
//   <the signed checkpoint, verbatim>
namespace laurel {

struct TlogProof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  std::vector<Hash> proof;
  std::string checkpoint;  // a signed note
  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

std::string RenderTlogProof(const TlogProof& proof);
// Reads the form alone. Fails with INVALID_ARGUMENT.
absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view text);

// Checks that `entry` (the bytes as stored) is in the tree that `text` speaks of. Returns the
// checkpoint and who signed it. Fails with INVALID_ARGUMENT, also as OpenCheckpoint and
// VerifyInclusion do.
absl::StatusOr<VerifiedCheckpoint> VerifyTlogProof(absl::string_view text, absl::string_view entry,
                                                   std::span<const VerifierKey> keys);

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_TLOG_PROOF_H_
