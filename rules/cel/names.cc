#include "rules/cel/names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/operators.h"

namespace laurel::cel {
namespace {

namespace op = operators;

struct Verb {
  absl::string_view function;
  absl::string_view verb;  // "int and string cannot be …"
};

constexpr Verb kVerbs[] = {
    {op::kAdd, "added"},          {op::kSubtract, "subtracted"},    {op::kMultiply, "multiplied"},
    {op::kDivide, "divided"},     {op::kModulo, "divided"},         {op::kEquals, "compared"},
    {op::kNotEquals, "compared"}, {op::kLess, "compared"},          {op::kLessEquals, "compared"},
    {op::kGreater, "compared"},   {op::kGreaterEquals, "compared"},
};

}  // namespace

std::string QualifiedName(const Expr& expr) {
  std::vector<absl::string_view> parts;
  const Expr* part = &expr;
  while (const auto* const select = As<SelectExpr>(part)) {
    if (select->is_test) return "";
    parts.push_back(select->field);
    part = select->operand;
  }
  const auto* const ident = As<IdentExpr>(part);
  if (ident == nullptr) return "";
  parts.push_back(ident->name);
  std::reverse(parts.begin(), parts.end());
  return absl::StrJoin(parts, ".");
}

std::vector<std::string> CandidateNames(absl::string_view container, absl::string_view name) {
  if (!name.empty() && name.front() == '.') return {std::string(name.substr(1))};
  std::vector<std::string> candidates;
  while (!container.empty()) {
    candidates.push_back(absl::StrCat(container, ".", name));
    const std::size_t dot = container.rfind('.');
    container = dot == absl::string_view::npos ? absl::string_view() : container.substr(0, dot);
  }
  candidates.push_back(std::string(name));
  return candidates;
}

std::string NoOverloadMessage(absl::string_view function, bool is_method,
                              const std::vector<std::string>& args) {
  if (args.size() == 2) {
    for (const Verb& row : kVerbs) {
      if (row.function == function) {
        return absl::StrCat(args[0], " and ", args[1], " cannot be ", row.verb);
      }
    }
    if (function == op::kIn) return absl::StrCat(args[0], " cannot be looked for in ", args[1]);
    if (function == op::kIndex || function == op::kOptIndex) {
      return absl::StrCat(args[1], " is no index of ", args[0]);
    }
  }
  if (function == op::kNegate) return absl::StrCat("the sign of ", args[0], " cannot be changed");
  if (function == op::kConditional && args.size() == 3) {
    return absl::StrCat("the cases of a condition differ: ", args[1], " and ", args[2]);
  }
  if (is_method) {
    const std::vector<std::string> rest(args.begin() + 1, args.end());
    return absl::StrCat(args[0], " has no ", function, "(", absl::StrJoin(rest, ", "), ")");
  }
  return absl::StrCat(function, "() does not take (", absl::StrJoin(args, ", "), ")");
}

}  // namespace laurel::cel
