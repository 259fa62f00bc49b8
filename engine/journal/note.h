#ifndef LAUREL_ENGINE_JOURNAL_NOTE_H_
#define LAUREL_ENGINE_JOURNAL_NOTE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

// Signed notes, as in C2SP signed-note and tlog-cosignature:
//
//   note           = text, an empty line, one signature line per key
//   text           = UTF-8 that ends in a newline; no other character below U+0020. The last empty
//   line
//                    of a note ends its text.
//   signature line = "— <key name> <base64 of key id:u32be, signature>\n"; the dash is U+2014
//   key id         = the first 4 bytes of SHA-256(name || 0x0A || type || public key)
//   vkey           = "<name>+<key id in lower hex>+<base64 of type, public key>"
//
// An Ed25519 note key (type 1) signs the text. A cosigner's key (type 4) signs the text of a
// checkpoint with the instant, and its signature is time:u64be followed by the 64 bytes of Ed25519.
namespace laurel {

inline constexpr std::size_t kNoteBytesMax = 1 << 20;
inline constexpr std::size_t kNoteSignaturesMax = 64;

// Numbers of C2SP, part of every key id.
enum class KeyType : std::uint8_t {
  kNote = 0x01,         // Ed25519 over the text
  kCosignature = 0x04,  // Ed25519 over instant and checkpoint
};

// Standard base64 with padding (RFC 4648, section 4). Decoding accepts only what encoding writes,
// so that no two texts stand for the same bytes.
std::string EncodeBase64(absl::string_view bytes);
std::optional<std::string> DecodeBase64(absl::string_view text);

// Decimal without sign or leading zero; empty if `text` has another form or does not fit.
std::optional<std::uint64_t> ParseDecimal(absl::string_view text);

// A public key and the name that it signs under. Immutable; copies are cheap.
class VerifierKey {
 public:
  using PublicKey = std::array<std::uint8_t, 32>;

  // Fails with INVALID_ARGUMENT if the name is empty, is not UTF-8 or has a Unicode space, a
  // control character or a '+'.
  static absl::StatusOr<VerifierKey> Make(absl::string_view name, KeyType type,
                                          const PublicKey& public_key);
  // Reads a vkey. Fails with INVALID_ARGUMENT, also if the key id is not the one of name and key.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view vkey);
  std::string Render() const;  // the vkey

  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  KeyType type() const { return type_; }
  const PublicKey& public_key() const { return public_key_; }

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  VerifierKey() = default;
  std::string name_;
  std::uint32_t id_ = 0;
  KeyType type_ = KeyType::kNote;
  PublicKey public_key_{};
};

// One signature line, decoded. Says nothing about whether the signature is right.
struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string signature;  // without the key id; never empty
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

std::string RenderSignatureLine(const NoteSignature& signature);  // ends in a newline
// Inverse; `line` includes its newline. Fails with INVALID_ARGUMENT.
absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line);

struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

std::string RenderNote(const Note& note);
// Reads a note's form; see VerifyNote for its truth. Any bytes give a note or INVALID_ARGUMENT.
// Fails beyond kNoteBytesMax and kNoteSignaturesMax.
absl::StatusOr<Note> ParseNote(absl::string_view bytes);

// A signature that a known key has made.
struct VerifiedSignature {
  VerifierKey key;
  std::optional<std::uint64_t> cosigned_at;  // Unix seconds; of a kCosignature key only
};

// Checks the signatures of the keys in `keys`; those of other keys are ignored, and of several by
// one key each has to be right, while the first is returned. Returns at least one. Fails with
// INVALID_ARGUMENT if a known key's signature is wrong, if no known key has signed, or if two of
// `keys` differ while name and id are equal.
absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const Note& note,
                                                          std::span<const VerifierKey> keys);

// A private key. Copies share it. Thread-safe. Signing is deterministic (RFC 8032).
class Signer {
 public:
  // Makes the key from its 32-byte seed, which is not kept as such. Fails with INVALID_ARGUMENT if
  // the seed has another length or as VerifierKey::Make does.
  static absl::StatusOr<Signer> FromSeed(absl::string_view name, KeyType type,
                                         absl::string_view seed);

  const VerifierKey& key() const { return key_; }

  // Signs `text`, the text of a note. Requires a kNote key. Fails with INVALID_ARGUMENT if `text`
  // does not have the form above.
  absl::StatusOr<NoteSignature> Sign(absl::string_view text) const;

  // States that `checkpoint_text` is the largest tree seen of its log at `unix_seconds`, at most
  // 2^63 - 1. Requires a kCosignature key, and of the caller that this is so. Fails as Sign does.
  absl::StatusOr<NoteSignature> Cosign(absl::string_view checkpoint_text,
                                       std::uint64_t unix_seconds) const;

 private:
  Signer(VerifierKey key, std::shared_ptr<evp_pkey_st> private_key);
  std::string SignBytes(absl::string_view message) const;

  VerifierKey key_;
  std::shared_ptr<evp_pkey_st> private_key_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_NOTE_H_
