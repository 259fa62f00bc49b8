#include "rules/cel/evaluator.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/arithmetic.h"
#include "rules/cel/collections.h"
#include "rules/cel/compare.h"
#include "rules/cel/operation.h"
#include "rules/cel/operators.h"
#include "rules/cel/shapes.h"

namespace laurel::cel {

namespace {

// Deeper trees than any parser option allows would recurse too deep.
constexpr std::uint16_t kTreeDepthMax = 1000;

bool IsTypeName(absl::string_view name) {
  constexpr std::array<absl::string_view, 13> kNames = {"bool",
                                                        "bytes",
                                                        "double",
                                                        "int",
                                                        "list",
                                                        "map",
                                                        "string",
                                                        "type",
                                                        "null_type",
                                                        "uint",
                                                        "optional_type",
                                                        "google.protobuf.Timestamp",
                                                        "google.protobuf.Duration"};
  for (const absl::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

// "a.b.c" of a chain of selections on a name; empty for anything else.
std::string QualifiedName(const Expr* expr) {
  if (const auto* ident = As<IdentExpr>(expr)) return std::string(ident->name);
  const auto* select = As<SelectExpr>(expr);
  if (select == nullptr || select->is_test) return "";
  std::string operand = QualifiedName(select->operand);
  return operand.empty() ? operand : absl::StrCat(operand, ".", select->field);
}

// "com.example.a" and "com.a" and "a" for a in "com.example"; only "a" for ".a".
std::vector<std::string> Candidates(absl::string_view container, absl::string_view name) {
  if (absl::StartsWith(name, ".")) return {std::string(name.substr(1))};
  std::vector<std::string> candidates;
  while (!container.empty()) {
    candidates.push_back(absl::StrCat(container, ".", name));
    const std::size_t dot = container.rfind('.');
    container = dot == absl::string_view::npos ? "" : container.substr(0, dot);
  }
  candidates.emplace_back(name);
  return candidates;
}

// Walks one tree once.
class Walker {
 public:
  Walker(const CheckedAst* checked, std::span<const LocalVariable> locals,
         const Activation& activation, Context& context, const EvaluateOptions& options)
      : checked_(checked),
        locals_(locals.begin(), locals.end()),
        activation_(activation),
        context_(context),
        options_(options) {}

  Value Walk(const Expr& expr) {
    if (!context_.Spend(1)) return Value::Error(ErrorCode::kStepsExceeded);
    return WalkKind(expr);
  }

 private:
  Value WalkKind(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return ValueOfLiteral(To<LiteralExpr>(expr).value);
      case ExprKind::kIdent:
        return WalkIdent(To<IdentExpr>(expr));
      case ExprKind::kSelect:
        return WalkSelect(To<SelectExpr>(expr));
      case ExprKind::kCall:
        return WalkCall(To<CallExpr>(expr));
      case ExprKind::kList:
        return WalkList(To<ListExpr>(expr));
      case ExprKind::kMap:
        return WalkMap(To<MapExpr>(expr));
      case ExprKind::kComprehension:
        return WalkComprehension(To<ComprehensionExpr>(expr));
      case ExprKind::kMessage:
      case ExprKind::kError:
        return Value::Error(ErrorCode::kUnsupported);
    }
    return Value::Error(ErrorCode::kUnsupported);
  }

  // ---- Names

  const Value* FindLocal(absl::string_view name) const {
    for (auto local = locals_.rbegin(); local != locals_.rend(); ++local) {
      if (local->name == name) return &local->value;
    }
    return nullptr;
  }

  // Whether a chain of selections begins with a variable of a comprehension.
  bool IsLocalChain(const Expr* expr) const {
    while (const auto* select = As<SelectExpr>(expr)) expr = select->operand;
    const auto* ident = As<IdentExpr>(expr);
    return ident != nullptr && FindLocal(ident->name) != nullptr;
  }

  std::optional<Value> FindDeclared(absl::string_view name) const {
    Value value;
    if (activation_.Find(name, value)) return value;
    return std::nullopt;
  }

  // What `expr`, a name or a chain of selections, stands for as a whole.
  std::optional<Value> FindName(const Expr& expr) const {
    if (checked_ != nullptr) return FindReferenced(expr);
    const std::string name = QualifiedName(&expr);
    if (name.empty()) return std::nullopt;
    for (const std::string& candidate : Candidates(options_.container, name)) {
      if (std::optional<Value> value = FindDeclared(candidate)) return value;
      if (IsTypeName(candidate)) return CopyTypeName(candidate);
    }
    return std::nullopt;
  }

  std::optional<Value> FindReferenced(const Expr& expr) const {
    const Reference* const reference = checked_->FindReference(expr);
    if (reference == nullptr) return std::nullopt;
    if (reference->type_value) return Value::Type(reference->name);
    const std::optional<Value> value = FindDeclared(reference->name);
    return value ? value : Value::Error(ErrorCode::kNoSuchVariable);
  }

  Value CopyTypeName(absl::string_view name) const {
    const Value copy = CopyString(context_, name);
    return copy.is_error() ? copy : Value::Type(copy.text());
  }

  Value WalkIdent(const IdentExpr& ident) const {
    if (const Value* const local = FindLocal(ident.name)) return *local;
    const std::optional<Value> value = FindName(ident);
    return value ? *value : Value::Error(ErrorCode::kNoSuchVariable);
  }

  Value WalkSelect(const SelectExpr& select) {
    if (!select.is_test && !IsLocalChain(&select)) {
      if (const std::optional<Value> value = FindName(select)) return *value;
    }
    const Value operand = Walk(*select.operand);
    if (operand.is_error()) return operand;
    return select.is_test ? HasField(context_, operand, select.field)
                          : Select(context_, operand, select.field);
  }

  // ---- Calls

  Value WalkCall(const CallExpr& call) {
    const Operation operation = OperationOf(call);
    if (operation == Operation::kNone) return WalkFunction(call);
    if (operation == Operation::kConditional) return WalkConditional(call);
    if (operation == Operation::kOptSelect) return WalkOptSelect(call);
    if (operation == Operation::kNotStrictlyFalse) {
      const Value value = Walk(*call.args[0]);
      return Value::Bool(!value.is(Kind::kBool) || value.bool_value());
    }
    if (!IsStrict(operation)) return WalkLogical(call, operation);
    const Value first = Walk(*call.args[0]);
    const Value second = call.args.size() == 2 ? Walk(*call.args[1]) : Value::Null();
    return Apply(context_, operation, first, second);
  }

  Value WalkLogical(const CallExpr& call, Operation operation) {
    const bool decisive = operation == Operation::kOr;
    const Value left = Walk(*call.args[0]);
    if (left.is(Kind::kBool) && left.bool_value() == decisive) return left;
    const Value right = Walk(*call.args[1]);
    return decisive ? LogicalOr(left, right) : LogicalAnd(left, right);
  }

  Value WalkConditional(const CallExpr& call) {
    const Value condition = Walk(*call.args[0]);
    if (condition.is_error()) return condition;
    if (!condition.is(Kind::kBool)) return Value::Error(ErrorCode::kNoSuchOverload);
    return Walk(*call.args[condition.bool_value() ? 1 : 2]);
  }

  Value WalkOptSelect(const CallExpr& call) {
    const Value operand = Walk(*call.args[0]);
    const Value field = Walk(*call.args[1]);
    if (operand.is_error()) return operand;
    if (!field.is(Kind::kString)) return Value::Error(ErrorCode::kNoSuchOverload);
    return OptSelect(context_, operand, field.text());
  }

  // The function that a call names, if it is not a method: the name in full has overloads.
  const FunctionRegistry::Overloads* FindGlobal(const CallExpr& call) const {
    if (checked_ != nullptr) {
      const Reference* const reference = checked_->FindReference(call);
      if (reference == nullptr) return nullptr;
      if (call.target != nullptr && !reference->is_namespaced) return nullptr;
      return options_.functions->Find(reference->name);
    }
    const std::string target = QualifiedName(call.target);
    if (call.target != nullptr && (target.empty() || IsLocalChain(call.target))) return nullptr;
    const std::string name =
        target.empty() ? std::string(call.function) : absl::StrCat(target, ".", call.function);
    for (const std::string& candidate : Candidates(options_.container, name)) {
      if (const auto* overloads = options_.functions->Find(candidate)) return overloads;
    }
    return nullptr;
  }

  Value WalkFunction(const CallExpr& call) {
    if (const FunctionRegistry::Overloads* const overloads = FindGlobal(call)) {
      return CallWith(*overloads, CallStyle::kGlobal, nullptr, call.args);
    }
    if (call.target == nullptr) return Value::Error(ErrorCode::kNoSuchFunction);
    const Value target = Walk(*call.target);
    if (IsDecidedByTarget(call, target)) return DecideByTarget(call, target);
    const FunctionRegistry::Overloads* const overloads = options_.functions->Find(call.function);
    if (overloads != nullptr) return CallWith(*overloads, CallStyle::kMethod, &target, call.args);
    return target.is_error() ? target : Value::Error(ErrorCode::kNoSuchFunction);
  }

  // An optional with a value makes the argument of `or` and `orValue` superfluous.
  static bool IsDecidedByTarget(const CallExpr& call, const Value& target) {
    return target.is(Kind::kOptional) && target.has_optional_value() && call.args.size() == 1 &&
           (call.function == "or" || call.function == "orValue");
  }
  static Value DecideByTarget(const CallExpr& call, const Value& target) {
    return call.function == "or" ? target : target.optional_value();
  }

  Value CallWith(const FunctionRegistry::Overloads& overloads, CallStyle style, const Value* target,
                 std::span<const Expr* const> exprs) {
    constexpr std::size_t kFewArgs = 8;
    std::array<Value, kFewArgs> few;
    std::vector<Value> many;
    const std::size_t count = exprs.size() + (target == nullptr ? 0 : 1);
    if (count > kFewArgs) many.resize(count);
    const std::span<Value> args(count > kFewArgs ? many.data() : few.data(), count);
    std::size_t next = 0;
    if (target != nullptr) args[next++] = *target;
    for (const Expr* const expr : exprs) args[next++] = Walk(*expr);
    return CallOverload(context_, overloads, style, args);
  }

  // ---- Lists and maps

  Value WalkList(const ListExpr& list) {
    std::vector<Value> elements;
    elements.reserve(list.elements.size());
    for (const ListElement& element : list.elements) {
      const Value value = Walk(*element.value);
      if (value.is_error()) return value;
      if (!element.is_optional) {
        elements.push_back(value);
      } else if (!value.is(Kind::kOptional)) {
        return Value::Error(ErrorCode::kNoSuchOverload);
      } else if (value.has_optional_value()) {
        elements.push_back(value.optional_value());
      }
    }
    return MakeList(context_, elements);
  }

  Value WalkMap(const MapExpr& map) {
    std::vector<KeyValue> entries;
    entries.reserve(map.entries.size());
    for (const MapEntry& entry : map.entries) {
      const Value key = Walk(*entry.key);
      if (key.is_error()) return key;
      const Value value = Walk(*entry.value);
      if (value.is_error()) return value;
      if (!entry.is_optional) {
        entries.push_back(KeyValue{key, value});
      } else if (!value.is(Kind::kOptional)) {
        return Value::Error(ErrorCode::kNoSuchOverload);
      } else if (value.has_optional_value()) {
        entries.push_back(KeyValue{key, value.optional_value()});
      }
    }
    return MakeMap(context_, entries);
  }

  // ---- Comprehensions

  Value WalkComprehension(const ComprehensionExpr& loop) {
    const Value range = Walk(*loop.range_expr);
    if (range.is_error()) return range;
    if (!range.is(Kind::kList) && !range.is(Kind::kMap)) {
      return Value::Error(ErrorCode::kNoSuchOverload);
    }
    const Value init = Walk(*loop.init);
    const std::size_t outer = locals_.size();
    locals_.push_back(LocalVariable{loop.accu_var, init});
    const std::optional<Value> failure = RunLoop(loop, range, outer);
    locals_.resize(outer + 1);
    const Value result = failure ? *failure : Walk(*loop.result);
    locals_.resize(outer);
    return result;
  }

  // Leaves the accumulator at `accu`; an answer ends the whole comprehension.
  std::optional<Value> RunLoop(const ComprehensionExpr& loop, const Value& range,
                               std::size_t accu) {
    locals_.push_back(LocalVariable{loop.iter_var, Value::Null()});
    if (!loop.iter_var2.empty()) locals_.push_back(LocalVariable{loop.iter_var2, Value::Null()});
    for (std::size_t i = 0; i < range.size(); ++i) {
      BindIteration(loop, range, i, accu + 1);
      const Value condition = Walk(*loop.condition);
      if (condition.is_error()) return condition;
      if (!condition.is(Kind::kBool)) return Value::Error(ErrorCode::kNoSuchOverload);
      if (!condition.bool_value()) break;
      locals_[accu].value = Walk(*loop.step);
    }
    return std::nullopt;
  }

  void BindIteration(const ComprehensionExpr& loop, const Value& range, std::size_t i,
                     std::size_t at) {
    const bool is_list = range.is(Kind::kList);
    const bool has_two = !loop.iter_var2.empty();
    if (!has_two) {
      locals_[at].value = is_list ? range.elements()[i] : range.entries()[i].key;
      return;
    }
    locals_[at].value = is_list ? Value::Int(static_cast<std::int64_t>(i)) : range.entries()[i].key;
    locals_[at + 1].value = is_list ? range.elements()[i] : range.entries()[i].value;
  }

  const CheckedAst* checked_;  // null for an expression that nobody checked
  std::vector<LocalVariable> locals_;
  const Activation& activation_;
  Context& context_;
  const EvaluateOptions& options_;
};

Value WalkRoot(const Expr* root, const CheckedAst* checked, std::span<const LocalVariable> locals,
               const Activation& activation, Context& context, const EvaluateOptions& options) {
  if (root == nullptr) return Value::Error(ErrorCode::kUnsupported);
  if (root->depth > kTreeDepthMax) return Value::Error(ErrorCode::kTooDeep);
  return Walker(checked, locals, activation, context, options).Walk(*root);
}

}  // namespace

bool MapActivation::Find(absl::string_view name, Value& value) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return false;
  value = found->second;
  return true;
}

Value Evaluate(const Ast& ast, const Activation& activation, Context& context,
               const EvaluateOptions& options) {
  return WalkRoot(ast.root(), nullptr, {}, activation, context, options);
}

Value Evaluate(const CheckedAst& ast, const Activation& activation, Context& context,
               const EvaluateOptions& options) {
  return WalkRoot(ast.ast().root(), &ast, {}, activation, context, options);
}

Value EvaluatePart(const CheckedAst& ast, const Expr& part, std::span<const LocalVariable> locals,
                   const Activation& activation, Context& context, const EvaluateOptions& options) {
  return WalkRoot(&part, &ast, locals, activation, context, options);
}

}  // namespace laurel::cel
