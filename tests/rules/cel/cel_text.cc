// Reads requests, one JSON object a line, and answers each with one line: what the parser and the
// checker make of an expression. Lets a script in another language compare them with other
// implementations.
//
//   {"expr": "1 + x", "macros": "standard"}  ->  {"ast": …} or {"issues": …}
//   {"expr": "1 + x", "check": true, "container": "a.b", "type_env": […]}
//                                            ->  {"checked_ast": …, "type": …}, {"issues": …} or
//                                            {"unsupported": true}
//   "macros" is "none", "standard" or "all" (the default).
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "rules/cel/ast_text.h"
#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "tests/rules/cel/declarations_json.h"

namespace laurel::cel {
namespace {

using nlohmann::json;

MacroSet MacrosNamed(const std::string& name) {
  if (name == "none") return MacroSet::None();
  return name == "standard" ? MacroSet::Standard() : MacroSet::All();
}

json CheckedAnswer(const json& request, const Source& source, Ast ast) {
  Declarations declarations(&AllDeclarations());
  if (!DeclareFromJson(request.value("type_env", json::array()), declarations)) {
    return {{"unsupported", true}};
  }
  CheckOptions options;
  options.container = request.value("container", "");
  const CheckResult result = Check(std::move(ast), declarations, options);
  if (!result.ok()) return {{"issues", RenderIssues(source, result.issues)}};
  return {{"checked_ast", CheckedText(result.checked)},
          {"type", ToString(result.checked.type(), TypeNames::kShort)}};
}

json Answer(const json& request) {
  ParseOptions options;
  options.macros = MacrosNamed(request.value("macros", "all"));
  const Source source(request.at("expr").get<std::string>());
  ParseResult parsed = Parse(source, options);
  if (!parsed.ok()) return {{"issues", RenderIssues(source, parsed.issues)}};
  if (request.value("check", false)) return CheckedAnswer(request, source, std::move(parsed.ast));
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
