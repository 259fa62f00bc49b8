#include "service/cli/request_id.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"

namespace laurel::cli {

std::string NewRequestId(Timestamp now) {
  std::string bytes = RandomBytes(16);
  const std::int64_t millis = now.micros() / 1'000;
  for (int i = 0; i < 6; ++i)
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(millis >> (40 - 8 * i) & 0xFF);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x70);  // version 7
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);  // variant of RFC 9562
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

std::string ImportRequestId(absl::string_view purpose, const ImportKey& key, int attempt) {
  // Newlines cannot occur in the parts, so no two keys give one text.
  const std::string text =
      absl::StrCat("laurel import 1\n", purpose, "\n", attempt, "\n", key.program, "\n", key.store,
                   "\n", key.terminal, "\n", key.business_on, "\n", key.number, "\n");
  return absl::StrCat("imp-", ToHex(Sha256(text)).substr(0, 32));
}

}  // namespace laurel::cli
