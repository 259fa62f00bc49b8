#include "rules/cel/macros.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "rules/cel/operators.h"

namespace laurel::cel {
namespace {

namespace op = operators;

constexpr absl::string_view kUnusedVariable = "#unused";
constexpr absl::string_view kMapInsert = "cel.@mapInsert";
// Binds what optMap and optFlatMap are called on, so that it is evaluated and checked once.
constexpr absl::string_view kOptionalTarget = "@target";

std::uint16_t DepthAbove(const std::vector<const Expr*>& children) {
  std::uint16_t depth = 0;
  for (const Expr* child : children) depth = std::max(depth, child->depth);
  return static_cast<std::uint16_t>(depth + 1);
}

bool IsNamespace(const CallExpr& call, absl::string_view name) {
  const auto* ident = As<IdentExpr>(call.target);
  return ident != nullptr && ident->name == name;
}

// The name of an iteration variable; empty, and an issue, if `arg` cannot be one.
absl::string_view VariableName(ExprBuilder& build, const Expr* arg) {
  const auto* ident = As<IdentExpr>(arg);
  if (ident == nullptr || ident->name.empty() || ident->name.front() == '.') {
    build.Fail(*arg, "a variable is a simple name");
    return absl::string_view();
  }
  if (ident->name == op::kAccumulator || ident->name == "__result__") {
    build.Fail(*arg, absl::StrCat("`", ident->name, "` is kept for the result of macros"));
    return absl::string_view();
  }
  return ident->name;
}

// The variables of a comprehension and its arguments after them.
struct Loop {
  ComprehensionExpr shape;
  std::vector<const Expr*> args;
};

// Reads one or two variables off the arguments of `call`; nothing, and an issue, if they cannot be
// variables.
std::optional<Loop> ReadLoop(ExprBuilder& build, const CallExpr& call, std::size_t variables,
                             Macro macro) {
  Loop loop;
  loop.shape.macro = macro;
  loop.shape.range_expr = call.target;
  loop.shape.accu_var = op::kAccumulator;
  loop.shape.iter_var = VariableName(build, call.args[0]);
  if (loop.shape.iter_var.empty()) return std::nullopt;
  if (variables == 2) {
    loop.shape.iter_var2 = VariableName(build, call.args[1]);
    if (loop.shape.iter_var2.empty()) return std::nullopt;
    if (loop.shape.iter_var2 == loop.shape.iter_var) {
      build.Fail(*call.args[1], "the two variables need two names");
      return std::nullopt;
    }
  }
  loop.args.assign(call.args.begin() + static_cast<std::ptrdiff_t>(variables), call.args.end());
  return loop;
}

const Expr* Accumulator(ExprBuilder& build) { return build.Ident(op::kAccumulator); }

const Expr* Invalid(ExprBuilder& build) { return build.Constant(Literal::Null()); }

// ---- Standard macros and their forms with two variables

const Expr* ExpandHas(ExprBuilder& build, const CallExpr& call) {
  const auto* select = As<SelectExpr>(call.args[0]);
  if (select == nullptr || select->is_test) {
    return build.Fail(*call.args[0], "has() asks for a field, as in has(a.b)");
  }
  return build.HasField(*select);
}

template <std::size_t kVariables>
const Expr* ExpandAll(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, kVariables, Macro::kAll);
  if (!loop) return Invalid(build);
  loop->shape.init = build.Constant(Literal::Bool(true));
  loop->shape.condition = build.Call(op::kNotStrictlyFalse, {Accumulator(build)});
  loop->shape.step = build.Call(op::kLogicalAnd, {Accumulator(build), loop->args[0]});
  loop->shape.result = Accumulator(build);
  return build.Comprehension(loop->shape);
}

template <std::size_t kVariables>
const Expr* ExpandExists(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, kVariables, Macro::kExists);
  if (!loop) return Invalid(build);
  loop->shape.init = build.Constant(Literal::Bool(false));
  loop->shape.condition =
      build.Call(op::kNotStrictlyFalse, {build.Call(op::kLogicalNot, {Accumulator(build)})});
  loop->shape.step = build.Call(op::kLogicalOr, {Accumulator(build), loop->args[0]});
  loop->shape.result = Accumulator(build);
  return build.Comprehension(loop->shape);
}

