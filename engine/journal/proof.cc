#include "engine/journal/proof.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace laurel {
namespace {

// Root of the leaves [begin, end). `begin` is a multiple of every power of two that the range
// splits into, which holds for each range that halving at SplitPoint produces.
absl::StatusOr<Hash> RangeRoot(TreeSize begin, TreeSize end, const NodeReader& nodes) {
  std::vector<Hash> perfect;
  while (begin < end) {
    const int height = static_cast<int>(std::bit_width(end - begin)) - 1;
    ASSIGN_OR_RETURN(perfect.emplace_back(), nodes.Node(height, begin >> height));
    begin += TreeSize{1} << height;
  }
  Hash root = perfect.back();
  for (std::size_t i = perfect.size() - 1; i-- > 0;) root = NodeHash(perfect[i], root);
  return root;
}

absl::StatusOr<Hash> ParseHash(absl::string_view name, absl::string_view bytes) {
  const std::optional<Hash> hash = HashFromBytes(bytes);
  if (!hash) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": must be 32 bytes, was ", bytes.size(), " bytes"));
  }
  return *hash;
}

absl::StatusOr<std::vector<Hash>> ParseProof(std::span<const std::string> proof) {
  std::vector<Hash> hashes;
  hashes.reserve(proof.size());
  for (const std::string& bytes : proof) {
    ASSIGN_OR_RETURN(hashes.emplace_back(),
                     ParseHash(absl::StrCat("proof[", hashes.size(), "]"), bytes));
  }
  return hashes;
}

absl::Status WrongLength(std::size_t length) {
  return absl::InvalidArgumentError(
      absl::StrCat("proof: must have the length that the sizes give, was ", length, " hashes"));
}

absl::Status WrongRoot(absl::string_view name, const Hash& stated, const Hash& computed) {
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": must be ", ToHex(computed), ", which the proof leads to, was ", ToHex(stated)));
}

}  // namespace

absl::StatusOr<Hash> RootAt(TreeSize size, const NodeReader& nodes) {
  if (size == 0) return EmptyRoot();
  return RangeRoot(0, size, nodes);
}

absl::StatusOr<std::vector<Hash>> InclusionPath(std::uint64_t index, TreeSize size,
                                                const NodeReader& nodes) {
  if (index >= size) {
    return absl::OutOfRangeError(absl::StrCat("index: must be < ", size, ", was ", index));
  }
  std::vector<Hash> path;  // from the root down, turned round at the end
  TreeSize begin = 0;
  TreeSize end = size;
  while (end - begin > 1) {
    const TreeSize middle = begin + SplitPoint(end - begin);
    if (index < middle) {
      ASSIGN_OR_RETURN(path.emplace_back(), RangeRoot(middle, end, nodes));
      end = middle;
    } else {
      ASSIGN_OR_RETURN(path.emplace_back(), RangeRoot(begin, middle, nodes));
      begin = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

absl::StatusOr<std::vector<Hash>> ConsistencyPath(TreeSize size1, TreeSize size2,
                                                  const NodeReader& nodes) {
  if (size1 == 0 || size1 > size2) {
    return absl::OutOfRangeError(absl::StrCat("size1: must be 1 to ", size2, ", was ", size1));
  }
  std::vector<Hash> path;  // from the root down, turned round at the end
  TreeSize begin = 0;
  TreeSize end = size2;
  while (end != size1) {
    const TreeSize middle = begin + SplitPoint(end - begin);
    if (size1 <= middle) {
      ASSIGN_OR_RETURN(path.emplace_back(), RangeRoot(middle, end, nodes));
      end = middle;
    } else {
      ASSIGN_OR_RETURN(path.emplace_back(), RangeRoot(begin, middle, nodes));
      begin = middle;
    }
  }
  // Where the smaller tree is a subtree of the larger one, the verifier has its root already.
  if (begin != 0) {
    ASSIGN_OR_RETURN(path.emplace_back(), RangeRoot(begin, end, nodes));
  }
  std::reverse(path.begin(), path.end());
  return path;
}

absl::Status VerifyInclusion(std::uint64_t index, TreeSize size, const Hash& leaf,
                             std::span<const Hash> proof, const Hash& root) {
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("index: must be < ", size, ", was ", index));
  }
  std::uint64_t node = index;     // our place on the current level
  std::uint64_t last = size - 1;  // the level's last place
  Hash computed = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return WrongLength(proof.size());
    if ((node & 1) != 0 || node == last) {
      computed = NodeHash(sibling, computed);
      // An only child is promoted: climb to the level where it has a sibling on its left.
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      computed = NodeHash(computed, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return WrongLength(proof.size());
  if (computed != root) return WrongRoot("root", root, computed);
  return absl::OkStatus();
}

absl::Status VerifyConsistency(TreeSize size1, TreeSize size2, const Hash& root1, const Hash& root2,
                               std::span<const Hash> proof) {
  if (size1 == 0 || size1 > size2) {
    return absl::InvalidArgumentError(absl::StrCat("size1: must be 1 to ", size2, ", was ", size1));
  }
  if (size1 == size2) {
    if (!proof.empty()) return WrongLength(proof.size());
    if (root1 != root2) return WrongRoot("root1", root1, root2);
    return absl::OkStatus();
  }

  std::uint64_t node = size1 - 1;
  std::uint64_t last = size2 - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // A smaller tree that is a perfect subtree of the larger one starts from its own root.
  std::size_t next = 0;
  Hash computed1 = root1;
  if (!std::has_single_bit(size1)) {
    if (proof.empty()) return WrongLength(0);
    computed1 = proof[next++];
  }
  Hash computed2 = computed1;
  for (; next < proof.size(); ++next) {
    const Hash& sibling = proof[next];
    if (last == 0) return WrongLength(proof.size());
    if ((node & 1) != 0 || node == last) {
      computed1 = NodeHash(sibling, computed1);
      computed2 = NodeHash(sibling, computed2);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      computed2 = NodeHash(computed2, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return WrongLength(proof.size());
  if (computed1 != root1) return WrongRoot("root1", root1, computed1);
  if (computed2 != root2) return WrongRoot("root2", root2, computed2);
  return absl::OkStatus();
}

absl::Status VerifyInclusion(std::uint64_t index, TreeSize size, absl::string_view leaf,
                             std::span<const std::string> proof, absl::string_view root) {
  ASSIGN_OR_RETURN(const Hash leaf_hash, ParseHash("leaf", leaf));
  ASSIGN_OR_RETURN(const Hash root_hash, ParseHash("root", root));
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, ParseProof(proof));
  return VerifyInclusion(index, size, leaf_hash, hashes, root_hash);
}

absl::Status VerifyConsistency(TreeSize size1, TreeSize size2, absl::string_view root1,
                               absl::string_view root2, std::span<const std::string> proof) {
  ASSIGN_OR_RETURN(const Hash hash1, ParseHash("root1", root1));
  ASSIGN_OR_RETURN(const Hash hash2, ParseHash("root2", root2));
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, ParseProof(proof));
  return VerifyConsistency(size1, size2, hash1, hash2, hashes);
}

}  // namespace laurel
