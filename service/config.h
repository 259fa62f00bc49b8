#ifndef LAUREL_SERVICE_CONFIG_H_
#define LAUREL_SERVICE_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/domain/adjust_limits.h"
#include "engine/domain/revision_life.h"
#include "engine/domain/transfer_policy.h"
#include "service/log.h"

// What an operator may set. A setting comes from the command line, else from the environment, else
// from the configuration file, else it has its default:
//
//   --data-dir DIR          LAUREL_DATA_DIR=DIR         data_dir: DIR
//
// A name that is no setting is refused wherever it stands, so that a misspelled one is noticed.
// Secrets are never settings: settings name the files that hold them.
namespace laurel {

enum class Origin { kDefault, kFile, kEnvironment, kFlag };
absl::string_view ToString(Origin origin);  // "environment"

// What there is to set, in the order in which it is printed. `name` is as in the file; the flag has
// dashes for underscores.
struct SettingInfo {
  absl::string_view name;
  absl::string_view fallback;     // "" where the default depends on other settings
  absl::string_view placeholder;  // of the value in the help; empty for a switch
  absl::string_view help;
};
const std::vector<SettingInfo>& AllSettings();

enum class Switch { kAuto, kOn, kOff };

struct Config {
  std::string data_dir;
  std::string listen;  // host:port; port 0: any that is free
  bool is_insecure = false;
  bool is_loopback = true;  // of `listen`
  std::string origin;       // of the checkpoints; for init alone
  std::string identity_key_file;
  std::string signing_key_file;
  bool adopts_identity_key = false;
  std::string port_file;  // may be empty
  Switch reflection = Switch::kAuto;
  Quorum approvals;
  AdjustLimits adjust_limits;
  AdjustLimits approval_limits;
  TransferPolicy transfers;
  int reinstate_days = 0;
  LogLevel log_level = LogLevel::kInfo;
  std::optional<Log::Form> log_form;           // empty: text on a terminal
  std::optional<std::int64_t> free_space_min;  // bytes; 0: no guard; empty: by the disk's size
  std::int64_t drain_delay_micros = 0;
  std::int64_t checkpoint_interval_micros = 0;
  std::int64_t block_cache_bytes = 0;
  std::int64_t row_cache_bytes = 0;  // 0: none
  std::int64_t write_buffer_bytes = 0;
  std::int32_t queue_commands_max = 0;
  std::int32_t batch_commands_max = 0;

  // Each setting's text and where it came from, for --print-config.
  std::map<std::string, std::pair<std::string, Origin>> sources;
};

// The command line in words.
struct CommandLine {
  std::string command = "serve";  // serve, init, check-config
  bool wants_config = false;      // --print-config
  bool wants_version = false;
  bool wants_help = false;
  std::string config_file;
  std::map<std::string, std::string> flags;  // by setting
};
// `arguments` without the program's name. INVALID_ARGUMENT, with a suggestion where one is near,
// for anything unknown or incomplete.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments);

// The environment's variables, those of other programs too.
using Environment = std::map<std::string, std::string>;
// Puts the settings together and checks each of them. INVALID_ARGUMENT names every setting that is
// wrong and where it came from, one a line, and every LAUREL_ variable that neither this program
// nor another of the project reads nor Kubernetes sets.
absl::StatusOr<Config> LoadConfig(const CommandLine& line, const Environment& environment);

// The settings that have another text in `after`, in the order of AllSettings.
std::vector<std::string> ChangedSettings(const Config& before, const Config& after);

// One setting a line with its origin, as a configuration file.
std::string RenderConfig(const Config& config);
std::string RenderHelp();

// "512MiB", "2GiB", "1000": bytes. "250ms", "5s", "2m": microseconds.
absl::StatusOr<std::int64_t> ParseBytes(absl::string_view text);
absl::StatusOr<std::int64_t> ParseDuration(absl::string_view text);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONFIG_H_
