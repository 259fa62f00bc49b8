#ifndef LAUREL_ENGINE_BASE_HASH_H_
#define LAUREL_ENGINE_BASE_HASH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

struct evp_mac_ctx_st;  // of OpenSSL

namespace laurel {

// 32 bytes of SHA-256, in the order the standard prints them.
using Hash = std::array<std::uint8_t, 32>;

Hash Sha256(absl::string_view bytes);
// SHA-256 of the concatenation, without building it.
Hash Sha256(absl::string_view first, absl::string_view second, absl::string_view third = {});

// HMAC-SHA-256 (RFC 2104) under one key, prepared once: a call costs a quarter of what the library
// takes with the key at hand. Immutable; thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(absl::string_view key);
  Hash operator()(absl::string_view message) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> keyed_;
};

inline absl::string_view AsBytes(const Hash& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}
// Empty unless `bytes` has exactly 32 bytes.
std::optional<Hash> HashFromBytes(absl::string_view bytes);
// 64 lower-case hex digits.
std::string ToHex(const Hash& hash);

// CRC-32C (Castagnoli, RFC 3720 B.4) of `bytes`.
std::uint32_t Crc32c(absl::string_view bytes);

// Fills from the operating system's random source; aborts if there is none.
std::string RandomBytes(std::size_t count);

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_HASH_H_
