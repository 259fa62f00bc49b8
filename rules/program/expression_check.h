#ifndef LAUREL_RULES_PROGRAM_EXPRESSION_CHECK_H_
#define LAUREL_RULES_PROGRAM_EXPRESSION_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/program/document_environment.h"
#include "rules/program/expression_listener.h"
#include "rules/program/findings.h"

namespace laurel::rules {

inline constexpr std::uint64_t kExpressionCostMax = 10'000;

// Where an expression stands and what it must be.
struct ExpressionUse {
  std::string path;                 // of its field
  std::optional<cel::Type> result;  // any type if empty
  Roots allowed = 0;
  std::vector<std::string> triggers = {};  // activity types; empty: not bound to any
  bool is_condition = true;  // a bool that should be neither always true nor always false
};

// What was found out about an expression without errors.
struct CheckedExpression {
  cel::CheckedAst checked;
  ValueInfo result;
  Roots roots = 0;
  std::vector<std::string> only = {};  // activity types that have all that is read; empty: all
  std::uint64_t cost = 0;
};

// Checks `text` as the value of use.path: syntax, names, types, profile, units, bounds, presence,
// cost, and whether it says anything. One step that fails leaves the later ones out. Reports to
// `findings`, at most ten times; empty exactly if it reports an error.
std::optional<CheckedExpression> CheckExpression(const std::string& text, const ExpressionUse& use,
                                                 const Environment& environment,
                                                 Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_EXPRESSION_CHECK_H_
