#ifndef LAUREL_RULES_CEL_CHECK_LISTENER_H_
#define LAUREL_RULES_CEL_CHECK_LISTENER_H_

#include <vector>

#include "rules/cel/ast.h"
#include "rules/cel/checked.h"
#include "rules/cel/source.h"

namespace laurel::cel {

// What a host adds to checking, for what types cannot say: units, presence, privacy. Called on the
// whole tree once it is free of issues, every type known; children come before their node and in
// the order of evaluation, so that a value a host keeps by ExprId rides along with the types.
// OnLoop comes after range and init of a comprehension and before its condition, OnLoopEnd before
// its result: in between the iteration variables are what is_local references name.
class CheckListener {
 public:
  virtual ~CheckListener() = default;

  // Issues that the host reports have the code kHost.
  virtual void OnExpr(const CheckedAst& checked, const Expr& expr, std::vector<Issue>& issues) = 0;
  virtual void OnLoop(const CheckedAst&, const ComprehensionExpr&, std::vector<Issue>&) {}
  virtual void OnLoopEnd(const CheckedAst&, const ComprehensionExpr&) {}
};

// Shows every node of `checked` to `listener`, which may append to `issues`.
void ShowToListener(const CheckedAst& checked, CheckListener& listener, std::vector<Issue>& issues);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CHECK_LISTENER_H_
