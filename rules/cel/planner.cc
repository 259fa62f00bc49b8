#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "rules/cel/closures.h"
#include "rules/cel/collections.h"
#include "rules/cel/plan.h"

namespace laurel::cel {

// Everything a plan is made of. Nodes and their extras keep their addresses.
struct Plan::Program {
  CheckedAst checked;
  SlotTable slots;
  std::deque<Node> nodes;
  std::deque<NodeExtra> extras;
  Arena arena;  // of constant lists and maps
  const Node* root = nullptr;
  std::size_t slot_count = 0;
  std::int32_t walked_part_count = 0;
};

namespace {

// Of a frame with fewer facts than the plan has slots.
constexpr Value kNoFacts = Value::Error(ErrorCode::kNoSuchVariable);

// Guesses, in nanoseconds about; only their order matters.
constexpr std::uint32_t kTextCost = 4;
constexpr std::uint32_t kCallCost = 100;
constexpr std::uint32_t kLoopFactor = 20;
constexpr std::uint32_t kWalkCost = 2000;

// A place that one load reaches.
struct Path {
  bool is_local = false;
  std::uint32_t slot = 0;
  std::uint32_t field = 0;  // 0: the slot itself
  const StructType* type = nullptr;
};

// The functions of one shape of node for the four kinds of places and for any other operand.
template <class Fn>
struct ByLoad {
  Fn slot;
  Fn local;
  Fn slot_field;
  Fn local_field;
  Fn node;

