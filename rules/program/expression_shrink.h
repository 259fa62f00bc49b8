#ifndef LAUREL_RULES_PROGRAM_EXPRESSION_SHRINK_H_
#define LAUREL_RULES_PROGRAM_EXPRESSION_SHRINK_H_

#include <map>
#include <string>

#include "rules/cel/checked.h"

// What happens to an expression when items of the purchase go back.
namespace laurel::rules {

// Whether a number, or the length of a list, may become less or more. For a bool: whether it may
// become false or true.
struct Drift {
  bool falls = false;
  bool rises = false;
};

// By the id of the variable.
using VariableDrifts = std::map<std::string, Drift, std::less<>>;

// The drift of the whole expression when only purchase amounts and items become less. Amounts are
// taken for >= 0. May see a drift where there is none, and does not miss one.
Drift DriftOf(const cel::CheckedAst& checked, const VariableDrifts& variables);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_EXPRESSION_SHRINK_H_
