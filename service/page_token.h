#ifndef LAUREL_SERVICE_PAGE_TOKEN_H_
#define LAUREL_SERVICE_PAGE_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"

namespace laurel {

// Where a list goes on, sealed: a caller can neither read nor make one, it fits no other method and
// no other arguments, and is good for 24 hours. It gives no rights.
//
//   token     = base64url without padding of nonce (12 bytes) || AES-256-GCM(plain) || tag (16)
//   plain     = position:u64be issued_at:i64be
//   associated data = version 1 || method || 0 || arguments
//
// The key is made at random when the process starts, so a restart ends every list: callers begin
// again. Immutable; thread-safe.
class PageTokens {
 public:
  PageTokens();

  // `arguments` is everything of the request that must stay the same.
  std::string Seal(absl::string_view method, absl::string_view arguments, std::uint64_t position,
                   Timestamp now) const;
  // The position; empty unless the token was sealed for this method and these arguments not more
  // than 24 hours before `now`.
  std::optional<std::uint64_t> Open(absl::string_view method, absl::string_view arguments,
                                    absl::string_view token, Timestamp now) const;

 private:
  const std::string key_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_PAGE_TOKEN_H_
