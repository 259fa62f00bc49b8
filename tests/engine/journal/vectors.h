#ifndef LAUREL_TESTS_ENGINE_JOURNAL_VECTORS_H_
#define LAUREL_TESTS_ENGINE_JOURNAL_VECTORS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/merkle.h"
#include "engine/journal/proof.h"

// What the journal's tests share: published vectors, and RFC 6962 section 2.1 written down a second
// time, as recursively as the RFC has it.
namespace laurel::testing {

Hash HashFromHex(absl::string_view hex);
std::vector<std::string> AsStrings(std::span<const Hash> hashes);

// The eight leaves of the published vectors, "" to 16 bytes.
const std::vector<std::string>& PublishedEntries();
// Leaf i of the vectors file: i as 8 bytes, big-endian.
std::string NumberedEntry(std::uint64_t i);
std::vector<Hash> NumberedLeaves(TreeSize size);

// MTH, PATH and PROOF of RFC 6962, 2.1 to 2.1.2.
Hash ReferenceRoot(std::span<const Hash> leaves);
std::vector<Hash> ReferenceInclusion(std::uint64_t m, std::span<const Hash> leaves);
std::vector<Hash> ReferenceConsistency(TreeSize m, std::span<const Hash> leaves);

// On which side each sibling of a proof stands, from the leaf up. Two claims whose shapes are equal
// ask the same arithmetic of a proof and cannot be told apart by it. Empty: no proof can be right.
std::optional<std::string> InclusionShape(std::uint64_t index, TreeSize size);
std::optional<std::string> ConsistencyShape(TreeSize size1, TreeSize size2);

// All perfect subtrees of a tree, in memory.
class MemoryNodes : public NodeReader {
 public:
  explicit MemoryNodes(std::vector<Hash> leaves);
  absl::StatusOr<Hash> Node(int height, std::uint64_t index) const override;

 private:
  std::vector<std::vector<Hash>> levels_;
};

struct InclusionVector {
  std::uint64_t index;
  TreeSize size;
  std::vector<Hash> proof;
};

struct ConsistencyVector {
  TreeSize size1;
  TreeSize size2;
  std::vector<Hash> proof;
};

struct FileDigest {
  std::size_t bytes;
  Hash sha256;
};

// conformance/rfc6962_vectors.json of the shared data, over numbered entries.
struct VectorsFile {
  std::map<TreeSize, Hash> roots;
  std::vector<InclusionVector> inclusion;
  std::vector<ConsistencyVector> consistency;
  std::map<std::string, FileDigest> tiles;  // by path, of a tree of 70,000 leaves
  std::string entry_bundle_path;
  FileDigest entry_bundle;
};
// Null if the shared data is not there.
const VectorsFile* FindVectorsFile();

}  // namespace laurel::testing

#endif  // LAUREL_TESTS_ENGINE_JOURNAL_VECTORS_H_
