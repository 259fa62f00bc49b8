#include "engine/journal/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/engine/journal/vectors.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using testing::AsStrings;
using testing::ConsistencyShape;
using testing::ConsistencyVector;
using testing::FindVectorsFile;
using testing::InclusionShape;
using testing::InclusionVector;
using testing::MemoryNodes;
using testing::NumberedLeaves;
using testing::PublishedEntries;
using testing::ReferenceConsistency;
using testing::ReferenceInclusion;
using testing::ReferenceRoot;
using testing::VectorsFile;

using Strings = std::vector<std::string>;
constexpr std::uint64_t kHuge[] = {std::uint64_t{1} << 63, ~std::uint64_t{0}};

std::string Bytes(const Hash& hash) { return std::string(AsBytes(hash)); }

// One claim with its proof, as bytes that someone sent. `claim` holds the numbers, `ends` the leaf
// and the root, or both roots.
struct Claim {
  std::array<std::uint64_t, 2> numbers;  // index and size, or size1 and size2
  std::array<std::string, 2> ends;       // leaf and root, or root1 and root2
  Strings proof;
};

struct Probe {
  std::string name;
  Claim claim;
};

std::string FlipBit(std::string bytes) {
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  return bytes;
}

// Changes to bytes and lists, which are wrong for both kinds of proof.
std::vector<Probe> ProbesOfBytes(const Claim& claim) {
  std::vector<Probe> probes;
  const auto add = [&](std::string name, const std::function<void(Claim&)>& change) {
    probes.push_back(Probe{std::move(name), claim});
    change(probes.back().claim);
  };
  const std::string zeros(32, '\0');
  struct Garble {
    absl::string_view name;
    std::function<std::string(const std::string&)> change;
  };
  const Garble garbles[] = {
      {"bit flipped", FlipBit},
      {"1 byte before", [&](const std::string& b) { return zeros.substr(0, 1) + b; }},
      {"31 bytes before", [&](const std::string& b) { return zeros.substr(0, 31) + b; }},
      {"1 byte after", [&](const std::string& b) { return b + zeros.substr(0, 1); }},
      {"32 bytes after", [&](const std::string& b) { return b + zeros; }},
      {"31 bytes", [](const std::string& b) { return b.substr(0, 31); }},
      {"first byte missing", [](const std::string& b) { return b.substr(1); }},
      {"empty", [](const std::string&) { return std::string(); }},
  };
  for (const Garble& garble : garbles) {
    for (std::size_t end : {0u, 1u}) {
      add(absl::StrCat("end ", end, ": ", garble.name),
          [&](Claim& c) { c.ends[end] = garble.change(c.ends[end]); });
    }
    if (claim.proof.empty()) continue;
    for (std::size_t at : {std::size_t{0}, claim.proof.size() / 2, claim.proof.size() - 1}) {
      add(absl::StrCat("proof[", at, "]: ", garble.name),
          [&](Claim& c) { c.proof[at] = garble.change(c.proof[at]); });
    }
  }

  for (const std::string& hash : {zeros, claim.ends[0], claim.ends[1]}) {
    add("hash added before", [&](Claim& c) { c.proof.insert(c.proof.begin(), hash); });
    add("hash added after", [&](Claim& c) { c.proof.push_back(hash); });
    add("hash added between", [&](Claim& c) {
      c.proof.insert(c.proof.begin() + static_cast<std::ptrdiff_t>(c.proof.size() / 2), hash);
    });
  }
  if (!claim.proof.empty()) {
    add("first dropped", [](Claim& c) { c.proof.erase(c.proof.begin()); });
    add("last dropped", [](Claim& c) { c.proof.pop_back(); });
    add("all dropped", [](Claim& c) { c.proof.clear(); });
    add("first doubled", [](Claim& c) { c.proof.insert(c.proof.begin(), c.proof.front()); });
  }
  if (claim.proof.size() > 1) {
    add("first two swapped", [](Claim& c) { std::swap(c.proof[0], c.proof[1]); });
    add("first and last swapped", [](Claim& c) { std::swap(c.proof.front(), c.proof.back()); });
  }
  if (claim.ends[0] != claim.ends[1]) {
    add("ends swapped", [](Claim& c) { std::swap(c.ends[0], c.ends[1]); });
  }
  return probes;
}

