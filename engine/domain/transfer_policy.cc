#include "engine/domain/transfer_policy.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace laurel {
namespace {

constexpr std::int64_t kPointsMax = 100'000'000'000;  // with 4 decimals kAmountMax

// Digits alone.
std::optional<std::int64_t> ParseNumber(absl::string_view text, std::int64_t low,
                                        std::int64_t high) {
  std::int64_t number = 0;
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
      !absl::SimpleAtoi(text, &number) || number < low || number > high) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<TransferPolicy> ParseTransferPolicy(absl::string_view text) {
  TransferPolicy policy;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  if (parts[0] == "FRESH") {
    policy.terms = TransferPolicy::Terms::kFresh;
  } else if (parts[0] != "PRESERVE") {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    absl::string_view part = parts[i];
    if (absl::ConsumePrefix(&part, "fee=")) {
      const std::optional<std::int64_t> percent = ParseNumber(part, 1, 99);
      if (!percent || policy.fee_percent != 0) return std::nullopt;
      policy.fee_percent = static_cast<std::int32_t>(*percent);
    } else if (absl::ConsumePrefix(&part, "month=")) {
      if (policy.a_month) return std::nullopt;
      policy.a_month = ParseNumber(part, 1, kPointsMax);
      if (!policy.a_month) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return policy;
}

std::string ToString(const TransferPolicy& policy) {
  std::string text = policy.terms == TransferPolicy::Terms::kFresh ? "FRESH" : "PRESERVE";
  if (policy.fee_percent > 0) absl::StrAppend(&text, ",fee=", policy.fee_percent);
  if (policy.a_month) absl::StrAppend(&text, ",month=", *policy.a_month);
  return text;
}

}  // namespace laurel
