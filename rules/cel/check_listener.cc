#include "rules/cel/check_listener.h"

namespace laurel::cel {
namespace {

class HostWalk {
 public:
  HostWalk(const CheckedAst& checked, CheckListener& listener, std::vector<Issue>& issues)
      : checked_(checked), listener_(listener), issues_(issues) {}

  void Walk(const Expr& expr) {
    if (const auto* const loop = As<ComprehensionExpr>(expr)) {
      WalkLoop(*loop);
    } else if (!IsName(expr)) {
      for (const Expr* child : ChildrenOf(expr)) {
        if (!IsNamespace(expr, child)) Walk(*child);
      }
    }
    listener_.OnExpr(checked_, expr, issues_);
  }

 private:
  // A qualified name is one node: its parts are not evaluated.
  bool IsName(const Expr& expr) const {
    return expr.kind == ExprKind::kSelect && checked_.FindReference(expr) != nullptr;
  }
  bool IsNamespace(const Expr& expr, const Expr* child) const {
    const auto* const call = As<CallExpr>(expr);
    if (call == nullptr || call->target != child) return false;
    const Reference* const reference = checked_.FindReference(expr);
    return reference != nullptr && reference->is_namespaced;
  }

  void WalkLoop(const ComprehensionExpr& loop) {
    Walk(*loop.range_expr);
    Walk(*loop.init);
    listener_.OnLoop(checked_, loop, issues_);
    Walk(*loop.condition);
    Walk(*loop.step);
    listener_.OnLoopEnd(checked_, loop);
    Walk(*loop.result);
  }

  const CheckedAst& checked_;
  CheckListener& listener_;
  std::vector<Issue>& issues_;
};

}  // namespace

void ShowToListener(const CheckedAst& checked, CheckListener& listener,
                    std::vector<Issue>& issues) {
  HostWalk(checked, listener, issues).Walk(checked.root());
}

}  // namespace laurel::cel
