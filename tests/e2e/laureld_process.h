#ifndef LAUREL_TESTS_E2E_LAURELD_PROCESS_H_
#define LAUREL_TESTS_E2E_LAURELD_PROCESS_H_

#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"

namespace laurel {

// What a run of laureld that ended by itself left.
struct Exit {
  int code = 0;  // 128 + signal if one ended it
  std::string output;
  std::string errors;
};
// Runs the real binary until it ends.
Exit RunLaureld(const std::vector<std::string>& arguments);

// A laureld that serves a data directory on a free port of the loopback, and may be killed and
// started again under its clients. Start, Kill and Stop from one thread; the others from any.
class LaureldProcess {
 public:
  // The directory must have been initialised.
  explicit LaureldProcess(std::string data_dir);
  ~LaureldProcess();

  // Serves; fails the test and returns false if that does not come about in half a minute.
  bool Start();
  void Kill();  // -9
  // SIGTERM, and the exit code.
  int Stop();
  void Terminate();  // SIGTERM, without waiting
  int Wait();

  std::shared_ptr<grpc::Channel> channel() const;

  // Calls `stub.*method` until it is answered by something else than UNAVAILABLE, across restarts,
  // for at most half a minute. Each attempt is the same request.
  template <class Service, class Request, class Response>
  grpc::Status Call(grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
                    const Request& request, Response* response) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (true) {
      const std::unique_ptr<typename Service::Stub> stub = Service::NewStub(channel());
      grpc::ClientContext context;
      context.set_deadline(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(20, GPR_TIMESPAN)));
      const grpc::Status status = (stub.get()->*method)(&context, request, response);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
          std::chrono::steady_clock::now() > until)
        return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  const std::string& data_dir() const { return data_dir_; }
  // What the processes have written to standard error.
  std::string log() const;

 private:
  const std::string data_dir_;
  pid_t pid_ = 0;
  mutable Mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace laurel

#endif  // LAUREL_TESTS_E2E_LAURELD_PROCESS_H_
