#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/revision_views.h"

namespace laurel::cli {
namespace {

using ProgramStub = v1::ProgramService::Stub;

constexpr std::size_t kDocumentBytesMax = std::size_t{1} << 20;  // the API's limit

struct FileArguments {
  std::string file;
  bool is_activated = false;
  std::vector<std::string> acknowledged;  // warnings
};

struct CheckArguments {
  std::string file;
  std::string against;
  std::string at;
  std::string zone = "UTC";
};

struct ShowArguments {
  std::string revision;  // empty: the program
  bool has_document = false;
};

void AddFindings(Document& document, const Repeated<v1::Finding>& findings) {
  if (!findings.empty()) document.tables.push_back(FindingTable(findings));
}

ExitCode ActivateRevision(Session& session, const std::string& name, const std::string& request_id,
                          v1::ActivateRevisionResponse& response) {
  v1::ActivateRevisionRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  return Call<v1::ProgramService>(session, &ProgramStub::ActivateRevision, request, response);
}

ExitCode AcknowledgeWarnings(Session& session, const std::vector<std::string>& warnings,
                             const std::string& name, const std::string& request_id) {
  v1::AcknowledgeWarningsRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  for (const std::string& warning : warnings) request.add_warnings(warning);
  v1::AcknowledgeWarningsResponse response;
  return Call<v1::ProgramService>(session, &ProgramStub::AcknowledgeWarnings, request, response);
}

// Prints what CreateProgram and CreateRevision reply, and acknowledges and activates what was asked
// for: further writes with ids of their own that a retry of this command makes again.
template <class Response>
ExitCode PrintCreated(Session& session, const FileArguments& arguments,
                      const std::string& request_id, Response& response) {
  const auto id = [&](const char* suffix) {
    return absl::StrCat(request_id.substr(0, 62), suffix);
  };
  if (!arguments.acknowledged.empty()) {
    const ExitCode code =
        AcknowledgeWarnings(session, arguments.acknowledged, response.revision().name(), id(".w"));
    if (code != ExitCode::kDone) return code;
  }
  if (arguments.is_activated) {
    v1::ActivateRevisionResponse activated;
    const std::string activate_id = id(".a");
    const ExitCode code =
        ActivateRevision(session, response.revision().name(), activate_id, activated);
    if (code != ExitCode::kDone) return code;
    *response.mutable_revision() = activated.revision();
  }
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("revision", response.revision().name());
    document.facts.emplace_back("state", RenderState(response.revision()));
    document.facts.emplace_back("outcome", Outcome(response));
    AddFindings(document, response.findings());
    return document;
  });
}

ExitCode Create(Session& session, const FileArguments& arguments) {
  absl::StatusOr<std::string> document = ReadAll(arguments.file, kDocumentBytesMax);
  if (!document.ok()) return session.IoError(document.status());
  v1::CreateProgramRequest request;
  request.set_document(*std::move(document));
  request.set_request_id(session.RequestId());
  v1::CreateProgramResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::CreateProgram, request, response);
  return code == ExitCode::kDone ? PrintCreated(session, arguments, request.request_id(), response)
                                 : code;
}

ExitCode AddDraft(Session& session, const FileArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  absl::StatusOr<std::string> document = ReadAll(arguments.file, kDocumentBytesMax);
  if (!document.ok()) return session.IoError(document.status());
  v1::CreateRevisionRequest request;
  request.set_program(*program);
  request.set_document(*std::move(document));
  request.set_request_id(session.RequestId());
  v1::CreateRevisionResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::CreateRevision, request, response);
  return code == ExitCode::kDone ? PrintCreated(session, arguments, request.request_id(), response)
                                 : code;
}

ExitCode ShowRevision(Session& session, const ShowArguments& arguments) {
  const absl::StatusOr<std::string> name = session.Revision(arguments.revision);
  if (!name.ok()) return session.WrongUsage(name.status());
  v1::GetRevisionRequest request;
  request.set_name(*name);
  request.set_show_document(arguments.has_document);
  v1::GetRevisionResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::GetRevision, request, response);
  if (code != ExitCode::kDone) return code;
  const v1::Revision& revision = response.revision();
  if (arguments.has_document && session.options().format == Format::kTable) {
    session.out() << revision.document() << "\n";
    return ExitCode::kDone;
  }
  return session.Print(response, [&] {
    Document document;
    AddRevisionFacts(document, revision);
    document.tables = {RuleTable(revision.rules()), VoteTable(revision.votes())};
    if (!revision.acknowledgements().empty()) {
      document.tables.push_back(AcknowledgementTable(revision.acknowledgements()));
    }
    return document;
  });
}

ExitCode ShowProgram(Session& session, const ShowArguments& arguments) {
  if (!arguments.revision.empty()) return ShowRevision(session, arguments);
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::GetProgramRequest request;
  request.set_name(*program);
  request.set_show_documents(arguments.has_document);
  v1::GetProgramResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::GetProgram, request, response);
  if (code != ExitCode::kDone) return code;
  const v1::Program& shown = response.program();
  if (arguments.has_document && session.options().format == Format::kTable) {
    session.out() << (shown.has_active_revision() ? shown.active_revision()
                                                  : shown.latest_revision())
                         .document()
                  << "\n";
    return ExitCode::kDone;
  }
  return session.Print(response, [&] {
    Document document;
    document.facts = {{"program", shown.name()},
                      {"name", shown.display_name()},
                      {"currency", shown.currency_code()},
                      {"time zone", shown.time_zone()},
                      {"active revision", RenderRevision(shown.active_revision())},
                      {"latest revision", RenderRevision(shown.latest_revision())}};
    Table types{
        "point types", {{"id"}, {"name"}, {"symbol"}, {"kind"}, {"decimals", Align::kRight}}, {}};
    for (const v1::PointType& type : shown.point_types()) {
      types.rows.push_back({type.id(), type.display_name(), type.symbol(),
                            LabelOf(v1::PointKind_Name(type.kind()), "POINT_KIND_"),
                            absl::StrCat(type.decimals())});
    }
    Table tiers{"tiers", {{"rank", Align::kRight}, {"id"}, {"name"}}, {}};
    for (const v1::Tier& tier : shown.tiers()) {
      tiers.rows.push_back({absl::StrCat(tier.rank()), tier.id(), tier.display_name()});
    }
    document.tables = {types, tiers};
    if (!shown.paused_rules().empty()) {
      document.tables.push_back(PausedRuleTable(shown.paused_rules()));
    }
    return document;
  });
}

