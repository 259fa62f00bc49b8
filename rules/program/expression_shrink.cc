#include "rules/program/expression_shrink.h"

#include <array>

#include "rules/cel/operation.h"

namespace laurel::rules {
namespace {

using cel::Expr;
using cel::Operation;

Drift Both(Drift a, Drift b) { return {a.falls || b.falls, a.rises || b.rises}; }
Drift Turned(Drift drift) { return {drift.rises, drift.falls}; }
// In a direction that nobody can tell.
Drift Any(Drift drift) {
  const bool moves = drift.falls || drift.rises;
  return {moves, moves};
}

class Walker {
 public:
  Walker(const cel::CheckedAst& checked, const VariableDrifts& variables)
      : checked_(checked), variables_(variables) {}

  Drift Of(const Expr& expr) const {
    switch (expr.kind) {
      case cel::ExprKind::kIdent:
        return OfName(expr);
      case cel::ExprKind::kSelect:
        return OfField(cel::To<cel::SelectExpr>(expr));
      case cel::ExprKind::kCall:
        return OfCall(cel::To<cel::CallExpr>(expr));
      case cel::ExprKind::kComprehension:
        return OfLoop(cel::To<cel::ComprehensionExpr>(expr));
      default:
        return OfParts(expr);
    }
  }

 private:
  Drift OfParts(const Expr& expr) const {
    Drift drift;
    for (const Expr* part : cel::ChildrenOf(expr)) drift = Both(drift, Of(*part));
    return Any(drift);
  }

  Drift OfName(const Expr& expr) const {
    const cel::Reference* const reference = checked_.FindReference(expr);
    const bool is_items =
        reference != nullptr && !reference->is_local && reference->name == "items";
    return {.falls = is_items, .rises = false};
  }

  // Amounts of the purchase become less; those of an item too, but an item that is left is the same
  // one to a condition only if nothing of it went back.
  Drift OfField(const cel::SelectExpr& select) const {
    const cel::Type& holder = checked_.TypeOf(*select.operand);
    if (holder.kind() != cel::TypeKind::kStruct || select.is_test) return {};
    if (holder.name() == "Variables") {
      const auto found = variables_.find(select.field);
      return found == variables_.end() ? Drift() : found->second;
    }
    const cel::TypeKind kind = checked_.TypeOf(select).kind();
    if (holder.name() == "Purchase") {
      return {.falls = kind == cel::TypeKind::kInt || select.field == "all_items", .rises = false};
    }
    constexpr std::array<absl::string_view, 6> kAmounts = {
        "quantity", "quantity_micros", "list", "net", "tax", "discount"};
    if (holder.name() != "Item") return {};
    for (const absl::string_view amount : kAmounts) {
      if (select.field == amount) return {.falls = true, .rises = false};
    }
    return {};
  }

  Drift OfCall(const cel::CallExpr& call) const {
    const auto arg = [&](std::size_t i) { return Of(*call.args[i]); };
    switch (cel::OperationOf(call)) {
      case Operation::kAnd:
      case Operation::kOr: {
        Drift drift;
        for (const Expr* term : call.args) drift = Both(drift, Of(*term));
        return drift;
      }
      case Operation::kNot:
      case Operation::kNegate:
        return Turned(arg(0));
      case Operation::kAdd:
      case Operation::kMultiply:
        return Both(arg(0), arg(1));
      case Operation::kSubtract:
      case Operation::kDivide:
      case Operation::kGreater:
      case Operation::kGreaterEquals:
        return Both(arg(0), Turned(arg(1)));
      case Operation::kLess:
      case Operation::kLessEquals:
        return Both(Turned(arg(0)), arg(1));
      case Operation::kConditional:
        return Both(Any(arg(0)), Both(arg(1), arg(2)));
      default:
        return OfFunction(call);
    }
  }

  // Those that keep the direction of their target or of their first argument.
  Drift OfFunction(const cel::CallExpr& call) const {
    const absl::string_view name = call.function;
    const bool keeps = name == "sum" || name == "size" || name == "distinct" || name == "mul_div" ||
                       name == "percent";
    if (!keeps) return OfParts(call);
    return call.target != nullptr ? Of(*call.target) : Of(*call.args[0]);
  }

  Drift OfLoop(const cel::ComprehensionExpr& loop) const {
    const Drift range = Of(*loop.range_expr);
    const Drift body = Both(Of(*loop.step), Of(*loop.result));
    switch (loop.macro) {
      case cel::Macro::kExists:
        return Both(range, body);
      case cel::Macro::kAll:
        return Both(Turned(range), body);
      case cel::Macro::kFilter:
      case cel::Macro::kMap:
        return Both(range, body);
      case cel::Macro::kBind:
        return Any(Both(Of(*loop.init), body));
      default:
        return Any(Both(range, body));
    }
  }

  const cel::CheckedAst& checked_;
  const VariableDrifts& variables_;
};

}  // namespace

Drift DriftOf(const cel::CheckedAst& checked, const VariableDrifts& variables) {
  return Walker(checked, variables).Of(checked.root());
}

}  // namespace laurel::rules