// `wrong_leaf` is the hash of another leaf, `wrong_root` the root of another size.
std::vector<Probe> InclusionProbes(const Claim& claim, const Hash& wrong_leaf,
                                   const Hash& wrong_root) {
  std::vector<Probe> probes = ProbesOfBytes(claim);
  const auto [index, size] = claim.numbers;
  const auto shape = InclusionShape(index, size);
  const auto add_numbers = [&](std::uint64_t other_index, TreeSize other_size) {
    if (InclusionShape(other_index, other_size) == shape) return;
    Claim other = claim;
    other.numbers = {other_index, other_size};
    probes.push_back(Probe{absl::StrCat("index ", other_index, ", size ", other_size), other});
  };
  for (std::uint64_t other : {index - 1, index + 1, index ^ 2, size, kHuge[0], kHuge[1]}) {
    add_numbers(other, size);
  }
  for (TreeSize other : {size * 2, size / 2, size - 1, size + 1, TreeSize{0}, kHuge[0], kHuge[1]}) {
    add_numbers(index, other);
  }
  add_numbers(kHuge[1], kHuge[1]);
  add_numbers(0, 0);

  const auto add_ends = [&](std::string name, std::string leaf, std::string root) {
    probes.push_back(Probe{std::move(name), claim});
    probes.back().claim.ends = {std::move(leaf), std::move(root)};
  };
  add_ends("wrong leaf", Bytes(wrong_leaf), claim.ends[1]);
  add_ends("root of another size", claim.ends[0], Bytes(wrong_root));
  if (!claim.proof.empty()) {
    // The two children of the lowest node, offered as the bytes of an entry one level up.
    const bool is_left = shape->front() == 'R';
    const std::string& leaf = claim.ends[0];
    const std::string children = is_left ? leaf + claim.proof.front() : claim.proof.front() + leaf;
    const std::string node = Bytes(Sha256("\x01", children));
    add_ends("inner node as leaf", node, claim.ends[1]);
    Probe as_entry{"inner node as entry", claim};
    as_entry.claim.ends[0] = Bytes(LeafHash(children));
    as_entry.claim.numbers = {index / 2, (size + 1) / 2};
    as_entry.claim.proof.erase(as_entry.claim.proof.begin());
    probes.push_back(std::move(as_entry));
  }
  return probes;
}

std::vector<Probe> ConsistencyProbes(const Claim& claim, const Hash& wrong_root) {
  std::vector<Probe> probes = ProbesOfBytes(claim);
  const auto [size1, size2] = claim.numbers;
  const auto shape = ConsistencyShape(size1, size2);
  const auto add_numbers = [&](TreeSize other1, TreeSize other2) {
    if (ConsistencyShape(other1, other2) == shape) return;
    Claim other = claim;
    other.numbers = {other1, other2};
    probes.push_back(Probe{absl::StrCat("size1 ", other1, ", size2 ", other2), other});
  };
  for (TreeSize other :
       {size1 - 1, size1 + 1, size1 ^ 2, size2, size2 + 1, TreeSize{0}, kHuge[0], kHuge[1]}) {
    add_numbers(other, size2);
  }
  for (TreeSize other :
       {size2 * 2, size2 / 2, size2 - 1, size2 + 1, TreeSize{0}, kHuge[0], kHuge[1]}) {
    add_numbers(size1, other);
  }
  add_numbers(size2, size1);
  add_numbers(0, 0);
  for (std::size_t end : {0u, 1u}) {
    probes.push_back(Probe{absl::StrCat("end ", end, ": root of another size"), claim});
    probes.back().claim.ends[end] = Bytes(wrong_root);
  }
  Probe empty{"both sizes 0 without proof", claim};
  empty.claim = Claim{{0, 0}, {Bytes(EmptyRoot()), Bytes(EmptyRoot())}, {}};
  probes.push_back(std::move(empty));
  Probe from_empty{"size1 0 without proof", claim};
  from_empty.claim.numbers[0] = 0;
  from_empty.claim.ends[0] = Bytes(EmptyRoot());
  from_empty.claim.proof.clear();
  probes.push_back(std::move(from_empty));
  return probes;
}

absl::Status VerifyInclusionClaim(const Claim& c) {
  return VerifyInclusion(c.numbers[0], c.numbers[1], c.ends[0], c.proof, c.ends[1]);
}

absl::Status VerifyConsistencyClaim(const Claim& c) {
  return VerifyConsistency(c.numbers[0], c.numbers[1], c.ends[0], c.ends[1], c.proof);
}

// A tree whose right and wrong proofs a test goes through.
class Tree {
 public:
  explicit Tree(std::vector<Hash> leaves) : leaves_(std::move(leaves)), nodes_(leaves_) {
    roots_.push_back(EmptyRoot());
    Frontier frontier;
    for (const Hash& leaf : leaves_) {
      frontier.Append(leaf);
      roots_.push_back(frontier.root());
    }
  }

