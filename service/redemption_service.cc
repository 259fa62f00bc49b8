#include <memory>

#include "laurel/v1/redemption_service.grpc.pb.h"
#include "service/convert_points.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

class RedemptionService final : public v1::RedemptionService::CallbackService {
 public:
  explicit RedemptionService(Shell& shell) : shell_(shell) {}

  grpc::ServerUnaryReactor* Redeem(grpc::CallbackServerContext* context,
                                   const v1::RedeemRequest* request,
                                   v1::RedeemResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseRedeem, RenderRedeem);
  }
  grpc::ServerUnaryReactor* ReverseRedemption(grpc::CallbackServerContext* context,
                                              const v1::ReverseRedemptionRequest* request,
                                              v1::ReverseRedemptionResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseReverseRedemption,
                        RenderReverseRedemption, Place::kPool);
  }

 private:
  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewRedemptionService(Shell& shell) {
  return std::make_unique<RedemptionService>(shell);
}

}  // namespace laurel
