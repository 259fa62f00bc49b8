#ifndef LAUREL_RULES_PROGRAM_EXPRESSION_LISTENER_H_
#define LAUREL_RULES_PROGRAM_EXPRESSION_LISTENER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "rules/cel/check_listener.h"
#include "rules/program/document_environment.h"
#include "rules/program/rulebook.h"

namespace laurel::rules {

// One thing to say about a part of an expression.
struct ExpressionIssue {
  Severity severity = Severity::kError;
  std::string code;
  cel::SourceRange range;
  std::string message;
  std::vector<std::string> notes = {};
  std::string hint = {};
  std::optional<std::string> replacement = {};  // of the range
};

// What is known of a value besides its type.
struct ValueInfo {
  Unit unit = {};
  absl::int128 min = 0;  // of an int
  absl::int128 max = 0;
  std::string vocabulary = {};  // of a text or a list of texts
  bool is_sealed = false;       // a sealed list itself
  bool is_facts = false;        // a list of the receipt's lines
  std::uint64_t elements = 0;   // of a list; 0: unknown
};

// Watches the checking of one expression: what a published program may not contain, units, bounds,
// known texts, where facts may be read, and which of them are.
class ExpressionListener : public cel::CheckListener {
 public:
  // `allowed` are the groups that may be read; `triggers` the activity types, empty if the
  // expression is not bound to any. All must outlive this.
  ExpressionListener(const Environment& environment, const cel::Source& source, Roots allowed,
                     const std::vector<std::string>& triggers)
      : environment_(environment), source_(source), allowed_(allowed), triggers_(triggers) {}

  void OnExpr(const cel::CheckedAst& checked, const cel::Expr& expr,
              std::vector<cel::Issue>& issues) override;
  void OnLoop(const cel::CheckedAst& checked, const cel::ComprehensionExpr& loop,
              std::vector<cel::Issue>& issues) override;
  void OnLoopEnd(const cel::CheckedAst& checked, const cel::ComprehensionExpr& loop) override;

  const std::vector<ExpressionIssue>& issues() const { return issues_; }
  // Of the whole expression, once it has been watched.
  const ValueInfo& result() const { return last_; }
  // Everything that was read, the variables' own reading included.
  Roots roots() const { return roots_; }
  // The activity types that have all attributes that were read; empty: all types.
  const std::vector<std::string>& only() const { return only_; }

 private:
  struct Local {
    absl::string_view name;
    ValueInfo info;
  };

  ValueInfo Infer(const cel::CheckedAst& checked, const cel::Expr& expr);
  ValueInfo InferLiteral(const cel::LiteralExpr& literal);
  ValueInfo InferName(const cel::CheckedAst& checked, const cel::Expr& expr);
  ValueInfo InferField(const cel::CheckedAst& checked, const cel::SelectExpr& select);
  ValueInfo InferProgramVariable(const cel::SelectExpr& select);
  ValueInfo InferCall(const cel::CheckedAst& checked, const cel::CallExpr& call);
  ValueInfo InferArithmetic(const cel::CallExpr& call, absl::string_view name);
  ValueInfo InferDivision(const cel::CallExpr& call, bool is_modulo);
  ValueInfo InferProduct(const cel::CallExpr& call);
  ValueInfo InferHostCall(const cel::CheckedAst& checked, const cel::CallExpr& call,
                          absl::string_view name);
  ValueInfo InferLoop(const cel::ComprehensionExpr& loop);
  void CheckUnits(const cel::Expr& left, const cel::Expr& right, absl::string_view verb);
  void CheckTexts(const cel::Expr& fact, const cel::Expr& literal);
  void CheckSealedUse(const cel::CallExpr& call, absl::string_view name);
  void CheckProfile(const cel::CheckedAst& checked, const cel::CallExpr& call,
                    absl::string_view name);
  void CheckPattern(const cel::Expr& pattern);
  void CheckAttribute(const cel::SelectExpr& select, const FactInfo& fact);
  void CheckRoot(const cel::Expr& expr, Roots roots, absl::string_view name);
  void CheckLiteralText(const cel::CallExpr& call, absl::string_view name);
  void Narrow(const std::vector<std::string>& types);
  std::string Describe(const Unit& unit) const;
  std::string Slice(const cel::Expr& expr) const;
  std::string AsMoney(std::int64_t amount) const;
  const ValueInfo& InfoOf(const cel::Expr& expr) const;
  ExpressionIssue& Report(Severity severity, absl::string_view code, const cel::Expr& expr,
                          std::string message);

  const Environment& environment_;
  const cel::Source& source_;
  Roots allowed_;
  const std::vector<std::string>& triggers_;
  std::vector<ExpressionIssue> issues_;
  std::vector<ValueInfo> infos_;  // by ExprId
  std::vector<Local> locals_;
  int loop_depth_ = 0;
  ValueInfo last_;
  Roots roots_ = 0;
  std::vector<std::string> only_;
  bool is_narrowed_ = false;
};

// The text literal that `expr` is; nothing otherwise.
std::optional<absl::string_view> TextOf(const cel::Expr& expr);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_EXPRESSION_LISTENER_H_
