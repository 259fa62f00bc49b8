// Facts that are told of members, over the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;

class AttributeCalls : public testing::Test {
 protected:
  AttributeCalls() {
    server_.ledger().Activate(HarbourDocument() +
                              "\nmember_attributes: [{id: score, type: INT, max: 100}, {id: size, "
                              "type: STRING, values: [small, large]}]\n");
    ana_ = server_.Enroll("1000");
  }

  v1::SetMemberAttributesRequest Telling() {
    auto request = FromText<v1::SetMemberAttributesRequest>(R"(
        program: "programs/harbour"
        member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
        attributes { id: "size" string_value: "large" }
        attributes { id: "score" int_value: 80 })");
    request.set_request_id(absl::StrCat("request-", ++requests_));
    return request;
  }
  grpc::Status Tell(const v1::SetMemberAttributesRequest& request,
                    v1::SetMemberAttributesResponse& response, const char* role = "AGENT") {
    grpc::ClientContext context;
    context.AddMetadata("laurel-principal", "eve");
    context.AddMetadata("laurel-role", role);
    return server_.stubs.member->SetMemberAttributes(&context, request, &response);
  }

  TestServer server_;
  std::string ana_;
  int requests_ = 1'000;
};

TEST_F(AttributeCalls, AreShownWithTheMemberWhileTheyCount) {
  v1::SetMemberAttributesRequest request = Telling();
  const Timestamp end = server_.ledger().clock.Now().PlusMicros(kMicrosPerDay);
  request.mutable_attributes(1)->mutable_expires_at()->set_seconds(end.micros() / kMicrosPerSecond);
  v1::SetMemberAttributesResponse told;
  ASSERT_TRUE(Tell(request, told).ok());
  ASSERT_EQ(told.member().attributes_size(), 2);
  EXPECT_EQ(told.member().attributes(0).id(), "score");
  EXPECT_EQ(told.member().attributes(0).int_value(), 80);
  EXPECT_EQ(told.member().attributes(1).string_value(), "large");
  v1::GetMemberRequest get;
  get.set_name(ana_);
  v1::GetMemberResponse got;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(server_.stubs.member->GetMember(&context, get, &got).ok());
    EXPECT_EQ(got.member().SerializeAsString(), told.member().SerializeAsString());
  }
  server_.ledger().clock.Set(end);
  {
    grpc::ClientContext context;
    ASSERT_TRUE(server_.stubs.member->GetMember(&context, get, &got).ok());
    EXPECT_EQ(got.member().attributes_size(), 1);
  }
  v1::SetMemberAttributesResponse again;
  ASSERT_TRUE(Tell(request, again).ok());
  EXPECT_TRUE(again.replayed());
  again.set_replayed(false);
  EXPECT_EQ(again.SerializeAsString(), told.SerializeAsString());

  auto clear = Telling();
  clear.clear_attributes();
  clear.add_cleared("size");
  clear.add_cleared("score");
  v1::SetMemberAttributesResponse cleared;
  ASSERT_TRUE(Tell(clear, cleared).ok());
  EXPECT_EQ(cleared.member().attributes_size(), 0);
  EXPECT_EQ(server_.ledger().Verify(), "");
}

TEST_F(AttributeCalls, AreToldAtEnrolment) {
  auto request = FromText<v1::EnrollMemberRequest>(R"(
      request_id: "request-enrol" program: "programs/harbour"
      identities { kind: IDENTITY_KIND_CARD value: "2000" }
      attributes { id: "score" int_value: 5 })");
  v1::EnrollMemberResponse enrolled;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.stubs.member->EnrollMember(&context, request, &enrolled).ok());
  ASSERT_EQ(enrolled.member().attributes_size(), 1);
  EXPECT_EQ(enrolled.member().attributes(0).int_value(), 5);
}

TEST_F(AttributeCalls, AreRefused) {
  struct Row {
    std::function<void(v1::SetMemberAttributesRequest&)> make_wrong;
    const char* role;
    const char* reason;
    const char* field;  // of INVALID_FIELD
  };
  const Row rows[] = {
      {[](auto& r) { r.clear_request_id(); }, "AGENT", "REQUEST_ID_REQUIRED", "request_id"},
      {[](auto& r) { r.clear_attributes(); }, "AGENT", "INVALID_FIELD", "attributes"},
      {[](auto& r) { r.mutable_attributes(0)->clear_id(); }, "AGENT", "INVALID_FIELD",
       "attributes[0].id"},
      {[](auto& r) { r.mutable_attributes(0)->clear_value(); }, "AGENT", "INVALID_FIELD",
       "attributes[0].value"},
      {[](auto& r) { r.mutable_attributes(0)->set_id("score"); }, "AGENT", "INVALID_FIELD",
       "attributes[1].id"},
      {[](auto& r) { r.add_cleared("score"); }, "AGENT", "INVALID_FIELD", "cleared[0]"},
      {[](auto& r) { r.mutable_attributes(1)->set_int_value(101); }, "AGENT", "INVALID_FIELD",
       "attributes.score"},
      {[](auto& r) { r.mutable_attributes(0)->set_id("shoe"); }, "AGENT", "INVALID_FIELD",
       "attributes.shoe"},
      {[](auto& r) {
         r.clear_attributes();
         r.add_cleared("score");
       },
       "AGENT", "RESOURCE_NOT_FOUND", ""},
      {[](auto&) {}, "POS", "PERMISSION_MISSING", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.reason, " ", row.field));
    v1::SetMemberAttributesRequest request = Telling();
    row.make_wrong(request);
    v1::SetMemberAttributesResponse response;
    const Refused refused = Read(Tell(request, response, row.role));
    EXPECT_EQ(refused.reason, row.reason);
    if (*row.field != '\0') {
      EXPECT_THAT(refused.fields, ElementsAre(testing::HasSubstr(row.field)));
    }
  }
}

}  // namespace
}  // namespace laurel
