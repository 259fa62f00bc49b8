#include "rules/cel/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/inference.h"
#include "rules/cel/names.h"
#include "rules/cel/operators.h"
#include "rules/cel/shapes.h"

namespace laurel::cel {
namespace {

namespace op = operators;

// For every node of the tree; an ordinary one needs about thirty.
constexpr std::size_t kStepsPerNode = 2000;

constexpr absl::string_view kOptSelectOverload = "select_optional_field";

struct LocalVariable {
  absl::string_view name;
  Type type;
};

// What a call with these arguments resolves to.
struct Resolution {
  std::vector<std::string> overload_ids;
  Type result;
};

bool IsCondition(absl::string_view function) {
  return function == op::kLogicalAnd || function == op::kLogicalOr || function == op::kLogicalNot ||
         function == op::kConditional;
}

// Into the order of the text, the first `max`.
void SortAndCut(std::size_t max, std::vector<Issue>& issues) {
  std::stable_sort(issues.begin(), issues.end(),
                   [](const Issue& a, const Issue& b) { return a.range.begin < b.range.begin; });
  if (issues.size() > max) issues.resize(max);
}

class Checker {
 public:
  Checker(Ast ast, const Declarations& declarations, const CheckOptions& options)
      : ast_(std::move(ast)),
        declarations_(declarations),
        options_(options),
        inference_(kStepsPerNode * ast_.id_limit()),
        types_(ast_.id_limit()),
        references_(ast_.id_limit()) {}

  CheckResult Run() {
    const Expr& root = *ast_.root();
    Walk(root);
    if (options_.result) Require(root, *options_.result);
    for (Type& type : types_) type = inference_.Finish(type);
    if (inference_.is_exhausted()) {
      issues_ = {{IssueCode::kTooComplex, root.range,
                  "the types of this expression are too complex", "", ""}};
    }
    CheckResult result;
    result.checked = CheckedAst(std::move(ast_), std::move(types_), std::move(references_));
    result.issues = std::move(issues_);
    if (options_.listener != nullptr && result.ok()) {
      ShowToListener(result.checked, *options_.listener, result.issues);
    }
    SortAndCut(options_.issues_max, result.issues);
    return result;
  }

 private:
  // ---- Results

  const Type& TypeOf(const Expr& expr) const { return types_[expr.id]; }
  Type Resolved(const Expr& expr) { return inference_.Resolve(TypeOf(expr)); }
  // As a message shows it.
  std::string Shown(const Type& type) {
    return ToString(inference_.Finish(type), TypeNames::kShort);
  }

  void SetType(const Expr& expr, Type type) { types_[expr.id] = std::move(type); }

  Issue& Report(IssueCode code, SourceRange range, std::string message) {
    issues_.push_back({code, range, std::move(message), "", ""});
    return issues_.back();
  }

  void Require(const Expr& expr, const Type& wanted) {
    if (inference_.Assign(wanted, TypeOf(expr))) return;
    Report(IssueCode::kTypeMismatch, expr.range,
           absl::StrCat("must be ", Shown(wanted), ", was ", Shown(TypeOf(expr))));
  }

  // ---- Nodes

  void Walk(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kError:
        break;
      case ExprKind::kLiteral:
        return SetType(expr, TypeOfLiteral(To<LiteralExpr>(expr).value));
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
      case ExprKind::kMessage:
        return WalkMessage(To<MessageExpr>(expr));
      case ExprKind::kComprehension:
        return WalkComprehension(To<ComprehensionExpr>(expr));
    }
  }

  // ---- Names

  const LocalVariable* FindLocal(absl::string_view name) const {
    const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                    [&](const LocalVariable& local) { return local.name == name; });
    return found == locals_.rend() ? nullptr : &*found;
  }

  bool BeginsWithLocal(const Expr& expr) const {
    const Expr* part = &expr;
    while (const auto* select = As<SelectExpr>(part)) part = select->operand;
    const auto* ident = As<IdentExpr>(part);
    return ident != nullptr && FindLocal(ident->name) != nullptr;
  }

