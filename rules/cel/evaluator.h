#ifndef LAUREL_RULES_CEL_EVALUATOR_H_
#define LAUREL_RULES_CEL_EVALUATOR_H_

#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/cel/ast.h"
#include "rules/cel/checked.h"
#include "rules/cel/context.h"
#include "rules/cel/registry.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// The variables of an evaluation, by their names in full: "x", "a.b.c".
class Activation {
 public:
  virtual ~Activation() = default;
  // Sets `value` and returns true if there is a variable of that name. An error value stands for a
  // variable that is declared and absent.
  virtual bool Find(absl::string_view name, Value& value) const = 0;
};

// Variables in a hash map. The values' memory belongs to the caller.
class MapActivation : public Activation {
 public:
  void Set(absl::string_view name, const Value& value) { values_[name] = value; }
  bool Find(absl::string_view name, Value& value) const override;

 private:
  absl::flat_hash_map<std::string, Value> values_;
};

// A variable that a comprehension around the expression binds.
struct LocalVariable {
  absl::string_view name;
  Value value;
};

struct EvaluateOptions {
  const FunctionRegistry* functions = &AllFunctions();
  // The scope in which names of an unchecked expression are looked up, from the inside out, as
  // "com.example". The checker has settled those of a checked one.
  std::string container;
};

// The value of an expression, by walking its tree and choosing every operation by the kinds of the
// values. An error is a value. Texts of the result may belong to
// the Ast, the activation or the context's arena. Recurses as deep as the tree and stops with an
// error when the context's steps or memory are used up.
Value Evaluate(const Ast& ast, const Activation& activation, Context& context,
               const EvaluateOptions& options = {});
Value Evaluate(const CheckedAst& ast, const Activation& activation, Context& context,
               const EvaluateOptions& options = {});

// The value of a part of a checked expression, inside the comprehensions that bind `locals`, the
// innermost last.
Value EvaluatePart(const CheckedAst& ast, const Expr& part, std::span<const LocalVariable> locals,
                   const Activation& activation, Context& context,
                   const EvaluateOptions& options = {});

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_EVALUATOR_H_
