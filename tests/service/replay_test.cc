// The same request id and content give the same answer, byte for byte but for `replayed`, also
// after the world has moved on and the process was started again.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/service/test_server.h"

namespace laurel {
namespace {

// What a call answered: bytes with `replayed` cleared, and whether it was set.
struct Answer {
  std::string bytes;
  bool is_replayed = false;
  bool has_mark = false;  // the initial metadata
  std::string entry;
};

class Replay : public testing::Test {
 protected:
  template <class Stub, class Request, class Response>
  void Remember(const char* name, std::unique_ptr<Stub> TestServer::Stubs::*stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    calls_[name] = [this, stub, method, request] {
      grpc::ClientContext context;
      Response response;
      const grpc::Status status = ((*(server_.stubs.*stub)).*method)(&context, request, &response);
      Answer answer;
      answer.has_mark = context.GetServerInitialMetadata().contains("laurel-replayed");
      if (!status.ok()) {
        answer.bytes = status.error_details();
        answer.is_replayed = answer.has_mark;
        return answer;
      }
      answer.is_replayed = response.replayed();
      response.set_replayed(false);
      answer.bytes = response.ShortDebugString();
      if constexpr (requires { response.entry(); }) answer.entry = response.entry();
      return answer;
    };
    order_.push_back(name);
    first_[name] = calls_[name]();
    EXPECT_FALSE(first_[name].is_replayed) << name;
    EXPECT_FALSE(first_[name].has_mark) << name;
  }

  void ExpectSame() {
    for (const std::string& name : order_) {
      SCOPED_TRACE(name);
      const Answer again = calls_[name]();
      EXPECT_EQ(again.bytes, first_[name].bytes);
      EXPECT_TRUE(again.is_replayed);
      EXPECT_TRUE(again.has_mark);
    }
  }

