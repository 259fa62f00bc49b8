#include "rules/cel/arithmetic.h"

#include <cmath>
#include <limits>

#include "rules/cel/collections.h"
#include "rules/cel/compare.h"
#include "rules/cel/time.h"

namespace laurel::cel {

namespace {

constexpr std::int64_t kIntMin = std::numeric_limits<std::int64_t>::min();

Value NoOverload(const Value& a, const Value& b) {
  if (a.is_error()) return a;
  return b.is_error() ? b : Value::Error(ErrorCode::kNoSuchOverload);
}

Value TooManySteps() { return Value::Error(ErrorCode::kStepsExceeded); }

// Comparing texts touches at most the bytes of the shorter one.
bool SpendOnText(Context& context, const Value& value) {
  if (!value.is(Kind::kString) && !value.is(Kind::kBytes)) return true;
  return context.SpendBytes(value.size());
}

Value Overflow() { return Value::Error(ErrorCode::kOverflow); }

Value AddInts(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? Overflow() : Value::Int(sum);
}

Value AddUints(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? Overflow() : Value::Uint(sum);
}

Value ConcatTexts(Context& context, const Value& a, const Value& b) {
  if (b.size() == 0) return a;
  if (a.size() == 0) return b;
  const std::size_t size = std::size_t{a.size()} + b.size();
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    return Value::Error(ErrorCode::kMemoryExceeded);
  }
  if (!context.SpendBytes(size)) return TooManySteps();
  char* const text = context.arena.AllocateArray<char>(size);
  if (text == nullptr) return Value::Error(ErrorCode::kMemoryExceeded);
  std::memcpy(text, a.text().data(), a.size());
  std::memcpy(text + a.size(), b.text().data(), b.size());
  return a.is(Kind::kString) ? Value::String({text, size}) : Value::Bytes({text, size});
}

Value AddMixed(const Value& a, const Value& b) {
  if (a.is(Kind::kTimestamp) && b.is(Kind::kDuration)) return AddToTimestamp(a, b.duration_nanos());
  if (a.is(Kind::kDuration) && b.is(Kind::kTimestamp)) return AddToTimestamp(b, a.duration_nanos());
  return NoOverload(a, b);
}

// A whole number of any numeric kind as an index; empty if it is none or too large.
std::optional<std::size_t> ToIndex(const Value& index, std::size_t size) {
  const Value limit = Value::Uint(size);
  if (!index.is(Kind::kInt) && !index.is(Kind::kUint) && !index.is(Kind::kDouble)) {
    return std::nullopt;
  }
  if (CompareNumbers(index, Value::Int(0)) == Order::kLess ||
      CompareNumbers(index, limit) != Order::kLess) {
    return std::nullopt;
  }
  if (index.is(Kind::kDouble)) return static_cast<std::size_t>(index.double_value());
  return static_cast<std::size_t>(index.uint_value());
}

bool IsWhole(const Value& index) {
  if (index.is(Kind::kInt) || index.is(Kind::kUint)) return true;
  return index.is(Kind::kDouble) && std::trunc(index.double_value()) == index.double_value();
}

Value IndexList(const Value& list, const Value& index) {
  if (!IsWhole(index)) {
    return Value::Error(index.is(Kind::kDouble) ? ErrorCode::kIndexOutOfRange
                                                : ErrorCode::kNoSuchOverload);
  }
  const std::optional<std::size_t> position = ToIndex(index, list.size());
  if (!position) return Value::Error(ErrorCode::kIndexOutOfRange);
  return list.elements()[*position];
}

Value IndexMap(const Value& map, const Value& key) {
  if (!IsKey(key) && !key.is(Kind::kDouble)) return Value::Error(ErrorCode::kNoSuchOverload);
  const Value* const value = FindKey(map, key);
  return value == nullptr ? Value::Error(ErrorCode::kNoSuchKey) : *value;
}

bool IsAbsence(const Value& value) {
  return value.is_error() &&
         (value.error() == ErrorCode::kNoSuchKey || value.error() == ErrorCode::kNoSuchField ||
          value.error() == ErrorCode::kIndexOutOfRange);
}

Value ToOptional(Context& context, const Value& value) {
  if (IsAbsence(value)) return Value::OptionalNone();
  return value.is_error() ? value : MakeOptional(context, value);
}

// An optional in front of an index or a field: none stays none.
const Value* Unwrap(const Value& value) {
  if (!value.is(Kind::kOptional)) return &value;
  return value.has_optional_value() ? &value.optional_value() : nullptr;
}

Value SelectPlain(const Value& operand, absl::string_view field) {
  if (operand.is(Kind::kMap)) {
    const Value* const value = FindKey(operand, Value::String(field));
    return value == nullptr ? Value::Error(ErrorCode::kNoSuchKey) : *value;
  }
  if (operand.is(Kind::kStruct)) {
    const std::uint32_t slot = operand.struct_type().FindSlot(field);
    return slot == 0 ? Value::Error(ErrorCode::kNoSuchField) : operand.slots()[slot];
  }
  return operand.is_error() ? operand : Value::Error(ErrorCode::kNoSuchOverload);
}

Value IndexPlain(Context& context, const Value& container, const Value& index) {
  if (container.is(Kind::kList) && !index.is_error()) return IndexList(container, index);
  if (!SpendOnText(context, index)) return TooManySteps();
  if (container.is(Kind::kMap) && !index.is_error()) return IndexMap(container, index);
  return NoOverload(container, index);
}

}  // namespace

