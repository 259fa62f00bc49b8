#include "engine/journal/merkle.h"

#include <bit>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel {
namespace {

constexpr absl::string_view kLeafPrefix("\x00", 1);
constexpr absl::string_view kNodePrefix("\x01", 1);

}  // namespace

Hash LeafHash(absl::string_view entry) { return Sha256(kLeafPrefix, entry); }

Hash NodeHash(const Hash& left, const Hash& right) {
  return Sha256(kNodePrefix, AsBytes(left), AsBytes(right));
}

Hash EmptyRoot() { return Sha256(absl::string_view()); }

TreeSize SplitPoint(TreeSize size) {
  LAUREL_CHECK(size > 1, "only a tree of two leaves or more splits");
  return std::bit_floor(size - 1);
}

absl::StatusOr<Frontier> Frontier::FromHashes(TreeSize size, std::vector<Hash> hashes) {
  if (hashes.size() != static_cast<std::size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError(absl::StrCat("frontier: must have ", std::popcount(size),
                                                   " hashes for ", size, " leaves, was ",
                                                   hashes.size()));
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.hashes_ = std::move(hashes);
  return frontier;
}

void Frontier::Append(const Hash& leaf) {
  Append(leaf, [](int, const Hash&) {});
}

void Frontier::Append(const Hash& leaf,
                      absl::FunctionRef<void(int height, const Hash& node)> completed) {
  LAUREL_CHECK(size_ < std::numeric_limits<TreeSize>::max(), "a tree has fewer than 2^64 leaves");
  Hash node = leaf;
  // Each low bit that is set stands for a perfect subtree that the new one now completes.
  int height = 0;
  for (TreeSize bits = size_; (bits & 1) != 0; bits >>= 1) {
    node = NodeHash(hashes_.back(), node);
    hashes_.pop_back();
    completed(++height, node);
  }
  hashes_.push_back(node);
  ++size_;
}

Hash Frontier::root() const {
  if (hashes_.empty()) return EmptyRoot();
  Hash root = hashes_.back();
  for (std::size_t i = hashes_.size() - 1; i-- > 0;) root = NodeHash(hashes_[i], root);
  return root;
}

}  // namespace laurel
