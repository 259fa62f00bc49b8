#include "rules/cel/planner.h"

#include <utility>

#include "rules/cel/collections.h"

namespace laurel::cel {

namespace {

constexpr ByLoad<ValueFn> kValueAt = {ValueAt<SlotLoad>, ValueAt<LocalLoad>, ValueAt<SlotFieldLoad>,
                                      ValueAt<LocalFieldLoad>, ValueAt<NodeLoad>};

}  // namespace

const Node* Planner::Any(const Expr& expr) {
  if (TypeOf(expr).kind() == TypeKind::kBool) return Test(expr);
  return IsInt(expr) ? Number(expr) : General(expr);
}

// ---- Nodes

Node& Planner::New(std::uint32_t cost) {
  Node& node = program_.nodes.emplace_back();
  node.cost = cost;
  return node;
}

NodeExtra& Planner::ExtraOf(Node& node) {
  if (node.extra == nullptr) node.extra = &program_.extras.emplace_back();
  return *node.extra;
}

Node& Planner::NewTest(TestFn test, std::uint32_t cost) {
  Node& node = New(cost);
  node.test = test;
  node.value = ValueOfTest;
  return node;
}

Node& Planner::NewNumber(NumberFn number, std::uint32_t cost) {
  Node& node = New(cost);
  node.number = number;
  node.value = ValueOfNumber;
  return node;
}

Node& Planner::NewValue(ValueFn value, std::uint32_t cost) {
  Node& node = New(cost);
  node.value = value;
  node.test = TestOfValue;
  node.number = NumberOfValue;
  return node;
}

void Planner::SetPath(Node& node, const Path& path) {
  node.slot = path.slot;
  node.field = path.field;
  node.type = path.type;
}

// ---- Names

std::optional<std::uint32_t> Planner::FindLocal(absl::string_view name) const {
  for (auto entry = scope_.rbegin(); entry != scope_.rend(); ++entry) {
    if (entry->name == name) return entry->local;
  }
  return std::nullopt;
}

std::optional<Path> Planner::PathOf(const Expr& expr) const {
  if (const auto* ident = As<IdentExpr>(expr)) {
    if (const std::optional<std::uint32_t> local = FindLocal(ident->name)) {
      return Path{.is_local = true, .slot = *local};
    }
  }
  if (const Reference* const reference = checked().FindReference(expr);
      reference != nullptr && expr.kind != ExprKind::kCall) {
    const std::uint32_t slot = options_.slots.Find(reference->name);
    if (reference->type_value || slot == SlotTable::kNoSlot) return std::nullopt;
    return Path{.slot = slot};
  }
  return FieldPathOf(expr);
}

std::optional<Path> Planner::FieldPathOf(const Expr& expr) const {
  const auto* const select = As<SelectExpr>(expr);
  if (select == nullptr || select->is_test) return std::nullopt;
  std::optional<Path> path = PathOf(*select->operand);
  if (!path || path->field != 0) return std::nullopt;
  path->type = FindStruct(*select->operand);
  path->field = path->type == nullptr ? 0 : path->type->FindSlot(select->field);
  return path->field == 0 ? std::nullopt : path;
}

const StructType* Planner::FindStruct(const Expr& expr) const {
  const Type& type = TypeOf(expr);
  if (type.kind() != TypeKind::kStruct) return nullptr;
  for (const StructType* const candidate : options_.structs) {
    if (candidate->name() == type.name()) return candidate;
  }
  return nullptr;
}

// ---- Literals

Value Planner::ConstantText(absl::string_view text) const {
  return Value::String(text,
                       options_.symbols == nullptr ? kNoSymbol : options_.symbols->Intern(text));
}

Value Planner::Constant(const Literal& literal) const {
  return literal.kind == LiteralKind::kString ? ConstantText(literal.text)
                                              : ValueOfLiteral(literal);
}

Value Planner::ConstantOf(const Expr& expr) {
  if (const auto* literal = As<LiteralExpr>(expr)) return Constant(literal->value);
  if (program_.arena == nullptr) program_.arena = std::make_unique<Arena>();
  Context context(*program_.arena);
  if (const auto* list = As<ListExpr>(expr)) {
    std::vector<Value> elements;
    for (const ListElement& element : list->elements) {
      elements.push_back(ConstantOf(*element.value));
      if (elements.back().is_error()) return elements.back();
    }
    const Value made = MakeList(context, elements);
    // Not growable: evaluations on several threads share it.
    return made.is_error() ? made : Value::List(made.elements());
  }
  std::vector<KeyValue> entries;
  for (const MapEntry& entry : To<MapExpr>(expr).entries) {
    entries.push_back(KeyValue{ConstantOf(*entry.key), ConstantOf(*entry.value)});
    if (entries.back().key.is_error()) return entries.back().key;
    if (entries.back().value.is_error()) return entries.back().value;
  }
  return MakeMap(context, entries);
}

// ---- Anything

const Node* Planner::General(const Expr& expr) {
  const Node* node = nullptr;
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return ConstantNode(ConstantOf(expr));
    case ExprKind::kIdent:
      node = Name(expr);
      break;
    case ExprKind::kSelect:
      node = SelectNode(To<SelectExpr>(expr));
      break;
    case ExprKind::kCall:
      node = Call(To<CallExpr>(expr));
      break;
    case ExprKind::kList:
      node = List(To<ListExpr>(expr));
      break;
    case ExprKind::kMap:
      node = IsConstant(expr) ? ConstantNode(ConstantOf(expr)) : nullptr;
      break;
    case ExprKind::kComprehension:
      node = Bind(To<ComprehensionExpr>(expr));
      break;
    case ExprKind::kError:
    case ExprKind::kMessage:
      break;
  }
  return node != nullptr ? node : Walk(expr);
}

