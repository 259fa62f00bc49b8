#ifndef LAUREL_SERVICE_CLI_COMMANDS_H_
#define LAUREL_SERVICE_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "service/cli/exit_code.h"
#include "service/cli/session.h"

namespace laurel::cli {

// What the command line asked for; empty until a verb was parsed.
using Action = std::function<ExitCode(Session& session)>;

// One group each: adds a noun with its verbs, or a command without a noun. Both arguments must
// outlive parsing.
void AddMemberCommands(CLI::App& root, Action& action);
void AddMergeCommands(CLI::App& member, Action& action);
void AddPointsCommands(CLI::App& root, Action& action);
void AddTransferCommands(CLI::App& points, Action& action);
void AddEndsCommands(CLI::App& points, Action& action);
void AddPointsReadCommands(CLI::App& points, Action& action);
void AddTillReportCommands(CLI::App& points, Action& action);
void AddStoreReportCommands(CLI::App& ledger, Action& action);
void AddApprovalCommands(CLI::App& root, Action& action);
void AddRedemptionCommands(CLI::App& root, Action& action);
void AddHoldCommands(CLI::App& root, Action& action);
void AddTierCommands(CLI::App& root, Action& action);
void AddProgramCommands(CLI::App& root, Action& action);
void AddRevisionCommands(CLI::App& program, Action& action);
void AddSimulateCommands(CLI::App& program, Action& action);
void AddLedgerCommands(CLI::App& root, Action& action);
void AddLedgerExportCommands(CLI::App& ledger, Action& action);
void AddLedgerVerifyCommand(CLI::App& ledger, Action& action);
void AddImportCommands(CLI::App& root, Action& action);
void AddMemberImportCommand(CLI::App& import, Action& action);
void AddReportCommands(CLI::App& root, Action& action);
void AddCallCommand(CLI::App& root, Action& action);
void AddCompletionCommand(CLI::App& root, Action& action);
void AddVersionCommand(CLI::App& root, Action& action);

// Adds a noun, which needs a verb.
CLI::App* AddNoun(CLI::App& root, const std::string& name, const std::string& description);

// Adds a verb. `examples` is shown before everything else by --help, one command a line. `run` is
// called with the verb's arguments once everything is parsed.
template <class Arguments, class Run>
std::shared_ptr<Arguments> AddVerb(CLI::App& noun, const std::string& name,
                                   const std::string& description, const std::string& examples,
                                   Action& action, CLI::App** verb, Run run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = noun.add_subcommand(name, description);
  command->footer(examples);
  command->callback([&action, arguments, run] {
    action = [arguments, run](Session& session) { return run(session, *arguments); };
  });
  *verb = command;
  return arguments;
}

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_COMMANDS_H_
