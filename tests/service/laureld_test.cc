// The daemon as an operator meets it: its commands, its exit codes, its signals.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;

std::string Binary() { return LAURELD; }

// A running laureld; both of its outputs are one text.
class Daemon {
 public:
  explicit Daemon(const std::vector<std::string>& arguments) {
    int pipe[2] = {-1, -1};
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
    std::vector<std::string> words = {Binary()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    output_ = pipe[0];
  }
  ~Daemon() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(output_);
  }

  // Reads until `word` has been said, or until the end.
  void ReadUntil(absl::string_view word) {
    char buffer[4096];
    while (!absl::StrContains(text_, word)) {
      const ssize_t length = ::read(output_, buffer, sizeof buffer);
      if (length <= 0) return;
      text_.append(buffer, static_cast<std::size_t>(length));
    }
  }
  // Waits for the end; returns the exit code, or -1 for a signal.
  int Wait() {
    ReadUntil("\x01 is never said");
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void Signal(int signal) const { ::kill(pid_, signal); }
  const std::string& text() const { return text_; }
  // The address behind "listening ".
  std::string Address() {
    ReadUntil("\"msg\":\"serving\"");
    constexpr absl::string_view kWord = "listening ";
    const std::size_t begin = text_.find(std::string(kWord));
    if (begin == std::string::npos) return "";
    const std::size_t end = text_.find('\n', begin);
    return text_.substr(begin + kWord.size(), end - begin - kWord.size());
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string text_;
};

class Laureld : public testing::Test {
 protected:
  Laureld() : data_(dir_.Path("data")) {
    if (!std::filesystem::exists(Binary())) skip_ = absl::StrCat("no laureld at ", Binary());
  }
  void SetUp() override {
    if (!skip_.empty()) GTEST_SKIP() << skip_;
  }
  std::vector<std::string> With(std::vector<std::string> more) const {
    std::vector<std::string> all = {"--data-dir",       data_, "--log-form",    "json",
                                    "--free-space-min", "0",   "--block-cache", "8MiB",
                                    "--write-buffer",   "1MiB"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  int Run(const std::vector<std::string>& arguments) {
    Daemon daemon(arguments);
    const int code = daemon.Wait();
    said_ = daemon.text();
    return code;
  }
  int Init() { return Run(With({"init", "--origin", "ledger.example.com/laurel"})); }

  const TempDir dir_;
  const std::string data_;
  std::string skip_;
  std::string said_;
};

TEST_F(Laureld, ServesWhatItHasMadeUntilItIsTold) {
  ASSERT_EQ(Init(), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("verifier key ledger.example.com/laurel/0+"));
  EXPECT_EQ(Init(), 78) << said_;
  for (int epoch = 1; epoch <= 2; ++epoch) {
    const std::string port_file = dir_.Path("port");
    Daemon daemon(With({"--listen", "127.0.0.1:0", "--port-file", port_file}));
    const std::string address = daemon.Address();
    ASSERT_THAT(address, HasSubstr("127.0.0.1:")) << daemon.text();
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    v1::GetServerInfoResponse info;
    const grpc::Status status =
        v1::AdminService::NewStub(channel)->GetServerInfo(&context, {}, &info);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(info.partitions(0).epoch(), static_cast<std::uint64_t>(epoch));
    EXPECT_TRUE(std::filesystem::exists(port_file));

    EXPECT_EQ(Run(With({"--listen", "127.0.0.1:0"})), 75);
    EXPECT_THAT(said_, HasSubstr("LOCKED"));

    daemon.Signal(epoch == 1 ? SIGTERM : SIGINT);
    EXPECT_EQ(daemon.Wait(), 0);
    EXPECT_THAT(daemon.text(), HasSubstr("\"msg\":\"stopped\""));
  }
}

TEST_F(Laureld, RefusesWhatItMustNotServe) {
  EXPECT_EQ(Run({"--lisen", "x"}), 2);
  EXPECT_EQ(Run({}), 78);
  EXPECT_EQ(Run(With({"--listen", "0.0.0.0:7300"})), 78);
  EXPECT_EQ(Run(With({"--listen", "127.0.0.1:0"})), 78);
  EXPECT_THAT(said_, HasSubstr("NOT_INITIALISED"));
  EXPECT_EQ(Run(With({"init"})), 78);
  EXPECT_THAT(said_, HasSubstr("origin: must be set"));
}

TEST_F(Laureld, TakesItsLogLevelAnewAtSighup) {
  ASSERT_EQ(Init(), 0) << said_;
  const std::string file = dir_.Path("laureld.yaml");
  const auto configure = [&file](absl::string_view text) { std::ofstream(file) << text; };
  configure("log_level: info\n");
  Daemon daemon(With({"--config", file, "--listen", "127.0.0.1:0"}));
  const auto channel = grpc::CreateChannel(daemon.Address(), grpc::InsecureChannelCredentials());
  const auto call = [&channel] {
    grpc::ClientContext context;
    v1::GetServerInfoResponse info;
    EXPECT_TRUE(v1::AdminService::NewStub(channel)->GetServerInfo(&context, {}, &info).ok());
  };
  call();
  configure("log_level: debug\nbatch_commands_max: 17\n");
  daemon.Signal(SIGHUP);
  daemon.ReadUntil("\"log_level\":\"debug\"");
  EXPECT_THAT(daemon.text(), HasSubstr("need a restart\",\"settings\":\"batch_commands_max\""));
  EXPECT_THAT(daemon.text(), testing::Not(HasSubstr("\"msg\":\"call\"")));
  call();
  daemon.ReadUntil("\"rpc_method\":\"GetServerInfo\"");
  configure("log_levle: info\n");
  daemon.Signal(SIGHUP);
  daemon.ReadUntil("the old one stays in force");
  EXPECT_THAT(daemon.text(), HasSubstr("did you mean log_level?"));
  configure("log_level: error\n");
  daemon.Signal(SIGHUP);
  daemon.ReadUntil("\"log_level\":\"error\"");
  daemon.Signal(SIGTERM);
  EXPECT_EQ(daemon.Wait(), 0);
  EXPECT_THAT(daemon.text(), testing::Not(HasSubstr("stopped")));
}

TEST_F(Laureld, NeverReplacesAKeyThatTheLedgerKnows) {
  ASSERT_EQ(Init(), 0) << said_;
  {
    Daemon daemon(With({"--listen", "127.0.0.1:0"}));
    const auto channel = grpc::CreateChannel(daemon.Address(), grpc::InsecureChannelCredentials());
    v1::CreateProgramRequest request;
    request.set_request_id("create-harbour");
    request.set_document(HarbourDocument());
    grpc::ClientContext context;
    v1::CreateProgramResponse response;
    ASSERT_TRUE(
        v1::ProgramService::NewStub(channel)->CreateProgram(&context, request, &response).ok());
    daemon.Signal(SIGTERM);
    EXPECT_EQ(daemon.Wait(), 0);
  }
  const std::string keys = data_ + ".keys";
  for (const char* name : {"identity.key", "signing.key"}) {
    const std::string file = absl::StrCat(keys, "/", name);
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    EXPECT_EQ(Run(With({"--listen", "127.0.0.1:0"})), 78);
    EXPECT_THAT(said_, HasSubstr("must have mode"));
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    std::filesystem::rename(file, file + ".away");
    EXPECT_EQ(Run(With({"--listen", "127.0.0.1:0"})), 78) << name << said_;
    EXPECT_FALSE(std::filesystem::exists(file));
    std::filesystem::rename(file + ".away", file);
  }
  EXPECT_EQ(Run(With({"check-config"})), 0) << said_;
}

}  // namespace
}  // namespace laurel
