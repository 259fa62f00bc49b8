#ifndef LAUREL_ENGINE_BASE_REASON_H_
#define LAUREL_ENGINE_BASE_REASON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"

// A machine-readable reason on a status of the environment, from the closed list of the API:
// OVERLOADED, DRAINING, NOT_LEADER, STORAGE_READ_ONLY, CLOCK_BEHIND, DEADLINE_TOO_SHORT,
// LEDGER_CORRUPT, JOB_ALREADY_RUNNING.
namespace laurel {

inline constexpr absl::string_view kReasonUrl = "laurel/reason";

inline absl::Status WithReason(absl::Status status, absl::string_view reason) {
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  return status;
}
// Empty if there is none.
inline std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  return payload ? std::string(*payload) : "";
}

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_REASON_H_
