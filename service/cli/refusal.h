#ifndef LAUREL_SERVICE_CLI_REFUSAL_H_
#define LAUREL_SERVICE_CLI_REFUSAL_H_

#include <grpcpp/support/status.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "service/cli/exit_code.h"

namespace laurel::cli {

// Why a call was not done, taken out of the details of its status.
struct Refusal {
  int code = 0;        // of gRPC
  std::string reason;  // INSUFFICIENT_POINTS; the code's name if the server gave none
  std::string message;
  std::map<std::string, std::string> metadata;
  struct Field {
    std::string field;
    std::string description;
  };
  std::vector<Field> fields;
};

Refusal ToRefusal(const grpc::Status& status);
Refusal ToRefusal(const google::rpc::Status& status);

// Whether the same request should be sent again: nothing is known to have been decided.
bool IsTransient(const Refusal& refusal);

// kUnavailable, kNotPermitted or kRefused.
ExitCode ExitCodeOf(const Refusal& refusal);

// "refused: INSUFFICIENT_POINTS: …", then a line per number, field and hint. Several lines, each
// with its end.
std::string RenderRefusal(const Refusal& refusal, absl::string_view server);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_REFUSAL_H_
