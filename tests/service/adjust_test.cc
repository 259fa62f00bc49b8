// AdjustPoints as callers see it: what is malformed, who may, how much, and what is told of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Request = v1::AdjustPointsRequest;

Engine::Options WithLimits() {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits = *ParseAdjustLimits("AGENT=200");
  return options;
}

class AdjustCall : public ::testing::Test {
 protected:
  AdjustCall() : server_(WithLimits()) { member_ = server_.Enroll("1000"); }

  Request Giving(std::int64_t points) {
    auto request = FromText<Request>(R"(
      program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      point_type: "points" reason: "goodwill" reference: "case-81")");
    request.set_request_id(absl::StrCat("adjust-number-", ++requests_));
    request.set_amount(points);
    return request;
  }
  grpc::Status Call(const Request& request, v1::AdjustPointsResponse& response,
                    const std::string& principal = "eve", const std::string& role = "AGENT") {
    grpc::ClientContext context;
    if (!principal.empty()) context.AddMetadata("laurel-principal", principal);
    if (!role.empty()) context.AddMetadata("laurel-role", role);
    return server_.stubs.points->AdjustPoints(&context, request, &response);
  }
  Refused Refuse(const Request& request, const std::string& principal = "eve",
                 const std::string& role = "AGENT") {
    v1::AdjustPointsResponse response;
    const grpc::Status status = Call(request, response, principal, role);
    EXPECT_FALSE(status.ok());
    return Read(status);
  }

  TestServer server_;
  std::string member_;
  int requests_ = 0;
};

TEST_F(AdjustCall, TellsWhatItDid) {
  v1::AdjustPointsResponse response;
  const Request request = Giving(150);
  ASSERT_TRUE(Call(request, response).ok());
  EXPECT_EQ(response.member(), member_);
  EXPECT_EQ(response.entry(), absl::StrCat("programs/harbour/entries/0-", response.sequence()));
  ASSERT_EQ(response.balances_size(), 1);
  EXPECT_EQ(response.balances(0).available(), 150);
  EXPECT_EQ(response.tier().tier(), "MEMBER");
  ASSERT_EQ(response.lot_moves_size(), 1);
  EXPECT_EQ(response.lot_moves(0).amount(), 150);
  EXPECT_EQ(response.covered_arrears(), 0);
  EXPECT_EQ(response.expires_at().seconds(), 1'803'942'000);  // 2027-03-01T23:00:00Z
  // Once more is not done twice.
  v1::AdjustPointsResponse again;
  ASSERT_TRUE(Call(request, again).ok());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.sequence(), response.sequence());

  ASSERT_TRUE(Call(Giving(-50), response).ok());
  EXPECT_EQ(response.balances(0).available(), 100);
  EXPECT_FALSE(response.has_expires_at());

  v1::GetEntryRequest get;
  get.set_name(again.entry());
  v1::GetEntryResponse got;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.stubs.points->GetEntry(&context, get, &got).ok());
  EXPECT_EQ(got.entry().kind(), v1::ENTRY_KIND_ADJUST);
  EXPECT_EQ(got.entry().method(), "AdjustPoints");
  EXPECT_EQ(got.entry().principal(), "eve");
  EXPECT_EQ(got.entry().role(), v1::ROLE_AGENT);
  EXPECT_EQ(got.entry().adjustment_reason(), "goodwill");
  EXPECT_EQ(got.entry().reference(), "case-81");
  ASSERT_EQ(got.entry().postings_size(), 2);
  EXPECT_EQ(got.entry().postings(0).account(), "adjustment/goodwill");
  EXPECT_EQ(got.entry().postings(0).debit(), 150);
  EXPECT_EQ(server_.ledger().Verify(), "");
}

TEST_F(AdjustCall, IsExplained) {
  v1::AdjustPointsResponse given, taken;
  ASSERT_TRUE(Call(Giving(150), given).ok());
  ASSERT_TRUE(Call(Giving(-50), taken).ok());
  const auto explain = [&](const std::string& entry, const char* language) {
    v1::ExplainEntryRequest request;
    request.set_name(entry);
    request.set_language(language);
    v1::ExplainEntryResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(server_.stubs.points->ExplainEntry(&context, request, &response).ok());
    return response;
  };
  EXPECT_THAT(explain(given.entry(), "en").text(),
              HasSubstr("  +150 points  given by hand, goodwill\n"));
  EXPECT_THAT(explain(given.entry(), "en").sentences(),
              ElementsAre("150 Points given by our staff"));
  EXPECT_THAT(explain(taken.entry(), "en").text(),
              HasSubstr("  -50 points  taken by hand, goodwill\n"));
  EXPECT_THAT(explain(taken.entry(), "en").sentences(),
              ElementsAre("50 Points taken off by our staff"));
  EXPECT_THAT(explain(taken.entry(), "zh-CN").sentences(), ElementsAre(HasSubstr("工作人员扣除")));
}

