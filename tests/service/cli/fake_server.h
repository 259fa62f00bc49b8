#ifndef LAUREL_TESTS_SERVICE_CLI_FAKE_SERVER_H_
#define LAUREL_TESTS_SERVICE_CLI_FAKE_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "laurel/v1/tier_service.grpc.pb.h"

namespace laurel::cli {

inline google::rpc::Status MakeError(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("test: must be refused, was asked for");
  google::rpc::ErrorInfo info;
  info.set_domain("laurel");
  info.set_reason(reason);
  status.add_details()->PackFrom(info);
  return status;
}

inline grpc::Status ToStatus(const google::rpc::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                      status.SerializeAsString());
}

// What laureld would do, as far as the client's behaviour depends on it: a map of receipts and a
// set of members. Each purchase gives its minor units as points.
class FakeServer {
 public:
  FakeServer()
      : members_service_(this),
        points_service_(this),
        programs_service_(this),
        tiers_service_(this),
        ledger_service_(this),
        admin_service_(this) {
    grpc::ServerBuilder builder;
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &members_service_, &points_service_, &programs_service_, &tiers_service_,
             &ledger_service_, &admin_service_}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel(grpc::ChannelArguments());
  }
  ~FakeServer() { server_->Shutdown(); }

  std::shared_ptr<grpc::Channel> channel() const { return channel_; }

  // What tests look at and change.
  struct Posted {
    std::string member;
    std::string number;
    std::int64_t minor_units = 0;
  };
  Mutex mutex;
  std::set<std::string> members;
  std::vector<Posted> posted;
  std::map<std::string, std::string> receipt_by_request_id;
  std::set<std::string> receipts;
  int batch_calls = 0;
  int in_flight_conflicts = 0;  // batches that shared a member with another one in flight
  // Answers to give instead; called with the mutex held. An OK status goes on.
  std::function<grpc::Status(int call)> before_batch;
  std::function<grpc::Status(int call)> after_batch;  // the reply is lost
  std::function<google::rpc::Status(const v1::AccruePurchaseRequest&)> before_item;
  std::string spoiler;  // receipt number that makes a whole batch INVALID_ARGUMENT
  std::vector<v1::ExportPostingsResponse> postings;
  int break_stream_after = -1;  // messages; once
  std::uint64_t head = 0;

 private:
  struct Members final : v1::MemberService::Service {
    explicit Members(FakeServer* s) : server(*s) {}
    grpc::Status LookupMember(grpc::ServerContext*, const v1::LookupMemberRequest* request,
                              v1::LookupMemberResponse* response) override {
      MutexLock lock(&server.mutex);
      if (!server.members.contains(request->identity().value())) {
        return ToStatus(MakeError(grpc::StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND"));
      }
      response->mutable_member()->set_name("programs/cdnow/members/m_" +
                                           request->identity().value());
      response->mutable_member()->set_state(v1::MEMBER_STATE_ACTIVE);
      response->mutable_tier()->set_tier("GOLD");
      v1::Balance& balance = *response->add_balances();
      balance.set_point_type("points");
      balance.set_available(1'250);
      return grpc::Status::OK;
    }
    grpc::Status EnrollMember(grpc::ServerContext*, const v1::EnrollMemberRequest* request,
                              v1::EnrollMemberResponse*) override {
      MutexLock lock(&server.mutex);
      const std::string& value = request->identities(0).value();
      if (value == "banned")
        return ToStatus(MakeError(grpc::StatusCode::PERMISSION_DENIED, "CONSENT_MISSING"));
      server.members.insert(value);
      return grpc::Status::OK;
    }
    FakeServer& server;
  };

  struct Points final : v1::PointsService::Service {
    explicit Points(FakeServer* s) : server(*s) {}
    grpc::Status ExplainEntry(grpc::ServerContext*, const v1::ExplainEntryRequest* request,
                              v1::ExplainEntryResponse* response) override {
      response->set_entry(request->name());
      response->set_text("5 points · CDNOW\n  +5 points  base  1 per 1.00 on 5.00: 5 -> 5\x1b\n");
      v1::ExplainedLine& line = *response->add_lines();
      line.set_rule("base");
      line.set_kind(v1::EXPLAINED_LINE_KIND_BASE);
      line.set_point_type("points");
      line.set_granted(5);
      line.set_requested(6);
      line.set_arithmetic("1 per 1.00 on 5.00: 5 -> 5");
      response->add_sentences(request->language() == "zh-CN" ? "5 Points：…" : "5 Points");
      return grpc::Status::OK;
    }
    grpc::Status BatchAccrue(grpc::ServerContext*, const v1::BatchAccrueRequest* request,
                             v1::BatchAccrueResponse* response) override;
    grpc::Status GetBalance(grpc::ServerContext*, const v1::GetBalanceRequest* request,
                            v1::GetBalanceResponse* response) override {
      MutexLock lock(&server.mutex);
      const std::string& member = request->member().identity().value();
      if (!server.members.contains(member)) {
        return ToStatus(MakeError(grpc::StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND"));
      }
      v1::Balance& balance = *response->add_balances();
      balance.set_point_type("points");
      for (const Posted& purchase : server.posted) {
        if (purchase.member == member)
          balance.set_available(balance.available() + purchase.minor_units);
      }
      return grpc::Status::OK;
    }
    FakeServer& server;
    std::set<std::string> in_flight;
  };

  struct Programs final : v1::ProgramService::Service {
    explicit Programs(FakeServer*) {}
    grpc::Status GetProgram(grpc::ServerContext*, const v1::GetProgramRequest*,
                            v1::GetProgramResponse* response) override {
      v1::Program& program = *response->mutable_program();
      program.set_name("programs/cdnow");
      program.set_currency_code("USD");
      program.set_time_zone("America/New_York");
      v1::PointType& points = *program.add_point_types();
      points.set_id("points");
      points.set_kind(v1::POINT_KIND_REDEEMABLE);
      v1::PointType& credit = *program.add_point_types();
      credit.set_id("credit");
      credit.set_kind(v1::POINT_KIND_QUALIFYING);
      return grpc::Status::OK;
    }
    grpc::Status CreateProgram(grpc::ServerContext*, const v1::CreateProgramRequest*,
                               v1::CreateProgramResponse* response) override {
      v1::Revision& revision = *response->mutable_revision();
      revision.set_name("programs/cdnow/revisions/1");
      revision.set_number(1);
      revision.set_state(v1::REVISION_STATE_DRAFT);
      revision.set_digest("12345678");
      return grpc::Status::OK;
    }
    grpc::Status AcknowledgeWarnings(grpc::ServerContext*,
                                     const v1::AcknowledgeWarningsRequest* request,
                                     v1::AcknowledgeWarningsResponse* response) override {
      v1::Revision& revision = *response->mutable_revision();
      revision.set_name(request->name());
      revision.set_number(1);
      revision.set_state(v1::REVISION_STATE_DRAFT);
      for (const std::string& warning : request->warnings()) {
        revision.add_acknowledgements()->set_warning(warning);
      }
      return request->warnings(0) == "R-LIAB-641:promotions[0]"
                 ? grpc::Status::OK
                 : ToStatus(MakeError(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
    }
    grpc::Status CheckRevision(grpc::ServerContext*, const v1::CheckRevisionRequest* request,
                               v1::CheckRevisionResponse* response) override {
      response->set_is_valid(request->document() == "good");
      response->set_compared_with(request->against_document().empty() ? request->against()
                                                                      : "given/document");
      if (response->is_valid()) return grpc::Status::OK;
      v1::Finding& finding = *response->add_findings();
      finding.set_severity(v1::FINDING_SEVERITY_ERROR);
      finding.set_code("R-YAML-104");
      finding.set_path("id");
      finding.set_message("id: must be given, was absent");
      finding.set_line(1);
      finding.set_column(1);
      return grpc::Status::OK;
    }
  };

  struct Tiers final : v1::TierService::Service {
    explicit Tiers(FakeServer*) {}
    grpc::Status GetTier(grpc::ServerContext*, const v1::GetTierRequest* request,
                         v1::GetTierResponse* response) override {
      response->mutable_tier()->set_tier("GOLD");
      // Local midnight of the date asked for, minus nothing: shows which zone the client reads it
      // in.
      response->mutable_tier()->mutable_since_at()->set_seconds(
          request->as_of_occurred().seconds());
      return grpc::Status::OK;
    }
  };

  struct Ledger final : v1::LedgerService::Service {
    explicit Ledger(FakeServer* s) : server(*s) {}
    grpc::Status ExportPostings(grpc::ServerContext*, const v1::ExportPostingsRequest* request,
                                grpc::ServerWriter<v1::ExportPostingsResponse>* writer) override;
    // Has nothing of any day.
    grpc::Status ReconcileDay(grpc::ServerContext*, const v1::ReconcileDayRequest* request,
                              v1::ReconcileDayResponse* response) override {
      for (const v1::ReportedReceipt& receipt : request->receipts()) {
        v1::ReceiptDifference& missing = *response->add_differences();
        missing.set_kind(v1::DIFFERENCE_KIND_MISSING);
        missing.mutable_receipt()->set_store(request->store());
        missing.mutable_receipt()->set_terminal(receipt.terminal());
        *missing.mutable_receipt()->mutable_business_on() = request->business_on();
        missing.mutable_receipt()->set_number(receipt.number());
        missing.mutable_reported()->set_currency_code("USD");
        missing.mutable_reported()->set_minor_units(receipt.is_return() ? -receipt.minor_units()
                                                                        : receipt.minor_units());
      }
      return grpc::Status::OK;
    }
    FakeServer& server;
  };

  struct Admin final : v1::AdminService::Service {
    explicit Admin(FakeServer* s) : server(*s) {}
    grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest*,
                               v1::GetServerInfoResponse* response) override {
      response->set_version("0.1.0");
      response->set_ledger("test/ledger");
      response->add_partitions()->set_sequence(server.head);
      return grpc::Status::OK;
    }
    FakeServer& server;
  };

  Members members_service_;
  Points points_service_;
  Programs programs_service_;
  Tiers tiers_service_;
  Ledger ledger_service_;
  Admin admin_service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace laurel::cli

#endif  // LAUREL_TESTS_SERVICE_CLI_FAKE_SERVER_H_
