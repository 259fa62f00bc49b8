// Nodes of type bool.
#include <utility>

#include "rules/cel/planner.h"

namespace laurel::cel {

namespace {

constexpr ByLoad<TestFn> kTestAt = {TestAt<SlotLoad>, TestAt<LocalLoad>, TestAt<SlotFieldLoad>,
                                    TestAt<LocalFieldLoad>, TestAt<NodeLoad>};

constexpr ByLoad<TestFn> kTextInSet = {TestTextInSet<SlotLoad>, TestTextInSet<LocalLoad>,
                                       TestTextInSet<SlotFieldLoad>, TestTextInSet<LocalFieldLoad>,
                                       TestTextInSet<NodeLoad>};

template <bool kWanted>
constexpr ByLoad<TestFn> kTextAgainstLiteral = {
    TestTextAgainstLiteral<kWanted, SlotLoad>, TestTextAgainstLiteral<kWanted, LocalLoad>,
    TestTextAgainstLiteral<kWanted, SlotFieldLoad>, TestTextAgainstLiteral<kWanted, LocalFieldLoad>,
    TestTextAgainstLiteral<kWanted, NodeLoad>};

template <class RelationOf>
constexpr ByLoad<TestFn> kNumberAgainstLiteral = {
    TestNumberAgainstLiteral<RelationOf, SlotLoad>, TestNumberAgainstLiteral<RelationOf, LocalLoad>,
    TestNumberAgainstLiteral<RelationOf, SlotFieldLoad>,
    TestNumberAgainstLiteral<RelationOf, LocalFieldLoad>,
    TestNumberAgainstLiteral<RelationOf, NodeLoad>};

// A comparison, and the one that says the same with its operands exchanged.
struct Relation {
  Operation operation;
  Operation mirrored;
  const ByLoad<TestFn>* against_literal;
  TestFn numbers;
};

constexpr Relation kRelations[] = {
    {Operation::kLess, Operation::kGreater, &kNumberAgainstLiteral<Less>, TestNumbers<Less>},
    {Operation::kLessEquals, Operation::kGreaterEquals, &kNumberAgainstLiteral<LessEquals>,
     TestNumbers<LessEquals>},
    {Operation::kGreater, Operation::kLess, &kNumberAgainstLiteral<Greater>, TestNumbers<Greater>},
    {Operation::kGreaterEquals, Operation::kLessEquals, &kNumberAgainstLiteral<GreaterEquals>,
     TestNumbers<GreaterEquals>},
    {Operation::kEquals, Operation::kEquals, &kNumberAgainstLiteral<Equals>, TestNumbers<Equals>},
    {Operation::kNotEquals, Operation::kNotEquals, &kNumberAgainstLiteral<NotEquals>,
     TestNumbers<NotEquals>},
};

// Null for an operation that is no comparison.
const Relation* FindRelation(Operation operation) {
  for (const Relation& relation : kRelations) {
    if (relation.operation == operation) return &relation;
  }
  return nullptr;
}

}  // namespace

// ---- bool

const Node* Planner::Test(const Expr& expr) {
  if (const Literal* const literal = LiteralOf(expr, LiteralKind::kBool)) {
    Node& node = NewTest(TestLiteral, 0);
    node.literal = Constant(*literal);
    return &node;
  }
  const Node* node = nullptr;
  if (const std::optional<Path> path = PathOf(expr)) {
    node = At(NewTest(kTestAt.For(path), 1), *path);
  } else if (const auto* call = As<CallExpr>(expr)) {
    node = TestCall(*call);
  } else if (const auto* select = As<SelectExpr>(expr); select != nullptr && select->is_test) {
    node = Has(*select);
  } else if (const auto* loop = As<ComprehensionExpr>(expr)) {
    node = TestLoop(*loop);
  }
  return node != nullptr ? node : General(expr);
}

const Node* Planner::At(Node& node, const Path& path) {
  SetPath(node, path);
  return &node;
}

const Node* Planner::TestCall(const CallExpr& call) {
  const Operation operation = OperationOf(call);
  if (operation == Operation::kAnd) return Terms(call, operation, TestAnd);
  if (operation == Operation::kOr) return Terms(call, operation, TestOr);
  if (operation == Operation::kNot) return NotOf(call);
  if (operation == Operation::kConditional) return ConditionalTest(call);
  if (operation == Operation::kIn) return Membership(call);
  return operation == Operation::kNone ? Match(call) : Comparison(call, operation);
}

void Planner::CollectTerms(const Expr& expr, Operation operation, std::vector<const Node*>& terms) {
  const auto* const call = As<CallExpr>(expr);
  if (call == nullptr || OperationOf(*call) != operation) {
    terms.push_back(Test(expr));
    return;
  }
  for (const Expr* const arg : call->args) CollectTerms(*arg, operation, terms);
}

const Node* Planner::Terms(const CallExpr& call, Operation operation, TestFn test) {
  std::vector<const Node*> terms;
  CollectTerms(call, operation, terms);
  std::stable_sort(terms.begin(), terms.end(),
                   [](const Node* a, const Node* b) { return a->cost < b->cost; });
  const Node* chain = terms.back();
  for (std::size_t i = terms.size() - 1; i-- > 0;) {
    Node& node = NewTest(test, terms[i]->cost + chain->cost);
    node.a = terms[i];
    node.b = chain;
    chain = &node;
  }
  return chain;
}

const Node* Planner::NotOf(const CallExpr& call) {
  const Node* const operand = Test(*call.args[0]);
  Node& node = NewTest(TestNot, operand->cost + 1);
  node.a = operand;
  return &node;
}

bool Planner::HasBranchesOf(const CallExpr& call, TypeKind kind) const {
  return TypeOf(*call.args[1]).kind() == kind && TypeOf(*call.args[2]).kind() == kind;
}

const Node* Planner::ConditionalTest(const CallExpr& call) {
  if (!HasBranchesOf(call, TypeKind::kBool)) return nullptr;
  Node& node = NewTest(TestConditional, 1);
  SetConditional(node, call, [this](const Expr& expr) { return Test(expr); });
  return &node;
}

const Node* Planner::Comparison(const CallExpr& call, Operation operation) {
  if (FindRelation(operation) == nullptr) return nullptr;
  const Expr& a = *call.args[0];
  const Expr& b = *call.args[1];
  if (IsInt(a) && IsInt(b)) return NumberComparison(a, b, operation);
  const bool is_equality = operation == Operation::kEquals || operation == Operation::kNotEquals;
  if (is_equality && IsString(a) && IsString(b)) {
    return TextComparison(a, b, operation == Operation::kEquals);
  }
  return nullptr;
}

const Node* Planner::NumberComparison(const Expr& a, const Expr& b, Operation operation) {
  if (const Literal* const literal = LiteralOf(b, LiteralKind::kInt)) {
    return AgainstLiteral(a, *FindRelation(operation)->against_literal, Constant(*literal), 1);
  }
  if (const Literal* const literal = LiteralOf(a, LiteralKind::kInt)) {
    return AgainstLiteral(b, *FindRelation(FindRelation(operation)->mirrored)->against_literal,
                          Constant(*literal), 1);
  }
  Node& node = NewTest(FindRelation(operation)->numbers, 1);
  node.a = Number(a);
  node.b = Number(b);
  node.cost += node.a->cost + node.b->cost;
  return &node;
}

const Node* Planner::TextComparison(const Expr& a, const Expr& b, bool is_wanted) {
  const ByLoad<TestFn>& fns = is_wanted ? kTextAgainstLiteral<true> : kTextAgainstLiteral<false>;
  if (const Literal* const literal = LiteralOf(b, LiteralKind::kString)) {
    return AgainstLiteral(a, fns, Constant(*literal), 1);
  }
  if (const Literal* const literal = LiteralOf(a, LiteralKind::kString)) {
    return AgainstLiteral(b, fns, Constant(*literal), 1);
  }
  return nullptr;
}

Node& Planner::OnOperand(const Expr& operand, const ByLoad<TestFn>& fns, std::uint32_t cost) {
  const std::optional<Path> path = PathOf(operand);
  Node& node = NewTest(fns.For(path), cost);
  if (path) {
    SetPath(node, *path);
  } else {
    node.a = Any(operand);
    node.cost += node.a->cost;
  }
  return node;
}

const Node* Planner::AgainstLiteral(const Expr& operand, const ByLoad<TestFn>& fns,
                                    const Value& literal, std::uint32_t cost) {
  Node& node = OnOperand(operand, fns, cost);
  node.literal = literal;
  return &node;
}

const Node* Planner::Membership(const CallExpr& call) {
  const Expr& element = *call.args[0];
  const Expr& container = *call.args[1];
  if (IsString(element) && IsListOf(container, LiteralKind::kString)) {
    return TextInSet(element, To<ListExpr>(container));
  }
  if (IsInt(element) && IsListOf(container, LiteralKind::kInt)) {
    return NumberInSet(element, To<ListExpr>(container));
  }
  const Literal* const literal = LiteralOf(element, LiteralKind::kString);
  if (literal == nullptr || TypeOf(container).kind() != TypeKind::kList) return nullptr;
  Node& node = NewTest(TestLiteralInTexts, kTextCost);
  node.a = Any(container);
  node.literal = Constant(*literal);
  node.cost += node.a->cost;
  return &node;
}

const Node* Planner::TextInSet(const Expr& element, const ListExpr& list) {
  Node& node = OnOperand(element, kTextInSet, 2);
  NodeExtra& extra = ExtraOf(node);
  for (const ListElement& item : list.elements) extra.set.push_back(ConstantOf(*item.value));
  SetMask(extra);
  return &node;
}

void Planner::SetMask(NodeExtra& extra) {
  const auto [least, greatest] =
      std::minmax_element(extra.set.begin(), extra.set.end(),
                          [](const Value& a, const Value& b) { return a.symbol() < b.symbol(); });
  if (least->symbol() <= kUnknownSymbol || greatest->symbol() - least->symbol() >= 64) return;
  extra.base = least->symbol();
  for (const Value& literal : extra.set) {
    extra.mask |= std::uint64_t{1} << (literal.symbol() - extra.base);
  }
}

const Node* Planner::NumberInSet(const Expr& element, const ListExpr& list) {
  Node& node = NewTest(TestNumberInSet, 2);
  node.a = Number(element);
  node.cost += node.a->cost;
  std::vector<Value>& set = ExtraOf(node).set;
  for (const ListElement& item : list.elements) set.push_back(ConstantOf(*item.value));
  std::sort(set.begin(), set.end(),
            [](const Value& a, const Value& b) { return a.int_value() < b.int_value(); });
  return &node;
}

const Node* Planner::Has(const SelectExpr& select) {
  Node& node = NewTest(TestHas, 1);
  node.a = Any(*select.operand);
  node.type = FindStruct(*select.operand);
  node.field = node.type == nullptr ? 0 : node.type->FindSlot(select.field);
  if (node.field == 0) node.type = nullptr;
  ExtraOf(node).field_name = select.field;
  node.cost += node.a->cost;
  return &node;
}

const Node* Planner::Match(const CallExpr& call) {
  const Expr* const text = call.target != nullptr ? call.target : ArgOf(&call, 0);
  const Expr* const expression = ArgOf(&call, call.target != nullptr ? 0 : 1);
  if (call.function != "matches" || expression == nullptr || !IsString(*text)) return nullptr;
  if (call.args.size() != (call.target != nullptr ? 1 : 2)) return nullptr;
  const Literal* const literal = LiteralOf(*expression, LiteralKind::kString);
  if (literal == nullptr) return nullptr;
  std::optional<Pattern> pattern = Pattern::Parse(literal->text);
  if (!pattern) return nullptr;
  Node& node = NewTest(TestPattern, kCallCost);
  node.a = Any(*text);
  node.cost += node.a->cost;
  ExtraOf(node).pattern = std::move(pattern);
  return &node;
}

// ---- Loops

std::uint32_t Planner::LoopCost(const Node& range, const Node* body) {
  const std::uint32_t each = 1 + (body == nullptr ? 0 : std::min(body->cost, kWalkCost));
  return std::min(range.cost, kWalkCost) + kLoopFactor * each;
}

const Node* Planner::TestLoop(const ComprehensionExpr& loop) {
  const std::optional<LoopParts> parts = PartsOf(loop);
  if (!HasRoomForLocal() || !parts) return nullptr;
  if (loop.macro == Macro::kExists) return Quantifier(*parts, TestExists);
  if (loop.macro == Macro::kAll) return Quantifier(*parts, TestAll);
  return loop.macro == Macro::kExistsOne ? Quantifier(*parts, TestExistsOne) : nullptr;
}

const Node* Planner::Quantifier(const LoopParts& parts, TestFn test) {
  const Node* const range = Any(*parts.range);
  const Scope scope(*this, parts.variable);
  const Node* const item = Test(*parts.item);
  Node& node = NewTest(test, LoopCost(*range, item));
  node.slot = scope.local();
  ExtraOf(node).range = range;
  ExtraOf(node).item = item;
  return &node;
}

}  // namespace laurel::cel
