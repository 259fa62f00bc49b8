#include "service/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Config> Load(const std::vector<std::string>& arguments,
                            const Environment& variables = {}) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  if (!line.ok()) return line.status();
  return LoadConfig(*line, variables);
}

std::string Problem(const std::vector<std::string>& arguments, const Environment& variables = {}) {
  return std::string(Load(arguments, variables).status().message());
}

std::string WriteFile(const TempDir& dir, absl::string_view text) {
  const std::string path = dir.Path("laureld.yaml");
  std::ofstream(path) << text;
  return path;
}

TEST(Config, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const TempDir dir;
  const std::string file =
      WriteFile(dir, "data_dir: /file\nlisten: 127.0.0.1:1\nlog_level: error\n");
  const absl::StatusOr<Config> config =
      Load({"--config", file, "--data-dir=/flag"},
           {{"LAUREL_DATA_DIR", "/environment"}, {"LAUREL_LISTEN", "127.0.0.1:2"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_dir, "/flag");
  EXPECT_EQ(config->listen, "127.0.0.1:2");
  EXPECT_EQ(config->log_level, LogLevel::kError);
  EXPECT_EQ(config->batch_commands_max, 256);
  const std::string printed = RenderConfig(*config);
  EXPECT_THAT(printed, HasSubstr("data_dir: \"/flag\"  # flag\n"));
  EXPECT_THAT(printed, HasSubstr("listen: \"127.0.0.1:2\"  # environment\n"));
  EXPECT_THAT(printed, HasSubstr("log_level: \"error\"  # file\n"));
  EXPECT_THAT(printed, HasSubstr("batch_commands_max: \"256\"  # default\n"));
}

TEST(Config, PrintedConfigurationIsAFile) {
  const TempDir dir;
  const absl::StatusOr<Config> config = Load({"--data-dir", "/d", "--drain-delay", "250ms"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->drain_delay_micros, 250'000);
  const absl::StatusOr<Config> again = Load({"--config", WriteFile(dir, RenderConfig(*config))});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->drain_delay_micros, 250'000);
  EXPECT_EQ(again->data_dir, "/d");
}

TEST(Config, UnknownWordsGetASuggestion) {
  const TempDir dir;
  EXPECT_EQ(Problem({"--lisen", "x"}), "--lisen: unknown flag; did you mean --listen?");
  EXPECT_EQ(Problem({"--data_dir", "x"}), "--data_dir: unknown flag; did you mean --data-dir?");
  EXPECT_EQ(Problem({"sreve"}), "sreve: unknown command; did you mean serve?");
  EXPECT_EQ(Problem({"--data-dir"}), "--data-dir: must have a value, was the last word");
  EXPECT_THAT(Problem({"--config", WriteFile(dir, "data_dir: /d\nlog_levle: info\n")}),
              HasSubstr("2: log_levle: unknown setting; did you mean log_level?"));
  EXPECT_THAT(Problem({"--config", WriteFile(dir, "data_dir: [a]\n")}),
              HasSubstr("data_dir: must be one value"));
  EXPECT_THAT(Problem({"--config", WriteFile(dir, "data_dir: {\n")}), HasSubstr("must be YAML"));
  EXPECT_THAT(Problem({"--config", dir.Path("none")}), HasSubstr("none"));
}

TEST(Config, UnknownVariablesAreNoticed) {
  EXPECT_EQ(Problem({"--data-dir=/d"}, {{"LAUREL_LISEN", "127.0.0.1:1"}}),
            "LAUREL_LISEN: unknown setting; did you mean LAUREL_LISTEN? (environment)");
  EXPECT_EQ(Problem({"--data-dir=/d"}, {{"LAUREL_CONFG", "/f"}}),
            "LAUREL_CONFG: unknown setting; did you mean LAUREL_CONFIG? (environment)");
  EXPECT_EQ(Problem({"--data-dir=/d"}, {{"LAUREL_PORT", "7300"}, {"LAUREL_data_dir", "/d"}}),
            "LAUREL_PORT: unknown setting (environment)\n"
            "LAUREL_data_dir: unknown setting (environment)");
  EXPECT_THAT(Problem({}, {{"LAUREL_DATADIR", "/d"}}), HasSubstr("data_dir: must be set"));
}

TEST(Config, VariablesOfOthersAreLeftAlone) {
  const absl::StatusOr<Config> config =
      Load({"--data-dir=/d"}, {
                                  {"PATH", "/bin"},
                                  {"LAURELS", "many"},
                                  {"LAUREL_SERVER", "a:1"},
                                  {"LAUREL_PROGRAM", "stars"},
                                  {"LAUREL_SEED", "1"},
                                  {"LAUREL_SERVICE_HOST", "h"},
                                  {"LAUREL_SERVICE_PORT", "1"},
                                  {"LAUREL_SERVICE_PORT_GRPC", "1"},
                                  {"LAUREL_PORT", "tcp://h:1"},
                                  {"LAUREL_PORT_1_TCP", "tcp://h:1"},
                                  {"LAUREL_PORT_1_TCP_ADDR", "h"},
                                  {"LAUREL_API_PORT_1_TCP_PROTO", "tcp"},
                              });
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST(Config, AllThatIsWrongIsTold) {
  const std::string problem =
      Problem({"--listen", "nowhere", "--log-level=loud", "--batch-commands-max", "0"},
              {{"LAUREL_FREE_SPACE_MIN", "much"}});
  EXPECT_THAT(problem, HasSubstr("data_dir: must be set, was empty (default)"));
  EXPECT_THAT(problem, HasSubstr("listen: must be host:port, was nowhere (flag)"));
  EXPECT_THAT(problem,
              HasSubstr("log_level: must be debug, info, warning, error, was loud (flag)"));
  EXPECT_THAT(problem, HasSubstr("batch_commands_max: must be 1 to 4096, was 0 (flag)"));
  EXPECT_THAT(problem, HasSubstr("free_space_min: must be a number of bytes"));
}

TEST(Config, ApprovalsAreAskedForWhereStrangersCall) {
  struct Row {
    std::vector<std::string> arguments;
    const char* quorum;
  };
  const Row kRows[] = {
      {{}, "none"},
      {{"--insecure", "--listen", "0.0.0.0:7300"}, "1"},
      {{"--approvals", "2"}, "2"},
      {{"--approvals=MARKETING=1,FINANCE=1"}, "MARKETING=1,FINANCE=1"},
      {{"--insecure", "--listen", "0.0.0.0:7300", "--approvals", "none"}, "none"},
  };
  for (const Row& row : kRows) {
    std::vector<std::string> arguments = {"--data-dir=/d"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const absl::StatusOr<Config> config = Load(arguments);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(ToString(config->approvals), row.quorum);
  }
  EXPECT_THAT(Problem({"--data-dir=/d", "--approvals", "many"}),
              HasSubstr("approvals: must be none, auto, a number up to 9"));
  EXPECT_THAT(Problem({"--data-dir=/d", "--approvals", "ADMIN=1"}),
              HasSubstr("approvals: must name roles that approve"));
}

TEST(Config, PeopleAreLimitedWhereStrangersCall) {
  struct Row {
    std::vector<std::string> arguments;
    const char* limits;
  };
  for (const Row& row :
       {Row{{}, "none"}, Row{{"--insecure", "--listen", "0.0.0.0:7300"}, "10000"},
        Row{{"--adjust-limits", "AGENT=200/2000,10000"}, "AGENT=200/2000,10000"},
        Row{{"--insecure", "--listen", "0.0.0.0:7300", "--adjust-limits=none"}, "none"}}) {
    std::vector<std::string> arguments = {"--data-dir=/d"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const absl::StatusOr<Config> config = Load(arguments);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(ToString(config->adjust_limits), row.limits);
  }
  EXPECT_THAT(Problem({"--data-dir=/d", "--approval-limits", "AGENT=5"}),
              HasSubstr("approval_limits: must name roles that approve, FINANCE, was AGENT"));
  EXPECT_THAT(Problem({"--data-dir=/d", "--adjust-limits", "much"}),
              HasSubstr("adjust_limits: must be none, auto, points a day such as 10000"));
  EXPECT_THAT(Problem({"--data-dir=/d", "--adjust-limits", "POS=5"}),
              HasSubstr("adjust_limits: must name roles that adjust, AGENT or FINANCE, was POS"));
}

TEST(Config, TransfersKeepTheirEndsUnlessToldOtherwise) {
  EXPECT_EQ(ToString(Load({"--data-dir=/d"})->transfers), "PRESERVE");
  EXPECT_EQ(ToString(Load({"--data-dir=/d", "--transfers", "FRESH,fee=10,month=500"})->transfers),
            "FRESH,fee=10,month=500");
  for (const char* wrong : {"", "fresh", "FRESH,fee=0", "FRESH,fee=100", "PRESERVE,month=0",
                            "PRESERVE,fee=1,fee=2", "PRESERVE,x=1", "PRESERVE,month=+5"}) {
    EXPECT_THAT(Problem({"--data-dir=/d", absl::StrCat("--transfers=", wrong)}),
                HasSubstr("transfers: must be PRESERVE or FRESH"))
        << wrong;
  }
}

TEST(Config, PointsMayComeBackForThirtyDaysUnlessToldOtherwise) {
  EXPECT_EQ(Load({"--data-dir=/d"})->reinstate_days, 30);
  EXPECT_EQ(Load({"--data-dir=/d", "--reinstate-days=0"})->reinstate_days, 0);
  EXPECT_THAT(Problem({"--data-dir=/d", "--reinstate-days=-1"}),
              HasSubstr("reinstate_days: must be 0 to 3650, was -1"));
}

TEST(Config, OtherMachinesAreServedOnlyOnDemand) {
  for (const char* listen : {"0.0.0.0:7300", "10.0.0.1:7300", "[::]:7300", "example.com:7300"}) {
    EXPECT_THAT(Problem({"--data-dir=/d", "--listen", listen}),
                HasSubstr("must be a loopback address"))
        << listen;
    const absl::StatusOr<Config> config = Load({"--data-dir=/d", "--insecure", "--listen", listen});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_FALSE(config->is_loopback);
    EXPECT_EQ(config->drain_delay_micros, 5'000'000);
  }
  for (const char* listen : {"127.0.0.1:0", "localhost:7300", "[::1]:7300", "unix:/run/laurel"}) {
    const absl::StatusOr<Config> config = Load({"--data-dir=/d", "--listen", listen});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_TRUE(config->is_loopback) << listen;
    EXPECT_EQ(config->drain_delay_micros, 0);
  }
}

TEST(Config, KeysLieOutsideTheData) {
  const absl::StatusOr<Config> config = Load({"--data-dir", "/var/lib/laurel/data/"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->identity_key_file, "/var/lib/laurel/data.keys/identity.key");
  EXPECT_EQ(config->signing_key_file, "/var/lib/laurel/data.keys/signing.key");
  EXPECT_THAT(Problem({"--data-dir=/d", "--signing-key-file=/d/signing.key"}),
              HasSubstr("signing_key_file: must lie outside the data directory"));
}

TEST(Config, ChangesAreFoundByText) {
  const absl::StatusOr<Config> before = Load({"--data-dir=/d", "--log-level=info"});
  const absl::StatusOr<Config> after =
      Load({"--data-dir=/d", "--log-level=debug", "--listen=127.0.0.1:1"});
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_THAT(ChangedSettings(*before, *after), testing::ElementsAre("listen", "log_level"));
  EXPECT_THAT(ChangedSettings(*before, *before), testing::IsEmpty());
}

TEST(Config, EverySettingIsInTheHelp) {
  for (const SettingInfo& setting : AllSettings()) {
    std::string flag = "--" + std::string(setting.name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    EXPECT_THAT(RenderHelp(), HasSubstr(flag));
    EXPECT_FALSE(setting.help.empty());
  }
}

TEST(ParseBytes, KnowsItsUnits) {
  EXPECT_EQ(*ParseBytes("0"), 0);
  EXPECT_EQ(*ParseBytes("1KiB"), 1'024);
  EXPECT_EQ(*ParseBytes("2GiB"), std::int64_t{2} << 30);
  for (const char* text : {"", "GiB", "1GB", "-1", "1.5GiB", "9999999TiB", "1 GiB"}) {
    EXPECT_FALSE(ParseBytes(text).ok()) << text;
  }
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(*ParseDuration("250ms"), 250'000);
  EXPECT_EQ(*ParseDuration("5s"), 5'000'000);
  EXPECT_EQ(*ParseDuration("2m"), 120'000'000);
  for (const char* text : {"", "5", "s", "-1s", "1h", "1.5s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

}  // namespace
}  // namespace laurel
