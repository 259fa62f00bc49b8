#include "rules/program/document_thresholds.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/operators.h"
#include "rules/cel/shapes.h"
#include "rules/program/units.h"

namespace laurel::rules {
namespace {

namespace op = cel::operators;

using Alternatives = std::optional<std::vector<MetricFloors>>;

constexpr std::size_t kAlternativesMax = 64;

// The id of the metric that `expr` reads; empty otherwise.
std::string MetricOf(const cel::CheckedAst& checked, const cel::Expr& expr) {
  const auto* const select = cel::As<cel::SelectExpr>(expr);
  if (select == nullptr || select->is_test) return "";
  const cel::Type& holder = checked.TypeOf(*select->operand);
  if (holder.kind() != cel::TypeKind::kStruct || holder.name() != "Metrics") return "";
  return std::string(select->field);
}

std::optional<std::int64_t> ConstantOf(const cel::Expr& expr, int exponent) {
  if (const cel::Literal* const literal = cel::LiteralOf(expr, cel::LiteralKind::kInt)) {
    return literal->int_value;
  }
  const auto* const call = cel::As<cel::CallExpr>(expr);
  if (call == nullptr || call->function != "money" || call->args.size() != 1) return std::nullopt;
  const cel::Literal* const text = cel::LiteralOf(*call->args[0], cel::LiteralKind::kString);
  if (text == nullptr) return std::nullopt;
  const Scaled amount = ParseScaled(text->text, exponent);
  if (amount.fit != Scaled::Fit::kExact) return std::nullopt;
  return amount.value;
}

// Both: the higher floor of each metric.
MetricFloors Both(const MetricFloors& a, const MetricFloors& b) {
  MetricFloors both = a;
  for (const auto& [metric, floor] : b) {
    const auto [at, is_new] = both.emplace(metric, floor);
    if (!is_new) at->second = std::max(at->second, floor);
  }
  return both;
}

class Reader {
 public:
  Reader(const cel::CheckedAst& checked, int exponent) : checked_(checked), exponent_(exponent) {}

  Alternatives Read(const cel::Expr& expr) const {
    const auto* const call = cel::As<cel::CallExpr>(expr);
    if (call == nullptr || call->args.size() != 2) return std::nullopt;
    if (call->function != op::kLogicalOr && call->function != op::kLogicalAnd) {
      const std::optional<MetricFloor> threshold = ThresholdOf(checked_, expr, exponent_);
      if (!threshold) return std::nullopt;
      return std::vector<MetricFloors>{{{threshold->metric, threshold->at_least}}};
    }
    const Alternatives left = Read(*call->args[0]);
    const Alternatives right = Read(*call->args[1]);
    if (!left || !right) return std::nullopt;
    std::vector<MetricFloors> joined;
    if (call->function == op::kLogicalOr) {
      joined = *left;
      joined.insert(joined.end(), right->begin(), right->end());
    } else {
      for (const MetricFloors& a : *left) {
        for (const MetricFloors& b : *right) joined.push_back(Both(a, b));
      }
    }
    if (joined.size() > kAlternativesMax) return std::nullopt;
    return joined;
  }

 private:
  const cel::CheckedAst& checked_;
  int exponent_;
};

}  // namespace

std::optional<MetricFloor> ThresholdOf(const cel::CheckedAst& checked, const cel::Expr& expr,
                                       int currency_exponent) {
  const auto* const call = cel::As<cel::CallExpr>(expr);
  if (call == nullptr || call->args.size() != 2) return std::nullopt;
  const bool is_greater = call->function == op::kGreater || call->function == op::kGreaterEquals;
  const bool is_less = call->function == op::kLess || call->function == op::kLessEquals;
  if (!is_greater && !is_less) return std::nullopt;
  std::string metric = MetricOf(checked, *call->args[is_greater ? 0 : 1]);
  const std::optional<std::int64_t> floor =
      ConstantOf(*call->args[is_greater ? 1 : 0], currency_exponent);
  if (metric.empty() || !floor) return std::nullopt;
  const bool is_strict = call->function == op::kGreater || call->function == op::kLess;
  if (is_strict && *floor == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return MetricFloor{std::move(metric), *floor + (is_strict ? 1 : 0)};
}

std::optional<std::vector<MetricFloors>> FloorsOf(const cel::CheckedAst& checked,
                                                  int currency_exponent) {
  return Reader(checked, currency_exponent).Read(checked.root());
}

std::string Describe(const MetricFloors& floors) {
  return absl::StrJoin(floors, ", ", [](std::string* to, const auto& floor) {
    absl::StrAppend(to, floor.first, " = ", floor.second);
  });
}

}  // namespace laurel::rules
