// What SimulationService replies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kProgram[] = "programs/harbour";

// Twice the points, and Silver from 500.
std::string Generous() {
  return absl::StrReplaceAll(
      HarbourDocument(), {{R"(id: base, name: 1 per euro, earn: {point_type: points, points: "1")",
                           R"(id: base, name: 2 per euro, earn: {point_type: points, points: "2")"},
                          {"metrics.credit_12m >= 1000", "metrics.credit_12m >= 500"}});
}

class SimulationCalls : public testing::Test {
 protected:
  template <class Request, class Response>
  grpc::Status Try(grpc::Status (v1::SimulationService::Stub::*method)(grpc::ClientContext*,
                                                                       const Request&, Response*),
                   const Request& request, Response& response, const char* role = nullptr) {
    grpc::ClientContext context;
    if (role != nullptr) context.AddMetadata("laurel-role", role);
    return ((*server_.stubs.simulation).*method)(&context, request, &response);
  }

  v1::CreateSimulationRequest Asking(const std::string& document = Generous()) {
    v1::CreateSimulationRequest request;
    request.set_program(kProgram);
    request.mutable_candidate()->set_document(document);
    return request;
  }
  grpc::Status Create(const v1::CreateSimulationRequest& request, v1::Simulation& simulation) {
    v1::CreateSimulationResponse response;
    const grpc::Status status =
        Try(&v1::SimulationService::Stub::CreateSimulation, request, response);
    simulation = response.simulation();
    return status;
  }
  Refused Refuse(const v1::CreateSimulationRequest& request) {
    v1::Simulation simulation;
    return Read(Create(request, simulation));
  }
  grpc::Status Get(const std::string& name, v1::Simulation& simulation) {
    v1::GetSimulationRequest request;
    request.set_name(name);
    v1::GetSimulationResponse response;
    const grpc::Status status = Try(&v1::SimulationService::Stub::GetSimulation, request, response);
    simulation = response.simulation();
    return status;
  }
  v1::Simulation Await(const v1::CreateSimulationRequest& request) {
    v1::Simulation simulation;
    const grpc::Status status = Create(request, simulation);
    EXPECT_TRUE(status.ok()) << status.error_message();
    while (status.ok() && simulation.state() == v1::JOB_STATE_RUNNING) {
      std::this_thread::yield();
      EXPECT_TRUE(Get(std::string(simulation.name()), simulation).ok());
    }
    return simulation;
  }

  TestServer server_;
};

