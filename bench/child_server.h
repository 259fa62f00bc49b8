#ifndef LAUREL_BENCH_CHILD_SERVER_H_
#define LAUREL_BENCH_CHILD_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace laurel::bench {

// A server in a process of its own, so that its processor time is not the client's. The process is
// this same executable with other arguments; it prints "listening HOST:PORT" on standard output
// once it serves, and ends on SIGTERM.
class ChildServer {
 public:
  // Returns when the server listens.
  static absl::StatusOr<std::unique_ptr<ChildServer>> Start(
      const std::vector<std::string>& arguments);
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  const std::string& address() const { return address_; }
  // Processor time used so far by all its threads, to 10 ms.
  double CpuSeconds() const;
  // The most memory that was resident at once; 0 after Stop.
  std::uint64_t MemoryPeakBytes() const;
  // Ends it and waits. INTERNAL if it did not end with 0.
  absl::Status Stop();

 private:
  ChildServer(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  std::string address_;
};

// To be called first in the child: it ends when its parent does.
void EndWithParent();

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_CHILD_SERVER_H_
