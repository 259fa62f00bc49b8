#ifndef LAUREL_SERVICE_CLI_APP_H_
#define LAUREL_SERVICE_CLI_APP_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "service/cli/exit_code.h"

namespace laurel::cli {

// The surroundings of a run.
struct Environment {
  std::ostream* out;
  std::ostream* err;
  bool is_err_terminal = false;
  std::shared_ptr<grpc::Channel> channel;  // null: to --server
};

// Parses a command line (without the program's name) and does what it says. Environment variables
// are read.
ExitCode Run(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_APP_H_
