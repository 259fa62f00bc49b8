#ifndef LAUREL_RULES_CEL_NAMES_H_
#define LAUREL_RULES_CEL_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/ast.h"

namespace laurel::cel {

// The dotted name that `expr` reads as, "a.b.c" or ".a.b"; empty if it is anything else than names
// and dots, or a has().
std::string QualifiedName(const Expr& expr);

// The names that `name` may mean in `container`, to be tried in this order: in "a.b" the name c is
// a.b.c, a.c or c; one with a leading dot is itself without the dot.
std::vector<std::string> CandidateNames(absl::string_view container, absl::string_view name);

// Why no overload of `function` takes `args`, in words: "int and string cannot be added".
std::string NoOverloadMessage(absl::string_view function, bool is_method,
                              const std::vector<std::string>& args);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_NAMES_H_