template <std::size_t kVariables>
const Expr* ExpandExistsOne(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, kVariables, Macro::kExistsOne);
  if (!loop) return Invalid(build);
  loop->shape.init = build.Constant(Literal::Int(0));
  loop->shape.condition = build.Constant(Literal::Bool(true));
  const Expr* const one_more =
      build.Call(op::kAdd, {Accumulator(build), build.Constant(Literal::Int(1))});
  loop->shape.step = build.Call(op::kConditional, {loop->args[0], one_more, Accumulator(build)});
  loop->shape.result =
      build.Call(op::kEquals, {Accumulator(build), build.Constant(Literal::Int(1))});
  return build.Comprehension(loop->shape);
}

// accu + [value], under `filter` if there is one.
const Expr* AppendStep(ExprBuilder& build, const Expr* filter, const Expr* value) {
  const Expr* const step = build.Call(op::kAdd, {Accumulator(build), build.List({value})});
  if (filter == nullptr) return step;
  return build.Call(op::kConditional, {filter, step, Accumulator(build)});
}

const Expr* FinishList(ExprBuilder& build, Loop& loop, const Expr* filter, const Expr* value) {
  loop.shape.init = build.List({});
  loop.shape.condition = build.Constant(Literal::Bool(true));
  loop.shape.step = AppendStep(build, filter, value);
  loop.shape.result = Accumulator(build);
  return build.Comprehension(loop.shape);
}

// (variables…, [filter,] value)
template <std::size_t kVariables>
const Expr* ExpandTransformList(ExprBuilder& build, const CallExpr& call) {
  const Macro macro = kVariables == 1 ? Macro::kMap : Macro::kTransformList;
  std::optional<Loop> loop = ReadLoop(build, call, kVariables, macro);
  if (!loop) return Invalid(build);
  const Expr* const filter = loop->args.size() == 2 ? loop->args[0] : nullptr;
  return FinishList(build, *loop, filter, loop->args.back());
}

const Expr* ExpandFilter(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, 1, Macro::kFilter);
  if (!loop) return Invalid(build);
  return FinishList(build, *loop, loop->args[0], build.Ident(loop->shape.iter_var));
}

const Expr* FinishMap(ExprBuilder& build, Loop& loop, const Expr* insert) {
  loop.shape.init = build.EmptyMap();
  loop.shape.condition = build.Constant(Literal::Bool(true));
  loop.shape.step = insert;
  if (loop.args.size() == 2) {
    loop.shape.step = build.Call(op::kConditional, {loop.args[0], insert, Accumulator(build)});
  }
  loop.shape.result = Accumulator(build);
  return build.Comprehension(loop.shape);
}

const Expr* ExpandTransformMap(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, 2, Macro::kTransformMap);
  if (!loop) return Invalid(build);
  return FinishMap(build, *loop,
                   build.Call(kMapInsert, {Accumulator(build), build.Ident(loop->shape.iter_var),
                                           loop->args.back()}));
}

const Expr* ExpandTransformMapEntry(ExprBuilder& build, const CallExpr& call) {
  std::optional<Loop> loop = ReadLoop(build, call, 2, Macro::kTransformMapEntry);
  if (!loop) return Invalid(build);
  return FinishMap(build, *loop, build.Call(kMapInsert, {Accumulator(build), loop->args.back()}));
}

// ---- cel.bind and optionals

// A comprehension over nothing: its result sees `name` bound to `value`.
const Expr* Bind(ExprBuilder& build, Macro macro, absl::string_view name, const Expr* value,
                 const Expr* result) {
  ComprehensionExpr shape;
  shape.macro = macro;
  shape.iter_var = kUnusedVariable;
  shape.range_expr = build.List({});
  shape.accu_var = name;
  shape.init = value;
  shape.condition = build.Constant(Literal::Bool(false));
  shape.step = build.Ident(name);
  shape.result = result;
  return build.Comprehension(shape);
}