  Fn For(const std::optional<Path>& path) const {
    if (!path) return node;
    if (path->field == 0) return path->is_local ? local : slot;
    return path->is_local ? local_field : slot_field;
  }
};

constexpr ByLoad<TestFn> kTestAt = {TestAt<SlotLoad>, TestAt<LocalLoad>, TestAt<SlotFieldLoad>,
                                    TestAt<LocalFieldLoad>, TestAt<NodeLoad>};
constexpr ByLoad<NumberFn> kNumberAt = {NumberAt<SlotLoad>, NumberAt<LocalLoad>,
                                        NumberAt<SlotFieldLoad>, NumberAt<LocalFieldLoad>,
                                        NumberAt<NodeLoad>};
constexpr ByLoad<ValueFn> kValueAt = {ValueAt<SlotLoad>, ValueAt<LocalLoad>, ValueAt<SlotFieldLoad>,
                                      ValueAt<LocalFieldLoad>, ValueAt<NodeLoad>};
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

struct RelationFns {
  const ByLoad<TestFn>* against_literal;
  TestFn numbers;
};

template <class RelationOf>
constexpr RelationFns kRelation = {&kNumberAgainstLiteral<RelationOf>, TestNumbers<RelationOf>};

std::optional<RelationFns> RelationOf(Operation operation) {
  switch (operation) {
    case Operation::kLess:
      return kRelation<Less>;
    case Operation::kLessEquals:
      return kRelation<LessEquals>;
    case Operation::kGreater:
      return kRelation<Greater>;
    case Operation::kGreaterEquals:
      return kRelation<GreaterEquals>;
    case Operation::kEquals:
      return kRelation<Equals>;
    case Operation::kNotEquals:
      return kRelation<NotEquals>;
    default:
      return std::nullopt;
  }
}

// `a op b` as `b op' a`.
Operation Mirrored(Operation operation) {
  switch (operation) {
    case Operation::kLess:
      return Operation::kGreater;
    case Operation::kLessEquals:
      return Operation::kGreaterEquals;
    case Operation::kGreater:
      return Operation::kLess;
    case Operation::kGreaterEquals:
      return Operation::kLessEquals;
    default:
      return operation;
  }
}

NumberFn NumberFnOf(Operation operation) {
  switch (operation) {
    case Operation::kAdd:
      return NumberAdd;
    case Operation::kSubtract:
      return NumberSubtract;
    case Operation::kMultiply:
      return NumberMultiply;
    case Operation::kDivide:
      return NumberDivide;
    case Operation::kModulo:
      return NumberModulo;
    default:
      return nullptr;
  }
}

const Literal* LiteralOf(const Expr& expr, LiteralKind kind) {
  const auto* const literal = As<LiteralExpr>(expr);
  return literal != nullptr && literal->value.kind == kind ? &literal->value : nullptr;
}

// The elements of a list of literals of one kind, none of them optional.
bool IsListOf(const Expr& expr, LiteralKind kind) {
  const auto* const list = As<ListExpr>(expr);
  if (list == nullptr || list->elements.empty()) return false;
  return std::all_of(list->elements.begin(), list->elements.end(), [kind](const ListElement& e) {
    return !e.is_optional && LiteralOf(*e.value, kind) != nullptr;
  });
}

bool IsConstantList(const Expr& expr) {
  if (expr.kind == ExprKind::kLiteral) return true;
  const auto* const list = As<ListExpr>(expr);
  if (list == nullptr) return false;
  return std::all_of(list->elements.begin(), list->elements.end(), [](const ListElement& e) {
    return !e.is_optional && IsConstantList(*e.value);
  });
}

bool IsConstantMap(const Expr& expr) {
  const auto* const map = As<MapExpr>(expr);
  if (map == nullptr) return false;
  return std::all_of(map->entries.begin(), map->entries.end(), [](const MapEntry& e) {
    return !e.is_optional && IsConstantList(*e.key) && IsConstantList(*e.value);
  });
}

// What the macros of a loop were given, taken back out of their expansion.
struct LoopParts {
  absl::string_view variable;
  const Expr* range = nullptr;
  const Expr* filter = nullptr;  // of map with three arguments and of filter
  const Expr* item = nullptr;    // the tested or mapped expression; null for filter
};

const Expr* ArgOf(const Expr* expr, std::size_t index) {
  const auto* const call = As<CallExpr>(expr);
  return call != nullptr && index < call->args.size() ? call->args[index] : nullptr;
}

// The `x` of `accu + [x]`.
const Expr* AppendedOf(const Expr* step) {
  const auto* const list = As<ListExpr>(ArgOf(step, 1));
  return list != nullptr && list->elements.size() == 1 ? list->elements[0].value : nullptr;
}

std::optional<LoopParts> PartsOf(const ComprehensionExpr& loop) {
  if (!loop.iter_var2.empty()) return std::nullopt;
  LoopParts parts{loop.iter_var, loop.range_expr};
  const auto* const step = As<CallExpr>(loop.step);
  if (step == nullptr) return std::nullopt;
  const bool is_filtered = OperationOf(*step) == Operation::kConditional;
  switch (loop.macro) {
    case Macro::kAll:
    case Macro::kExists:
      parts.item = ArgOf(step, 1);
      break;
    case Macro::kExistsOne:
      parts.item = ArgOf(step, 0);
      break;
    case Macro::kFilter:
      parts.filter = ArgOf(step, 0);
      return parts.filter == nullptr ? std::nullopt : std::optional<LoopParts>(parts);
    case Macro::kMap:
      parts.filter = is_filtered ? ArgOf(step, 0) : nullptr;
      parts.item = AppendedOf(is_filtered ? ArgOf(step, 1) : step);
      break;
    default:
      return std::nullopt;
  }
  return parts.item == nullptr ? std::nullopt : std::optional<LoopParts>(parts);
}

const ComprehensionExpr* LoopOf(const Expr& expr, Macro macro) {
  const auto* const loop = As<ComprehensionExpr>(expr);
  return loop != nullptr && loop->macro == macro ? loop : nullptr;
}

}  // namespace

// Makes the nodes of one plan. Test, Number and Any differ in what the node they return can do;
// each of them leaves what it does not know to the next more general one, and Walk takes anything.
class Planner {
 public:
  Planner(Plan::Program& program, const PlanOptions& options)
      : program_(program), options_(options) {}

  const Node* Any(const Expr& expr) {
    switch (TypeOf(expr).kind()) {
      case TypeKind::kBool:
        return Test(expr);
      case TypeKind::kInt:
        return Number(expr);
      default:
        return General(expr);
    }
  }

 private:
  const CheckedAst& checked() const { return program_.checked; }
  const Type& TypeOf(const Expr& expr) const { return checked().TypeOf(expr); }
  bool IsInt(const Expr& expr) const { return TypeOf(expr).kind() == TypeKind::kInt; }
  bool IsString(const Expr& expr) const { return TypeOf(expr).kind() == TypeKind::kString; }

  // ---- Nodes

