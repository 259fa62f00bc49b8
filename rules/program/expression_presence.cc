#include "rules/program/expression_presence.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "rules/cel/names.h"
#include "rules/cel/operators.h"

namespace laurel::rules {
namespace {

namespace op = cel::operators;

using cel::As;
using cel::Expr;

class Walker {
 public:
  Walker(const cel::CheckedAst& checked, const Environment& environment, const cel::Source& source,
         std::vector<ExpressionIssue>& issues)
      : checked_(checked), environment_(environment), source_(source), issues_(issues) {}

  void Walk(const Expr& expr) {
    if (const auto* const call = As<cel::CallExpr>(expr)) return WalkCall(*call);
    if (const auto* const select = As<cel::SelectExpr>(expr)) {
      if (select->is_test) return;
      CheckSelect(*select);
    }
    for (const Expr* const child : cel::ChildrenOf(expr)) Walk(*child);
  }

 private:
  void WalkCall(const cel::CallExpr& call) {
    const std::size_t known = guards_.size();
    if (call.function == op::kLogicalAnd || call.function == op::kLogicalOr) {
      const bool is_and = call.function == op::kLogicalAnd;
      for (const Expr* const arg : call.args) Collect(*arg, is_and);
      for (const Expr* const arg : call.args) Walk(*arg);
    } else if (call.function == op::kConditional) {
      Walk(*call.args[0]);
      Collect(*call.args[0], true);
      Walk(*call.args[1]);
      guards_.resize(known);
      Collect(*call.args[0], false);
      Walk(*call.args[2]);
    } else {
      CheckLookUp(call);
      for (const Expr* const child : cel::ChildrenOf(call)) Walk(*child);
    }
    guards_.resize(known);
  }

  // Adds what is there if `expr` is `value`.
  void Collect(const Expr& expr, bool value) {
    const auto* const call = As<cel::CallExpr>(expr);
    if (call != nullptr && call->function == op::kLogicalNot)
      return Collect(*call->args[0], !value);
    const absl::string_view splits = value ? op::kLogicalAnd : op::kLogicalOr;
    if (call != nullptr && call->function == splits) {
      for (const Expr* const arg : call->args) Collect(*arg, value);
    }
    if (!value) return;
    if (call != nullptr && call->function == op::kIn) {
      guards_.push_back(LookUpOf(*call->args[1], *call->args[0]));
    }
    const auto* const select = As<cel::SelectExpr>(expr);
    if (select != nullptr && select->is_test) guards_.push_back(PathOf(*select));
  }

  // Two look-ups are the same if they are written the same.
  std::string LookUpOf(const Expr& map, const Expr& key) const {
    return absl::StrCat(source_.Slice(key.range), " in ", source_.Slice(map.range));
  }

  // A map that may not have the key.
  void CheckLookUp(const cel::CallExpr& call) {
    const bool is_look_up = call.function == op::kIndex && call.args.size() == 2 &&
                            checked_.TypeOf(*call.args[0]).kind() == cel::TypeKind::kMap;
    if (!is_look_up) return;
    const std::string guard = LookUpOf(*call.args[0], *call.args[1]);
    if (std::find(guards_.begin(), guards_.end(), guard) != guards_.end()) return;
    issues_.push_back({.code = "R-NUM-253",
                       .range = call.range,
                       .message = absl::StrCat(source_.Slice(call.args[1]->range),
                                               " may be missing in the look-up"),
                       .hint = absl::StrCat(guard, " && …")});
  }

  static std::string PathOf(const cel::SelectExpr& select) {
    return absl::StrCat(cel::QualifiedName(*select.operand), ".", select.field);
  }

  void CheckSelect(const cel::SelectExpr& select) {
    const cel::Type& holder = checked_.TypeOf(*select.operand);
    if (holder.kind() != cel::TypeKind::kStruct) return;
    const FactInfo* const fact = environment_.facts().FindField(holder.name(), select.field);
    if (fact == nullptr || !fact->is_optional) return;
    const std::string path = PathOf(select);
    if (std::find(guards_.begin(), guards_.end(), path) != guards_.end()) return;
    ExpressionIssue issue{.code = "R-PRES-301",
                          .range = select.range,
                          .message = absl::StrCat(path, " may be missing")};
    const std::string text(source_.text());
    // The repair is certain where the whole expression is one comparison.
    const auto* const root = As<cel::CallExpr>(checked_.root());
    const bool is_plain = root != nullptr && root->function != op::kLogicalAnd &&
                          root->function != op::kLogicalOr && root->function != op::kConditional &&
                          checked_.type().kind() == cel::TypeKind::kBool;
    if (is_plain) {
      issue.hint = absl::StrCat("has(", path, ") && ", text);
    } else {
      issue.hint = absl::StrCat("has(", path, ") && …");
    }
    issues_.push_back(std::move(issue));
  }

  const cel::CheckedAst& checked_;
  const Environment& environment_;
  const cel::Source& source_;
  std::vector<ExpressionIssue>& issues_;
  std::vector<std::string> guards_;
};

}  // namespace

void CheckPresence(const cel::CheckedAst& checked, const Environment& environment,
                   const cel::Source& source, std::vector<ExpressionIssue>& issues) {
  Walker(checked, environment, source, issues).Walk(checked.root());
}

}  // namespace laurel::rules
