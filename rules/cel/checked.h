#ifndef LAUREL_RULES_CEL_CHECKED_H_
#define LAUREL_RULES_CEL_CHECKED_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/cel/ast.h"
#include "rules/cel/type.h"

namespace laurel::cel {

// What the checker found a node to mean.
struct Reference {
  // For a variable or a type name: the declared name in full, without a leading dot. A SelectExpr
  // with a reference is such a name as a whole, and its operand is not evaluated. For a call: the
  // function's name in full. A CallExpr whose target is only the first part of that name has
  // `is_namespaced` set: it is a global call and the target is not evaluated.
  std::string name;
  bool is_namespaced = false;

  // The variable of a comprehension around the node, and not one of the host's that may have the
  // same name.
  bool is_local = false;

  // Set if the name is a type used as a value, as in type(x) == int.
  std::optional<Type> type_value;

  // For a call: the ids of the overloads that fit the types, in the order of declaration. One means
  // that the call is resolved; several, that an argument is dyn and the values decide. Never empty
  // for a call.
  std::vector<std::string> overload_ids;
};

// An expression with the type of each node. Immutable; may be read by many threads.
class CheckedAst {
 public:
  CheckedAst() = default;
  CheckedAst(Ast ast, std::vector<Type> types, std::vector<std::optional<Reference>> references)
      : ast_(std::move(ast)), types_(std::move(types)), references_(std::move(references)) {}

  const Ast& ast() const { return ast_; }
  const Expr& root() const { return *ast_.root(); }
  const Type& type() const { return TypeOf(*ast_.root()); }  // of the whole expression

  const Type& TypeOf(const Expr& expr) const { return types_[expr.id]; }

  // What `expr` refers to; null for a node that refers to nothing declared: literals, lists,
  // fields.
  const Reference* FindReference(const Expr& expr) const {
    const std::optional<Reference>& reference = references_[expr.id];
    return reference ? &*reference : nullptr;
  }

 private:
  Ast ast_;
  std::vector<Type> types_;                           // by id
  std::vector<std::optional<Reference>> references_;  // by id
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CHECKED_H_
