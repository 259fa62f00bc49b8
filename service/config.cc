#include "service/config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "engine/base/checked.h"
#include "engine/base/status_macros.h"
#include "engine/base/time.h"
#include "engine/store/files.h"
#include "rules/program/text.h"
#include "service/gate.h"

namespace laurel {
namespace {

const SettingInfo* FindSetting(absl::string_view name) {
  for (const SettingInfo& setting : AllSettings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string FlagOf(absl::string_view name) {
  return absl::StrCat("--", absl::StrReplaceAll(name, {{"_", "-"}}));
}

// "; did you mean listen?", or nothing where nothing is near.
std::string Suggest(absl::string_view word, const std::vector<std::string>& known) {
  std::size_t nearest = 4;
  const std::string* found = nullptr;
  for (const std::string& candidate : known) {
    const std::size_t distance = rules::EditDistance(word, candidate);
    if (distance >= nearest) continue;
    nearest = distance;
    found = &candidate;
  }
  return found == nullptr ? "" : absl::StrCat("; did you mean ", *found, "?");
}

std::vector<std::string> SettingNames(bool as_flags) {
  std::vector<std::string> names;
  for (const SettingInfo& setting : AllSettings()) {
    names.push_back(as_flags ? FlagOf(setting.name) : std::string(setting.name));
  }
  return names;
}

constexpr absl::string_view kVariablePrefix = "LAUREL_";

std::string VariableOf(absl::string_view name) {
  return absl::StrCat(kVariablePrefix, absl::AsciiStrToUpper(name));
}

// What Kubernetes tells every container about a service called laurel or laurel-something:
// LAUREL_SERVICE_HOST, LAUREL_SERVICE_PORT_GRPC, LAUREL_PORT=tcp://…, LAUREL_PORT_7300_TCP_ADDR.
bool IsServiceLink(absl::string_view variable, absl::string_view value) {
  if (absl::EndsWith(variable, "_SERVICE_HOST") || absl::StrContains(variable, "_SERVICE_PORT")) {
    return true;
  }
  if (absl::EndsWith(variable, "_PORT")) return absl::StrContains(value, "://");
  constexpr absl::string_view kPort = "_PORT_";
  const std::size_t port = variable.find(kPort);
  return port != absl::string_view::npos && port + kPort.size() < variable.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(variable[port + kPort.size()]));
}

// Read by laurelctl, by crash points or by the tests.
bool IsOfAnotherProgram(absl::string_view variable) {
  static constexpr absl::string_view kNames[] = {
      "LAUREL_SERVER",         "LAUREL_PROGRAM",           "LAUREL_PRINCIPAL",
      "LAUREL_ROLE",           "LAUREL_CRASH_AT",          "LAUREL_CRASH_CYCLES",
      "LAUREL_MODEL_OUTCOMES", "LAUREL_MODEL_STEPS",       "LAUREL_S14_COUNT",
      "LAUREL_SEED",           "LAUREL_SHARED_DIR",        "LAUREL_SOURCE_DIR",
      "LAUREL_UPDATE_GOLDEN",  "LAUREL_SIMULATION_MEMBERS"};
  return std::find(std::begin(kNames), std::end(kNames), variable) != std::end(kNames);
}

std::vector<std::string> UnknownVariables(const Environment& environment) {
  std::vector<std::string> known = {"LAUREL_CONFIG"};
  for (const SettingInfo& setting : AllSettings()) known.push_back(VariableOf(setting.name));
  std::vector<std::string> problems;
  for (const auto& [variable, value] : environment) {
    if (!absl::StartsWith(variable, kVariablePrefix) ||
        std::find(known.begin(), known.end(), variable) != known.end() ||
        IsOfAnotherProgram(variable) || IsServiceLink(variable, value)) {
      continue;
    }
    problems.push_back(
        absl::StrCat(variable, ": unknown setting", Suggest(variable, known), " (environment)"));
  }
  return problems;
}

absl::StatusOr<std::map<std::string, std::string>> ReadConfigFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const auto refused = [&path](auto&&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parts...));
  };
  std::map<std::string, std::string> values;
  YAML::Node root;
  try {  // yaml-cpp throws
    root = YAML::Load(text);
    if (root.IsNull()) return values;
    if (!root.IsMap()) return refused("must be a map of settings, was another form");
    for (const auto& pair : root) {
      const std::string name = pair.first.as<std::string>();
      if (FindSetting(name) == nullptr) {
        return refused(pair.first.Mark().line + 1, ": ", name, ": unknown setting",
                       Suggest(name, SettingNames(false)));
      }
      if (!pair.second.IsScalar()) return refused(name, ": must be one value, was another form");
      if (!values.emplace(name, pair.second.as<std::string>()).second) {
        return refused(pair.first.Mark().line + 1, ": ", name, ": must be set once, was repeated");
      }
    }
  } catch (const YAML::Exception& e) {
    return refused(e.mark.line + 1, ":", e.mark.column + 1, ": must be YAML, was not: ", e.msg);
  }
  return values;
}

