#include "rules/cel/operation.h"

#include "absl/container/flat_hash_map.h"
#include "rules/cel/arithmetic.h"
#include "rules/cel/compare.h"
#include "rules/cel/operators.h"

namespace laurel::cel {

namespace {

struct Form {
  Operation operation;
  std::size_t operands;
};

const absl::flat_hash_map<absl::string_view, Form>& Forms() {
  static const auto* const forms = new absl::flat_hash_map<absl::string_view, Form>{
      {operators::kConditional, {Operation::kConditional, 3}},
      {operators::kLogicalAnd, {Operation::kAnd, 2}},
      {operators::kLogicalOr, {Operation::kOr, 2}},
      {operators::kNotStrictlyFalse, {Operation::kNotStrictlyFalse, 1}},
      {operators::kOptSelect, {Operation::kOptSelect, 2}},
      {operators::kLogicalNot, {Operation::kNot, 1}},
      {operators::kNegate, {Operation::kNegate, 1}},
      {operators::kEquals, {Operation::kEquals, 2}},
      {operators::kNotEquals, {Operation::kNotEquals, 2}},
      {operators::kLess, {Operation::kLess, 2}},
      {operators::kLessEquals, {Operation::kLessEquals, 2}},
      {operators::kGreater, {Operation::kGreater, 2}},
      {operators::kGreaterEquals, {Operation::kGreaterEquals, 2}},
      {operators::kAdd, {Operation::kAdd, 2}},
      {operators::kSubtract, {Operation::kSubtract, 2}},
      {operators::kMultiply, {Operation::kMultiply, 2}},
      {operators::kDivide, {Operation::kDivide, 2}},
      {operators::kModulo, {Operation::kModulo, 2}},
      {operators::kIndex, {Operation::kIndex, 2}},
      {operators::kOptIndex, {Operation::kOptIndex, 2}},
      {operators::kIn, {Operation::kIn, 2}},
  };
  return *forms;
}

Value NotEqual(Context& context, const Value& first, const Value& second) {
  const Value equal = Equal(context, first, second);
  return equal.is_error() ? equal : Value::Bool(!equal.bool_value());
}

}  // namespace

Operation OperationOf(const CallExpr& call) {
  if (call.target != nullptr) return Operation::kNone;
  const auto found = Forms().find(call.function);
  if (found == Forms().end() || found->second.operands != call.args.size()) return Operation::kNone;
  return found->second.operation;
}

Value Apply(Context& context, Operation operation, const Value& first, const Value& second) {
  switch (operation) {
    case Operation::kNot:
      return Not(first);
    case Operation::kNegate:
      return Negate(first);
    case Operation::kEquals:
      return Equal(context, first, second);
    case Operation::kNotEquals:
      return NotEqual(context, first, second);
    case Operation::kLess:
      return Relate(context, Relation::kLess, first, second);
    case Operation::kLessEquals:
      return Relate(context, Relation::kLessEquals, first, second);
    case Operation::kGreater:
      return Relate(context, Relation::kGreater, first, second);
    case Operation::kGreaterEquals:
      return Relate(context, Relation::kGreaterEquals, first, second);
    case Operation::kAdd:
      return Add(context, first, second);
    case Operation::kSubtract:
      return Subtract(first, second);
    case Operation::kMultiply:
      return Multiply(first, second);
    case Operation::kDivide:
      return Divide(first, second);
    case Operation::kModulo:
      return Modulo(first, second);
    case Operation::kIndex:
      return Index(context, first, second);
    case Operation::kOptIndex:
      return OptIndex(context, first, second);
    case Operation::kIn:
      return In(context, first, second);
    case Operation::kNone:
    case Operation::kConditional:
    case Operation::kAnd:
    case Operation::kOr:
    case Operation::kNotStrictlyFalse:
    case Operation::kOptSelect:
      return Value::Error(ErrorCode::kUnsupported);
  }
  return Value::Error(ErrorCode::kUnsupported);
}

}  // namespace laurel::cel
