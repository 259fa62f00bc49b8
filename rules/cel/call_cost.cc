#include "rules/cel/call_cost.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "rules/cel/operators.h"

namespace laurel::cel {
namespace {

namespace op = operators;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kDecimalUnits = 3;
constexpr std::uint64_t kZoneUnits = 50;
constexpr std::uint64_t kNumberText = 32;       // the longest text of a number, instant or bool
constexpr std::uint64_t kFormattedText = 1500;  // the longest of a number with a precision
constexpr std::uint64_t kUtf8Bytes = 4;         // of a character, at most

std::uint64_t DivideUp(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

std::uint64_t TextUnits(std::uint64_t characters) {
  return SaturatingAdd(1, DivideUp(characters, 10));
}

std::uint64_t MatchUnits(std::uint64_t pattern, std::uint64_t text) {
  return DivideUp(SaturatingMultiply(pattern, SaturatingAdd(10, text)), 40);
}

std::uint64_t SortUnits(std::uint64_t count) {
  return SaturatingMultiply(count, static_cast<std::uint64_t>(std::bit_width(count)));
}

std::uint64_t UnitsOfSets(const std::vector<const Expr*>& operands,
                          const std::vector<Bound>& bounds) {
  const auto is_sealed = [&](std::size_t i) {
    return bounds[i] != nullptr && bounds[i]->is_sealed;
  };
  const std::uint64_t left = SizeOf(bounds[0]);
  const std::uint64_t right = SizeOf(bounds[1]);
  std::uint64_t units = SaturatingMultiply(left, right);
  if (is_sealed(0) && IsLiteral(*operands[1])) units = right;
  if (is_sealed(1) && IsLiteral(*operands[0])) units = left;
  return std::max<std::uint64_t>(1, units);
}

// Of a value with all that is in it.
std::uint64_t WholeSize(const Bound& bound) {
  if (bound == nullptr) return 0;
  const std::uint64_t entry = SaturatingAdd(WholeSize(bound->element), WholeSize(bound->key));
  return SaturatingMultiply(bound->size, std::max<std::uint64_t>(1, entry));
}

bool IsComparison(absl::string_view name) {
  return name == op::kEquals || name == op::kNotEquals || name == op::kLess ||
         name == op::kLessEquals || name == op::kGreater || name == op::kGreaterEquals;
}

bool IsConversion(absl::string_view name) {
  constexpr absl::string_view kNames[] = {"bool", "bytes",  "double",    "duration",
                                          "int",  "string", "timestamp", "uint"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool KeepsItsOperand(absl::string_view name) {
  constexpr absl::string_view kNames[] = {"distinct",
                                          "charAt",
                                          "lowerAscii",
                                          "upperAscii",
                                          "reverse",
                                          "substring",
                                          "trim",
                                          "string",
                                          "dyn",
                                          "value",
                                          "orValue",
                                          "or",
                                          "optional.of",
                                          "optional.ofNonZeroValue",
                                          "optional.unwrap",
                                          "unwrapOpt"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool IsTextResult(absl::string_view name) {
  return name == "replace" || name == "join" || name == "format" || name == "strings.quote" ||
         name == "bytes";
}

std::uint64_t TextSize(absl::string_view name, const std::vector<Bound>& bounds) {
  const std::uint64_t first = SizeOf(bounds[0]);
  if (name == "strings.quote") return SaturatingAdd(2, SaturatingMultiply(first, 2));
  if (name == "bytes") return SaturatingMultiply(first, kUtf8Bytes);
  if (name == "format") {
    const std::uint64_t one = SaturatingAdd(kFormattedText, WholeSize(ElementOf(bounds[1])));
    return SaturatingAdd(first, SaturatingMultiply(SizeOf(bounds[1]), one));
  }
  if (name == "join") {
    const std::uint64_t separator = bounds.size() > 1 ? SizeOf(bounds[1]) : 0;
    return SaturatingMultiply(first, SaturatingAdd(SizeOf(ElementOf(bounds[0])), separator));
  }
  // Between and around all characters there can be a replacement.
  return SaturatingAdd(first, SaturatingMultiply(SaturatingAdd(first, 1), SizeOf(bounds[2])));
}

}  // namespace

std::uint64_t SaturatingAdd(std::uint64_t a, std::uint64_t b) {
  return a > kMost - b ? kMost : a + b;
}
std::uint64_t SaturatingMultiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kMost / b ? kMost : a * b;
}

Bound Sized(std::uint64_t size, Bound element, Bound key) {
  return std::make_shared<const SizeBound>(
      SizeBound{size, std::move(element), std::move(key), /*is_sealed=*/false});
}

std::uint64_t SizeOf(const Bound& bound) { return bound == nullptr ? 0 : bound->size; }
Bound ElementOf(const Bound& bound) { return bound == nullptr ? nullptr : bound->element; }

Bound Larger(const Bound& a, const Bound& b) {
  if (a == nullptr) return b;
  if (b == nullptr || a == b) return a;
  return Sized(std::max(a->size, b->size), Larger(a->element, b->element), Larger(a->key, b->key));
}

bool IsLiteral(const Expr& expr) {
  if (const auto* const list = As<ListExpr>(expr)) {
    return std::all_of(list->elements.begin(), list->elements.end(),
                       [](const ListElement& element) { return IsLiteral(*element.value); });
  }
  if (const auto* const map = As<MapExpr>(expr)) {
    return std::all_of(map->entries.begin(), map->entries.end(), [](const MapEntry& entry) {
      return IsLiteral(*entry.key) && IsLiteral(*entry.value);
    });
  }
  return expr.kind == ExprKind::kLiteral;
}

struct CallCost::FunctionRule {
  absl::string_view name;
  Rule rule;
};

const CallCost::FunctionRule CallCost::kFunctionRules[] = {
    {"contains", Rule::kText},
    {"startsWith", Rule::kText},
    {"endsWith", Rule::kText},
    {"charAt", Rule::kText},
    {"indexOf", Rule::kText},
    {"lastIndexOf", Rule::kText},
    {"lowerAscii", Rule::kText},
    {"upperAscii", Rule::kText},
    {"replace", Rule::kText},
    {"reverse", Rule::kText},
    {"split", Rule::kText},
    {"substring", Rule::kText},
    {"trim", Rule::kText},
    {"format", Rule::kText},
    {"strings.quote", Rule::kText},
    {"matches", Rule::kMatch},
    {"join", Rule::kJoin},
    {"sum", Rule::kElements},
    {"min", Rule::kElements},
    {"max", Rule::kElements},
    {"optional.unwrap", Rule::kElements},
    {"unwrapOpt", Rule::kElements},
    {"math.@max", Rule::kElements},
    {"math.@min", Rule::kElements},
    {"distinct", Rule::kSort},
    {"sets.contains", Rule::kSets},
    {"sets.intersects", Rule::kSets},
    {"sets.equivalent", Rule::kSets},
    {"mul_div", Rule::kDecimal},
    {"percent", Rule::kDecimal},
};

// Of the call itself.
std::uint64_t CallCost::UnitsOf(absl::string_view name, const std::vector<const Expr*>& operands,
                                const std::vector<Bound>& bounds) const {
  if (options_.function) {
    if (const std::optional<std::uint64_t> units = options_.function(name)) return *units;
  }
  if (name == op::kNotStrictlyFalse) return 0;
  if (name == op::kIn) return UnitsOfIn(operands, bounds);
  if (name == op::kAdd) return UnitsOfAdd(*operands[0], bounds);
  if (IsComparison(name)) return UnitsOfComparison(name, *operands[0], bounds);
  if (operands.size() == 2 && absl::StartsWith(name, "get")) return kZoneUnits;
  if (IsConversion(name)) return UnitsOfConversion(*operands[0], bounds[0]);
  for (const FunctionRule& row : kFunctionRules) {
    if (row.name == name) return UnitsByRule(row.rule, operands, bounds);
  }
  return 1;
}

std::uint64_t CallCost::UnitsByRule(Rule rule, const std::vector<const Expr*>& operands,
                                    const std::vector<Bound>& bounds) const {
  const auto size = [&](std::size_t i) { return i < bounds.size() ? SizeOf(bounds[i]) : 0; };
  switch (rule) {
    case Rule::kText: {
      std::uint64_t characters = 0;
      for (std::size_t i = 0; i < bounds.size(); ++i)
        characters = SaturatingAdd(characters, size(i));
      return TextUnits(characters);
    }
    case Rule::kElements:
      return std::max<std::uint64_t>(1, size(0));
    case Rule::kSort:
      return std::max<std::uint64_t>(1, SortUnits(size(0)));
    case Rule::kDecimal:
      return kDecimalUnits;
    case Rule::kMatch:
      return std::max<std::uint64_t>(1, MatchUnits(size(1), size(0)));
    case Rule::kSets:
      return UnitsOfSets(operands, bounds);
    case Rule::kJoin:
      return TextUnits(
          SaturatingMultiply(size(0), SaturatingAdd(SizeOf(ElementOf(bounds[0])), size(1))));
  }
  return 1;
}

std::uint64_t CallCost::UnitsOfIn(const std::vector<const Expr*>& operands,
                                  const std::vector<Bound>& bounds) const {
  if (IsLiteral(*operands[1])) return 1;
  if (checked_.TypeOf(*operands[1]).kind() == TypeKind::kMap) return TextUnits(SizeOf(bounds[0]));
  const Bound& list = bounds[1];
  if (list != nullptr && list->is_sealed && IsLiteral(*operands[0])) return 1;
  return std::max<std::uint64_t>(1, SizeOf(list));
}

bool CallCost::IsText(const Expr& expr) const {
  const TypeKind kind = checked_.TypeOf(expr).kind();
  return kind == TypeKind::kString || kind == TypeKind::kBytes || kind == TypeKind::kDyn;
}

std::uint64_t CallCost::UnitsOfAdd(const Expr& left, const std::vector<Bound>& bounds) const {
  const std::uint64_t size = SaturatingAdd(SizeOf(bounds[0]), SizeOf(bounds[1]));
  if (checked_.TypeOf(left).kind() == TypeKind::kList) return SaturatingAdd(1, size);
  return IsText(left) ? TextUnits(size) : 1;
}

// Equal texts have equal symbols; only their order takes reading them.
std::uint64_t CallCost::UnitsOfComparison(absl::string_view name, const Expr& left,
                                          const std::vector<Bound>& bounds) const {
  const TypeKind kind = checked_.TypeOf(left).kind();
  const std::uint64_t size = std::min(SizeOf(bounds[0]), SizeOf(bounds[1]));
  const std::uint64_t whole = std::min(WholeSize(bounds[0]), WholeSize(bounds[1]));
  const bool is_equality = name == op::kEquals || name == op::kNotEquals;
  if (kind == TypeKind::kList || kind == TypeKind::kMap || kind == TypeKind::kDyn)
    return SaturatingAdd(1, whole);
  return !is_equality && IsText(left) ? TextUnits(size) : 1;
}

std::uint64_t CallCost::UnitsOfConversion(const Expr& operand, const Bound& bound) const {
  return IsText(operand) ? TextUnits(SizeOf(bound)) : 1;
}

Bound CallCost::BoundOf(const CallExpr& call, absl::string_view name,
                        const std::vector<Bound>& bounds) const {
  const auto bound = [&](std::size_t i) { return i < bounds.size() ? bounds[i] : nullptr; };
  if (name == op::kAdd && (bound(0) != nullptr || bound(1) != nullptr)) {
    return Sized(SaturatingAdd(SizeOf(bound(0)), SizeOf(bound(1))),
                 Larger(ElementOf(bound(0)), ElementOf(bound(1))));
  }
  if (name == op::kIndex || name == op::kOptIndex || name == op::kOptSelect) {
    return ElementOf(bound(0));
  }
  if (name == "string" && bound(0) == nullptr) return Sized(kNumberText);
  if (IsTextResult(name)) return Sized(std::min(TextSize(name, bounds), kMost));
  if (name == "split") {
    return Sized(SaturatingAdd(SizeOf(bound(0)), 1), Sized(SizeOf(bound(0))));
  }
  if (KeepsItsOperand(name))
    return Larger(bound(0), name == "orValue" || name == "or" ? bound(1) : nullptr);
  return DefaultBound(checked_.TypeOf(call));
}

// What is known of a value by its type alone.
Bound CallCost::DefaultBound(const Type& type) const {
  switch (type.kind()) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Sized(options_.size_default);
    case TypeKind::kList:
      return Sized(options_.size_default, DefaultBound(type.param(0)));
    case TypeKind::kMap:
      return Sized(options_.size_default, DefaultBound(type.param(1)), DefaultBound(type.param(0)));
    case TypeKind::kAbstract:
      return type.is_optional() ? DefaultBound(type.param(0)) : Sized(options_.size_default);
    case TypeKind::kDyn: {
      const Bound text = Sized(options_.size_default);
      return Sized(options_.size_default, text, text);
    }
    default:
      return nullptr;
  }
}

}  // namespace laurel::cel
