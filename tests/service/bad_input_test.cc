// Bad input gets a clear error that names the field, and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// One request of each method that is right, and ways to spoil it.
template <class Request>
struct Spoiled {
  const char* field;  // that the refusal names
  std::function<void(Request&)> spoil;
};

template <class Request, class Call>
void ExpectRefused(TestServer& server, const Request& good, Call call,
                   const std::vector<Spoiled<Request>>& rows) {
  const std::uint64_t before = server.sequence();
  for (const Spoiled<Request>& row : rows) {
    SCOPED_TRACE(row.field);
    Request request = good;
    row.spoil(request);
    const Refused refused = Read(call(request));
    EXPECT_EQ(refused.code, grpc::StatusCode::INVALID_ARGUMENT) << refused.message;
    EXPECT_THAT(refused.fields, Contains(row.field));
    EXPECT_THAT(refused.message, HasSubstr(": "));
    EXPECT_THAT(refused.message, HasSubstr("was "));
    EXPECT_EQ(server.sequence(), before);
  }
}

// Fields that every write on a member has.
template <class Request>
std::vector<Spoiled<Request>> AboutMember() {
  return {
      {"request_id", [](Request& r) { r.clear_request_id(); }},
      {"request_id", [](Request& r) { r.set_request_id("short"); }},
      {"request_id", [](Request& r) { r.set_request_id("with space"); }},
      {"request_id", [](Request& r) { r.set_request_id(std::string(65, 'x')); }},
      {"request_id", [](Request& r) { r.set_request_id("-leading"); }},
      {"program", [](Request& r) { r.clear_program(); }},
      {"program", [](Request& r) { r.set_program("harbour"); }},
      {"program", [](Request& r) { r.set_program("programs/Harbour"); }},
      {"member", [](Request& r) { r.clear_member(); }},
      {"member", [](Request& r) { r.mutable_member()->clear_who(); }},
      {"member.name", [](Request& r) { r.mutable_member()->set_name("ana"); }},
      {"member.name",
       [](Request& r) { r.mutable_member()->set_name("programs/other/members/5d4gp3m80p1f5"); }},
      {"member.identity.kind",
       [](Request& r) { r.mutable_member()->mutable_identity()->clear_kind(); }},
      {"member.identity.kind",
       [](Request& r) {
         r.mutable_member()->mutable_identity()->set_kind(static_cast<v1::IdentityKind>(99));
       }},
      {"member.identity.value",
       [](Request& r) { r.mutable_member()->mutable_identity()->clear_value(); }},
      {"member.identity.value",
       [](Request& r) { r.mutable_member()->mutable_identity()->set_value("a\nb"); }},
      {"member.identity.value",
       [](Request& r) {
         r.mutable_member()->mutable_identity()->set_kind(v1::IDENTITY_KIND_PHONE);
         r.mutable_member()->mutable_identity()->set_value("0123");
       }},
  };
}

template <class Request>
std::vector<Spoiled<Request>> Join(std::vector<Spoiled<Request>> a,
                                   std::vector<Spoiled<Request>> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class BadInput : public testing::Test {
 protected:
  BadInput() { server_.Enroll("1000"); }
  TestServer server_;
};

template <class Stub, class Request, class Response>
auto Caller(Stub& stub,
            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  return [&stub, method](const Request& request) {
    grpc::ClientContext context;
    Response response;
    return (stub.*method)(&context, request, &response);
  };
}

constexpr absl::string_view kOriginal = R"(
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 2 day: 1 } number: "7" }
    line: 1)";
v1::OriginalLine& Original(v1::AccruePurchaseRequest& request, int line) {
  return *request.mutable_purchase()->mutable_lines(line)->mutable_original();
}