const Expr* ExpandBind(ExprBuilder& build, const CallExpr& call) {
  if (!IsNamespace(call, "cel")) return nullptr;
  const absl::string_view name = VariableName(build, call.args[0]);
  if (name.empty()) return Invalid(build);
  return Bind(build, Macro::kBind, name, call.args[1], call.args[2]);
}

// target.hasValue() ? wrap(bind name = target.value() in result) : optional.none()
const Expr* ExpandOptional(ExprBuilder& build, const CallExpr& call, Macro macro) {
  const absl::string_view name = VariableName(build, call.args[0]);
  if (name.empty()) return Invalid(build);
  const auto target = [&] { return build.Ident(kOptionalTarget); };
  const auto member = [&](absl::string_view function) {
    return build.MemberCall(function, build.Ident("optional"));
  };
  const Expr* mapped =
      Bind(build, Macro::kBind, name, build.MemberCall("value", target()), call.args[1]);
  if (macro == Macro::kOptMap) {
    mapped = build.MemberCall("of", build.Ident("optional"), {mapped});
  }
  const Expr* const chosen = build.Call(
      op::kConditional, {build.MemberCall("hasValue", target()), mapped, member("none")});
  return Bind(build, macro, kOptionalTarget, call.target, chosen);
}

const Expr* ExpandOptMap(ExprBuilder& build, const CallExpr& call) {
  return ExpandOptional(build, call, Macro::kOptMap);
}

const Expr* ExpandOptFlatMap(ExprBuilder& build, const CallExpr& call) {
  return ExpandOptional(build, call, Macro::kOptFlatMap);
}

// ---- math.greatest and math.least

// What may be a number: no list, no map and no literal of another kind.
bool MayBeNumber(const Expr& expr) {
  if (const auto* literal = As<LiteralExpr>(expr)) {
    const LiteralKind kind = literal->value.kind;
    return kind == LiteralKind::kInt || kind == LiteralKind::kUint || kind == LiteralKind::kDouble;
  }
  return expr.kind != ExprKind::kList && expr.kind != ExprKind::kMap &&
         expr.kind != ExprKind::kMessage;
}

bool IsListOfNumbers(const Expr& expr) {
  const auto* list = As<ListExpr>(expr);
  return list != nullptr && !list->elements.empty() &&
         std::all_of(list->elements.begin(), list->elements.end(),
                     [](const ListElement& element) { return MayBeNumber(*element.value); });
}

const Expr* ExpandExtreme(ExprBuilder& build, const CallExpr& call, absl::string_view function) {
  if (!IsNamespace(call, "math")) return nullptr;
  if (call.args.empty()) {
    return build.Fail(call, absl::StrCat("math.", call.function, "() needs an argument"));
  }
  if (call.args.size() == 1 && IsListOfNumbers(*call.args[0])) {
    return build.Call(function, {call.args[0]});
  }
  for (const Expr* arg : call.args) {
    if (!MayBeNumber(*arg)) {
      return build.Fail(*arg, absl::StrCat("math.", call.function, "() takes numbers"));
    }
  }
  const std::vector<const Expr*> args(call.args.begin(), call.args.end());
  return build.Call(function, args.size() <= 2 ? args : std::vector<const Expr*>{build.List(args)});
}

const Expr* ExpandGreatest(ExprBuilder& build, const CallExpr& call) {
  return ExpandExtreme(build, call, "math.@max");
}

const Expr* ExpandLeast(ExprBuilder& build, const CallExpr& call) {
  return ExpandExtreme(build, call, "math.@min");
}

}  // namespace

const Expr* ExprBuilder::Constant(const Literal& value) {
  auto* const expr = ast_.New<LiteralExpr>(call_.range, call_.at);
  expr->value = value;
  return expr;
}

const Expr* ExprBuilder::Ident(absl::string_view name) {
  auto* const expr = ast_.New<IdentExpr>(call_.range, call_.at);
  expr->name = name;
  return expr;
}

const Expr* ExprBuilder::Call(absl::string_view function, const std::vector<const Expr*>& args) {
  auto* const expr = ast_.New<CallExpr>(call_.range, call_.at);
  expr->function = function;
  expr->args = ast_.Copy(args);
  expr->depth = DepthAbove(args);
  return expr;
}

