#ifndef LAUREL_RULES_CEL_AST_TEXT_H_
#define LAUREL_RULES_CEL_AST_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "rules/cel/ast.h"
#include "rules/cel/checked.h"

namespace laurel::cel {

// Trees as indented text, in the form that implementations of the language share to compare them:
//
//   a.b > 1      _>_(
//                  a^#*expr.Expr_IdentExpr#.b^#*expr.Expr_SelectExpr#,
//                  1^#*expr.Constant_Int64Value#
//                )^#*expr.Expr_CallExpr#
//
// AstText leaves the marks out, AstTextWithKinds writes the kind of each node behind it,
// CheckedText its type and what it refers to: "_>_(x.y~int^x.y, 1~int)~bool^greater_int64". One
// variable of a comprehension with two is shown.
std::string AstText(const Expr& root);
std::string AstTextWithKinds(const Expr& root);
std::string CheckedText(const CheckedAst& checked);

// As the language writes it: 1u, 1.5, "a\n", b"\xff", null. Doubles have as many digits as tell
// them apart, with an exponent below 1e-4 and from 1e6 on; whole ones have no point.
std::string LiteralText(const Literal& literal);

// `text` between double quotes with what cannot be printed escaped.
std::string QuoteText(absl::string_view text);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_AST_TEXT_H_