  // Gives `expr` the type and reference of a declared `name`; false if there is none in the
  // container.
  bool Refer(const Expr& expr, absl::string_view name) {
    for (const std::string& candidate : CandidateNames(options_.container, name)) {
      if (const Type* const variable = declarations_.FindVariable(candidate)) {
        SetType(expr, *variable);
        references_[expr.id] = Reference{.name = candidate};
        return true;
      }
      if (const Type* const named = declarations_.FindTypeName(candidate)) {
        SetType(expr, Type::TypeOf(*named));
        references_[expr.id] = Reference{.name = candidate, .type_value = *named};
        return true;
      }
    }
    return false;
  }

  const FunctionDeclaration* FindFunction(absl::string_view name) const {
    for (const std::string& candidate : CandidateNames(options_.container, name)) {
      if (const auto* const function = declarations_.FindFunction(candidate)) return function;
    }
    return nullptr;
  }

  void WalkIdent(const IdentExpr& ident) {
    if (const LocalVariable* const local = FindLocal(ident.name)) {
      SetType(ident, local->type);
      references_[ident.id] = Reference{.name = std::string(ident.name), .is_local = true};
      return;
    }
    if (Refer(ident, ident.name)) return;
    ReportUndeclared(ident, std::string(ident.name));
  }

  void ReportUndeclared(const Expr& expr, std::string name) {
    Issue& issue = Report(IssueCode::kUndeclared, expr.range,
                          absl::StrCat("there is no variable `", name, "`"));
    if (!HasEnoughIssues()) issue.suggestion = NearestVariable(name);
    issue.name = std::move(name);
  }

  // More are not shown, and need no suggestions.
  bool HasEnoughIssues() const { return issues_.size() > options_.issues_max; }

  std::string NearestVariable(absl::string_view name) const {
    std::string nearest = declarations_.NearestVariable(name);
    for (const std::string& candidate : CandidateNames(options_.container, name)) {
      if (nearest.empty()) nearest = declarations_.NearestVariable(candidate);
    }
    return nearest;
  }

  // A whole chain a.b.c at once: as much of it as is one declared name, then a field for each
  // further dot.
  void WalkSelect(const SelectExpr& select) {
    std::vector<const SelectExpr*> fields;  // the outermost first
    const Expr* base = &select;
    while (const auto* const field = As<SelectExpr>(base)) {
      if (field->is_test && field != &select) break;
      fields.push_back(field);
      base = field->operand;
    }
    const auto* const ident = As<IdentExpr>(base);
    std::size_t unresolved = fields.size();
    if (ident == nullptr || FindLocal(ident->name) != nullptr) {
      Walk(*base);
    } else if (!ReferToLongest(*ident, fields, unresolved)) {
      return ReportUndeclaredChain(*ident, select);
    }
    while (unresolved > 0) SelectField(*fields[--unresolved]);
  }

  // Resolves the longest declared name that `ident` and the innermost of `fields` make, and says
  // how many of them are left.
  bool ReferToLongest(const IdentExpr& ident, const std::vector<const SelectExpr*>& fields,
                      std::size_t& unresolved) {
    std::string name(ident.name);
    std::vector<std::size_t> ends = {name.size()};  // of the name with 0, 1, 2 … fields
    for (auto field = fields.rbegin(); field != fields.rend() && !(*field)->is_test; ++field) {
      absl::StrAppend(&name, ".", (*field)->field);
      ends.push_back(name.size());
    }
    for (std::size_t count = ends.size(); count-- > 0;) {
      unresolved = fields.size() - count;
      const Expr* const whole = count == 0 ? static_cast<const Expr*>(&ident) : fields[unresolved];
      if (Refer(*whole, absl::string_view(name).substr(0, ends[count]))) return true;
    }
    return false;
  }

