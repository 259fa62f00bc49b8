#ifndef LAUREL_ENGINE_JOURNAL_TILES_H_
#define LAUREL_ENGINE_JOURNAL_TILES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/merkle.h"
#include "engine/journal/proof.h"

// The tree cut into tiles, as in C2SP tlog-tiles:
//
//   hash i of tile n at level l = root of the leaves [(256n + i) * 256^l, (256n + i + 1) * 256^l)
//   full tile                   = 256 hashes, 8,192 bytes, never changes again
//   partial tile                = the first 1..255 hashes of the last tile of a level
//   entry bundle n              = entries [256n, 256n + 256), each as length:u16be bytes
//
// A tree of s leaves has floor(s / 256^l) hashes at level l; a partial tile feeds nothing above it.
namespace laurel {

inline constexpr int kTileHashes = 256;
inline constexpr int kTileHeight = 8;  // a tile spans 8 levels of nodes: 2^8 = kTileHashes
inline constexpr int kTileLevels =
    8;  // levels 0..7 hold hashes of a tree of fewer than 2^64 leaves
inline constexpr int kTileLevelMax = 63;  // largest level that a path may name
inline constexpr std::size_t kTileBytes = std::size_t{kTileHashes} * sizeof(Hash);
inline constexpr std::size_t kEntryBytesMax = 65535;

// How many full tiles `level` has in a tree of `size` leaves. `level` is 0..63, here and below.
std::uint64_t FullTileCount(TreeSize size, int level);
// How many hashes the level's partial tile has, 0..255; 0 means that there is none. The partial
// tile's number is FullTileCount(size, level).
int PartialTileWidth(TreeSize size, int level);
// How many hashes of tile `number` exist: 256, the partial width, or 0.
int TileWidth(TreeSize size, int level, std::uint64_t number);

// Which tile or entry bundle a path names.
struct TileName {
  std::optional<int> level;  // 0..63; empty: an entry bundle
  std::uint64_t number = 0;
  int width = kTileHashes;  // 1..256; less than 256: a partial tile
  friend bool operator==(const TileName&, const TileName&) = default;
};

// "tile/0/x001/x234/067", "tile/1/001.p/17", "tile/entries/000". Requires the ranges above.
std::string RenderTilePath(const TileName& name);
// Inverse of RenderTilePath: accepts exactly what that writes, else INVALID_ARGUMENT.
absl::StatusOr<TileName> ParseTilePath(absl::string_view path);

// The bytes of a tile, and back. Decoding fails with DATA_LOSS unless `bytes` holds exactly `width`
// hashes.
std::string EncodeTile(const std::vector<Hash>& hashes);
absl::StatusOr<std::vector<Hash>> DecodeTile(absl::string_view bytes, int width);

// An entry bundle of 1 to 256 entries, the first at a multiple of 256. Encoding fails with
// INVALID_ARGUMENT at another count or an entry over kEntryBytesMax; decoding, if lengths and bytes
// do not fit, with DATA_LOSS and the offset.
absl::StatusOr<std::string> EncodeEntryBundle(const std::vector<std::string>& entries);
absl::StatusOr<std::vector<std::string>> DecodeEntryBundle(absl::string_view bytes);

// A tile with all of its hashes. Where level > 0 its edge rows, the EdgeRows of `level` with index
// 256 * number .. 256 * number + 254, have no further use and should go in the batch that stores
// it.
struct FullTile {
  int level = 0;
  std::uint64_t number = 0;
  std::string bytes;  // kTileBytes
  friend bool operator==(const FullTile&, const FullTile&) = default;
};

// One hash of the partial tile of a level above 0: hash index mod 256 of tile index / 256. Stored
// one by one, so that an upper partial tile is read instead of computed and no row is ever
// rewritten.
struct EdgeRow {
  int level = 0;
  std::uint64_t index = 0;
  Hash hash{};
  friend bool operator==(const EdgeRow&, const EdgeRow&) = default;
};

// What every 256th leaf completes: the level-0 tile, each tile above that its root fills, and one
// row for the first level that stays open.
struct FinishedTiles {
  std::vector<FullTile> tiles;  // lowest level first, never empty
  EdgeRow edge;
};

// The open right edge of a tree: its frontier and the partial tile of every level. At most 8 * 255
// hashes. Turns leaves into the rows that are stored. A value type; Append needs exclusive access.
class TileAccumulator {
 public:
  TileAccumulator() = default;  // no leaves

  // Continues a tree of `size` leaves. `partials[l]` holds the PartialTileWidth(size, l) hashes of
  // the partial tile of level l: leaf hashes of at most 255 entries, and edge rows above. Empty
  // levels at the end may be left out. Fails with DATA_LOSS if a level has another number of
  // hashes. Whether they are the right ones shows in frontier().root().
  static absl::StatusOr<TileAccumulator> FromPartials(TreeSize size,
                                                      std::vector<std::vector<Hash>> partials);

  // Adds `leaf` at index size(). Returns what is to be stored, after every 256th leaf. Costs what
  // Frontier::Append costs; a call that returns nothing does not allocate once the first tile is
  // full.
  std::optional<FinishedTiles> Append(const Hash& leaf);

  TreeSize size() const { return frontier_.size(); }
  const Frontier& frontier() const { return frontier_; }
  // The partial tile of `level`, 0..7.
  const std::vector<Hash>& partial(int level) const;

  friend bool operator==(const TileAccumulator&, const TileAccumulator&) = default;

 private:
  Frontier frontier_;
  std::array<std::vector<Hash>, kTileLevels> partials_;
};

// Answers for any perfect subtree of a tree of `size` leaves out of tiles: a proof needs one or two
// tiles a level. Keeps each tile that it has read: make one per proof or per small group of proofs.
// Not thread-safe.
class TileNodeReader : public NodeReader {
 public:
  // Returns the first `width` hashes of a tile that has them. Level 0 below 256 comes from the
  // entries, an upper level below 256 from edge rows or, where the tile has been filled since, from
  // its start.
  using ReadHashes =
      std::function<absl::StatusOr<std::vector<Hash>>(int level, std::uint64_t number, int width)>;

  TileNodeReader(TreeSize size, ReadHashes read_hashes);

  // Fails with OUT_OF_RANGE if the subtree ends beyond the tree, with DATA_LOSS if the callback
  // returns another number of hashes, and with the callback's own status.
  absl::StatusOr<Hash> Node(int height, std::uint64_t index) const override;

 private:
  struct Tile {
    int level;
    std::uint64_t number;
    std::vector<Hash> hashes;
  };
  absl::StatusOr<const Tile*> Load(int level, std::uint64_t number) const;

  TreeSize size_;
  ReadHashes read_hashes_;
  mutable std::vector<Tile> tiles_;  // a few: searched one by one
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_TILES_H_
