#include "rules/program/expression_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/checker.h"
#include "rules/cel/cost.h"
#include "rules/cel/fold.h"
#include "rules/cel/operators.h"
#include "rules/cel/parser.h"
#include "rules/cel/shapes.h"
#include "rules/program/expression_presence.h"

namespace laurel::rules {
namespace {

namespace op = cel::operators;

using cel::IssueCode;

constexpr std::size_t kIssuesMax = 10;
constexpr cel::ExprId kNodesMax = 2'000;

// With thousands separated: 1,002,003.
std::string Grouped(std::uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

absl::string_view CodeOf(const cel::Issue& issue, bool is_whole) {
  switch (issue.code) {
    case IssueCode::kReservedWord:
      return "R-CEL-122";
    case IssueCode::kEscape:
      return "R-CEL-123";
    case IssueCode::kTooLong:
    case IssueCode::kTooDeep:
    case IssueCode::kTooComplex:
      return "R-CEL-124";
    case IssueCode::kUndeclared:
    case IssueCode::kNoField:
      return "R-NAME-101";
    case IssueCode::kUndeclaredFunction:
      return "R-NAME-104";
    case IssueCode::kNoOverload:
    case IssueCode::kNotSelectable:
      return "R-TYPE-201";
    case IssueCode::kTypeMismatch:
      return is_whole ? "R-TYPE-202" : "R-TYPE-201";
    case IssueCode::kUnsupported:
      return "R-PROF-223";
    case IssueCode::kSyntax:
    case IssueCode::kNumber:
    case IssueCode::kMacro:
    case IssueCode::kHost:
      break;
  }
  return "R-CEL-121";
}

// The call whose operator stands at `at`; null if there is none.
const cel::CallExpr* FindCall(const cel::Expr& expr, const cel::SourceRange& at) {
  const auto* const call = cel::As<cel::CallExpr>(expr);
  if (call != nullptr && call->at == at) return call;
  for (const cel::Expr* const child : cel::ChildrenOf(expr)) {
    if (const cel::CallExpr* const found = FindCall(*child, at)) return found;
  }
  return nullptr;
}

class Checker {
 public:
  Checker(const std::string& text, const ExpressionUse& use, const Environment& environment,
          Findings& findings)
      : source_(text, use.path), use_(use), environment_(environment), findings_(findings) {}

  std::optional<CheckedExpression> Check() {
    constexpr std::size_t kBytesMax = 4'096;
    constexpr std::uint16_t kDepthMax = 64;
    cel::ParseOptions options;
    options.bytes_max = kBytesMax;
    options.depth_max = kDepthMax;
    options.issues_max = kIssuesMax;
    cel::ParseResult parsed = cel::Parse(source_, options);
    if (!parsed.ok()) return Refuse(parsed.issues, nullptr);
    if (parsed.ast.id_limit() > kNodesMax + 1) {
      Report({.code = "R-CEL-124",
              .range = parsed.ast.root()->range,
              .message = absl::StrCat("an expression must have at most ", Grouped(kNodesMax),
                                      " nodes, had ", Grouped(parsed.ast.id_limit() - 1))});
      return std::nullopt;
    }
    ExpressionListener listener(environment_, source_, use_.allowed, use_.triggers);
    cel::CheckOptions check_options;
    check_options.result = use_.result;
    check_options.issues_max = kIssuesMax;
    check_options.listener = &listener;
    cel::CheckResult result =
        cel::Check(std::move(parsed.ast), environment_.declarations(), check_options);
    if (!result.ok()) return Refuse(result.issues, &result.checked);
    std::vector<ExpressionIssue> issues = listener.issues();
    if (!HasErrors(issues)) CheckPresence(result.checked, environment_, source_, issues);
    CheckedExpression checked{.checked = std::move(result.checked),
                              .result = listener.result(),
                              .roots = listener.roots(),
                              .only = listener.only()};
    if (!HasErrors(issues)) checked.cost = CheckCost(checked.checked, issues);
    if (!HasErrors(issues) && use_.is_condition) CheckReach(checked.checked, issues);
    for (std::size_t i = 0; i < std::min(issues.size(), kIssuesMax); ++i) Report(issues[i]);
    if (HasErrors(issues)) return std::nullopt;
    return checked;
  }

 private:
  static bool HasErrors(const std::vector<ExpressionIssue>& issues) {
    return std::any_of(issues.begin(), issues.end(), [](const ExpressionIssue& issue) {
      return issue.severity == Severity::kError;
    });
  }

  std::optional<CheckedExpression> Refuse(const std::vector<cel::Issue>& issues,
                                          const cel::CheckedAst* checked) {
    for (const cel::Issue& issue : issues) {
      const bool is_whole = checked != nullptr && issue.range == checked->root().range;
      ExpressionIssue shown{.code = std::string(CodeOf(issue, is_whole)),
                            .range = issue.range,
                            .message = issue.message};
      if (!issue.suggestion.empty()) {
        shown.hint = absl::StrCat("did you mean `", issue.suggestion, "`?");
      }
      if (checked != nullptr) Explain(issue, *checked, shown);
      Report(shown);
    }
    return std::nullopt;
  }

  // What the checker cannot know: what names are for.
  void Explain(const cel::Issue& issue, const cel::CheckedAst& checked, ExpressionIssue& shown) {
    if (issue.code == IssueCode::kNoField && absl::EndsWith(issue.message, " in Metrics")) {
      shown.code = "R-NAME-103";
      shown.message = absl::StrCat("there is no metric \"", issue.name, "\"");
    } else if (issue.code == IssueCode::kNoField &&
               absl::EndsWith(issue.message, " in Variables")) {
      const bool is_later = environment_.IsProgramVariable(issue.name);
      shown.code = is_later ? "R-NAME-105" : "R-NAME-101";
      shown.message =
          is_later ? absl::StrCat("variables.", issue.name, " is defined further down or by itself")
                   : absl::StrCat("there is no variable \"", issue.name, "\"");
    } else if (issue.code == IssueCode::kNoOverload) {
      ExplainNeverEqual(issue, checked, shown);
      ExplainList(issue, checked, shown);
    } else if (shown.code == "R-TYPE-202" && use_.result) {
      shown.message = absl::StrCat(
          "this field takes ", cel::ToString(*use_.result, cel::TypeNames::kShort),
          ", and the expression is ", cel::ToString(checked.type(), cel::TypeNames::kShort));
    }
  }

  // Two types of which no values are equal.
  void ExplainNeverEqual(const cel::Issue& issue, const cel::CheckedAst& checked,
                         ExpressionIssue& shown) {
    const cel::CallExpr* const call = FindCall(checked.root(), issue.range);
    if (call == nullptr || call->args.size() != 2) return;
    const bool is_search = call->function == op::kIn;
    if (!is_search && call->function != op::kEquals && call->function != op::kNotEquals) return;
    const cel::Type& left = checked.TypeOf(*call->args[0]);
    cel::Type right = checked.TypeOf(*call->args[1]);
    if (is_search) {
      if (right.kind() != cel::TypeKind::kList && right.kind() != cel::TypeKind::kMap) return;
      right = right.param(0);
    }
    shown.code = "R-TYPE-204";
    shown.range = call->range;
    shown.message = absl::StrCat(cel::ToString(left, cel::TypeNames::kShort), " and ",
                                 cel::ToString(right, cel::TypeNames::kShort), " are never equal");
  }

  // A list compared with one text.
  void ExplainList(const cel::Issue& issue, const cel::CheckedAst& checked,
                   ExpressionIssue& shown) {
    const cel::CallExpr* const call = FindCall(checked.root(), issue.range);
    if (call == nullptr || call->args.size() != 2) return;
    const bool is_equal = call->function == op::kEquals;
    if (!is_equal && call->function != op::kNotEquals) return;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const cel::Expr& list = *call->args[side];
      const cel::Expr& text = *call->args[1 - side];
      if (checked.TypeOf(list).kind() != cel::TypeKind::kList || !TextOf(text)) continue;
      const std::string name(source_.Slice(list.range));
      shown.code = "R-TYPE-201";
      shown.range = call->range;
      shown.message = absl::StrCat(name, " is a list of text and cannot be compared with one text");
      const std::string search = absl::StrCat(source_.Slice(text.range), " in ", name);
      shown.replacement = is_equal ? search : absl::StrCat("!(", search, ")");
      shown.hint = *shown.replacement;
    }
  }

  std::uint64_t CheckCost(const cel::CheckedAst& checked, std::vector<ExpressionIssue>& issues) {
    const cel::Cost cost = cel::CostOf(checked, environment_.cost_options());
    if (cost.units <= kExpressionCostMax) return cost.units;
    ExpressionIssue issue{
        .code = "R-COST-401",
        .range = checked.root().range,
        .message = absl::StrCat("this may cost ", Grouped(cost.units), " units (limit ",
                                Grouped(kExpressionCostMax), ")")};
    std::vector<std::string> parts;
    for (const cel::CostlyLoop& loop : cost.loops) {
      parts.push_back(
          absl::StrCat(source_.Slice(loop.range->range), " (up to ", Grouped(loop.size), ")"));
    }
    if (!parts.empty()) {
      issue.notes = {absl::StrCat(absl::StrJoin(parts, " x "), " x ", Grouped(cost.inner_units))};
    }
    issues.push_back(std::move(issue));
    return cost.units;
  }

  void CheckReach(const cel::CheckedAst& checked, std::vector<ExpressionIssue>& issues) {
    const cel::CheckedAst folded = cel::Fold(checked);
    const cel::Literal* const literal = cel::LiteralOf(folded.root(), cel::LiteralKind::kBool);
    if (literal == nullptr) return;
    issues.push_back(
        {.severity = literal->bool_value ? Severity::kWarning : Severity::kError,
         .code = literal->bool_value ? "R-REACH-501" : "R-REACH-502",
         .range = checked.root().range,
         .message = literal->bool_value ? "this is always true" : "this is never true"});
  }

  void Report(const ExpressionIssue& issue) {
    findings_.Report(issue.severity, issue.code, use_.path,
                     {.begin = issue.range.begin, .end = issue.range.end}, issue.message,
                     {.notes = issue.notes, .hint = issue.hint, .replacement = issue.replacement});
  }

  cel::Source source_;
  const ExpressionUse& use_;
  const Environment& environment_;
  Findings& findings_;
};

}  // namespace

std::optional<CheckedExpression> CheckExpression(const std::string& text, const ExpressionUse& use,
                                                 const Environment& environment,
                                                 Findings& findings) {
  return Checker(text, use, environment, findings).Check();
}

}  // namespace laurel::rules