TEST_F(AdjustCall, RefusesWhatIsMalformed) {
  struct Case {
    const char* field;
    std::function<void(Request&)> make_wrong;
  };
  const std::uint64_t before = server_.sequence();
  for (const Case& c : {
           Case{"request_id", [](Request& r) { r.clear_request_id(); }},
           Case{"program", [](Request& r) { r.clear_program(); }},
           Case{"member", [](Request& r) { r.clear_member(); }},
           Case{"member.identity.value",
                [](Request& r) { r.mutable_member()->mutable_identity()->clear_value(); }},
           Case{"point_type", [](Request& r) { r.clear_point_type(); }},
           Case{"point_type", [](Request& r) { r.set_point_type("Points"); }},
           Case{"amount", [](Request& r) { r.clear_amount(); }},
           Case{"amount", [](Request& r) { r.set_amount(INT64_MIN); }},
           Case{"amount", [](Request& r) { r.set_amount(1'000'000'000'000'001); }},
           Case{"reason", [](Request& r) { r.clear_reason(); }},
           Case{"reason", [](Request& r) { r.set_reason("Good will"); }},
           Case{"reason", [](Request& r) { r.set_reason("7up"); }},
           Case{"reason", [](Request& r) { r.set_reason(std::string(41, 'x')); }},
           Case{"reason", [](Request& r) { r.set_reason("expiry_restored"); }},
           Case{"reference", [](Request& r) { r.set_reference(std::string(65, 'x')); }},
           Case{"reference", [](Request& r) { r.set_reference("a\tb"); }},
       }) {
    SCOPED_TRACE(c.field);
    Request request = Giving(10);
    c.make_wrong(request);
    const Refused refused = Refuse(request);
    EXPECT_EQ(refused.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(refused.fields, ElementsAre(c.field));
  }
  EXPECT_THAT(Refuse(Giving(10), "", "AGENT").fields, ElementsAre("laurel-principal"));
  EXPECT_EQ(server_.sequence(), before);
}

TEST_F(AdjustCall, IsForThoseWhoMay) {
  for (const char* role : {"POS", "MARKETING", "AUDITOR", "ADMIN"}) {
    EXPECT_EQ(Refuse(Giving(10), "somebody", role).reason, "PERMISSION_MISSING") << role;
  }
  v1::AdjustPointsResponse response;
  EXPECT_TRUE(Call(Giving(10), response, "fay", "FINANCE").ok());
  EXPECT_TRUE(Call(Giving(10), response, "ops", "").ok());
}

TEST_F(AdjustCall, KeepsToTheLimitOfThePerson) {
  v1::AdjustPointsResponse response;
  ASSERT_TRUE(Call(Giving(150), response).ok());
  const Refused refused = Refuse(Giving(51));
  EXPECT_EQ(refused.reason, "LIMIT_REACHED");
  EXPECT_EQ(refused.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.facts.at("left"), "50");
  EXPECT_EQ(refused.facts.at("limit"), "a_day");
  EXPECT_EQ(refused.message,
            "amount: must be at most the 50 that the caller's limit a_day leaves, was 51");
  server_.Restart();  // the limit is in the ledger
  EXPECT_EQ(Refuse(Giving(51)).reason, "LIMIT_REACHED");
  ASSERT_TRUE(Call(Giving(50), response).ok());
  EXPECT_TRUE(Call(Giving(150), response, "adam").ok());
}

TEST_F(AdjustCall, IsNeverForOneself) {
  v1::LinkIdentityRequest link = FromText<v1::LinkIdentityRequest>(R"(
    request_id: "link-staff" program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
    identity { kind: IDENTITY_KIND_STAFF value: "eve" })");
  v1::LinkIdentityResponse linked;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.stubs.member->LinkIdentity(&context, link, &linked).ok());
  const Refused refused = Refuse(Giving(10));
  EXPECT_EQ(refused.reason, "SELF_DEALING_FORBIDDEN");
  EXPECT_EQ(refused.code, grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(refused.message, "member: must be somebody else, was the caller");
  Request by_name = Giving(10);
  by_name.mutable_member()->set_name(member_);
  EXPECT_EQ(Refuse(by_name).reason, "SELF_DEALING_FORBIDDEN");
  v1::AdjustPointsResponse response;
  EXPECT_TRUE(Call(Giving(10), response, "adam").ok());
}

}  // namespace
}  // namespace laurel
