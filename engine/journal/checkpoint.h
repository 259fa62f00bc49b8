#ifndef LAUREL_ENGINE_JOURNAL_CHECKPOINT_H_
#define LAUREL_ENGINE_JOURNAL_CHECKPOINT_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/merkle.h"
#include "engine/journal/note.h"

// Checkpoints, as in C2SP tlog-checkpoint: the signed statement of a log that at this size its tree
// has this root. The text has exactly three lines; extension lines are not used and not accepted:
//
//   ledger.example.com/laurel/0                      origin: names the log, and is its key's name
//   8                                                size, decimal
//   XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=     root, base64
//
// A log never signs two checkpoints between which no consistency proof exists.
namespace laurel {

struct Checkpoint {
  std::string origin;
  TreeSize size = 0;
  Hash root{};
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string RenderCheckpointText(const Checkpoint& checkpoint);
// Fails with INVALID_ARGUMENT, also if size 0 comes with another root than the empty tree's.
absl::StatusOr<Checkpoint> ParseCheckpointText(absl::string_view text);

// Signs with each of `signers`, kNote keys whose name is the origin: one, or two while a key is
// being replaced. Fails with INVALID_ARGUMENT if the origin is not a key name or not the name of a
// signer.
absl::StatusOr<Note> SignCheckpoint(const Checkpoint& checkpoint, std::span<const Signer> signers);

struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  std::vector<VerifiedSignature> signatures;  // the log's and its witnesses'
};

// Reads a signed checkpoint and checks it against `keys`, the log's and those of known witnesses.
// Fails with INVALID_ARGUMENT unless a kNote key whose name is the origin has signed, and as
// ParseNote and VerifyNote do.
absl::StatusOr<VerifiedCheckpoint> OpenCheckpoint(absl::string_view bytes,
                                                  std::span<const VerifierKey> keys);

// The body of a witness's add-checkpoint (C2SP tlog-witness): the size that the witness has seen
// last, the consistency proof from there, and the signed checkpoint.
struct AddCheckpoint {
  TreeSize old_size = 0;
  std::vector<Hash> proof;  // empty if old_size is 0; at most 63 hashes
  std::string checkpoint;   // a signed note
  friend bool operator==(const AddCheckpoint&, const AddCheckpoint&) = default;
};
inline constexpr std::size_t kWitnessProofHashesMax = 63;

// Requires at most kWitnessProofHashesMax hashes.
std::string RenderAddCheckpoint(const AddCheckpoint& request);
// Reads the form alone: neither checkpoint nor proof is looked into. Fails with INVALID_ARGUMENT.
absl::StatusOr<AddCheckpoint> ParseAddCheckpoint(absl::string_view body);

// A witness's folder for the log: 64 lower-case hex digits.
std::string OriginHash(absl::string_view origin);

// Hashes as lines of base64, up to and with the empty line that ends them. Shared by the formats
// that carry a proof above a checkpoint.
std::string RenderHashLines(std::span<const Hash> hashes);
// Takes such lines off the front of `rest`. Fails with INVALID_ARGUMENT, also beyond `hashes_max`.
absl::StatusOr<std::vector<Hash>> TakeHashLines(absl::string_view& rest, std::size_t hashes_max);
// Takes a line off the front of `rest`; returns it without its newline. INVALID_ARGUMENT if there
// is none.
absl::StatusOr<absl::string_view> TakeLine(absl::string_view& rest);

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_CHECKPOINT_H_
