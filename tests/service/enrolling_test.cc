// AccruePurchase and QuotePurchase that enrol, as tills see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class EnrollingCall : public ::testing::Test {
 protected:
  v1::AccruePurchaseRequest Sale(int receipt) {
    v1::AccruePurchaseRequest request = server_.Sale("1000", receipt, 1'200);
    request.mutable_enrol();
    return request;
  }
  v1::AccruePurchaseResponse Accrue(const v1::AccruePurchaseRequest& request) {
    grpc::ClientContext context;
    v1::AccruePurchaseResponse response;
    const grpc::Status status = server_.stubs.points->AccruePurchase(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  Refused Refuse(const v1::AccruePurchaseRequest& request) {
    grpc::ClientContext context;
    v1::AccruePurchaseResponse response;
    const grpc::Status status = server_.stubs.points->AccruePurchase(&context, request, &response);
    EXPECT_FALSE(status.ok());
    return Read(status);
  }
  v1::QuotePurchaseRequest Quote() {
    v1::QuotePurchaseRequest request;
    request.set_program("programs/harbour");
    *request.mutable_member() = Sale(1).member();
    *request.mutable_purchase() = Sale(1).purchase();
    request.mutable_enrol();
    return request;
  }
  grpc::Status Quote(const v1::QuotePurchaseRequest& request, v1::QuotePurchaseResponse& response) {
    grpc::ClientContext context;
    return server_.stubs.points->QuotePurchase(&context, request, &response);
  }

  TestServer server_;
};

TEST_F(EnrollingCall, TellsWhomItEnrolledAndTellsItAgain) {
  v1::AccruePurchaseRequest request = Sale(1);
  v1::IdentityKey& phone = *request.mutable_enrol()->add_identities();
  phone.set_kind(v1::IDENTITY_KIND_PHONE);
  phone.set_value("+493023125001");
  const v1::AccruePurchaseResponse accrued = Accrue(request);
  EXPECT_EQ(accrued.balances(0).available(), 12);
  EXPECT_EQ(accrued.enrolment(),
            absl::StrCat("programs/harbour/entries/0-", accrued.sequence() - 1));
  EXPECT_EQ(accrued.tier().tier(), "MEMBER");

  v1::AccruePurchaseResponse again = Accrue(request);
  EXPECT_TRUE(again.replayed());
  again.set_replayed(false);
  EXPECT_EQ(again.SerializeAsString(), accrued.SerializeAsString());

  // By the other identity.
  v1::AccruePurchaseRequest next = Sale(2);
  *next.mutable_member()->mutable_identity() = phone;
  const v1::AccruePurchaseResponse known = Accrue(next);
  EXPECT_EQ(known.member(), accrued.member());
  EXPECT_EQ(known.enrolment(), "");
  grpc::ClientContext context;
  v1::GetMemberRequest get;
  get.set_name(accrued.member());
  v1::GetMemberResponse member;
  ASSERT_TRUE(server_.stubs.member->GetMember(&context, get, &member).ok());
  EXPECT_EQ(member.member().identities_size(), 2);
}

TEST_F(EnrollingCall, NamesWhatIsWrong) {
  v1::AccruePurchaseRequest request = Sale(1);
  request.mutable_enrol()->set_store("no such place");
  *request.mutable_enrol()->add_identities() = request.member().identity();
  request.mutable_enrol()->set_channel(static_cast<v1::Channel>(99));
  EXPECT_THAT(Refuse(request).fields,
              UnorderedElementsAre("enrol.store", "enrol.identities[0]", "enrol.channel"));

  request = Sale(1);
  request.mutable_member()->mutable_identity()->clear_value();
  EXPECT_THAT(Refuse(request).fields, ElementsAre("member.identity.value"));

  request = Sale(1);
  request.mutable_member()->set_name(server_.Enroll("2000"));
  EXPECT_THAT(Refuse(request).fields, ElementsAre("enrol"));

  request = Sale(1);
  request.clear_member();
  EXPECT_THAT(Refuse(request).fields, ElementsAre("member"));

  request.set_guest(true);
  EXPECT_THAT(Refuse(request).fields, ElementsAre("enrol"));

  request = Sale(1);
  request.mutable_enrol()->add_attributes()->set_id("shoe");
  request.mutable_enrol()->mutable_attributes(0)->set_int_value(42);
  EXPECT_THAT(Refuse(request).fields, ElementsAre("enrol.attributes.shoe"));

  request = Sale(1);
  *request.mutable_enrol()->add_identities() = server_.Sale("2000", 1, 1).member().identity();
  EXPECT_EQ(Refuse(request).reason, "IDENTITY_TAKEN");
}

TEST_F(EnrollingCall, OfATillThatPractisesDoesNothing) {
  v1::AccruePurchaseRequest request = Sale(1);
  request.mutable_purchase()->set_training(true);
  const std::uint64_t before = server_.sequence();
  const v1::AccruePurchaseResponse response = Accrue(request);
  EXPECT_TRUE(response.training());
  EXPECT_EQ(response.awards(0).amount(), 12);
  EXPECT_EQ(response.member(), "");
  EXPECT_EQ(response.enrolment(), "");
  EXPECT_EQ(server_.sequence(), before);
}

TEST_F(EnrollingCall, IsQuotedAsItWillBe) {
  v1::QuotePurchaseResponse quote;
  const std::uint64_t before = server_.sequence();
  ASSERT_TRUE(Quote(Quote(), quote).ok());
  EXPECT_EQ(server_.sequence(), before);
  EXPECT_TRUE(quote.enrols());
  const v1::AccruePurchaseResponse accrued = Accrue(Sale(1));
  EXPECT_EQ(quote.awards(0).amount(), accrued.awards(0).amount());
  EXPECT_EQ(quote.balances(0).ShortDebugString(), accrued.balances(0).ShortDebugString());
  EXPECT_EQ(quote.tier().tier(), accrued.tier().tier());

  v1::QuotePurchaseRequest request = Quote();
  request.mutable_purchase()->clear_receipt();
  quote.Clear();
  ASSERT_TRUE(Quote(request, quote).ok());
  EXPECT_FALSE(quote.enrols());
  request.mutable_member()->mutable_identity()->set_value("3000");
  request.clear_enrol();
  quote.Clear();
  EXPECT_EQ(Read(Quote(request, quote)).reason, "MEMBER_NOT_FOUND");
}

TEST_F(EnrollingCall, OfABatchIsFoundByTheNextItem) {
  v1::BatchAccrueRequest request;
  *request.add_items()->mutable_accrue_purchase() = Sale(1);
  *request.add_items()->mutable_accrue_purchase() = Sale(2);
  grpc::ClientContext context;
  v1::BatchAccrueResponse response;
  ASSERT_TRUE(server_.stubs.points->BatchAccrue(&context, request, &response).ok());
  const v1::AccruePurchaseResponse& first = response.results(0).accrue_purchase();
  const v1::AccruePurchaseResponse& second = response.results(1).accrue_purchase();
  EXPECT_NE(first.enrolment(), "");
  EXPECT_EQ(second.enrolment(), "");
  EXPECT_EQ(second.member(), first.member());
  EXPECT_EQ(second.balances(0).available(), 24);
}

}  // namespace
}  // namespace laurel
