#ifndef LAUREL_RULES_CEL_ARITHMETIC_H_
#define LAUREL_RULES_CEL_ARITHMETIC_H_

#include "rules/cel/context.h"
#include "rules/cel/value.h"

// The operators of the language on values of any kinds. Each gives Error(kNoSuchOverload) for kinds
// it does not take and passes an operand that is an error through, the first one first.
namespace laurel::cel {

Value Add(Context& context, const Value& a, const Value& b);
Value Subtract(const Value& a, const Value& b);
Value Multiply(const Value& a, const Value& b);
Value Divide(const Value& a, const Value& b);  // truncates toward zero
Value Modulo(const Value& a, const Value& b);  // has the sign of `a`
Value Negate(const Value& a);
Value Not(const Value& a);

enum class Relation : std::uint8_t { kLess, kLessEquals, kGreater, kGreaterEquals };
Value Relate(Context& context, Relation relation, const Value& a, const Value& b);

// `value in container`: a list's element or a map's key.
Value In(Context& context, const Value& value, const Value& container);

// container[index]. A list takes whole numbers of any kind, a map its keys. An optional container
// gives an optional.
Value Index(Context& context, const Value& container, const Value& index);
// container[?index]: an optional, none where Index says no such key or index out of range.
Value OptIndex(Context& context, const Value& container, const Value& index);

// operand.field of a map, a struct or an optional of one.
Value Select(Context& context, const Value& operand, absl::string_view field);
Value OptSelect(Context& context, const Value& operand, absl::string_view field);
// has(operand.field).
Value HasField(Context& context, const Value& operand, absl::string_view field);

// Both operands decide by themselves, whichever is an error: false && error is false.
Value LogicalAnd(const Value& a, const Value& b);
Value LogicalOr(const Value& a, const Value& b);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_ARITHMETIC_H_
