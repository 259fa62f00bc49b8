#include "bench/child_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/store/files.h"

namespace laurel::bench {
namespace {

constexpr absl::string_view kListening = "listening ";

// Up to the end of the first line; shorter if the writer ended.
std::string ReadLine(int fd) {
  std::string line;
  char c;
  while (::read(fd, &c, 1) == 1 && c != '\n') line.push_back(c);
  return line;
}

}  // namespace

void EndWithParent() { ::prctl(PR_SET_PDEATHSIG, SIGTERM); }

absl::StatusOr<std::unique_ptr<ChildServer>> ChildServer::Start(
    const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus("pipe", "server");
  std::vector<std::string> words = {"laurel-bench"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(ends[0]);
    return absl::InternalError(absl::StrCat("server: must start, was refused with errno ", failed));
  }
  auto server = std::unique_ptr<ChildServer>(new ChildServer(pid, ends[0]));
  const std::string line = ReadLine(ends[0]);
  if (!absl::StartsWith(line, kListening)) {
    return absl::InternalError(absl::StrCat("server: must print its address, was \"", line, "\""));
  }
  server->address_ = std::string(absl::StripPrefix(line, kListening));
  return server;
}

ChildServer::~ChildServer() {
  Stop().IgnoreError();
  ::close(output_);
}

double ChildServer::CpuSeconds() const {
  std::ifstream in(absl::StrCat("/proc/", pid_, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::size_t name_end = text.rfind(')');  // the name may hold blanks
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, kernel = 0;  // fields 14 and 15
  fields >> user >> kernel;
  return (user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t ChildServer::MemoryPeakBytes() const {
  std::ifstream in(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string word; in >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "VmHWM:" && in >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

absl::Status ChildServer::Stop() {
  if (pid_ <= 0) return absl::OkStatus();
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("server: must end with 0, was wait status ", status));
}

}  // namespace laurel::bench
