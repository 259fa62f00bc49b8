// The life of a revision as callers see it: who may do what, what each refusal says, and that calls
// go on while rules change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/gate.h"
#include "service/names.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Program = v1::ProgramService::Stub;

// Harbour with a plan and so many points a euro.
std::string Paying(int points) {
  return absl::StrReplaceAll(
      HarbourDocument(),
      {{"name: Harbour",
        "name: Harbour\nplan: {goal: More visits, kpi: visits, target: \"0.40\", check_on: "
        "\"2027-06-30\"}"},
       {"{id: base, name: 1 per euro, earn: {point_type: points, points: \"1\"",
        absl::StrCat("{id: base, name: by euro, earn: {point_type: points, points: \"", points,
                     "\"")}});
}

// Somebody who calls.
struct Person {
  const char* name = "";
  const char* role = "";
};
constexpr Person kAda{"ada", "ADMIN"};
constexpr Person kMia{"mia", "MARKETING"};
constexpr Person kMax{"max", "MARKETING"};
constexpr Person kFay{"fay", "FINANCE"};
constexpr Person kNobody{};

Engine::Options Asking(absl::string_view quorum) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.approvals = *ParseQuorum(quorum);
  return options;
}

class RevisionCalls {
 public:
  explicit RevisionCalls(absl::string_view quorum) : server(Asking(quorum)) {}

