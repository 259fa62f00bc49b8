#ifndef LAUREL_ENGINE_DOMAIN_TRANSFER_POLICY_H_
#define LAUREL_ENGINE_DOMAIN_TRANSFER_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace laurel {

// How members may transfer points to each other.
struct TransferPolicy {
  // What the recipient gets: pieces that keep their ends, or one lot under today's rule.
  enum class Terms : std::uint8_t { kPreserve = 1, kFresh = 2 };
  Terms terms = Terms::kPreserve;
  std::int32_t fee_percent = 0;         // of what is transferred, rounded down; 0 to 99
  std::optional<std::int64_t> a_month;  // whole points that a member may give of a type; none: all
  friend bool operator==(const TransferPolicy&, const TransferPolicy&) = default;
};

// "PRESERVE" or "FRESH", then what differs from nothing: "PRESERVE,fee=10,month=500". Empty if it
// is none of these.
std::optional<TransferPolicy> ParseTransferPolicy(absl::string_view text);
std::string ToString(const TransferPolicy& policy);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_TRANSFER_POLICY_H_
