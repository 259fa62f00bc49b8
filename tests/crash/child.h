#ifndef LAUREL_TESTS_CRASH_CHILD_H_
#define LAUREL_TESTS_CRASH_CHILD_H_

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/store/files.h"

namespace laurel {

inline constexpr int kCrashed = 137;  // the exit code of a crash point

// crash_child, with its standard output on a pipe.
class Child {
 public:
  Child(const std::vector<std::string>& arguments,
        const std::vector<std::string>& environment = {}) {
    int ends[2];
    LAUREL_CHECK(::pipe2(ends, O_CLOEXEC) == 0, "a pipe can be made");
    out_ = FileDescriptor(ends[0]);
    const FileDescriptor write_end(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), CRASH_CHILD);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::vector<std::string> variables = environment;
    for (char** variable = ::environ; *variable != nullptr; ++variable)
      variables.emplace_back(*variable);
    std::vector<char*> envp;
    for (std::string& variable : variables) envp.push_back(variable.data());
    envp.push_back(nullptr);
    LAUREL_CHECK(
        ::posix_spawn(&pid_, CRASH_CHILD, &actions, nullptr, argv.data(), envp.data()) == 0,
        "crash_child can be run");
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Child() {
    if (pid_ > 0) Kill();
  }

  // Waits until the child has written something or has ended; false after a minute or if it ended.
  bool IsReady() {
    constexpr int kPatienceMillis = 60'000;
    pollfd wanted{out_.get(), POLLIN, 0};
    char text[16];
    return ::poll(&wanted, 1, kPatienceMillis) == 1 && ::read(out_.get(), text, sizeof(text)) > 0;
  }
  // The exit code, or 128 + signal.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int Kill() {
    ::kill(pid_, SIGKILL);
    return Wait();
  }

 private:
  pid_t pid_ = 0;
  FileDescriptor out_;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_CRASH_CHILD_H_
