#include "rules/cel/shapes.h"

#include <algorithm>

#include "rules/cel/operation.h"

namespace laurel::cel {

namespace {

bool IsConstantList(const ListExpr& list) {
  return std::all_of(list.elements.begin(), list.elements.end(), [](const ListElement& element) {
    return !element.is_optional && IsConstant(*element.value);
  });
}

bool IsConstantMap(const MapExpr& map) {
  return std::all_of(map.entries.begin(), map.entries.end(), [](const MapEntry& entry) {
    return !entry.is_optional && IsConstant(*entry.key) && IsConstant(*entry.value);
  });
}

// The `x` of `accu + [x]`.
const Expr* AppendedOf(const Expr* step) {
  const auto* const list = As<ListExpr>(ArgOf(step, 1));
  return list != nullptr && list->elements.size() == 1 ? list->elements[0].value : nullptr;
}

}  // namespace

Type TypeOfLiteral(const Literal& literal) {
  switch (literal.kind) {
    case LiteralKind::kNull:
      return Type::Null();
    case LiteralKind::kBool:
      return Type::Bool();
    case LiteralKind::kInt:
      return Type::Int();
    case LiteralKind::kUint:
      return Type::Uint();
    case LiteralKind::kDouble:
      return Type::Double();
    case LiteralKind::kString:
      return Type::String();
    case LiteralKind::kBytes:
      return Type::Bytes();
  }
  return Type::Error();
}

Value ValueOfLiteral(const Literal& literal) {
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
      return Value::String(literal.text);
    case LiteralKind::kBytes:
      return Value::Bytes(literal.text);
  }
  return Value::Null();
}

const Literal* LiteralOf(const Expr& expr, LiteralKind kind) {
  const auto* const literal = As<LiteralExpr>(expr);
  return literal != nullptr && literal->value.kind == kind ? &literal->value : nullptr;
}

bool IsListOf(const Expr& expr, LiteralKind kind) {
  const auto* const list = As<ListExpr>(expr);
  if (list == nullptr || list->elements.empty()) return false;
  return std::all_of(list->elements.begin(), list->elements.end(), [kind](const ListElement& e) {
    return !e.is_optional && LiteralOf(*e.value, kind) != nullptr;
  });
}

bool IsConstant(const Expr& expr) {
  if (expr.kind == ExprKind::kLiteral) return true;
  if (const auto* const list = As<ListExpr>(expr)) return IsConstantList(*list);
  const auto* const map = As<MapExpr>(expr);
  return map != nullptr && IsConstantMap(*map);
}

const Expr* ArgOf(const Expr* expr, std::size_t index) {
  const auto* const call = As<CallExpr>(expr);
  return call != nullptr && index < call->args.size() ? call->args[index] : nullptr;
}

std::optional<LoopParts> PartsOf(const ComprehensionExpr& loop) {
  const auto* const step = As<CallExpr>(loop.step);
  if (!loop.iter_var2.empty() || step == nullptr) return std::nullopt;
  LoopParts parts{loop.iter_var, loop.range_expr};
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
      break;
    case Macro::kMap:
      parts.filter = is_filtered ? ArgOf(step, 0) : nullptr;
      parts.item = AppendedOf(is_filtered ? ArgOf(step, 1) : step);
      break;
    case Macro::kNone:
    case Macro::kTransformList:
    case Macro::kTransformMap:
    case Macro::kTransformMapEntry:
    case Macro::kBind:
    case Macro::kOptMap:
    case Macro::kOptFlatMap:
      return std::nullopt;
  }
  const Expr* const needed = loop.macro == Macro::kFilter ? parts.filter : parts.item;
  return needed == nullptr ? std::nullopt : std::optional<LoopParts>(parts);
}

const ComprehensionExpr* LoopOf(const Expr& expr, Macro macro) {
  const auto* const loop = As<ComprehensionExpr>(expr);
  return loop != nullptr && loop->macro == macro ? loop : nullptr;
}

}  // namespace laurel::cel
