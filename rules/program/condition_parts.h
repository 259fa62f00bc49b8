#ifndef LAUREL_RULES_PROGRAM_CONDITION_PARTS_H_
#define LAUREL_RULES_PROGRAM_CONDITION_PARTS_H_

#include <string>
#include <vector>

#include "rules/cel/ast.h"
#include "rules/program/model.h"

// The parts that a condition is joined of. All pointers belong to the condition.
namespace laurel::rules::model {

using Conjunction = std::vector<const cel::Expr*>;

// What `part` of `expression` was written as.
std::string TextOf(const Expression& expression, const cel::Expr& part);

// The terms of a chain of &&, in the order of the text.
Conjunction ConjunctsOf(const cel::Expr& expr);

// `expr` as alternatives of conjuncts: it holds when all conjuncts of one alternative do. In the
// order of the text. Where there would be more than 64, all of it is the one conjunct of one
// alternative.
std::vector<Conjunction> AlternativesOf(const cel::Expr& expr);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_CONDITION_PARTS_H_
