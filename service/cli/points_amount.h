#ifndef LAUREL_SERVICE_CLI_POINTS_AMOUNT_H_
#define LAUREL_SERVICE_CLI_POINTS_AMOUNT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "laurel/v1/types.pb.h"
#include "service/cli/session.h"

namespace laurel::cli {

// An amount as people write it, with the decimals of its point type; an empty one stands for the
// program's only redeemable type.
absl::StatusOr<v1::Points> ParsePoints(Session& session, const std::string& program,
                                       const std::string& amount, const std::string& point_type);

// What a command says about points of a member.
struct MemberPoints {
  std::string program;  // its full name
  v1::MemberRef member;
  v1::Points points;
};
// Reads it, or tells what is wrong and returns the code to end with.
std::optional<ExitCode> ReadMemberPoints(Session& session, const std::string& member,
                                         const std::string& amount, const std::string& point_type,
                                         MemberPoints& of);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_POINTS_AMOUNT_H_
