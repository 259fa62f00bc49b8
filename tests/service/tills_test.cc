// What tills send late, in batches, twice or for practice, as callers see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Points = v1::PointsService::Stub;
using Ledger = v1::LedgerService::Stub;

std::string PayingDocument() {
  return absl::StrCat(HarbourDocument(), R"(
activity_types:
  - {id: checkin, name: Check-in}
pay_with_points: {point_type: points, points: 100, money: "1.00", step: 100, max_percent: 50}
)");
}

class Tills : public ::testing::Test {
 protected:
  Tills() : server_(TestLedger::DefaultOptions(), /*has_program=*/false) {
    server_.ledger().Activate(PayingDocument());
    member_ = server_.Enroll("1000");
  }

  template <class Response, class Stub, class Request>
  Response Done(Stub& stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << Read(status).message;
    return response;
  }

  v1::ReturnPurchaseRequest Return(int receipt, int original) {
    v1::ReturnPurchaseRequest request;
    request.set_request_id(absl::StrCat("return-", receipt));
    request.set_program("programs/harbour");
    *request.mutable_receipt() = server_.Sale("1000", receipt, 0).purchase().receipt();
    *request.mutable_original() = server_.Sale("1000", original, 0).purchase().receipt();
    *request.mutable_occurred_at() = server_.Sale("1000", receipt, 0).purchase().occurred_at();
    request.set_whole(true);
    return request;
  }

  // A sale of one line.
  v1::AccruePurchaseResponse Sell(int receipt, std::int64_t cents) {
    v1::AccruePurchaseRequest sale = server_.Sale("1000", receipt, cents);
    v1::PurchaseLine& line = *sale.mutable_purchase()->add_lines();
    line.set_line(1);
    line.set_kind(v1::LINE_KIND_SALE);
    line.set_extended_minor_units(cents);
    return Done(*server_.stubs.points, &Points::AccruePurchase, sale);
  }

  TestServer server_;
  std::string member_;
};

