#include "rules/cel/fold.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "rules/cel/arena.h"
#include "rules/cel/context.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/operators.h"
#include "rules/cel/shapes.h"
#include "rules/cel/value.h"

namespace laurel::cel {
namespace {

namespace op = operators;

// Finds the nodes that need nothing from outside of them.
class ClosedNodes {
 public:
  explicit ClosedNodes(const CheckedAst& checked)
      : checked_(checked), is_closed_(checked.ast().id_limit()) {
    Visit(checked.root());
  }

  bool Contains(const Expr& expr) const { return is_closed_[expr.id]; }

 private:
  // What a node needs: a variable of the host, the variable of the loop with this index, or
  // nothing.
  using Need = std::ptrdiff_t;
  static constexpr Need kVariable = -1;
  static constexpr Need kNothing = std::numeric_limits<Need>::max();

  Need Visit(const Expr& expr) {
    const Need need = NeedOf(expr);
    is_closed_[expr.id] = need >= static_cast<Need>(locals_.size());
    return need;
  }

  Need NeedOf(const Expr& expr) {
    const Reference* const reference = checked_.FindReference(expr);
    if (reference != nullptr && reference->overload_ids.empty()) return NeedOfName(*reference);
    if (const auto* const loop = As<ComprehensionExpr>(expr)) return NeedOfLoop(*loop);
    const auto* const call = As<CallExpr>(expr);
    const bool is_namespaced = reference != nullptr && reference->is_namespaced;
    Need need = kNothing;
    for (const Expr* child : ChildrenOf(expr)) {
      if (call != nullptr && is_namespaced && child == call->target) continue;
      need = std::min(need, Visit(*child));
    }
    return need;
  }

  Need NeedOfName(const Reference& reference) const {
    if (reference.type_value) return kNothing;
    if (!reference.is_local) return kVariable;
    const auto found = std::find(locals_.rbegin(), locals_.rend(), reference.name);
    return found == locals_.rend() ? kVariable : locals_.rend() - found - 1;
  }

  Need NeedOfLoop(const ComprehensionExpr& loop) {
    Need need = std::min(Visit(*loop.range_expr), Visit(*loop.init));
    const std::size_t outside = locals_.size();
    locals_.push_back(loop.accu_var);
    const std::size_t around = locals_.size();
    locals_.push_back(loop.iter_var);
    if (!loop.iter_var2.empty()) locals_.push_back(loop.iter_var2);
    need = std::min({need, Visit(*loop.condition), Visit(*loop.step)});
    locals_.resize(around);
    need = std::min(need, Visit(*loop.result));
    locals_.resize(outside);
    return need >= static_cast<Need>(outside) ? kNothing : need;
  }

  const CheckedAst& checked_;
  std::vector<bool> is_closed_;  // by id
  std::vector<absl::string_view> locals_;
};

// The literal that `value` is; nothing for a value that no literal writes.
std::optional<Literal> LiteralOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return Literal::Null();
    case Kind::kBool:
      return Literal::Bool(value.bool_value());
    case Kind::kInt:
      return Literal::Int(value.int_value());
    case Kind::kUint:
      return Literal::Uint(value.uint_value());
    case Kind::kDouble:
      return Literal::Double(value.double_value());
    case Kind::kString:
      return Literal::String(value.text());
    case Kind::kBytes:
      return Literal::Bytes(value.text());
    default:
      return std::nullopt;
  }
}

std::optional<bool> BoolOf(const Expr& expr) {
  const auto* const literal = As<LiteralExpr>(expr);
  if (literal == nullptr || literal->value.kind != LiteralKind::kBool) return std::nullopt;
  return literal->value.bool_value;
}

class Folder {
 public:
  Folder(const CheckedAst& checked, const FoldOptions& options)
      : checked_(checked),
        options_(options),
        closed_(checked),
        arena_(options.bytes_max),
        context_(arena_, options.steps_max) {
    evaluate_options_.functions = options.functions;
  }

  CheckedAst Run() {
    ast_.set_root(Copy(checked_.root()));
    types_.resize(ast_.id_limit());
    references_.resize(ast_.id_limit());
    return CheckedAst(std::move(ast_), std::move(types_), std::move(references_));
  }

