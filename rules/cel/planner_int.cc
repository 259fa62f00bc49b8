// Nodes of type int.
#include "rules/cel/planner.h"

namespace laurel::cel {

namespace {

constexpr ByLoad<NumberFn> kNumberAt = {NumberAt<SlotLoad>, NumberAt<LocalLoad>,
                                        NumberAt<SlotFieldLoad>, NumberAt<LocalFieldLoad>,
                                        NumberAt<NodeLoad>};

// Null for an operation that is not one of two ints.
NumberFn NumberFnOf(Operation operation) {
  struct Row {
    Operation operation;
    NumberFn number;
  };
  constexpr Row kRows[] = {{Operation::kAdd, NumberAdd},
                           {Operation::kSubtract, NumberSubtract},
                           {Operation::kMultiply, NumberMultiply},
                           {Operation::kDivide, NumberDivide},
                           {Operation::kModulo, NumberModulo}};
  for (const Row& row : kRows) {
    if (row.operation == operation) return row.number;
  }
  return nullptr;
}

}  // namespace

const Node* Planner::Number(const Expr& expr) {
  if (const Literal* const literal = LiteralOf(expr, LiteralKind::kInt)) {
    Node& node = NewNumber(NumberLiteral, 0);
    node.literal = Constant(*literal);
    return &node;
  }
  if (const std::optional<Path> path = PathOf(expr)) {
    return At(NewNumber(kNumberAt.For(path), 1), *path);
  }
  const auto* const call = As<CallExpr>(expr);
  const Node* const node = call == nullptr ? nullptr : NumberCall(*call);
  return node != nullptr ? node : General(expr);
}

const Node* Planner::NumberCall(const CallExpr& call) {
  const Operation operation = OperationOf(call);
  if (operation == Operation::kConditional) {
    if (!HasBranchesOf(call, TypeKind::kInt)) return nullptr;
    Node& node = NewNumber(NumberConditional, 1);
    SetConditional(node, call, [this](const Expr& expr) { return Number(expr); });
    return &node;
  }
  if (operation == Operation::kNegate && IsInt(*call.args[0])) {
    Node& node = NewNumber(NumberNegate, 1);
    node.a = Number(*call.args[0]);
    node.cost += node.a->cost;
    return &node;
  }
  if (operation == Operation::kNone) return NumberMethod(call);
  const NumberFn number = NumberFnOf(operation);
  if (number == nullptr || !IsInt(*call.args[0]) || !IsInt(*call.args[1])) return nullptr;
  Node& node = NewNumber(number, 1);
  node.a = Number(*call.args[0]);
  node.b = Number(*call.args[1]);
  node.cost += node.a->cost + node.b->cost;
  return &node;
}

const Node* Planner::NumberMethod(const CallExpr& call) {
  if (call.target == nullptr || !call.args.empty() || !HasRoomForLocal()) return nullptr;
  if (call.function == "sum") return Sum(*call.target);
  if (call.function == "size") return Count(*call.target);
  return nullptr;
}

const Node* Planner::Sum(const Expr& list) {
  if (TypeOf(list).kind() != TypeKind::kList) return nullptr;
  if (TypeOf(list).param(0).kind() != TypeKind::kInt) return nullptr;
  const ComprehensionExpr* const map = LoopOf(list, Macro::kMap);
  std::optional<LoopParts> mapped;
  if (map != nullptr) {
    mapped = PartsOf(*map);
    if (!mapped) return nullptr;
  }
  const Expr& source = mapped ? *mapped->range : list;
  const bool can_filter = !mapped || mapped->filter == nullptr;
  const ComprehensionExpr* const filter = can_filter ? LoopOf(source, Macro::kFilter) : nullptr;
  std::optional<LoopParts> filtered;
  if (filter != nullptr) {
    filtered = PartsOf(*filter);
    if (!filtered) return nullptr;
  }
  return FusedSum(source, filtered, mapped);
}

const Node* Planner::FusedSum(const Expr& source, const std::optional<LoopParts>& filtered,
                              const std::optional<LoopParts>& mapped) {
  const Node* const range = Any(filtered ? *filtered->range : source);
  const auto local = static_cast<std::uint32_t>(scope_.size());
  const Node* filter = nullptr;
  const Node* item = nullptr;
  if (filtered) {
    const Scope scope(*this, filtered->variable, local);
    filter = Test(*filtered->filter);
  }
  if (mapped) {
    const Scope scope(*this, mapped->variable, local);
    if (mapped->filter != nullptr) filter = Test(*mapped->filter);
    item = Number(*mapped->item);
  } else {
    item = At(NewNumber(NumberAt<LocalLoad>, 1), Path{.is_local = true, .slot = local});
  }
  return Fused(NumberSum, local, range, filter, item);
}

const Node* Planner::Count(const Expr& list) {
  const ComprehensionExpr* const filter = LoopOf(list, Macro::kFilter);
  const std::optional<LoopParts> parts = filter == nullptr ? std::nullopt : PartsOf(*filter);
  if (!parts) return nullptr;
  const Node* const range = Any(*parts->range);
  const Scope scope(*this, parts->variable);
  return Fused(NumberCount, scope.local(), range, Test(*parts->filter), nullptr);
}

const Node* Planner::Fused(NumberFn number, std::uint32_t local, const Node* range,
                           const Node* filter, const Node* item) {
  Node& node = NewNumber(number, LoopCost(*range, filter) + LoopCost(*range, item));
  node.slot = local;
  NodeExtra& extra = ExtraOf(node);
  extra.range = range;
  extra.filter = filter;
  extra.item = item;
  return &node;
}

}  // namespace laurel::cel
