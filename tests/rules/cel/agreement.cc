#include "tests/rules/cel/agreement.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/cel/checker.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/parser.h"
#include "rules/cel/plan.h"
#include "tests/rules/cel/conformance.h"

namespace laurel::cel {

namespace {

// One expression with everything its values point to.
class Expression {
 public:
  Expression(const std::string& text, const RandomFacts& facts) : source_(text), facts_(facts) {
    for (const RandomFacts::Fact& fact : facts.facts()) activation_.Set(fact.name, fact.value);
  }

  // What keeps the text from being evaluated at all; empty if nothing does.
  std::string Read() {
    ParseResult parsed = Parse(source_);
    if (!parsed.ok()) return absl::StrCat("does not parse: ", parsed.issues.front().message);
    unchecked_ = std::move(parsed.ast);
    std::vector<Issue> issues;
    checked_ = Checked(issues);
    return issues.empty() ? "" : absl::StrCat("does not check: ", issues.front().message);
  }

  Value WalkUnchecked() { return Evaluate(unchecked_, activation_, context_); }
  Value WalkChecked() { return Evaluate(checked_, activation_, context_); }

  Value RunPlan() {
    std::vector<Issue> issues;
    plain_ = Plan::Make(Checked(issues), OptionsWith(nullptr));
    return Run(*plain_, nullptr);
  }
  Value RunPlanWithSymbols() {
    std::vector<Issue> issues;
    interned_ = Plan::Make(Checked(issues), OptionsWith(&symbols_));
    return Run(*interned_, &symbols_);
  }

 private:
  CheckedAst Checked(std::vector<Issue>& issues) const {
    CheckResult result = Check(Parse(source_).ast, facts_.declarations());
    issues = std::move(result.issues);
    return std::move(result.checked);
  }

  PlanOptions OptionsWith(SymbolTable* symbols) const {
    PlanOptions options;
    options.slots = facts_.slots();
    options.symbols = symbols;
    options.structs = {&facts_.item_type()};
    return options;
  }

  Value Run(const Plan& plan, const SymbolTable* symbols) {
    std::vector<Value> values;
    for (const RandomFacts::Fact& fact : facts_.facts()) {
      const bool is_interned = symbols != nullptr && fact.value.is(Kind::kString);
      values.push_back(is_interned ? symbols->Lookup(fact.value.text()) : fact.value);
    }
    Frame frame(values, context_);
    return plan.Evaluate(frame);
  }

  Source source_;
  const RandomFacts& facts_;
  MapActivation activation_;
  Arena arena_;
  Context context_{arena_};
  SymbolTable symbols_;
  Ast unchecked_;
  CheckedAst checked_;
  std::optional<Plan> plain_;
  std::optional<Plan> interned_;
};

// Bounds are met at other places on other paths.
bool IsBound(const Value& value) {
  return value.is_error() && (value.error() == ErrorCode::kStepsExceeded ||
                              value.error() == ErrorCode::kMemoryExceeded);
}

std::string Difference(const Value& expected, const Value& actual, absl::string_view path) {
  if (IsSameResult(expected, actual) || IsBound(expected) || IsBound(actual)) return "";
  return absl::StrCat(path, ": ", DebugString(actual), ", as a tree: ", DebugString(expected));
}

}  // namespace

Agreement EvaluateOnAllPaths(const std::string& text, const RandomFacts& facts,
                             const std::function<void(const Value&)>& use) {
  Expression expression(text, facts);
  Agreement agreement;
  agreement.difference = expression.Read();
  if (!agreement.difference.empty()) return agreement;
  const Value expected = expression.WalkUnchecked();
  agreement.is_error = expected.is_error();
  agreement.difference =
      absl::StrCat(Difference(expected, expression.WalkChecked(), "checked tree"),
                   Difference(expected, expression.RunPlan(), "plan"),
                   Difference(expected, expression.RunPlanWithSymbols(), "plan with symbols"));
  if (use) use(expected);
  return agreement;
}

}  // namespace laurel::cel
