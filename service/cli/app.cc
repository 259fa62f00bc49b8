#include "service/cli/app.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/version.h"
#include "service/cli/commands.h"
#include "service/cli/suggest.h"

namespace laurel::cli {
namespace {

// Examples come first: they are what most people look for.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    label("OPTIONS", "options");
    label("SUBCOMMAND", "COMMAND");
    label("SUBCOMMANDS", "COMMANDS");
    label("Subcommands", "Commands");
    column_width(28);
  }
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    std::string help = make_description(app);
    if (!app->get_footer().empty()) {
      absl::StrAppend(&help, "\nExamples:\n  ",
                      absl::StrReplaceAll(app->get_footer(), {{"\n", "\n  "}}), "\n");
    }
    absl::StrAppend(&help, "\n", make_usage(app, name), make_positionals(app),
                    make_groups(app, mode), make_subcommands(app, mode));
    const bool is_root = app->get_parent() == nullptr;
    if (!is_root) absl::StrAppend(&help, "\nOptions that every command has: laurelctl --help\n");
    return help;
  }
};

// What is wrong with a name: it becomes a header of every call. Empty if it is well formed.
std::string PrincipalProblem(const std::string& name) {
  const bool is_well_formed =
      !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("._:@/-", c);
      });
  return is_well_formed ? "" : "must be 1 to 64 of A-Z a-z 0-9 . _ : @ / -, was another text";
}

void AddGlobalOptions(CLI::App& root, GlobalOptions& options, std::string& format, bool& is_json,
                      bool& is_plain) {
  root.add_option("--server", options.server, "address of laureld")
      ->envname("LAUREL_SERVER")
      ->capture_default_str();
  root.add_option("-p,--program", options.program, "program, such as stars")
      ->envname("LAUREL_PROGRAM");
  root.add_option(
      "--request-id", options.request_id,
      "id of a write: keep it, and use it again to repeat the same write safely; made if absent");
  root.add_option("--principal", options.principal, "who you are, for the journal and approvals")
      ->envname("LAUREL_PRINCIPAL")
      ->check([](const std::string& name) { return PrincipalProblem(name); });
  root.add_option("--role", options.role, "your role, such as MARKETING or FINANCE")
      ->envname("LAUREL_ROLE")
      ->transform(CLI::IsMember({"POS", "SHOP", "MARKETING", "FINANCE", "AGENT", "AUDITOR",
                                 "PRIVACY", "PARTNER", "ADMIN"},
                                CLI::ignore_case));
  root.add_option("--timeout", options.timeout_seconds, "seconds to wait for an answer")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'600));
  root.add_option("-o,--output", format, "table, json or csv")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "json", "csv"}));
  root.add_flag("--json", is_json, "the same as -o json");
  root.add_flag("--no-color", is_plain, "no colour, also with NO_COLOR in the environment");
}

void AddCommands(CLI::App& root, Action& action) {
  AddMemberCommands(root, action);
  AddPointsCommands(root, action);
  AddApprovalCommands(root, action);
  AddRedemptionCommands(root, action);
  AddHoldCommands(root, action);
  AddTierCommands(root, action);
  AddProgramCommands(root, action);
  AddLedgerCommands(root, action);
  AddImportCommands(root, action);
  AddReportCommands(root, action);
  AddCallCommand(root, action);
  AddCompletionCommand(root, action);
  AddVersionCommand(root, action);
}

std::vector<std::string> NamesOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(child->get_name());
  }
  return names;
}

// The command with this name or, of an older version, this alias.
const CLI::App* FindChild(const CLI::App& app, const std::string& word) {
  const auto found =
      app.get_subcommands([&word](const CLI::App* child) { return child->check_name(word); });
  return found.empty() ? nullptr : found.front();
}

void CollectOptions(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
}

const CLI::Option* FindOption(const CLI::App& root, const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const CLI::Option* const own = app.get_option_no_throw(name);
  return own != nullptr ? own : root.get_option_no_throw(name);
}

// Finds the first word that is no noun, verb or option where one has to be, and what it may have
// been meant to be.
std::string FindTypo(const CLI::App& root, const std::vector<std::string>& arguments) {
  const CLI::App* app = &root;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.size() > 1 && word[0] == '-') {
      const CLI::Option* const option = FindOption(root, *app, word);
      if (option == nullptr) {
        std::vector<std::string> names;
        CollectOptions(*app, names);
        CollectOptions(root, names);
        return absl::StrCat(word, ": must be an option of ",
                            app == &root ? "laurelctl" : app->get_name(),
                            DidYouMean(word.substr(0, word.find('=')), names));
      }
      const bool has_value =
          option->get_items_expected_max() > 0 && word.find('=') == std::string::npos;
      if (has_value) ++i;
      continue;
    }
    const std::vector<std::string> names = NamesOf(*app);
    if (names.empty()) continue;  // an argument of the verb
    const CLI::App* const child = FindChild(*app, word);
    if (child == nullptr) {
      return absl::StrCat("\"", word, "\": must be a command of ",
                          app == &root ? "laurelctl" : app->get_name(), DidYouMean(word, names));
    }
    app = child;
  }
  const std::vector<std::string> names = NamesOf(*app);
  if (names.empty()) return "";
  return absl::StrCat(app == &root ? "laurelctl" : app->get_name(), ": must be followed by one of ",
                      absl::StrJoin(names, ", "));
}

