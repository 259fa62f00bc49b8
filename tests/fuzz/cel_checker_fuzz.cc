// A tree that parses gives issues that lie in the text or a type for every node, whatever its
// names; and then a folded tree of the same type that is not deeper, and a cost.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "rules/cel/ast_text.h"
#include "rules/cel/checker.h"
#include "rules/cel/cost.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "tests/fuzz/cel_environment.h"
#include "tests/fuzz/require.h"

namespace laurel::cel {
namespace {

void Run(absl::string_view text) {
  const Source source(text);
  ParseResult parsed = Parse(source);
  if (!parsed.ok()) return;
  CheckOptions options;
  options.container = "a";
  const CheckResult result = Check(std::move(parsed.ast), FuzzDeclarations(), options);
  for (const Issue& issue : result.issues) LAUREL_REQUIRE(issue.range.end <= text.size());
  RenderIssues(source, result.issues);
  if (!result.ok()) return;
  CheckedText(result.checked);
  CostOf(result.checked);
  const CheckedAst folded = Fold(result.checked);
  LAUREL_REQUIRE(folded.type() == result.checked.type() ||
                 folded.root().kind != result.checked.root().kind);
  LAUREL_REQUIRE(folded.root().depth <= result.checked.root().depth + 1);
  CheckedText(folded);
  CostOf(folded);
}

}  // namespace
}  // namespace laurel::cel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  laurel::cel::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
