#include "service/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "service/cli/exit_code.h"

namespace laurel::cli {
namespace {

// Lock-free, so a signal handler may use them.
std::atomic<bool> is_watched = false;
std::atomic<bool> is_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void OnSignal(int) {
  if (!is_watched || is_interrupted.exchange(true))
    ::_exit(static_cast<int>(ExitCode::kInterrupted));
}

}  // namespace

void InstallInterruptHandler() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
}

InterruptWatch::InterruptWatch() { is_watched = true; }
InterruptWatch::~InterruptWatch() { is_watched = false; }

bool IsInterrupted() { return is_interrupted; }

}  // namespace laurel::cli
