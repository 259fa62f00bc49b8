#ifndef LAUREL_SERVICE_IDENTITY_HASHER_H_
#define LAUREL_SERVICE_IDENTITY_HASHER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/domain/values.h"

// Identities leave the service as keyed hashes alone: without the key nobody can tell from the
// ledger whose card it was, not even by trying all of them.
namespace laurel {

// One spelling for what is the same identity: cards without spaces and dashes, e-mail trimmed and
// in lower case, telephone numbers in E.164, all others as they are. INVALID_ARGUMENT, with an
// expectation that describes the value and never quotes it, if it is no such identity: a number
// that can be one, with the country's code unless `region` (ISO 3166, such as DE; may be empty)
// says which it is of, e-mail with one @, everything 1 to 254 code points without control
// characters.
absl::StatusOr<std::string> NormaliseIdentity(IdentityKind kind, absl::string_view value,
                                              absl::string_view region = {});

// Immutable; thread-safe.
class IdentityHasher {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  // Requires kKeyBytes bytes.
  explicit IdentityHasher(const std::string& key);

  // The first 16 bytes of HMAC-SHA-256(key, program || 0 || kind:u8 || normalised value). Frozen:
  // it is how the ledger finds members.
  IdentityHash Hash(const ProgramId& program, IdentityKind kind,
                    absl::string_view normalised) const;

  // Tells this key from others and nothing about it: the first 16 bytes of HMAC-SHA-256(key,
  // "laurel identity key"), in hex. Frozen: ledgers remember it. It is no identity's hash, because
  // those have a zero byte in what is hashed.
  std::string Fingerprint() const;

 private:
  const HmacSha256 mac_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_IDENTITY_HASHER_H_
