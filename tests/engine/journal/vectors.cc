#include "tests/engine/journal/vectors.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"

namespace laurel::testing {
namespace {

TreeSize Split(TreeSize size) {
  TreeSize split = 1;
  while (split < size - split) split *= 2;
  return split;
}

std::vector<Hash> Subproof(TreeSize m, std::span<const Hash> leaves, bool is_known) {
  const TreeSize n = leaves.size();
  if (m == n) return is_known ? std::vector<Hash>{} : std::vector<Hash>{ReferenceRoot(leaves)};
  const TreeSize k = Split(n);
  std::vector<Hash> proof =
      m <= k ? Subproof(m, leaves.first(k), is_known) : Subproof(m - k, leaves.subspan(k), false);
  proof.push_back(ReferenceRoot(m <= k ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

std::string SubproofShape(TreeSize m, TreeSize n, bool is_known) {
  if (m == n) return is_known ? "known" : "given";
  const TreeSize k = Split(n);
  return m <= k ? SubproofShape(m, k, is_known) + "R" : SubproofShape(m - k, n - k, false) + "L";
}

std::string SharedDirectory() {
  if (const char* shared = std::getenv("LAUREL_SHARED_DIR")) return shared;
  const char* source = std::getenv("LAUREL_SOURCE_DIR");
  return absl::StrCat(source != nullptr ? source : ".", "/../shared");
}

std::vector<Hash> ParseProof(const nlohmann::json& proof) {
  std::vector<Hash> hashes;
  for (const auto& hash : proof) hashes.push_back(HashFromHex(hash.get<std::string>()));
  return hashes;
}

FileDigest ParseDigest(const nlohmann::json& digest) {
  return FileDigest{digest.at("bytes").get<std::size_t>(),
                    HashFromHex(digest.at("sha256").get<std::string>())};
}

std::optional<VectorsFile> LoadVectorsFile() {
  std::ifstream input(SharedDirectory() + "/conformance/rfc6962_vectors.json");
  if (!input) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(input);

  VectorsFile file;
  for (const auto& [size, root] : json.at("roots").items()) {
    file.roots[std::stoull(size)] = HashFromHex(root.get<std::string>());
  }
  for (const auto& v : json.at("inclusion")) {
    file.inclusion.push_back(InclusionVector{v.at("index").get<std::uint64_t>(),
                                             v.at("size").get<TreeSize>(),
                                             ParseProof(v.at("proof"))});
  }
  for (const auto& v : json.at("consistency")) {
    file.consistency.push_back(ConsistencyVector{
        v.at("size1").get<TreeSize>(), v.at("size2").get<TreeSize>(), ParseProof(v.at("proof"))});
  }
  for (const auto& [name, digest] : json.at("tiles").items()) {
    absl::string_view path = name;
    LAUREL_CHECK(absl::ConsumePrefix(&path, "70000:"), "tiles are those of 70,000 leaves");
    file.tiles.emplace(path, ParseDigest(digest));
  }
  const nlohmann::json& bundle = json.at("entry_bundle_0");
  file.entry_bundle_path = bundle.at("path").get<std::string>();
  file.entry_bundle = ParseDigest(bundle);
  return file;
}

}  // namespace

Hash HashFromHex(absl::string_view hex) {
  const std::optional<Hash> hash = HashFromBytes(absl::HexStringToBytes(hex));
  LAUREL_CHECK(hash.has_value(), "a vector's hash has 64 hex digits");
  return *hash;
}

std::vector<std::string> AsStrings(std::span<const Hash> hashes) {
  std::vector<std::string> strings;
  for (const Hash& hash : hashes) strings.emplace_back(AsBytes(hash));
  return strings;
}

const std::vector<std::string>& PublishedEntries() {
  static const auto* const entries = new std::vector<std::string>{
      "",
      absl::HexStringToBytes("00"),
      absl::HexStringToBytes("10"),
      absl::HexStringToBytes("2021"),
      absl::HexStringToBytes("3031"),
      absl::HexStringToBytes("40414243"),
      absl::HexStringToBytes("5051525354555657"),
      absl::HexStringToBytes("606162636465666768696a6b6c6d6e6f"),
  };
  return *entries;
}

std::string NumberedEntry(std::uint64_t i) {
  std::string bytes(8, '\0');
  for (std::size_t at = 8; at-- > 0; i >>= 8) bytes[at] = static_cast<char>(i & 0xff);
  return bytes;
}

std::vector<Hash> NumberedLeaves(TreeSize size) {
  std::vector<Hash> leaves;
  for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(LeafHash(NumberedEntry(i)));
  return leaves;
}

Hash ReferenceRoot(std::span<const Hash> leaves) {
  if (leaves.empty()) return Sha256("");
  if (leaves.size() == 1) return leaves.front();
  const TreeSize k = Split(leaves.size());
  return Sha256("\x01", AsBytes(ReferenceRoot(leaves.first(k))),
                AsBytes(ReferenceRoot(leaves.subspan(k))));
}

std::vector<Hash> ReferenceInclusion(std::uint64_t m, std::span<const Hash> leaves) {
  if (leaves.size() == 1) return {};
  const TreeSize k = Split(leaves.size());
  std::vector<Hash> path =
      m < k ? ReferenceInclusion(m, leaves.first(k)) : ReferenceInclusion(m - k, leaves.subspan(k));
  path.push_back(ReferenceRoot(m < k ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Hash> ReferenceConsistency(TreeSize m, std::span<const Hash> leaves) {
  return Subproof(m, leaves, true);
}

std::optional<std::string> InclusionShape(std::uint64_t index, TreeSize size) {
  if (index >= size) return std::nullopt;
  if (size == 1) return "";
  const TreeSize k = Split(size);
  return index < k ? *InclusionShape(index, k) + "R" : *InclusionShape(index - k, size - k) + "L";
}

std::optional<std::string> ConsistencyShape(TreeSize size1, TreeSize size2) {
  if (size1 == 0 || size1 > size2) return std::nullopt;
  return SubproofShape(size1, size2, true);
}

MemoryNodes::MemoryNodes(std::vector<Hash> leaves) {
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Hash>& below = levels_.back();
    std::vector<Hash> level;
    for (std::size_t i = 0; i + 1 < below.size(); i += 2) {
      level.push_back(NodeHash(below[i], below[i + 1]));
    }
    levels_.push_back(std::move(level));
  }
}

absl::StatusOr<Hash> MemoryNodes::Node(int height, std::uint64_t index) const {
  const auto level = static_cast<std::size_t>(height);
  if (level >= levels_.size() || index >= levels_[level].size()) {
    return absl::OutOfRangeError("node: must be in the tree, was beyond");
  }
  return levels_[level][index];
}

const VectorsFile* FindVectorsFile() {
  static const auto* const file = new std::optional<VectorsFile>(LoadVectorsFile());
  return file->has_value() ? &**file : nullptr;
}

}  // namespace laurel::testing
