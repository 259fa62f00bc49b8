#ifndef LAUREL_RULES_CEL_AST_H_
#define LAUREL_RULES_CEL_AST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/source.h"

namespace laurel::cel {

// Names a node of one Ast. Ids are dense, 1 … Ast::id_limit() - 1, so that a side table is a
// vector; 0 is no node.
using ExprId = std::uint32_t;

enum class ExprKind : std::uint8_t {
  kError,  // stands where the text could not be read; only in an Ast that came with issues
  kLiteral,
  kIdent,
  kSelect,
  kCall,
  kList,
  kMap,
  kMessage,
  kComprehension,
};

// What every node begins with. A node is immutable once the parser has handed out its Ast, lives in
// the Ast's arena and is reached by pointers that stay valid as long as the Ast does, moves
// included.
struct Expr {
  ExprKind kind = ExprKind::kError;
  std::uint16_t depth =
      1;  // 1 for a leaf, else one more than the deepest child; bounded by ParseOptions::depth_max
  ExprId id = 0;
  SourceRange range;  // the whole text of the node; of a macro's expansion, the macro
  SourceRange at;     // where a caret belongs: the operator, the name of the function, the dot
};

enum class LiteralKind : std::uint8_t { kNull, kBool, kInt, kUint, kDouble, kString, kBytes };

// A constant of the language. Only the member that `kind` names is meaningful.
struct Literal {
  LiteralKind kind = LiteralKind::kNull;
  union {
    bool bool_value;
    std::int64_t int_value = 0;
    std::uint64_t uint_value;
    double double_value;
  };
  absl::string_view
      text;  // kString: valid UTF-8, kBytes: any bytes; escapes are resolved; owned by the Ast

  static Literal Null() { return Literal(); }
  static Literal Bool(bool value);
  static Literal Int(std::int64_t value);
  static Literal Uint(std::uint64_t value);
  static Literal Double(double value);
  static Literal String(absl::string_view value);
  static Literal Bytes(absl::string_view value);
};

struct LiteralExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kLiteral;
  Literal value;
};

// A name without dots, or one with a leading dot: ".a" is "a" in the root scope.
struct IdentExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kIdent;
  absl::string_view name;
};

// operand.field, or has(operand.field) with is_test. `a.b` may turn out to be one qualified name:
// see CheckedAst. The optional forms a.?b and a[?b] are calls of "_?._" and "_[?_]".
struct SelectExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kSelect;
  const Expr* operand = nullptr;
  absl::string_view field;
  bool is_test = false;
};

// function(args) or target.function(args). Operators are calls of the names in operators.h.
struct CallExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kCall;
  const Expr* target = nullptr;  // null for a global call
  absl::string_view function;
  std::span<const Expr* const> args;  // without the target
};

// [element, ?element]
struct ListElement {
  const Expr* value = nullptr;
  bool is_optional = false;
};
struct ListExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kList;
  std::span<const ListElement> elements;
};

// {key: value, ?key: value}
struct MapEntry {
  ExprId id = 0;
  const Expr* key = nullptr;
  const Expr* value = nullptr;
  bool is_optional = false;
};
struct MapExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kMap;
  std::span<const MapEntry> entries;
};

// a.b.Message{field: value}. Parsed, and refused by the checker and the evaluator: there are no
// messages here.
struct MessageField {
  ExprId id = 0;
  absl::string_view name;
  const Expr* value = nullptr;
  bool is_optional = false;
};
struct MessageExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kMessage;
  absl::string_view message;
  std::span<const MessageField> fields;
};

// The macro that a comprehension came from, so that a planner need not recognise it by its shape.
enum class Macro : std::uint8_t {
  kNone,
  kAll,
  kExists,
  kExistsOne,
  kMap,  // with and without a filter
  kFilter,
  kTransformList,
  kTransformMap,
  kTransformMapEntry,
  kBind,
  kOptMap,
  kOptFlatMap,
};

// Fold of a list or a map:
//
//   accu = init
//   for iter_var[, iter_var2] in range: if !condition(accu) break; accu = step(accu, iter_var,
//   iter_var2) result(accu)
//
// With one variable a map yields its keys; with two a list yields (index, element) and a map (key,
// value). `condition` and `step` see the iteration variables and the accumulator; `result` sees the
// accumulator; `range` and `init` neither.
struct ComprehensionExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kComprehension;
  Macro macro = Macro::kNone;
  absl::string_view iter_var;
  absl::string_view iter_var2;  // empty for the form with one variable
  const Expr* range_expr = nullptr;
  absl::string_view accu_var;
  const Expr* init = nullptr;
  const Expr* condition = nullptr;
  const Expr* step = nullptr;
  const Expr* result = nullptr;
};

// `expr` as a T if it is one, else null: `if (const auto* call = As<CallExpr>(expr))`.
template <class T>
const T* As(const Expr* expr) {
  return expr != nullptr && expr->kind == T::kKind ? static_cast<const T*>(expr) : nullptr;
}
template <class T>
const T* As(const Expr& expr) {
  return As<T>(&expr);
}

// `expr` as the T that its kind says it is.
template <class T>
const T& To(const Expr& expr) {
  return static_cast<const T&>(expr);
}

// The nodes of one expression and all the text they point to. Movable, not copyable. A finished Ast
// is immutable and may be read by many threads.
class Ast {
 public:
  Ast() = default;
  Ast(Ast&&) = default;
  Ast& operator=(Ast&&) = default;

  const Expr* root() const { return root_; }  // null only for an Ast never given a root
  void set_root(const Expr* root) { root_ = root; }

  // One more than the greatest id.
  ExprId id_limit() const { return next_id_; }

  // ---- For who builds: the parser, macros, folding.

  ExprId NewId() { return next_id_++; }

  // A new node with a fresh id. Its depth is for the caller to set.
  template <class T>
  T* New(SourceRange range, SourceRange at) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* const node = new (Allocate(sizeof(T), alignof(T))) T();
    node->kind = T::kKind;
    node->id = NewId();
    node->range = range;
    node->at = at;
    return node;
  }

  // Copies into the arena.
  absl::string_view Intern(absl::string_view text);
  template <class T>
  std::span<const T> Copy(const std::vector<T>& items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    T* const copy = static_cast<T*>(Allocate(std::span(items).size_bytes(), alignof(T)));
    std::uninitialized_copy(items.begin(), items.end(), copy);
    return {copy, items.size()};
  }

 private:
  void* Allocate(std::size_t size, std::size_t alignment);

  const Expr* root_ = nullptr;
  ExprId next_id_ = 1;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t used_ = 0;  // of the last chunk
  std::size_t capacity_ = 0;
};

// The children of `expr` in the order of evaluation: target, arguments; key, value; range, init,
// condition, step, result.
std::vector<const Expr*> ChildrenOf(const Expr& expr);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_AST_H_
