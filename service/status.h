#ifndef LAUREL_SERVICE_STATUS_H_
#define LAUREL_SERVICE_STATUS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "engine/domain/rejection.h"
#include "engine/domain/values.h"
#include "google/rpc/status.pb.h"
#include "laurel/v1/errors.pb.h"
#include "service/violations.h"

namespace grpc {
class Status;
}

// What goes wrong, as a caller is told: a google.rpc.Status with exactly one google.rpc.ErrorInfo
// of domain "laurel" and at most one of each other detail. Callers branch on code and reason;
// messages are for developers and hold no personal datum.
namespace laurel {

// A request that is malformed: INVALID_ARGUMENT with all violations. Requires at least one.
google::rpc::Status ToRpcStatus(const Violations& violations);
// A refusal of the domain. `program` completes the entry names in its facts.
google::rpc::Status ToRpcStatus(const Rejected& rejected, const ProgramId& program);
// A failure of the environment. What has no reason of its own becomes INTERNAL without details: the
// log has them.
google::rpc::Status ToRpcStatus(const absl::Status& status);

grpc::Status ToGrpc(const google::rpc::Status& status);

// The reason of a status that one of the functions above has made.
std::string ReasonOf(const google::rpc::Status& status);
// How long to wait before sending the same request again; empty if that does not help.
std::optional<std::int64_t> RetryMillis(const google::rpc::Status& status);

// The API's word for a refusal, and its facts as the caller got them.
v1::ErrorReason ToReason(Rejection rejection);
std::map<std::string, std::string> FactsOf(const Rejected& rejected, const ProgramId& program);

// "INSUFFICIENT_POINTS".
absl::string_view ToString(v1::ErrorReason reason);

// What the service itself refuses.
// The caller's role may not call the method.
google::rpc::Status PermissionMissing(absl::string_view method, Role role);
google::rpc::Status NotFound(v1::ErrorReason reason, absl::string_view resource);
google::rpc::Status PageTokenInvalid();

}  // namespace laurel

#endif  // LAUREL_SERVICE_STATUS_H_