 private:
  const Expr* Copy(const Expr& expr) {
    if (const Expr* const folded = FoldClosed(expr)) return folded;
    if (const auto* const call = As<CallExpr>(expr)) {
      const CallExpr* const copy = CopyCall(*call);
      const Expr* const simple = Simplify(*copy);
      return simple == nullptr ? copy : simple;
    }
    return CopyNode(expr);
  }

  // ---- Values for closed parts

  const Expr* FoldClosed(const Expr& expr) {
    if (expr.kind == ExprKind::kLiteral || !closed_.Contains(expr)) return nullptr;
    const Value value =
        EvaluatePart(checked_, expr, {}, no_variables_, context_, evaluate_options_);
    if (value.is(Kind::kList) && expr.kind != ExprKind::kList) return NewList(expr, value);
    const std::optional<Literal> literal = LiteralOf(value);
    if (!literal || literal->text.size() > options_.text_bytes_max) return nullptr;
    return NewLiteral(expr, *literal, checked_.TypeOf(expr));
  }

  const Expr* NewLiteral(const Expr& from, Literal literal, const Type& type) {
    auto* const copy = ast_.New<LiteralExpr>(from.range, from.at);
    literal.text = ast_.Intern(literal.text);
    copy->value = literal;
    return Typed(copy, type);
  }

  // A list of scalars; null for any other.
  const Expr* NewList(const Expr& from, const Value& value) {
    if (value.size() > options_.elements_max) return nullptr;
    std::vector<Literal> literals;
    for (const Value& element : value.elements()) {
      const std::optional<Literal> literal = LiteralOf(element);
      if (!literal || literal->text.size() > options_.text_bytes_max) return nullptr;
      literals.push_back(*literal);
    }
    std::vector<ListElement> elements;
    elements.reserve(literals.size());
    for (const Literal& literal : literals) {
      elements.push_back({NewLiteral(from, literal, TypeOfLiteral(literal)), false});
    }
    auto* const copy = ast_.New<ListExpr>(from.range, from.at);
    copy->elements = ast_.Copy(elements);
    return Finish(copy, from);
  }

  // ---- Copies

  const Expr* Typed(Expr* copy, const Type& type) {
    types_.resize(std::max<std::size_t>(types_.size(), copy->id + 1));
    types_[copy->id] = type;
    return copy;
  }

  // `copy` with the type, the reference and the depth that it needs.
  template <class T>
  const T* Finish(T* copy, const Expr& from) {
    std::uint16_t depth = 0;
    for (const Expr* child : ChildrenOf(*copy)) depth = std::max(depth, child->depth);
    copy->depth = static_cast<std::uint16_t>(depth + 1);
    Typed(copy, checked_.TypeOf(from));
    const Reference* const reference = checked_.FindReference(from);
    if (reference != nullptr && copy->kind == from.kind) {
      references_.resize(std::max<std::size_t>(references_.size(), copy->id + 1));
      references_[copy->id] = *reference;
    }
    return copy;
  }

  template <class T>
  T* NewLike(const T& from) {
    return ast_.New<T>(from.range, from.at);
  }

