#include "service/service_set.h"

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "service/pool.h"
#include "service/shell.h"
#include "service/simulations.h"

namespace laurel {
namespace {

constexpr int kReadThreads = 4;
constexpr std::size_t kReadQueueMax = 1'024;
constexpr int kReceiveBytesMax = 4 << 20;
constexpr int kSendBytesMax = 16 << 20;  // a page of 1,000 long entries

}  // namespace

ServiceSet::ServiceSet(Engine& engine, const IdentityHasher& hasher, const Log& log,
                       ServerIdentity identity, std::string simulations_folder)
    : pool_(std::make_unique<Pool>(kReadThreads, kReadQueueMax)),
      shell_(std::make_unique<Shell>(engine, hasher, *pool_, log)),
      simulations_(std::make_unique<Simulations>(
          engine, SimulationFiles(std::move(simulations_folder), log))) {
  services_.push_back(NewMemberService(*shell_));
  services_.push_back(NewPointsService(*shell_));
  services_.push_back(NewRedemptionService(*shell_));
  services_.push_back(NewTierService(*shell_));
  services_.push_back(NewProgramService(*shell_, *simulations_));
  services_.push_back(NewSimulationService(*shell_, *simulations_));
  services_.push_back(NewLedgerService(*shell_));
  services_.push_back(NewAdminService(*shell_, std::move(identity)));
}

ServiceSet::~ServiceSet() = default;

void ServiceSet::AddTo(grpc::ServerBuilder& builder) {
  for (const auto& service : services_) builder.RegisterService(service.get());
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.SetMaxSendMessageSize(kSendBytesMax);
  // Tills ping once a minute over long connections; a connection ends after a while, so that
  // callers spread over servers again.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 15 * 60'000);
  // Two servers on one port would share its calls without knowing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

bool ServiceSet::Drain(std::chrono::microseconds patience) {
  shell_->intake().Close();
  simulations_->Stop();
  if (!shell_->intake().WaitUntilEmpty(patience)) return false;
  pool_->Stop();  // its last tasks may still be putting away what they have read
  return true;
}

const std::vector<std::string>& ServiceSet::Names() {
  static const auto* const names = new std::vector<std::string>{
      "laurel.v1.MemberService", "laurel.v1.PointsService",    "laurel.v1.RedemptionService",
      "laurel.v1.TierService",   "laurel.v1.ProgramService",   "laurel.v1.LedgerService",
      "laurel.v1.AdminService",  "laurel.v1.SimulationService"};
  return *names;
}

}  // namespace laurel
