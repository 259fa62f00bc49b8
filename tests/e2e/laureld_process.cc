#include "tests/e2e/laureld_process.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/store/files.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

// Starts laureld with its output in files; appends to `errors`.
pid_t Spawn(std::vector<std::string> words, const std::string& output, const std::string& errors) {
  words.insert(words.begin(), LAURELD);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = 0;
  LAUREL_CHECK(::posix_spawn(&pid, LAURELD, &actions, nullptr, argv.data(), ::environ) == 0,
               "laureld can be run");
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Exit RunLaureld(const std::vector<std::string>& arguments) {
  const TempDir dir;
  const pid_t pid = Spawn(arguments, dir.Path("output"), dir.Path("errors"));
  Exit exit;
  exit.code = WaitFor(pid);
  exit.output = *ReadFile(dir.Path("output"));
  exit.errors = *ReadFile(dir.Path("errors"));
  return exit;
}

LaureldProcess::LaureldProcess(std::string data_dir) : data_dir_(std::move(data_dir)) {}

LaureldProcess::~LaureldProcess() {
  if (pid_ > 0) Kill();
}

bool LaureldProcess::Start() {
  const std::string port_file = absl::StrCat(data_dir_, ".port");
  std::filesystem::remove(port_file);
  pid_ = Spawn({"serve", "--data-dir", data_dir_, "--listen", "127.0.0.1:0", "--port-file",
                port_file, "--free-space-min", "0", "--checkpoint-interval", "20ms",
                "--block-cache", "16MiB", "--write-buffer", "4MiB"},
               absl::StrCat(data_dir_, ".out"), absl::StrCat(data_dir_, ".log"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!std::filesystem::exists(port_file)) {
    int status = 0;
    const bool has_ended = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (has_ended || std::chrono::steady_clock::now() > until) {
      if (has_ended) pid_ = 0;
      ADD_FAILURE() << "laureld does not serve:\n" << log();
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const std::string text = *ReadFile(port_file);
  const std::string address = absl::StrCat("127.0.0.1:", absl::StripAsciiWhitespace(text));
  MutexLock lock(&mutex_);
  channel_ = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  return true;
}

void LaureldProcess::Kill() {
  ::kill(pid_, SIGKILL);
  Wait();
}

void LaureldProcess::Terminate() { ::kill(pid_, SIGTERM); }

int LaureldProcess::Wait() {
  const int code = WaitFor(pid_);
  pid_ = 0;
  return code;
}

int LaureldProcess::Stop() {
  Terminate();
  return Wait();
}

std::shared_ptr<grpc::Channel> LaureldProcess::channel() const {
  MutexLock lock(&mutex_);
  return channel_;
}

std::string LaureldProcess::log() const {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(data_dir_, ".log"));
  return text.ok() ? *text : text.status().ToString();
}

}  // namespace laurel
