#ifndef LAUREL_RULES_CEL_FOLD_H_
#define LAUREL_RULES_CEL_FOLD_H_

#include <cstddef>
#include <cstdint>

#include "rules/cel/checked.h"
#include "rules/cel/registry.h"

namespace laurel::cel {

struct FoldOptions {
  // The functions that may be computed beforehand: those whose result depends on their arguments
  // alone. A call of any other stays.
  const FunctionRegistry* functions = &AllFunctions();
  std::int64_t steps_max = 100'000;              // of all evaluations together
  std::size_t bytes_max = std::size_t{1} << 20;  // of the memory they use together
  std::size_t text_bytes_max = 4096;             // a longer text is not made a literal
  std::size_t elements_max = 1000;               // nor is a list of more elements
};

// A copy of `checked` with the parts that need no variable replaced by the literals, or lists of
// literals, that they evaluate to; && and || and ?: lose operands that a literal makes superfluous.
// A part whose value is an error stays, for it may never be evaluated. Gives the same value as
// `checked` for all variables. Nodes have new ids and the ranges of what they stand for; loops keep
// the shape of their macros.
CheckedAst Fold(const CheckedAst& checked, const FoldOptions& options = {});

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_FOLD_H_
