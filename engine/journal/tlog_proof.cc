#include "engine/journal/tlog_proof.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "engine/journal/merkle.h"
#include "engine/journal/proof.h"

namespace laurel {
namespace {

constexpr absl::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kProofHashesMax = 64;  // the height of a tree of fewer than 2^64 leaves

}  // namespace

std::string RenderTlogProof(const TlogProof& proof) {
  std::string text = absl::StrCat(kFirstLine, "\n");
  if (proof.extra) absl::StrAppend(&text, "extra ", EncodeBase64(*proof.extra), "\n");
  absl::StrAppend(&text, "index ", proof.index, "\n", RenderHashLines(proof.proof),
                  proof.checkpoint);
  return text;
}

absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view text) {
  TlogProof proof;
  ASSIGN_OR_RETURN(absl::string_view line, TakeLine(text));
  if (line != kFirstLine) {
    return absl::InvalidArgumentError(
        absl::StrCat("tlog-proof: must begin with ", kFirstLine, ", was of another form"));
  }
  ASSIGN_OR_RETURN(line, TakeLine(text));
  if (absl::ConsumePrefix(&line, "extra ")) {
    proof.extra = DecodeBase64(line);
    if (!proof.extra) {
      return absl::InvalidArgumentError("tlog-proof extra: must be base64, was of another form");
    }
    ASSIGN_OR_RETURN(line, TakeLine(text));
  }
  const std::optional<std::uint64_t> index =
      absl::ConsumePrefix(&line, "index ") ? ParseDecimal(line) : std::nullopt;
  if (!index) {
    return absl::InvalidArgumentError(
        "tlog-proof index: must be decimal without leading zeros, was of another form");
  }
  proof.index = *index;
  ASSIGN_OR_RETURN(proof.proof, TakeHashLines(text, kProofHashesMax));
  proof.checkpoint = std::string(text);
  return proof;
}

absl::StatusOr<VerifiedCheckpoint> VerifyTlogProof(absl::string_view text, absl::string_view entry,
                                                   std::span<const VerifierKey> keys) {
  ASSIGN_OR_RETURN(const TlogProof proof, ParseTlogProof(text));
  ASSIGN_OR_RETURN(VerifiedCheckpoint opened, OpenCheckpoint(proof.checkpoint, keys));
  RETURN_IF_ERROR(VerifyInclusion(proof.index, opened.checkpoint.size, LeafHash(entry), proof.proof,
                                  opened.checkpoint.root));
  return opened;
}

}  // namespace laurel