// Reads the texts of one Config and collects what is wrong with them.
class Reader {
 public:
  Reader(Config& config, std::vector<std::string> problems)
      : config_(config), problems_(std::move(problems)) {}

  const std::string& Text(const char* name) { return config_.sources[name].first; }
  template <class T, class Parse>
  T Get(const char* name, T otherwise, Parse parse) {
    const std::string& text = Text(name);
    const auto value = parse(text);
    if (value.ok()) return static_cast<T>(*value);
    Wrong(name, std::string(value.status().message()));
    return otherwise;
  }
  template <class T>
  T Choice(const char* name, T otherwise, const std::vector<std::pair<std::string, T>>& choices) {
    const std::string& text = Text(name);
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) {
      if (word == text) return value;
      words.push_back(word);
    }
    Wrong(name, absl::StrCat("must be ", absl::StrJoin(words, ", "), ", was ", text));
    return otherwise;
  }
  std::int32_t Count(const char* name, std::int32_t min, std::int32_t max) {
    std::int32_t value = 0;
    if (!absl::SimpleAtoi(Text(name), &value) || value < min || value > max) {
      Wrong(name, absl::StrCat("must be ", min, " to ", max, ", was ", Text(name)));
      return min;
    }
    return value;
  }
  void Wrong(const char* name, absl::string_view why) {
    problems_.push_back(
        absl::StrCat(name, ": ", why, " (", ToString(config_.sources[name].second), ")"));
  }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  Config& config_;
  std::vector<std::string> problems_;
};

// Strangers on the network must not put rules into force alone; on its own machine an operator may.
Quorum ReadApprovals(Reader& reader, bool is_loopback) {
  const std::string& text = reader.Text("approvals");
  if (text == "auto") return Quorum{.people = is_loopback ? 0 : 1, .by_role = {}};
  const std::optional<Quorum> quorum = ParseQuorum(text);
  if (!quorum) {
    reader.Wrong(
        "approvals",
        absl::StrCat("must be none, auto, a number up to 9 or MARKETING=1,FINANCE=1, the last two "
                     "with ,simulation where each must have read one, was ",
                     text));
    return {};
  }
  for (const Quorum::Part& part : quorum->by_role) {
    if (!RolesFor("ApproveRevision").has(part.role)) {
      reader.Wrong("approvals", absl::StrCat("must name roles that approve, MARKETING or FINANCE, "
                                             "was ",
                                             ToString(part.role)));
    }
  }
  return *quorum;
}

TransferPolicy ReadTransfers(Reader& reader) {
  const std::string& text = reader.Text("transfers");
  const std::optional<TransferPolicy> policy = ParseTransferPolicy(text);
  if (policy) return *policy;
  reader.Wrong("transfers", absl::StrCat("must be PRESERVE or FRESH, with fee=1 to 99 percent and "
                                         "month=POINTS where wanted, such as "
                                         "PRESERVE,fee=10,month=500, was ",
                                         text));
  return {};
}