  // Where variables have dotted names, a.b.d for a.b.c is one mistake, and not that there is no a.
  void ReportUndeclaredChain(const IdentExpr& ident, const SelectExpr& select) {
    const Expr& whole = select.is_test ? *select.operand : select;
    const std::string name = QualifiedName(whole);
    const bool is_near = !HasEnoughIssues() && !NearestVariable(name).empty();
    if (is_near) return ReportUndeclared(whole, name);
    ReportUndeclared(ident, std::string(ident.name));
  }

  // Sets the type of a selection whose operand has one. An optional operand gives an optional.
  void SelectField(const SelectExpr& select) {
    Type type = FieldType(select, *select.operand, select.field);
    SetType(select, select.is_test ? Type::Bool() : std::move(type));
  }

  Type FieldType(const Expr& expr, const Expr& operand, absl::string_view field) {
    const Type type = Resolved(operand);
    if (type.is_optional()) return Type::Optional(FieldOf(expr, type.param(0), field));
    return FieldOf(expr, type, field);
  }

  Type FieldOf(const Expr& expr, const Type& type, absl::string_view field) {
    switch (type.kind()) {
      case TypeKind::kMap:
        return type.param(1);
      case TypeKind::kStruct:
        return FieldOfStruct(expr, type, field);
      case TypeKind::kParam:
        // Nothing is known of it, and what it turns out to be later could not be checked any more.
        inference_.Assign(type, Type::Dyn());
        return Type::Dyn();
      case TypeKind::kDyn:
        return Type::Dyn();
      case TypeKind::kError:
        return Type::Error();
      default:
        Report(IssueCode::kNotSelectable, expr.at,
               absl::StrCat(Shown(type), " has no field `", field, "`"));
        return Type::Error();
    }
  }

  Type FieldOfStruct(const Expr& expr, const Type& type, absl::string_view field) {
    if (const Type* const found = declarations_.FindField(type.name(), field)) return *found;
    Issue& issue = Report(IssueCode::kNoField, expr.at,
                          absl::StrCat("there is no field `", field, "` in ", type.name()));
    issue.name = std::string(field);
    if (!HasEnoughIssues()) issue.suggestion = declarations_.NearestField(type.name(), field);
    return Type::Error();
  }

  // ---- Calls

  void WalkCall(const CallExpr& call) {
    if (call.function == op::kOptSelect) return WalkOptSelect(call);
    for (const Expr* arg : call.args) Walk(*arg);
    if (call.target == nullptr) return WalkGlobalCall(call);
    if (WalkNamespacedCall(call)) return;
    Walk(*call.target);
    if (const FunctionDeclaration* const function = FindFunction(call.function)) {
      return ResolveCall(call, *function, call.target);
    }
    ReportUndeclaredFunction(call, std::string(call.function));
  }

  void WalkGlobalCall(const CallExpr& call) {
    if (const FunctionDeclaration* const function = FindFunction(call.function)) {
      return ResolveCall(call, *function, nullptr);
    }
    ReportUndeclaredFunction(call, std::string(call.function));
  }

  // a.b.f(x), where a.b.f is the name of a function.
  bool WalkNamespacedCall(const CallExpr& call) {
    const std::string prefix = QualifiedName(*call.target);
    if (prefix.empty() || BeginsWithLocal(*call.target)) return false;
    const std::string name = absl::StrCat(prefix, ".", call.function);
    const FunctionDeclaration* const function = FindFunction(name);
    if (function == nullptr) return false;
    ResolveCall(call, *function, nullptr);
    if (references_[call.id]) references_[call.id]->is_namespaced = true;
    return true;
  }

  void WalkOptSelect(const CallExpr& call) {
    const Expr& operand = *call.args[0];
    const auto* const field = As<LiteralExpr>(call.args[1]);
    Walk(operand);
    Walk(*call.args[1]);
    Type type = FieldType(call, operand, field == nullptr ? "" : field->value.text);
    SetType(call, type.is_optional() ? std::move(type) : Type::Optional(std::move(type)));
    references_[call.id] = Reference{.name = std::string(op::kOptSelect),
                                     .overload_ids = {std::string(kOptSelectOverload)}};
  }

