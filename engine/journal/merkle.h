#ifndef LAUREL_ENGINE_JOURNAL_MERKLE_H_
#define LAUREL_ENGINE_JOURNAL_MERKLE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"

// Merkle tree over the entries of one partition, as in RFC 6962, section 2.1:
//
//   leaf(entry)       = SHA-256(0x00 || entry bytes as stored)
//   node(left, right) = SHA-256(0x01 || left || right)
//   root of no leaves = SHA-256 of the empty string
//
// The prefix byte keeps a node from being passed off as a leaf. A tree of n > 1 leaves splits at
// the largest power of two smaller than n. Proofs verify with any tool for Certificate Transparency
// or tlog-tiles; merkle_test.cc holds published vectors. Sizes count leaves and leaf indexes start
// at 0, so the entry with sequence n is leaf n - 1.
namespace laurel {

using TreeSize = std::uint64_t;

Hash LeafHash(absl::string_view entry);
Hash NodeHash(const Hash& left, const Hash& right);
Hash EmptyRoot();

// The largest power of two smaller than `size`: how many leaves go to the left. Requires size > 1.
TreeSize SplitPoint(TreeSize size);

// The right edge of a growing tree: enough to append and to know the root. At most 64 hashes, 2 kB.
// A value type. Const methods may run concurrently; Append needs exclusive access.
class Frontier {
 public:
  Frontier() = default;  // no leaves

  // Rebuilds the frontier of a tree of `size` leaves from one hash per set bit of `size`, the
  // largest subtree first. Fails with INVALID_ARGUMENT if the number of hashes differs.
  static absl::StatusOr<Frontier> FromHashes(TreeSize size, std::vector<Hash> hashes);

  // Adds `leaf` at index size(). One node on average, 63 at most. Allocates only while the number
  // of hashes grows for the first time.
  void Append(const Hash& leaf);

  // As above, and calls `completed` with each perfect subtree of 2^height leaves, height > 0, that
  // ends with this leaf; the lowest first.
  void Append(const Hash& leaf, absl::FunctionRef<void(int height, const Hash& node)> completed);

  TreeSize size() const { return size_; }
  Hash root() const;  // O(log size)
  // One per set bit of size(), the largest subtree first: what FromHashes takes.
  const std::vector<Hash>& hashes() const { return hashes_; }

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  TreeSize size_ = 0;
  std::vector<Hash> hashes_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_MERKLE_H_