// How much people move by hand, or approve of: `method` says who may.
AdjustLimits ReadLimits(Reader& reader, const char* setting, absl::string_view fallback,
                        absl::string_view method, absl::string_view who) {
  const std::string& text = reader.Text(setting);
  const std::optional<AdjustLimits> limits =
      ParseAdjustLimits(text == "auto" ? fallback : absl::string_view(text));
  if (!limits) {
    reader.Wrong(
        setting,
        absl::StrCat("must be none, auto, points a day such as 10000, a day and a month "
                     "such as 200/2000, or ",
                     method == "Approve" ? "FINANCE=200/2000,10000" : "AGENT=200/2000,10000",
                     ", was ", text));
    return {};
  }
  for (const AdjustLimits::Part& part : limits->by_role) {
    if (!RolesFor(method).has(part.role)) {
      reader.Wrong(setting,
                   absl::StrCat("must name roles that ", who, ", was ", ToString(part.role)));
    }
  }
  return *limits;
}

bool IsLoopback(absl::string_view listen) {
  if (absl::StartsWith(listen, "unix:")) return true;
  const absl::string_view host = listen.substr(0, listen.rfind(':'));
  return absl::StartsWith(host, "127.") || host == "localhost" || host == "[::1]";
}

bool IsListenAddress(absl::string_view listen) {
  if (absl::StartsWith(listen, "unix:")) return listen.size() > 5;
  const std::size_t colon = listen.rfind(':');
  std::int32_t port = 0;
  return colon != absl::string_view::npos && colon > 0 &&
         absl::SimpleAtoi(listen.substr(colon + 1), &port) && port >= 0 && port <= 65'535;
}

absl::StatusOr<std::int64_t> ParseWithUnit(
    absl::string_view text, const std::vector<std::pair<absl::string_view, std::int64_t>>& units,
    absl::string_view form) {
  for (const auto& [suffix, factor] : units) {
    absl::string_view digits = text;
    if (!absl::ConsumeSuffix(&digits, suffix)) continue;
    std::int64_t count = 0;
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(digits, &count)) {
      continue;
    }
    if (const auto value = CheckedMul(count, factor)) return *value;
  }
  return absl::InvalidArgumentError(absl::StrCat("must be ", form, ", was ", text));
}

}  // namespace

absl::string_view ToString(Origin origin) {
  switch (origin) {
    case Origin::kDefault:
      return "default";
    case Origin::kFile:
      return "file";
    case Origin::kEnvironment:
      return "environment";
    case Origin::kFlag:
      return "flag";
  }
  return "";
}