  Node& New(std::uint32_t cost) {
    Node& node = program_.nodes.emplace_back();
    node.cost = cost;
    return node;
  }
  NodeExtra& ExtraOf(Node& node) {
    if (node.extra == nullptr) node.extra = &program_.extras.emplace_back();
    return *node.extra;
  }
  Node& NewTest(TestFn test, std::uint32_t cost) {
    Node& node = New(cost);
    node.test = test;
    node.value = ValueOfTest;
    return node;
  }
  Node& NewNumber(NumberFn number, std::uint32_t cost) {
    Node& node = New(cost);
    node.number = number;
    node.value = ValueOfNumber;
    return node;
  }
  Node& NewValue(ValueFn value, std::uint32_t cost) {
    Node& node = New(cost);
    node.value = value;
    node.test = TestOfValue;
    node.number = NumberOfValue;
    return node;
  }

  static void SetPath(Node& node, const Path& path) {
    node.slot = path.slot;
    node.field = path.field;
    node.type = path.type;
  }

  // ---- Names

  std::optional<std::uint32_t> FindLocal(absl::string_view name) const {
    for (auto entry = scope_.rbegin(); entry != scope_.rend(); ++entry) {
      if (entry->name == name) return entry->local;
    }
    return std::nullopt;
  }

  std::optional<Path> PathOf(const Expr& expr) const {
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

  std::optional<Path> FieldPathOf(const Expr& expr) const {
    const auto* const select = As<SelectExpr>(expr);
    if (select == nullptr || select->is_test) return std::nullopt;
    std::optional<Path> path = PathOf(*select->operand);
    if (!path || path->field != 0) return std::nullopt;
    path->type = FindStruct(*select->operand);
    path->field = path->type == nullptr ? 0 : path->type->FindSlot(select->field);
    return path->field == 0 ? std::nullopt : path;
  }

  const StructType* FindStruct(const Expr& expr) const {
    const Type& type = TypeOf(expr);
    if (type.kind() != TypeKind::kStruct) return nullptr;
    for (const StructType* const candidate : options_.structs) {
      if (candidate->name() == type.name()) return candidate;
    }
    return nullptr;
  }

  // ---- Literals

  Value ConstantText(absl::string_view text) const {
    return Value::String(text,
                         options_.symbols == nullptr ? kNoSymbol : options_.symbols->Intern(text));
  }

  Value Constant(const Literal& literal) const {
    switch (literal.kind) {
      case LiteralKind::kNull:
        return Value::Null();
      case LiteralKind::kBool:
        return Value::Bool(literal.bool_value);
      case LiteralKind::kInt:
        return Value::Int(literal.int_value);
      case LiteralKind::kUint:
        return Value::Uint(literal.uint_value);
      case LiteralKind::kDouble:
        return Value::Double(literal.double_value);
      case LiteralKind::kString:
        return ConstantText(literal.text);
      case LiteralKind::kBytes:
        return Value::Bytes(literal.text);
    }
    return Value::Null();
  }

  // Requires IsConstantList or IsConstantMap.
  Value ConstantOf(const Expr& expr) {
    if (const auto* literal = As<LiteralExpr>(expr)) return Constant(literal->value);
    Context context(program_.arena);
    if (const auto* list = As<ListExpr>(expr)) {
      std::vector<Value> elements;
      for (const ListElement& element : list->elements) {
        elements.push_back(ConstantOf(*element.value));
      }
      // Not growable: evaluations on several threads share it.
      return Value::List(MakeList(context, elements).elements());
    }
    std::vector<KeyValue> entries;
    for (const MapEntry& entry : To<MapExpr>(expr).entries) {
      entries.push_back(KeyValue{ConstantOf(*entry.key), ConstantOf(*entry.value)});
    }
    return MakeMap(context, entries);
  }

  // ---- bool

  const Node* Test(const Expr& expr) {
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

  static const Node* At(Node& node, const Path& path) {
    SetPath(node, path);
    return &node;
  }

  const Node* TestCall(const CallExpr& call) {
    const Operation operation = OperationOf(call);
    switch (operation) {
      case Operation::kAnd:
        return Terms(call, operation, TestAnd);
      case Operation::kOr:
        return Terms(call, operation, TestOr);
      case Operation::kNot:
        return NotOf(call);
      case Operation::kConditional:
        return ConditionalTest(call);
      case Operation::kIn:
        return Membership(call);
      case Operation::kNone:
        return Match(call);
      default:
        return Comparison(call, operation);
    }
  }

  void CollectTerms(const Expr& expr, Operation operation, std::vector<const Node*>& terms) {
    const auto* const call = As<CallExpr>(expr);
    if (call == nullptr || OperationOf(*call) != operation) {
      terms.push_back(Test(expr));
      return;
    }
    for (const Expr* const arg : call->args) CollectTerms(*arg, operation, terms);
  }

  const Node* Terms(const CallExpr& call, Operation operation, TestFn test) {
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

  const Node* NotOf(const CallExpr& call) {
    const Node* const operand = Test(*call.args[0]);
    Node& node = NewTest(TestNot, operand->cost + 1);
    node.a = operand;
    return &node;
  }

  // The condition, and branches that `plan` makes nodes of.
  template <class Plan>
  void SetConditional(Node& node, const CallExpr& call, Plan plan) {
    node.a = Test(*call.args[0]);
    const Node* const yes = plan(*call.args[1]);
    const Node* const no = plan(*call.args[2]);
    node.cost += node.a->cost + std::max(yes->cost, no->cost);
    ExtraOf(node).parts = {yes, no};
  }

  // Whether both branches give what the whole is typed as, and not what only a value would show.
  bool HasBranchesOf(const CallExpr& call, TypeKind kind) const {
    return TypeOf(*call.args[1]).kind() == kind && TypeOf(*call.args[2]).kind() == kind;
  }

  const Node* ConditionalTest(const CallExpr& call) {
    if (!HasBranchesOf(call, TypeKind::kBool)) return nullptr;
    Node& node = NewTest(TestConditional, 1);
    SetConditional(node, call, [this](const Expr& expr) { return Test(expr); });
    return &node;
  }

  const Node* Comparison(const CallExpr& call, Operation operation) {
    const std::optional<RelationFns> relation = RelationOf(operation);
    if (!relation) return nullptr;
    const Expr& a = *call.args[0];
    const Expr& b = *call.args[1];
    if (IsInt(a) && IsInt(b)) return NumberComparison(a, b, operation);
    const bool is_equality = operation == Operation::kEquals || operation == Operation::kNotEquals;
    if (is_equality && IsString(a) && IsString(b)) {
      return TextComparison(a, b, operation == Operation::kEquals);
    }
    return nullptr;
  }

  const Node* NumberComparison(const Expr& a, const Expr& b, Operation operation) {
    if (const Literal* const literal = LiteralOf(b, LiteralKind::kInt)) {
      return AgainstLiteral(a, *RelationOf(operation)->against_literal, Constant(*literal), 1);
    }
    if (const Literal* const literal = LiteralOf(a, LiteralKind::kInt)) {
      return AgainstLiteral(b, *RelationOf(Mirrored(operation))->against_literal,
                            Constant(*literal), 1);
    }
    Node& node = NewTest(RelationOf(operation)->numbers, 1);
    node.a = Number(a);
    node.b = Number(b);
    node.cost += node.a->cost + node.b->cost;
    return &node;
  }

  const Node* TextComparison(const Expr& a, const Expr& b, bool is_wanted) {
    const ByLoad<TestFn>& fns = is_wanted ? kTextAgainstLiteral<true> : kTextAgainstLiteral<false>;
    if (const Literal* const literal = LiteralOf(b, LiteralKind::kString)) {
      return AgainstLiteral(a, fns, Constant(*literal), 1);
    }
    if (const Literal* const literal = LiteralOf(a, LiteralKind::kString)) {
      return AgainstLiteral(b, fns, Constant(*literal), 1);
    }
    return nullptr;
  }

  // A node whose operand is at a path, or in `a`.
  Node& OnOperand(const Expr& operand, const ByLoad<TestFn>& fns, std::uint32_t cost) {
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

  const Node* AgainstLiteral(const Expr& operand, const ByLoad<TestFn>& fns, const Value& literal,
                             std::uint32_t cost) {
    Node& node = OnOperand(operand, fns, cost);
    node.literal = literal;
    return &node;
  }

  const Node* Membership(const CallExpr& call) {
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

  const Node* TextInSet(const Expr& element, const ListExpr& list) {
    Node& node = OnOperand(element, kTextInSet, 2);
    NodeExtra& extra = ExtraOf(node);
    for (const ListElement& item : list.elements) extra.set.push_back(ConstantOf(*item.value));
    SetMask(extra);
    return &node;
  }

  // Literals of one list mostly have symbols next to each other, and then a bit for each will do.
  static void SetMask(NodeExtra& extra) {
    const auto [least, greatest] =
        std::minmax_element(extra.set.begin(), extra.set.end(),
                            [](const Value& a, const Value& b) { return a.symbol() < b.symbol(); });
    if (least->symbol() <= kUnknownSymbol || greatest->symbol() - least->symbol() >= 64) return;
    extra.base = least->symbol();
    for (const Value& literal : extra.set) {
      extra.mask |= std::uint64_t{1} << (literal.symbol() - extra.base);
    }
  }

  const Node* NumberInSet(const Expr& element, const ListExpr& list) {
    Node& node = NewTest(TestNumberInSet, 2);
    node.a = Number(element);
    node.cost += node.a->cost;
    std::vector<Value>& set = ExtraOf(node).set;
    for (const ListElement& item : list.elements) set.push_back(ConstantOf(*item.value));
    std::sort(set.begin(), set.end(),
              [](const Value& a, const Value& b) { return a.int_value() < b.int_value(); });
    return &node;
  }

  const Node* Has(const SelectExpr& select) {
    Node& node = NewTest(TestHas, 1);
    node.a = Any(*select.operand);
    node.type = FindStruct(*select.operand);
    node.field = node.type == nullptr ? 0 : node.type->FindSlot(select.field);
    if (node.field == 0) node.type = nullptr;
    ExtraOf(node).field_name = select.field;
    node.cost += node.a->cost;
    return &node;
  }

  // A regular expression that stands in the text is compiled once.
  const Node* Match(const CallExpr& call) {
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

  // Opens a scope of one variable for as long as it lives.
  class Scope {
   public:
    Scope(Planner& planner, absl::string_view name) : scope_(planner.scope_) {
      scope_.push_back(ScopeEntry{name, static_cast<std::uint32_t>(scope_.size())});
    }
    Scope(Planner& planner, absl::string_view name, std::uint32_t local) : scope_(planner.scope_) {
      scope_.push_back(ScopeEntry{name, local});
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { scope_.pop_back(); }

    std::uint32_t local() const { return scope_.back().local; }

   private:
    std::vector<ScopeEntry>& scope_;
  };

  bool HasRoomForLocal() const { return scope_.size() + 1 < Frame::kLocalsMax; }

  static std::uint32_t LoopCost(const Node& range, const Node* body) {
    const std::uint32_t each = 1 + (body == nullptr ? 0 : std::min(body->cost, kWalkCost));
    return std::min(range.cost, kWalkCost) + kLoopFactor * each;
  }

  const Node* TestLoop(const ComprehensionExpr& loop) {
    const std::optional<LoopParts> parts = PartsOf(loop);
    if (!HasRoomForLocal() || !parts) return nullptr;
    switch (loop.macro) {
      case Macro::kExists:
        return Quantifier(*parts, TestExists);
      case Macro::kAll:
        return Quantifier(*parts, TestAll);
      case Macro::kExistsOne:
        return Quantifier(*parts, TestExistsOne);
      default:
        return nullptr;
    }
  }

  const Node* Quantifier(const LoopParts& parts, TestFn test) {
    const Node* const range = Any(*parts.range);
    const Scope scope(*this, parts.variable);
    const Node* const item = Test(*parts.item);
    Node& node = NewTest(test, LoopCost(*range, item));
    node.slot = scope.local();
    ExtraOf(node).range = range;
    ExtraOf(node).item = item;
    return &node;
  }

  // ---- int

  const Node* Number(const Expr& expr) {
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

  const Node* NumberCall(const CallExpr& call) {
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

  const Node* NumberMethod(const CallExpr& call) {
    if (call.target == nullptr || !call.args.empty() || !HasRoomForLocal()) return nullptr;
    if (call.function == "sum") return Sum(*call.target);
    if (call.function == "size") return Count(*call.target);
    return nullptr;
  }

  // list.sum(), list.filter(i, p).sum(), list.map(i, e).sum(), list.filter(i, p).map(j, e).sum(),
  // list.map(i, p, e).sum(): one loop, no list in between.
  const Node* Sum(const Expr& list) {
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

  const Node* FusedSum(const Expr& source, const std::optional<LoopParts>& filtered,
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

  const Node* Count(const Expr& list) {
    const ComprehensionExpr* const filter = LoopOf(list, Macro::kFilter);
    const std::optional<LoopParts> parts = filter == nullptr ? std::nullopt : PartsOf(*filter);
    if (!parts) return nullptr;
    const Node* const range = Any(*parts->range);
    const Scope scope(*this, parts->variable);
    return Fused(NumberCount, scope.local(), range, Test(*parts->filter), nullptr);
  }

  const Node* Fused(NumberFn number, std::uint32_t local, const Node* range, const Node* filter,
                    const Node* item) {
    Node& node = NewNumber(number, LoopCost(*range, filter) + LoopCost(*range, item));
    node.slot = local;
    NodeExtra& extra = ExtraOf(node);
    extra.range = range;
    extra.filter = filter;
    extra.item = item;
    return &node;
  }

  // ---- Anything

  const Node* General(const Expr& expr) {
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
        node = IsConstantMap(expr) ? ConstantNode(ConstantOf(expr)) : nullptr;
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

  const Node* ConstantNode(const Value& value) {
    Node& node = NewValue(ValueLiteral, 0);
    node.literal = value;
    return &node;
  }

  const Node* Name(const Expr& expr) {
    if (const std::optional<Path> path = PathOf(expr)) {
      return At(NewValue(kValueAt.For(path), 1), *path);
    }
    const Reference* const reference = checked().FindReference(expr);
    if (reference == nullptr || !reference->type_value) return nullptr;
    return ConstantNode(Value::Type(reference->name));
  }

  const Node* SelectNode(const SelectExpr& select) {
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

  const Node* Call(const CallExpr& call) {
    const Operation operation = OperationOf(call);
    switch (operation) {
      case Operation::kNone:
        return Function(call);
      case Operation::kConditional: {
        Node& node = NewValue(ValueConditional, 1);
        SetConditional(node, call, [this](const Expr& expr) { return Any(expr); });
        return &node;
      }
      case Operation::kAnd:
      case Operation::kOr:
      case Operation::kNotStrictlyFalse:
      case Operation::kOptSelect:
        return nullptr;
      default:
        break;
    }
    const bool is_binary = call.args.size() == 2;
    Node& node = NewValue(is_binary ? ValueBinary : ValueUnary, kTextCost);
    node.a = Any(*call.args[0]);
    node.b = is_binary ? Any(*call.args[1]) : nullptr;
    node.cost += node.a->cost + (is_binary ? node.b->cost : 0);
    ExtraOf(node).operation = operation;
    return &node;
  }

  const Node* Function(const CallExpr& call) {
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

  const Node* List(const ListExpr& list) {
    if (IsConstantList(list)) return ConstantNode(ConstantOf(list));
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

  const Node* Bind(const ComprehensionExpr& loop) {
    if (loop.macro != Macro::kBind || !HasRoomForLocal()) return nullptr;
    Node& node = NewValue(ValueBind, 1);
    node.a = Any(*loop.init);
    const Scope scope(*this, loop.accu_var);
    node.slot = scope.local();
    node.b = Any(*loop.result);
    node.cost += node.a->cost + node.b->cost;
    return &node;
  }

  const Node* Walk(const Expr& expr) {
    ++program_.walked_part_count;
    Node& node = NewValue(ValueWalked, kWalkCost);
    NodeExtra& extra = ExtraOf(node);
    extra.scope = scope_;
    extra.expr = &expr;
    extra.checked = &program_.checked;
    extra.slots = &program_.slots;
    extra.functions = options_.functions;
    return &node;
  }

  Plan::Program& program_;
  const PlanOptions& options_;
  std::vector<ScopeEntry> scope_;  // the innermost last; never more than Frame::kLocalsMax
};

Plan::Plan(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

Plan Plan::Make(CheckedAst ast, const PlanOptions& options) {
  auto program = std::make_unique<Program>();
  program->checked = std::move(ast);
  program->slots = options.slots;
  program->slot_count = options.slots.size();
  Planner planner(*program, options);
  program->root = planner.Any(program->checked.root());
  return Plan(std::move(program));
}

Value Plan::Evaluate(Frame& frame) const {
  if (frame.slot_count < program_->slot_count) return kNoFacts;
  return program_->root->value(*program_->root, frame);
}

std::int8_t Plan::Test(Frame& frame) const {
  if (frame.slot_count < program_->slot_count) return FailTest(frame, kNoFacts);
  return program_->root->test(*program_->root, frame);
}

const CheckedAst& Plan::checked() const { return program_->checked; }

std::int32_t Plan::walked_part_count() const { return program_->walked_part_count; }

}  // namespace laurel::cel
