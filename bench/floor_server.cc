#include "bench/floor_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/store/files.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"

namespace laurel::bench {
namespace {

template <class Response>
Response LoadReply(const std::string& folder, const char* file) {
  Response reply;
  if (folder.empty()) return reply;
  const absl::StatusOr<std::string> bytes = ReadFile(absl::StrCat(folder, "/", file));
  if (!bytes.ok() || !reply.ParseFromString(*bytes))
    std::fprintf(stderr, "floor: no reply in %s\n", file);
  return reply;
}

class FloorPoints final : public v1::PointsService::CallbackService {
 public:
  explicit FloorPoints(const std::string& folder)
      : reply_(LoadReply<v1::AccruePurchaseResponse>(folder, kAccrueReplyFile)),
        is_empty_(folder.empty()) {}
  grpc::ServerUnaryReactor* AccruePurchase(grpc::CallbackServerContext* context,
                                           const v1::AccruePurchaseRequest*,
                                           v1::AccruePurchaseResponse* response) override {
    if (!is_empty_) *response = reply_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const v1::AccruePurchaseResponse reply_;
  const bool is_empty_;
};

class FloorMembers final : public v1::MemberService::CallbackService {
 public:
  explicit FloorMembers(const std::string& folder)
      : reply_(LoadReply<v1::LookupMemberResponse>(folder, kLookupReplyFile)),
        is_empty_(folder.empty()) {}
  grpc::ServerUnaryReactor* LookupMember(grpc::CallbackServerContext* context,
                                         const v1::LookupMemberRequest*,
                                         v1::LookupMemberResponse* response) override {
    if (!is_empty_) *response = reply_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const v1::LookupMemberResponse reply_;
  const bool is_empty_;
};

}  // namespace

int ServeFloor(const std::string& reply_folder) {
  StopLockCycleChecks();  // as the ledger's server does
  FloorPoints points(reply_folder);
  FloorMembers members(reply_folder);
  grpc::ServerBuilder builder;
  builder.RegisterService(&points);
  builder.RegisterService(&members);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("listening 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  int signal = 0;
  ::sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}

}  // namespace laurel::bench