Value Add(Context& context, const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return AddMixed(a, b);
  switch (a.kind()) {
    case Kind::kInt:
      return AddInts(a.int_value(), b.int_value());
    case Kind::kUint:
      return AddUints(a.uint_value(), b.uint_value());
    case Kind::kDouble:
      return Value::Double(a.double_value() + b.double_value());
    case Kind::kString:
    case Kind::kBytes:
      return ConcatTexts(context, a, b);
    case Kind::kList:
      return ConcatLists(context, a, b);
    case Kind::kDuration:
      return AddDurations(a.duration_nanos(), b.duration_nanos());
    case Kind::kError:
    case Kind::kNull:
    case Kind::kBool:
    case Kind::kMap:
    case Kind::kTimestamp:
    case Kind::kType:
    case Kind::kOptional:
    case Kind::kStruct:
      return NoOverload(a, b);
  }
  return NoOverload(a, b);
}

Value Subtract(const Value& a, const Value& b) {
  if (a.is(Kind::kTimestamp) && b.is(Kind::kDuration)) {
    return SubtractFromTimestamp(a, b.duration_nanos());
  }
  if (a.kind() != b.kind()) return NoOverload(a, b);
  if (a.is(Kind::kInt)) {
    std::int64_t result = 0;
    return __builtin_sub_overflow(a.int_value(), b.int_value(), &result) ? Overflow()
                                                                         : Value::Int(result);
  }
  if (a.is(Kind::kUint)) {
    return a.uint_value() < b.uint_value() ? Overflow()
                                           : Value::Uint(a.uint_value() - b.uint_value());
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.double_value() - b.double_value());
  if (a.is(Kind::kTimestamp)) return SubtractTimestamps(a, b);
  if (a.is(Kind::kDuration)) return SubtractDurations(a.duration_nanos(), b.duration_nanos());
  return NoOverload(a, b);
}

Value Multiply(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return NoOverload(a, b);
  if (a.is(Kind::kInt)) {
    std::int64_t result = 0;
    return __builtin_mul_overflow(a.int_value(), b.int_value(), &result) ? Overflow()
                                                                         : Value::Int(result);
  }
  if (a.is(Kind::kUint)) {
    std::uint64_t result = 0;
    return __builtin_mul_overflow(a.uint_value(), b.uint_value(), &result) ? Overflow()
                                                                           : Value::Uint(result);
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.double_value() * b.double_value());
  return NoOverload(a, b);
}

Value Divide(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return NoOverload(a, b);
  if (a.is(Kind::kInt)) {
    if (b.int_value() == 0) return Value::Error(ErrorCode::kDivideByZero);
    if (a.int_value() == kIntMin && b.int_value() == -1) return Overflow();
    return Value::Int(a.int_value() / b.int_value());
  }
  if (a.is(Kind::kUint)) {
    if (b.uint_value() == 0) return Value::Error(ErrorCode::kDivideByZero);
    return Value::Uint(a.uint_value() / b.uint_value());
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.double_value() / b.double_value());
  return NoOverload(a, b);
}

