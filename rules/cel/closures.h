#ifndef LAUREL_RULES_CEL_CLOSURES_H_
#define LAUREL_RULES_CEL_CLOSURES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/cel/operation.h"
#include "rules/cel/pattern.h"
#include "rules/cel/plan.h"
#include "rules/cel/registry.h"

// The inside of a plan: nodes and the functions that run them. For planner.cc only.
namespace laurel::cel {

struct Node;

// 1, 0 or -1, with the reason in frame.failure.
using TestFn = std::int8_t (*)(const Node& node, Frame& frame);
// The number, or 0 with frame.has_failed set and the reason in frame.failure.
using NumberFn = std::int64_t (*)(const Node& node, Frame& frame);
using ValueFn = Value (*)(const Node& node, Frame& frame);

// A variable that a loop around a node binds, and its place in frame.locals.
struct ScopeEntry {
  absl::string_view name;
  std::uint32_t local = 0;
};

// What few nodes need.
struct NodeExtra {
  std::vector<const Node*> parts;  // arguments, elements, branches
  const Node* range = nullptr;     // of a loop
  const Node* filter = nullptr;    // of a loop: may be null
  const Node* item = nullptr;      // of a loop: may be null
  std::vector<ScopeEntry> scope;   // of a walked part
  const Expr* expr = nullptr;
  const CheckedAst* checked = nullptr;
  const SlotTable* slots = nullptr;
  const FunctionRegistry* functions = nullptr;
  const FunctionRegistry::Overloads* overloads = nullptr;
  CallStyle style = CallStyle::kGlobal;
  Operation operation = Operation::kNone;
  std::vector<Value> set;  // of a membership test: its literals, numbers in order
  std::uint64_t mask = 0;  // of a membership test: bit i for symbol base + i
  Symbol base = 0;
  std::optional<Pattern> pattern;
  absl::string_view field_name;
};

// One closure. What conditions touch comes first, in one line of the cache.
struct alignas(64) Node {
  TestFn test = nullptr;    // set for nodes of type bool
  ValueFn value = nullptr;  // always set
  const Node* a = nullptr;
  const Node* b = nullptr;
  Value literal;
  std::uint32_t slot = 0;   // of facts or locals
  std::uint32_t field = 0;  // in a struct
  const StructType* type = nullptr;

