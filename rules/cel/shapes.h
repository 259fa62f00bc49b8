#ifndef LAUREL_RULES_CEL_SHAPES_H_
#define LAUREL_RULES_CEL_SHAPES_H_

#include <cstddef>
#include <optional>

#include "rules/cel/ast.h"
#include "rules/cel/type.h"
#include "rules/cel/value.h"

// Questions about the shape of trees that a planner asks.
namespace laurel::cel {

Type TypeOfLiteral(const Literal& literal);
// Texts belong to the literal.
Value ValueOfLiteral(const Literal& literal);

// The literal that `expr` is, if it is one of `kind`; else null.
const Literal* LiteralOf(const Expr& expr, LiteralKind kind);

// Whether `expr` is a list of literals of `kind`, at least one and none of them optional.
bool IsListOf(const Expr& expr, LiteralKind kind);

// Literals, and lists and maps of nothing else.
bool IsConstant(const Expr& expr);

// Argument `index` of `expr`; null if it is no call or has fewer.
const Expr* ArgOf(const Expr* expr, std::size_t index);

// What the macro of a loop was given, taken back out of its expansion.
struct LoopParts {
  absl::string_view variable;
  const Expr* range = nullptr;
  const Expr* filter = nullptr;  // of filter, and of map with three arguments
  const Expr* item = nullptr;    // the tested or mapped expression; null for filter
};

// Empty for a loop with two variables or of a macro other than all, exists, exists_one, filter,
// map.
std::optional<LoopParts> PartsOf(const ComprehensionExpr& loop);

// The loop that `expr` is, if it comes from `macro`; else null.
const ComprehensionExpr* LoopOf(const Expr& expr, Macro macro);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_SHAPES_H_
