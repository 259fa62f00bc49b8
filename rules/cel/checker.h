#ifndef LAUREL_RULES_CEL_CHECKER_H_
#define LAUREL_RULES_CEL_CHECKER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rules/cel/check_listener.h"
#include "rules/cel/checked.h"
#include "rules/cel/declarations.h"
#include "rules/cel/source.h"

namespace laurel::cel {

struct CheckOptions {
  // The scope in which names are looked up, from the inside out: in "a.b" the name c is a.b.c, a.c
  // or c.
  std::string container;

  // What the expression must yield; any type if empty.
  std::optional<Type> result;

  std::size_t issues_max = 10;
  CheckListener* listener = nullptr;  // not owned; called during Check only
};

struct CheckResult {
  CheckedAst checked;         // of no use unless ok()
  std::vector<Issue> issues;  // in the order of the text

  bool ok() const { return issues.empty(); }
};

// Finds out what every name of `ast` refers to and which type every node has. `ast` must have come
// without issues from Parse. A call with dyn among its arguments keeps every overload that may fit.
// Time is bounded by the size of the tree; the depth of recursion by that of the tree.
CheckResult Check(Ast ast, const Declarations& declarations, const CheckOptions& options = {});

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CHECKER_H_