TEST_F(BadInput, OfAccruePurchase) {
  using Request = v1::AccruePurchaseRequest;
  Request good = server_.Sale("1000", 1, 1'000);
  ParseText(R"(line: 1 kind: LINE_KIND_SALE extended_minor_units: 1500)",
            *good.mutable_purchase()->add_lines());
  ParseText(R"(line: 2 kind: LINE_KIND_RETURN extended_minor_units: 500)",
            *good.mutable_purchase()->add_lines());
  ParseText(R"(line: 3 kind: LINE_KIND_VOID extended_minor_units: 700)",
            *good.mutable_purchase()->add_lines());
  const auto call = Caller(*server_.stubs.points, &v1::PointsService::Stub::AccruePurchase);
  ExpectRefused<Request>(
      server_, good, call,
      Join<Request>(
          AboutMember<Request>(),
          {
              {"purchase", [](Request& r) { r.clear_purchase(); }},
              {"purchase.receipt", [](Request& r) { r.mutable_purchase()->clear_receipt(); }},
              {"purchase.receipt.store",
               [](Request& r) { r.mutable_purchase()->mutable_receipt()->clear_store(); }},
              {"purchase.receipt.store",
               [](Request& r) { r.mutable_purchase()->mutable_receipt()->set_store("S.1"); }},
              {"purchase.receipt.terminal",
               [](Request& r) { r.mutable_purchase()->mutable_receipt()->set_terminal("=1+1"); }},
              {"purchase.receipt.number",
               [](Request& r) {
                 r.mutable_purchase()->mutable_receipt()->set_number(std::string(41, '1'));
               }},
              {"purchase.receipt.business_on",
               [](Request& r) { r.mutable_purchase()->mutable_receipt()->clear_business_on(); }},
              {"purchase.receipt.business_on",
               [](Request& r) {
                 r.mutable_purchase()->mutable_receipt()->mutable_business_on()->set_day(0);
               }},
              {"purchase.receipt.business_on",
               [](Request& r) {
                 auto& on = *r.mutable_purchase()->mutable_receipt()->mutable_business_on();
                 on.set_month(2);
                 on.set_day(29);
               }},
              {"purchase.occurred_at",
               [](Request& r) { r.mutable_purchase()->clear_occurred_at(); }},
              {"purchase.occurred_at.nanos",
               [](Request& r) { r.mutable_purchase()->mutable_occurred_at()->set_nanos(-1); }},
              {"purchase.occurred_at.seconds",
               [](Request& r) {
                 r.mutable_purchase()->mutable_occurred_at()->set_seconds(INT64_MAX);
               }},
              {"purchase.channel", [](Request& r) { r.mutable_purchase()->clear_channel(); }},
              {"purchase.channel",
               [](Request& r) { r.mutable_purchase()->set_channel(static_cast<v1::Channel>(77)); }},
              {"purchase.total", [](Request& r) { r.mutable_purchase()->clear_total(); }},
              {"purchase.total.currency_code",
               [](Request& r) { r.mutable_purchase()->mutable_total()->clear_currency_code(); }},
              {"purchase.total.currency_code",
               [](Request& r) { r.mutable_purchase()->mutable_total()->set_currency_code("eur"); }},
              {"purchase.total.currency_code",
               [](Request& r) { r.mutable_purchase()->mutable_total()->set_currency_code("JPY"); }},
              {"purchase.total.minor_units",
               [](Request& r) { r.mutable_purchase()->mutable_total()->set_minor_units(-1'000); }},
              {"purchase.total.minor_units",
               [](Request& r) {
                 r.mutable_purchase()->mutable_total()->set_minor_units(1'000'000'000'001);
               }},
              {"purchase.total.minor_units",
               [](Request& r) {
                 r.mutable_purchase()->mutable_total()->set_minor_units(INT64_MAX);
               }},
              {"purchase.total.minor_units",
               [](Request& r) { r.mutable_purchase()->mutable_total()->set_minor_units(1'001); }},
              {"purchase.lines[1].line",
               [](Request& r) { r.mutable_purchase()->mutable_lines(1)->set_line(1); }},
              {"purchase.lines[1].line",
               [](Request& r) { r.mutable_purchase()->mutable_lines(1)->set_line(0); }},
              {"purchase.lines[1].line",
               [](Request& r) { r.mutable_purchase()->mutable_lines(1)->set_line(10'000); }},
              {"purchase.lines[0].kind",
               [](Request& r) { r.mutable_purchase()->mutable_lines(0)->clear_kind(); }},
              {"purchase.lines[0].extended_minor_units",
               [](Request& r) {
                 r.mutable_purchase()->mutable_lines(0)->set_extended_minor_units(-1);
               }},
              {"purchase.lines[0].quantity_micros",
               [](Request& r) { r.mutable_purchase()->mutable_lines(0)->set_quantity_micros(-1); }},
              {"purchase.lines[0].sku",
               [](Request& r) {
                 r.mutable_purchase()->mutable_lines(0)->set_sku(std::string(65, 'x'));
               }},
              {"purchase.lines[0].categories[1]",
               [](Request& r) {
                 r.mutable_purchase()->mutable_lines(0)->add_categories("food");
                 r.mutable_purchase()->mutable_lines(0)->add_categories("");
               }},
              {"purchase.lines[0].categories",
               [](Request& r) {
                 for (int i = 0; i < 17; ++i) {
                   r.mutable_purchase()->mutable_lines(0)->add_categories("food");
                 }
               }},
              {"purchase.lines",
               [](Request& r) {
                 for (int i = 0; i < 501; ++i) r.mutable_purchase()->add_lines();
               }},
              {"purchase.lines[0].original",
               [](Request& r) { ParseText(kOriginal, Original(r, 0)); }},
              {"purchase.lines[1].original.receipt",
               [](Request& r) { Original(r, 1).set_line(1); }},
              {"purchase.lines[1].original.receipt.number",
               [](Request& r) {
                 ParseText(kOriginal, Original(r, 1));
                 Original(r, 1).mutable_receipt()->set_number("no. 7");
               }},
              {"purchase.lines[1].original.line",
               [](Request& r) {
                 ParseText(kOriginal, Original(r, 1));
                 Original(r, 1).set_line(0);
               }},
              {"purchase.lines[1].original",
               [](Request& r) {
                 ParseText(kOriginal, Original(r, 1));
                 *Original(r, 1).mutable_receipt() = r.purchase().receipt();
               }},
              {"purchase.lines",
               [](Request& r) {
                 ParseText(kOriginal, Original(r, 1));
                 r.mutable_purchase()->mutable_lines(0)->set_kind(v1::LINE_KIND_VOID);
                 r.mutable_purchase()->mutable_total()->set_minor_units(-500);
               }},
              {"purchase.terminal_sequence",
               [](Request& r) { r.mutable_purchase()->set_terminal_sequence(-1); }},
              {"pay_with_points.point_type",
               [](Request& r) { r.mutable_pay_with_points()->set_amount(1); }},
              {"pay_with_points.amount",
               [](Request& r) { r.mutable_pay_with_points()->set_point_type("points"); }},
              {"pay_with_points",
               [](Request& r) {
                 r.mutable_pay_with_points()->set_point_type("points");
                 r.mutable_pay_with_points()->set_amount(1);
                 r.mutable_purchase()->set_offline(true);
               }},
          }));
  EXPECT_TRUE(call(good).ok());
}

TEST_F(BadInput, OfCorrectReceipt) {
  using Request = v1::CorrectReceiptRequest;
  server_.Accrue("1000", 1, 1'000);
  Request good;
  good.set_request_id("correct-good");
  good.set_program("programs/harbour");
  *good.mutable_member() = server_.Sale("1000", 1, 500).member();
  *good.mutable_purchase() = server_.Sale("1000", 1, 500).purchase();
  const auto call = Caller(*server_.stubs.points, &v1::PointsService::Stub::CorrectReceipt);
  ExpectRefused<Request>(
      server_, good, call,
      Join<Request>(
          AboutMember<Request>(),
          {
              {"purchase", [](Request& r) { r.clear_purchase(); }},
              {"purchase.receipt", [](Request& r) { r.mutable_purchase()->clear_receipt(); }},
              {"purchase.training", [](Request& r) { r.mutable_purchase()->set_training(true); }},
              {"purchase.lines[1].original",
               [](Request& r) {
                 ParseText("line: 1 kind: LINE_KIND_SALE extended_minor_units: 600",
                           *r.mutable_purchase()->add_lines());
                 ParseText("line: 2 kind: LINE_KIND_RETURN extended_minor_units: 100",
                           *r.mutable_purchase()->add_lines());
                 ParseText(kOriginal, *r.mutable_purchase()->mutable_lines(1)->mutable_original());
               }},
          }));
  EXPECT_TRUE(call(good).ok());
}

TEST_F(BadInput, OfEnrollMember) {
  using Request = v1::EnrollMemberRequest;
  const auto good = FromText<Request>(R"(
    request_id: "enroll-good" program: "programs/harbour"
    identities { kind: IDENTITY_KIND_CARD value: "2000" } channel: CHANNEL_POS store: "S1")");
  const auto call = Caller(*server_.stubs.member, &v1::MemberService::Stub::EnrollMember);
  ExpectRefused<Request>(
      server_, good, call,
      {
          {"request_id", [](Request& r) { r.clear_request_id(); }},
          {"program", [](Request& r) { r.set_program("programs/"); }},
          {"identities",
           [](Request& r) {
             for (int i = 0; i < 16; ++i) *r.add_identities() = r.identities(0);
           }},
          {"identities[1]", [](Request& r) { *r.add_identities() = r.identities(0); }},
          {"identities[1].value",
           [](Request& r) { r.add_identities()->set_kind(v1::IDENTITY_KIND_EMAIL); }},
          {"identities[0].value",
           [](Request& r) {
             r.mutable_identities(0)->set_kind(v1::IDENTITY_KIND_EMAIL);
             r.mutable_identities(0)->set_value("nobody");
           }},
          {"channel", [](Request& r) { r.set_channel(static_cast<v1::Channel>(99)); }},
          {"store", [](Request& r) { r.set_store("no dots."); }},
          {"occurred_at.nanos",
           [](Request& r) { r.mutable_occurred_at()->set_nanos(1'000'000'000); }},
      });
  EXPECT_TRUE(call(good).ok());
}

TEST_F(BadInput, OfIdentityAndStateChanges) {
  using Link = v1::LinkIdentityRequest;
  const auto link = FromText<Link>(R"(
    request_id: "link-good" program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
    identity { kind: IDENTITY_KIND_APP value: "app-1" })");
  ExpectRefused<Link>(
      server_, link, Caller(*server_.stubs.member, &v1::MemberService::Stub::LinkIdentity),
      Join<Link>(AboutMember<Link>(),
                 {{"identity", [](Link& r) { r.clear_identity(); }},
                  {"identity.kind", [](Link& r) { r.mutable_identity()->clear_kind(); }},
                  {"identity.value", [](Link& r) { r.mutable_identity()->clear_value(); }}}));
  using Unlink = v1::UnlinkIdentityRequest;
  Unlink unlink;
  ParseText(link.ShortDebugString(), unlink);
  ExpectRefused<Unlink>(
      server_, unlink, Caller(*server_.stubs.member, &v1::MemberService::Stub::UnlinkIdentity),
      Join<Unlink>(AboutMember<Unlink>(), {{"identity", [](Unlink& r) { r.clear_identity(); }}}));
  const absl::string_view about = R"(
    request_id: "state-good" program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })";
  ExpectRefused<v1::SuspendMemberRequest>(
      server_, FromText<v1::SuspendMemberRequest>(about),
      Caller(*server_.stubs.member, &v1::MemberService::Stub::SuspendMember),
      AboutMember<v1::SuspendMemberRequest>());
  ExpectRefused<v1::ReactivateMemberRequest>(
      server_, FromText<v1::ReactivateMemberRequest>(about),
      Caller(*server_.stubs.member, &v1::MemberService::Stub::ReactivateMember),
      AboutMember<v1::ReactivateMemberRequest>());
  ExpectRefused<v1::CloseMemberRequest>(
      server_, FromText<v1::CloseMemberRequest>(about),
      Caller(*server_.stubs.member, &v1::MemberService::Stub::CloseMember),
      AboutMember<v1::CloseMemberRequest>());
}

TEST_F(BadInput, OfRedeem) {
  using Request = v1::RedeemRequest;
  server_.Accrue("1000", 1, 10'000);
  const Request good = server_.Redemption("1000", "redeem-good", 10);
  const auto call = Caller(*server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem);
  ExpectRefused<Request>(
      server_, good, call,
      Join<Request>(
          AboutMember<Request>(),
          {
              {"points", [](Request& r) { r.clear_points(); }},
              {"points.point_type", [](Request& r) { r.mutable_points()->clear_point_type(); }},
              {"points.point_type",
               [](Request& r) { r.mutable_points()->set_point_type("Points"); }},
              {"points.amount", [](Request& r) { r.mutable_points()->set_amount(0); }},
              {"points.amount", [](Request& r) { r.mutable_points()->set_amount(-5); }},
              {"points.amount", [](Request& r) { r.mutable_points()->set_amount(INT64_MAX); }},
              {"reference", [](Request& r) { r.set_reference(std::string(65, 'x')); }},
              {"reference", [](Request& r) { r.set_reference("a\tb"); }},
          }));
  EXPECT_TRUE(call(good).ok());
}

TEST_F(BadInput, OfReverseRedemption) {
  using Request = v1::ReverseRedemptionRequest;
  const auto good = FromText<Request>(
      R"(request_id: "reverse-good" redemption: "programs/harbour/entries/0-1" amount: 1)");
  ExpectRefused<Request>(
      server_, good,
      Caller(*server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption),
      {
          {"request_id", [](Request& r) { r.clear_request_id(); }},
          {"redemption", [](Request& r) { r.clear_redemption(); }},
          {"redemption", [](Request& r) { r.set_redemption("0-1"); }},
          {"amount", [](Request& r) { r.set_amount(0); }},
          {"amount", [](Request& r) { r.set_amount(-1); }},
      });
}

TEST_F(BadInput, OfReturnPurchase) {
  using Request = v1::ReturnPurchaseRequest;
  const auto good = FromText<Request>(R"(
    request_id: "return-good" program: "programs/harbour"
    receipt { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "9" }
    original { store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 } number: "1" }
    occurred_at { seconds: 1772366400 }
    lines { line: 1 quantity_micros: 1000000 })");
  ExpectRefused<Request>(
      server_, good, Caller(*server_.stubs.points, &v1::PointsService::Stub::ReturnPurchase),
      {
          {"request_id", [](Request& r) { r.clear_request_id(); }},
          {"program", [](Request& r) { r.clear_program(); }},
          {"receipt", [](Request& r) { r.clear_receipt(); }},
          {"receipt", [](Request& r) { *r.mutable_receipt() = r.original(); }},
          {"receipt.number", [](Request& r) { r.mutable_receipt()->clear_number(); }},
          {"original", [](Request& r) { r.clear_original(); }},
          {"original.store", [](Request& r) { r.mutable_original()->set_store(" "); }},
          {"occurred_at", [](Request& r) { r.clear_occurred_at(); }},
          {"terminal_sequence", [](Request& r) { r.set_terminal_sequence(-1); }},
          {"member.identity.value",
           [](Request& r) {
             r.mutable_member()->mutable_identity()->set_kind(v1::IDENTITY_KIND_CARD);
           }},
          {"lines", [](Request& r) { r.set_whole(true); }},
          {"lines", [](Request& r) { r.clear_lines(); }},
          {"lines[0].line", [](Request& r) { r.mutable_lines(0)->set_line(0); }},
          {"lines[1].line", [](Request& r) { *r.add_lines() = r.lines(0); }},
          {"lines[0].quantity_micros",
           [](Request& r) { r.mutable_lines(0)->set_quantity_micros(0); }},
          {"lines[0].refund_minor_units",
           [](Request& r) { r.mutable_lines(0)->set_refund_minor_units(-1); }},
      });
}

TEST_F(BadInput, OfPrograms) {
  using Create = v1::CreateProgramRequest;
  Create create;
  create.set_request_id("create-good");
  create.set_document(HarbourDocument());
  const auto call = Caller(*server_.stubs.program, &v1::ProgramService::Stub::CreateProgram);
  ExpectRefused<Create>(
      server_, create, call,
      {
          {"request_id", [](Create& r) { r.clear_request_id(); }},
          {"document", [](Create& r) { r.clear_document(); }},
          {"document", [](Create& r) { r.set_document("id: {"); }},
          {"document", [](Create& r) { r.set_document(std::string((1 << 20) + 1, ' ')); }},
          {"document.currency",
           [](Create& r) {
             std::string text = r.document();
             text.replace(text.find("EUR"), 3, "EUX");
             r.set_document(text);
           }},
      });
  create.set_document("id: {");
  const Refused refused = Read(call(create));
  EXPECT_EQ(refused.reason, "PROGRAM_INVALID");
  EXPECT_THAT(refused.message, HasSubstr("R-SCHEMA-003 at 1:6: "));

  using Revise = v1::CreateRevisionRequest;
  Revise revise;
  revise.set_request_id("revise-good");
  revise.set_program("programs/harbour");
  revise.set_document(HarbourDocument());
  ExpectRefused<Revise>(server_, revise,
                        Caller(*server_.stubs.program, &v1::ProgramService::Stub::CreateRevision),
                        {{"program", [](Revise& r) { r.clear_program(); }},
                         {"document.id", [](Revise& r) { r.set_program("programs/another"); }}});

  using Activate = v1::ActivateRevisionRequest;
  const auto activate =
      FromText<Activate>(R"(request_id: "activate-good" name: "programs/harbour/revisions/1")");
  ExpectRefused<Activate>(
      server_, activate,
      Caller(*server_.stubs.program, &v1::ProgramService::Stub::ActivateRevision),
      {{"request_id", [](Activate& r) { r.clear_request_id(); }},
       {"name", [](Activate& r) { r.clear_name(); }},
       {"name", [](Activate& r) { r.set_name("programs/harbour/revisions/one"); }}});
}

TEST_F(BadInput, OfRevisions) {
  using Stub = v1::ProgramService::Stub;
  using Approve = v1::ApproveRevisionRequest;
  const auto approve =
      FromText<Approve>(R"(request_id: "approve-good" name: "programs/harbour/revisions/1")");
  ExpectRefused<Approve>(server_, approve, Caller(*server_.stubs.program, &Stub::ApproveRevision),
                         {{"request_id", [](Approve& r) { r.clear_request_id(); }},
                          {"name", [](Approve& r) { r.clear_name(); }},
                          {"digest", [](Approve& r) { r.set_digest("short"); }}});
  using Schedule = v1::ScheduleRevisionRequest;
  const auto schedule = FromText<Schedule>(R"(
    request_id: "schedule-good" name: "programs/harbour/revisions/1"
    effective_from { seconds: 1780000000 })");
  ExpectRefused<Schedule>(
      server_, schedule, Caller(*server_.stubs.program, &Stub::ScheduleRevision),
      {{"request_id", [](Schedule& r) { r.clear_request_id(); }},
       {"name", [](Schedule& r) { r.set_name("programs/harbour"); }},
       {"effective_from", [](Schedule& r) { r.clear_effective_from(); }},
       {"effective_from.nanos", [](Schedule& r) { r.mutable_effective_from()->set_nanos(-1); }},
       {"effective_from", [](Schedule& r) { r.mutable_effective_from()->set_seconds(1); }}});
  using Cancel = v1::CancelScheduleRequest;
  const auto cancel =
      FromText<Cancel>(R"(request_id: "cancel-good" name: "programs/harbour/revisions/1")");
  ExpectRefused<Cancel>(server_, cancel, Caller(*server_.stubs.program, &Stub::CancelSchedule),
                        {{"request_id", [](Cancel& r) { r.clear_request_id(); }},
                         {"name", [](Cancel& r) { r.clear_name(); }}});
  using Pause = v1::PauseRuleRequest;
  const auto pause =
      FromText<Pause>(R"(request_id: "pause-good" program: "programs/harbour" rule: "base")");
  ExpectRefused<Pause>(server_, pause, Caller(*server_.stubs.program, &Stub::PauseRule),
                       {{"request_id", [](Pause& r) { r.clear_request_id(); }},
                        {"program", [](Pause& r) { r.clear_program(); }},
                        {"rule", [](Pause& r) { r.clear_rule(); }},
                        {"rule", [](Pause& r) { r.set_rule(std::string(41, 'x')); }}});
  using Resume = v1::ResumeRuleRequest;
  const auto resume =
      FromText<Resume>(R"(request_id: "resume-good" program: "programs/harbour" rule: "base")");
  ExpectRefused<Resume>(server_, resume, Caller(*server_.stubs.program, &Stub::ResumeRule),
                        {{"program", [](Resume& r) { r.clear_program(); }},
                         {"rule", [](Resume& r) { r.clear_rule(); }}});
  using Get = v1::GetRevisionRequest;
  const auto get = FromText<Get>(R"(name: "programs/harbour/revisions/1")");
  ExpectRefused<Get>(server_, get, Caller(*server_.stubs.program, &Stub::GetRevision),
                     {{"name", [](Get& r) { r.clear_name(); }}});
  using List = v1::ListRevisionsRequest;
  const auto list = FromText<List>(R"(program: "programs/harbour")");
  ExpectRefused<List>(server_, list, Caller(*server_.stubs.program, &Stub::ListRevisions),
                      {{"program", [](List& r) { r.clear_program(); }},
                       {"page_size", [](List& r) { r.set_page_size(-1); }}});
}

TEST_F(BadInput, OfReads) {
  const auto balance = FromText<v1::GetBalanceRequest>(R"(
    program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })");
  ExpectRefused<v1::GetBalanceRequest>(
      server_, balance, Caller(*server_.stubs.points, &v1::PointsService::Stub::GetBalance),
      {{"program", [](auto& r) { r.clear_program(); }},
       {"member", [](auto& r) { r.clear_member(); }}});
  v1::ListEntriesRequest list;
  ParseText(balance.ShortDebugString(), list);
  ExpectRefused<v1::ListEntriesRequest>(
      server_, list, Caller(*server_.stubs.points, &v1::PointsService::Stub::ListEntries),
      {{"page_size", [](auto& r) { r.set_page_size(-1); }},
       {"page_token", [](auto& r) { r.set_page_token("made-up"); }}});
  v1::GetTierRequest tier;
  ParseText(balance.ShortDebugString(), tier);
  ExpectRefused<v1::GetTierRequest>(
      server_, tier, Caller(*server_.stubs.tier, &v1::TierService::Stub::GetTier),
      {{"as_of_occurred",
        [](auto& r) { r.mutable_as_of_occurred()->set_seconds(1'900'000'000); }}});
  ExpectRefused<v1::GetMemberRequest>(
      server_, {}, Caller(*server_.stubs.member, &v1::MemberService::Stub::GetMember),
      {{"name", [](auto& r) { r.set_name("programs/harbour/members/ana"); }}});
  ExpectRefused<v1::LookupMemberRequest>(
      server_, {}, Caller(*server_.stubs.member, &v1::MemberService::Stub::LookupMember),
      {{"identity.kind", [](auto&) {}}});
  ExpectRefused<v1::GetEntryRequest>(
      server_, {}, Caller(*server_.stubs.points, &v1::PointsService::Stub::GetEntry),
      {{"name", [](auto& r) { r.set_name("entries/0-1"); }}});
  ExpectRefused<v1::ExplainEntryRequest>(
      server_, FromText<v1::ExplainEntryRequest>(R"(name: "programs/harbour/entries/0-1")"),
      Caller(*server_.stubs.points, &v1::PointsService::Stub::ExplainEntry),
      {{"name", [](auto& r) { r.set_name("entries/0-1"); }},
       {"language", [](auto& r) { r.set_language("zh_CN"); }}});
  ExpectRefused<v1::GetTrialBalanceRequest>(
      server_, FromText<v1::GetTrialBalanceRequest>(R"(program: "programs/harbour")"),
      Caller(*server_.stubs.ledger, &v1::LedgerService::Stub::GetTrialBalance),
      {{"program", [](auto& r) { r.clear_program(); }},
       {"from_on", [](auto& r) { r.mutable_from_on()->set_year(2026); }},
       {"until_on", [](auto& r) {
          ParseText(
              "from_on { year: 2026 month: 3 day: 2 } until_on { year: 2026 month: 3 day: 1 }", r);
          r.set_program("programs/harbour");
        }}});
  ExpectRefused<v1::GetInclusionProofRequest>(
      server_, {}, Caller(*server_.stubs.ledger, &v1::LedgerService::Stub::GetInclusionProof),
      {{"sequence", [](auto& r) { r.set_size(1); }}, {"size", [](auto& r) {
                                                        r.set_sequence(1);
                                                        r.set_size(1'000'000);
                                                      }}});
}

TEST_F(BadInput, OfABatch) {
  v1::BatchAccrueRequest request;
  const auto call = Caller(*server_.stubs.points, &v1::PointsService::Stub::BatchAccrue);
  EXPECT_THAT(Read(call(request)).fields, ElementsAre("items"));
  for (int i = 0; i < 101; ++i) request.add_items();
  EXPECT_THAT(Read(call(request)).fields, ElementsAre("items"));
}

TEST_F(BadInput, IsToldAllAtOnceAndWithoutRequestIdByItsOwnReason) {
  v1::AccruePurchaseRequest request = server_.Sale("1000", 1, 1'000);
  request.clear_request_id();
  request.set_program("x");
  request.mutable_purchase()->clear_channel();
  request.mutable_purchase()->mutable_total()->set_minor_units(-1);
  const Refused refused =
      Read(Caller(*server_.stubs.points, &v1::PointsService::Stub::AccruePurchase)(request));
  EXPECT_EQ(refused.reason, "REQUEST_ID_REQUIRED");
  EXPECT_THAT(refused.fields, ElementsAre("request_id", "program", "purchase.channel",
                                          "purchase.total.minor_units"));
}

TEST_F(BadInput, IsNeverQuotedWherePersonal) {
  v1::LookupMemberRequest request;
  request.set_program("programs/harbour");
  request.mutable_identity()->set_kind(v1::IDENTITY_KIND_EMAIL);
  request.mutable_identity()->set_value("ana.lima");
  const auto call = Caller(*server_.stubs.member, &v1::MemberService::Stub::LookupMember);
  EXPECT_THAT(call(request).error_details(), Not(HasSubstr("ana")));
  request.mutable_identity()->set_value("ana.lima@example.com");
  const grpc::Status unknown = call(request);
  EXPECT_EQ(Read(unknown).reason, "MEMBER_NOT_FOUND");
  EXPECT_THAT(unknown.error_details(), Not(HasSubstr("ana")));
  v1::GetMemberRequest get;
  get.set_name("ana.lima@example.com");
  EXPECT_THAT(
      Caller(*server_.stubs.member, &v1::MemberService::Stub::GetMember)(get).error_details(),
      Not(HasSubstr("ana")));
}

// Well formed, and refused by the state of the world: kept under the request id.
TEST_F(BadInput, OfTheWorldIsRefusedByName) {
  struct Row {
    const char* reason;
    grpc::StatusCode code;
    grpc::Status status;
  };
  const auto accrue = Caller(*server_.stubs.points, &v1::PointsService::Stub::AccruePurchase);
  const auto redeem = Caller(*server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem);
  v1::AccruePurchaseRequest unknown_program = server_.Sale("1000", 1, 100);
  unknown_program.set_program("programs/nowhere");
  v1::AccruePurchaseRequest late = server_.Sale("1000", 2, 100);
  late.mutable_purchase()->mutable_occurred_at()->set_seconds(1'600'000'000);
  v1::RedeemRequest tier_points = server_.Redemption("1000", "redeem-credit", 1);
  tier_points.mutable_points()->set_point_type("credit");
  v1::EnrollMemberRequest taken = FromText<v1::EnrollMemberRequest>(R"(
    request_id: "enroll-taken" program: "programs/harbour"
    identities { kind: IDENTITY_KIND_CARD value: "10 00" })");
  server_.Accrue("1000", 3, 1'000);
  v1::AccruePurchaseRequest again = server_.Sale("1000", 3, 1'000);
  again.set_request_id("accrue-again");
  v1::AccruePurchaseRequest other = server_.Sale("1000", 3, 2'000);
  other.set_request_id("accrue-other");
  v1::AccruePurchaseRequest reused = server_.Sale("1000", 4, 1'000);
  reused.set_request_id("accrue-3");
  v1::CorrectReceiptRequest unknown_receipt;
  unknown_receipt.set_request_id("correct-none");
  unknown_receipt.set_program("programs/harbour");
  *unknown_receipt.mutable_member() = server_.Sale("1000", 8, 100).member();
  *unknown_receipt.mutable_purchase() = server_.Sale("1000", 8, 100).purchase();
  v1::CreateProgramRequest program;
  program.set_request_id("create-again");
  program.set_document(HarbourDocument());
  const Row rows[] = {
      {"RESOURCE_NOT_FOUND", grpc::StatusCode::NOT_FOUND, accrue(unknown_program)},
      {"MEMBER_NOT_FOUND", grpc::StatusCode::NOT_FOUND, accrue(server_.Sale("9999", 5, 100))},
      {"OCCURRED_AT_OUT_OF_WINDOW", grpc::StatusCode::INVALID_ARGUMENT, accrue(late)},
      {"RECEIPT_ALREADY_POSTED", grpc::StatusCode::ALREADY_EXISTS, accrue(again)},
      {"RECEIPT_CONTENT_DIFFERS", grpc::StatusCode::ALREADY_EXISTS, accrue(other)},
      {"REQUEST_ID_REUSED", grpc::StatusCode::INVALID_ARGUMENT, accrue(reused)},
      {"AMOUNT_NOT_ALLOWED", grpc::StatusCode::FAILED_PRECONDITION, redeem(tier_points)},
      {"INSUFFICIENT_POINTS", grpc::StatusCode::FAILED_PRECONDITION,
       redeem(server_.Redemption("1000", "redeem-much", 11))},
      {"IDENTITY_TAKEN", grpc::StatusCode::ALREADY_EXISTS,
       Caller(*server_.stubs.member, &v1::MemberService::Stub::EnrollMember)(taken)},
      {"ID_TAKEN", grpc::StatusCode::ALREADY_EXISTS,
       Caller(*server_.stubs.program, &v1::ProgramService::Stub::CreateProgram)(program)},
      {"INVALID_STATE", grpc::StatusCode::FAILED_PRECONDITION,
       Caller(*server_.stubs.program,
              &v1::ProgramService::Stub::ActivateRevision)(FromText<v1::ActivateRevisionRequest>(
           R"(request_id: "activate-again" name: "programs/harbour/revisions/1")"))},
      {"REVISION_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       Caller(*server_.stubs.program,
              &v1::ProgramService::Stub::ActivateRevision)(FromText<v1::ActivateRevisionRequest>(
           R"(request_id: "activate-none" name: "programs/harbour/revisions/9")"))},
      {"ENTRY_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       Caller(*server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption)(
           FromText<v1::ReverseRedemptionRequest>(
               R"(request_id: "reverse-none" redemption: "programs/harbour/entries/3-7")"))},
      {"PURCHASE_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       Caller(*server_.stubs.points, &v1::PointsService::Stub::CorrectReceipt)(unknown_receipt)},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.reason);
    const Refused refused = Read(row.status);
    EXPECT_EQ(refused.reason, row.reason);
    EXPECT_EQ(refused.code, row.code) << refused.message;
  }
  EXPECT_EQ(server_.ledger().Verify(), "");
}

TEST_F(BadInput, OfAClosedMember) {
  const absl::string_view about = R"(
    request_id: "close-it-now" program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD value: "1000" } })";
  server_.Accrue("1000", 1, 1'000);
  grpc::ClientContext context;
  v1::CloseMemberResponse closed;
  ASSERT_TRUE(
      server_.stubs.member->CloseMember(&context, FromText<v1::CloseMemberRequest>(about), &closed)
          .ok());
  EXPECT_EQ(closed.member().state(), v1::MEMBER_STATE_CLOSED);
  EXPECT_TRUE(closed.member().has_closed_at());
  const Refused refused =
      Read(Caller(*server_.stubs.points,
                  &v1::PointsService::Stub::AccruePurchase)(server_.Sale("1000", 2, 100)));
  EXPECT_EQ(refused.reason, "MEMBER_NOT_ACTIVE");
  EXPECT_EQ(refused.facts.at("state"), "CLOSED");
}

}  // namespace
}  // namespace laurel