const Node* Planner::ConstantNode(const Value& value) {
  Node& node = NewValue(ValueLiteral, 0);
  node.literal = value;
  return &node;
}

const Node* Planner::Name(const Expr& expr) {
  if (const std::optional<Path> path = PathOf(expr)) {
    return At(NewValue(kValueAt.For(path), 1), *path);
  }
  const Reference* const reference = checked().FindReference(expr);
  if (reference == nullptr || !reference->type_value) return nullptr;
  return ConstantNode(Value::Type(reference->name));
}

const Node* Planner::SelectNode(const SelectExpr& select) {
  if (const Node* const name = Name(select)) return name;
  if (select.is_test || checked().FindReference(select) != nullptr) return nullptr;
  Node& node = NewValue(ValueSelect, 1);
  node.a = Any(*select.operand);
  node.type = FindStruct(*select.operand);
  node.field = node.type == nullptr ? 0 : node.type->FindSlot(select.field);
  if (node.field == 0) node.type = nullptr;
  ExtraOf(node).field_name = select.field;
  node.cost += node.a->cost;
  return &node;
}

const Node* Planner::Call(const CallExpr& call) {
  const Operation operation = OperationOf(call);
  if (operation == Operation::kNone) return Function(call);
  if (operation == Operation::kConditional) {
    Node& node = NewValue(ValueConditional, 1);
    SetConditional(node, call, [this](const Expr& expr) { return Any(expr); });
    return &node;
  }
  if (!IsStrict(operation)) return nullptr;
  const bool is_binary = call.args.size() == 2;
  Node& node = NewValue(is_binary ? ValueBinary : ValueUnary, kTextCost);
  node.a = Any(*call.args[0]);
  node.b = is_binary ? Any(*call.args[1]) : nullptr;
  node.cost += node.a->cost + (is_binary ? node.b->cost : 0);
  ExtraOf(node).operation = operation;
  return &node;
}

const Node* Planner::Function(const CallExpr& call) {
  constexpr std::size_t kArgsMax = 7;  // and a target
  // `or` and `orValue` look at their argument only if they must.
  if (call.args.size() > kArgsMax || call.function == "or" || call.function == "orValue") {
    return nullptr;
  }
  const Reference* const reference = checked().FindReference(call);
  if (reference == nullptr) return nullptr;
  const bool is_method = call.target != nullptr && !reference->is_namespaced;
  const FunctionRegistry::Overloads* const overloads =
      options_.functions->Find(is_method ? call.function : absl::string_view(reference->name));
  if (overloads == nullptr) return nullptr;
  Node& node = NewValue(ValueCall, kCallCost);
  NodeExtra& extra = ExtraOf(node);
  extra.overloads = overloads;
  extra.style = is_method ? CallStyle::kMethod : CallStyle::kGlobal;
  if (is_method) extra.parts.push_back(Any(*call.target));
  for (const Expr* const arg : call.args) extra.parts.push_back(Any(*arg));
  for (const Node* const part : extra.parts) node.cost += part->cost;
  return &node;
}

const Node* Planner::List(const ListExpr& list) {
  if (IsConstant(list)) return ConstantNode(ConstantOf(list));
  const bool has_optional = std::any_of(list.elements.begin(), list.elements.end(),
                                        [](const ListElement& e) { return e.is_optional; });
  if (has_optional) return nullptr;
  Node& node = NewValue(ValueList, kCallCost);
  NodeExtra& extra = ExtraOf(node);
  for (const ListElement& element : list.elements) {
    extra.parts.push_back(Any(*element.value));
    node.cost += extra.parts.back()->cost;
  }
  return &node;
}

const Node* Planner::Bind(const ComprehensionExpr& loop) {
  if (loop.macro != Macro::kBind || !HasRoomForLocal()) return nullptr;
  Node& node = NewValue(ValueBind, 1);
  node.a = Any(*loop.init);
  const Scope scope(*this, loop.accu_var);
  node.slot = scope.local();
  node.b = Any(*loop.result);
  node.cost += node.a->cost + node.b->cost;
  return &node;
}

const Node* Planner::Walk(const Expr& expr) {
  ++program_.walked_part_count;
  Node& node = NewValue(ValueWalked, kWalkCost);
  NodeExtra& extra = ExtraOf(node);
  extra.scope = scope_;
  extra.expr = &expr;
  extra.checked = &program_.checked;
  if (program_.slots == nullptr) {
    program_.slots = std::make_unique<const SlotTable>(options_.slots);
  }
  extra.slots = program_.slots.get();
  extra.functions = options_.functions;
  return &node;
}

}  // namespace laurel::cel
