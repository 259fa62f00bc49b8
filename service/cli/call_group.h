#ifndef LAUREL_SERVICE_CLI_CALL_GROUP_H_
#define LAUREL_SERVICE_CLI_CALL_GROUP_H_

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/mutex.h"

namespace laurel::cli {

// One call of several that run at once.
template <class Request, class Response>
struct PendingCall {
  grpc::ClientContext context;
  Request request;
  Response response;
  grpc::Status status;
};
template <class Request, class Response>
using PendingCalls = std::vector<std::unique_ptr<PendingCall<Request, Response>>>;

// Runs calls side by side. Cancel may be called by any thread, Run by one at a time.
class CallGroup {
 public:
  // Starts all calls and waits for all answers, each at most `timeout_micros`. `start` is given
  // context, request, response and what to call with the status at the end: what a stub's async()
  // methods take.
  template <class Request, class Response, class Start>
  void Run(PendingCalls<Request, Response>& calls, std::int64_t timeout_micros, Start start) {
    {
      MutexLock lock(&mutex_);
      answers_left_ = calls.size();
      for (const auto& call : calls) {
        const auto timeout = gpr_time_from_micros(timeout_micros, GPR_TIMESPAN);
        call->context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), timeout));
        in_flight_.push_back(&call->context);
        if (is_cancelled_) call->context.TryCancel();
      }
    }
    for (const auto& call : calls) {
      start(&call->context, &call->request, &call->response,
            [this, target = call.get()](grpc::Status status) {
              target->status = std::move(status);
              MutexLock lock(&mutex_);
              --answers_left_;
              answered_.NotifyAll();
            });
    }
    MutexLock lock(&mutex_);
    while (answers_left_ > 0) answered_.Wait(&mutex_);
    in_flight_.clear();
  }

  // Ends what is on its way, and whatever is started later, with CANCELLED.
  void Cancel() {
    MutexLock lock(&mutex_);
    is_cancelled_ = true;
    for (grpc::ClientContext* context : in_flight_) context->TryCancel();
  }

 private:
  Mutex mutex_;
  CondVar answered_;
  std::size_t answers_left_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<grpc::ClientContext*> in_flight_ ABSL_GUARDED_BY(mutex_);
  bool is_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_CALL_GROUP_H_
