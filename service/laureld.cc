// The daemon. Everything it does is in the functions it calls.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/version.h"
#include "service/config.h"
#include "service/keys.h"
#include "service/server.h"

namespace {

using namespace laurel;

int Refuse(const absl::Status& why, int code) {
  std::fprintf(stderr, "laureld: %s\n", std::string(why.message()).c_str());
  return code;
}

Environment ReadEnvironment() {
  Environment variables;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::pair<std::string, std::string> variable =
        absl::StrSplit(*line, absl::MaxSplits('=', 1));
    variables.insert(variable);
  }
  return variables;
}

// Settings that are well formed and key files that, where they are, may be used.
int CheckConfig(const Config& config) {
  if (const absl::Status keys = CheckKeyFiles(config); !keys.ok())
    return Refuse(keys, kExitRefused);
  std::puts("configuration is good");
  return kExitDone;
}

int Run(const std::vector<std::string>& arguments) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  if (!line.ok()) return Refuse(line.status(), kExitUsage);
  if (line->wants_help) {
    std::fputs(RenderHelp().c_str(), stdout);
    return kExitDone;
  }
  if (line->wants_version) {
    std::printf("laureld %s\n", kVersion);
    return kExitDone;
  }
  const absl::StatusOr<Config> config = LoadConfig(*line, ReadEnvironment());
  if (!config.ok()) return Refuse(config.status(), kExitRefused);
  if (line->wants_config) {
    std::fputs(RenderConfig(*config).c_str(), stdout);
    return kExitDone;
  }
  if (line->command == "check-config") return CheckConfig(*config);
  Log log(config->log_level,
          config->log_form.value_or(isatty(2) != 0 ? Log::Form::kText : Log::Form::kJson));
  if (line->command == "init") return InitLedger(*config, log);
  return Serve(
      *config, [&line] { return LoadConfig(*line, ReadEnvironment()); }, log);
}

}  // namespace

int main(int argc, char** argv) {
  umask(0077);  // the ledger is nobody else's to read
  return Run(std::vector<std::string>(argv + 1, argv + argc));
}