  void ReportUndeclaredFunction(const CallExpr& call, std::string name) {
    Issue& issue = Report(IssueCode::kUndeclaredFunction, call.at,
                          absl::StrCat("there is no function `", name, "`"));
    if (!HasEnoughIssues()) issue.suggestion = declarations_.NearestFunction(name);
    issue.name = std::move(name);
  }

  void ResolveCall(const CallExpr& call, const FunctionDeclaration& function, const Expr* target) {
    std::vector<Type> args;
    if (target != nullptr) args.push_back(Resolved(*target));
    for (const Expr* arg : call.args) args.push_back(Resolved(*arg));
    std::optional<Resolution> resolution = Resolve(function, target != nullptr, args);
    if (!resolution) return ReportNoOverload(call, function, target, args);
    SetType(call, std::move(resolution->result));
    references_[call.id] =
        Reference{.name = function.name, .overload_ids = std::move(resolution->overload_ids)};
  }

  // Every overload that fits. Results that differ are dyn.
  std::optional<Resolution> Resolve(const FunctionDeclaration& function, bool is_method,
                                    const std::vector<Type>& args) {
    std::optional<Resolution> resolution;
    for (const OverloadDeclaration& declared : function.overloads) {
      if (declared.is_method != is_method || declared.params.size() != args.size()) continue;
      std::optional<OverloadDeclaration> fresh;
      if (declared.has_type_params) fresh = inference_.Instantiate(declared);
      const OverloadDeclaration& overload = fresh ? *fresh : declared;
      if (!inference_.AssignAll(overload.params, args)) continue;
      Type result = inference_.Resolve(overload.result);
      if (!resolution) {
        resolution = Resolution{{overload.id}, std::move(result)};
        continue;
      }
      resolution->overload_ids.push_back(overload.id);
      if (!(resolution->result == result)) resolution->result = Type::Dyn();
    }
    return resolution;
  }

  void ReportNoOverload(const CallExpr& call, const FunctionDeclaration& function,
                        const Expr* target, const std::vector<Type>& args) {
    std::vector<std::string> shown;
    shown.reserve(args.size());
    for (const Type& arg : args) shown.push_back(Shown(arg));
    if (IsCondition(function.name) && ReportCondition(call)) return;
    Report(IssueCode::kNoOverload, call.at,
           NoOverloadMessage(function.name, target != nullptr, shown));
  }

  // The operand of a condition that is no bool.
  bool ReportCondition(const CallExpr& call) {
    const std::size_t conditions = call.function == op::kConditional ? 1 : call.args.size();
    bool is_reported = false;
    for (std::size_t i = 0; i < conditions; ++i) {
      const Type type = Resolved(*call.args[i]);
      if (type.is_dyn_or_error() || type.kind() == TypeKind::kBool) continue;
      is_reported = true;
      Report(IssueCode::kNoOverload, call.args[i]->range,
             absl::StrCat("a condition must be bool, was ", Shown(type)));
    }
    return is_reported;
  }

  // ---- Lists and maps

  // The type of an element whose value may be left out: what the optional holds.
  Type ElementType(const Expr& value, bool is_optional) {
    Type type = Resolved(value);
    if (!is_optional || type.is_dyn_or_error()) return type;
    if (type.is_optional()) return type.param(0);
    Report(IssueCode::kTypeMismatch, value.range,
           absl::StrCat("`?` is for optional values, was ", Shown(type)));
    return Type::Error();
  }

  // One type for elements of two: the more general if they agree, else dyn.
  Type Join(const std::optional<Type>& before, const Type& type) {
    if (!before) return type;
    return inference_.Assign(*before, type) ? Inference::MoreGeneral(*before, type) : Type::Dyn();
  }

