#ifndef LAUREL_SERVICE_SERVER_H_
#define LAUREL_SERVICE_SERVER_H_

#include <functional>

#include "absl/status/statusor.h"
#include "service/config.h"
#include "service/log.h"

namespace laurel {

// Exit codes of the daemon: what systemd and people see.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitIoError = 74;
inline constexpr int kExitRefused = 78;  // configuration or ledger

// Blocks SIGTERM, SIGINT and SIGHUP, for whoever waits for them, in the calling thread and those
// that it starts, and ignores SIGPIPE. Call it while there is one thread.
void BlockSignals();

// What is wrong with a key file that is there; OK where it may be used or is missing.
absl::Status CheckKeyFiles(const Config& config);

// Creates the ledger and, where they are missing, its keys. Returns an exit code.
int InitLedger(const Config& config, const Log& log);

// Reads the configuration once more.
using Reload = std::function<absl::StatusOr<Config>()>;

// Serves the ledger until SIGTERM or SIGINT, then drains and ends the process; kExitDone. At SIGHUP
// it takes the log's level from `reload`. Returns an exit code if it cannot serve. Blocks the
// three signals; requires that the calling thread is the only one.
int Serve(const Config& config, const Reload& reload, Log& log);

}  // namespace laurel

#endif  // LAUREL_SERVICE_SERVER_H_
