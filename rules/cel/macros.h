#ifndef LAUREL_RULES_CEL_MACROS_H_
#define LAUREL_RULES_CEL_MACROS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/ast.h"

namespace laurel::cel {

// Builds the nodes of one expansion. They take the place of the macro call in the text.
class ExprBuilder {
 public:
  // `ast` and `issues` must outlive the builder. Nodes get the ranges of `call`.
  ExprBuilder(Ast& ast, const CallExpr& call, std::vector<Issue>& issues)
      : ast_(ast), call_(call), issues_(issues) {}

  const Expr* Constant(const Literal& value);
  const Expr* Ident(absl::string_view name);
  const Expr* Call(absl::string_view function, const std::vector<const Expr*>& args);
  const Expr* MemberCall(absl::string_view function, const Expr* target,
                         const std::vector<const Expr*>& args = {});
  const Expr* List(const std::vector<const Expr*>& elements);
  const Expr* EmptyMap();
  const Expr* HasField(const SelectExpr& select);

  // Text members must be interned or outlive the Ast; `id`, `depth` and ranges are filled in.
  const Expr* Comprehension(const ComprehensionExpr& shape);

  absl::string_view Intern(absl::string_view text) { return ast_.Intern(text); }

  // Reports that the macro cannot take its arguments; the caret stands under `at`. Returns an error
  // node.
  const Expr* Fail(const Expr& at, absl::string_view message);

 private:
  Ast& ast_;
  const CallExpr& call_;
  std::vector<Issue>& issues_;
};

// A call that the parser replaces by another expression.
struct MacroRule {
  // Returns the expansion; the result of builder.Fail() if the arguments do not fit; null if the
  // call is no macro after all, as `x.bind(a, b, c)` is none because x is not `cel`. May use the
  // nodes of the call once each.
  using Expand = const Expr* (*)(ExprBuilder& builder, const CallExpr& call);

  static constexpr std::size_t kAnyCount = static_cast<std::size_t>(-1);

  std::string function;
  std::size_t arg_count = 0;  // without the target
  bool has_target = false;
  Expand expand = nullptr;
};

// The macros that a parser knows. A value; a const one may be read by many threads.
class MacroSet {
 public:
  static MacroSet None() { return MacroSet(); }
  // has, all, exists, exists_one, existsOne, map, filter: what every implementation has.
  static MacroSet Standard();
  // Standard, cel.bind, the two-variable comprehensions, optMap, optFlatMap, math.greatest,
  // math.least.
  static MacroSet All();

  // Adds `rule`; it wins over an earlier one of the same form.
  void Add(MacroRule rule) { rules_.push_back(std::move(rule)); }

  const MacroRule* Find(const CallExpr& call) const;

 private:
  std::vector<MacroRule> rules_;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_MACROS_H_