  void WalkList(const ListExpr& list) {
    std::optional<Type> element;
    for (const ListElement& item : list.elements) {
      Walk(*item.value);
      element = Join(element, ElementType(*item.value, item.is_optional));
    }
    SetBoundedType(list, Type::List(element ? *element : inference_.NewUnknown()));
  }

  void WalkMap(const MapExpr& map) {
    std::optional<Type> key;
    std::optional<Type> value;
    for (const MapEntry& entry : map.entries) {
      Walk(*entry.key);
      key = Join(key, Resolved(*entry.key));
      Walk(*entry.value);
      value = Join(value, ElementType(*entry.value, entry.is_optional));
    }
    SetBoundedType(map, Type::Map(key ? *key : inference_.NewUnknown(),
                                  value ? *value : inference_.NewUnknown()));
  }

  void SetBoundedType(const Expr& expr, Type type) {
    if (type.size() <= Inference::kTypeSizeMax) return SetType(expr, std::move(type));
    Report(IssueCode::kTooComplex, expr.range, "the type of this is too complex");
  }

  void WalkMessage(const MessageExpr& message) {
    for (const MessageField& field : message.fields) Walk(*field.value);
    Report(IssueCode::kUnsupported, message.at,
           absl::StrCat("there are no messages here, so no `", message.message, "{…}`"));
  }

  // ---- Comprehensions

  struct LoopTypes {
    Type first;
    Type second;
  };

  void WalkComprehension(const ComprehensionExpr& loop) {
    Walk(*loop.range_expr);
    Walk(*loop.init);
    const LoopTypes types = RangeTypes(loop);
    const Type accumulator = TypeOf(*loop.init);
    locals_.push_back({loop.accu_var, accumulator});
    const bool has_two = !loop.iter_var2.empty();
    locals_.push_back({loop.iter_var, types.first});
    if (has_two) locals_.push_back({loop.iter_var2, types.second});
    Walk(*loop.condition);
    Require(*loop.condition, Type::Bool());
    Walk(*loop.step);
    RequireStep(loop, accumulator);
    locals_.resize(locals_.size() - (has_two ? 2 : 1));
    Walk(*loop.result);
    locals_.pop_back();
    SetType(loop, Resolved(*loop.result));
  }

  void RequireStep(const ComprehensionExpr& loop, const Type& accumulator) {
    if (inference_.Assign(accumulator, TypeOf(*loop.step))) return;
    Report(IssueCode::kTypeMismatch, loop.at,
           absl::StrCat("a loop over ", Shown(accumulator), " cannot yield ",
                        Shown(TypeOf(*loop.step))));
  }

  // What the iteration variables hold.
  LoopTypes RangeTypes(const ComprehensionExpr& loop) {
    const Type range = Resolved(*loop.range_expr);
    const bool has_two = !loop.iter_var2.empty();
    switch (range.kind()) {
      case TypeKind::kList:
        if (has_two) return {Type::Int(), range.param(0)};
        return {range.param(0), Type::Error()};
      case TypeKind::kMap:
        return {range.param(0), range.param(1)};
      case TypeKind::kParam:
        inference_.Assign(range, Type::Dyn());
        return {Type::Dyn(), Type::Dyn()};
      case TypeKind::kDyn:
        return {Type::Dyn(), Type::Dyn()};
      case TypeKind::kError:
        return {Type::Error(), Type::Error()};
      default:
        Report(IssueCode::kTypeMismatch, loop.range_expr->range,
               absl::StrCat("a loop needs a list or a map, was ", Shown(range)));
        return {Type::Error(), Type::Error()};
    }
  }

  Ast ast_;
  const Declarations& declarations_;
  const CheckOptions& options_;
  Inference inference_;
  std::vector<Type> types_;
  std::vector<std::optional<Reference>> references_;
  std::vector<LocalVariable> locals_;  // the innermost last
  std::vector<Issue> issues_;
};

}  // namespace

CheckResult Check(Ast ast, const Declarations& declarations, const CheckOptions& options) {
  return Checker(std::move(ast), declarations, options).Run();
}

}  // namespace laurel::cel