TEST_F(Tills, AnExchangeSaysWhatCameBackAndWhatIsAwaited) {
  Sell(1, 10'000);
  v1::AccruePurchaseRequest exchange = server_.Sale("1000", 2, 3'000);
  v1::Purchase& purchase = *exchange.mutable_purchase();
  ParseText("line: 1 kind: LINE_KIND_SALE extended_minor_units: 15000", *purchase.add_lines());
  for (const int original : {1, 99}) {
    v1::PurchaseLine& back = *purchase.add_lines();
    back.set_line(original + 1);
    back.set_kind(v1::LINE_KIND_RETURN);
    back.set_extended_minor_units(original == 1 ? 10'000 : 2'000);
    back.mutable_original()->set_line(1);
    *back.mutable_original()->mutable_receipt() =
        server_.Sale("1000", original, 0).purchase().receipt();
  }
  const auto done = Done(*server_.stubs.points, &Points::AccruePurchase, exchange);
  ASSERT_THAT(done.taken_back(), SizeIs(2));
  EXPECT_EQ(done.taken_back(1).point_type(), "points");
  EXPECT_EQ(done.taken_back(1).amount(), 100);
  EXPECT_THAT(done.unmatched(), ElementsAre("programs/harbour/purchases/S1.T1.20260301.99"));
  EXPECT_EQ(done.balances(0).available(), 150);

  // The answer stands, over a restart and after the purchase that was waited for.
  server_.Restart();
  const v1::AccruePurchaseResponse late = Sell(99, 2'000);
  EXPECT_EQ(late.returns_following(), 1);
  auto again = Done(*server_.stubs.points, &Points::AccruePurchase, exchange);
  EXPECT_TRUE(again.replayed());
  again.set_replayed(false);
  EXPECT_EQ(again.SerializeAsString(), done.SerializeAsString());
}

TEST_F(Tills, APaymentIsQuotedAsItIsTaken) {
  server_.Accrue("1000", 1, 100'000);
  v1::AccruePurchaseRequest sale = server_.Sale("1000", 2, 1'050);
  ParseText("point_type: 'points' amount: 900", *sale.mutable_pay_with_points());
  v1::QuotePurchaseRequest quote;
  quote.set_program(sale.program());
  *quote.mutable_member() = sale.member();
  *quote.mutable_purchase() = sale.purchase();
  *quote.mutable_pay_with_points() = sale.pay_with_points();
  const auto quoted = Done(*server_.stubs.points, &Points::QuotePurchase, quote);
  const auto done = Done(*server_.stubs.points, &Points::AccruePurchase, sale);
  EXPECT_EQ(done.payment().offered().amount(), 900);
  EXPECT_EQ(done.payment().taken().amount(), 500);  // at most half of the order
  EXPECT_EQ(done.payment().worth().minor_units(), 500);
  EXPECT_EQ(done.payment().SerializeAsString(), quoted.payment().SerializeAsString());
  EXPECT_EQ(done.balances(0).available(), 1'000 - 500 + 5);
  EXPECT_EQ(done.balances(0).SerializeAsString(), quoted.balances(0).SerializeAsString());
}

TEST_F(Tills, ABatchTakesAllThatEarns) {
  v1::BatchAccrueRequest batch;
  *batch.add_items()->mutable_accrue_purchase() = server_.Sale("1000", 1, 2'000);
  *batch.add_items()->mutable_return_purchase() = Return(2, 1);
  *batch.add_items()->mutable_return_purchase() = Return(3, 4);
  ParseText(R"(
    request_id: "checkin-1" program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
    activity { type: "checkin" occurred_at { seconds: 1772366400 } channel: CHANNEL_APP })",
            *batch.add_items()->mutable_accrue_activity());
  batch.add_items();
  const auto done = Done(*server_.stubs.points, &Points::BatchAccrue, batch);
  ASSERT_THAT(done.results(), SizeIs(5));
  EXPECT_TRUE(done.results(0).has_accrue_purchase());
  EXPECT_FALSE(done.results(1).return_purchase().unmatched());
  EXPECT_TRUE(done.results(2).return_purchase().unmatched());
  EXPECT_EQ(done.results(3).accrue_activity().member(), member_);
  EXPECT_EQ(Read(done.results(4).error()).reason, "INVALID_FIELD");
}

TEST_F(Tills, WhoPractisesIsAnsweredAndLeavesNothing) {
  server_.Accrue("1000", 1, 2'000);
  server_.Accrue("1000", 5, 100);
  const std::uint64_t before = server_.sequence();
  v1::AccruePurchaseRequest sale = server_.Sale("1000", 2, 1'000);
  sale.mutable_purchase()->set_training(true);
  sale.mutable_purchase()->set_terminal_sequence(7);
  v1::ReturnPurchaseRequest back = Return(3, 1);
  back.set_training(true);
  v1::AccruePurchaseRequest wrong = sale;
  wrong.mutable_purchase()->clear_channel();
  v1::ReturnPurchaseRequest refused = back;
  *refused.mutable_receipt() = server_.Sale("1000", 5, 0).purchase().receipt();

  const auto sold = Done(*server_.stubs.points, &Points::AccruePurchase, sale);
  EXPECT_TRUE(sold.training());
  EXPECT_EQ(sold.sequence(), before);
  EXPECT_EQ(sold.awards(0).amount(), 10);
  EXPECT_EQ(sold.entry(), "");
  v1::BatchAccrueRequest batch;
  *batch.add_items()->mutable_accrue_purchase() = sale;
  *batch.add_items()->mutable_return_purchase() = back;
  *batch.add_items()->mutable_accrue_purchase() = wrong;
  *batch.add_items()->mutable_return_purchase() = refused;
  const auto done = Done(*server_.stubs.points, &Points::BatchAccrue, batch);
  EXPECT_TRUE(done.results(0).accrue_purchase().training());
  EXPECT_TRUE(done.results(1).return_purchase().training());
  EXPECT_EQ(done.results(1).return_purchase().taken_back(1).amount(), 20);
  EXPECT_THAT(Read(done.results(2).error()).fields, ElementsAre("purchase.channel"));
  EXPECT_EQ(Read(done.results(3).error()).reason, "RECEIPT_CONTENT_DIFFERS");
  EXPECT_EQ(server_.sequence(), before);

  v1::ListSequenceGapsRequest gaps;
  gaps.set_program("programs/harbour");
  gaps.set_store("S1");
  EXPECT_THAT(Done(*server_.stubs.points, &Points::ListSequenceGaps, gaps).terminals(), IsEmpty());
  // The request id of practice is free for the sale that counts.
  sale.mutable_purchase()->set_training(false);
  EXPECT_FALSE(Done(*server_.stubs.points, &Points::AccruePurchase, sale).replayed());
  const auto now = Done(*server_.stubs.points, &Points::ListSequenceGaps, gaps);
  ASSERT_THAT(now.terminals(), SizeIs(1));
  EXPECT_EQ(now.terminals(0).seen().first(), 7);
}

TEST_F(Tills, ADayIsComparedWithItsList) {
  server_.Accrue("1000", 1, 2'000);
  Done(*server_.stubs.points, &Points::ReturnPurchase, Return(2, 1));
  Done(*server_.stubs.points, &Points::ReturnPurchase, Return(3, 4));
  auto request = FromText<v1::ReconcileDayRequest>(R"(
    program: "programs/harbour" store: "S1" business_on { year: 2026 month: 3 day: 1 }
    receipts { terminal: "T1" number: "1" minor_units: 2000 }
    receipts { terminal: "T1" number: "2" is_return: true minor_units: 2000 }
    receipts { terminal: "T1" number: "3" is_return: true minor_units: 700 }
    receipts { terminal: "T1" number: "4" minor_units: 700 })");
  auto found = Done(*server_.stubs.ledger, &Ledger::ReconcileDay, request);
  ASSERT_THAT(found.differences(), SizeIs(2));
  EXPECT_EQ(found.differences(0).kind(), v1::DIFFERENCE_KIND_UNMATCHED_RETURN);
  EXPECT_EQ(found.differences(0).receipt().number(), "3");
  EXPECT_EQ(found.differences(1).kind(), v1::DIFFERENCE_KIND_MISSING);
  ASSERT_THAT(found.terminals(), SizeIs(1));
  EXPECT_EQ(found.terminals(0).sold_minor_units(), 2'000);
  EXPECT_EQ(found.terminals(0).returned_minor_units(), 2'000);

  server_.Accrue("1000", 4, 700);
  found = Done(*server_.stubs.ledger, &Ledger::ReconcileDay, request);
  EXPECT_THAT(found.differences(), IsEmpty());
  EXPECT_EQ(found.terminals(0).returned_minor_units(), 2'700);
  request.mutable_business_on()->set_day(2);
  request.clear_receipts();
  EXPECT_THAT(Done(*server_.stubs.ledger, &Ledger::ReconcileDay, request).terminals(), IsEmpty());
}

TEST_F(Tills, WhatWaitsIsListedPageByPage) {
  for (int i = 0; i < 3; ++i) {
    Done(*server_.stubs.points, &Points::ReturnPurchase, Return(10 + i, 20 + i));
  }
  v1::ListUnmatchedReturnsRequest request;
  request.set_program("programs/harbour");
  request.set_page_size(2);
  const auto first = Done(*server_.stubs.ledger, &Ledger::ListUnmatchedReturns, request);
  ASSERT_THAT(first.unmatched_returns(), SizeIs(2));
  EXPECT_EQ(first.unmatched_returns(0).original().number(), "20");
  EXPECT_TRUE(first.unmatched_returns(0).whole());
  request.set_page_token(first.next_page_token());
  const auto last = Done(*server_.stubs.ledger, &Ledger::ListUnmatchedReturns, request);
  ASSERT_THAT(last.unmatched_returns(), SizeIs(1));
  EXPECT_EQ(last.unmatched_returns(0).original().number(), "22");
  EXPECT_EQ(last.next_page_token(), "");
}

}  // namespace
}  // namespace laurel
