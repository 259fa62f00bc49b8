#ifndef LAUREL_RULES_CEL_OPERATION_H_
#define LAUREL_RULES_CEL_OPERATION_H_

#include <cstdint>

#include "rules/cel/ast.h"
#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// The calls that are part of the language and not functions.
enum class Operation : std::uint8_t {
  kNone,  // a function
  kConditional,
  kAnd,
  kOr,
  kNotStrictlyFalse,
  kOptSelect,
  // From here on: strict, of one or two operands, done by Apply.
  kNot,
  kNegate,
  kEquals,
  kNotEquals,
  kLess,
  kLessEquals,
  kGreater,
  kGreaterEquals,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kIndex,
  kOptIndex,
  kIn,
};

// kNone also for a call with a target or with a number of arguments that the operator does not
// have.
Operation OperationOf(const CallExpr& call);

// Whether Apply does it.
constexpr bool IsStrict(Operation operation) { return operation >= Operation::kNot; }

// The value of a strict operation; `second` is not looked at where it takes one operand. An operand
// that is an error is the result, the first one first.
Value Apply(Context& context, Operation operation, const Value& first, const Value& second);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_OPERATION_H_
