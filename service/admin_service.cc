#include <memory>
#include <utility>

#include "engine/version.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(Shell& shell, ServerIdentity identity)
      : shell_(shell), identity_(std::move(identity)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::GetServerInfoResponse* response) override {
    return shell_.Read(*context, *request, *response,
                       [this](ReadCall& read, const v1::GetServerInfoRequest&,
                              v1::GetServerInfoResponse& out) { return Tell(read, out); });
  }

 private:
  google::rpc::Status Tell(ReadCall& read, v1::GetServerInfoResponse& out) const {
    out.set_version(kVersion);
    out.set_ledger(identity_.ledger);
    out.set_data_format(identity_.data_format);
    v1::Partition& partition = *out.add_partitions();
    partition.set_partition(read.view.partition());
    partition.set_origin(identity_.origin);
    partition.set_vkey(identity_.vkey);
    partition.set_epoch(read.engine.epoch());
    partition.set_sequence(read.view.sequence());
    partition.set_checkpoint_size(read.engine.SignedSize());
    return {};
  }

  Shell& shell_;
  const ServerIdentity identity_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewAdminService(Shell& shell, ServerIdentity identity) {
  return std::make_unique<AdminService>(shell, std::move(identity));
}

}  // namespace laurel
