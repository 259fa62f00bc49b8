#include "engine/journal/tiles.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace laurel {
namespace {

// floor(size / 256^level); shifting by the width of the type or more is undefined.
std::uint64_t HashCount(TreeSize size, int level) {
  return level < kTileLevels ? size >> (kTileHeight * level) : 0;
}

absl::Status BadPath(absl::string_view path) {
  return absl::InvalidArgumentError(
      absl::StrCat("tile path: must be tile/<level or entries>/<number>[.p/<width>], was ",
                   path.size(), " bytes of another form"));
}

}  // namespace

std::uint64_t FullTileCount(TreeSize size, int level) {
  return HashCount(size, level) >> kTileHeight;
}

int PartialTileWidth(TreeSize size, int level) {
  return static_cast<int>(HashCount(size, level) % kTileHashes);
}

int TileWidth(TreeSize size, int level, std::uint64_t number) {
  const std::uint64_t full = FullTileCount(size, level);
  if (number < full) return kTileHashes;
  return number == full ? PartialTileWidth(size, level) : 0;
}

std::string RenderTilePath(const TileName& name) {
  LAUREL_CHECK(name.width >= 1 && name.width <= kTileHashes, "a tile has 1 to 256 hashes");
  LAUREL_CHECK(!name.level || (*name.level >= 0 && *name.level <= kTileLevelMax),
               "a tile level is 0 to 63");
  std::string number = absl::StrFormat("%03d", name.number % 1000);
  for (std::uint64_t rest = name.number / 1000; rest > 0; rest /= 1000) {
    number = absl::StrFormat("x%03d/%s", rest % 1000, number);
  }
  std::string path = name.level ? absl::StrCat("tile/", *name.level, "/", number)
                                : absl::StrCat("tile/entries/", number);
  if (name.width < kTileHashes) absl::StrAppend(&path, ".p/", name.width);
  return path;
}

absl::StatusOr<TileName> ParseTilePath(absl::string_view path) {
  constexpr std::size_t kPathBytesMax = 64;  // the largest number, level and width take 49
  if (path.size() > kPathBytesMax) return BadPath(path);
  // Reads loosely, then accepts only if rendering gives the same path back.
  TileName name;
  absl::string_view rest = path;
  if (!absl::ConsumePrefix(&rest, "tile/")) return BadPath(path);
  const std::size_t slash = rest.find('/');
  if (slash == absl::string_view::npos) return BadPath(path);
  const absl::string_view kind = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  if (kind != "entries" && !absl::SimpleAtoi(kind, &name.level.emplace())) return BadPath(path);
  if (name.level && (*name.level < 0 || *name.level > kTileLevelMax)) return BadPath(path);

  const std::size_t dot = rest.find(".p/");
  if (dot != absl::string_view::npos) {
    if (!absl::SimpleAtoi(rest.substr(dot + 3), &name.width)) return BadPath(path);
    if (name.width < 1 || name.width >= kTileHashes) return BadPath(path);
    rest = rest.substr(0, dot);
  }
  std::string digits;
  for (absl::string_view element : absl::StrSplit(rest, '/')) {
    absl::ConsumePrefix(&element, "x");
    absl::StrAppend(&digits, element);
  }
  if (!absl::SimpleAtoi(digits, &name.number)) return BadPath(path);
  if (RenderTilePath(name) != path) return BadPath(path);
  return name;
}

std::string EncodeTile(const std::vector<Hash>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * sizeof(Hash));
  for (const Hash& hash : hashes) bytes.append(AsBytes(hash).data(), hash.size());
  return bytes;
}

absl::StatusOr<std::vector<Hash>> DecodeTile(absl::string_view bytes, int width) {
  LAUREL_CHECK(width >= 0 && width <= kTileHashes, "a tile has at most 256 hashes");
  const std::size_t expected = static_cast<std::size_t>(width) * sizeof(Hash);
  if (bytes.size() != expected) {
    return absl::DataLossError(
        absl::StrCat("tile: must be ", expected, " bytes, was ", bytes.size()));
  }
  std::vector<Hash> hashes(static_cast<std::size_t>(width));
  for (Hash& hash : hashes) {
    std::copy_n(bytes.begin(), hash.size(), hash.begin());
    bytes.remove_prefix(hash.size());
  }
  return hashes;
}

absl::StatusOr<std::string> EncodeEntryBundle(const std::vector<std::string>& entries) {
  if (entries.empty() || entries.size() > kTileHashes) {
    return absl::InvalidArgumentError(
        absl::StrCat("entry bundle: must have 1 to 256 entries, was ", entries.size()));
  }
  std::string bytes;
  for (const std::string& entry : entries) {
    if (entry.size() > kEntryBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry: must be at most ", kEntryBytesMax, " bytes, was ", entry.size()));
    }
    bytes.push_back(static_cast<char>(entry.size() >> 8));
    bytes.push_back(static_cast<char>(entry.size() & 0xff));
    bytes += entry;
  }
  return bytes;
}

absl::StatusOr<std::vector<std::string>> DecodeEntryBundle(absl::string_view bytes) {
  std::vector<std::string> entries;
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const absl::string_view rest = bytes.substr(offset);
    const std::size_t size = rest.size() < 2
                                 ? 0
                                 : std::size_t{static_cast<std::uint8_t>(rest[0])} * 256 +
                                       static_cast<std::uint8_t>(rest[1]);
    if (rest.size() < 2 + size) {
      return absl::DataLossError(absl::StrCat("entry bundle: must hold the ", size,
                                              " bytes announced at offset ", offset, ", was ",
                                              rest.size(), " with the length"));
    }
    entries.emplace_back(rest.substr(2, size));
    offset += 2 + size;
  }
  if (entries.empty() || entries.size() > kTileHashes) {
    return absl::DataLossError(
        absl::StrCat("entry bundle: must have 1 to 256 entries, was ", entries.size()));
  }
  return entries;
}

