#include "rules/cel/cost.h"

#include <algorithm>
#include <utility>

#include "rules/cel/call_cost.h"
#include "rules/cel/operators.h"

namespace laurel::cel {
namespace {

namespace op = operators;

constexpr std::uint64_t kLoopUnits = 3;
constexpr std::uint64_t kListUnits = 10;
constexpr std::uint64_t kMapUnits = 30;

// What one node costs, children included, and how large its value can be.
struct Estimate {
  std::uint64_t units = 0;
  Bound bound;
  std::vector<CostlyLoop> loops;
  std::uint64_t inner_units = 0;
};

class Estimator {
 public:
  Estimator(const CheckedAst& checked, const CostOptions& options)
      : checked_(checked), options_(options), calls_(checked, options) {}

  // A value of unknown size is taken to be as large as its type allows by default.
  Estimate Walk(const Expr& expr) {
    Estimate estimate = WalkNode(expr);
    if (estimate.bound == nullptr) estimate.bound = calls_.DefaultBound(checked_.TypeOf(expr));
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

  static Bound BoundOfLiteral(const Literal& literal) {
    const bool has_size =
        literal.kind == LiteralKind::kString || literal.kind == LiteralKind::kBytes;
    return has_size ? Sized(literal.text.size()) : nullptr;
  }

  Bound BoundOfVariable(const Expr& expr, absl::string_view name) const {
    std::optional<SizeBound> bound;
    if (options_.variable) bound = options_.variable(name);
    return bound ? std::make_shared<const SizeBound>(*std::move(bound))
                 : calls_.DefaultBound(checked_.TypeOf(expr));
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
    return calls_.DefaultBound(checked_.TypeOf(select));
  }

  const Local* FindLocal(absl::string_view name) const {
    const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                    [&](const Local& local) { return local.name == name; });
    return found == locals_.rend() ? nullptr : &*found;
  }

  // ---- Adding up

  // Takes the loops of the costlier part.
  static void Include(Estimate& total, const Estimate& part) {
    total.units = SaturatingAdd(total.units, part.units);
    if (part.loops.empty()) return;
    if (total.loops.empty() || Weight(part) > Weight(total)) {
      total.loops = part.loops;
      total.inner_units = part.inner_units;
    }
  }

  static std::uint64_t Weight(const Estimate& estimate) {
    std::uint64_t weight = estimate.inner_units;
    for (const CostlyLoop& loop : estimate.loops) weight = SaturatingMultiply(weight, loop.size);
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
    if (!IsPath(*select.operand)) operand.units = SaturatingAdd(operand.units, 1);
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
    if (!IsLiteral(list)) total.units = SaturatingAdd(total.units, kListUnits);
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
    if (!IsLiteral(map)) total.units = SaturatingAdd(total.units, kMapUnits);
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
    parts.reserve(operands.size());
    for (const Expr* operand : operands) parts.push_back(Walk(*operand));
    if (name == op::kConditional) return Conditional(parts);
    Estimate total;
    for (const Estimate& part : parts) Include(total, part);
    std::vector<Bound> bounds;
    bounds.reserve(parts.size());
    for (const Estimate& part : parts) bounds.push_back(part.bound);
    total.units = SaturatingAdd(total.units, calls_.UnitsOf(name, operands, bounds));
    total.bound = calls_.BoundOf(call, name, bounds);
    return total;
  }

  // One of the cases is evaluated.
  static Estimate Conditional(const std::vector<Estimate>& parts) {
    Estimate total = parts[0];
    Include(total, parts[1].units >= parts[2].units ? parts[1] : parts[2]);
    total.units = SaturatingAdd(total.units, 1);
    total.bound = Larger(parts[1].bound, parts[2].bound);
    return total;
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
    const std::uint64_t round = SaturatingAdd(1, body.units);
    Estimate total;
    total.units =
        SaturatingAdd(SaturatingAdd(kLoopUnits, range_units), SaturatingMultiply(rounds, round));
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
        return calls_.DefaultBound(checked_.TypeOf(loop));
    }
  }

  const CheckedAst& checked_;
  const CostOptions& options_;
  CallCost calls_;
  std::vector<Local> locals_;
};

}  // namespace

Cost CostOf(const CheckedAst& checked, const CostOptions& options) {
  Estimate estimate = Estimator(checked, options).Walk(checked.root());
  return {estimate.units, std::move(estimate.loops), estimate.inner_units};
}

}  // namespace laurel::cel
