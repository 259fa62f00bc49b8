#include "rules/program/condition_parts.h"

#include "rules/cel/operation.h"

namespace laurel::rules::model {
namespace {

using cel::Expr;
using cel::Operation;

constexpr std::size_t kAlternativesMax = 64;

// The call of `operation` that `expr` is; else null.
const cel::CallExpr* CallOf(const Expr& expr, Operation operation) {
  const auto* const call = cel::As<cel::CallExpr>(expr);
  return call != nullptr && cel::OperationOf(*call) == operation ? call : nullptr;
}

void Split(const Expr& expr, Conjunction& conjuncts) {
  const cel::CallExpr* const call = CallOf(expr, Operation::kAnd);
  if (call == nullptr) {
    conjuncts.push_back(&expr);
    return;
  }
  for (const Expr* arg : call->args) Split(*arg, conjuncts);
}

std::vector<Conjunction> Both(const std::vector<Conjunction>& a,
                              const std::vector<Conjunction>& b) {
  std::vector<Conjunction> joined;
  for (const Conjunction& first : a) {
    for (const Conjunction& second : b) {
      joined.push_back(first);
      joined.back().insert(joined.back().end(), second.begin(), second.end());
    }
  }
  return joined;
}

// Too many, one more than the most, where there are too many.
std::vector<Conjunction> Alternatives(const Expr& expr) {
  const cel::CallExpr* const either = CallOf(expr, Operation::kOr);
  const cel::CallExpr* const both = CallOf(expr, Operation::kAnd);
  if (either == nullptr && both == nullptr) return {{&expr}};
  std::vector<Conjunction> all;
  if (both != nullptr) all.emplace_back();
  for (const Expr* arg : (either != nullptr ? either : both)->args) {
    const std::vector<Conjunction> more = Alternatives(*arg);
    if (either != nullptr) {
      all.insert(all.end(), more.begin(), more.end());
    } else {
      all = Both(all, more);
    }
    if (all.size() > kAlternativesMax) {
      all.resize(kAlternativesMax + 1);
      return all;
    }
  }
  return all;
}

}  // namespace

std::string TextOf(const Expression& expression, const Expr& part) {
  return expression.text.substr(part.range.begin, part.range.end - part.range.begin);
}

Conjunction ConjunctsOf(const Expr& expr) {
  Conjunction conjuncts;
  Split(expr, conjuncts);
  return conjuncts;
}

std::vector<Conjunction> AlternativesOf(const Expr& expr) {
  std::vector<Conjunction> all = Alternatives(expr);
  if (all.size() > kAlternativesMax) return {{&expr}};
  return all;
}

}  // namespace laurel::rules::model
