#include "engine/journal/checkpoint.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace laurel {
namespace {

absl::StatusOr<Hash> ParseHashLine(absl::string_view subject, absl::string_view line) {
  const std::optional<std::string> bytes = DecodeBase64(line);
  const std::optional<Hash> hash = bytes ? HashFromBytes(*bytes) : std::nullopt;
  if (!hash) {
    return absl::InvalidArgumentError(
        absl::StrCat(subject, ": must be base64 of 32 bytes, was of another form"));
  }
  return *hash;
}

}  // namespace

absl::StatusOr<absl::string_view> TakeLine(absl::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == rest.npos) {
    return absl::InvalidArgumentError("line: must end in a newline, was cut");
  }
  const absl::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::string RenderHashLines(std::span<const Hash> hashes) {
  std::string lines;
  for (const Hash& hash : hashes) absl::StrAppend(&lines, EncodeBase64(AsBytes(hash)), "\n");
  lines.push_back('\n');
  return lines;
}

absl::StatusOr<std::vector<Hash>> TakeHashLines(absl::string_view& rest, std::size_t hashes_max) {
  std::vector<Hash> hashes;
  while (true) {
    ASSIGN_OR_RETURN(const absl::string_view line, TakeLine(rest));
    if (line.empty()) return hashes;
    if (hashes.size() == hashes_max) {
      return absl::InvalidArgumentError(
          absl::StrCat("proof: must have at most ", hashes_max, " hashes, was more"));
    }
    ASSIGN_OR_RETURN(hashes.emplace_back(), ParseHashLine("proof", line));
  }
}

std::string RenderCheckpointText(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n",
                      EncodeBase64(AsBytes(checkpoint.root)), "\n");
}

absl::StatusOr<Checkpoint> ParseCheckpointText(absl::string_view text) {
  Checkpoint checkpoint;
  ASSIGN_OR_RETURN(const absl::string_view origin, TakeLine(text));
  if (origin.empty()) {
    return absl::InvalidArgumentError("checkpoint origin: must not be empty, was empty");
  }
  checkpoint.origin = std::string(origin);

  ASSIGN_OR_RETURN(const absl::string_view size_line, TakeLine(text));
  const std::optional<TreeSize> size = ParseDecimal(size_line);
  if (!size) {
    return absl::InvalidArgumentError(
        "checkpoint size: must be decimal without leading zeros, was of another form");
  }
  checkpoint.size = *size;

  ASSIGN_OR_RETURN(const absl::string_view root_line, TakeLine(text));
  ASSIGN_OR_RETURN(checkpoint.root, ParseHashLine("checkpoint root", root_line));
  if (checkpoint.size == 0 && checkpoint.root != EmptyRoot()) {
    return absl::InvalidArgumentError(
        "checkpoint root: must be the empty tree's at size 0, was another");
  }
  if (!text.empty()) {
    return absl::InvalidArgumentError("checkpoint: must have three lines, was more");
  }
  return checkpoint;
}

absl::StatusOr<Note> SignCheckpoint(const Checkpoint& checkpoint, std::span<const Signer> signers) {
  Note note{.text = RenderCheckpointText(checkpoint), .signatures = {}};
  LAUREL_CHECK(!signers.empty(), "a checkpoint has a signer");
  for (const Signer& signer : signers) {
    if (signer.key().name() != checkpoint.origin) {
      return absl::InvalidArgumentError(absl::StrCat("checkpoint origin: must be the key's name ",
                                                     signer.key().name(), ", was ",
                                                     checkpoint.origin));
    }
    ASSIGN_OR_RETURN(note.signatures.emplace_back(), signer.Sign(note.text));
  }
  return note;
}

absl::StatusOr<VerifiedCheckpoint> OpenCheckpoint(absl::string_view bytes,
                                                  std::span<const VerifierKey> keys) {
  VerifiedCheckpoint opened;
  ASSIGN_OR_RETURN(opened.note, ParseNote(bytes));
  ASSIGN_OR_RETURN(opened.signatures, VerifyNote(opened.note, keys));
  ASSIGN_OR_RETURN(opened.checkpoint, ParseCheckpointText(opened.note.text));
  // A witness vouches for what it has seen; only the log says what is in it.
  const bool is_signed_by_log = std::any_of(
      opened.signatures.begin(), opened.signatures.end(), [&opened](const VerifiedSignature& s) {
        return s.key.type() == KeyType::kNote && s.key.name() == opened.checkpoint.origin;
      });
  if (!is_signed_by_log) {
    return absl::InvalidArgumentError(absl::StrCat("checkpoint: must be signed by a known key of ",
                                                   opened.checkpoint.origin, ", was by others"));
  }
  return opened;
}

std::string RenderAddCheckpoint(const AddCheckpoint& request) {
  LAUREL_CHECK(request.proof.size() <= kWitnessProofHashesMax, "a proof has at most 63 hashes");
  return absl::StrCat("old ", request.old_size, "\n", RenderHashLines(request.proof),
                      request.checkpoint);
}

absl::StatusOr<AddCheckpoint> ParseAddCheckpoint(absl::string_view body) {
  AddCheckpoint request;
  ASSIGN_OR_RETURN(absl::string_view line, TakeLine(body));
  const std::optional<TreeSize> old_size =
      absl::ConsumePrefix(&line, "old ") ? ParseDecimal(line) : std::nullopt;
  if (!old_size) {
    return absl::InvalidArgumentError(
        "add-checkpoint: must begin with \"old <size>\", was of another form");
  }
  request.old_size = *old_size;
  ASSIGN_OR_RETURN(request.proof, TakeHashLines(body, kWitnessProofHashesMax));
  request.checkpoint = std::string(body);
  return request;
}

std::string OriginHash(absl::string_view origin) { return ToHex(Sha256(origin)); }

}  // namespace laurel