TEST_F(SimulationCalls, ReportTiersAndActivities) {
  server_.Enroll("1000");
  server_.Enroll("1001");
  server_.Accrue("1000", 1, 60'000);
  v1::CreateSimulationRequest request = Asking();
  request.mutable_backtest()->set_days(30);
  server_.ledger().clock.Advance(kMicrosPerMinute);
  const v1::Simulation simulation = Await(request);
  ASSERT_EQ(simulation.state(), v1::JOB_STATE_SUCCEEDED) << simulation.error().message();
  EXPECT_EQ(simulation.current_revision(), "programs/harbour/revisions/1");
  EXPECT_EQ(simulation.sequence(), server_.sequence());
  EXPECT_EQ(simulation.progress().done(), simulation.progress().total());
  EXPECT_EQ(simulation.expires_at().seconds() - simulation.created_at().seconds(), 86'400);
  const v1::ActivationReport& activation = simulation.activation();
  EXPECT_EQ(activation.members(), 2);
  EXPECT_EQ(activation.raised(), 1);
  EXPECT_EQ(activation.fallen(), 0);
  ASSERT_EQ(activation.moves_size(), 2);
  EXPECT_EQ(activation.moves(1).to_tier(), "SILVER");
  EXPECT_THAT(activation.tiers_after(), ElementsAre("MEMBER", "SILVER", "GOLD", "PLATINUM"));
  const v1::BacktestReport& backtest = simulation.backtest();
  EXPECT_EQ(backtest.activities(), 1);
  EXPECT_EQ(backtest.changed(), 1);
  ASSERT_EQ(backtest.rules_size(), 2);
  EXPECT_EQ(backtest.rules(0).rule(), "base");
  EXPECT_EQ(backtest.rules(0).points_current(), 600);
  EXPECT_EQ(backtest.rules(0).points_candidate(), 1'200);
  ASSERT_EQ(backtest.most_changed_size(), 1);
  EXPECT_THAT(backtest.most_changed(0).explanation_candidate(), HasSubstr("2 per 1.00"));
}

// A check of the same document knows what its simulation gave.
TEST_F(SimulationCalls, TellACheckThatPointsLeaveTheirBand) {
  server_.Enroll("1000");
  server_.Accrue("1000", 1, 60'000);
  const auto findings = [&](const std::string& document) {
    v1::CheckRevisionRequest request;
    request.set_document(document);
    v1::CheckRevisionResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(server_.stubs.program->CheckRevision(&context, request, &response).ok());
    std::string found;
    for (const v1::Finding& finding : response.findings()) {
      if (finding.code() == "R-PLAN-841") found = finding.message();
    }
    return found;
  };
  EXPECT_EQ(findings(Generous()), "");
  v1::CreateSimulationRequest request = Asking();
  request.mutable_backtest()->set_days(30);
  server_.ledger().clock.Advance(kMicrosPerMinute);
  ASSERT_EQ(Await(request).state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(findings(Generous()),
            "simulated, it brings 1200 points where 600 were given: more than 30 % away");
  EXPECT_EQ(findings(Generous() + "\nowner: somebody\n"), "") << "of another document";
}

TEST_F(SimulationCalls, TryRevisionsThatAreStored) {
  server_.Enroll("1000");
  server_.Accrue("1000", 1, 60'000);
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(Generous());
  server_.ledger().Do(
      CreateRevision{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()});
  v1::CreateSimulationRequest request;
  request.set_program(kProgram);
  request.mutable_candidate()->set_revision("programs/harbour/revisions/2");
  const v1::Simulation simulation = Await(request);
  EXPECT_EQ(simulation.revision(), "programs/harbour/revisions/2");
  EXPECT_EQ(simulation.activation().raised(), 1);
  EXPECT_FALSE(simulation.has_backtest());
}

TEST_F(SimulationCalls, AreListedAndForgottenAfterADay) {
  const v1::Simulation first = Await(Asking());
  const v1::Simulation second = Await(Asking());
  v1::ListSimulationsRequest request;
  request.set_program(kProgram);
  v1::ListSimulationsResponse response;
  EXPECT_TRUE(Try(&v1::SimulationService::Stub::ListSimulations, request, response).ok());
  ASSERT_EQ(response.simulations_size(), 2);
  EXPECT_EQ(response.simulations(0).name(), second.name());
  EXPECT_FALSE(response.simulations(0).has_activation());
  server_.ledger().clock.Advance(kMicrosPerDay);
  v1::Simulation gone;
  EXPECT_EQ(Read(Get(first.name(), gone)).reason, "RESOURCE_NOT_FOUND");
}

TEST_F(SimulationCalls, AreKeptOverARestart) {
  server_.Enroll("1000");
  const v1::Simulation before = Await(Asking());
  server_.Restart();
  v1::Simulation after;
  ASSERT_TRUE(Get(before.name(), after).ok());
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(after.activation().members(), 1);
  // Another one of the same instant is another one.
  EXPECT_NE(Await(Asking()).name(), before.name());
  server_.ledger().clock.Advance(kMicrosPerDay);
  server_.Restart();
  EXPECT_EQ(Read(Get(before.name(), after)).reason, "RESOURCE_NOT_FOUND");
}

TEST_F(SimulationCalls, TellWhenARestartHasCutThemShort) {
  for (int i = 0; i < 3'000; ++i) {
    server_.ledger().Enroll(static_cast<std::uint64_t>(10'000 + i));
  }
  v1::Simulation simulation;
  ASSERT_TRUE(Create(Asking(), simulation).ok());
  const std::string name = simulation.name();
  server_.Restart();
  ASSERT_TRUE(Get(name, simulation).ok());
  if (simulation.state() == v1::JOB_STATE_SUCCEEDED) return;  // it was quicker
  EXPECT_EQ(simulation.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Read(simulation.error()).reason, "DRAINING");
  EXPECT_EQ(Await(Asking()).state(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(SimulationCalls, AreOneAtATimeAndEndWhenCancelled) {
  // Long enough to be caught at it.
  for (int i = 0; i < 3'000; ++i) {
    server_.ledger().Enroll(static_cast<std::uint64_t>(10'000 + i));
  }
  v1::Simulation simulation;
  ASSERT_TRUE(Create(Asking(), simulation).ok());
  v1::Simulation other;
  const Refused refused = Read(Create(Asking(), other));
  if (refused.code != grpc::StatusCode::OK) {
    EXPECT_EQ(refused.code, grpc::StatusCode::ABORTED);
    EXPECT_EQ(refused.reason, "JOB_ALREADY_RUNNING");
  }
  v1::CancelSimulationRequest request;
  request.set_name(simulation.name());
  v1::CancelSimulationResponse response;
  EXPECT_TRUE(Try(&v1::SimulationService::Stub::CancelSimulation, request, response).ok());
  do {
    std::this_thread::yield();
    ASSERT_TRUE(Get(simulation.name(), simulation).ok());
  } while (simulation.state() == v1::JOB_STATE_RUNNING);
  EXPECT_TRUE(simulation.state() == v1::JOB_STATE_CANCELLED ||
              simulation.state() == v1::JOB_STATE_SUCCEEDED);
}

TEST_F(SimulationCalls, RefuseWhatCannotBeTried) {
  struct Case {
    const char* text;
    const char* field;  // or the reason, where it is no field
    std::function<void(v1::CreateSimulationRequest&)> change;
  };
  const Case kCases[] = {
      {"no candidate", "candidate", [](auto& r) { r.clear_candidate(); }},
      {"no document", "candidate.document",
       [](auto& r) { r.mutable_candidate()->set_document(""); }},
      {"a wrong document", "candidate.document.currency",
       [](auto& r) {
         r.mutable_candidate()->set_document(
             absl::StrReplaceAll(HarbourDocument(), {{"currency: EUR", "currency: EURO"}}));
       }},
      {"another program", "candidate.document",
       [](auto& r) {
         r.mutable_candidate()->set_document(
             absl::StrReplaceAll(HarbourDocument(), {{"id: harbour", "id: port"}}));
       }},
      {"a revision of another program", "candidate.revision",
       [](auto& r) { r.mutable_candidate()->set_revision("programs/port/revisions/1"); }},
      {"no such revision", "REVISION_NOT_FOUND",
       [](auto& r) { r.mutable_candidate()->set_revision("programs/harbour/revisions/7"); }},
      {"the past", "effective_from",
       [](auto& r) { r.mutable_effective_from()->set_seconds(1'000'000'000); }},
      {"no days", "backtest.days", [](auto& r) { r.mutable_backtest()->set_days(0); }},
      {"many days", "backtest.days", [](auto& r) { r.mutable_backtest()->set_days(4'000); }},
      {"a sample without a name", "backtest.sample.id",
       [](auto& r) {
         r.mutable_backtest()->set_days(1);
         r.mutable_backtest()->mutable_sample()->set_basis_points(1);
       }},
      {"a sample of nobody", "backtest.sample.basis_points",
       [](auto& r) {
         r.mutable_backtest()->set_days(1);
         r.mutable_backtest()->mutable_sample()->set_id("spring");
       }},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    v1::CreateSimulationRequest request = Asking();
    c.change(request);
    const Refused refused = Refuse(request);
    if (refused.fields.empty()) {
      EXPECT_EQ(refused.reason, c.field);
    } else {
      EXPECT_THAT(refused.fields, Contains(HasSubstr(c.field)));
    }
  }
  v1::CreateSimulationRequest nowhere =
      Asking(absl::StrReplaceAll(HarbourDocument(), {{"id: harbour", "id: port"}}));
  nowhere.set_program("programs/port");
  EXPECT_EQ(Refuse(nowhere).reason, "RESOURCE_NOT_FOUND");
  v1::Simulation simulation;
  EXPECT_THAT(Read(Get("programs/harbour", simulation)).fields, ElementsAre("name"));
  EXPECT_EQ(Read(Get("programs/harbour/simulations/1-1", simulation)).reason, "RESOURCE_NOT_FOUND");
  v1::CreateSimulationResponse response;
  EXPECT_EQ(
      Read(Try(&v1::SimulationService::Stub::CreateSimulation, Asking(), response, "AGENT")).reason,
      "PERMISSION_MISSING");
}

TEST_F(SimulationCalls, CompareOnePurchaseLineByLine) {
  server_.Enroll("1000");
  server_.Accrue("1000", 1, 45'000);
  v1::CompareDecisionsRequest request;
  request.set_program(kProgram);
  request.mutable_candidate()->set_document(Generous());
  *request.mutable_purchase() = server_.Sale("1000", 2, 6'000).purchase();
  *request.mutable_member() = server_.Sale("1000", 2, 6'000).member();
  v1::CompareDecisionsResponse response;
  const auto compare = [&] {
    response.Clear();
    return Try(&v1::SimulationService::Stub::CompareDecisions, request, response);
  };
  const std::uint64_t before = server_.sequence();
  ASSERT_TRUE(compare().ok());
  EXPECT_EQ(server_.sequence(), before);
  EXPECT_EQ(response.current().revision(), "programs/harbour/revisions/1");
  EXPECT_THAT(response.candidate().revision(), IsEmpty());
  EXPECT_EQ(response.current().lines(0).granted(), 60);
  EXPECT_EQ(response.candidate().lines(0).granted(), 120);
  EXPECT_EQ(response.current().tier(), "MEMBER");
  EXPECT_EQ(response.candidate().tier(), "SILVER");  // 450 and 60
  EXPECT_EQ(response.candidate().eligible().minor_units(), 6'000);

  // Somebody described, long ago.
  request.clear_member();
  request.mutable_purchase()->mutable_occurred_at()->set_seconds(1'000'000'000);
  request.mutable_stated_member()->set_tier("SILVER");
  v1::StatedMetric& metric = *request.mutable_stated_member()->add_metrics();
  metric.set_metric("credit_12m");
  metric.set_value(2'990);
  ASSERT_TRUE(compare().ok());
  EXPECT_EQ(response.current().tier(), "GOLD");

  *request.mutable_member() = server_.Sale("1000", 2, 6'000).member();
  EXPECT_THAT(Read(compare()).fields, ElementsAre("stated_member"));
  request.clear_stated_member();
  request.mutable_purchase()->mutable_total()->set_currency_code("USD");
  EXPECT_THAT(Read(compare()).fields, ElementsAre("purchase.total.currency_code"));
}

}  // namespace
}  // namespace laurel