const std::vector<SettingInfo>& AllSettings() {
  static const auto* const all = new std::vector<SettingInfo>{
      {"data_dir", "", "DIR", "where the ledger is; made by laureld init"},
      {"listen", "127.0.0.1:7300", "ADDRESS",
       "host:port to serve gRPC on; port 0 takes a free one"},
      {"insecure", "false", "",
       "serve callers on other machines although they are not authenticated"},
      {"origin", "", "HOST/LEDGER", "name of the new ledger in its checkpoints; for init"},
      {"identity_key_file", "", "FILE",
       "key that hashes identities; default DATA_DIR.keys/identity.key, made at init"},
      {"signing_key_file", "", "FILE",
       "key that signs checkpoints; default DATA_DIR.keys/signing.key, made at init"},
      {"adopt_identity_key", "false", "",
       "take the identity key for the one this ledger began with, where the ledger does not know"},
      {"approvals", "auto", "COUNT|ROLE=COUNT,...|none|auto",
       "people besides its author who must approve of a revision: 2, or MARKETING=1,FINANCE=1; "
       "auto: none on loopback, else 1"},
      {"adjust_limits", "auto", "[ROLE=]DAY[/MONTH],...|none|auto",
       "points that one person may give and take by hand: AGENT=200/2000,10000; auto: none on "
       "loopback, else 10000 a day"},
      {"approval_limits", "none", "[ROLE=]DAY[/MONTH],...|none",
       "points of which one person may approve that others want to give and take by hand"},
      {"transfers", "PRESERVE", "PRESERVE|FRESH[,fee=PERCENT][,month=POINTS]",
       "points from member to member: with their own ends, or as one lot under today's rule; what "
       "is kept of them; how much a member may give a month"},
      {"reinstate_days", "30", "DAYS",
       "how long after their end people may bring points back; 0: on the day itself alone"},
      {"port_file", "", "FILE", "written with the port once it is served"},
      {"reflection", "auto", "on|off|auto", "describe the services to callers; auto: on loopback"},
      {"log_level", "info", "debug|info|warning|error",
       "debug logs every call; SIGHUP takes it anew"},
      {"log_form", "auto", "json|text|auto", "auto: text on a terminal"},
      {"free_space_min", "auto", "BYTES",
       "refuse writes below this many free bytes; 0: never; auto: 2GiB or 5% of the disk"},
      {"drain_delay", "auto", "DURATION",
       "from NOT_SERVING to refusing calls at shutdown; auto: 0s on loopback, else 5s"},
      {"checkpoint_interval", "1s", "DURATION", "between signed checkpoints"},
      {"block_cache", "auto", "BYTES",
       "memory for what is read; auto: a quarter of what this process may use"},
      {"row_cache", "auto", "BYTES",
       "memory for rows that are read by key; 0: none; auto: a sixteenth of what this process may "
       "use"},
      {"write_buffer", "64MiB", "BYTES", "memory for what was written, twice per busy family"},
      {"queue_commands_max", "4096", "COUNT", "more: longer waits instead of refusals"},
      {"batch_commands_max", "256", "COUNT", "more: fewer syncs, a longer wait for the first"},
  };
  return *all;
}

// What this process may use of the machine's memory: its control group may allow less than all.
std::int64_t MemoryBytes() {
  const std::int64_t all = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) *
                           static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::int64_t limit = 0;
  return file >> limit && limit > 0 ? std::min(all, limit) : all;
}

absl::StatusOr<std::int64_t> ParseBytes(absl::string_view text) {
  return ParseWithUnit(text,
                       {{"KiB", std::int64_t{1} << 10},
                        {"MiB", std::int64_t{1} << 20},
                        {"GiB", std::int64_t{1} << 30},
                        {"TiB", std::int64_t{1} << 40},
                        {"", 1}},
                       "a number of bytes such as 512MiB or 2GiB");
}

absl::StatusOr<std::int64_t> ParseDuration(absl::string_view text) {
  return ParseWithUnit(text, {{"ms", 1'000}, {"s", kMicrosPerSecond}, {"m", kMicrosPerMinute}},
                       "a duration such as 250ms, 5s or 2m");
}

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  static const auto* const commands = new std::vector<std::string>{"serve", "init", "check-config"};
  CommandLine line;
  bool has_command = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    if (!absl::StartsWith(argument, "-")) {
      if (has_command) {
        return absl::InvalidArgumentError(
            absl::StrCat(argument, ": unexpected, a command was given already"));
      }
      if (std::find(commands->begin(), commands->end(), argument) == commands->end()) {
        return absl::InvalidArgumentError(
            absl::StrCat(argument, ": unknown command", Suggest(argument, *commands)));
      }
      line.command = std::string(argument);
      has_command = true;
      continue;
    }
    if (argument == "--print-config") {
      line.wants_config = true;
      continue;
    }
    if (argument == "--version") {
      line.wants_version = true;
      continue;
    }
    if (argument == "--help" || argument == "-h") {
      line.wants_help = true;
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string flag(argument.substr(0, equals));
    const std::string name = absl::StrReplaceAll(absl::StripPrefix(flag, "--"), {{"-", "_"}});
    const SettingInfo* setting = FindSetting(name);
    const bool is_config = flag == "--config";
    if (!is_config && (setting == nullptr || FlagOf(name) != flag)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, ": unknown flag", Suggest(flag, SettingNames(true))));
    }
    std::string value;
    if (equals != absl::string_view::npos) {
      value = std::string(argument.substr(equals + 1));
    } else if (!is_config && setting->placeholder.empty()) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, ": must have a value, was the last word"));
    }
    if (is_config) {
      line.config_file = value;
    } else {
      line.flags[name] = value;
    }
  }
  return line;
}

