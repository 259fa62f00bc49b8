#include "engine/journal/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/engine/journal/vectors.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using testing::ConsistencyVector;
using testing::FileDigest;
using testing::FindVectorsFile;
using testing::InclusionVector;
using testing::NumberedEntry;
using testing::NumberedLeaves;
using testing::ReferenceRoot;
using testing::VectorsFile;

// Keeps what a sequencer stores, and reads it back the way a store does.
class TileStore {
 public:
  void Append(const Hash& leaf) {
    leaves_.push_back(leaf);
    std::optional<FinishedTiles> finished = accumulator_.Append(leaf);
    ASSERT_EQ(finished.has_value(), leaves_.size() % kTileHashes == 0);
    if (!finished) return;
    for (FullTile& tile : finished->tiles) {
      for (std::uint64_t i = 0; tile.level > 0 && i < kTileHashes - 1; ++i) {
        EXPECT_EQ(edges_.erase({tile.level, tile.number * kTileHashes + i}), 1u);
      }
      EXPECT_TRUE(tiles_.emplace(std::pair(tile.level, tile.number), tile.bytes).second);
    }
    const EdgeRow& edge = finished->edge;
    EXPECT_TRUE(edges_.emplace(std::pair(edge.level, edge.index), edge.hash).second);
  }

  absl::StatusOr<std::vector<Hash>> Read(int level, std::uint64_t number, int width) const {
    ++reads_;
    const auto tile = tiles_.find({level, number});
    if (tile != tiles_.end()) {
      return DecodeTile(
          absl::string_view(tile->second).substr(0, static_cast<std::size_t>(width) * 32), width);
    }
    std::vector<Hash> hashes;
    for (int i = 0; i < width; ++i) {
      const std::uint64_t index = number * kTileHashes + static_cast<std::uint64_t>(i);
      if (level == 0 && index < leaves_.size()) hashes.push_back(leaves_[index]);
      const auto edge = edges_.find({level, index});
      if (level > 0 && edge != edges_.end()) hashes.push_back(edge->second);
    }
    return hashes;
  }

  TileNodeReader Reader(TreeSize size) const {
    return TileNodeReader(size, [this](int level, std::uint64_t number, int width) {
      return Read(level, number, width);
    });
  }

  absl::StatusOr<TileAccumulator> Reload() const {
    std::vector<std::vector<Hash>> partials;
    for (int level = 0; level < kTileLevels; ++level) {
      const TreeSize size = accumulator_.size();
      partials.push_back(*Read(level, FullTileCount(size, level), PartialTileWidth(size, level)));
    }
    return TileAccumulator::FromPartials(accumulator_.size(), std::move(partials));
  }

  const TileAccumulator& accumulator() const { return accumulator_; }
  std::size_t edge_count() const { return edges_.size(); }
  std::size_t tile_count() const { return tiles_.size(); }
  int reads() const { return reads_; }

 private:
  TileAccumulator accumulator_;
  std::vector<Hash> leaves_;
  std::map<std::pair<int, std::uint64_t>, std::string> tiles_;
  std::map<std::pair<int, std::uint64_t>, Hash> edges_;
  mutable int reads_ = 0;
};

const TileStore& StoreOf70000() {
  static const auto* const store = [] {
    auto* made = new TileStore;
    for (const Hash& leaf : NumberedLeaves(70000)) made->Append(leaf);
    return made;
  }();
  return *store;
}

TEST(TileWidths, CountHashesOfLevel) {
  EXPECT_EQ(FullTileCount(70000, 0), 273u);
  EXPECT_EQ(PartialTileWidth(70000, 0), 112);
  EXPECT_EQ(FullTileCount(70000, 1), 1u);
  EXPECT_EQ(PartialTileWidth(70000, 1), 17);
  EXPECT_EQ(FullTileCount(70000, 2), 0u);
  EXPECT_EQ(PartialTileWidth(70000, 2), 1);
  EXPECT_EQ(PartialTileWidth(70000, 3), 0);
  EXPECT_EQ(PartialTileWidth(256, 0), 0);
  EXPECT_EQ(PartialTileWidth(256, 1), 1);
  EXPECT_EQ(PartialTileWidth(~TreeSize{0}, 7), 255);
  EXPECT_EQ(FullTileCount(~TreeSize{0}, 7), 0u);
  EXPECT_EQ(PartialTileWidth(~TreeSize{0}, 8), 0);
  EXPECT_EQ(PartialTileWidth(~TreeSize{0}, 63), 0);
  EXPECT_EQ(TileWidth(70000, 0, 272), 256);
  EXPECT_EQ(TileWidth(70000, 0, 273), 112);
  EXPECT_EQ(TileWidth(70000, 0, 274), 0);
}

