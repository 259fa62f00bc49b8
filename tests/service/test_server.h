#ifndef LAUREL_TESTS_SERVICE_TEST_SERVER_H_
#define LAUREL_TESTS_SERVICE_TEST_SERVER_H_

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "laurel/v1/redemption_service.grpc.pb.h"
#include "laurel/v1/simulation_service.grpc.pb.h"
#include "laurel/v1/tier_service.grpc.pb.h"
#include "service/service_set.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ledger.h"

namespace laurel {

// An error as a caller sees it.
struct Refused {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string message;
  std::string reason;
  std::map<std::string, std::string> facts;
  std::vector<std::string> fields;   // of the BadRequest detail
  std::vector<std::string> details;  // type names
};
Refused Read(const grpc::Status& status);
Refused Read(const google::rpc::Status& status);

// A message from its text form. CHECKs that it is well formed.
void ParseText(absl::string_view text, google::protobuf::Message& message);
template <class Message>
Message FromText(absl::string_view text) {
  Message message;
  ParseText(text, message);
  return message;
}

// All services on a ledger in memory whose clock stands still at 2026-03-01T12:00:00Z, behind an
// in-process channel: no port. The program is `harbour` (tests/testing/test_ledger.h),
// unless there is none yet.
class TestServer {
 public:
  explicit TestServer(Engine::Options options = TestLedger::DefaultOptions(),
                      bool has_program = true);
  ~TestServer();

  TestLedger& ledger() { return ledger_; }
  ServiceSet& services() { return *services_; }
  std::uint64_t sequence() { return ledger_.engine().sequence(); }
  // Simulates a restart of the process: a new engine and new services on the same store.
  void Restart();

  struct Stubs {
    std::unique_ptr<v1::MemberService::Stub> member;
    std::unique_ptr<v1::PointsService::Stub> points;
    std::unique_ptr<v1::RedemptionService::Stub> redemption;
    std::unique_ptr<v1::TierService::Stub> tier;
    std::unique_ptr<v1::ProgramService::Stub> program;
    std::unique_ptr<v1::LedgerService::Stub> ledger;
    std::unique_ptr<v1::AdminService::Stub> admin;
    std::unique_ptr<v1::SimulationService::Stub> simulation;
  };
  Stubs stubs;

  // Enrols a member with this card; returns its name.
  std::string Enroll(absl::string_view card);
  // A sale of one line now; the request id is made from the receipt's number.
  v1::AccruePurchaseRequest Sale(absl::string_view card, int receipt, std::int64_t cents);
  v1::AccruePurchaseResponse Accrue(absl::string_view card, int receipt, std::int64_t cents);
  v1::RedeemRequest Redemption(absl::string_view card, absl::string_view request,
                               std::int64_t points);

 private:
  void Start();
  void Stop();

  TestLedger ledger_;
  IdentityHasher hasher_;
  Log log_;
  TempDir simulations_;
  std::unique_ptr<ServiceSet> services_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_SERVICE_TEST_SERVER_H_
