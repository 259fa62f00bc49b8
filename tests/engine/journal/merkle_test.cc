#include "engine/journal/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "absl/strings/string_view.h"
#include "tests/engine/journal/vectors.h"

namespace laurel {
namespace {

using testing::FindVectorsFile;
using testing::NumberedEntry;
using testing::NumberedLeaves;
using testing::PublishedEntries;
using testing::ReferenceRoot;
using testing::VectorsFile;

TEST(LeafHash, MatchesPublishedVectors) {
  struct Row {
    absl::string_view entry;
    absl::string_view hash;
  };
  constexpr Row kHashes[] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"L123456", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"},
  };
  for (const Row& row : kHashes) EXPECT_EQ(ToHex(LeafHash(row.entry)), row.hash) << row.entry;

  constexpr absl::string_view kPublished[] = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
      "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
      "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
  };
  for (std::size_t i = 0; i < PublishedEntries().size(); ++i) {
    EXPECT_EQ(ToHex(LeafHash(PublishedEntries()[i])), kPublished[i]) << i;
  }
}

TEST(NodeHash, MatchesPublishedVectors) {
  // The published vector hashes shorter inputs than a tree's, so it pins the prefix alone.
  EXPECT_EQ(ToHex(Sha256("\x01", "N123", "N456")),
            "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");

  std::vector<Hash> leaf;
  for (const std::string& entry : PublishedEntries()) leaf.push_back(LeafHash(entry));
  const Hash ab = NodeHash(leaf[0], leaf[1]);
  const Hash cd = NodeHash(leaf[2], leaf[3]);
  const Hash ef = NodeHash(leaf[4], leaf[5]);
  const Hash gh = NodeHash(leaf[6], leaf[7]);
  EXPECT_EQ(ToHex(ab), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(ToHex(cd), "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
  EXPECT_EQ(ToHex(ef), "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
  EXPECT_EQ(ToHex(gh), "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
  EXPECT_EQ(ToHex(NodeHash(ab, cd)),
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
  EXPECT_EQ(ToHex(NodeHash(ef, gh)),
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
}

TEST(SplitPoint, IsLargestPowerOfTwoBelowSize) {
  struct Row {
    TreeSize size;
    TreeSize split;
  };
  constexpr TreeSize kHalf = TreeSize{1} << 63;
  constexpr Row kSplits[] = {{2, 1},
                             {3, 2},
                             {4, 2},
                             {5, 4},
                             {8, 4},
                             {9, 8},
                             {70000, 65536},
                             {kHalf, kHalf / 2},
                             {kHalf + 1, kHalf},
                             {~TreeSize{0}, kHalf}};
  for (const Row& row : kSplits) EXPECT_EQ(SplitPoint(row.size), row.split) << row.size;
}

TEST(Frontier, RootsMatchPublishedVectors) {
  constexpr absl::string_view kRoots[] = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  };
  Frontier frontier;
  EXPECT_EQ(ToHex(frontier.root()), kRoots[0]);
  for (const std::string& entry : PublishedEntries()) {
    frontier.Append(LeafHash(entry));
    EXPECT_EQ(ToHex(frontier.root()), kRoots[frontier.size()]) << frontier.size();
  }
}

TEST(Frontier, RootsMatchVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  ASSERT_FALSE(file->roots.empty());
  Frontier frontier;
  for (const auto& [size, root] : file->roots) {
    while (frontier.size() < size) frontier.Append(LeafHash(NumberedEntry(frontier.size())));
    EXPECT_EQ(ToHex(frontier.root()), ToHex(root)) << size;
  }
}

TEST(Frontier, ContinuesFromItsHashes) {
  Frontier frontier;
  const std::vector<Hash> leaves = NumberedLeaves(600);
  for (const Hash& leaf : leaves) {
    absl::StatusOr<Frontier> restored = Frontier::FromHashes(frontier.size(), frontier.hashes());
    ASSERT_TRUE(restored.ok()) << restored.status();
    ASSERT_EQ(*restored, frontier);
    restored->Append(leaf);
    frontier.Append(leaf);
    ASSERT_EQ(restored->root(), frontier.root());
  }
  EXPECT_EQ(frontier.root(), ReferenceRoot(leaves));
}

TEST(Frontier, RefusesAnotherNumberOfHashes) {
  for (std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    const absl::StatusOr<Frontier> frontier = Frontier::FromHashes(5, std::vector<Hash>(count));
    EXPECT_EQ(frontier.status().code(), absl::StatusCode::kInvalidArgument) << count;
  }
  EXPECT_EQ(Frontier::FromHashes(5, {}).status().message(),
            "frontier: must have 2 hashes for 5 leaves, was 0");
}

TEST(Frontier, NamesEachCompletedSubtree) {
  Frontier frontier;
  const std::vector<Hash> leaves = NumberedLeaves(64);
  for (const Hash& leaf : leaves) {
    int expected_height = 1;
    frontier.Append(leaf, [&](int height, const Hash& node) {
      EXPECT_EQ(height, expected_height++);
      const std::size_t end = frontier.size() + 1;  // size() still is the old one
      const std::size_t count = std::size_t{1} << height;
      EXPECT_EQ(node, ReferenceRoot(std::span(leaves).subspan(end - count, count)));
    });
    EXPECT_EQ(expected_height - 1, std::countr_zero(frontier.size()));
  }
}

}  // namespace
}  // namespace laurel
