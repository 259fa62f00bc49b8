#include "tests/service/test_server.h"

#include <google/protobuf/text_format.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel {

Refused Read(const google::rpc::Status& status) {
  Refused refused;
  refused.code = static_cast<grpc::StatusCode>(status.code());
  refused.message = status.message();
  for (const google::protobuf::Any& detail : status.details()) {
    const std::string& url = detail.type_url();
    refused.details.push_back(url.substr(url.rfind('.') + 1));
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) {
      refused.reason = info.reason();
      refused.facts.insert(info.metadata().begin(), info.metadata().end());
    }
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations())
      refused.fields.push_back(violation.field());
  }
  return refused;
}

Refused Read(const grpc::Status& status) {
  google::rpc::Status rich;
  if (status.ok() || !rich.ParseFromString(status.error_details())) {
    return Refused{status.error_code(), status.error_message(), "", {}, {}, {}};
  }
  return Read(rich);
}

void ParseText(absl::string_view text, google::protobuf::Message& message) {
  LAUREL_CHECK(google::protobuf::TextFormat::ParseFromString(std::string(text), &message),
               "a test's message is well formed");
}

TestServer::TestServer(Engine::Options options, bool has_program)
    : ledger_(std::move(options), has_program),
      hasher_(std::string(IdentityHasher::kKeyBytes, 'k')),
      log_(LogLevel::kError, Log::Form::kText) {
  Start();
}

TestServer::~TestServer() { Stop(); }

void TestServer::Start() {
  services_ = std::make_unique<ServiceSet>(
      ledger_.engine(), hasher_, log_,
      ServerIdentity{"ledger.example.com/laurel", 1, "ledger.example.com/laurel/0", ""},
      simulations_.path());
  grpc::ServerBuilder builder;
  services_->AddTo(builder);
  server_ = builder.BuildAndStart();
  channel_ = server_->InProcessChannel({});
  stubs.member = v1::MemberService::NewStub(channel_);
  stubs.points = v1::PointsService::NewStub(channel_);
  stubs.redemption = v1::RedemptionService::NewStub(channel_);
  stubs.tier = v1::TierService::NewStub(channel_);
  stubs.program = v1::ProgramService::NewStub(channel_);
  stubs.ledger = v1::LedgerService::NewStub(channel_);
  stubs.admin = v1::AdminService::NewStub(channel_);
  stubs.simulation = v1::SimulationService::NewStub(channel_);
}

void TestServer::Stop() {
  server_->Shutdown();
  server_ = nullptr;
  services_ = nullptr;
}

void TestServer::Restart() {
  Stop();
  ledger_.Restart();
  Start();
}

std::string TestServer::Enroll(absl::string_view card) {
  v1::EnrollMemberRequest request;
  request.set_request_id(absl::StrCat("enroll-", card));
  request.set_program("programs/harbour");
  v1::IdentityKey& identity = *request.add_identities();
  identity.set_kind(v1::IDENTITY_KIND_CARD);
  identity.set_value(std::string(card));
  grpc::ClientContext context;
  v1::EnrollMemberResponse response;
  const grpc::Status status = stubs.member->EnrollMember(&context, request, &response);
  LAUREL_CHECK(status.ok(), "the test's member is enrolled");
  return response.member().name();
}

v1::AccruePurchaseRequest TestServer::Sale(absl::string_view card, int receipt,
                                           std::int64_t cents) {
  auto request = FromText<v1::AccruePurchaseRequest>(R"(
    program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD } }
    purchase {
      receipt {
        store: "S1" terminal: "T1" business_on { year: 2026 month: 3 day: 1 }
      }
      occurred_at { seconds: 1772366400 }  # 2026-03-01T12:00:00Z
      channel: CHANNEL_POS
      total { currency_code: "EUR" }
    })");
  request.set_request_id(absl::StrCat("accrue-", receipt));
  request.mutable_member()->mutable_identity()->set_value(std::string(card));
  request.mutable_purchase()->mutable_receipt()->set_number(absl::StrCat(receipt));
  request.mutable_purchase()->mutable_total()->set_minor_units(cents);
  return request;
}

v1::AccruePurchaseResponse TestServer::Accrue(absl::string_view card, int receipt,
                                              std::int64_t cents) {
  grpc::ClientContext context;
  v1::AccruePurchaseResponse response;
  const grpc::Status status =
      stubs.points->AccruePurchase(&context, Sale(card, receipt, cents), &response);
  LAUREL_CHECK(status.ok(), "the test's purchase is accrued");
  return response;
}

v1::RedeemRequest TestServer::Redemption(absl::string_view card, absl::string_view request,
                                         std::int64_t points) {
  auto redeem = FromText<v1::RedeemRequest>(R"(
    program: "programs/harbour"
    member { identity { kind: IDENTITY_KIND_CARD } }
    points { point_type: "points" })");
  redeem.set_request_id(std::string(request));
  redeem.mutable_member()->mutable_identity()->set_value(std::string(card));
  redeem.mutable_points()->set_amount(points);
  return redeem;
}

}  // namespace laurel
