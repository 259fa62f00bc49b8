// What waits for another person, as callers see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Engine::Options WithLimits() {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits = *ParseAdjustLimits("AGENT=200,1000");
  return options;
}

class ApprovalCalls : public ::testing::Test {
 protected:
  using Stub = v1::AdminService::Stub;

  ApprovalCalls() : server_(WithLimits()) { member_ = server_.Enroll("1000"); }

  static void Name(grpc::ClientContext& context, const char* principal, const char* role) {
    context.AddMetadata("laurel-principal", principal);
    context.AddMetadata("laurel-role", role);
  }
  v1::AdjustPointsResponse Ask(std::int64_t points) {
    auto request = FromText<v1::AdjustPointsRequest>(R"(
      program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      point_type: "points" reason: "goodwill" reference: "case-81" ask: true)");
    request.set_request_id(absl::StrCat("adjust-number-", ++requests_));
    request.set_amount(points);
    grpc::ClientContext context;
    Name(context, "eve", "AGENT");
    v1::AdjustPointsResponse response;
    const grpc::Status status = server_.stubs.points->AdjustPoints(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::ApproveRequest Approving(const std::string& name) {
    v1::ApproveRequest request;
    request.set_request_id(absl::StrCat("approve-number-", ++requests_));
    request.set_name(name);
    return request;
  }
  grpc::Status Approve(const v1::ApproveRequest& request, v1::ApproveResponse& response,
                       const char* principal = "fay", const char* role = "FINANCE") {
    grpc::ClientContext context;
    Name(context, principal, role);
    return server_.stubs.admin->Approve(&context, request, &response);
  }
  Refused Refuse(const v1::ApproveRequest& request, const char* principal = "fay",
                 const char* role = "FINANCE") {
    v1::ApproveResponse response;
    return Read(Approve(request, response, principal, role));
  }
  v1::ListApprovalsResponse List(v1::ListApprovalsRequest request) {
    request.set_program("programs/harbour");
    grpc::ClientContext context;
    v1::ListApprovalsResponse response;
    const grpc::Status status = server_.stubs.admin->ListApprovals(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Approval Get(const std::string& name) {
    v1::GetApprovalRequest request;
    request.set_name(name);
    grpc::ClientContext context;
    v1::GetApprovalResponse response;
    EXPECT_TRUE(server_.stubs.admin->GetApproval(&context, request, &response).ok());
    return response.approval();
  }

  TestServer server_;
  std::string member_;
  int requests_ = 0;
};

TEST_F(ApprovalCalls, TellTheWholeWay) {
  const v1::AdjustPointsResponse asked = Ask(201);
  EXPECT_EQ(asked.approval(), absl::StrCat("programs/harbour/approvals/0-", asked.sequence()));
  EXPECT_EQ(asked.approval_expires_at().seconds(), 1'772'366'400 + 72 * 3'600);
  EXPECT_EQ(asked.lot_moves_size(), 0);
  EXPECT_EQ(asked.tier().tier(), "MEMBER");

  const v1::Approval open = Get(asked.approval());
  EXPECT_EQ(open.name(), asked.approval());
  EXPECT_EQ(open.state(), v1::APPROVAL_STATE_OPEN);
  EXPECT_EQ(open.method(), "AdjustPoints");
  EXPECT_EQ(open.member(), member_);
  EXPECT_EQ(open.points().amount(), 201);
  EXPECT_EQ(open.points().point_type(), "points");
  EXPECT_EQ(open.reason(), "goodwill");
  EXPECT_EQ(open.reference(), "case-81");
  EXPECT_EQ(open.asked_by(), "eve");
  EXPECT_EQ(open.asked_role(), v1::ROLE_AGENT);
  EXPECT_FALSE(open.has_decided_at());

  const v1::ApproveRequest request = Approving(asked.approval());
  v1::ApproveResponse response;
  ASSERT_TRUE(Approve(request, response).ok());
  EXPECT_EQ(response.member(), member_);
  EXPECT_EQ(response.balances(0).available(), 201);
  ASSERT_EQ(response.lot_moves_size(), 1);
  EXPECT_EQ(response.approval().state(), v1::APPROVAL_STATE_APPROVED);
  EXPECT_EQ(response.approval().decided_by(), "fay");
  EXPECT_EQ(response.approval().decided_role(), v1::ROLE_FINANCE);
  EXPECT_EQ(response.approval().entry(), response.entry());
  EXPECT_EQ(Get(asked.approval()).ShortDebugString(), response.approval().ShortDebugString());
  v1::ApproveResponse again;
  ASSERT_TRUE(Approve(request, again).ok());
  EXPECT_TRUE(again.replayed());
  again.set_replayed(false);
  EXPECT_EQ(again.SerializeAsString(), response.SerializeAsString());

  v1::GetEntryRequest get;
  get.set_name(response.entry());
  grpc::ClientContext context;
  v1::GetEntryResponse got;
  ASSERT_TRUE(server_.stubs.points->GetEntry(&context, get, &got).ok());
  EXPECT_EQ(got.entry().kind(), v1::ENTRY_KIND_ADJUST);
  EXPECT_EQ(got.entry().method(), "Approve");
  EXPECT_EQ(got.entry().principal(), "fay");
  EXPECT_EQ(got.entry().asked_by(), "eve");
  EXPECT_EQ(got.entry().approval(), asked.approval());
  EXPECT_EQ(got.entry().adjustment_reason(), "goodwill");
  EXPECT_EQ(server_.ledger().Verify(), "");

  const auto explain = [&](const std::string& entry) {
    v1::ExplainEntryRequest asking;
    asking.set_name(entry);
    v1::ExplainEntryResponse explained;
    grpc::ClientContext other;
    EXPECT_TRUE(server_.stubs.points->ExplainEntry(&other, asking, &explained).ok());
    return explained.text();
  };
  EXPECT_THAT(explain(asked.entry()), HasSubstr("+201 points  asked for by hand, goodwill"));
  EXPECT_THAT(explain(response.entry()), HasSubstr("asked for by eve, approved by fay"));
}

TEST_F(ApprovalCalls, AreDeclined) {
  const v1::AdjustPointsResponse asked = Ask(500);
  v1::DeclineRequest request;
  request.set_request_id("decline-number-1");
  request.set_name(asked.approval());
  grpc::ClientContext context;
  Name(context, "fay", "FINANCE");
  v1::DeclineResponse response;
  ASSERT_TRUE(server_.stubs.admin->Decline(&context, request, &response).ok());
  EXPECT_EQ(response.approval().state(), v1::APPROVAL_STATE_DECLINED);
  EXPECT_EQ(response.approval().decided_by(), "fay");
  EXPECT_EQ(Get(asked.approval()).state(), v1::APPROVAL_STATE_DECLINED);
  const Refused refused = Refuse(Approving(asked.approval()));
  EXPECT_EQ(refused.reason, "INVALID_STATE");
  EXPECT_EQ(refused.facts.at("state"), "DECLINED");
}

TEST_F(ApprovalCalls, AreForAnotherPersonWhoMay) {
  const v1::AdjustPointsResponse asked = Ask(500);
  EXPECT_EQ(Refuse(Approving(asked.approval()), "adam", "AGENT").reason, "PERMISSION_MISSING");
  const Refused own = Refuse(Approving(asked.approval()), "eve", "FINANCE");
  EXPECT_EQ(own.reason, "SELF_APPROVAL_FORBIDDEN");
  EXPECT_EQ(own.code, grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(Refuse(Approving("programs/harbour/entries/0-1")).fields, ElementsAre("name"));
  EXPECT_THAT(Refuse(Approving("")).fields, ElementsAre("name"));
  const Refused absent = Refuse(Approving("programs/harbour/approvals/0-1"));
  EXPECT_EQ(absent.reason, "RESOURCE_NOT_FOUND");
  EXPECT_EQ(absent.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Refuse(Approving("programs/harbour/approvals/7-1")).reason, "RESOURCE_NOT_FOUND");
}

TEST_F(ApprovalCalls, AreListedNewestFirstByPages) {
  const std::string a = Ask(201).approval();
  const std::string b = Ask(202).approval();
  const std::string c = Ask(203).approval();
  v1::ApproveResponse approved;
  ASSERT_TRUE(Approve(Approving(b), approved).ok());
  const auto names = [](const v1::ListApprovalsResponse& response) {
    std::vector<std::string> found;
    for (const v1::Approval& approval : response.approvals()) found.push_back(approval.name());
    return found;
  };
  EXPECT_THAT(names(List({})), ElementsAre(c, a));
  v1::ListApprovalsRequest all;
  all.set_show_decided(true);
  EXPECT_THAT(names(List(all)), ElementsAre(c, b, a));
  all.set_page_size(2);
  const v1::ListApprovalsResponse first = List(all);
  EXPECT_THAT(names(first), ElementsAre(c, b));
  all.set_page_token(first.next_page_token());
  const v1::ListApprovalsResponse second = List(all);
  EXPECT_THAT(names(second), ElementsAre(a));
  EXPECT_EQ(second.next_page_token(), "");

  server_.ledger().clock.Advance(72 * kMicrosPerHour + kMicrosPerSecond);
  EXPECT_THAT(names(List({})), ElementsAre());
  all.clear_page_token();
  all.set_page_size(0);
  const v1::ListApprovalsResponse late = List(all);
  ASSERT_EQ(late.approvals_size(), 3);
  EXPECT_EQ(late.approvals(0).state(), v1::APPROVAL_STATE_EXPIRED);
  EXPECT_EQ(late.approvals(1).state(), v1::APPROVAL_STATE_APPROVED);
}

}  // namespace
}  // namespace laurel
