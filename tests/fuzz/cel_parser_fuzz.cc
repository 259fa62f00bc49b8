// Any bytes give either issues that lie in the text or a tree that keeps the limits and can be
// printed.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/ast_text.h"
#include "rules/cel/parser.h"
#include "tests/fuzz/require.h"

namespace laurel::cel {
namespace {

constexpr std::uint16_t kDepthMax = 100;
constexpr std::size_t kIssuesMax = 10;

class TreeCheck {
 public:
  TreeCheck(const Ast& ast, absl::string_view text)
      : text_size_(text.size()), is_seen_(ast.id_limit()) {}

  void Walk(const Expr& expr) {
    LAUREL_REQUIRE(expr.kind != ExprKind::kError);
    LAUREL_REQUIRE(expr.id > 0 && expr.id < is_seen_.size() && !is_seen_[expr.id]);
    LAUREL_REQUIRE(expr.range.begin <= expr.range.end && expr.range.end <= text_size_);
    is_seen_[expr.id] = true;
    for (const Expr* child : ChildrenOf(expr)) {
      LAUREL_REQUIRE(child != nullptr && child->depth < expr.depth);
      Walk(*child);
    }
  }

 private:
  std::size_t text_size_;
  std::vector<bool> is_seen_;  // a tree has each node once
};

void Run(absl::string_view text) {
  ParseOptions options;
  options.depth_max = kDepthMax;
  options.issues_max = kIssuesMax;
  const Source source(text);
  const ParseResult parsed = Parse(source, options);
  LAUREL_REQUIRE(parsed.issues.size() <= kIssuesMax);
  for (const Issue& issue : parsed.issues) {
    LAUREL_REQUIRE(issue.range.begin <= issue.range.end && issue.range.end <= text.size());
  }
  RenderIssues(source, parsed.issues);
  LAUREL_REQUIRE(parsed.ast.root() != nullptr);
  if (!parsed.ok()) return;
  LAUREL_REQUIRE(parsed.ast.root()->depth <= kDepthMax);
  TreeCheck(parsed.ast, text).Walk(*parsed.ast.root());
  AstTextWithKinds(*parsed.ast.root());
}

}  // namespace
}  // namespace laurel::cel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  laurel::cel::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
