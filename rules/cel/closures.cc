#include "rules/cel/closures.h"

#include <algorithm>
#include <array>

#include "rules/cel/arithmetic.h"
#include "rules/cel/collections.h"

namespace laurel::cel {

namespace {

// Variables by name for a part that is walked as a tree.
class FrameActivation : public Activation {
 public:
  FrameActivation(const SlotTable& slots, const Frame& frame) : slots_(slots), frame_(frame) {}

  bool Find(absl::string_view name, Value& value) const override {
    const std::uint32_t slot = slots_.Find(name);
    if (slot == SlotTable::kNoSlot || slot >= frame_.slot_count) return false;
    value = frame_.slots[slot];
    return true;
  }

 private:
  const SlotTable& slots_;
  const Frame& frame_;
};

// Runs `body` for each element of a list, or key of a map, with the element in the loop's local.
// Ends early when `body` gives true. Gives false, with frame.failure set, if there is nothing to
// loop over or too much.
template <class Body>
bool ForEach(const Node& node, Frame& frame, Body body) {
  const Node& range_node = *node.extra->range;
  const Value range = range_node.value(range_node, frame);
  const bool is_list = range.is(Kind::kList);
  if (!is_list && !range.is(Kind::kMap)) {
    frame.failure = ErrorOf(range);
    return false;
  }
  if (!frame.context.Spend(range.size())) {
    frame.failure = Value::Error(ErrorCode::kStepsExceeded);
    return false;
  }
  for (std::size_t i = 0; i < range.size(); ++i) {
    frame.locals[node.slot] = is_list ? range.elements()[i] : range.entries()[i].key;
    if (body()) break;
  }
  return true;
}

std::int8_t RunFilter(const Node& node, Frame& frame) {
  const Node* const filter = node.extra->filter;
  return filter == nullptr ? 1 : filter->test(*filter, frame);
}

// The second term, after the first has failed: it may still decide.
std::int8_t AfterFailure(const Node& node, Frame& frame, std::int8_t decisive) {
  const Value failure = frame.failure;
  if (node.b->test(*node.b, frame) == decisive) return decisive;
  return FailTest(frame, failure);
}

// Any element that decides decides; else any error is the result.
std::int8_t TestElements(const Node& node, Frame& frame, std::int8_t decisive) {
  std::int8_t result = decisive == 0 ? 1 : 0;
  Value failure;
  const Node& item = *node.extra->item;
  const bool has_looped = ForEach(node, frame, [&] {
    const std::int8_t one = item.test(item, frame);
    if (one < 0) {
      failure = frame.failure;
      result = -1;
    }
    if (one == decisive) result = decisive;
    return one == decisive;
  });
  if (!has_looped) return -1;
  return result < 0 ? FailTest(frame, failure) : result;
}

using NumberOperation = Value (*)(const Value& a, const Value& b);

struct Operands {
  std::int64_t a = 0;
  std::int64_t b = 0;
};

// False if either has failed.
bool GetOperands(const Node& node, Frame& frame, Operands& operands) {
  operands.a = node.a->number(*node.a, frame);
  if (frame.has_failed) return false;
  operands.b = node.b->number(*node.b, frame);
  return !frame.has_failed;
}

std::int64_t Overflow(Frame& frame) {
  return FailNumber(frame, Value::Error(ErrorCode::kOverflow));
}

// For the operations that fail for some operands in more than one way.
std::int64_t ByValues(const Node& node, Frame& frame, NumberOperation operation) {
  Operands operands;
  if (!GetOperands(node, frame, operands)) return 0;
  return ToNumber(operation(Value::Int(operands.a), Value::Int(operands.b)), frame);
}

const Node* Chosen(const Node& node, Frame& frame) {
  const std::int8_t condition = node.a->test(*node.a, frame);
  if (condition < 0) return nullptr;
  return node.extra->parts[condition == 1 ? 0 : 1];
}

}  // namespace

// ---- Membership

std::int8_t TestNumberInSet(const Node& node, Frame& frame) {
  const std::int64_t number = node.a->number(*node.a, frame);
  if (TookFailure(frame)) return -1;
  const std::vector<Value>& set = node.extra->set;
  const auto found = std::lower_bound(
      set.begin(), set.end(), number,
      [](const Value& literal, std::int64_t wanted) { return literal.int_value() < wanted; });
  return found != set.end() && found->int_value() == number ? 1 : 0;
}

std::int8_t TestLiteralInTexts(const Node& node, Frame& frame) {
  const Value list = node.a->value(*node.a, frame);
  if (!list.is(Kind::kList)) return ToTest(In(frame.context, node.literal, list), frame);
  const std::int64_t steps_each = 1 + node.literal.size() / 16;
  if (!frame.context.Spend(list.size() * steps_each)) {
    return FailTest(frame, Value::Error(ErrorCode::kStepsExceeded));
  }
  for (const Value& element : list.elements()) {
    if (!element.is(Kind::kString)) continue;
    if (AreSameTexts(element, node.literal)) return 1;
  }
  return 0;
}

// ---- Logic

std::int8_t TestAnd(const Node& node, Frame& frame) {
  const std::int8_t first = node.a->test(*node.a, frame);
  if (first == 0) return 0;
  return first > 0 ? node.b->test(*node.b, frame) : AfterFailure(node, frame, 0);
}
std::int8_t TestOr(const Node& node, Frame& frame) {
  const std::int8_t first = node.a->test(*node.a, frame);
  if (first > 0) return 1;
  return first == 0 ? node.b->test(*node.b, frame) : AfterFailure(node, frame, 1);
}

std::int8_t TestNot(const Node& node, Frame& frame) {
  const std::int8_t result = node.a->test(*node.a, frame);
  if (result < 0) return -1;
  return result == 0 ? 1 : 0;
}

std::int8_t TestLiteral(const Node& node, Frame&) { return node.literal.bool_value() ? 1 : 0; }

std::int8_t TestConditional(const Node& node, Frame& frame) {
  const Node* const chosen = Chosen(node, frame);
  return chosen == nullptr ? std::int8_t{-1} : chosen->test(*chosen, frame);
}
std::int64_t NumberConditional(const Node& node, Frame& frame) {
  const Node* const chosen = Chosen(node, frame);
  return chosen == nullptr ? FailNumber(frame, frame.failure) : chosen->number(*chosen, frame);
}
Value ValueConditional(const Node& node, Frame& frame) {
  const Node* const chosen = Chosen(node, frame);
  return chosen == nullptr ? frame.failure : chosen->value(*chosen, frame);
}

// ---- Numbers

std::int64_t NumberLiteral(const Node& node, Frame&) { return node.literal.int_value(); }

std::int64_t NumberAdd(const Node& node, Frame& frame) {
  Operands operands;
  if (!GetOperands(node, frame, operands)) return 0;
  std::int64_t result = 0;
  return __builtin_add_overflow(operands.a, operands.b, &result) ? Overflow(frame) : result;
}
std::int64_t NumberSubtract(const Node& node, Frame& frame) {
  Operands operands;
  if (!GetOperands(node, frame, operands)) return 0;
  std::int64_t result = 0;
  return __builtin_sub_overflow(operands.a, operands.b, &result) ? Overflow(frame) : result;
}
std::int64_t NumberMultiply(const Node& node, Frame& frame) {
  Operands operands;
  if (!GetOperands(node, frame, operands)) return 0;
  std::int64_t result = 0;
  return __builtin_mul_overflow(operands.a, operands.b, &result) ? Overflow(frame) : result;
}
std::int64_t NumberDivide(const Node& node, Frame& frame) { return ByValues(node, frame, Divide); }
std::int64_t NumberModulo(const Node& node, Frame& frame) { return ByValues(node, frame, Modulo); }

std::int64_t NumberNegate(const Node& node, Frame& frame) {
  const std::int64_t number = node.a->number(*node.a, frame);
  if (frame.has_failed) return 0;
  return ToNumber(Negate(Value::Int(number)), frame);
}

// ---- Loops

std::int8_t TestExists(const Node& node, Frame& frame) { return TestElements(node, frame, 1); }
std::int8_t TestAll(const Node& node, Frame& frame) { return TestElements(node, frame, 0); }

std::int8_t TestExistsOne(const Node& node, Frame& frame) {
  const Node& item = *node.extra->item;
  std::int64_t count = 0;
  bool has_failed = false;
  const bool has_looped = ForEach(node, frame, [&] {
    const std::int8_t one = item.test(item, frame);
    has_failed = one < 0;
    count += one == 1 ? 1 : 0;
    return has_failed;
  });
  if (!has_looped || has_failed) return -1;
  return count == 1 ? 1 : 0;
}

std::int64_t NumberSum(const Node& node, Frame& frame) {
  const Node& item = *node.extra->item;
  std::int64_t sum = 0;
  bool has_failed = false;
  const bool has_looped = ForEach(node, frame, [&] {
    const std::int8_t passes = RunFilter(node, frame);
    if (passes == 0) return false;
    has_failed = passes < 0;
    if (has_failed) return true;
    const std::int64_t number = item.number(item, frame);
    has_failed = TookFailure(frame);
    if (!has_failed && __builtin_add_overflow(sum, number, &sum)) {
      frame.failure = Value::Error(ErrorCode::kOverflow);
      has_failed = true;
    }
    return has_failed;
  });
  if (!has_looped || has_failed) return FailNumber(frame, frame.failure);
  return sum;
}

std::int64_t NumberCount(const Node& node, Frame& frame) {
  std::int64_t count = 0;
  bool has_failed = false;
  const bool has_looped = ForEach(node, frame, [&] {
    const std::int8_t passes = RunFilter(node, frame);
    has_failed = passes < 0;
    count += passes == 1 ? 1 : 0;
    return has_failed;
  });
  if (!has_looped || has_failed) return FailNumber(frame, frame.failure);
  return count;
}

// ---- The rest

std::int8_t TestHas(const Node& node, Frame& frame) {
  const Value operand = node.a->value(*node.a, frame);
  if (operand.is(Kind::kStruct) && &operand.struct_type() == node.type) {
    return operand.slots()[node.field].is_error() ? 0 : 1;
  }
  if (operand.is_error()) return FailTest(frame, operand);
  return ToTest(HasField(frame.context, operand, node.extra->field_name), frame);
}

std::int8_t TestPattern(const Node& node, Frame& frame) {
  const Value text = node.a->value(*node.a, frame);
  if (!text.is(Kind::kString)) return FailTest(frame, ErrorOf(text));
  return ToTest(node.extra->pattern->Match(frame.context, text.text()), frame);
}

Value ValueLiteral(const Node& node, Frame&) { return node.literal; }

Value ValueSelect(const Node& node, Frame& frame) {
  const Value operand = node.a->value(*node.a, frame);
  if (operand.is(Kind::kStruct) && &operand.struct_type() == node.type) {
    return operand.slots()[node.field];
  }
  if (operand.is_error()) return operand;
  return Select(frame.context, operand, node.extra->field_name);
}

Value ValueUnary(const Node& node, Frame& frame) {
  return Apply(frame.context, node.extra->operation, node.a->value(*node.a, frame), Value::Null());
}

Value ValueBinary(const Node& node, Frame& frame) {
  const Value a = node.a->value(*node.a, frame);
  const Value b = node.b->value(*node.b, frame);
  return Apply(frame.context, node.extra->operation, a, b);
}

Value ValueCall(const Node& node, Frame& frame) {
  constexpr std::size_t kArgsMax = 8;  // the planner leaves longer calls to the tree
  std::array<Value, kArgsMax> args;
  const NodeExtra& extra = *node.extra;
  std::size_t count = 0;
  for (const Node* const part : extra.parts) args[count++] = part->value(*part, frame);
  return CallOverload(frame.context, *extra.overloads, extra.style, {args.data(), count});
}

Value ValueList(const Node& node, Frame& frame) {
  Context& context = frame.context;
  const NodeExtra& extra = *node.extra;
  Value* const elements = context.arena.AllocateArray<Value>(extra.parts.size());
  if (elements == nullptr) return Value::Error(ErrorCode::kMemoryExceeded);
  std::size_t count = 0;
  for (const Node* const part : extra.parts) {
    const Value element = part->value(*part, frame);
    if (element.is_error()) return element;
    new (&elements[count++]) Value(element);
  }
  return Value::List({elements, count});
}

Value ValueBind(const Node& node, Frame& frame) {
  frame.locals[node.slot] = node.a->value(*node.a, frame);
  return node.b->value(*node.b, frame);
}

Value ValueWalked(const Node& node, Frame& frame) {
  const NodeExtra& extra = *node.extra;
  std::array<LocalVariable, Frame::kLocalsMax> locals;
  std::size_t count = 0;
  for (const ScopeEntry& entry : extra.scope) {
    locals[count++] = LocalVariable{entry.name, frame.locals[entry.local]};
  }
  EvaluateOptions options;
  options.functions = extra.functions;
  return EvaluatePart(*extra.checked, *extra.expr, {locals.data(), count},
                      FrameActivation(*extra.slots, frame), frame.context, options);
}

std::int8_t TestOfValue(const Node& node, Frame& frame) {
  return ToTest(node.value(node, frame), frame);
}
std::int64_t NumberOfValue(const Node& node, Frame& frame) {
  return ToNumber(node.value(node, frame), frame);
}

}  // namespace laurel::cel
