#ifndef LAUREL_RULES_CEL_CALL_COST_H_
#define LAUREL_RULES_CEL_CALL_COST_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/checked.h"
#include "rules/cel/cost.h"

namespace laurel::cel {

// Arithmetic that stays at the greatest number instead of wrapping.
std::uint64_t SaturatingAdd(std::uint64_t a, std::uint64_t b);
std::uint64_t SaturatingMultiply(std::uint64_t a, std::uint64_t b);

using Bound = std::shared_ptr<const SizeBound>;  // null for what has no size

Bound Sized(std::uint64_t size, Bound element = nullptr, Bound key = nullptr);
std::uint64_t SizeOf(const Bound& bound);  // 0 for null
Bound ElementOf(const Bound& bound);       // null for null

// The bound of what is either of two.
Bound Larger(const Bound& a, const Bound& b);

// Whether `expr` is a literal or a list or map of literals.
bool IsLiteral(const Expr& expr);

// What calls cost by themselves, and how large their results can be.
class CallCost {
 public:
  // Both must outlive the object.
  CallCost(const CheckedAst& checked, const CostOptions& options)
      : checked_(checked), options_(options) {}

  // Of a call of `name` with `operands`, the target first, of which `bounds` are known. The
  // operands' own cost is not in it.
  std::uint64_t UnitsOf(absl::string_view name, const std::vector<const Expr*>& operands,
                        const std::vector<Bound>& bounds) const;

  Bound BoundOf(const CallExpr& call, absl::string_view name,
                const std::vector<Bound>& bounds) const;

  // What is known of a value by its type alone.
  Bound DefaultBound(const Type& type) const;

 private:
  // How the cost of a library's function follows from the sizes of its operands.
  enum class Rule : std::uint8_t { kText, kElements, kSort, kDecimal, kMatch, kSets, kJoin };
  struct FunctionRule;
  static const FunctionRule kFunctionRules[];

  std::uint64_t UnitsByRule(Rule rule, const std::vector<const Expr*>& operands,
                            const std::vector<Bound>& bounds) const;
  std::uint64_t UnitsOfIn(const std::vector<const Expr*>& operands,
                          const std::vector<Bound>& bounds) const;
  bool IsText(const Expr& expr) const;
  std::uint64_t UnitsOfAdd(const Expr& left, const std::vector<Bound>& bounds) const;
  std::uint64_t UnitsOfComparison(absl::string_view name, const Expr& left,
                                  const std::vector<Bound>& bounds) const;
  std::uint64_t UnitsOfConversion(const Expr& operand, const Bound& bound) const;

  const CheckedAst& checked_;
  const CostOptions& options_;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CALL_COST_H_
