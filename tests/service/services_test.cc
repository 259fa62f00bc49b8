// What the services answer when all is well.
#include <gmock/gmock.h>
#include <grpc/support/time.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/journal/merkle.h"
#include "engine/journal/proof.h"
#include "service/names.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kAna[] = R"(
    program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })";

void SetDeadline(grpc::ClientContext& context, std::int64_t millis) {
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_millis(millis, GPR_TIMESPAN)));
}

class Services : public testing::Test {
 protected:
  Services() { ana_ = server_.Enroll("1000"); }

  template <class Stub, class Request, class Response>
  Response Call(const std::unique_ptr<Stub>& stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = ((*stub).*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  template <class Stub, class Request, class Response>
  Refused CallRefused(const std::unique_ptr<Stub>& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
    grpc::ClientContext context;
    Response response;
    return Read(((*stub).*method)(&context, request, &response));
  }

  TestServer server_;
  std::string ana_;
};

TEST_F(Services, AccrualTellsATillAllItPrints) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 7, 123'456);
  EXPECT_EQ(accrued.sequence(), server_.sequence());
  EXPECT_EQ(accrued.leaf_hash().size(), 32u);
  EXPECT_EQ(accrued.entry(), absl::StrCat("programs/harbour/entries/0-", accrued.sequence()));
  EXPECT_EQ(accrued.member(), ana_);
  EXPECT_EQ(accrued.purchase(), "programs/harbour/purchases/S1.T1.20260301.7");
  ASSERT_EQ(accrued.awards_size(), 2);
  EXPECT_EQ(accrued.awards(0).rule(), "base");
  EXPECT_EQ(accrued.awards(0).amount(), 1'234);
  EXPECT_EQ(accrued.awards(0).expires_at().seconds(), 1'803'942'000);  // 2027-03-02 in Berlin
  EXPECT_EQ(accrued.awards(0).lot(), absl::StrCat(ana_, "/lots/", accrued.sequence(), ".1"));
  EXPECT_FALSE(accrued.awards(1).has_expires_at());
  ASSERT_EQ(accrued.balances_size(), 2);
  EXPECT_EQ(accrued.balances(0).available(), 1'234);
  EXPECT_EQ(accrued.tier().tier(), "SILVER");
  EXPECT_EQ(accrued.tier().display_name(), "Silver");
  EXPECT_EQ(accrued.tier().rank(), 1);
  EXPECT_EQ(accrued.tier().last_valid_on().year(), 2027);
  EXPECT_EQ(accrued.progress().tier(), "GOLD");
  ASSERT_EQ(accrued.progress().conditions_size(), 1);
  EXPECT_EQ(accrued.progress().conditions(0).current(), 1'234);
  EXPECT_EQ(accrued.progress().conditions(0).missing(), 1'766);
  EXPECT_EQ(accrued.progress().conditions(0).measure(), v1::METRIC_MEASURE_POINTS);
  EXPECT_EQ(accrued.progress().conditions(0).point_type(), "credit");
}

TEST_F(Services, ReadsSeeWhatWasAnsweredBefore) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 1, 5'000);
  auto request = FromText<v1::GetBalanceRequest>(kAna);
  request.set_at_least_sequence(accrued.sequence());
  request.set_show_lots(true);
  const auto balance = Call(server_.stubs.points, &v1::PointsService::Stub::GetBalance, request);
  EXPECT_GE(balance.sequence(), accrued.sequence());
  EXPECT_EQ(balance.member(), ana_);
  EXPECT_EQ(balance.balances(0).available(), 50);
  ASSERT_EQ(balance.lots_size(), 2);
  EXPECT_EQ(balance.lots(0).name(), accrued.awards(0).lot());
  EXPECT_EQ(balance.lots(0).remaining(), 50);
  EXPECT_EQ(balance.lots(0).entry(), accrued.entry());
  ASSERT_EQ(balance.next_expiries_size(), 1);
  EXPECT_EQ(balance.next_expiries(0).point_type(), "points");
  EXPECT_EQ(balance.next_expiries(0).amount(), 50);
  EXPECT_EQ(balance.next_expiries(0).expires_at().seconds(),
            accrued.awards(0).expires_at().seconds());

  // The clock alone ends the lot: nobody has written that down yet.
  server_.ledger().clock.Advance(400 * kMicrosPerDay);
  const auto later = Call(server_.stubs.points, &v1::PointsService::Stub::GetBalance, request);
  EXPECT_EQ(later.balances(0).available(), 0);
  EXPECT_EQ(later.next_expiries_size(), 0);
  EXPECT_EQ(later.lots_size(), 1);
}

TEST_F(Services, ASequenceThatDoesNotComeIsUnavailable) {
  auto request = FromText<v1::GetBalanceRequest>(kAna);
  request.set_at_least_sequence(server_.sequence() + 1);
  grpc::ClientContext context;
  SetDeadline(context, 200);
  v1::GetBalanceResponse response;
  const grpc::Status status = server_.stubs.points->GetBalance(&context, request, &response);
  // The server gives up a little before the caller does; a slow machine may turn that round.
  if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
    EXPECT_EQ(Read(status).reason, "NOT_LEADER");
    EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  }
}

TEST_F(Services, ASequenceThatComesIsWaitedFor) {
  auto request = FromText<v1::GetBalanceRequest>(kAna);
  request.set_at_least_sequence(server_.sequence() + 1);
  std::thread writer([this] { server_.Accrue("1000", 1, 100); });
  const auto balance = Call(server_.stubs.points, &v1::PointsService::Stub::GetBalance, request);
  writer.join();
  EXPECT_EQ(balance.balances(0).available(), 1);
}

TEST_F(Services, AWriteWithoutTimeIsRefusedBeforeItIsTried) {
  const std::uint64_t before = server_.sequence();
  grpc::ClientContext context;
  SetDeadline(context, 2);
  v1::AccruePurchaseResponse response;
  const grpc::Status status =
      server_.stubs.points->AccruePurchase(&context, server_.Sale("1000", 1, 100), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(server_.sequence(), before);
}

// gRPC would cancel what comes too late; no client sends a cancelled call again.
TEST_F(Services, WhatComesAfterTheDrainIsToBeSentAgain) {
  server_.Accrue("1000", 1, 100);
  const std::uint64_t before = server_.sequence();
  ASSERT_TRUE(server_.services().Drain(std::chrono::minutes(1)));
  const auto expect_refused = [](const grpc::ClientContext& context, const grpc::Status& status) {
    const Refused refused = Read(status);
    EXPECT_EQ(refused.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(refused.reason, "DRAINING");
    EXPECT_THAT(refused.details, ElementsAre("ErrorInfo", "RetryInfo"));
    EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  };
  const auto expect_call_refused = [&](const auto& stub, auto method, const auto& request,
                                       auto response) {
    SCOPED_TRACE(request.GetDescriptor()->name());
    grpc::ClientContext context;
    expect_refused(context, ((*stub).*method)(&context, request, &response));
  };
  const v1::AccruePurchaseRequest sale = server_.Sale("1000", 2, 100);
  expect_call_refused(server_.stubs.points, &v1::PointsService::Stub::AccruePurchase, sale,
                      v1::AccruePurchaseResponse());
  v1::BatchAccrueRequest batch;
  *batch.add_items()->mutable_accrue_purchase() = sale;
  expect_call_refused(server_.stubs.points, &v1::PointsService::Stub::BatchAccrue, batch,
                      v1::BatchAccrueResponse());
  expect_call_refused(server_.stubs.points, &v1::PointsService::Stub::GetBalance,
                      FromText<v1::GetBalanceRequest>(kAna), v1::GetBalanceResponse());
  expect_call_refused(server_.stubs.points, &v1::PointsService::Stub::ListEntries,
                      FromText<v1::ListEntriesRequest>(kAna), v1::ListEntriesResponse());
  v1::CreateProgramRequest program;
  program.set_request_id("create-again");
  program.set_document(HarbourDocument());
  expect_call_refused(server_.stubs.program, &v1::ProgramService::Stub::CreateProgram, program,
                      v1::CreateProgramResponse());
  grpc::ClientContext context;
  const auto reader = server_.stubs.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportEntriesResponse chunk;
  EXPECT_FALSE(reader->Read(&chunk));
  expect_refused(context, reader->Finish());
  EXPECT_EQ(server_.sequence(), before);
}

TEST_F(Services, MembersAreFoundByNameAndByIdentity) {
  v1::GetMemberRequest get;
  get.set_name(ana_);
  const auto by_name = Call(server_.stubs.member, &v1::MemberService::Stub::GetMember, get);
  EXPECT_EQ(by_name.member().name(), ana_);
  EXPECT_EQ(by_name.member().state(), v1::MEMBER_STATE_ACTIVE);
  ASSERT_EQ(by_name.member().identities_size(), 1);
  EXPECT_EQ(by_name.member().identities(0).kind(), v1::IDENTITY_KIND_CARD);
  EXPECT_EQ(by_name.tier().tier(), "MEMBER");
  const auto by_card = Call(server_.stubs.member, &v1::MemberService::Stub::LookupMember,
                            FromText<v1::LookupMemberRequest>(R"(
    program: "programs/harbour" identity { kind: IDENTITY_KIND_CARD value: "10-00" })"));
  EXPECT_EQ(by_card.ShortDebugString(), by_name.ShortDebugString());
  get.set_name(MemberName(ProgramId::Of("other"), MemberId::Of(3)));
  EXPECT_EQ(CallRefused(server_.stubs.member, &v1::MemberService::Stub::GetMember, get).reason,
            "RESOURCE_NOT_FOUND");
}

TEST_F(Services, IdentitiesComeAndGo) {
  auto link = FromText<v1::LinkIdentityRequest>(kAna);
  link.set_request_id("link-phone");
  ParseText(R"(kind: IDENTITY_KIND_PHONE value: "+4915112345678")", *link.mutable_identity());
  const auto linked = Call(server_.stubs.member, &v1::MemberService::Stub::LinkIdentity, link);
  ASSERT_EQ(linked.member().identities_size(), 2);
  EXPECT_EQ(linked.member().identities(1).kind(), v1::IDENTITY_KIND_PHONE);
  v1::UnlinkIdentityRequest unlink;
  unlink.set_request_id("unlink-phone");
  unlink.set_program("programs/harbour");
  unlink.mutable_member()->set_name(ana_);
  *unlink.mutable_identity() = link.identity();
  const auto unlinked =
      Call(server_.stubs.member, &v1::MemberService::Stub::UnlinkIdentity, unlink);
  EXPECT_EQ(unlinked.member().identities_size(), 1);
  unlink.set_request_id("unlink-again");
  EXPECT_EQ(
      CallRefused(server_.stubs.member, &v1::MemberService::Stub::UnlinkIdentity, unlink).reason,
      "RESOURCE_NOT_FOUND");
}

TEST_F(Services, SuspendedMembersAccrueAndDoNotRedeem) {
  auto suspend = FromText<v1::SuspendMemberRequest>(kAna);
  suspend.set_request_id("suspend-ana");
  const auto suspended =
      Call(server_.stubs.member, &v1::MemberService::Stub::SuspendMember, suspend);
  EXPECT_EQ(suspended.member().state(), v1::MEMBER_STATE_SUSPENDED);
  server_.Accrue("1000", 1, 10'000);
  const Refused refused =
      CallRefused(server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem,
                  server_.Redemption("1000", "redeem-1", 10));
  EXPECT_EQ(refused.reason, "MEMBER_NOT_ACTIVE");
  EXPECT_EQ(refused.facts.at("state"), "SUSPENDED");
  auto reactivate = FromText<v1::ReactivateMemberRequest>(kAna);
  reactivate.set_request_id("reactivate-ana");
  EXPECT_EQ(Call(server_.stubs.member, &v1::MemberService::Stub::ReactivateMember, reactivate)
                .member()
                .state(),
            v1::MEMBER_STATE_ACTIVE);
}

TEST_F(Services, ARedemptionIsGivenBackInParts) {
  server_.Accrue("1000", 1, 10'000);
  const auto redeemed = Call(server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem,
                             server_.Redemption("1000", "redeem-1", 60));
  EXPECT_EQ(redeemed.points().amount(), 60);
  ASSERT_EQ(redeemed.lot_moves_size(), 1);
  EXPECT_EQ(redeemed.lot_moves(0).amount(), -60);
  EXPECT_EQ(redeemed.balances(0).available(), 40);
  v1::ReverseRedemptionRequest reverse;
  reverse.set_request_id("reverse-1");
  reverse.set_redemption(redeemed.entry());
  reverse.set_amount(20);
  const auto first =
      Call(server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption, reverse);
  EXPECT_EQ(first.points().amount(), 20);
  EXPECT_EQ(first.remaining(), 40);
  EXPECT_EQ(first.lot_moves(0).amount(), 20);
  reverse.set_request_id("reverse-2");
  reverse.clear_amount();
  const auto rest =
      Call(server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption, reverse);
  EXPECT_EQ(rest.remaining(), 0);
  EXPECT_EQ(rest.balances(0).available(), 100);
  reverse.set_request_id("reverse-3");
  EXPECT_EQ(CallRefused(server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption,
                        reverse)
                .reason,
            "REVERSAL_EXCEEDS_REDEMPTION");
}

TEST_F(Services, AReturnTakesBackWhatItsPartHadEarned) {
  v1::AccruePurchaseRequest sale = server_.Sale("1000", 1, 10'000);
  ParseText("line: 1 kind: LINE_KIND_SALE extended_minor_units: 6000",
            *sale.mutable_purchase()->add_lines());
  ParseText("line: 2 kind: LINE_KIND_SALE extended_minor_units: 5000",
            *sale.mutable_purchase()->add_lines());
  ParseText("line: 3 kind: LINE_KIND_RETURN extended_minor_units: 1000",
            *sale.mutable_purchase()->add_lines());
  Call(server_.stubs.points, &v1::PointsService::Stub::AccruePurchase, sale);
  auto request = FromText<v1::ReturnPurchaseRequest>(R"(
    request_id: "return-1" program: "programs/harbour"
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "9" }
    original { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "1" }
    occurred_at { seconds: 1772366400 }
    lines { line: 2 quantity_micros: 1000000 })");
  const auto part = Call(server_.stubs.points, &v1::PointsService::Stub::ReturnPurchase, request);
  EXPECT_EQ(part.purchase(), "programs/harbour/purchases/S1.T1.20260301.1");
  EXPECT_EQ(part.refund().currency_code(), "EUR");
  EXPECT_EQ(part.refund().minor_units(), 5'000);
  ASSERT_EQ(part.taken_back_size(), 2);
  EXPECT_EQ(part.shortfall_size(), 0);
  request.set_request_id("return-2");
  request.mutable_receipt()->set_number("10");
  request.clear_lines();
  request.set_whole(true);
  const auto rest = Call(server_.stubs.points, &v1::PointsService::Stub::ReturnPurchase, request);
  // What line 3 brought back stays back: both sold lines together gave 110.00 for 100.00 and it.
  EXPECT_EQ(rest.refund().minor_units(), 6'000);
  EXPECT_EQ(rest.balances(0).available(), 0);
}

// Shows P15.
TEST_F(Services, AQuoteWritesNothingAndKeepsItsPromise) {
  const std::uint64_t before = server_.sequence();
  auto request = FromText<v1::QuotePurchaseRequest>(kAna);
  *request.mutable_purchase() = server_.Sale("1000", 1, 123'456).purchase();
  const auto quote = Call(server_.stubs.points, &v1::PointsService::Stub::QuotePurchase, request);
  EXPECT_EQ(server_.sequence(), before);
  EXPECT_EQ(quote.sequence(), before);
  EXPECT_EQ(quote.eligible().minor_units(), 123'456);
  EXPECT_EQ(quote.revision(), "programs/harbour/revisions/1");
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 1, 123'456);
  ASSERT_EQ(quote.awards_size(), accrued.awards_size());
  for (int i = 0; i < quote.awards_size(); ++i) {
    v1::Award award = accrued.awards(i);
    award.clear_lot();
    EXPECT_EQ(quote.awards(i).ShortDebugString(), award.ShortDebugString());
  }
  EXPECT_EQ(quote.balances(0).ShortDebugString(), accrued.balances(0).ShortDebugString());
  EXPECT_EQ(quote.tier().ShortDebugString(), accrued.tier().ShortDebugString());
  EXPECT_EQ(quote.progress().ShortDebugString(), accrued.progress().ShortDebugString());

  // The receipt is known now; without it and without a member the quote is for anybody.
  EXPECT_EQ(
      CallRefused(server_.stubs.points, &v1::PointsService::Stub::QuotePurchase, request).reason,
      "RECEIPT_ALREADY_POSTED");
  request.clear_member();
  request.mutable_purchase()->clear_receipt();
  request.mutable_purchase()->clear_occurred_at();
  const auto anybody = Call(server_.stubs.points, &v1::PointsService::Stub::QuotePurchase, request);
  EXPECT_EQ(anybody.awards(0).amount(), 1'234);
  EXPECT_EQ(anybody.balances_size(), 0);
  EXPECT_FALSE(anybody.has_tier());
}

TEST_F(Services, ABatchAnswersEachItemInItsPlace) {
  v1::BatchAccrueRequest request;
  *request.add_items()->mutable_accrue_purchase() = server_.Sale("1000", 1, 10'000);
  *request.add_items()->mutable_accrue_purchase() = server_.Sale("9999", 2, 10'000);
  request.add_items()->mutable_accrue_purchase()->set_request_id("accrue-bad");
  request.add_items();
  ParseText(R"(
    request_id: "return-1" program: "programs/harbour" whole: true
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "9" }
    original { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "1" }
    occurred_at { seconds: 1772366400 })",
            *request.add_items()->mutable_return_purchase());
  *request.add_items()->mutable_accrue_purchase() = server_.Sale("1000", 1, 10'000);
  const auto batch = Call(server_.stubs.points, &v1::PointsService::Stub::BatchAccrue, request);
  ASSERT_EQ(batch.results_size(), 6);
  EXPECT_EQ(batch.results(0).accrue_purchase().balances(0).available(), 100);
  EXPECT_EQ(Read(batch.results(1).error()).reason, "MEMBER_NOT_FOUND");
  EXPECT_EQ(Read(batch.results(2).error()).reason, "INVALID_FIELD");
  EXPECT_THAT(Read(batch.results(3).error()).fields, ElementsAre("items[3]"));
  EXPECT_EQ(batch.results(4).return_purchase().balances(0).available(), 0);
  EXPECT_TRUE(batch.results(5).accrue_purchase().replayed());
  EXPECT_LT(batch.results(0).accrue_purchase().sequence(),
            batch.results(4).return_purchase().sequence());
}

TEST_F(Services, EntriesAreListedInPages) {
  for (int i = 1; i <= 7; ++i) server_.Accrue("1000", i, 100 * i);
  auto request = FromText<v1::ListEntriesRequest>(kAna);
  request.set_page_size(3);
  std::vector<std::uint64_t> sequences;
  int pages = 0;
  do {
    const auto page = Call(server_.stubs.points, &v1::PointsService::Stub::ListEntries, request);
    for (const v1::Entry& entry : page.entries()) sequences.push_back(entry.sequence());
    request.set_page_token(page.next_page_token());
    server_.Accrue("1000", 100 + pages, 100);  // newer entries do not disturb
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(sequences.size(), 8u);  // with the enrolment
  EXPECT_TRUE(std::is_sorted(sequences.rbegin(), sequences.rend()));

  // A token fits neither another member nor another list, and ends after a day.
  request.clear_page_token();
  const std::string token =
      Call(server_.stubs.points, &v1::PointsService::Stub::ListEntries, request).next_page_token();
  server_.Enroll("2000");
  request.set_page_token(token);
  v1::ListEntriesRequest other = request;
  other.mutable_member()->mutable_identity()->set_value("2000");
  EXPECT_EQ(CallRefused(server_.stubs.points, &v1::PointsService::Stub::ListEntries, other).reason,
            "PAGE_TOKEN_INVALID");
  auto changes = FromText<v1::ListTierChangesRequest>(kAna);
  changes.set_page_token(token);
  EXPECT_EQ(
      CallRefused(server_.stubs.tier, &v1::TierService::Stub::ListTierChanges, changes).reason,
      "PAGE_TOKEN_INVALID");
  server_.ledger().clock.Advance(kMicrosPerDay + 1);
  EXPECT_EQ(
      CallRefused(server_.stubs.points, &v1::PointsService::Stub::ListEntries, request).reason,
      "PAGE_TOKEN_INVALID");
}

TEST_F(Services, AnEntryTellsAll) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 1, 123'456);
  v1::GetEntryRequest request;
  request.set_name(accrued.entry());
  const v1::Entry entry =
      Call(server_.stubs.points, &v1::PointsService::Stub::GetEntry, request).entry();
  EXPECT_EQ(entry.kind(), v1::ENTRY_KIND_ACCRUE);
  EXPECT_EQ(entry.method(), "AccruePurchase");
  EXPECT_EQ(entry.request_id(), "accrue-1");
  EXPECT_EQ(entry.member(), ana_);
  EXPECT_EQ(entry.purchase(), accrued.purchase());
  EXPECT_EQ(entry.total().minor_units(), 123'456);
  EXPECT_EQ(entry.leaf_hash(), accrued.leaf_hash());
  EXPECT_EQ(entry.revision(), "programs/harbour/revisions/1");
  EXPECT_EQ(entry.revision_digest().size(), 32u);
  EXPECT_EQ(entry.tier_change().to_tier(), "SILVER");
  EXPECT_EQ(entry.tier_change().cause(), v1::TIER_CHANGE_CAUSE_UPGRADED);
  EXPECT_EQ(entry.effective_on().day(), 1);
  std::int64_t sum = 0;
  for (const v1::Posting& posting : entry.postings()) {
    sum += posting.credit() - posting.debit();
    EXPECT_EQ(posting.member().empty(), posting.account() != "member/available");
  }
  EXPECT_EQ(sum, 0);

  const Refused refused =
      CallRefused(server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem,
                  server_.Redemption("1000", "redeem-much", 5'000));
  EXPECT_EQ(refused.reason, "INSUFFICIENT_POINTS");
  request.set_name(absl::StrCat("programs/harbour/entries/0-", server_.sequence()));
  const v1::Entry of_refusal =
      Call(server_.stubs.points, &v1::PointsService::Stub::GetEntry, request).entry();
  EXPECT_EQ(of_refusal.kind(), v1::ENTRY_KIND_REFUSED);
  EXPECT_EQ(of_refusal.refusal().reason(), v1::ERROR_REASON_INSUFFICIENT_POINTS);
  const std::map<std::string, std::string> facts(of_refusal.refusal().metadata().begin(),
                                                 of_refusal.refusal().metadata().end());
  EXPECT_EQ(facts, refused.facts);
  request.set_name("programs/other/entries/0-1");
  EXPECT_EQ(CallRefused(server_.stubs.points, &v1::PointsService::Stub::GetEntry, request).reason,
            "ENTRY_NOT_FOUND");
}

TEST_F(Services, PrincipalsOfThisMachineAreBelieved) {
  grpc::ClientContext context;
  context.AddMetadata("laurel-principal", "till/S1-T1");
  v1::AccruePurchaseResponse accrued;
  ASSERT_TRUE(
      server_.stubs.points->AccruePurchase(&context, server_.Sale("1000", 1, 100), &accrued).ok());
  v1::GetEntryRequest request;
  request.set_name(accrued.entry());
  EXPECT_EQ(
      Call(server_.stubs.points, &v1::PointsService::Stub::GetEntry, request).entry().principal(),
      "till/S1-T1");
  grpc::ClientContext bad;
  bad.AddMetadata("laurel-principal", "a b");
  const Refused refused =
      Read(server_.stubs.points->AccruePurchase(&bad, server_.Sale("1000", 2, 100), &accrued));
  EXPECT_THAT(refused.fields, ElementsAre("laurel-principal"));
}

TEST_F(Services, TierTellsTheWayUpAndWhatKeepsIt) {
  server_.Accrue("1000", 1, 123'456);
  auto request = FromText<v1::GetTierRequest>(kAna);
  const auto now = Call(server_.stubs.tier, &v1::TierService::Stub::GetTier, request);
  EXPECT_EQ(now.tier().tier(), "SILVER");
  EXPECT_EQ(now.progress().tier(), "GOLD");
  EXPECT_EQ(now.retention().tier(), "SILVER");
  EXPECT_EQ(now.retention().conditions(0).missing(), 0);
  request.mutable_as_of_occurred()->set_seconds(1'772'366'399);
  const auto before = Call(server_.stubs.tier, &v1::TierService::Stub::GetTier, request);
  EXPECT_EQ(before.tier().tier(), "MEMBER");
  EXPECT_FALSE(before.has_progress());
  const auto changes = Call(server_.stubs.tier, &v1::TierService::Stub::ListTierChanges,
                            FromText<v1::ListTierChangesRequest>(kAna));
  ASSERT_EQ(changes.tier_changes_size(), 1);
  EXPECT_EQ(changes.tier_changes(0).from_tier(), "MEMBER");
  EXPECT_EQ(changes.tier_changes(0).to_tier(), "SILVER");
  EXPECT_EQ(changes.next_page_token(), "");
}

TEST_F(Services, TierChangesAreListedInPages) {
  server_.Accrue("1000", 1, 123'456);
  server_.Accrue("1000", 2, 200'000);
  auto request = FromText<v1::ListTierChangesRequest>(kAna);
  request.set_page_size(1);
  std::vector<std::string> tiers;
  do {
    const auto page = Call(server_.stubs.tier, &v1::TierService::Stub::ListTierChanges, request);
    ASSERT_EQ(page.tier_changes_size(), 1);
    tiers.push_back(page.tier_changes(0).to_tier());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(tiers, ElementsAre("GOLD", "SILVER"));
}

TEST_F(Services, ProgramsLive) {
  const auto check = [this](const std::string& document) {
    v1::CheckRevisionRequest request;
    request.set_document(document);
    return Call(server_.stubs.program, &v1::ProgramService::Stub::CheckRevision, request);
  };
  const std::uint64_t before = server_.sequence();
  EXPECT_TRUE(check(HarbourDocument()).is_valid());
  const auto bad = check("id: harbour\nnonsense: true\n");
  EXPECT_FALSE(bad.is_valid());
  EXPECT_GT(bad.findings_size(), 1);
  EXPECT_TRUE(std::any_of(bad.findings().begin(), bad.findings().end(),
                          [](const v1::Finding& finding) { return finding.line() == 2; }));
  EXPECT_THAT(bad.digest(), IsEmpty());
  // A part of the language that is checked and not served.
  const auto more = check(HarbourDocument() +
                          "\nbadges: [{id: keen, name: Keen, when: metrics.credit_12m >= 500}]\n");
  EXPECT_TRUE(more.is_valid());
  EXPECT_TRUE(
      std::any_of(more.findings().begin(), more.findings().end(), [](const v1::Finding& finding) {
        return finding.code() == "R-SCHEMA-026" &&
               finding.severity() == v1::FINDING_SEVERITY_WARNING;
      }));
  EXPECT_EQ(server_.sequence(), before);

  v1::CreateRevisionRequest revise;
  revise.set_request_id("revise-1");
  revise.set_program("programs/harbour");
  revise.set_document(HarbourDocument("ARREARS"));
  const auto revised =
      Call(server_.stubs.program, &v1::ProgramService::Stub::CreateRevision, revise);
  EXPECT_EQ(revised.revision().number(), 2u);
  EXPECT_EQ(revised.revision().state(), v1::REVISION_STATE_DRAFT);
  EXPECT_EQ(revised.revision().digest(), check(revise.document()).digest());
  const auto activated =
      Call(server_.stubs.program, &v1::ProgramService::Stub::ActivateRevision,
           FromText<v1::ActivateRevisionRequest>(
               R"(request_id: "activate-2" name: "programs/harbour/revisions/2")"));
  EXPECT_EQ(activated.revision().state(), v1::REVISION_STATE_ACTIVE);
  EXPECT_TRUE(activated.revision().has_created_at());
  v1::GetProgramRequest get;
  get.set_name("programs/harbour");
  get.set_show_documents(true);
  const v1::Program program =
      Call(server_.stubs.program, &v1::ProgramService::Stub::GetProgram, get).program();
  EXPECT_EQ(program.currency_code(), "EUR");
  EXPECT_EQ(program.time_zone(), "Europe/Berlin");
  EXPECT_EQ(program.tiers_size(), 4);
  EXPECT_EQ(program.active_revision().number(), 2u);
  EXPECT_EQ(program.latest_revision().number(), 2u);
  EXPECT_THAT(program.active_revision().document(), StartsWith("{"));
}

TEST_F(Services, ProofsLeadFromAnEntryToTheRoot) {
  for (int i = 1; i <= 10; ++i) server_.Accrue("1000", i, 100);
  const std::uint64_t size = server_.sequence();
  v1::GetInclusionProofRequest request;
  request.set_sequence(4);
  request.set_size(size);
  const auto proof =
      Call(server_.stubs.ledger, &v1::LedgerService::Stub::GetInclusionProof, request);
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  EXPECT_TRUE(VerifyInclusion(proof.leaf_index(), proof.size(), proof.leaf_hash(), hashes,
                              proof.root_hash())
                  .ok());
  v1::GetConsistencyProofRequest consistency;
  consistency.set_from_size(5);
  consistency.set_to_size(size);
  const auto grown =
      Call(server_.stubs.ledger, &v1::LedgerService::Stub::GetConsistencyProof, consistency);
  const std::vector<std::string> path(grown.hashes().begin(), grown.hashes().end());
  EXPECT_TRUE(VerifyConsistency(5, size, grown.from_root_hash(), grown.to_root_hash(), path).ok());
  EXPECT_EQ(grown.to_root_hash(), proof.root_hash());
  request.set_partition(1);
  EXPECT_EQ(CallRefused(server_.stubs.ledger, &v1::LedgerService::Stub::GetInclusionProof, request)
                .reason,
            "RESOURCE_NOT_FOUND");
}

TEST_F(Services, ExportedEntriesRebuildTheTree) {
  for (int i = 1; i <= 40; ++i) server_.Accrue("1000", i, 100);
  grpc::ClientContext context;
  const auto reader = server_.stubs.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
  v1::ExportEntriesResponse chunk;
  Frontier tree;
  std::uint64_t expected = 1;
  while (reader->Read(&chunk)) {
    for (const v1::StoredEntry& entry : chunk.entries()) {
      EXPECT_EQ(entry.sequence(), expected++);
      tree.Append(LeafHash(entry.entry_bytes()));
    }
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(tree.size(), server_.sequence());
  v1::GetConsistencyProofRequest request;
  request.set_from_size(1);
  request.set_to_size(tree.size());
  EXPECT_EQ(Call(server_.stubs.ledger, &v1::LedgerService::Stub::GetConsistencyProof, request)
                .to_root_hash(),
            std::string(AsBytes(tree.root())));

  grpc::ClientContext part;
  v1::ExportEntriesRequest range;
  range.set_from_sequence(5);
  range.set_until_sequence(7);
  const auto some = server_.stubs.ledger->ExportEntries(&part, range);
  ASSERT_TRUE(some->Read(&chunk));
  ASSERT_EQ(chunk.entries_size(), 2);
  EXPECT_EQ(chunk.entries(0).sequence(), 5u);
  EXPECT_FALSE(some->Read(&chunk));
  EXPECT_TRUE(some->Finish().ok());
}

TEST_F(Services, ABrokenOffExportEnds) {
  for (int i = 1; i <= 40; ++i) server_.Accrue("1000", i, 100);
  grpc::ClientContext context;
  const auto reader = server_.stubs.ledger->ExportEntries(&context, v1::ExportEntriesRequest());
  context.TryCancel();
  v1::ExportEntriesResponse chunk;
  while (reader->Read(&chunk)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Services, PostingsAddUpToTheTrialBalance) {
  server_.Accrue("1000", 1, 10'000);
  Call(server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem,
       server_.Redemption("1000", "redeem-1", 30));
  const auto balance = Call(server_.stubs.ledger, &v1::LedgerService::Stub::GetTrialBalance,
                            FromText<v1::GetTrialBalanceRequest>(R"(program: "programs/harbour")"));
  EXPECT_EQ(balance.positions(0).sequence(), server_.sequence());
  std::map<std::string, std::int64_t> sums;
  for (const v1::TrialBalanceRow& row : balance.rows()) sums[row.point_type()] += row.closing();
  EXPECT_EQ(sums, (std::map<std::string, std::int64_t>{{"credit", 0}, {"points", 0}}));

  const auto csv = [this] {
    grpc::ClientContext context;
    const auto reader = server_.stubs.ledger->ExportPostings(
        &context, FromText<v1::ExportPostingsRequest>(R"(program: "programs/harbour")"));
    v1::ExportPostingsResponse chunk;
    std::string text;
    std::uint64_t last = 0;
    while (reader->Read(&chunk)) {
      text += chunk.csv();
      last = chunk.last_sequence();
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(last, server_.sequence());
    return text;
  };
  const std::string text = csv();
  EXPECT_THAT(text, StartsWith("partition,sequence,posting,kind,"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7);  // header, 4 and 2 postings
  EXPECT_THAT(text, HasSubstr(MemberToken(ParseMemberName(ana_)->member)));
  EXPECT_EQ(csv(), text);

  grpc::ClientContext context;
  const auto unknown = server_.stubs.ledger->ExportPostings(
      &context, FromText<v1::ExportPostingsRequest>(R"(program: "programs/nowhere")"));
  v1::ExportPostingsResponse chunk;
  EXPECT_FALSE(unknown->Read(&chunk));
  EXPECT_EQ(Read(unknown->Finish()).reason, "RESOURCE_NOT_FOUND");
}

TEST_F(Services, TheServerTellsWhoItIs) {
  const auto info = Call(server_.stubs.admin, &v1::AdminService::Stub::GetServerInfo, {});
  EXPECT_EQ(info.ledger(), "ledger.example.com/laurel");
  ASSERT_EQ(info.partitions_size(), 1);
  EXPECT_EQ(info.partitions(0).sequence(), server_.sequence());
  EXPECT_EQ(info.partitions(0).epoch(), 1u);
}

}  // namespace
}  // namespace laurel
