#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/revision_views.h"

// What is done with the revisions of a program once they are there.
namespace laurel::cli {
namespace {

using ProgramStub = v1::ProgramService::Stub;

struct RevisionArguments {
  std::string revision;
  std::string digest;      // in hex; may be empty
  std::string simulation;  // its id or name; may be empty
};
struct AcknowledgeArguments {
  std::string revision;
  std::vector<std::string> warnings;
};
struct ScheduleArguments {
  std::string revision;
  std::string at;
  std::string zone = "UTC";
};
struct RuleArguments {
  std::string rule;
};
struct ListArguments {};

// Prints what a write on a revision replies.
template <class Response>
ExitCode PrintRevision(Session& session, const Response& response) {
  return session.Print(response, [&] {
    return Document{{{"revision", response.revision().name()},
                     {"state", RenderState(response.revision())},
                     {"outcome", Outcome(response)}},
                    {}};
  });
}

// Calls a write on one revision and prints the reply.
template <class Request, class Response>
ExitCode WriteRevision(Session& session, const std::string& revision,
                       grpc::Status (ProgramStub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                       Request request) {
  const absl::StatusOr<std::string> name = session.Revision(revision);
  if (!name.ok()) return session.WrongUsage(name.status());
  request.set_name(*name);
  request.set_request_id(session.RequestId());
  Response response;
  const ExitCode code = Call<v1::ProgramService>(session, method, request, response);
  return code == ExitCode::kDone ? PrintRevision(session, response) : code;
}

ExitCode Approve(Session& session, const RevisionArguments& arguments) {
  v1::ApproveRevisionRequest request;
  const std::string bytes = absl::HexStringToBytes(arguments.digest);
  const bool is_hex = absl::BytesToHexString(bytes) == arguments.digest;
  if (!arguments.digest.empty() && (!is_hex || bytes.size() != 32)) {
    return session.WrongUsage(
        absl::InvalidArgumentError("digest: must be 64 hex digits, was another text"));
  }
  request.set_digest(bytes);
  if (!arguments.simulation.empty()) {
    const absl::StatusOr<std::string> program = session.Program();
    if (!program.ok()) return session.WrongUsage(program.status());
    request.set_simulation(absl::StrCat(*program, "/simulations/", LastPart(arguments.simulation)));
  }
  return WriteRevision(session, arguments.revision, &ProgramStub::ApproveRevision,
                       std::move(request));
}

ExitCode Acknowledge(Session& session, const AcknowledgeArguments& arguments) {
  v1::AcknowledgeWarningsRequest request;
  for (const std::string& warning : arguments.warnings) request.add_warnings(warning);
  return WriteRevision(session, arguments.revision, &ProgramStub::AcknowledgeWarnings,
                       std::move(request));
}

ExitCode Schedule(Session& session, const ScheduleArguments& arguments) {
  const absl::StatusOr<absl::TimeZone> zone = ParseZone(arguments.zone);
  if (!zone.ok()) return session.WrongUsage(zone.status());
  const absl::StatusOr<Timestamp> at = ParseInstant(arguments.at, *zone);
  if (!at.ok()) return session.WrongUsage(at.status());
  v1::ScheduleRevisionRequest request;
  *request.mutable_effective_from() = ToProto(*at);
  return WriteRevision(session, arguments.revision, &ProgramStub::ScheduleRevision,
                       std::move(request));
}

ExitCode Unschedule(Session& session, const RevisionArguments& arguments) {
  return WriteRevision(session, arguments.revision, &ProgramStub::CancelSchedule,
                       v1::CancelScheduleRequest());
}

ExitCode Activate(Session& session, const RevisionArguments& arguments) {
  return WriteRevision(session, arguments.revision, &ProgramStub::ActivateRevision,
                       v1::ActivateRevisionRequest());
}

// Calls `visit` with every page of the program's revisions, the newest first.
template <class Visit>
ExitCode ForRevisions(Session& session, const std::string& program, Visit&& visit) {
  v1::ListRevisionsRequest request;
  request.set_program(program);
  do {
    v1::ListRevisionsResponse page;
    const ExitCode code =
        Call<v1::ProgramService>(session, &ProgramStub::ListRevisions, request, page);
    if (code != ExitCode::kDone) return code;
    visit(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return ExitCode::kDone;
}

// The revision that was in force before the one that is.
ExitCode RollBack(Session& session, const RevisionArguments& arguments) {
  if (!arguments.revision.empty()) return Activate(session, arguments);
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  std::optional<v1::Revision> last;
  const ExitCode code = ForRevisions(session, *program, [&](const v1::ListRevisionsResponse& page) {
    for (const v1::Revision& revision : page.revisions()) {
      if (revision.state() != v1::REVISION_STATE_SUPERSEDED) continue;
      const bool is_later =
          !last || FromProto(revision.activated_at()) > FromProto(last->activated_at());
      if (is_later) last = revision;
    }
  });
  if (code != ExitCode::kDone) return code;
  if (!last) {
    return session.WrongUsage(
        absl::InvalidArgumentError("revision: must have been in force before, none was"));
  }
  return Activate(session, RevisionArguments{last->name(), "", ""});
}

ExitCode List(Session& session, const ListArguments&) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::ListRevisionsResponse all;
  const ExitCode code = ForRevisions(session, *program, [&](const v1::ListRevisionsResponse& page) {
    if (all.sequence() == 0) {
      all.set_sequence(page.sequence());
      all.set_partition(page.partition());
    }
    all.mutable_revisions()->MergeFrom(page.revisions());
  });
  if (code != ExitCode::kDone) return code;
  return session.Print(all, [&] { return Document{{}, {RevisionTable(all.revisions())}}; });
}

// Calls a write on a rule of the program.
template <class Request, class Response>
ExitCode WriteRule(Session& session, const RuleArguments& arguments,
                   grpc::Status (ProgramStub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                   Response& response) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  Request request;
  request.set_program(*program);
  request.set_rule(arguments.rule);
  request.set_request_id(session.RequestId());
  return Call<v1::ProgramService>(session, method, request, response);
}

ExitCode Pause(Session& session, const RuleArguments& arguments) {
  v1::PauseRuleResponse response;
  const ExitCode code = WriteRule(session, arguments, &ProgramStub::PauseRule, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    return Document{
        {{"rule", response.paused_rule().rule()},
         {"state", absl::StrCat("paused since ",
                                RenderInstant(FromProto(response.paused_rule().paused_at())))},
         {"outcome", Outcome(response)}},
        {}};
  });
}

ExitCode Resume(Session& session, const RuleArguments& arguments) {
  v1::ResumeRuleResponse response;
  const ExitCode code = WriteRule(session, arguments, &ProgramStub::ResumeRule, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    return Document{
        {{"rule", arguments.rule},
         {"state",
          response.is_resumed() ? "awards again" : "paused until a second person resumes it too"},
         {"outcome", Outcome(response)}},
        {}};
  });
}

}  // namespace

void AddRevisionCommands(CLI::App& noun, Action& action) {
  CLI::App* verb = nullptr;
  const auto approve = AddVerb<RevisionArguments>(
      noun, "approve", "Approve of a revision that somebody else has added",
      "laurelctl program approve 3 -p stars --principal fay --role FINANCE", action, &verb,
      Approve);
  verb->add_option("REVISION", approve->revision, "its number, or its name")->required();
  verb->add_option("--digest", approve->digest, "64 hex digits: refuse unless it has this digest");
  verb->add_option("--simulation", approve->simulation,
                   "name or id of the simulation that you have read, as its report says it");
  const auto acknowledge = AddVerb<AcknowledgeArguments>(
      noun, "acknowledge", "Say that you have read warnings and want the revision all the same",
      "laurelctl program acknowledge 3 R-LIAB-641:promotions[0] -p stars --principal mia", action,
      &verb, Acknowledge);
  verb->add_option("REVISION", acknowledge->revision, "its number, or its name")->required();
  verb->add_option("WARNING", acknowledge->warnings,
                   "code and path as in the table of findings, joined by a colon")
      ->required();
  const auto schedule = AddVerb<ScheduleArguments>(
      noun, "schedule", "Put a revision into force at an instant to come",
      "laurelctl program schedule 3 --at 2026-06-01T00:00 --zone Europe/Berlin -p stars", action,
      &verb, Schedule);
  verb->add_option("REVISION", schedule->revision, "its number, or its name")->required();
  verb->add_option("--at", schedule->at,
                   "first instant at which it is in force, at least a minute ahead")
      ->required();
  verb->add_option("--zone", schedule->zone, "time zone of an --at without an offset")
      ->capture_default_str();
  const auto unschedule = AddVerb<RevisionArguments>(
      noun, "unschedule", "Call off the schedule of a revision",
      "laurelctl program unschedule 3 -p stars", action, &verb, Unschedule);
  verb->add_option("REVISION", unschedule->revision, "its number, or its name")->required();
  const auto activate =
      AddVerb<RevisionArguments>(noun, "activate", "Put a revision into force now",
                                 "laurelctl program activate 3 -p stars", action, &verb, Activate);
  verb->add_option("REVISION", activate->revision, "its number, or its name")->required();
  const auto rollback = AddVerb<RevisionArguments>(
      noun, "rollback", "Put an older revision back into force, unchanged",
      "laurelctl program rollback -p stars\nlaurelctl program rollback 2 -p stars", action, &verb,
      RollBack);
  verb->add_option("REVISION", rollback->revision,
                   "its number, or its name; the one before the active one if absent");
  const auto pause =
      AddVerb<RuleArguments>(noun, "pause", "Stop a rule from awarding, from the next call on",
                             "laurelctl program pause double_beans -p stars", action, &verb, Pause);
  verb->add_option("RULE", pause->rule, "its id in the document")->required();
  const auto resume = AddVerb<RuleArguments>(
      noun, "resume", "Let a paused rule award again; may take a second person who does the same",
      "laurelctl program resume double_beans -p stars", action, &verb, Resume);
  verb->add_option("RULE", resume->rule, "its id in the document")->required();
  AddVerb<ListArguments>(noun, "list", "List the revisions with their states, the newest first",
                         "laurelctl program list -p stars", action, &verb, List);
}

}  // namespace laurel::cli