  TestServer server_;
  std::vector<std::string> order_;
  std::map<std::string, std::function<Answer()>> calls_;
  std::map<std::string, Answer> first_;
};

// Shows G58.
TEST_F(Replay, GivesTheSameBytes) {
  using Stubs = TestServer::Stubs;
  Remember("enroll", &Stubs::member, &v1::MemberService::Stub::EnrollMember,
           FromText<v1::EnrollMemberRequest>(R"(
    request_id: "enroll-ana" program: "programs/harbour"
    identities { kind: IDENTITY_KIND_CARD value: "1000" }
    identities { kind: IDENTITY_KIND_EMAIL value: "Ana@Example.com" })"));
  Remember("accrue", &Stubs::points, &v1::PointsService::Stub::AccruePurchase,
           server_.Sale("1000", 1, 123'456));
  Remember("redeem", &Stubs::redemption, &v1::RedemptionService::Stub::Redeem,
           server_.Redemption("1000", "redeem-1", 200));
  v1::ReverseRedemptionRequest reverse;
  reverse.set_request_id("reverse-1");
  reverse.set_redemption(first_["redeem"].entry);
  reverse.set_amount(50);
  Remember("reverse", &Stubs::redemption, &v1::RedemptionService::Stub::ReverseRedemption, reverse);
  const absl::string_view about = R"(
    program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })";
  auto link = FromText<v1::LinkIdentityRequest>(about);
  link.set_request_id("link-app-1");
  ParseText(R"(kind: IDENTITY_KIND_APP value: "app-1")", *link.mutable_identity());
  Remember("link", &Stubs::member, &v1::MemberService::Stub::LinkIdentity, link);
  auto suspend = FromText<v1::SuspendMemberRequest>(about);
  suspend.set_request_id("suspend-1");
  Remember("suspend", &Stubs::member, &v1::MemberService::Stub::SuspendMember, suspend);
  Remember("refused", &Stubs::redemption, &v1::RedemptionService::Stub::Redeem,
           server_.Redemption("1000", "redeem-2", 10));
  auto reactivate = FromText<v1::ReactivateMemberRequest>(about);
  reactivate.set_request_id("reactivate-1");
  Remember("reactivate", &Stubs::member, &v1::MemberService::Stub::ReactivateMember, reactivate);
  auto unlink = FromText<v1::UnlinkIdentityRequest>(about);
  unlink.set_request_id("unlink-app-1");
  *unlink.mutable_identity() = link.identity();
  Remember("unlink", &Stubs::member, &v1::MemberService::Stub::UnlinkIdentity, unlink);
  Remember("return", &Stubs::points, &v1::PointsService::Stub::ReturnPurchase,
           FromText<v1::ReturnPurchaseRequest>(R"(
    request_id: "return-1" program: "programs/harbour"
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "9" }
    original { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "1" }
    occurred_at { seconds: 1772366400 }
    lines { line: 1 quantity_micros: 400000 })"));
  v1::CreateRevisionRequest revise;
  revise.set_request_id("revise-1");
  revise.set_program("programs/harbour");
  revise.set_document(HarbourDocument("ARREARS"));
  Remember("revise", &Stubs::program, &v1::ProgramService::Stub::CreateRevision, revise);
  Remember("activate", &Stubs::program, &v1::ProgramService::Stub::ActivateRevision,
           FromText<v1::ActivateRevisionRequest>(
               R"(request_id: "activate-1" name: "programs/harbour/revisions/2")"));
  Remember("roll back", &Stubs::program, &v1::ProgramService::Stub::ActivateRevision,
           FromText<v1::ActivateRevisionRequest>(
               R"(request_id: "activate-2" name: "programs/harbour/revisions/1")"));
  Remember("schedule", &Stubs::program, &v1::ProgramService::Stub::ScheduleRevision,
           FromText<v1::ScheduleRevisionRequest>(
               R"(request_id: "schedule-1" name: "programs/harbour/revisions/2"
                  effective_from { seconds: 1780000000 })"));
  Remember("cancel", &Stubs::program, &v1::ProgramService::Stub::CancelSchedule,
           FromText<v1::CancelScheduleRequest>(
               R"(request_id: "cancel-01" name: "programs/harbour/revisions/2")"));
  Remember("pause", &Stubs::program, &v1::ProgramService::Stub::PauseRule,
           FromText<v1::PauseRuleRequest>(
               R"(request_id: "pause-01" program: "programs/harbour" rule: "base_credit")"));
  Remember("resume", &Stubs::program, &v1::ProgramService::Stub::ResumeRule,
           FromText<v1::ResumeRuleRequest>(
               R"(request_id: "resume-01" program: "programs/harbour" rule: "base_credit")"));
  auto close = FromText<v1::CloseMemberRequest>(about);
  close.set_request_id("close-ana");
  // The world moves on before anything is asked for again.
  server_.Accrue("1000", 2, 500'000);
  reverse.set_request_id("reverse-2");
  Remember("reverse again", &Stubs::redemption, &v1::RedemptionService::Stub::ReverseRedemption,
           reverse);
  v1::CorrectReceiptRequest correct;
  correct.set_request_id("correct-2");
  correct.set_program("programs/harbour");
  *correct.mutable_member() = server_.Sale("1000", 2, 400'000).member();
  *correct.mutable_purchase() = server_.Sale("1000", 2, 400'000).purchase();
  Remember("correct", &Stubs::points, &v1::PointsService::Stub::CorrectReceipt, correct);
  Remember("return before its sale", &Stubs::points, &v1::PointsService::Stub::ReturnPurchase,
           FromText<v1::ReturnPurchaseRequest>(R"(
    request_id: "return-2" program: "programs/harbour"
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "10" }
    original { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "99" }
    occurred_at { seconds: 1772366400 } whole: true)"));
  Remember("close", &Stubs::member, &v1::MemberService::Stub::CloseMember, close);

  const std::uint64_t sequence = server_.sequence();
  ExpectSame();
  EXPECT_EQ(server_.sequence(), sequence);
  server_.Restart();
  ExpectSame();
  EXPECT_EQ(server_.sequence(), sequence);
  EXPECT_EQ(server_.ledger().Verify(), "");
}

}  // namespace
}  // namespace laurel