const Expr* ExprBuilder::MemberCall(absl::string_view function, const Expr* target,
                                    const std::vector<const Expr*>& args) {
  auto* const expr = ast_.New<CallExpr>(call_.range, call_.at);
  expr->target = target;
  expr->function = function;
  expr->args = ast_.Copy(args);
  std::vector<const Expr*> children = args;
  children.push_back(target);
  expr->depth = DepthAbove(children);
  return expr;
}

const Expr* ExprBuilder::List(const std::vector<const Expr*>& elements) {
  auto* const expr = ast_.New<ListExpr>(call_.range, call_.at);
  std::vector<ListElement> copy;
  copy.reserve(elements.size());
  for (const Expr* element : elements) copy.push_back({element, false});
  expr->elements = ast_.Copy(copy);
  expr->depth = DepthAbove(elements);
  return expr;
}

const Expr* ExprBuilder::EmptyMap() { return ast_.New<MapExpr>(call_.range, call_.at); }

const Expr* ExprBuilder::HasField(const SelectExpr& select) {
  auto* const expr = ast_.New<SelectExpr>(call_.range, select.at);
  expr->operand = select.operand;
  expr->field = select.field;
  expr->is_test = true;
  expr->depth = select.depth;
  return expr;
}

const Expr* ExprBuilder::Comprehension(const ComprehensionExpr& shape) {
  auto* const expr = ast_.New<ComprehensionExpr>(call_.range, call_.at);
  const Expr header = *expr;
  *expr = shape;
  static_cast<Expr&>(*expr) = header;
  expr->depth =
      DepthAbove({shape.range_expr, shape.init, shape.condition, shape.step, shape.result});
  return expr;
}

const Expr* ExprBuilder::Fail(const Expr& at, absl::string_view message) {
  issues_.push_back({IssueCode::kMacro, at.range, std::string(message)});
  return Constant(Literal::Null());
}

const MacroRule* MacroSet::Find(const CallExpr& call) const {
  const auto fits = [&](const MacroRule& rule) {
    return rule.has_target == (call.target != nullptr) && rule.function == call.function &&
           (rule.arg_count == MacroRule::kAnyCount || rule.arg_count == call.args.size());
  };
  const auto found = std::find_if(rules_.rbegin(), rules_.rend(), fits);
  return found == rules_.rend() ? nullptr : &*found;
}

MacroSet MacroSet::Standard() {
  MacroSet set;
  set.Add({"has", 1, false, ExpandHas});
  set.Add({"all", 2, true, ExpandAll<1>});
  set.Add({"exists", 2, true, ExpandExists<1>});
  set.Add({"exists_one", 2, true, ExpandExistsOne<1>});
  set.Add({"existsOne", 2, true, ExpandExistsOne<1>});
  set.Add({"map", 2, true, ExpandTransformList<1>});
  set.Add({"map", 3, true, ExpandTransformList<1>});
  set.Add({"filter", 2, true, ExpandFilter});
  return set;
}

MacroSet MacroSet::All() {
  MacroSet set = Standard();
  set.Add({"bind", 3, true, ExpandBind});
  set.Add({"all", 3, true, ExpandAll<2>});
  set.Add({"exists", 3, true, ExpandExists<2>});
  set.Add({"exists_one", 3, true, ExpandExistsOne<2>});
  set.Add({"existsOne", 3, true, ExpandExistsOne<2>});
  set.Add({"transformList", 3, true, ExpandTransformList<2>});
  set.Add({"transformList", 4, true, ExpandTransformList<2>});
  set.Add({"transformMap", 3, true, ExpandTransformMap});
  set.Add({"transformMap", 4, true, ExpandTransformMap});
  set.Add({"transformMapEntry", 3, true, ExpandTransformMapEntry});
  set.Add({"transformMapEntry", 4, true, ExpandTransformMapEntry});
  set.Add({"optMap", 2, true, ExpandOptMap});
  set.Add({"optFlatMap", 2, true, ExpandOptFlatMap});
  set.Add({"greatest", MacroRule::kAnyCount, true, ExpandGreatest});
  set.Add({"least", MacroRule::kAnyCount, true, ExpandLeast});
  return set;
}

}  // namespace laurel::cel
