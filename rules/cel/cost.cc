#include "rules/cel/cost.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "rules/cel/operators.h"

namespace laurel::cel {
namespace {

namespace op = operators;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLoopUnits = 3;
constexpr std::uint64_t kListUnits = 10;
constexpr std::uint64_t kMapUnits = 30;
constexpr std::uint64_t kDecimalUnits = 3;
constexpr std::uint64_t kZoneUnits = 50;
constexpr std::uint64_t kNumberText = 32;  // the longest text of a number, instant or bool

std::uint64_t Add(std::uint64_t a, std::uint64_t b) { return a > kMost - b ? kMost : a + b; }
std::uint64_t Multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kMost / b ? kMost : a * b;
}
std::uint64_t DivideUp(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

std::uint64_t TextUnits(std::uint64_t characters) { return Add(1, DivideUp(characters, 10)); }

std::uint64_t MatchUnits(std::uint64_t pattern, std::uint64_t text) {
  return DivideUp(Multiply(pattern, Add(10, text)), 40);
}

std::uint64_t SortUnits(std::uint64_t count) {
  return Multiply(count, static_cast<std::uint64_t>(std::bit_width(count)));
}

using Bound = std::shared_ptr<const SizeBound>;  // null for what has no size

Bound Sized(std::uint64_t size, Bound element = nullptr, Bound key = nullptr) {
  return std::make_shared<const SizeBound>(
      SizeBound{size, std::move(element), std::move(key), /*is_sealed=*/false});
}

std::uint64_t SizeOf(const Bound& bound) { return bound == nullptr ? 0 : bound->size; }
Bound ElementOf(const Bound& bound) { return bound == nullptr ? nullptr : bound->element; }

// The bound of what is either of two.
Bound Larger(const Bound& a, const Bound& b) {
  if (a == nullptr) return b;
  if (b == nullptr || a == b) return a;
  return Sized(std::max(a->size, b->size), Larger(a->element, b->element), Larger(a->key, b->key));
}

// What one node costs, children included, and how large its value can be.
struct Estimate {
  std::uint64_t units = 0;
  Bound bound;
  std::vector<CostlyLoop> loops;
  std::uint64_t inner_units = 0;
};

struct FunctionCost {
  absl::string_view name;
  enum class Rule { kText, kElements, kSort, kDecimal, kMatch, kSets, kJoin } rule;
};

constexpr std::array kFunctionCosts = {
    FunctionCost{"contains", FunctionCost::Rule::kText},
    FunctionCost{"startsWith", FunctionCost::Rule::kText},
    FunctionCost{"endsWith", FunctionCost::Rule::kText},
    FunctionCost{"charAt", FunctionCost::Rule::kText},
    FunctionCost{"indexOf", FunctionCost::Rule::kText},
    FunctionCost{"lastIndexOf", FunctionCost::Rule::kText},
    FunctionCost{"lowerAscii", FunctionCost::Rule::kText},
    FunctionCost{"upperAscii", FunctionCost::Rule::kText},
    FunctionCost{"replace", FunctionCost::Rule::kText},
    FunctionCost{"reverse", FunctionCost::Rule::kText},
    FunctionCost{"split", FunctionCost::Rule::kText},
    FunctionCost{"substring", FunctionCost::Rule::kText},
    FunctionCost{"trim", FunctionCost::Rule::kText},
    FunctionCost{"format", FunctionCost::Rule::kText},
    FunctionCost{"strings.quote", FunctionCost::Rule::kText},
    FunctionCost{"matches", FunctionCost::Rule::kMatch},
    FunctionCost{"join", FunctionCost::Rule::kJoin},
    FunctionCost{"sum", FunctionCost::Rule::kElements},
    FunctionCost{"min", FunctionCost::Rule::kElements},
    FunctionCost{"max", FunctionCost::Rule::kElements},
    FunctionCost{"optional.unwrap", FunctionCost::Rule::kElements},
    FunctionCost{"unwrapOpt", FunctionCost::Rule::kElements},
    FunctionCost{"math.@max", FunctionCost::Rule::kElements},
    FunctionCost{"math.@min", FunctionCost::Rule::kElements},
    FunctionCost{"distinct", FunctionCost::Rule::kSort},
    FunctionCost{"sets.contains", FunctionCost::Rule::kSets},
    FunctionCost{"sets.intersects", FunctionCost::Rule::kSets},
    FunctionCost{"sets.equivalent", FunctionCost::Rule::kSets},
    FunctionCost{"mul_div", FunctionCost::Rule::kDecimal},
    FunctionCost{"percent", FunctionCost::Rule::kDecimal},
};

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

class Estimator {
 public:
  Estimator(const CheckedAst& checked, const CostOptions& options)
      : checked_(checked), options_(options) {}

  // A value of unknown size is taken to be as large as its type allows by default.
  Estimate Walk(const Expr& expr) {
    Estimate estimate = WalkNode(expr);
    if (estimate.bound == nullptr) estimate.bound = DefaultBound(checked_.TypeOf(expr));
    return estimate;
  }

 private:
  struct Local {
    absl::string_view name;
    Bound bound;
  };

  Estimate WalkNode(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kError:
      case ExprKind::kMessage:  // neither comes out of the checker
        break;
      case ExprKind::kLiteral:
        return {0, BoundOfLiteral(To<LiteralExpr>(expr).value), {}, 0};
      case ExprKind::kIdent:
        return WalkIdent(To<IdentExpr>(expr));
      case ExprKind::kSelect:
        return WalkSelect(To<SelectExpr>(expr));
      case ExprKind::kCall:
        return WalkCall(To<CallExpr>(expr));
      case ExprKind::kList:
        return WalkList(To<ListExpr>(expr));
      case ExprKind::kMap:
        return WalkMap(To<MapExpr>(expr));
      case ExprKind::kComprehension:
        return WalkComprehension(To<ComprehensionExpr>(expr));
    }
    return {};
  }

  // ---- Sizes

  // What is known of a value by its type alone.
  Bound DefaultBound(const Type& type) const {
    switch (type.kind()) {
      case TypeKind::kString:
      case TypeKind::kBytes:
        return Sized(options_.size_default);
      case TypeKind::kList:
        return Sized(options_.size_default, DefaultBound(type.param(0)));
      case TypeKind::kMap:
        return Sized(options_.size_default, DefaultBound(type.param(1)),
                     DefaultBound(type.param(0)));
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

  static Bound BoundOfLiteral(const Literal& literal) {
    const bool has_size =
        literal.kind == LiteralKind::kString || literal.kind == LiteralKind::kBytes;
    return has_size ? Sized(literal.text.size()) : nullptr;
  }

  Bound BoundOfVariable(const Expr& expr, absl::string_view name) const {
    std::optional<SizeBound> bound;
    if (options_.variable) bound = options_.variable(name);
    return bound ? std::make_shared<const SizeBound>(*std::move(bound))
                 : DefaultBound(checked_.TypeOf(expr));
  }

  Bound BoundOfField(const SelectExpr& select, const Bound& operand) const {
    const Type& type = checked_.TypeOf(*select.operand);
    const Type& holder = type.is_optional() ? type.param(0) : type;
    std::optional<SizeBound> bound;
    if (options_.field && holder.kind() == TypeKind::kStruct) {
      bound = options_.field(holder.name(), select.field);
    }
    if (bound) return std::make_shared<const SizeBound>(*std::move(bound));
    if (holder.kind() == TypeKind::kMap) return ElementOf(operand);
    return DefaultBound(checked_.TypeOf(select));
  }

  const Local* FindLocal(absl::string_view name) const {
    const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                    [&](const Local& local) { return local.name == name; });
    return found == locals_.rend() ? nullptr : &*found;
  }

  // ---- Adding up

  // Takes the loops of the costlier part.
  static void Include(Estimate& total, const Estimate& part) {
    total.units = Add(total.units, part.units);
    if (part.loops.empty()) return;
    if (total.loops.empty() || Weight(part) > Weight(total)) {
      total.loops = part.loops;
      total.inner_units = part.inner_units;
    }
  }

  static std::uint64_t Weight(const Estimate& estimate) {
    std::uint64_t weight = estimate.inner_units;
    for (const CostlyLoop& loop : estimate.loops) weight = Multiply(weight, loop.size);
    return weight;
  }

  // ---- Names

  Estimate WalkIdent(const IdentExpr& ident) const {
    const Reference* const reference = checked_.FindReference(ident);
    if (reference == nullptr || reference->type_value) return {};
    if (reference->is_local) {
      const Local* const local = FindLocal(ident.name);
      return {0, local == nullptr ? nullptr : local->bound, {}, 0};
    }
    return {1, BoundOfVariable(ident, reference->name), {}, 0};
  }

  // A path is one access, however many dots it has.
  Estimate WalkSelect(const SelectExpr& select) {
    if (const Reference* const reference = checked_.FindReference(select)) {
      if (reference->type_value) return {};
      return {1, BoundOfVariable(select, reference->name), {}, 0};
    }
    Estimate operand = Walk(*select.operand);
    if (!IsPath(*select.operand)) operand.units = Add(operand.units, 1);
    operand.units = std::max<std::uint64_t>(operand.units, 1);
    operand.bound = select.is_test ? nullptr : BoundOfField(select, operand.bound);
    return operand;
  }

  static bool IsPath(const Expr& expr) {
    const Expr* part = &expr;
    while (const auto* const select = As<SelectExpr>(part)) part = select->operand;
    return part->kind == ExprKind::kIdent;
  }

  // ---- Lists and maps

  Estimate WalkList(const ListExpr& list) {
    Estimate total;
    Bound element = list.elements.empty() ? Sized(0) : nullptr;
    for (const ListElement& item : list.elements) {
      const Estimate part = Walk(*item.value);
      Include(total, part);
      element = Larger(element, part.bound);
    }
    if (!IsLiteral(list)) total.units = Add(total.units, kListUnits);
    total.bound = Sized(list.elements.size(), std::move(element));
    return total;
  }

  Estimate WalkMap(const MapExpr& map) {
    Estimate total;
    Bound key;
    Bound value;
    for (const MapEntry& entry : map.entries) {
      const Estimate key_part = Walk(*entry.key);
      const Estimate value_part = Walk(*entry.value);
      Include(total, key_part);
      Include(total, value_part);
      key = Larger(key, key_part.bound);
      value = Larger(value, value_part.bound);
    }
    if (!IsLiteral(map)) total.units = Add(total.units, kMapUnits);
    total.bound = Sized(map.entries.size(), std::move(value), std::move(key));
    return total;
  }

  // ---- Calls

  Estimate WalkCall(const CallExpr& call) {
    const Reference* const reference = checked_.FindReference(call);
    const bool is_namespaced = reference != nullptr && reference->is_namespaced;
    std::vector<const Expr*> operands;
    if (call.target != nullptr && !is_namespaced) operands.push_back(call.target);
    operands.insert(operands.end(), call.args.begin(), call.args.end());
    const absl::string_view name =
        reference == nullptr ? call.function : absl::string_view(reference->name);
    std::vector<Estimate> parts;
    for (const Expr* operand : operands) parts.push_back(Walk(*operand));
    if (name == op::kConditional) return Conditional(parts);
    Estimate total;
    for (const Estimate& part : parts) Include(total, part);
    total.units = Add(total.units, UnitsOf(name, operands, parts));
    total.bound = BoundOfCall(call, name, parts);
    return total;
  }

  // One of the cases is evaluated.
  static Estimate Conditional(const std::vector<Estimate>& parts) {
    Estimate total = parts[0];
    Include(total, parts[1].units >= parts[2].units ? parts[1] : parts[2]);
    total.units = Add(total.units, 1);
    total.bound = Larger(parts[1].bound, parts[2].bound);
    return total;
  }

  // Of the call itself.
  std::uint64_t UnitsOf(absl::string_view name, const std::vector<const Expr*>& operands,
                        const std::vector<Estimate>& parts) const {
    if (options_.function) {
      if (const std::optional<std::uint64_t> units = options_.function(name)) return *units;
    }
    if (name == op::kNotStrictlyFalse) return 0;
    if (name == op::kIn) return UnitsOfIn(operands, parts);
    if (name == op::kAdd) return UnitsOfAdd(*operands[0], parts);
    if (IsComparison(name)) return UnitsOfComparison(name, *operands[0], parts);
    if (operands.size() == 2 && absl::StartsWith(name, "get")) return kZoneUnits;
    if (IsConversion(name)) return UnitsOfConversion(*operands[0], parts[0]);
    const auto found = std::find_if(kFunctionCosts.begin(), kFunctionCosts.end(),
                                    [&](const FunctionCost& row) { return row.name == name; });
    return found == kFunctionCosts.end() ? 1 : UnitsByRule(found->rule, operands, parts);
  }

  std::uint64_t UnitsByRule(FunctionCost::Rule rule, const std::vector<const Expr*>& operands,
                            const std::vector<Estimate>& parts) const {
    const auto size = [&](std::size_t i) { return i < parts.size() ? SizeOf(parts[i].bound) : 0; };
    switch (rule) {
      case FunctionCost::Rule::kText: {
        std::uint64_t characters = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) characters = Add(characters, size(i));
        return TextUnits(characters);
      }
      case FunctionCost::Rule::kElements:
        return std::max<std::uint64_t>(1, size(0));
      case FunctionCost::Rule::kSort:
        return std::max<std::uint64_t>(1, SortUnits(size(0)));
      case FunctionCost::Rule::kDecimal:
        return kDecimalUnits;
      case FunctionCost::Rule::kMatch:
        return std::max<std::uint64_t>(1, MatchUnits(size(1), size(0)));
      case FunctionCost::Rule::kSets:
        return UnitsOfSets(operands, parts);
      case FunctionCost::Rule::kJoin:
        return TextUnits(Multiply(size(0), Add(SizeOf(ElementOf(parts[0].bound)), size(1))));
    }
    return 1;
  }

  std::uint64_t UnitsOfIn(const std::vector<const Expr*>& operands,
                          const std::vector<Estimate>& parts) const {
    if (IsLiteral(*operands[1])) return 1;
    if (checked_.TypeOf(*operands[1]).kind() == TypeKind::kMap)
      return TextUnits(SizeOf(parts[0].bound));
    const Bound& list = parts[1].bound;
    if (list != nullptr && list->is_sealed && IsLiteral(*operands[0])) return 1;
    return std::max<std::uint64_t>(1, SizeOf(list));
  }

  static std::uint64_t UnitsOfSets(const std::vector<const Expr*>& operands,
                                   const std::vector<Estimate>& parts) {
    const auto is_sealed = [&](std::size_t i) {
      return parts[i].bound != nullptr && parts[i].bound->is_sealed;
    };
    const std::uint64_t left = SizeOf(parts[0].bound);
    const std::uint64_t right = SizeOf(parts[1].bound);
    std::uint64_t units = Multiply(left, right);
    if (is_sealed(0) && IsLiteral(*operands[1])) units = right;
    if (is_sealed(1) && IsLiteral(*operands[0])) units = left;
    return std::max<std::uint64_t>(1, units);
  }

  bool IsText(const Expr& expr) const {
    const TypeKind kind = checked_.TypeOf(expr).kind();
    return kind == TypeKind::kString || kind == TypeKind::kBytes || kind == TypeKind::kDyn;
  }

  std::uint64_t UnitsOfAdd(const Expr& left, const std::vector<Estimate>& parts) const {
    const std::uint64_t size = Add(SizeOf(parts[0].bound), SizeOf(parts[1].bound));
    if (checked_.TypeOf(left).kind() == TypeKind::kList) return Add(1, size);
    return IsText(left) ? TextUnits(size) : 1;
  }

  static bool IsComparison(absl::string_view name) {
    return name == op::kEquals || name == op::kNotEquals || name == op::kLess ||
           name == op::kLessEquals || name == op::kGreater || name == op::kGreaterEquals;
  }

  // Equal texts have equal symbols; only their order takes reading them.
  std::uint64_t UnitsOfComparison(absl::string_view name, const Expr& left,
                                  const std::vector<Estimate>& parts) const {
    const TypeKind kind = checked_.TypeOf(left).kind();
    const std::uint64_t size = std::min(SizeOf(parts[0].bound), SizeOf(parts[1].bound));
    const bool is_equality = name == op::kEquals || name == op::kNotEquals;
    if (kind == TypeKind::kList || kind == TypeKind::kMap || kind == TypeKind::kDyn)
      return Add(1, size);
    return !is_equality && IsText(left) ? TextUnits(size) : 1;
  }

  static bool IsConversion(absl::string_view name) {
    constexpr absl::string_view kNames[] = {"bool", "bytes",  "double",    "duration",
                                            "int",  "string", "timestamp", "uint"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
  }

  std::uint64_t UnitsOfConversion(const Expr& operand, const Estimate& part) const {
    return IsText(operand) ? TextUnits(SizeOf(part.bound)) : 1;
  }

  Bound BoundOfCall(const CallExpr& call, absl::string_view name,
                    const std::vector<Estimate>& parts) const {
    const auto bound = [&](std::size_t i) { return i < parts.size() ? parts[i].bound : nullptr; };
    if (name == op::kAdd && (bound(0) != nullptr || bound(1) != nullptr)) {
      return Sized(Add(SizeOf(bound(0)), SizeOf(bound(1))),
                   Larger(ElementOf(bound(0)), ElementOf(bound(1))));
    }
    if (name == op::kIndex || name == op::kOptIndex || name == op::kOptSelect) {
      return ElementOf(bound(0));
    }
    if (name == "string" && bound(0) == nullptr) return Sized(kNumberText);
    if (IsTextResult(name)) return Sized(std::min(TextSize(name, parts), kMost));
    if (name == "split") {
      return Sized(Add(SizeOf(bound(0)), 1), Sized(SizeOf(bound(0))));
    }
    if (KeepsItsOperand(name)) return Larger(bound(0), name == "orValue" ? bound(1) : nullptr);
    return DefaultBound(checked_.TypeOf(call));
  }

  static bool KeepsItsOperand(absl::string_view name) {
    constexpr absl::string_view kNames[] = {
        "distinct",  "charAt",  "lowerAscii", "upperAscii",  "reverse",
        "substring", "trim",    "string",     "bytes",       "dyn",
        "value",     "orValue", "or",         "optional.of", "optional.ofNonZeroValue"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
  }

  static bool IsTextResult(absl::string_view name) {
    return name == "replace" || name == "join" || name == "strings.quote";
  }

  static std::uint64_t TextSize(absl::string_view name, const std::vector<Estimate>& parts) {
    const std::uint64_t first = SizeOf(parts[0].bound);
    if (name == "strings.quote") return Add(2, Multiply(first, 2));
    if (name == "join") {
      const std::uint64_t separator = parts.size() > 1 ? SizeOf(parts[1].bound) : 0;
      return Multiply(first, Add(SizeOf(ElementOf(parts[0].bound)), separator));
    }
    // Between and around all characters there can be a replacement.
    return Add(first, Multiply(Add(first, 1), SizeOf(parts[2].bound)));
  }

  // ---- Loops

  Estimate WalkComprehension(const ComprehensionExpr& loop) {
    switch (loop.macro) {
      case Macro::kBind:
      case Macro::kOptMap:
      case Macro::kOptFlatMap:
        return WalkBinding(loop);
      default:
        return WalkLoop(loop);
    }
  }

  Estimate WalkBinding(const ComprehensionExpr& loop) {
    Estimate total = Walk(*loop.init);
    locals_.push_back({loop.accu_var, total.bound});
    const Estimate result = Walk(*loop.result);
    locals_.pop_back();
    Include(total, result);
    total.bound = result.bound;
    return total;
  }

  Estimate WalkLoop(const ComprehensionExpr& loop) {
    Estimate range = Walk(*loop.range_expr);
    // A path is looked up while the loop is set up.
    const std::uint64_t range_units = IsPath(*loop.range_expr) ? 0 : range.units;
    const std::uint64_t rounds = SizeOf(range.bound);
    const std::size_t outside = locals_.size();
    BindVariables(loop, range.bound);
    const Estimate body = WalkBody(loop);
    locals_.resize(outside);
    const std::uint64_t round = Add(1, body.units);
    Estimate total;
    total.units = Add(Add(kLoopUnits, range_units), Multiply(rounds, round));
    total.loops = body.loops;
    total.inner_units = body.loops.empty() ? round : body.inner_units;
    total.loops.insert(total.loops.begin(), CostlyLoop{loop.range_expr, rounds});
    if (Weight(range) > Weight(total)) {
      total.loops = range.loops;
      total.inner_units = range.inner_units;
    }
    total.bound = BoundOfLoop(loop, range.bound, body.bound);
    return total;
  }

  void BindVariables(const ComprehensionExpr& loop, const Bound& range) {
    locals_.push_back({loop.accu_var, nullptr});
    const Bound key = range == nullptr ? nullptr : range->key;
    const bool has_two = !loop.iter_var2.empty();
    const bool is_map =
        key != nullptr || checked_.TypeOf(*loop.range_expr).kind() == TypeKind::kMap;
    locals_.push_back({loop.iter_var, is_map ? key : has_two ? nullptr : ElementOf(range)});
    if (has_two) locals_.push_back({loop.iter_var2, ElementOf(range)});
  }

  // What a round evaluates besides the scaffolding of its macro; the bound is that of an element
  // that it yields.
  Estimate WalkBody(const ComprehensionExpr& loop) {
    const auto* const step = As<CallExpr>(loop.step);
    switch (loop.macro) {
      case Macro::kAll:
      case Macro::kExists:
        if (step != nullptr) return Walk(*step->args[1]);
        break;
      case Macro::kExistsOne:
        if (step != nullptr) return Walk(*step->args[0]);
        break;
      case Macro::kMap:
      case Macro::kFilter:
      case Macro::kTransformList:
      case Macro::kTransformMap:
      case Macro::kTransformMapEntry:
        if (step != nullptr) return WalkYield(*step);
        break;
      default:
        break;
    }
    Estimate body = Walk(*loop.condition);
    Include(body, Walk(*loop.step));
    return body;
  }

  // accu + [value], cel.@mapInsert(accu, …), or one of them under a filter.
  Estimate WalkYield(const CallExpr& step) {
    if (step.function == op::kConditional) {
      Estimate total = Walk(*step.args[0]);
      if (const auto* const then = As<CallExpr>(step.args[1])) {
        const Estimate value = WalkYield(*then);
        Include(total, value);
        total.bound = value.bound;
      }
      return total;
    }
    if (step.function == op::kAdd) {
      if (const auto* const list = As<ListExpr>(step.args[1]);
          list != nullptr && !list->elements.empty()) {
        return Walk(*list->elements[0].value);
      }
    }
    return Walk(*step.args.back());
  }

  Bound BoundOfLoop(const ComprehensionExpr& loop, const Bound& range, const Bound& element) const {
    switch (loop.macro) {
      case Macro::kAll:
      case Macro::kExists:
      case Macro::kExistsOne:
        return nullptr;
      case Macro::kMap:
      case Macro::kFilter:
      case Macro::kTransformList:
        return Sized(SizeOf(range), element);
      case Macro::kTransformMap:
        return Sized(SizeOf(range), element, range == nullptr ? nullptr : range->key);
      default:
        return DefaultBound(checked_.TypeOf(loop));
    }
  }

  const CheckedAst& checked_;
  const CostOptions& options_;
  std::vector<Local> locals_;
};

}  // namespace

Cost CostOf(const CheckedAst& checked, const CostOptions& options) {
  Estimate estimate = Estimator(checked, options).Walk(checked.root());
  return {estimate.units, std::move(estimate.loops), estimate.inner_units};
}

}  // namespace laurel::cel
