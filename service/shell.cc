#include "service/shell.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "google/rpc/code.pb.h"

namespace laurel {

void Shell::Finish(const Call& call, const google::rpc::Status& status) const {
  if (!call.method.empty()) {
    const std::int64_t micros = clock_.Now().micros() - call.begun_at.micros();
    const std::int64_t fraction = micros % kMicrosPerSecond;
    log_.Write(LogLevel::kDebug, "call",
               {{"rpc_method", std::string(call.method.substr(0, call.method.size() - 7))},
                {"code", google::rpc::Code_Name(static_cast<google::rpc::Code>(status.code()))},
                {"reason", ReasonOf(status)},
                {"duration_s", absl::StrCat(micros / kMicrosPerSecond, ".",
                                            absl::Dec(fraction, absl::kZeroPad6))},
                {"request_id", std::string(call.request_id)}});
  }
  call.reactor->Finish(ToAnswer(*call.context, status));
}

grpc::Status Shell::ToAnswer(grpc::CallbackServerContext& context,
                             const google::rpc::Status& status) {
  if (status.code() == 0) return grpc::Status::OK;
  if (const std::optional<std::int64_t> retry = RetryMillis(status)) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(*retry));
  }
  return ToGrpc(status);
}

void Shell::OnPool(const Call& call, Pool::Task task) const {
  if (!pool_.Submit(std::move(task))) Finish(call, Overloaded());
}

std::int64_t Shell::MicrosLeft(const grpc::CallbackServerContext& context) const {
  const auto deadline = context.deadline();
  if (deadline == decltype(deadline)::max()) return kDefaultDeadlineMicros;
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::microseconds>(deadline.time_since_epoch()).count();
  return std::min(at - clock_.Now().micros(), kDefaultDeadlineMicros);
}

google::rpc::Status Shell::DeadlineTooShort() {
  return ToRpcStatus(WithReason(
      absl::DeadlineExceededError(absl::StrCat("deadline: must leave at least ",
                                               kWriteMicrosMin / 1'000, " ms, was shorter")),
      "DEADLINE_TOO_SHORT"));
}

google::rpc::Status Shell::Draining() {
  return ToRpcStatus(
      WithReason(absl::UnavailableError("server: must be serving, was draining"), "DRAINING"));
}

google::rpc::Status Shell::Overloaded() {
  return ToRpcStatus(
      WithReason(absl::UnavailableError("queue of reads: must have room, was full"), "OVERLOADED"));
}

google::rpc::Status Shell::Failed(const absl::Status& status) const {
  google::rpc::Status failed = ToRpcStatus(status);
  if (failed.code() == google::rpc::INTERNAL || failed.code() == google::rpc::DATA_LOSS) {
    log_.Write(LogLevel::kError, status.message(),
               {{"code", google::rpc::Code_Name(static_cast<google::rpc::Code>(failed.code()))},
                {"reason", ReasonOf(failed)}});
  }
  return failed;
}

bool Shell::WaitFor(const Call& call, std::uint64_t sequence) const {
  if (sequence <= engine_.sequence()) return true;
  const std::int64_t patience =
      std::clamp<std::int64_t>(MicrosLeft(*call.context) - kWriteMicrosMin, 0, kReadWaitMicrosMax);
  if (engine_.WaitFor(sequence, patience)) return true;
  Finish(call, ToRpcStatus(WithReason(
                   absl::UnavailableError(absl::StrCat("at_least_sequence: must be reached, was ",
                                                       sequence, " at ", engine_.sequence())),
                   "NOT_LEADER")));
  return false;
}

}  // namespace laurel