absl::StatusOr<Config> LoadConfig(const CommandLine& line, const Environment& environment) {
  std::string file = line.config_file;
  if (const auto found = environment.find("LAUREL_CONFIG");
      file.empty() && found != environment.end()) {
    file = found->second;
  }
  std::map<std::string, std::string> from_file;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(from_file, ReadConfigFile(file));
  }

  Config config;
  for (const SettingInfo& setting : AllSettings()) {
    const std::string name(setting.name);
    auto& [text, origin] = config.sources[name];
    text = std::string(setting.fallback);
    origin = Origin::kDefault;
    if (const auto found = from_file.find(name); found != from_file.end()) {
      text = found->second;
      origin = Origin::kFile;
    }
    if (const auto found = environment.find(VariableOf(name)); found != environment.end()) {
      text = found->second;
      origin = Origin::kEnvironment;
    }
    if (const auto found = line.flags.find(name); found != line.flags.end()) {
      text = found->second;
      origin = Origin::kFlag;
    }
  }

  Reader reader(config, UnknownVariables(environment));
  config.data_dir = reader.Text("data_dir");
  while (config.data_dir.size() > 1 && absl::EndsWith(config.data_dir, "/")) {
    config.data_dir.pop_back();
  }
  if (config.data_dir.empty()) reader.Wrong("data_dir", "must be set, was empty");
  config.listen = reader.Text("listen");
  if (!IsListenAddress(config.listen)) {
    reader.Wrong("listen", absl::StrCat("must be host:port, was ", config.listen));
  }
  const std::vector<std::pair<std::string, bool>> kBooleans = {{"true", true}, {"false", false}};
  config.is_insecure = reader.Choice("insecure", false, kBooleans);
  config.is_loopback = IsLoopback(config.listen);
  if (!config.is_loopback && !config.is_insecure) {
    reader.Wrong(
        "listen",
        absl::StrCat("must be a loopback address such as 127.0.0.1:7300, because callers "
                     "are not authenticated yet (--insecure serves them all the same), was ",
                     config.listen));
  }
  config.origin = reader.Text("origin");
  const std::string keys = absl::StrCat(config.data_dir, ".keys");
  for (const auto& [name, target, file_name] :
       {std::tuple{"identity_key_file", &config.identity_key_file, "identity.key"},
        std::tuple{"signing_key_file", &config.signing_key_file, "signing.key"}}) {
    *target = reader.Text(name).empty() ? absl::StrCat(keys, "/", file_name) : reader.Text(name);
    if (absl::StartsWith(*target, absl::StrCat(config.data_dir, "/"))) {
      reader.Wrong(name,
                   "must lie outside the data directory, so that a copy of the data has no "
                   "keys, was inside");
    }
  }
  config.adopts_identity_key = reader.Choice("adopt_identity_key", false, kBooleans);
  config.port_file = reader.Text("port_file");
  config.reflection =
      reader.Choice<Switch>("reflection", Switch::kAuto,
                            {{"auto", Switch::kAuto}, {"on", Switch::kOn}, {"off", Switch::kOff}});
  config.approvals = ReadApprovals(reader, config.is_loopback);
  config.adjust_limits = ReadLimits(reader, "adjust_limits", config.is_loopback ? "none" : "10000",
                                    "AdjustPoints", "adjust, AGENT or FINANCE");
  config.approval_limits =
      ReadLimits(reader, "approval_limits", "none", "Approve", "approve, FINANCE");
  config.transfers = ReadTransfers(reader);
  config.reinstate_days = reader.Count("reinstate_days", 0, kReinstateDaysMax);
  config.log_level = reader.Choice<LogLevel>("log_level", LogLevel::kInfo,
                                             {{"debug", LogLevel::kDebug},
                                              {"info", LogLevel::kInfo},
                                              {"warning", LogLevel::kWarning},
                                              {"error", LogLevel::kError}});
  config.log_form = reader.Choice<std::optional<Log::Form>>(
      "log_form", std::nullopt,
      {{"auto", std::nullopt}, {"json", Log::Form::kJson}, {"text", Log::Form::kText}});
  if (reader.Text("free_space_min") != "auto") {
    config.free_space_min = reader.Get<std::int64_t>("free_space_min", 0, ParseBytes);
  }
  config.drain_delay_micros = config.is_loopback ? 0 : 5 * kMicrosPerSecond;
  if (reader.Text("drain_delay") != "auto") {
    config.drain_delay_micros = reader.Get<std::int64_t>("drain_delay", 0, ParseDuration);
  }
  config.checkpoint_interval_micros =
      reader.Get<std::int64_t>("checkpoint_interval", kMicrosPerSecond, ParseDuration);
  if (config.checkpoint_interval_micros <= 0) {
    reader.Wrong("checkpoint_interval", "must be longer than 0s, was 0s");
  }
  config.block_cache_bytes = reader.Text("block_cache") == "auto"
                                 ? MemoryBytes() / 4
                                 : reader.Get<std::int64_t>("block_cache", 0, ParseBytes);
  config.row_cache_bytes = reader.Text("row_cache") == "auto"
                               ? MemoryBytes() / 16
                               : reader.Get<std::int64_t>("row_cache", 0, ParseBytes);
  config.write_buffer_bytes = reader.Get<std::int64_t>("write_buffer", 0, ParseBytes);
  if (config.write_buffer_bytes < (std::int64_t{1} << 20)) {
    reader.Wrong("write_buffer", "must be at least 1MiB, was less");
  }
  config.queue_commands_max = reader.Count("queue_commands_max", 1, 1'000'000);
  config.batch_commands_max = reader.Count("batch_commands_max", 1, 4'096);
  if (!reader.problems().empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(reader.problems(), "\n"));
  }
  return config;
}

