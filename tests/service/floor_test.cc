// Tiers that are shown besides the earned one, over the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;

class FloorCalls : public testing::Test {
 protected:
  FloorCalls() { ana_ = server_.Enroll("1000"); }

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::TierService::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                    const Request& request, Response& response, const char* role = "AGENT") {
    grpc::ClientContext context;
    context.AddMetadata("laurel-principal", "eve");
    context.AddMetadata("laurel-role", role);
    return ((*server_.stubs.tier).*method)(&context, request, &response);
  }
  v1::SetTierFloorRequest Giving(const char* tier) {
    auto request = FromText<v1::SetTierFloorRequest>(R"(
        program: "programs/harbour"
        member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })");
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_tier(tier);
    return request;
  }
  std::string Tier() {
    v1::GetTierRequest request;
    request.set_program("programs/harbour");
    request.mutable_member()->set_name(ana_);
    v1::GetTierResponse response;
    EXPECT_TRUE(Call(&v1::TierService::Stub::GetTier, request, response).ok());
    return response.tier().tier();
  }

  TestServer server_;
  std::string ana_;
  int requests_ = 1'000;
};

TEST_F(FloorCalls, GiveATierUntilAnInstant) {
  v1::SetTierFloorRequest request = Giving("GOLD");
  const Timestamp until = server_.ledger().clock.Now().PlusMicros(kMicrosPerDay);
  request.mutable_until()->set_seconds(until.micros() / kMicrosPerSecond);
  v1::SetTierFloorResponse given;
  ASSERT_TRUE(Call(&v1::TierService::Stub::SetTierFloor, request, given).ok());
  EXPECT_EQ(given.member(), ana_);
  EXPECT_EQ(given.tier().tier(), "GOLD");
  EXPECT_EQ(given.tier().display_name(), "Gold");
  EXPECT_EQ(given.tier().last_valid_on().day(), 2);
  EXPECT_EQ(Tier(), "GOLD");
  v1::SetTierFloorResponse again;
  ASSERT_TRUE(Call(&v1::TierService::Stub::SetTierFloor, request, again).ok());
  EXPECT_TRUE(again.replayed());
  again.set_replayed(false);
  EXPECT_EQ(again.SerializeAsString(), given.SerializeAsString());

  v1::GetEntryRequest get;
  get.set_name(given.entry());
  v1::GetEntryResponse got;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.stubs.points->GetEntry(&context, get, &got).ok());
  EXPECT_EQ(got.entry().kind(), v1::ENTRY_KIND_TIER_FLOOR_SET);
  EXPECT_EQ(got.entry().principal(), "eve");

  server_.ledger().clock.Set(until);
  EXPECT_EQ(Tier(), "MEMBER");
  EXPECT_EQ(server_.ledger().Verify(), "");
}

TEST_F(FloorCalls, AreRefused) {
  struct Row {
    std::function<void(v1::SetTierFloorRequest&)> make_wrong;
    const char* role;
    const char* reason;
    const char* field;  // of INVALID_FIELD
  };
  const Row rows[] = {
      {[](auto& r) { r.clear_request_id(); }, "AGENT", "REQUEST_ID_REQUIRED", "request_id"},
      {[](auto& r) { r.clear_program(); }, "AGENT", "INVALID_FIELD", "program"},
      {[](auto& r) { r.clear_member(); }, "AGENT", "INVALID_FIELD", "member"},
      {[](auto& r) { r.set_tier(std::string(41, 'x')); }, "AGENT", "INVALID_FIELD", "tier"},
      {[](auto& r) { r.mutable_until()->set_seconds(1'700'000'000); }, "AGENT", "INVALID_FIELD",
       "until"},
      {[](auto& r) { r.set_tier("PEARL"); }, "AGENT", "RESOURCE_NOT_FOUND", ""},
      {[](auto& r) { r.clear_tier(); }, "AGENT", "INVALID_STATE", ""},
      {[](auto&) {}, "POS", "PERMISSION_MISSING", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.reason, " ", row.field));
    v1::SetTierFloorRequest request = Giving("GOLD");
    row.make_wrong(request);
    v1::SetTierFloorResponse response;
    const Refused refused =
        Read(Call(&v1::TierService::Stub::SetTierFloor, request, response, row.role));
    EXPECT_EQ(refused.reason, row.reason);
    if (*row.field != '\0') EXPECT_THAT(refused.fields, ElementsAre(testing::HasSubstr(row.field)));
    EXPECT_EQ(Tier(), "MEMBER");
  }
  v1::MatchTierRequest match;
  match.set_request_id("request-match");
  match.set_program("programs/harbour");
  match.mutable_member()->set_name(ana_);
  v1::MatchTierResponse response;
  EXPECT_THAT(Read(Call(&v1::TierService::Stub::MatchTier, match, response)).fields,
              ElementsAre("tier"));
  match.set_tier("GOLD");
  const Refused refused = Read(Call(&v1::TierService::Stub::MatchTier, match, response));
  EXPECT_EQ(refused.reason, "INVALID_STATE");
  EXPECT_EQ(refused.facts.at("state"), "NO_STATUS_MATCH");
}

TEST_F(FloorCalls, AreNotForOneself) {
  grpc::ClientContext context;
  auto link = FromText<v1::LinkIdentityRequest>(R"(
      request_id: "request-staff" program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      identity { kind: IDENTITY_KIND_STAFF value: "eve" })");
  v1::LinkIdentityResponse linked;
  ASSERT_TRUE(server_.stubs.member->LinkIdentity(&context, link, &linked).ok());
  v1::SetTierFloorResponse response;
  EXPECT_EQ(Read(Call(&v1::TierService::Stub::SetTierFloor, Giving("GOLD"), response)).reason,
            "SELF_DEALING_FORBIDDEN");
}

}  // namespace
}  // namespace laurel