absl::StatusOr<TileAccumulator> TileAccumulator::FromPartials(
    TreeSize size, std::vector<std::vector<Hash>> partials) {
  if (partials.size() > kTileLevels) {
    return absl::DataLossError(absl::StrCat("partial tiles: must have at most ", kTileLevels,
                                            " levels, was ", partials.size()));
  }
  partials.resize(kTileLevels);
  TileAccumulator accumulator;
  std::vector<Hash> frontier;
  for (int level = kTileLevels - 1; level >= 0; --level) {
    const auto at = static_cast<std::size_t>(level);
    const int width = PartialTileWidth(size, level);
    if (partials[at].size() != static_cast<std::size_t>(width)) {
      return absl::DataLossError(absl::StrCat("partial tile of level ", level, ": must have ",
                                              width, " hashes, was ", partials[at].size()));
    }
    // The bits of the width are the bits of `size` that belong to this level, so the frontier's
    // hashes are the roots of the runs that they mark, the longest first.
    std::size_t begin = 0;
    for (int height = kTileHeight - 1; height >= 0; --height) {
      if (((width >> height) & 1) == 0) continue;
      std::vector<Hash> run(
          partials[at].begin() + static_cast<std::ptrdiff_t>(begin),
          partials[at].begin() + static_cast<std::ptrdiff_t>(begin + (std::size_t{1} << height)));
      begin += run.size();
      for (; run.size() > 1; run.resize(run.size() / 2)) {
        for (std::size_t i = 0; i < run.size() / 2; ++i)
          run[i] = NodeHash(run[2 * i], run[2 * i + 1]);
      }
      frontier.push_back(run.front());
    }
    accumulator.partials_[at] = std::move(partials[at]);
  }
  ASSIGN_OR_RETURN(accumulator.frontier_, Frontier::FromHashes(size, std::move(frontier)));
  return accumulator;
}

std::optional<FinishedTiles> TileAccumulator::Append(const Hash& leaf) {
  const std::uint64_t index = frontier_.size();
  // The roots of the tiles that this leaf fills, by level; the frontier computes them on its way.
  std::array<Hash, kTileLevels> tile_roots;
  frontier_.Append(leaf, [&tile_roots](int height, const Hash& node) {
    if (height % kTileHeight == 0)
      tile_roots[static_cast<std::size_t>(height / kTileHeight - 1)] = node;
  });

  std::optional<FinishedTiles> finished;
  Hash hash = leaf;
  for (int level = 0; level < kTileLevels; ++level) {
    std::vector<Hash>& partial = partials_[static_cast<std::size_t>(level)];
    partial.push_back(hash);
    const std::uint64_t hash_index = index >> (kTileHeight * level);
    if (partial.size() < kTileHashes) {
      if (finished) finished->edge = EdgeRow{level, hash_index, hash};
      return finished;
    }
    if (!finished) finished.emplace();
    finished->tiles.push_back(FullTile{level, hash_index / kTileHashes, EncodeTile(partial)});
    partial.clear();
    hash = tile_roots[static_cast<std::size_t>(level)];
  }
  return finished;
}

const std::vector<Hash>& TileAccumulator::partial(int level) const {
  LAUREL_CHECK(level >= 0 && level < kTileLevels, "a tree has tile levels 0 to 7");
  return partials_[static_cast<std::size_t>(level)];
}

TileNodeReader::TileNodeReader(TreeSize size, ReadHashes read_hashes)
    : size_(size), read_hashes_(std::move(read_hashes)) {}

absl::StatusOr<Hash> TileNodeReader::Node(int height, std::uint64_t index) const {
  LAUREL_CHECK(height >= 0 && height < 64, "a node's height is 0 to 63");
  if (index >= size_ >> height) {
    return absl::OutOfRangeError(absl::StrCat("node ", index, " of height ", height,
                                              ": must end within ", size_, " leaves, was beyond"));
  }
  // The node is the root of 2^above hashes of one tile.
  const int level = height / kTileHeight;
  const int above = height % kTileHeight;
  const std::uint64_t first = index << above;
  ASSIGN_OR_RETURN(const Tile* tile, Load(level, first / kTileHashes));

  const std::size_t begin = first % kTileHashes;
  std::array<Hash, kTileHashes / 2> nodes;
  std::size_t count = std::size_t{1} << above;
  std::copy_n(tile->hashes.begin() + static_cast<std::ptrdiff_t>(begin), count, nodes.begin());
  for (; count > 1; count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) nodes[i] = NodeHash(nodes[2 * i], nodes[2 * i + 1]);
  }
  return nodes[0];
}

absl::StatusOr<const TileNodeReader::Tile*> TileNodeReader::Load(int level,
                                                                 std::uint64_t number) const {
  for (const Tile& tile : tiles_) {
    if (tile.level == level && tile.number == number) return &tile;
  }
  const int width = TileWidth(size_, level, number);
  ASSIGN_OR_RETURN(std::vector<Hash> hashes, read_hashes_(level, number, width));
  if (hashes.size() != static_cast<std::size_t>(width)) {
    return absl::DataLossError(absl::StrCat(RenderTilePath(TileName{level, number, width}),
                                            ": must have ", width, " hashes, was ", hashes.size()));
  }
  tiles_.push_back(Tile{level, number, std::move(hashes)});
  return &tiles_.back();
}

}  // namespace laurel