  NumberFn number = nullptr;  // set for nodes of type int
  NodeExtra* extra = nullptr;
  std::uint32_t cost = 1;  // a guess, to order the terms of && and ||
};

inline std::int8_t FailTest(Frame& frame, const Value& error) {
  frame.failure = error;
  return -1;
}
inline std::int64_t FailNumber(Frame& frame, const Value& error) {
  frame.failure = error;
  frame.has_failed = true;
  return 0;
}
// Takes note of a failed number and forgets the mark.
inline bool TookFailure(Frame& frame) {
  if (!frame.has_failed) [[likely]] {
    return false;
  }
  frame.has_failed = false;
  return true;
}
// The error that `value` is, or the one it causes where another kind is needed.
inline Value ErrorOf(const Value& value) {
  return value.is_error() ? value : Value::Error(ErrorCode::kNoSuchOverload);
}

// ---- Where an operand is. Each Get gives the value there.

struct SlotLoad {
  static Value Get(const Node& node, Frame& frame) { return frame.slots[node.slot]; }
};
struct LocalLoad {
  static Value Get(const Node& node, Frame& frame) { return frame.locals[node.slot]; }
};
inline Value FieldOf(const Value& operand, const Node& node) {
  if (!operand.is(Kind::kStruct) || &operand.struct_type() != node.type) [[unlikely]] {
    return operand.is_error() ? operand : Value::Error(ErrorCode::kNoSuchField);
  }
  return operand.slots()[node.field];
}
struct SlotFieldLoad {
  static Value Get(const Node& node, Frame& frame) { return FieldOf(frame.slots[node.slot], node); }
};
struct LocalFieldLoad {
  static Value Get(const Node& node, Frame& frame) {
    return FieldOf(frame.locals[node.slot], node);
  }
};
struct NodeLoad {
  static Value Get(const Node& node, Frame& frame) { return node.a->value(*node.a, frame); }
};

// ---- From one form of result to another

inline Value ValueOfTest(const Node& node, Frame& frame) {
  const std::int8_t result = node.test(node, frame);
  return result < 0 ? frame.failure : Value::Bool(result != 0);
}
inline Value ValueOfNumber(const Node& node, Frame& frame) {
  const std::int64_t result = node.number(node, frame);
  return TookFailure(frame) ? frame.failure : Value::Int(result);
}
inline std::int8_t ToTest(const Value& value, Frame& frame) {
  if (value.is(Kind::kBool)) [[likely]] {
    return value.bool_value() ? 1 : 0;
  }
  return FailTest(frame, ErrorOf(value));
}
inline std::int64_t ToNumber(const Value& value, Frame& frame) {
  if (value.is(Kind::kInt)) [[likely]] {
    return value.int_value();
  }
  return FailNumber(frame, ErrorOf(value));
}

template <class Load>
std::int8_t TestAt(const Node& node, Frame& frame) {
  return ToTest(Load::Get(node, frame), frame);
}
template <class Load>
std::int64_t NumberAt(const Node& node, Frame& frame) {
  return ToNumber(Load::Get(node, frame), frame);
}
template <class Load>
Value ValueAt(const Node& node, Frame& frame) {
  return Load::Get(node, frame);
}

// ---- Comparisons

struct Less {
  static bool Holds(std::int64_t a, std::int64_t b) { return a < b; }
};
struct LessEquals {
  static bool Holds(std::int64_t a, std::int64_t b) { return a <= b; }
};
struct Greater {
  static bool Holds(std::int64_t a, std::int64_t b) { return a > b; }
};
struct GreaterEquals {
  static bool Holds(std::int64_t a, std::int64_t b) { return a >= b; }
};
struct Equals {
  static bool Holds(std::int64_t a, std::int64_t b) { return a == b; }
};
struct NotEquals {
  static bool Holds(std::int64_t a, std::int64_t b) { return a != b; }
};

// A number against the literal.
template <class RelationOf, class Load>
std::int8_t TestNumberAgainstLiteral(const Node& node, Frame& frame) {
  const Value value = Load::Get(node, frame);
  if (!value.is(Kind::kInt)) [[unlikely]] {
    return FailTest(frame, ErrorOf(value));
  }
  return RelationOf::Holds(value.int_value(), node.literal.int_value()) ? 1 : 0;
}

template <class RelationOf>
std::int8_t TestNumbers(const Node& node, Frame& frame) {
  const std::int64_t a = node.a->number(*node.a, frame);
  if (TookFailure(frame)) return -1;
  const std::int64_t b = node.b->number(*node.b, frame);
  if (TookFailure(frame)) return -1;
  return RelationOf::Holds(a, b) ? 1 : 0;
}

// Requires two strings.
inline bool AreSameTexts(const Value& a, const Value& b) {
  if (a.symbol() != kNoSymbol && b.symbol() > kUnknownSymbol) return a.symbol() == b.symbol();
  return a.text() == b.text();
}

// A text against the literal, for == if `kWanted`, else for !=.
template <bool kWanted, class Load>
std::int8_t TestTextAgainstLiteral(const Node& node, Frame& frame) {
  const Value value = Load::Get(node, frame);
  if (!value.is(Kind::kString)) [[unlikely]] {
    return FailTest(frame, ErrorOf(value));
  }
  return AreSameTexts(value, node.literal) == kWanted ? 1 : 0;
}

// ---- Membership

template <class Load>
std::int8_t TestTextInSet(const Node& node, Frame& frame) {
  const Value value = Load::Get(node, frame);
  if (!value.is(Kind::kString)) [[unlikely]] {
    return FailTest(frame, ErrorOf(value));
  }
  const NodeExtra& extra = *node.extra;
  if (extra.mask != 0 && value.symbol() != kNoSymbol) {
    const Symbol distance = value.symbol() - extra.base;
    return distance < 64 && ((extra.mask >> distance) & 1) != 0 ? 1 : 0;
  }
  for (const Value& literal : extra.set) {
    if (AreSameTexts(value, literal)) return 1;
  }
  return 0;
}

std::int8_t TestNumberInSet(const Node& node, Frame& frame);
// The literal, a text, in a list.
std::int8_t TestLiteralInTexts(const Node& node, Frame& frame);

// ---- Logic

// Of a and b. More terms are a chain, the cheapest first.
std::int8_t TestAnd(const Node& node, Frame& frame);
std::int8_t TestOr(const Node& node, Frame& frame);
std::int8_t TestNot(const Node& node, Frame& frame);
std::int8_t TestLiteral(const Node& node, Frame& frame);
std::int8_t TestConditional(const Node& node, Frame& frame);  // a ? parts[0] : parts[1]
std::int64_t NumberConditional(const Node& node, Frame& frame);
Value ValueConditional(const Node& node, Frame& frame);

// ---- Numbers

std::int64_t NumberLiteral(const Node& node, Frame& frame);
std::int64_t NumberAdd(const Node& node, Frame& frame);
std::int64_t NumberSubtract(const Node& node, Frame& frame);
std::int64_t NumberMultiply(const Node& node, Frame& frame);
std::int64_t NumberDivide(const Node& node, Frame& frame);
std::int64_t NumberModulo(const Node& node, Frame& frame);
std::int64_t NumberNegate(const Node& node, Frame& frame);

// ---- Loops over extra.range, each element in the local `slot`

std::int8_t TestExists(const Node& node, Frame& frame);
std::int8_t TestAll(const Node& node, Frame& frame);
std::int8_t TestExistsOne(const Node& node, Frame& frame);
std::int64_t NumberSum(const Node& node, Frame& frame);    // of items that pass the filter
std::int64_t NumberCount(const Node& node, Frame& frame);  // of elements that pass the filter

// ---- The rest

std::int8_t TestHas(const Node& node, Frame& frame);      // field_name of a
std::int8_t TestPattern(const Node& node, Frame& frame);  // a matches the pattern
Value ValueLiteral(const Node& node, Frame& frame);
Value ValueSelect(const Node& node, Frame& frame);  // field_name of a
Value ValueUnary(const Node& node, Frame& frame);
Value ValueBinary(const Node& node, Frame& frame);
Value ValueCall(const Node& node, Frame& frame);    // overloads of parts
Value ValueList(const Node& node, Frame& frame);    // of parts
Value ValueBind(const Node& node, Frame& frame);    // a in the local `slot`, then b
Value ValueWalked(const Node& node, Frame& frame);  // the tree
std::int8_t TestOfValue(const Node& node, Frame& frame);
std::int64_t NumberOfValue(const Node& node, Frame& frame);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CLOSURES_H_