  template <class Stub, class Request, class Response>
  grpc::Status Try(const Person& person, const std::unique_ptr<Stub>& stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response) {
    grpc::ClientContext context;
    if (*person.name != '\0') context.AddMetadata("laurel-principal", person.name);
    if (*person.role != '\0') context.AddMetadata("laurel-role", person.role);
    return ((*stub).*method)(&context, request, &response);
  }
  template <class Request, class Response>
  Response Do(const Person& person,
              grpc::Status (Program::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    Response response;
    const grpc::Status status = Try(person, server.stubs.program, method, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  template <class Request, class Response>
  Refused Refuse(const Person& person,
                 grpc::Status (Program::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request) {
    Response response;
    return Read(Try(person, server.stubs.program, method, request, response));
  }

  // A request of a write on revision `number`, under a fresh request id.
  template <class Request>
  Request About(int number) {
    Request request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_name(absl::StrCat("programs/harbour/revisions/", number));
    return request;
  }
  template <class Request>
  Request AboutRule(const char* rule) {
    Request request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_program("programs/harbour");
    request.set_rule(rule);
    return request;
  }
  v1::CreateProgramRequest Creation(const std::string& document) {
    v1::CreateProgramRequest request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_document(document);
    return request;
  }
  v1::CreateRevisionRequest Revision(const std::string& document) {
    v1::CreateRevisionRequest request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_program("programs/harbour");
    request.set_document(document);
    return request;
  }
  v1::ScheduleRevisionRequest Schedule(int number, Timestamp from) {
    auto request = About<v1::ScheduleRevisionRequest>(number);
    request.mutable_effective_from()->set_seconds(from.micros() / kMicrosPerSecond);
    request.mutable_effective_from()->set_nanos(
        static_cast<std::int32_t>(from.micros() % kMicrosPerSecond * 1'000));
    return request;
  }
  void Publish(int number) {
    Do(kFay, &Program::ApproveRevision, About<v1::ApproveRevisionRequest>(number));
    Do(kMia, &Program::ActivateRevision, About<v1::ActivateRevisionRequest>(number));
  }
  v1::Revision Get(int number) {
    v1::GetRevisionRequest request;
    request.set_name(absl::StrCat("programs/harbour/revisions/", number));
    return Do(kFay, &Program::GetRevision, request).revision();
  }
  v1::Entry LastEntry() {
    v1::GetEntryRequest request;
    request.set_name(absl::StrCat("programs/harbour/entries/0-", server.sequence()));
    v1::GetEntryResponse response;
    const grpc::Status status =
        Try(kNobody, server.stubs.points, &v1::PointsService::Stub::GetEntry, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.entry();
  }
  Timestamp In(std::int64_t micros) { return server.ledger().clock.Now().PlusMicros(micros); }

  TestServer server;

 private:
  int requests_ = 1'000;
};

TEST(Revisions, LiveFromDraftToRollback) {
  RevisionCalls calls("1");
  const auto created = calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(4)));
  EXPECT_EQ(created.revision().state(), v1::REVISION_STATE_DRAFT);
  EXPECT_EQ(created.revision().author(), "ada");
  EXPECT_EQ(created.revision().author_role(), v1::ROLE_ADMIN);

  auto approval = calls.About<v1::ApproveRevisionRequest>(1);
  approval.set_digest(created.revision().digest());
  const auto approved = calls.Do(kFay, &Program::ApproveRevision, approval);
  EXPECT_EQ(approved.revision().state(), v1::REVISION_STATE_APPROVED);
  ASSERT_EQ(approved.revision().votes_size(), 1);
  EXPECT_EQ(approved.revision().votes(0).principal(), "fay");
  EXPECT_EQ(approved.revision().votes(0).role(), v1::ROLE_FINANCE);
  EXPECT_TRUE(approved.revision().has_approved_at());
  const v1::Entry entry = calls.LastEntry();
  EXPECT_EQ(entry.kind(), v1::ENTRY_KIND_REVISION_APPROVED);
  EXPECT_EQ(entry.principal(), "fay");
  EXPECT_EQ(entry.role(), v1::ROLE_FINANCE);
  EXPECT_EQ(entry.revision(), "programs/harbour/revisions/1");

  const auto activated =
      calls.Do(kMia, &Program::ActivateRevision, calls.About<v1::ActivateRevisionRequest>(1));
  EXPECT_EQ(activated.revision().state(), v1::REVISION_STATE_ACTIVE);

  calls.Do(kMia, &Program::CreateRevision, calls.Revision(Paying(1)));
  calls.Do(kFay, &Program::ApproveRevision, calls.About<v1::ApproveRevisionRequest>(2));
  const Timestamp from = calls.In(kMicrosPerHour);
  const auto scheduled = calls.Do(kMia, &Program::ScheduleRevision, calls.Schedule(2, from));
  EXPECT_EQ(scheduled.revision().state(), v1::REVISION_STATE_SCHEDULED);
  EXPECT_EQ(scheduled.revision().effective_from().seconds(), from.micros() / kMicrosPerSecond);
  EXPECT_EQ(calls.LastEntry().effective_from().seconds(), from.micros() / kMicrosPerSecond);
  EXPECT_EQ(calls.Get(2).state(), v1::REVISION_STATE_SCHEDULED);
  const auto cancelled =
      calls.Do(kMia, &Program::CancelSchedule, calls.About<v1::CancelScheduleRequest>(2));
  EXPECT_EQ(cancelled.revision().state(), v1::REVISION_STATE_APPROVED);
  EXPECT_EQ(calls.LastEntry().kind(), v1::ENTRY_KIND_SCHEDULE_CANCELLED);

  calls.Do(kMia, &Program::ScheduleRevision, calls.Schedule(2, from));
  calls.server.ledger().clock.Set(from);
  // Nobody has written it down yet, and everybody sees it.
  EXPECT_EQ(calls.Get(2).state(), v1::REVISION_STATE_ACTIVE);
  EXPECT_EQ(calls.Get(2).activated_at().seconds(), from.micros() / kMicrosPerSecond);
  EXPECT_EQ(calls.Get(1).state(), v1::REVISION_STATE_SUPERSEDED);
  v1::GetProgramRequest program;
  program.set_name("programs/harbour");
  EXPECT_EQ(calls.Do(kNobody, &Program::GetProgram, program).program().active_revision().number(),
            2u);

  const auto back =
      calls.Do(kMia, &Program::ActivateRevision, calls.About<v1::ActivateRevisionRequest>(1));
  EXPECT_EQ(back.revision().digest(), created.revision().digest());
  EXPECT_EQ(calls.Get(1).state(), v1::REVISION_STATE_ACTIVE);
  EXPECT_EQ(calls.Get(2).state(), v1::REVISION_STATE_SUPERSEDED);
  EXPECT_EQ(calls.server.ledger().Verify(), "");
}

// Harbour with a promotion that nothing limits.
std::string Unlimited(int points) {
  return absl::StrReplaceAll(
      Paying(points),
      {{"\ntiers:\n",
        "\nstacking_groups: [{id: all, mode: STACKED}]\npromotions: [{id: gift, name: "
        "Gift, bonus: {point_type: points, points: 5}, stacking_group: "
        "all}]\ntiers:\n"}});
}
// "R-LIAB-641:promotions[0]" of each warning, and the code of each error.
std::vector<std::string> Said(const google::protobuf::RepeatedPtrField<v1::Finding>& findings) {
  std::vector<std::string> said;
  for (const v1::Finding& finding : findings) {
    if (finding.severity() == v1::FINDING_SEVERITY_WARNING) said.push_back(finding.name());
    if (finding.severity() == v1::FINDING_SEVERITY_ERROR) said.push_back("!" + finding.code());
  }
  return said;
}
constexpr char kUnlimited[] = "R-LIAB-641:promotions[0]";

TEST(Warnings, AreAcknowledgedByName) {
  RevisionCalls calls("1");
  const auto created = calls.Do(kAda, &Program::CreateProgram, calls.Creation(Unlimited(1)));
  EXPECT_THAT(Said(created.findings()), ElementsAre(kUnlimited));
  const Refused early =
      calls.Refuse(kFay, &Program::ApproveRevision, calls.About<v1::ApproveRevisionRequest>(1));
  EXPECT_EQ(early.reason, "INVALID_STATE");
  EXPECT_EQ(early.facts.at("unacknowledged"), kUnlimited);
  EXPECT_THAT(early.message, HasSubstr(kUnlimited));

  auto request = calls.About<v1::AcknowledgeWarningsRequest>(1);
  EXPECT_THAT(calls.Refuse(kMia, &Program::AcknowledgeWarnings, request).fields,
              ElementsAre("warnings"));
  request.add_warnings(kUnlimited);
  request.add_warnings(kUnlimited);
  EXPECT_THAT(calls.Refuse(kMia, &Program::AcknowledgeWarnings, request).fields,
              ElementsAre("warnings"));
  request.mutable_warnings()->RemoveLast();
  request.set_digest("short");
  EXPECT_THAT(calls.Refuse(kMia, &Program::AcknowledgeWarnings, request).fields,
              ElementsAre("digest"));
  request.set_digest(created.revision().digest());
  request.set_warnings(0, "R-LIAB-641");
  EXPECT_EQ(calls.Refuse(kMia, &Program::AcknowledgeWarnings, request).reason, "INVALID_FIELD");
  request.set_warnings(0, kUnlimited);
  EXPECT_EQ(calls.Refuse(Person{"pam", "POS"}, &Program::AcknowledgeWarnings, request).reason,
            "PERMISSION_MISSING");
  const auto acknowledged = calls.Do(kMia, &Program::AcknowledgeWarnings, request);
  EXPECT_EQ(acknowledged.revision().state(), v1::REVISION_STATE_DRAFT);
  ASSERT_EQ(acknowledged.revision().acknowledgements_size(), 1);
  EXPECT_EQ(calls.LastEntry().kind(), v1::ENTRY_KIND_WARNINGS_ACKNOWLEDGED);
  EXPECT_EQ(calls.LastEntry().revision(), "programs/harbour/revisions/1");
  calls.Publish(1);
  const v1::Revision shown = calls.Get(1);
  ASSERT_EQ(shown.acknowledgements_size(), 1);
  EXPECT_EQ(shown.acknowledgements(0).warning(), kUnlimited);
  EXPECT_EQ(shown.acknowledgements(0).principal(), "mia");
  EXPECT_EQ(shown.acknowledgements(0).role(), v1::ROLE_MARKETING);
  EXPECT_EQ(calls.server.ledger().Verify(), "");
}

TEST(Checks, CompareWithTheRevisionInForce) {
  RevisionCalls calls("none");  // harbour is in force, by its first revision
  const auto without_gold = absl::StrReplaceAll(
      Paying(2),
      {{"  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 3000}\n", ""}});
  v1::CheckRevisionRequest request;
  request.set_document(without_gold);
  auto checked = calls.Do(kMia, &Program::CheckRevision, request);
  EXPECT_EQ(checked.compared_with(), "programs/harbour/revisions/1");
  EXPECT_THAT(Said(checked.findings()), ElementsAre("!R-TIER-605"));
  EXPECT_FALSE(checked.is_valid());
  EXPECT_FALSE(checked.digest().empty());

  // It can be stored, and not take the place.
  const auto created = calls.Do(kMia, &Program::CreateRevision, calls.Revision(without_gold));
  EXPECT_THAT(Said(created.findings()), ElementsAre("!R-TIER-605"));
  EXPECT_EQ(
      calls.Refuse(kMia, &Program::ActivateRevision, calls.About<v1::ActivateRevisionRequest>(2))
          .reason,
      "INVALID_STATE");

  // Beside itself nothing is lost.
  request.set_against("programs/harbour/revisions/2");
  checked = calls.Do(kMia, &Program::CheckRevision, request);
  EXPECT_TRUE(checked.is_valid());
  EXPECT_THAT(Said(checked.findings()), ElementsAre());
  request.clear_against();
  request.set_against_document(without_gold);
  checked = calls.Do(kMia, &Program::CheckRevision, request);
  EXPECT_TRUE(checked.is_valid());
  EXPECT_EQ(checked.compared_with(), "");
  request.set_against("programs/harbour/revisions/2");
  EXPECT_THAT(calls.Refuse(kMia, &Program::CheckRevision, request).fields, ElementsAre("against"));
  request.clear_against_document();
  request.set_against("programs/harbour/revisions/9");
  EXPECT_EQ(calls.Refuse(kMia, &Program::CheckRevision, request).reason, "REVISION_NOT_FOUND");
  request.set_against("nine");
  EXPECT_THAT(calls.Refuse(kMia, &Program::CheckRevision, request).fields, ElementsAre("against"));
}

TEST(Checks, KnowWhenTheDocumentComesIntoForce) {
  RevisionCalls calls("none");
  calls.Do(kMia, &Program::CreateRevision, calls.Revision(Paying(2)));
  calls.Do(kMia, &Program::ScheduleRevision, calls.Schedule(2, calls.In(kMicrosPerHour)));
  v1::CheckRevisionRequest request;
  request.set_document(Paying(3));
  const auto at = [&](std::int64_t micros) {
    request.mutable_effective_from()->set_seconds(calls.In(micros).micros() / kMicrosPerSecond);
    return calls.Do(kMia, &Program::CheckRevision, request);
  };
  EXPECT_THAT(Said(at(30 * kMicrosPerSecond).findings()), ElementsAre("!R-TIME-701"));
  EXPECT_THAT(Said(at(-kMicrosPerHour).findings()), ElementsAre("!R-TIME-702"));
  EXPECT_EQ(at(30 * kMicrosPerMinute).compared_with(), "programs/harbour/revisions/1");
  const auto later = at(2 * kMicrosPerHour);
  EXPECT_EQ(later.compared_with(), "programs/harbour/revisions/2");
  EXPECT_THAT(Said(later.findings()), ElementsAre("R-TIME-703"));
}

TEST(Checks, RunTheTestsOfWhatIsToBecomeARevision) {
  RevisionCalls calls("none");
  const std::string wrong = Paying(2) +
                            "tests:\n  - {name: ten, at: \"2026-03-02T12:00:00\", items: [{net: "
                            "\"10.00\"}], expect: {lines: {base: 10, base_credit: 10}}}\n";
  const Refused refused = calls.Refuse(kMia, &Program::CreateRevision, calls.Revision(wrong));
  EXPECT_EQ(refused.reason, "PROGRAM_INVALID");
  EXPECT_THAT(refused.fields, ElementsAre("document.tests[0]"));
}

TEST(Revisions, ShowPlanAndRules) {
  RevisionCalls calls("1");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(4)));
  calls.Publish(1);
  const auto paused =
      calls.Do(kMia, &Program::PauseRule, calls.AboutRule<v1::PauseRuleRequest>("base_credit"));
  EXPECT_EQ(paused.paused_rule().paused_by(), "mia");
  EXPECT_EQ(calls.LastEntry().rule(), "base_credit");
  const v1::Revision revision = calls.Get(1);
  EXPECT_EQ(revision.plan().goal(), "More visits");
  EXPECT_EQ(revision.plan().kpi(), "visits");
  EXPECT_EQ(revision.plan().target(), "0.40");
  EXPECT_EQ(revision.plan().check_on().year(), 2027);
  ASSERT_EQ(revision.rules_size(), 2);
  EXPECT_EQ(revision.rules(0).id(), "base");
  EXPECT_EQ(revision.rules(0).rollout(), v1::RULE_ROLLOUT_LIVE);
  EXPECT_EQ(revision.rules(1).rollout(), v1::RULE_ROLLOUT_PAUSED);
  EXPECT_FALSE(
      calls.Do(kMia, &Program::ResumeRule, calls.AboutRule<v1::ResumeRuleRequest>("base_credit"))
          .is_resumed());
  v1::GetProgramRequest get;
  get.set_name("programs/harbour");
  const v1::Program program = calls.Do(kNobody, &Program::GetProgram, get).program();
  ASSERT_EQ(program.paused_rules_size(), 1);
  EXPECT_EQ(program.paused_rules(0).resume_asked_by(), "mia");
  EXPECT_TRUE(
      calls.Do(kFay, &Program::ResumeRule, calls.AboutRule<v1::ResumeRuleRequest>("base_credit"))
          .is_resumed());
  EXPECT_EQ(calls.Get(1).rules(1).rollout(), v1::RULE_ROLLOUT_LIVE);
}

TEST(Revisions, AreListedInPages) {
  RevisionCalls calls("1");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  for (int points = 2; points <= 5; ++points) {
    calls.Do(kMia, &Program::CreateRevision, calls.Revision(Paying(points)));
  }
  calls.Publish(3);
  v1::ListRevisionsRequest request;
  request.set_program("programs/harbour");
  request.set_page_size(2);
  std::vector<std::string> all;
  int pages = 0;
  do {
    const auto page = calls.Do(kFay, &Program::ListRevisions, request);
    ++pages;
    for (const v1::Revision& revision : page.revisions()) {
      all.push_back(absl::StrCat(revision.number(), " ", v1::RevisionState_Name(revision.state())));
      EXPECT_EQ(revision.document(), "");
      EXPECT_EQ(revision.plan().goal(), "More visits");
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(all, ElementsAre("5 REVISION_STATE_DRAFT", "4 REVISION_STATE_DRAFT",
                               "3 REVISION_STATE_ACTIVE", "2 REVISION_STATE_DRAFT",
                               "1 REVISION_STATE_DRAFT"));
  request.set_page_token("made-up");
  EXPECT_EQ(calls.Refuse(kFay, &Program::ListRevisions, request).reason, "PAGE_TOKEN_INVALID");
}

// An approval sent again is the same answer, whatever has happened since.
TEST(Revisions, AnswerAgainAsAtFirst) {
  RevisionCalls calls("2");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  const auto vote = calls.About<v1::ApproveRevisionRequest>(1);
  auto first = calls.Do(kFay, &Program::ApproveRevision, vote);
  calls.Do(kMia, &Program::ApproveRevision, calls.About<v1::ApproveRevisionRequest>(1));
  calls.Do(kMia, &Program::ActivateRevision, calls.About<v1::ActivateRevisionRequest>(1));
  const auto again = calls.Do(kFay, &Program::ApproveRevision, vote);
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.revision().state(), v1::REVISION_STATE_DRAFT);
  EXPECT_EQ(again.revision().votes_size(), 1);
  first.set_replayed(true);
  EXPECT_EQ(again.ShortDebugString(), first.ShortDebugString());
  EXPECT_EQ(calls.Refuse(kMia, &Program::ApproveRevision, vote).reason, "REQUEST_ID_REUSED");
}

// With a quorum of two, one approval, or two of which one is the author's, are not enough.
TEST(Revisions, NeedTheirQuorum) {
  RevisionCalls calls("2");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  calls.Do(kMia, &Program::CreateRevision, calls.Revision(Paying(2)));
  const auto approve = [&](const Person& person) {
    return calls
        .Refuse(person, &Program::ApproveRevision, calls.About<v1::ApproveRevisionRequest>(2))
        .reason;
  };
  const auto activate = [&] {
    return calls.Refuse(kMia, &Program::ActivateRevision,
                        calls.About<v1::ActivateRevisionRequest>(2));
  };
  EXPECT_EQ(approve(kFay), "");
  EXPECT_EQ(approve(kMia), "SELF_APPROVAL_FORBIDDEN");
  const Refused early = activate();
  EXPECT_EQ(early.reason, "APPROVAL_REQUIRED");
  EXPECT_EQ(early.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(early.facts.at("approvals"), "1");
  EXPECT_EQ(early.facts.at("required"), "2");
  EXPECT_EQ(approve(kMax), "");
  EXPECT_EQ(activate().reason, "");
}

// Whoever approves names the simulation that they have read, where the service asks for it.
TEST(Revisions, AreApprovedWithTheirSimulation) {
  RevisionCalls calls("1,simulation");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  calls.Publish(1);
  calls.Do(kMia, &Program::CreateRevision, calls.Revision(Paying(2)));
  const auto simulate = [&](const char* revision) {
    v1::CreateSimulationRequest request;
    request.set_program("programs/harbour");
    request.mutable_candidate()->set_revision(revision);
    v1::CreateSimulationResponse begun;
    EXPECT_TRUE(calls
                    .Try(kMia, calls.server.stubs.simulation,
                         &v1::SimulationService::Stub::CreateSimulation, request, begun)
                    .ok());
    v1::GetSimulationRequest get;
    get.set_name(begun.simulation().name());
    v1::GetSimulationResponse got;
    do {
      EXPECT_TRUE(calls
                      .Try(kMia, calls.server.stubs.simulation,
                           &v1::SimulationService::Stub::GetSimulation, get, got)
                      .ok());
    } while (got.simulation().state() == v1::JOB_STATE_RUNNING);
    return begun.simulation().name();
  };
  const auto approve = [&](const std::string& simulation) {
    auto vote = calls.About<v1::ApproveRevisionRequest>(2);
    vote.set_simulation(simulation);
    return calls.Refuse(kFay, &Program::ApproveRevision, vote);
  };
  const Refused without = approve("");
  EXPECT_EQ(without.reason, "INVALID_STATE");
  EXPECT_EQ(without.facts.at("missing"), "simulation");
  EXPECT_EQ(approve("programs/harbour/simulations/1-1").reason, "RESOURCE_NOT_FOUND");
  EXPECT_EQ(approve("programs/other/simulations/1-1").code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(approve("the last one").code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(approve(simulate("programs/harbour/revisions/1")).reason, "APPROVAL_STALE");
  const std::string read = simulate("programs/harbour/revisions/2");
  auto vote = calls.About<v1::ApproveRevisionRequest>(2);
  vote.set_simulation(read);
  const auto approved = calls.Do(kFay, &Program::ApproveRevision, vote);
  EXPECT_EQ(approved.revision().state(), v1::REVISION_STATE_APPROVED);
  EXPECT_EQ(approved.revision().votes(0).simulation(), read);
  // A retry is answered as before, also when the report is forgotten.
  calls.server.ledger().clock.Advance(2 * kMicrosPerDay);
  EXPECT_TRUE(calls.Do(kFay, &Program::ApproveRevision, vote).replayed());
}

TEST(Revisions, AreRefusedForAReason) {
  RevisionCalls calls("1");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  calls.Do(kMia, &Program::CreateRevision, calls.Revision(HarbourDocument()));
  calls.Publish(1);
  auto stale = calls.About<v1::ApproveRevisionRequest>(2);
  stale.set_digest(std::string(32, 'x'));
  const auto approve = &Program::ApproveRevision;
  const auto activate = &Program::ActivateRevision;
  struct Row {
    const char* reason;
    grpc::StatusCode code;
    Refused refused;
  };
  const Row rows[] = {
      {"PERMISSION_MISSING", grpc::StatusCode::PERMISSION_DENIED,
       calls.Refuse(kFay, activate, calls.About<v1::ActivateRevisionRequest>(2))},
      {"PERMISSION_MISSING", grpc::StatusCode::PERMISSION_DENIED,
       calls.Refuse(kNobody, activate, calls.About<v1::ActivateRevisionRequest>(2))},
      {"PERMISSION_MISSING", grpc::StatusCode::PERMISSION_DENIED,
       calls.Refuse(kAda, approve, calls.About<v1::ApproveRevisionRequest>(2))},
      {"INVALID_FIELD", grpc::StatusCode::INVALID_ARGUMENT,
       calls.Refuse(Person{"", "FINANCE"}, approve, calls.About<v1::ApproveRevisionRequest>(2))},
      {"PERMISSION_MISSING", grpc::StatusCode::PERMISSION_DENIED,
       calls.Refuse(Person{"eve", "QUEEN"}, approve, calls.About<v1::ApproveRevisionRequest>(2))},
      {"APPROVAL_STALE", grpc::StatusCode::FAILED_PRECONDITION, calls.Refuse(kFay, approve, stale)},
      {"SELF_APPROVAL_FORBIDDEN", grpc::StatusCode::PERMISSION_DENIED,
       calls.Refuse(kMia, approve, calls.About<v1::ApproveRevisionRequest>(2))},
      {"INVALID_STATE", grpc::StatusCode::FAILED_PRECONDITION,
       calls.Refuse(kFay, approve, calls.About<v1::ApproveRevisionRequest>(2))},
      {"INVALID_STATE", grpc::StatusCode::FAILED_PRECONDITION,
       calls.Refuse(kFay, approve, calls.About<v1::ApproveRevisionRequest>(1))},
      {"APPROVAL_REQUIRED", grpc::StatusCode::FAILED_PRECONDITION,
       calls.Refuse(kMia, activate, calls.About<v1::ActivateRevisionRequest>(2))},
      {"REVISION_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       calls.Refuse(kMia, activate, calls.About<v1::ActivateRevisionRequest>(9))},
      {"INVALID_FIELD", grpc::StatusCode::INVALID_ARGUMENT,
       calls.Refuse(kMia, &Program::ScheduleRevision,
                    calls.Schedule(1, calls.In(59 * kMicrosPerSecond)))},
      {"INVALID_FIELD", grpc::StatusCode::INVALID_ARGUMENT,
       calls.Refuse(kMia, &Program::ScheduleRevision, calls.Schedule(1, calls.In(-kMicrosPerDay)))},
      {"INVALID_STATE", grpc::StatusCode::FAILED_PRECONDITION,
       calls.Refuse(kMia, &Program::ScheduleRevision, calls.Schedule(1, calls.In(kMicrosPerDay)))},
      {"INVALID_STATE", grpc::StatusCode::FAILED_PRECONDITION,
       calls.Refuse(kMia, &Program::CancelSchedule, calls.About<v1::CancelScheduleRequest>(1))},
      {"RESOURCE_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       calls.Refuse(kMia, &Program::PauseRule, calls.AboutRule<v1::PauseRuleRequest>("nothing"))},
      {"RESOURCE_NOT_FOUND", grpc::StatusCode::NOT_FOUND,
       calls.Refuse(kMia, &Program::ResumeRule, calls.AboutRule<v1::ResumeRuleRequest>("base"))},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.refused.message);
    EXPECT_EQ(row.refused.reason, row.reason);
    EXPECT_EQ(row.refused.code, row.code);
    EXPECT_THAT(row.refused.message, HasSubstr(": "));
  }
}

TEST(Revisions, NameWhatThePlanLacks) {
  RevisionCalls calls("1");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(HarbourDocument()));
  const Refused refused =
      calls.Refuse(kFay, &Program::ApproveRevision, calls.About<v1::ApproveRevisionRequest>(1));
  EXPECT_EQ(refused.facts.at("missing"), "plan.goal,plan.target,plan.check_on");
  EXPECT_THAT(refused.message, HasSubstr("plan.goal"));
}

// A role that may not is refused before anything else is looked at, and leaves no trace.
TEST(Permissions, ComeBeforeEverythingElse) {
  RevisionCalls calls("1");
  calls.Do(kAda, &Program::CreateProgram, calls.Creation(Paying(1)));
  const std::uint64_t before = calls.server.sequence();
  const Refused refused =
      calls.Refuse(kFay, &Program::ActivateRevision, v1::ActivateRevisionRequest());
  EXPECT_EQ(refused.reason, "PERMISSION_MISSING");
  EXPECT_EQ(refused.facts.at("method"), "ActivateRevision");
  EXPECT_EQ(refused.facts.at("role"), "FINANCE");
  EXPECT_EQ(calls.server.sequence(), before);
}

TEST(Permissions, OfEachMethodAndRole) {
  // A letter for each role that may: Pos Shop Marketing Finance Agent aUditor priVacy paRtner
  // aDmin.
  struct Row {
    const char* method;
    const char* roles;
  };
  constexpr Row kRows[] = {
      {"AdjustPoints", "FA"},
      {"Approve", "F"},
      {"Decline", "F"},
      {"ListApprovals", "FA"},
      {"GetApproval", "FA"},
      {"ExtendLots", "FA"},
      {"ReinstatePoints", "FA"},
      {"ImportMember", "F"},
      {"MergeMembers", "A"},
      {"UnmergeMembers", "A"},
      {"MoveIdentity", "A"},
      {"TransferPoints", "SA"},
      {"ClaimReceipt", "PSA"},
      {"CorrectReceipt", "PA"},
      {"ListExpiring", "SAFU"},
      {"ListSequenceGaps", "PFA"},
      {"ReconcileDay", "PF"},
      {"ListUnmatchedReturns", "FU"},
      {"SettleAccrual", "PSFA"},
      {"CancelAccrual", "PSFA"},
      {"CreateProgram", "D"},
      {"CreateRevision", "M"},
      {"CheckRevision", "M"},
      {"GetRevision", "MFAU"},
      {"ListRevisions", "MFAU"},
      {"ApproveRevision", "MF"},
      {"ScheduleRevision", "M"},
      {"CancelSchedule", "M"},
      {"ActivateRevision", "M"},
      {"PauseRule", "M"},
      {"ResumeRule", "MF"},
      {"GetProgram", "PSMFAUVRD"},
      {"AccruePurchase", "PSMFAUVRD"},
      {"SetTierFloor", "MA"},
      {"MatchTier", "MA"},
      {"SetMemberAttributes", "SMA"},
      {"AcknowledgeWarnings", "MF"},
  };
  constexpr absl::string_view kLetters = "PSMFAUVRD";
  for (const Row& row : kRows) {
    std::string may;
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
      const Caller caller{"somebody", static_cast<Role>(i + 1)};
      for (const bool needs_role : {false, true}) {
        EXPECT_EQ(MayCall(RolesFor(row.method), caller, needs_role),
                  absl::string_view(row.roles).find(kLetters[i]) != absl::string_view::npos)
            << row.method << " " << kLetters[i];
      }
    }
    const bool is_open = absl::string_view(row.roles) == kLetters;
    EXPECT_TRUE(MayCall(RolesFor(row.method), Caller{}, false));
    EXPECT_EQ(MayCall(RolesFor(row.method), Caller{}, true), is_open) << row.method;
  }
}

// Rules change while tills call: each sale is rated by one revision as a whole, by the one that its
// entry names.
TEST(Activation, GoesOnBesideCalls) {
  RevisionCalls calls("none");
  calls.server.Enroll("1000");
  v1::CreateRevisionRequest revision = calls.Revision(Paying(7));
  calls.Do(kMia, &Program::CreateRevision, revision);
  constexpr int kTills = 4;
  constexpr int kSales = 50;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> tills;
  for (int till = 0; till < kTills; ++till) {
    tills.emplace_back([&calls, &wrong, till] {
      for (int i = 0; i < kSales; ++i) {
        const auto accrued = calls.server.Accrue("1000", 1 + till * kSales + i, 1'000);
        const bool is_new = accrued.awards(0).amount() == 70;
        if (!is_new && accrued.awards(0).amount() != 10) ++wrong;
        if (accrued.awards(1).amount() != 10) ++wrong;
      }
    });
  }
  for (const int number : {2, 1, 2, 1, 2}) {
    calls.Do(kMia, &Program::ActivateRevision, calls.About<v1::ActivateRevisionRequest>(number));
  }
  for (std::thread& till : tills) till.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(calls.server.ledger().Verify(), "");
}

}  // namespace
}  // namespace laurel
