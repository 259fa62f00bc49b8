#include "service/cli/completion.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/cli/commands.h"

namespace laurel::cli {
namespace {

// Walks over the words typed so far, keeping the longest known command path; options and arguments
// do not change it.
constexpr char kBash[] =
    R"(# laurelctl completion for bash: source this file, or put it into bash-completion's folder.
_laurelctl() {
  local current="${COMP_WORDS[COMP_CWORD]}" path="" word words next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    next="${path:+$path }$word"
    case "$next" in
%NEXT%    esac
  done
  case "$path" in
%WORDS%  esac
  if [[ "$current" == -* || "$path" != *" "* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -F _laurelctl laurelctl
)";

std::string RenderBash(const std::vector<CompletionNode>& nodes) {
  std::vector<std::string> paths;
  std::string words;
  for (const CompletionNode& node : nodes) {
    if (!node.path.empty()) paths.push_back(absl::StrCat("\"", node.path, "\""));
    absl::StrAppend(&words, "    \"", node.path, "\") words=\"", absl::StrJoin(node.words, " "),
                    "\" ;;\n");
  }
  const std::string next =
      absl::StrCat("      ", absl::StrJoin(paths, "|"), ") path=\"$next\" ;;\n");
  std::string script = kBash;
  script.replace(script.find("%NEXT%"), 6, next);
  script.replace(script.find("%WORDS%"), 7, words);
  return script;
}

std::string RenderZsh(const std::vector<CompletionNode>& nodes) {
  return absl::StrCat("#compdef laurelctl\nautoload -U +X bashcompinit && bashcompinit\n",
                      RenderBash(nodes));
}

std::string RenderFish(const std::vector<CompletionNode>& nodes) {
  std::string script =
      "# laurelctl completion for fish: put it into ~/.config/fish/completions/laurelctl.fish\n";
  for (const CompletionNode& node : nodes) {
    const std::vector<std::string> parts = absl::StrSplit(node.path, ' ', absl::SkipEmpty());
    std::string condition = "__fish_use_subcommand";
    if (!parts.empty()) {
      condition = absl::StrCat("__fish_seen_subcommand_from ",
                               absl::StrJoin(parts, "; and __fish_seen_subcommand_from "));
    }
    for (const std::string& word : node.words) {
      const bool is_long = word.rfind("--", 0) == 0;
      const bool is_short = !is_long && word.rfind('-', 0) == 0;
      absl::StrAppend(&script, "complete -c laurelctl -n '", condition, "' ",
                      is_long    ? "-l "
                      : is_short ? "-s "
                                 : "-f -a ",
                      word.substr(is_long    ? 2
                                  : is_short ? 1
                                             : 0),
                      "\n");
    }
  }
  return script;
}

void Collect(const CLI::App& app, const std::string& path, std::vector<CompletionNode>& nodes) {
  CompletionNode node{path, {}};
  const std::vector<const CLI::App*> children =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children) node.words.push_back(child->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) node.words.push_back("--" + name);
    for (const std::string& name : option->get_snames()) node.words.push_back("-" + name);
  }
  nodes.push_back(std::move(node));
  for (const CLI::App* child : children) {
    Collect(*child, path.empty() ? child->get_name() : absl::StrCat(path, " ", child->get_name()),
            nodes);
  }
}

struct CompletionArguments {
  std::string shell;
};

}  // namespace

std::string RenderCompletion(absl::string_view shell, const std::vector<CompletionNode>& nodes) {
  if (shell == "bash") return RenderBash(nodes);
  if (shell == "zsh") return RenderZsh(nodes);
  if (shell == "fish") return RenderFish(nodes);
  return "";
}

void AddCompletionCommand(CLI::App& root, Action& action) {
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<CompletionArguments>(
      root, "completion", "Print a completion script for a shell",
      "source <(laurelctl completion bash)\nlaurelctl completion fish > "
      "~/.config/fish/completions/laurelctl.fish",
      action, &verb, [&root](Session& session, const CompletionArguments& chosen) {
        std::vector<CompletionNode> nodes;
        Collect(root, "", nodes);
        session.out() << RenderCompletion(chosen.shell, nodes);
        return ExitCode::kDone;
      });
  verb->add_option("SHELL", arguments->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace laurel::cli
