#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
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

// Prints what CreateProgram and CreateRevision reply, and activates the revision if that was asked
// for.
template <class Response>
ExitCode PrintCreated(Session& session, const FileArguments& arguments,
                      const std::string& request_id, Response& response) {
  if (arguments.is_activated) {
    v1::ActivateRevisionResponse activated;
    // A second write with an id of its own that a retry of this command makes again.
    const std::string activate_id = absl::StrCat(request_id.substr(0, 62), ".a");
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

ExitCode Check(Session& session, const FileArguments& arguments) {
  absl::StatusOr<std::string> text = ReadAll(arguments.file, kDocumentBytesMax);
  if (!text.ok()) return session.IoError(text.status());
  v1::CheckRevisionRequest request;
  request.set_document(*std::move(text));
  v1::CheckRevisionResponse response;
  const ExitCode code =
      Call<v1::ProgramService>(session, &ProgramStub::CheckRevision, request, response);
  if (code != ExitCode::kDone) return code;
  const ExitCode printed = session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("document", StateOf(response));
    document.facts.emplace_back("digest", RenderHex(response.digest()));
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

void AddProgramCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "program", "Programs and the revisions of their documents");
  CLI::App* verb = nullptr;
  const auto create = AddVerb<FileArguments>(
      noun, "create", "Create a program from a document; it names the program",
      "laurelctl program create programs/coffee.yaml --activate", action, &verb, Create);
  verb->add_option("FILE", create->file, "program document, YAML or JSON; - for standard input")
      ->required();
  verb->add_flag("--activate", create->is_activated, "put it into force at once");
  const auto draft =
      AddVerb<FileArguments>(noun, "draft", "Add the next revision",
                             "laurelctl program draft programs/coffee.yaml -p coffee\n"
                             "laurelctl program draft programs/coffee.yaml --activate -p coffee",
                             action, &verb, AddDraft);
  verb->alias("revise");
  verb->add_option("FILE", draft->file, "program document, YAML or JSON; - for standard input")
      ->required();
  verb->add_flag("--activate", draft->is_activated, "put it into force at once");
  const auto show = AddVerb<ShowArguments>(
      noun, "show", "Show a program, or one of its revisions with plan, rules and approvals",
      "laurelctl program show -p stars\n"
      "laurelctl program show 3 -p stars\n"
      "laurelctl program show --document -p stars",
      action, &verb, ShowProgram);
  verb->add_option("REVISION", show->revision, "its number, or its name; the program if absent");
  verb->add_flag("--document", show->has_document,
                 "print the document of the revision, or of the active one");
  const auto check = AddVerb<FileArguments>(
      noun, "check", "Check a document and print all findings; exit code 1 if bad",
      "laurelctl program check programs/coffee.yaml", action, &verb, Check);
  verb->add_option("FILE", check->file, "program document, YAML or JSON; - for standard input")
      ->required();
  AddRevisionCommands(noun, action);
}

}  // namespace laurel::cli
