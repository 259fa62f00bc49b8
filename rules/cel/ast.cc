#include "rules/cel/ast.h"

#include <algorithm>

namespace laurel::cel {
namespace {

constexpr std::size_t kFirstChunkBytes = 2048;
constexpr std::size_t kChunkBytesMax = std::size_t{64} << 10;

void AppendChildren(const ComprehensionExpr& expr, std::vector<const Expr*>& children) {
  children = {expr.range_expr, expr.init, expr.condition, expr.step, expr.result};
}

}  // namespace

Literal Literal::Bool(bool value) {
  Literal literal;
  literal.kind = LiteralKind::kBool;
  literal.bool_value = value;
  return literal;
}

Literal Literal::Int(std::int64_t value) {
  Literal literal;
  literal.kind = LiteralKind::kInt;
  literal.int_value = value;
  return literal;
}

Literal Literal::Uint(std::uint64_t value) {
  Literal literal;
  literal.kind = LiteralKind::kUint;
  literal.uint_value = value;
  return literal;
}

Literal Literal::Double(double value) {
  Literal literal;
  literal.kind = LiteralKind::kDouble;
  literal.double_value = value;
  return literal;
}

Literal Literal::String(absl::string_view value) {
  Literal literal;
  literal.kind = LiteralKind::kString;
  literal.text = value;
  return literal;
}

Literal Literal::Bytes(absl::string_view value) {
  Literal literal;
  literal.kind = LiteralKind::kBytes;
  literal.text = value;
  return literal;
}

void* Ast::Allocate(std::size_t size, std::size_t alignment) {
  std::size_t begin = (used_ + alignment - 1) / alignment * alignment;
  if (chunks_.empty() || begin + size > capacity_) {
    const std::size_t grown = std::min(kChunkBytesMax, std::max(kFirstChunkBytes, capacity_ * 2));
    capacity_ = std::max(grown, size);
    chunks_.push_back(std::make_unique<std::byte[]>(capacity_));
    begin = 0;
  }
  used_ = begin + size;
  return chunks_.back().get() + begin;
}

absl::string_view Ast::Intern(absl::string_view text) {
  if (text.empty()) return absl::string_view();
  char* const copy = static_cast<char*>(Allocate(text.size(), 1));
  std::copy(text.begin(), text.end(), copy);
  return absl::string_view(copy, text.size());
}

std::vector<const Expr*> ChildrenOf(const Expr& expr) {
  std::vector<const Expr*> children;
  switch (expr.kind) {
    case ExprKind::kError:
    case ExprKind::kLiteral:
    case ExprKind::kIdent:
      break;
    case ExprKind::kSelect:
      children.push_back(To<SelectExpr>(expr).operand);
      break;
    case ExprKind::kCall: {
      const auto& call = To<CallExpr>(expr);
      if (call.target != nullptr) children.push_back(call.target);
      children.insert(children.end(), call.args.begin(), call.args.end());
      break;
    }
    case ExprKind::kList:
      for (const ListElement& element : To<ListExpr>(expr).elements)
        children.push_back(element.value);
      break;
    case ExprKind::kMap:
      for (const MapEntry& entry : To<MapExpr>(expr).entries) {
        children.push_back(entry.key);
        children.push_back(entry.value);
      }
      break;
    case ExprKind::kMessage:
      for (const MessageField& field : To<MessageExpr>(expr).fields)
        children.push_back(field.value);
      break;
    case ExprKind::kComprehension:
      AppendChildren(To<ComprehensionExpr>(expr), children);
      break;
  }
  return children;
}

}  // namespace laurel::cel