std::vector<std::string> ChangedSettings(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  for (const SettingInfo& setting : AllSettings()) {
    const std::string name(setting.name);
    if (before.sources.at(name).first != after.sources.at(name).first) changed.push_back(name);
  }
  return changed;
}

std::string RenderConfig(const Config& config) {
  std::string text;
  for (const SettingInfo& setting : AllSettings()) {
    const auto& [value, origin] = config.sources.at(std::string(setting.name));
    absl::StrAppend(&text, setting.name, ": ", JsonString(value), "  # ", ToString(origin), "\n");
  }
  return text;
}

std::string RenderHelp() {
  std::string text =
      "laureld: the Laurel loyalty server\n"
      "\n"
      "  laureld init --data-dir /var/lib/laurel/data --origin ledger.example.com/laurel\n"
      "  laureld serve --data-dir /var/lib/laurel/data\n"
      "  laureld check-config --config /etc/laurel/laureld.yaml\n"
      "\n"
      "Commands: serve (default), init, check-config\n"
      "  --config FILE  settings as YAML, with _ for - in their names\n"
      "  --print-config, --version, --help\n"
      "\n"
      "Signals:\n"
      "  SIGHUP           read the file again and take log_level from it; the rest needs a "
      "restart\n"
      "  SIGTERM, SIGINT  answer the calls that are in, then stop; again: stop at once\n"
      "\n"
      "Settings; the environment has them as LAUREL_NAME, where an unknown name is refused too:\n";
  for (const SettingInfo& setting : AllSettings()) {
    std::string flag = FlagOf(setting.name);
    if (!setting.placeholder.empty()) absl::StrAppend(&flag, " ", setting.placeholder);
    absl::StrAppend(&text, "  ", flag, "\n      ", setting.help);
    if (!setting.fallback.empty()) absl::StrAppend(&text, " [", setting.fallback, "]");
    text.push_back('\n');
  }
  return text;
}

}  // namespace laurel
