// Reads requests, one JSON object a line, and answers each with one line: what the parser and the
// checker make of an expression. Lets a script in another language compare them with other
// implementations.
//
//   {"expr": "1 + x", "macros": "standard"}   ->  {"ast": "..."} or {"issues": "..."}
//   "macros" is "none", "standard" or "all" (the default).
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "rules/cel/ast_text.h"
#include "rules/cel/parser.h"

namespace laurel::cel {
namespace {

MacroSet MacrosNamed(const std::string& name) {
  if (name == "none") return MacroSet::None();
  return name == "standard" ? MacroSet::Standard() : MacroSet::All();
}

nlohmann::json Answer(const nlohmann::json& request) {
  ParseOptions options;
  options.macros = MacrosNamed(request.value("macros", "all"));
  const Source source(request.at("expr").get<std::string>());
  const ParseResult parsed = Parse(source, options);
  if (!parsed.ok()) return {{"issues", RenderIssues(source, parsed.issues)}};
  return {{"ast", AstTextWithKinds(*parsed.ast.root())}};
}

}  // namespace
}  // namespace laurel::cel

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << laurel::cel::Answer(nlohmann::json::parse(line))
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  }
  return 0;
}