  const Expr* CopyNode(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kError:
      case ExprKind::kMessage:  // neither comes out of the checker
        break;
      case ExprKind::kLiteral:
        return NewLiteral(expr, To<LiteralExpr>(expr).value, checked_.TypeOf(expr));
      case ExprKind::kIdent:
        return CopyIdent(To<IdentExpr>(expr));
      case ExprKind::kSelect:
        return CopySelect(To<SelectExpr>(expr));
      case ExprKind::kCall:
        return CopyCall(To<CallExpr>(expr));
      case ExprKind::kList:
        return CopyList(To<ListExpr>(expr));
      case ExprKind::kMap:
        return CopyMap(To<MapExpr>(expr));
      case ExprKind::kComprehension:
        return CopyLoop(To<ComprehensionExpr>(expr));
    }
    return NewLiteral(expr, Literal::Null(), Type::Error());
  }

  const Expr* CopyIdent(const IdentExpr& ident) {
    auto* const copy = NewLike(ident);
    copy->name = ast_.Intern(ident.name);
    return Finish(copy, ident);
  }

  const Expr* CopySelect(const SelectExpr& select) {
    const bool is_name = checked_.FindReference(select) != nullptr;
    const Expr* const operand = is_name ? CopyNode(*select.operand) : Copy(*select.operand);
    auto* const copy = NewLike(select);
    copy->operand = operand;
    copy->field = ast_.Intern(select.field);
    copy->is_test = select.is_test;
    return Finish(copy, select);
  }

  const CallExpr* CopyCall(const CallExpr& call) {
    const Reference* const reference = checked_.FindReference(call);
    const bool is_namespaced = reference != nullptr && reference->is_namespaced;
    const Expr* target = nullptr;
    if (call.target != nullptr)
      target = is_namespaced ? CopyNode(*call.target) : Copy(*call.target);
    std::vector<const Expr*> args;
    for (const Expr* arg : call.args) args.push_back(Copy(*arg));
    auto* const copy = NewLike(call);
    copy->target = target;
    copy->function = ast_.Intern(call.function);
    copy->args = ast_.Copy(args);
    return Finish(copy, call);
  }

  const Expr* CopyList(const ListExpr& list) {
    std::vector<ListElement> elements;
    for (const ListElement& element : list.elements) {
      elements.push_back({Copy(*element.value), element.is_optional});
    }
    auto* const copy = NewLike(list);
    copy->elements = ast_.Copy(elements);
    return Finish(copy, list);
  }

  const Expr* CopyMap(const MapExpr& map) {
    std::vector<MapEntry> entries;
    for (const MapEntry& entry : map.entries) {
      const Expr* const key = Copy(*entry.key);
      entries.push_back({ast_.NewId(), key, Copy(*entry.value), entry.is_optional});
    }
    auto* const copy = NewLike(map);
    copy->entries = ast_.Copy(entries);
    return Finish(copy, map);
  }

  const Expr* CopyLoop(const ComprehensionExpr& loop) {
    const Expr* const range = Copy(*loop.range_expr);
    const Expr* const init = Copy(*loop.init);
    const Expr* const condition = CopyNode(*loop.condition);
    // Not simplified: whoever reads the macro out of the step relies on its shape.
    const Expr* const step = CopyNode(*loop.step);
    const Expr* const result = Copy(*loop.result);
    auto* const copy = NewLike(loop);
    copy->macro = loop.macro;
    copy->iter_var = ast_.Intern(loop.iter_var);
    copy->iter_var2 = ast_.Intern(loop.iter_var2);
    copy->accu_var = ast_.Intern(loop.accu_var);
    copy->range_expr = range;
    copy->init = init;
    copy->condition = condition;
    copy->step = step;
    copy->result = result;
    return Finish(copy, loop);
  }

  // ---- Conditions

  bool IsBool(const Expr& copy) const { return types_[copy.id].kind() == TypeKind::kBool; }

  // What `call`, a copy, comes to if a literal decides it; null if none does.
  const Expr* Simplify(const CallExpr& call) const {
    if (call.function == op::kConditional) {
      const std::optional<bool> condition = BoolOf(*call.args[0]);
      return condition ? call.args[*condition ? 1 : 2] : nullptr;
    }
    const bool is_and = call.function == op::kLogicalAnd;
    if (!is_and && call.function != op::kLogicalOr) return nullptr;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::optional<bool> operand = BoolOf(*call.args[i]);
      if (!operand) continue;
      const Expr* const other = call.args[1 - i];
      if (*operand != is_and) return call.args[i];  // false && x, true || x: whatever x is
      if (IsBool(*other)) return other;             // true && x, false || x
    }
    return nullptr;
  }

  const CheckedAst& checked_;
  const FoldOptions& options_;
  ClosedNodes closed_;
  Arena arena_;
  Context context_;
  EvaluateOptions evaluate_options_;
  MapActivation no_variables_;
  Ast ast_;
  std::vector<Type> types_;                           // by new id
  std::vector<std::optional<Reference>> references_;  // by new id
};

}  // namespace

CheckedAst Fold(const CheckedAst& checked, const FoldOptions& options) {
  return Folder(checked, options).Run();
}

}  // namespace laurel::cel