// Whether a document is right, and whether the server would take it.
std::string StateOf(const v1::CheckRevisionResponse& response) {
  constexpr absl::string_view kUnserved = "R-SCHEMA-026";
  if (!response.is_valid()) return "not valid";
  const bool is_served =
      std::none_of(response.findings().begin(), response.findings().end(),
                   [&](const v1::Finding& finding) { return finding.code() == kUnserved; });
  return is_served ? "valid" : "valid, but not served yet";
}

// What --against names: a revision by number or name, else a file.
absl::Status SetAgainst(Session& session, const std::string& against,
                        v1::CheckRevisionRequest& request) {
  if (against.empty()) return absl::OkStatus();
  std::uint32_t number = 0;
  if (absl::SimpleAtoi(against, &number) || absl::StartsWith(against, "programs/")) {
    ASSIGN_OR_RETURN(*request.mutable_against(), session.Revision(against));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(*request.mutable_against_document(), ReadAll(against, kDocumentBytesMax));
  return absl::OkStatus();
}

ExitCode Check(Session& session, const CheckArguments& arguments) {
  absl::StatusOr<std::string> text = ReadAll(arguments.file, kDocumentBytesMax);
  if (!text.ok()) return session.IoError(text.status());
  v1::CheckRevisionRequest request;
  request.set_document(*std::move(text));
  const absl::Status against = SetAgainst(session, arguments.against, request);
  if (!against.ok()) return session.IoError(against);
  if (!arguments.at.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = ParseZone(arguments.zone);
    if (!zone.ok()) return session.WrongUsage(zone.status());
    const absl::StatusOr<Timestamp> at = ParseInstant(arguments.at, *zone);
    if (!at.ok()) return session.WrongUsage(at.status());
    *request.mutable_effective_from() = ToProto(*at);
  }
  v1::CheckRevisionResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::CheckRevision, request, response);
  if (code != ExitCode::kDone) return code;
  const ExitCode printed = session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("document", StateOf(response));
    document.facts.emplace_back("digest", RenderHex(response.digest()));
    document.facts.emplace_back("compared with", LastPart(response.compared_with()));
    if (session.options().format == Format::kCsv) {
      document.tables.push_back(FindingTable(response.findings()));
    } else {
      AddFindings(document, response.findings());
    }
    return document;
  });
  if (printed != ExitCode::kDone) return printed;
  return response.is_valid() ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace

namespace {

void AddActivation(CLI::App& verb, FileArguments& arguments) {
  verb.add_option("FILE", arguments.file, "program document, YAML or JSON; - for standard input")
      ->required();
  verb.add_flag("--activate", arguments.is_activated, "put it into force at once");
  verb.add_option("--acknowledge", arguments.acknowledged,
                  "names of warnings that you have read, such as R-LIAB-641:promotions[0]");
}

}  // namespace

void AddProgramCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "program", "Programs and the revisions of their documents");
  CLI::App* verb = nullptr;
  const auto create = AddVerb<FileArguments>(
      noun, "create", "Create a program from a document; it names the program",
      "laurelctl program create programs/coffee.yaml --activate", action, &verb, Create);
  AddActivation(*verb, *create);
  const auto draft =
      AddVerb<FileArguments>(noun, "draft", "Add the next revision",
                             "laurelctl program draft programs/coffee.yaml -p coffee\n"
                             "laurelctl program draft programs/coffee.yaml --activate -p coffee",
                             action, &verb, AddDraft);
  verb->alias("revise");
  AddActivation(*verb, *draft);
  const auto show = AddVerb<ShowArguments>(
      noun, "show", "Show a program, or one of its revisions with plan, rules and approvals",
      "laurelctl program show -p stars\n"
      "laurelctl program show 3 -p stars\n"
      "laurelctl program show --document -p stars",
      action, &verb, ShowProgram);
  verb->add_option("REVISION", show->revision, "its number, or its name; the program if absent");
  verb->add_flag("--document", show->has_document,
                 "print the document of the revision, or of the active one");
  const auto check = AddVerb<CheckArguments>(
      noun, "check",
      "Check a document, alone and beside the one in force, and print all findings; exit code 1 if "
      "bad",
      "laurelctl program check programs/coffee.yaml\n"
      "laurelctl program check programs/coffee.yaml --against 3 -p coffee\n"
      "laurelctl program check new.yaml --against old.yaml --at 2026-06-01T00:00",
      action, &verb, Check);
  verb->add_option("FILE", check->file, "program document, YAML or JSON; - for standard input")
      ->required();
  verb->add_option("--against", check->against,
                   "number or name of a revision, or a file; the revision in force if absent");
  verb->add_option("--at", check->at, "when it would come into force; now if absent");
  verb->add_option("--zone", check->zone, "time zone of an --at without an offset")
      ->capture_default_str();
  AddRevisionCommands(noun, action);
  AddSimulateCommands(noun, action);
}

}  // namespace laurel::cli
