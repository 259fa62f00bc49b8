#include "engine/journal/note.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"

namespace laurel {
namespace {

constexpr absl::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kTimeBytes = 8;
constexpr std::uint64_t kUnixSecondsMax = std::numeric_limits<std::int64_t>::max();

using PkeyPtr = std::shared_ptr<EVP_PKEY>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Unsigned(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Takes one code point off `text`; empty if it does not begin with well-formed UTF-8 (RFC 3629).
std::optional<char32_t> TakeCodePoint(absl::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) {
    text.remove_prefix(1);
    return lead;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return std::nullopt;
  char32_t point = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    point = (point << 6) | (next & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10ffff) return std::nullopt;
  if (point >= 0xd800 && point <= 0xdfff) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

// Unicode's White_Space property.
bool IsSpace(char32_t point) {
  return (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0x85 || point == 0xa0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
         point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

// UTF-8 without control characters but newline.
bool IsNoteUtf8(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(text);
    if (!point || (*point < 0x20 && *point != '\n')) return false;
  }
  return true;
}

bool IsKeyName(absl::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(name);
    if (!point || *point < 0x20 || *point == '+' || IsSpace(*point)) return false;
  }
  return true;
}

absl::Status CheckText(absl::string_view text) {
  if (!absl::EndsWith(text, "\n") || !IsNoteUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "note text: must be UTF-8 without control characters and end in a newline, was ",
        text.size(), " bytes of another form"));
  }
  return absl::OkStatus();
}

template <class Integer>
std::string BigEndian(Integer value) {
  std::string bytes(sizeof(value), '\0');
  for (std::size_t i = bytes.size(); i-- > 0; value >>= 8)
    bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

std::uint64_t FromBigEndian(absl::string_view bytes) {
  std::uint64_t value = 0;
  for (char c : bytes) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

// Type and public key, as vkey and key id have them.
std::string EncodeKey(KeyType type, const VerifierKey::PublicKey& public_key) {
  std::string bytes(1, static_cast<char>(type));
  bytes.append(public_key.begin(), public_key.end());
  return bytes;
}

std::string RenderId(std::uint32_t id) { return absl::StrFormat("%08x", id); }

std::string CosignedMessage(absl::string_view checkpoint_text, std::uint64_t unix_seconds) {
  return absl::StrCat("cosignature/v1\ntime ", unix_seconds, "\n", checkpoint_text);
}

bool VerifyEd25519(const VerifierKey::PublicKey& public_key, absl::string_view message,
                   absl::string_view signature) {
  if (signature.size() != kSignatureBytes) return false;
  const PkeyPtr key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()),
      EVP_PKEY_free);
  const ContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  LAUREL_CHECK(key && context, "OpenSSL has Ed25519");
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Unsigned(signature), signature.size(), Unsigned(message),
                          message.size()) == 1;
}

// Empty unless `signature` is one of `key` over `text`.
std::optional<VerifiedSignature> Verify(const VerifierKey& key, absl::string_view text,
                                        absl::string_view signature) {
  switch (key.type()) {
    case KeyType::kNote:
      if (!VerifyEd25519(key.public_key(), text, signature)) return std::nullopt;
      return VerifiedSignature{key, std::nullopt};
    case KeyType::kCosignature: {
      if (signature.size() != kTimeBytes + kSignatureBytes) return std::nullopt;
      const std::uint64_t time = FromBigEndian(signature.substr(0, kTimeBytes));
      if (time > kUnixSecondsMax) return std::nullopt;
      if (!VerifyEd25519(key.public_key(), CosignedMessage(text, time),
                         signature.substr(kTimeBytes))) {
        return std::nullopt;
      }
      return VerifiedSignature{key, time};
    }
  }
  return std::nullopt;
}

// The key of `keys` that name and id point to; null if none does.
absl::StatusOr<const VerifierKey*> FindKey(std::span<const VerifierKey> keys,
                                           absl::string_view name, std::uint32_t id) {
  const VerifierKey* found = nullptr;
  for (const VerifierKey& key : keys) {
    if (key.name() != name || key.id() != id) continue;
    if (found != nullptr && *found != key) {
      return absl::InvalidArgumentError(absl::StrCat(
          "keys: name and id must name one key, was two of ", name, "+", RenderId(id)));
    }
    found = &key;
  }
  return found;
}

}  // namespace

