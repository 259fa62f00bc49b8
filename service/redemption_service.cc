#include <memory>

#include "laurel/v1/redemption_service.grpc.pb.h"
#include "service/convert_points.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

google::rpc::Status GetHoldNow(ReadCall& read, const v1::GetHoldRequest& request,
                               v1::GetHoldResponse& response) {
  const std::optional<NamedHold> named = ParseHoldField(request.name(), read.parse.violations);
  if (!named) return {};
  State& state = read.view.state();
  const Rejected unknown{Rejection::kHoldNotFound, {}};
  const std::optional<MemberId> holder = state.Resolve(named->program, named->hold.member);
  if (!holder) return ToRpcStatus(unknown, named->program);
  AdvancePoints(state, *holder, read.now);
  const std::optional<HoldKey> key = state.FindHold(named->hold);
  const Hold* hold = key ? state.holds.Find(*key) : nullptr;
  if (hold == nullptr) return ToRpcStatus(unknown, named->program);
  RenderReadHeader(read, response);
  RenderHold(named->program, read.view.partition(), *key, *hold, *response.mutable_hold());
  return {};
}

google::rpc::Status ListHoldsNow(ReadCall& read, const v1::ListHoldsRequest& request,
                                 v1::ListHoldsResponse& response) {
  constexpr MemberIndex kHolds = {
      "ListHolds", HoldRange, [](PartitionId partition, MemberId member, std::uint64_t sequence) {
        return EncodeKey(partition, HoldKey{member, sequence});
      }};
  State& state = read.view.state();
  google::rpc::Status status;
  const std::optional<FoundMember> member = FindMember(read, request, status);
  if (!member) return status;
  AdvancePoints(state, member->id, read.now);
  return ListOfMember(read, kHolds, request, response, [&](std::uint64_t sequence) {
    const std::optional<HoldKey> key = state.FindHold(HoldKey{member->id, sequence});
    const Hold* hold = key ? state.holds.Find(*key) : nullptr;
    if (hold != nullptr) {
      RenderHold(member->program, read.view.partition(), *key, *hold, *response.add_holds());
    }
    return google::rpc::Status();
  });
}

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
  grpc::ServerUnaryReactor* HoldPoints(grpc::CallbackServerContext* context,
                                       const v1::HoldPointsRequest* request,
                                       v1::HoldPointsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseHoldPoints, RenderHoldPoints);
  }
  grpc::ServerUnaryReactor* CaptureHold(grpc::CallbackServerContext* context,
                                        const v1::CaptureHoldRequest* request,
                                        v1::CaptureHoldResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseCaptureHold, RenderCaptureHold,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* VoidHold(grpc::CallbackServerContext* context,
                                     const v1::VoidHoldRequest* request,
                                     v1::VoidHoldResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseVoidHold, RenderVoidHold, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetHold(grpc::CallbackServerContext* context,
                                    const v1::GetHoldRequest* request,
                                    v1::GetHoldResponse* response) override {
    return shell_.Read(*context, *request, *response, GetHoldNow);
  }
  grpc::ServerUnaryReactor* ListHolds(grpc::CallbackServerContext* context,
                                      const v1::ListHoldsRequest* request,
                                      v1::ListHoldsResponse* response) override {
    return shell_.Read(*context, *request, *response, ListHoldsNow, Place::kPool);
  }

 private:
  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewRedemptionService(Shell& shell) {
  return std::make_unique<RedemptionService>(shell);
}

}  // namespace laurel
