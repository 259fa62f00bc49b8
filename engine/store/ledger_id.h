#ifndef LAUREL_ENGINE_STORE_LEDGER_ID_H_
#define LAUREL_ENGINE_STORE_LEDGER_ID_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace laurel {

// Names one ledger for ever: 16 random bytes made at init. Stands in the identity file, in every
// anchor slot and in the database, so that parts of two ledgers are never taken for one.
using LedgerId = std::array<std::uint8_t, 16>;

inline absl::string_view AsBytes(const LedgerId& id) {
  return absl::string_view(reinterpret_cast<const char*>(id.data()), id.size());
}

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_LEDGER_ID_H_
