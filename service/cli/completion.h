#ifndef LAUREL_SERVICE_CLI_COMPLETION_H_
#define LAUREL_SERVICE_CLI_COMPLETION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cli {

// What can follow a command path, for the shells.
struct CompletionNode {
  std::string path;                // "", "member", "member show"
  std::vector<std::string> words;  // nouns, verbs and options
};

// A script for "bash", "zsh" or "fish"; empty for other shells. `nodes` come parents first.
std::string RenderCompletion(absl::string_view shell, const std::vector<CompletionNode>& nodes);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_COMPLETION_H_