std::string EncodeBase64(absl::string_view bytes) { return absl::Base64Escape(bytes); }

std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) return std::nullopt;
  // Abseil forgives spaces, missing padding and stray bits.
  if (absl::Base64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<std::uint64_t> ParseDecimal(absl::string_view text) {
  std::uint64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || absl::StrCat(value) != text) return std::nullopt;
  return value;
}

absl::StatusOr<VerifierKey> VerifierKey::Make(absl::string_view name, KeyType type,
                                              const PublicKey& public_key) {
  if (!IsKeyName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("key name: must be UTF-8 without space, control character or '+', was ",
                     name.size(), " bytes of another form"));
  }
  VerifierKey key;
  key.name_ = std::string(name);
  key.type_ = type;
  key.public_key_ = public_key;
  const Hash hash = Sha256(name, "\n", EncodeKey(type, public_key));
  key.id_ = static_cast<std::uint32_t>(FromBigEndian(AsBytes(hash).substr(0, 4)));
  return key;
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view vkey) {
  // Base64 may hold a '+' too, so only the first two part the fields.
  const std::size_t first = vkey.find('+');
  const std::size_t second = first == vkey.npos ? vkey.npos : vkey.find('+', first + 1);
  if (second == vkey.npos) {
    return absl::InvalidArgumentError("vkey: must be <name>+<key id>+<base64>, was in fewer parts");
  }
  const std::optional<std::string> encoded = DecodeBase64(vkey.substr(second + 1));
  PublicKey public_key{};
  if (!encoded || encoded->size() != 1 + public_key.size()) {
    return absl::InvalidArgumentError(
        "vkey: must end in base64 of type and 32-byte public key, was of another form");
  }
  const auto type = static_cast<KeyType>(encoded->front());
  if (type != KeyType::kNote && type != KeyType::kCosignature) {
    return absl::InvalidArgumentError(absl::StrCat("vkey: type must be 1 or 4, was ",
                                                   static_cast<std::uint8_t>(encoded->front())));
  }
  std::copy(encoded->begin() + 1, encoded->end(), public_key.begin());
  ASSIGN_OR_RETURN(VerifierKey key, Make(vkey.substr(0, first), type, public_key));
  if (key.Render() != vkey) {
    return absl::InvalidArgumentError(
        absl::StrCat("vkey: key id must be ", RenderId(key.id()), ", was another"));
  }
  return key;
}

std::string VerifierKey::Render() const {
  return absl::StrCat(name_, "+", RenderId(id_), "+", EncodeBase64(EncodeKey(type_, public_key_)));
}

std::string RenderSignatureLine(const NoteSignature& signature) {
  return absl::StrCat(kDash, signature.name, " ",
                      EncodeBase64(absl::StrCat(BigEndian(signature.key_id), signature.signature)),
                      "\n");
}

absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line) {
  const absl::Status malformed = absl::InvalidArgumentError(
      "signature line: must be a dash, key name and base64, was of another form");
  absl::string_view rest = line;
  if (!absl::ConsumePrefix(&rest, kDash) || !absl::ConsumeSuffix(&rest, "\n")) return malformed;
  const std::size_t space = rest.find(' ');
  if (space == rest.npos || !IsKeyName(rest.substr(0, space))) return malformed;
  const std::optional<std::string> bytes = DecodeBase64(rest.substr(space + 1));
  if (!bytes || bytes->size() <= sizeof(NoteSignature::key_id)) return malformed;

  const absl::string_view view = *bytes;
  NoteSignature signature;
  signature.name = std::string(rest.substr(0, space));
  signature.key_id = static_cast<std::uint32_t>(FromBigEndian(view.substr(0, 4)));
  signature.signature = std::string(view.substr(4));
  return signature;
}