  const MemoryNodes& nodes() const { return nodes_; }
  const Hash& root(TreeSize size) const { return roots_[size]; }
  std::span<const Hash> leaves(TreeSize size) const { return std::span(leaves_).first(size); }

  void CheckInclusion(const InclusionVector& v) const {
    SCOPED_TRACE(absl::StrCat("index ", v.index, ", size ", v.size));
    const Claim claim{
        {v.index, v.size}, {Bytes(leaves_[v.index]), Bytes(root(v.size))}, AsStrings(v.proof)};
    EXPECT_EQ(VerifyInclusionClaim(claim), absl::OkStatus());
    EXPECT_EQ(VerifyInclusion(v.index, v.size, leaves_[v.index], v.proof, root(v.size)),
              absl::OkStatus());
    const Hash& wrong_leaf = v.size > 1 ? leaves_[v.index == 0 ? 1 : v.index - 1] : EmptyLeaf();
    for (const Probe& probe : InclusionProbes(claim, wrong_leaf, root(v.size - 1))) {
      EXPECT_EQ(VerifyInclusionClaim(probe.claim).code(), absl::StatusCode::kInvalidArgument)
          << probe.name;
    }
  }

  void CheckConsistency(const ConsistencyVector& v) const {
    SCOPED_TRACE(absl::StrCat("size1 ", v.size1, ", size2 ", v.size2));
    const Claim claim{
        {v.size1, v.size2}, {Bytes(root(v.size1)), Bytes(root(v.size2))}, AsStrings(v.proof)};
    EXPECT_EQ(VerifyConsistencyClaim(claim), absl::OkStatus());
    EXPECT_EQ(VerifyConsistency(v.size1, v.size2, root(v.size1), root(v.size2), v.proof),
              absl::OkStatus());
    for (const Probe& probe : ConsistencyProbes(claim, root(v.size1 - 1))) {
      EXPECT_EQ(VerifyConsistencyClaim(probe.claim).code(), absl::StatusCode::kInvalidArgument)
          << probe.name;
    }
  }

 private:
  // A leaf that no test tree holds.
  static const Hash& EmptyLeaf() {
    static const Hash hash = LeafHash("another entry");
    return hash;
  }

  std::vector<Hash> leaves_;
  MemoryNodes nodes_;
  std::vector<Hash> roots_;
};

const Tree& PublishedTree() {
  static const auto* const tree = [] {
    std::vector<Hash> leaves;
    for (const std::string& entry : PublishedEntries()) leaves.push_back(LeafHash(entry));
    return new Tree(std::move(leaves));
  }();
  return *tree;
}

const Tree& NumberedTree() {
  static const auto* const tree = new Tree(NumberedLeaves(70001));
  return *tree;
}

// Hashes by their letters, "ab" being the node over the leaves a and b.
std::vector<Hash> Named(const std::vector<absl::string_view>& names) {
  std::vector<Hash> hashes;
  for (absl::string_view name : names) {
    const auto begin = static_cast<std::size_t>(name.front() - 'a');
    hashes.push_back(ReferenceRoot(PublishedTree().leaves(8).subspan(begin, name.size())));
  }
  return hashes;
}

TEST(InclusionPath, MatchesPublishedVectors) {
  const InclusionVector vectors[] = {
      {0, 1, Named({})},     {0, 8, Named({"b", "cd", "efgh"})}, {5, 8, Named({"e", "gh", "abcd"})},
      {2, 3, Named({"ab"})}, {1, 5, Named({"a", "cd", "e"})},
  };
  for (const InclusionVector& v : vectors) {
    const auto path = InclusionPath(v.index, v.size, PublishedTree().nodes());
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof);
    PublishedTree().CheckInclusion(v);
  }
}

TEST(ConsistencyPath, MatchesPublishedVectors) {
  const ConsistencyVector vectors[] = {
      {1, 1, Named({})},
      {1, 8, Named({"b", "cd", "efgh"})},
      {6, 8, Named({"ef", "gh", "abcd"})},
      {2, 5, Named({"cd", "e"})},
  };
  for (const ConsistencyVector& v : vectors) {
    const auto path = ConsistencyPath(v.size1, v.size2, PublishedTree().nodes());
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof);
    PublishedTree().CheckConsistency(v);
  }
}

TEST(InclusionPath, MatchesVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  ASSERT_FALSE(file->inclusion.empty());
  for (const InclusionVector& v : file->inclusion) {
    const auto path = InclusionPath(v.index, v.size, NumberedTree().nodes());
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof);
    NumberedTree().CheckInclusion(v);
  }
}

