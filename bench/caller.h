#ifndef LAUREL_BENCH_CALLER_H_
#define LAUREL_BENCH_CALLER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/histogram.h"
#include "bench/stopwatch.h"

namespace laurel::bench {

// How a server is called: the same for the floor and for what is measured.
struct CallOptions {
  int in_flight = 64;
  int threads = 1;
  double warmup_seconds = 0.5;  // not counted
  double seconds = 3;
};

struct CallResult {
  std::uint64_t calls = 0;     // good ones that ended within the counted time
  std::uint64_t all_good = 0;  // with those of the warm-up and of the end
  std::uint64_t failed = 0;
  std::string first_failure;
  double seconds = 0;      // counted
  double cpu_seconds = 0;  // of this process, warm-up included
  Histogram latency_ns;    // of the calls counted
};

// One kind of call. Its functions run on several threads.
template <class RequestType, class ResponseType>
struct CallKind {
  using Request = RequestType;
  using Response = ResponseType;
  std::function<void(Request&)> fill;  // a cleared request
  std::function<std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>(
      std::size_t call, grpc::ClientContext*, const Request&, grpc::CompletionQueue*)>
      prepare;
  std::function<std::string(const Response&)>
      failure_of;  // empty if the answer is good; may be unset
};

// Keeps calls in flight on one completion queue until the time is up and all are answered.
template <class Kind>
CallResult RunOneThread(const Kind& kind, int in_flight, const CallOptions& options,
                        const Stopwatch& watch) {
  struct Slot {
    std::size_t number = 0;
    std::optional<grpc::ClientContext> context;
    typename Kind::Request request;
    typename Kind::Response response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<typename Kind::Response>> reader;
    std::int64_t started = 0;
  };
  grpc::CompletionQueue queue;
  CallResult result;
  const auto start = [&](Slot& slot) {
    slot.request.Clear();
    kind.fill(slot.request);
    slot.context.emplace();
    slot.reader = kind.prepare(slot.number, &*slot.context, slot.request, &queue);
    slot.started = watch.Nanos();
    slot.reader->StartCall();
    slot.reader->Finish(&slot.response, &slot.status, &slot);
  };
  const std::int64_t from = static_cast<std::int64_t>(options.warmup_seconds * 1e9);
  const std::int64_t until = from + static_cast<std::int64_t>(options.seconds * 1e9);
  std::vector<Slot> slots(static_cast<std::size_t>(in_flight));
  for (std::size_t i = 0; i < slots.size(); ++i) {
    slots[i].number = i;
    start(slots[i]);
  }
  int left = in_flight;
  void* tag = nullptr;
  bool is_ok = false;
  while (left > 0 && queue.Next(&tag, &is_ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    const std::int64_t now = watch.Nanos();
    std::string failure;
    if (!slot.status.ok()) {
      failure = slot.status.error_message();
    } else if (kind.failure_of) {
      failure = kind.failure_of(slot.response);
    }
    if (!failure.empty() && result.failed++ == 0) result.first_failure = failure;
    if (failure.empty()) {
      ++result.all_good;
      if (now >= from && now < until) {
        ++result.calls;
        result.latency_ns.Record(now - slot.started);
      }
    }
    if (now < until) {
      start(slot);
    } else {
      --left;
    }
  }
  queue.Shutdown();
  while (queue.Next(&tag, &is_ok)) {
  }
  return result;
}

template <class Kind>
CallResult RunCalls(const Kind& kind, const CallOptions& options) {
  std::vector<CallResult> results(static_cast<std::size_t>(options.threads));
  const double cpu_before = CpuSeconds();
  const Stopwatch watch;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) {
    const int in_flight =
        options.in_flight / options.threads + (i < options.in_flight % options.threads ? 1 : 0);
    threads.emplace_back(
        [&kind, &options, &watch, in_flight, result = &results[static_cast<std::size_t>(i)]] {
          *result = RunOneThread(kind, in_flight, options, watch);
        });
  }
  for (std::thread& thread : threads) thread.join();
  CallResult sum;
  for (CallResult& result : results) {
    sum.calls += result.calls;
    sum.all_good += result.all_good;
    sum.failed += result.failed;
    if (sum.first_failure.empty()) sum.first_failure = std::move(result.first_failure);
    sum.latency_ns.Merge(result.latency_ns);
  }
  sum.seconds = options.seconds;
  sum.cpu_seconds = CpuSeconds() - cpu_before;
  return sum;
}

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_CALLER_H_