// A variable that is a slip away from one of ours would be passed over, and the command would go to
// another server than was meant. Others are laureld's, or nobody's.
std::string FindMisspelledVariable(const CLI::App& root, char** variables) {
  std::vector<std::string> names;
  for (const CLI::Option* option : root.get_options()) {
    if (!option->get_envname().empty()) names.push_back(option->get_envname());
  }
  for (; *variables != nullptr; ++variables) {
    const absl::string_view line = *variables;
    const std::string name(line.substr(0, line.find('=')));
    if (!absl::StartsWith(name, "LAUREL_")) continue;
    const std::optional<std::string> nearest = Nearest(name, names, 2);
    if (!nearest || *nearest == name) continue;
    return absl::StrCat(name, ": must be a variable that is read", DidYouMean(name, {*nearest}));
  }
  return "";
}

ExitCode PrintParseError(const CLI::App& root, const std::vector<std::string>& arguments,
                         const CLI::ParseError& error, std::ostream& err) {
  const std::string typo = FindTypo(root, arguments);
  err << "wrong usage: " << (typo.empty() ? error.what() : typo) << "\n";
  const CLI::App* app = &root;
  std::string path = "laurelctl";
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    absl::StrAppend(&path, " ", app->get_name());
  }
  err << "see: " << path << " --help\n";
  return ExitCode::kWrongUsage;
}

}  // namespace

CLI::App* AddNoun(CLI::App& root, const std::string& name, const std::string& description) {
  CLI::App* const noun = root.add_subcommand(name, description);
  noun->require_subcommand(1);
  return noun;
}

void AddVersionCommand(CLI::App& root, Action& action) {
  struct NoArguments {};
  CLI::App* verb = nullptr;
  AddVerb<NoArguments>(root, "version", "Print the version of laurelctl", "laurelctl version",
                       action, &verb, [](Session& session, const NoArguments&) {
                         session.out() << "laurelctl " << kVersion << "\n";
                         return ExitCode::kDone;
                       });
}

ExitCode Run(const std::vector<std::string>& arguments, const Environment& environment) {
  GlobalOptions options;
  std::string format = "table";
  bool is_json = false;
  bool is_plain = false;
  Action action;
  CLI::App root("laurelctl: every job an operator of Laurel has", "laurelctl");
  root.formatter(std::make_shared<HelpFormatter>());
  root.fallthrough();
  root.require_subcommand(1);
  root.footer(
      "laurelctl member enroll card:4006381333931 -p stars\n"
      "laurelctl points balance card:4006381333931 -p stars\n"
      "laurelctl import purchases history.csv --mapping history.mapping.yaml --enroll -p stars\n"
      "laurelctl ledger export --out journal.csv -p stars");
  root.set_version_flag("--version", absl::StrCat("laurelctl ", kVersion));
  AddGlobalOptions(root, options, format, is_json, is_plain);
  AddCommands(root, action);

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // what the parser takes
  try {
    root.parse(reversed);
  } catch (const CLI::Success& success) {  // --help, --version
    root.exit(success, *environment.out, *environment.err);
    return ExitCode::kDone;
  } catch (const CLI::ParseError& error) {
    return PrintParseError(root, arguments, error, *environment.err);
  }
  if (const std::string slip = FindMisspelledVariable(root, environ); !slip.empty()) {
    *environment.err << "wrong usage: " << slip << "\n";
    return ExitCode::kWrongUsage;
  }
  if (is_json || format == "json") options.format = Format::kJson;
  if (!is_json && format == "csv") options.format = Format::kCsv;
  options.is_error_terminal = environment.is_err_terminal;
  const char* const term = std::getenv("TERM");
  const bool is_dumb =
      std::getenv("NO_COLOR") != nullptr || (term != nullptr && absl::string_view(term) == "dumb");
  options.has_color = environment.is_err_terminal && !is_plain && !is_dumb;
  Session session(options, environment.out, environment.err);
  if (environment.channel != nullptr) session.set_channel(environment.channel);
  return action(session);
}

}  // namespace laurel::cli
