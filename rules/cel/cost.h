#ifndef LAUREL_RULES_CEL_COST_H_
#define LAUREL_RULES_CEL_COST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/checked.h"

namespace laurel::cel {

// How large a value can be: characters of a text, bytes, elements of a list, entries of a map.
struct SizeBound {
  std::uint64_t size = 0;
  std::shared_ptr<const SizeBound>
      element;                           // of a list; of a map the value; null if that has no size
  std::shared_ptr<const SizeBound> key;  // of a map
  // The list is kept as a set of known texts: looking for one literal costs 1, whatever its size.
  bool is_sealed = false;
};

struct CostOptions {
  // The bound of a variable by its name in full, or of a field by the name of its struct; the
  // default if they say nothing.
  std::function<std::optional<SizeBound>(absl::string_view variable)> variable;
  std::function<std::optional<SizeBound>(absl::string_view structure, absl::string_view field)>
      field;

  // What one call of a function of the host costs, its arguments aside; 1 if it says nothing.
  std::function<std::optional<std::uint64_t>(absl::string_view function)> function;

  std::uint64_t size_default = 1000;  // of what no bound is declared for
};

// A loop that decides the cost of an expression.
struct CostlyLoop {
  const Expr* range = nullptr;  // a node of the expression
  std::uint64_t size = 0;       // at most so many rounds
};

struct Cost {
  std::uint64_t units = 0;  // the worst case; 2^64 - 1 stands for that and more
  std::vector<CostlyLoop>
      loops;  // the costliest one and the costliest one inside each, outermost first
  std::uint64_t inner_units = 0;  // of one round of the innermost of them
};

// The most that evaluating `checked` can cost. One unit is about one operator on scalars:
//
//   literals, and lists and maps of literals        0
//   a variable or field, with the dots before it    1
//   operator, comparison, conversion of scalars     1
//   operation on text                               1 + 0.1 a character
//   x in [literals], literal in a sealed list       1      x in another list    its bound
//   matches                                         0.25 a character of the pattern x (1 + 0.1 a
//   character of the text) loop over a variable                            3 + n (1 + body) sum,
//   min, max                                   n      distinct    n log2 n sets.contains,
//   .intersects, .equivalent         the product of the bounds; of a sealed list the literals
//   beside it list                                            10     map    30 mul_div, percent 3
//
// Variables of loops and bindings cost nothing, and neither does the scaffolding of macros. Halves
// are rounded up.
Cost CostOf(const CheckedAst& checked, const CostOptions& options = {});

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_COST_H_