TEST(ConsistencyPath, MatchesVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  ASSERT_FALSE(file->consistency.empty());
  for (const ConsistencyVector& v : file->consistency) {
    const auto path = ConsistencyPath(v.size1, v.size2, NumberedTree().nodes());
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof);
    NumberedTree().CheckConsistency(v);
  }
}

TEST(Proofs, EqualRecursiveDefinitionInSmallTrees) {
  for (TreeSize size = 1; size <= 70; ++size) {
    const std::span<const Hash> leaves = NumberedTree().leaves(size);
    ASSERT_EQ(NumberedTree().root(size), ReferenceRoot(leaves));
    for (TreeSize i = 0; i < size; ++i) {
      ASSERT_EQ(*InclusionPath(i, size, NumberedTree().nodes()), ReferenceInclusion(i, leaves));
      ASSERT_EQ(*ConsistencyPath(i + 1, size, NumberedTree().nodes()),
                ReferenceConsistency(i + 1, leaves));
    }
  }
}

TEST(Proofs, AllVerifyAndAllProbesFailInRandomTrees) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const TreeSize size = 1 + random() % 2000;
  const Tree& tree = NumberedTree();
  ASSERT_EQ(tree.root(size), ReferenceRoot(tree.leaves(size)));
  for (TreeSize i = 0; i < size; ++i) {
    const auto path = InclusionPath(i, size, tree.nodes());
    ASSERT_TRUE(path.ok()) << path.status();
    tree.CheckInclusion({i, size, *path});
    const auto prefix = ConsistencyPath(i + 1, size, tree.nodes());
    ASSERT_TRUE(prefix.ok()) << prefix.status();
    tree.CheckConsistency({i + 1, size, *prefix});
    if (HasFailure()) return;
  }
}

TEST(Proofs, AllVerifyInManyRandomTrees) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed + 1);
  const Tree& tree = NumberedTree();
  for (int round = 0; round < 20; ++round) {
    const TreeSize size = 1 + random() % 2000;
    ASSERT_EQ(tree.root(size), ReferenceRoot(tree.leaves(size))) << size;
    ASSERT_EQ(*RootAt(size, tree.nodes()), tree.root(size)) << size;
    for (TreeSize i = 0; i < size; ++i) {
      ASSERT_EQ(VerifyInclusion(i, size, tree.leaves(size)[i],
                                *InclusionPath(i, size, tree.nodes()), tree.root(size)),
                absl::OkStatus())
          << i << " of " << size;
      ASSERT_EQ(VerifyConsistency(i + 1, size, tree.root(i + 1), tree.root(size),
                                  *ConsistencyPath(i + 1, size, tree.nodes())),
                absl::OkStatus())
          << i + 1 << " of " << size;
    }
  }
}

TEST(VerifyInclusion, RefusesEmptyBytesInTreeOfOneLeaf) {
  EXPECT_EQ(VerifyInclusion(0, 1, "", Strings{}, "").message(),
            "leaf: must be 32 bytes, was 0 bytes");
}

TEST(VerifyInclusion, RefusesTreeWithoutLeaves) {
  const Hash root = EmptyRoot();
  EXPECT_FALSE(VerifyInclusion(0, 0, root, std::vector<Hash>{}, root).ok());
}

TEST(VerifyConsistency, RefusesTreesWithoutLeaves) {
  const Hash root = EmptyRoot();
  EXPECT_FALSE(VerifyConsistency(0, 0, root, root, std::vector<Hash>{}).ok());
  EXPECT_FALSE(VerifyConsistency(0, 0, root, root, std::vector<Hash>{root}).ok());
  EXPECT_FALSE(VerifyConsistency(0, 1, root, root, std::vector<Hash>{}).ok());
}

TEST(Paths, RefuseNumbersBeyondTheTree) {
  const MemoryNodes& nodes = PublishedTree().nodes();
  EXPECT_EQ(InclusionPath(8, 8, nodes).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(InclusionPath(0, 0, nodes).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ConsistencyPath(0, 8, nodes).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ConsistencyPath(0, 0, nodes).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ConsistencyPath(9, 8, nodes).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Paths, PassOnReadersStatus) {
  class Broken : public NodeReader {
   public:
    absl::StatusOr<Hash> Node(int, std::uint64_t) const override {
      return absl::DataLossError("tile: must be readable, was not");
    }
  };
  EXPECT_EQ(InclusionPath(5, 8, Broken()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ConsistencyPath(5, 8, Broken()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RootAt(8, Broken()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RootAt, GivesEveryEarlierRoot) {
  for (TreeSize size = 0; size <= 600; ++size) {
    ASSERT_EQ(*RootAt(size, NumberedTree().nodes()), NumberedTree().root(size)) << size;
  }
}

}  // namespace
}  // namespace laurel