Value Modulo(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return NoOverload(a, b);
  if (a.is(Kind::kInt)) {
    if (b.int_value() == 0) return Value::Error(ErrorCode::kDivideByZero);
    if (a.int_value() == kIntMin && b.int_value() == -1) return Overflow();
    return Value::Int(a.int_value() % b.int_value());
  }
  if (a.is(Kind::kUint)) {
    if (b.uint_value() == 0) return Value::Error(ErrorCode::kDivideByZero);
    return Value::Uint(a.uint_value() % b.uint_value());
  }
  return NoOverload(a, b);
}

Value Negate(const Value& a) {
  if (a.is(Kind::kInt)) return a.int_value() == kIntMin ? Overflow() : Value::Int(-a.int_value());
  if (a.is(Kind::kDouble)) return Value::Double(-a.double_value());
  return NoOverload(a, a);
}

Value Not(const Value& a) {
  return a.is(Kind::kBool) ? Value::Bool(!a.bool_value()) : NoOverload(a, a);
}

Value Relate(Context& context, Relation relation, const Value& a, const Value& b) {
  if (!SpendOnText(context, a)) return TooManySteps();
  const Order order = Compare(a, b);
  if (order == Order::kNone) return NoOverload(a, b);
  switch (relation) {
    case Relation::kLess:
      return Value::Bool(order == Order::kLess);
    case Relation::kGreater:
      return Value::Bool(order == Order::kGreater);
    case Relation::kLessEquals:
      return Value::Bool(order == Order::kLess || order == Order::kEqual);
    case Relation::kGreaterEquals:
      return Value::Bool(order == Order::kGreater || order == Order::kEqual);
  }
  return Value::Error(ErrorCode::kNoSuchOverload);
}

Value In(Context& context, const Value& value, const Value& container) {
  if (value.is_error()) return value;
  if (container.is(Kind::kList)) return Contains(context, container.elements(), value);
  if (!SpendOnText(context, value)) return TooManySteps();
  if (container.is(Kind::kMap)) return Value::Bool(FindKey(container, value) != nullptr);
  return NoOverload(value, container);
}

Value Index(Context& context, const Value& container, const Value& index) {
  if (container.is(Kind::kOptional)) return OptIndex(context, container, index);
  return IndexPlain(context, container, index);
}

Value OptIndex(Context& context, const Value& container, const Value& index) {
  const Value* const plain = Unwrap(container);
  if (plain == nullptr) return index.is_error() ? index : Value::OptionalNone();
  return ToOptional(context, IndexPlain(context, *plain, index));
}

Value Select(Context& context, const Value& operand, absl::string_view field) {
  if (operand.is(Kind::kOptional)) return OptSelect(context, operand, field);
  if (!context.SpendBytes(field.size())) return TooManySteps();
  return SelectPlain(operand, field);
}

Value OptSelect(Context& context, const Value& operand, absl::string_view field) {
  const Value* const plain = Unwrap(operand);
  return plain == nullptr ? operand : ToOptional(context, SelectPlain(*plain, field));
}

Value HasField(Context& context, const Value& operand, absl::string_view field) {
  if (!context.SpendBytes(field.size())) return TooManySteps();
  const Value* const plain = Unwrap(operand);
  if (plain == nullptr) return Value::Bool(false);
  if (plain->is(Kind::kMap)) {
    return Value::Bool(FindKey(*plain, Value::String(field)) != nullptr);
  }
  if (plain->is(Kind::kStruct)) {
    const std::uint32_t slot = plain->struct_type().FindSlot(field);
    if (slot == 0) return Value::Error(ErrorCode::kNoSuchField);
    return Value::Bool(!plain->slots()[slot].is_error());
  }
  return NoOverload(*plain, *plain);
}

Value LogicalAnd(const Value& a, const Value& b) {
  if (a.is(Kind::kBool) && !a.bool_value()) return a;
  if (b.is(Kind::kBool) && !b.bool_value()) return b;
  if (a.is(Kind::kBool) && b.is(Kind::kBool)) return a;
  return a.is(Kind::kBool) ? NoOverload(b, b) : NoOverload(a, b);
}

Value LogicalOr(const Value& a, const Value& b) {
  if (a.is(Kind::kBool) && a.bool_value()) return a;
  if (b.is(Kind::kBool) && b.bool_value()) return b;
  if (a.is(Kind::kBool) && b.is(Kind::kBool)) return a;
  return a.is(Kind::kBool) ? NoOverload(b, b) : NoOverload(a, b);
}

}  // namespace laurel::cel
