#ifndef LAUREL_ENGINE_JOURNAL_PROOF_H_
#define LAUREL_ENGINE_JOURNAL_PROOF_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/merkle.h"

// Proofs about the tree of merkle.h: that a leaf is in it (RFC 6962, 2.1.1) and that a smaller tree
// is a prefix of it (2.1.2). Making one reads O(log size) nodes; verifying needs only the
// arguments.
namespace laurel {

// Where the nodes of a tree come from. Only perfect subtrees are ever asked for.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // Returns the root of the leaves [index * 2^height, (index + 1) * 2^height). Called only for
  // subtrees that lie wholly inside the tree. `height` is 0..63.
  virtual absl::StatusOr<Hash> Node(int height, std::uint64_t index) const = 0;
};

// Each of the following reads through `nodes`, which must hold a tree of at least the size asked
// for and is not kept, and fails with the reader's own status if a node cannot be read.

// Returns the root of the first `size` leaves: any earlier state of the tree.
absl::StatusOr<Hash> RootAt(TreeSize size, const NodeReader& nodes);

// Returns the audit path of leaf `index` in the tree of `size` leaves, lowest sibling first; empty
// if size is 1. Fails with OUT_OF_RANGE unless index < size.
absl::StatusOr<std::vector<Hash>> InclusionPath(std::uint64_t index, TreeSize size,
                                                const NodeReader& nodes);

// Returns the proof that the tree of `size1` leaves is a prefix of the tree of `size2` leaves;
// empty if the sizes are equal. Fails with OUT_OF_RANGE unless 0 < size1 <= size2.
absl::StatusOr<std::vector<Hash>> ConsistencyPath(TreeSize size1, TreeSize size2,
                                                  const NodeReader& nodes);

// The two verifiers take nothing on trust: numbers and hashes may come from anyone. They return OK
// or INVALID_ARGUMENT with the reason. Iterative, at most 64 steps (RFC 9162, 2.1.3.2 and 2.1.4.2).
// A proof binds a tree's shape as far as its path runs, not the number `size` itself: take size and
// root from one verified checkpoint.

// Checks that `leaf` (a leaf hash) is at `index` in the tree of `size` leaves whose root is `root`.
absl::Status VerifyInclusion(std::uint64_t index, TreeSize size, const Hash& leaf,
                             std::span<const Hash> proof, const Hash& root);

// Checks that the tree of `size1` leaves under `root1` is a prefix of the tree of `size2` leaves
// under `root2`. Equal sizes need an empty proof and equal roots. size1 = 0 is refused: there is
// nothing to prove, and a caller that starts from nothing has to say so itself.
absl::Status VerifyConsistency(TreeSize size1, TreeSize size2, const Hash& root1, const Hash& root2,
                               std::span<const Hash> proof);

// As above for hashes that arrived as bytes. One that is not 32 bytes long is refused first.
absl::Status VerifyInclusion(std::uint64_t index, TreeSize size, absl::string_view leaf,
                             std::span<const std::string> proof, absl::string_view root);
absl::Status VerifyConsistency(TreeSize size1, TreeSize size2, absl::string_view root1,
                               absl::string_view root2, std::span<const std::string> proof);

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_PROOF_H_