std::string RenderNote(const Note& note) {
  std::string bytes = absl::StrCat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) bytes += RenderSignatureLine(signature);
  return bytes;
}

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (bytes.size() > kNoteBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("note: must be at most ", kNoteBytesMax, " bytes, was ", bytes.size()));
  }
  const std::size_t split = bytes.rfind("\n\n");
  if (split == bytes.npos) {
    return absl::InvalidArgumentError(
        "note: must have an empty line before its signatures, was without one");
  }
  Note note;
  note.text = std::string(bytes.substr(0, split + 1));
  RETURN_IF_ERROR(CheckText(note.text));

  absl::string_view rest = bytes.substr(split + 2);
  while (!rest.empty()) {
    if (note.signatures.size() == kNoteSignaturesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("note: must have at most ", kNoteSignaturesMax, " signatures, was more"));
    }
    const std::size_t newline = rest.find('\n');
    const absl::string_view line = rest.substr(0, newline == rest.npos ? newline : newline + 1);
    ASSIGN_OR_RETURN(note.signatures.emplace_back(), ParseSignatureLine(line));
    rest.remove_prefix(line.size());
  }
  if (note.signatures.empty()) {
    return absl::InvalidArgumentError("note: must have a signature, was without one");
  }
  return note;
}

absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const Note& note,
                                                          std::span<const VerifierKey> keys) {
  std::vector<VerifiedSignature> verified;
  for (const NoteSignature& signature : note.signatures) {
    ASSIGN_OR_RETURN(const VerifierKey* key, FindKey(keys, signature.name, signature.key_id));
    if (key == nullptr) continue;
    std::optional<VerifiedSignature> result = Verify(*key, note.text, signature.signature);
    if (!result) {
      return absl::InvalidArgumentError(absl::StrCat(
          "note: signature of ", key->name(), "+", RenderId(key->id()), " must verify, was wrong"));
    }
    const bool is_repeated = std::any_of(verified.begin(), verified.end(),
                                         [key](const auto& v) { return v.key == *key; });
    if (!is_repeated) verified.push_back(*std::move(result));
  }
  if (verified.empty()) {
    return absl::InvalidArgumentError("note: must be signed by a known key, was by none");
  }
  return verified;
}

Signer::Signer(VerifierKey key, std::shared_ptr<evp_pkey_st> private_key)
    : key_(std::move(key)), private_key_(std::move(private_key)) {}

absl::StatusOr<Signer> Signer::FromSeed(absl::string_view name, KeyType type,
                                        absl::string_view seed) {
  VerifierKey::PublicKey public_key{};
  if (seed.size() != public_key.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("seed: must be 32 bytes, was ", seed.size(), " bytes"));
  }
  PkeyPtr private_key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Unsigned(seed), seed.size()),
      EVP_PKEY_free);
  std::size_t size = public_key.size();
  LAUREL_CHECK(private_key &&
                   EVP_PKEY_get_raw_public_key(private_key.get(), public_key.data(), &size) == 1 &&
                   size == public_key.size(),
               "OpenSSL has Ed25519");
  ASSIGN_OR_RETURN(VerifierKey key, VerifierKey::Make(name, type, public_key));
  return Signer(std::move(key), std::move(private_key));
}

std::string Signer::SignBytes(absl::string_view message) const {
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  const ContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  LAUREL_CHECK(
      context &&
          EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, private_key_.get()) == 1 &&
          EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         Unsigned(message), message.size()) == 1 &&
          size == signature.size(),
      "Ed25519 signs any message");
  return signature;
}

absl::StatusOr<NoteSignature> Signer::Sign(absl::string_view text) const {
  LAUREL_CHECK(key_.type() == KeyType::kNote, "only a note key signs notes");
  RETURN_IF_ERROR(CheckText(text));
  return NoteSignature{key_.name(), key_.id(), SignBytes(text)};
}

absl::StatusOr<NoteSignature> Signer::Cosign(absl::string_view checkpoint_text,
                                             std::uint64_t unix_seconds) const {
  LAUREL_CHECK(key_.type() == KeyType::kCosignature, "only a cosigner's key cosigns");
  LAUREL_CHECK(unix_seconds <= kUnixSecondsMax, "an instant fits 63 bits");
  RETURN_IF_ERROR(CheckText(checkpoint_text));
  return NoteSignature{key_.name(), key_.id(),
                       absl::StrCat(BigEndian(unix_seconds),
                                    SignBytes(CosignedMessage(checkpoint_text, unix_seconds)))};
}

}  // namespace laurel