TEST(TilePath, RoundTrips) {
  struct Row {
    TileName name;
    absl::string_view path;
  };
  const Row rows[] = {
      {{0, 0, 256}, "tile/0/000"},
      {{0, 1234067, 256}, "tile/0/x001/x234/067"},
      {{0, 273, 112}, "tile/0/273.p/112"},
      {{1, 1, 17}, "tile/1/001.p/17"},
      {{2, 0, 1}, "tile/2/000.p/1"},
      {{63, 1000, 255}, "tile/63/x001/000.p/255"},
      {{std::nullopt, 0, 256}, "tile/entries/000"},
      {{std::nullopt, 999999, 8}, "tile/entries/x999/999.p/8"},
      {{7, ~std::uint64_t{0}, 256}, "tile/7/x018/x446/x744/x073/x709/x551/615"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(RenderTilePath(row.name), row.path);
    const absl::StatusOr<TileName> parsed = ParseTilePath(row.path);
    ASSERT_TRUE(parsed.ok()) << row.path;
    EXPECT_EQ(*parsed, row.name);
  }
}

TEST(TilePath, RefusesEveryOtherForm) {
  constexpr absl::string_view kPaths[] = {
      "",
      "tile",
      "tile/",
      "tile/0",
      "tile/0/",
      "tile//000",
      "/tile/0/000",
      "tile/0/000/",
      "tile/0/00",
      "tile/0/0000",
      "tile/0/x000/000",
      "tile/0/000/000",
      "tile/0/x001",
      "tile/0/001/x234",
      "tile/00/000",
      "tile/+1/000",
      "tile/-1/000",
      "tile/64/000",
      "tile/data/000",
      "tile/8/0/000",
      "tile/0/ 00",
      "tile/0/0 0",
      "tile/0/-01",
      "tile/0/000.p",
      "tile/0/000.p/",
      "tile/0/000.p/0",
      "tile/0/000.p/256",
      "tile/0/000.p/01",
      "tile/0/000.p/-1",
      "tile/0/000.p/1.p/1",
      "tile/0/000.p/1/",
      "tile/0/x018/x446/x744/x073/x709/x551/616",
      "tile/entries/0",
      "tile/Entries/000",
      "checkpoint",
  };
  for (absl::string_view path : kPaths) {
    EXPECT_EQ(ParseTilePath(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST(TilePath, ParsesAnyBytesOrRefuses) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  constexpr absl::string_view kAlphabet = "tile/entries.px0123456789 -\xff";
  for (int round = 0; round < 20000; ++round) {
    std::string path = "tile/0/x001/234.p/17";
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      path[random() % path.size()] = kAlphabet[random() % kAlphabet.size()];
    }
    const absl::StatusOr<TileName> name = ParseTilePath(path);
    if (name.ok()) {
      ASSERT_EQ(RenderTilePath(*name), path);
    }
  }
}

TEST(TileAccumulator, MatchesVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  ASSERT_EQ(file->tiles.size(), 7u);
  for (const auto& [path, digest] : file->tiles) {
    const absl::StatusOr<TileName> name = ParseTilePath(path);
    ASSERT_TRUE(name.ok()) << path;
    ASSERT_EQ(TileWidth(70000, *name->level, name->number), name->width) << path;
    const auto hashes = StoreOf70000().Read(*name->level, name->number, name->width);
    ASSERT_TRUE(hashes.ok()) << hashes.status();
    const std::string bytes = EncodeTile(*hashes);
    EXPECT_EQ(bytes.size(), digest.bytes) << path;
    EXPECT_EQ(ToHex(Sha256(bytes)), ToHex(digest.sha256)) << path;
  }
  EXPECT_EQ(StoreOf70000().accumulator().frontier().root(), file->roots.at(70000));
}

TEST(TileAccumulator, KeepsOnlyOpenEdgeRows) {
  EXPECT_EQ(StoreOf70000().tile_count(), 273u + 1u);
  EXPECT_EQ(StoreOf70000().edge_count(), 17u + 1u);
  EXPECT_EQ(StoreOf70000().accumulator().partial(0).size(), 112u);
  EXPECT_EQ(StoreOf70000().accumulator().partial(1).size(), 17u);
  EXPECT_EQ(StoreOf70000().accumulator().partial(2).size(), 1u);
}

TEST(TileAccumulator, FinishesTilesOfTwoLevelsAtOnce) {
  TileAccumulator accumulator;
  const std::vector<Hash> leaves = NumberedLeaves(65536);
  std::optional<FinishedTiles> last;
  for (const Hash& leaf : leaves) last = accumulator.Append(leaf);
  ASSERT_TRUE(last.has_value());
  ASSERT_EQ(last->tiles.size(), 2u);
  EXPECT_EQ(last->tiles[0].level, 0);
  EXPECT_EQ(last->tiles[0].number, 255u);
  EXPECT_EQ(last->tiles[0].bytes.size(), kTileBytes);
  EXPECT_EQ(last->tiles[1].level, 1);
  EXPECT_EQ(last->tiles[1].number, 0u);
  EXPECT_EQ(last->tiles[1].bytes.size(), kTileBytes);
  EXPECT_EQ(last->edge, (EdgeRow{2, 0, ReferenceRoot(leaves)}));
}

TEST(TileAccumulator, ContinuesFromWhatIsStored) {
  TileStore store;
  const std::vector<Hash> leaves = NumberedLeaves(66000);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const bool is_near_boundary = (i + 3) % 256 < 6;
    if (i < 600 || is_near_boundary) {
      const absl::StatusOr<TileAccumulator> reloaded = store.Reload();
      ASSERT_TRUE(reloaded.ok()) << reloaded.status();
      ASSERT_EQ(*reloaded, store.accumulator()) << i;
    }
    store.Append(leaves[i]);
  }
}

TEST(TileAccumulator, RefusesPartialsOfAnotherSize) {
  using Partials = std::vector<std::vector<Hash>>;
  const auto code = [](TreeSize size, Partials partials) {
    return TileAccumulator::FromPartials(size, std::move(partials)).status().code();
  };
  EXPECT_EQ(code(0, {}), absl::StatusCode::kOk);
  EXPECT_EQ(code(3, {std::vector<Hash>(3)}), absl::StatusCode::kOk);
  EXPECT_EQ(code(3, {std::vector<Hash>(2)}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(3, {}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(256, {std::vector<Hash>(256)}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(256, {{}, std::vector<Hash>(1)}), absl::StatusCode::kOk);
  EXPECT_EQ(code(0, Partials(9)), absl::StatusCode::kDataLoss);
}

TEST(TileNodeReader, GivesProofsOfVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  const TileStore& store = StoreOf70000();
  for (const InclusionVector& v : file->inclusion) {
    const int before = store.reads();
    const auto path = InclusionPath(v.index, v.size, store.Reader(v.size));
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof) << v.index << " of " << v.size;
    EXPECT_LE(store.reads() - before, 5) << v.index << " of " << v.size;
  }
  for (const ConsistencyVector& v : file->consistency) {
    const int before = store.reads();
    const auto path = ConsistencyPath(v.size1, v.size2, store.Reader(v.size2));
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, v.proof) << v.size1 << " of " << v.size2;
    EXPECT_LE(store.reads() - before, 5) << v.size1 << " of " << v.size2;
  }
  for (const auto& [size, root] : file->roots) {
    EXPECT_EQ(*RootAt(size, store.Reader(size)), root) << size;
  }
}

TEST(TileNodeReader, RefusesNodesBeyondTree) {
  const TileNodeReader reader = StoreOf70000().Reader(70000);
  EXPECT_TRUE(reader.Node(0, 69999).ok());
  EXPECT_EQ(reader.Node(0, 70000).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(reader.Node(16, 0).ok());
  EXPECT_EQ(reader.Node(16, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(reader.Node(63, 0).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(TileNodeReader, NamesTileThatIsShort) {
  const TileNodeReader reader(300,
                              [](int, std::uint64_t, int) -> absl::StatusOr<std::vector<Hash>> {
                                return std::vector<Hash>(43);
                              });
  EXPECT_EQ(reader.Node(0, 299).status(),
            absl::DataLossError("tile/0/001.p/44: must have 44 hashes, was 43"));
}

TEST(DecodeTile, RefusesAnotherLength) {
  EXPECT_TRUE(DecodeTile(std::string(64, 'x'), 2).ok());
  EXPECT_EQ(DecodeTile(std::string(63, 'x'), 2).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeTile(std::string(96, 'x'), 2).status().code(), absl::StatusCode::kDataLoss);
}

TEST(EntryBundle, MatchesVectorsFile) {
  const VectorsFile* file = FindVectorsFile();
  if (file == nullptr) GTEST_SKIP() << "no shared data: rfc6962_vectors.json is absent";
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i < kTileHashes; ++i) entries.push_back(NumberedEntry(i));
  const absl::StatusOr<std::string> bundle = EncodeEntryBundle(entries);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(RenderTilePath(TileName{}), file->entry_bundle_path);
  EXPECT_EQ(bundle->size(), file->entry_bundle.bytes);
  EXPECT_EQ(ToHex(Sha256(*bundle)), ToHex(file->entry_bundle.sha256));
  EXPECT_EQ(*DecodeEntryBundle(*bundle), entries);
}

TEST(EntryBundle, RoundTripsEntriesOfAnyLength) {
  const std::vector<std::string> entries = {"", std::string(kEntryBytesMax, '\xff'), "a",
                                            std::string(256, '\0')};
  const absl::StatusOr<std::string> bundle = EncodeEntryBundle(entries);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(*DecodeEntryBundle(*bundle), entries);
}

TEST(EntryBundle, RefusesWhatDoesNotFit) {
  EXPECT_EQ(EncodeEntryBundle({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeEntryBundle(std::vector<std::string>(257)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeEntryBundle({std::string(kEntryBytesMax + 1, 'x')}).status().code(),
            absl::StatusCode::kInvalidArgument);
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string("\x00\x02x", 3),
                                   std::string("\x00\x01xy", 4), std::string(2 * 257, '\0')}) {
    EXPECT_EQ(DecodeEntryBundle(bytes).status().code(), absl::StatusCode::kDataLoss)
        << bytes.size();
  }
}

}  // namespace
}  // namespace laurel
