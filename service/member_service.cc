#include <memory>

#include "laurel/v1/member_service.grpc.pb.h"
#include "service/convert_member.h"
#include "service/convert_merge.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

template <class Response>
google::rpc::Status RenderFound(ReadCall& read, const FoundMember& found, Response& response) {
  RenderReadHeader(read, response);
  RenderMember(read.view, found.program, found.id, *response.mutable_member());
  RenderBalances(BalancesAt(read.view.state(), found.id, read.now), *response.mutable_balances());
  RenderTier(
      TierAt(read.view.state(), found.id, *read.view.rulebooks(), *found.rulebook, read.view.now()),
      *found.rulebook, *response.mutable_tier());
  return {};
}

google::rpc::Status GetMemberNow(ReadCall& read, const v1::GetMemberRequest& request,
                                 v1::GetMemberResponse& response) {
  const std::optional<NamedMember> named = ParseMemberName(request.name());
  if (!named) {
    read.parse.violations.Malformed("name",
                                    "must be programs/{program}/members/{member}, was another");
    return {};
  }
  google::rpc::Status status;
  const std::optional<FoundMember> found = FindMember(read, named->program, named->member, status);
  return found ? RenderFound(read, *found, response) : status;
}

google::rpc::Status LookupMemberNow(ReadCall& read, const v1::LookupMemberRequest& request,
                                    v1::LookupMemberResponse& response) {
  const ProgramId program = ParseProgram(request.program(), read.parse.violations);
  const IdentityLink identity =
      ParseIdentity(request.identity(), program, Path{"identity"}, read.parse);
  if (!read.parse.violations.empty()) return {};
  google::rpc::Status status;
  const std::optional<FoundMember> found = FindMember(read, program, identity.hash, status);
  return found ? RenderFound(read, *found, response) : status;
}

class MemberService final : public v1::MemberService::CallbackService {
 public:
  explicit MemberService(Shell& shell) : shell_(shell) {}

  grpc::ServerUnaryReactor* EnrollMember(grpc::CallbackServerContext* context,
                                         const v1::EnrollMemberRequest* request,
                                         v1::EnrollMemberResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseEnrollMember, RenderEnrollMember);
  }
  grpc::ServerUnaryReactor* ImportMember(grpc::CallbackServerContext* context,
                                         const v1::ImportMemberRequest* request,
                                         v1::ImportMemberResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseImportMember, RenderImportMember);
  }
  grpc::ServerUnaryReactor* LinkIdentity(grpc::CallbackServerContext* context,
                                         const v1::LinkIdentityRequest* request,
                                         v1::LinkIdentityResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseLinkIdentity, RenderLinkIdentity,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* UnlinkIdentity(grpc::CallbackServerContext* context,
                                           const v1::UnlinkIdentityRequest* request,
                                           v1::UnlinkIdentityResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseUnlinkIdentity, RenderUnlinkIdentity,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* SuspendMember(grpc::CallbackServerContext* context,
                                          const v1::SuspendMemberRequest* request,
                                          v1::SuspendMemberResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseSuspendMember, RenderSuspendMember,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* ReactivateMember(grpc::CallbackServerContext* context,
                                             const v1::ReactivateMemberRequest* request,
                                             v1::ReactivateMemberResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseReactivateMember,
                        RenderReactivateMember, Place::kPool);
  }
  grpc::ServerUnaryReactor* CloseMember(grpc::CallbackServerContext* context,
                                        const v1::CloseMemberRequest* request,
                                        v1::CloseMemberResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseCloseMember, RenderCloseMember,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* SetMemberAttributes(
      grpc::CallbackServerContext* context, const v1::SetMemberAttributesRequest* request,
      v1::SetMemberAttributesResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseSetMemberAttributes,
                        RenderSetMemberAttributes, Place::kPool);
  }
  grpc::ServerUnaryReactor* MoveIdentity(grpc::CallbackServerContext* context,
                                         const v1::MoveIdentityRequest* request,
                                         v1::MoveIdentityResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseMoveIdentity, RenderMoveIdentity,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* MergeMembers(grpc::CallbackServerContext* context,
                                         const v1::MergeMembersRequest* request,
                                         v1::MergeMembersResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseMergeMembers, RenderMergeMembers);
  }
  grpc::ServerUnaryReactor* UnmergeMembers(grpc::CallbackServerContext* context,
                                           const v1::UnmergeMembersRequest* request,
                                           v1::UnmergeMembersResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseUnmergeMembers, RenderUnmergeMembers);
  }
  grpc::ServerUnaryReactor* GetMember(grpc::CallbackServerContext* context,
                                      const v1::GetMemberRequest* request,
                                      v1::GetMemberResponse* response) override {
    return shell_.Read(*context, *request, *response, GetMemberNow);
  }
  grpc::ServerUnaryReactor* LookupMember(grpc::CallbackServerContext* context,
                                         const v1::LookupMemberRequest* request,
                                         v1::LookupMemberResponse* response) override {
    return shell_.Read(*context, *request, *response, LookupMemberNow);
  }

 private:
  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewMemberService(Shell& shell) {
  return std::make_unique<MemberService>(shell);
}

}  // namespace laurel
