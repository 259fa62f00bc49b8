#include "rules/program/expression_listener.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/cel/operators.h"
#include "rules/cel/pattern.h"
#include "rules/cel/shapes.h"
#include "rules/program/text.h"
#include "rules/program/units.h"

namespace laurel::rules {
namespace {

namespace op = cel::operators;

using cel::As;
using cel::Expr;
using cel::To;
using cel::TypeKind;
using Kind = Unit::Kind;

constexpr absl::int128 kIntMin = std::numeric_limits<std::int64_t>::min();
constexpr absl::int128 kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kElementsDefault = 500;
constexpr int kLoopsMax = 2;
constexpr std::size_t kPatternMax = 128;
constexpr int kPatternInstructionsMax = 1'000;

ValueInfo Unknown() {
  ValueInfo info;
  info.min = kIntMin;
  info.max = kIntMax;
  return info;
}

ValueInfo Join(const ValueInfo& a, const ValueInfo& b) {
  ValueInfo info = a.unit.kind == Kind::kLiteral || a.unit.kind == Kind::kNone ? b : a;
  info.min = std::min(a.min, b.min);
  info.max = std::max(a.max, b.max);
  info.elements = std::max(a.elements, b.elements);
  if (a.vocabulary != b.vocabulary) info.vocabulary.clear();
  return info;
}

bool IsComparison(absl::string_view name) {
  constexpr std::array kNames = std::to_array<absl::string_view>(
      {op::kEquals, op::kNotEquals, op::kLess, op::kLessEquals, op::kGreater, op::kGreaterEquals});
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Operators that take units as they come.
bool HasUnit(const Unit& unit) { return unit.kind != Kind::kNone && unit.kind != Kind::kLiteral; }

// The operands of a call, its target first.
std::vector<const Expr*> OperandsOf(const cel::CallExpr& call, bool is_namespaced) {
  std::vector<const Expr*> operands;
  if (call.target != nullptr && !is_namespaced) operands.push_back(call.target);
  operands.insert(operands.end(), call.args.begin(), call.args.end());
  return operands;
}

// Whether a part of `call` is a double and has been reported.
bool HasDouble(const cel::CheckedAst& checked, const cel::CallExpr& call) {
  const std::vector<const Expr*> children = cel::ChildrenOf(call);
  return std::any_of(children.begin(), children.end(), [&](const Expr* child) {
    return checked.TypeOf(*child).kind() == TypeKind::kDouble;
  });
}

bool IsRounding(absl::string_view name) {
  constexpr std::array kNames =
      std::to_array<absl::string_view>({"DOWN", "UP", "HALF_UP", "HALF_EVEN"});
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

std::optional<absl::string_view> TextOf(const Expr& expr) {
  const cel::Literal* const literal = cel::LiteralOf(expr, cel::LiteralKind::kString);
  if (literal == nullptr) return std::nullopt;
  return literal->text;
}

void ExpressionListener::OnExpr(const cel::CheckedAst& checked, const Expr& expr,
                                std::vector<cel::Issue>&) {
  if (infos_.size() < checked.ast().id_limit()) infos_.resize(checked.ast().id_limit());
  infos_[expr.id] = Infer(checked, expr);
  last_ = infos_[expr.id];
  if (&expr != &checked.root()) return;
  if (last_.is_sealed)
    Report(Severity::kError, "R-PROF-230", expr,
           "a list of this kind may only be searched for literals");
}

void ExpressionListener::OnLoop(const cel::CheckedAst& checked, const cel::ComprehensionExpr& loop,
                                std::vector<cel::Issue>&) {
  if (infos_.size() < checked.ast().id_limit()) infos_.resize(checked.ast().id_limit());
  const ValueInfo& range = InfoOf(*loop.range_expr);
  if (range.is_sealed) {
    Report(Severity::kError, "R-PROF-230", *loop.range_expr,
           absl::StrCat(Slice(*loop.range_expr), " may only be searched for literals"))
        .hint = absl::StrCat("\"literal\" in ", Slice(*loop.range_expr));
  }
  if (checked.TypeOf(*loop.range_expr).kind() == TypeKind::kMap) {
    Report(Severity::kError, "R-PROF-224", *loop.range_expr,
           "a map cannot be iterated: it has no order");
  }
  if (loop.macro != cel::Macro::kBind && ++loop_depth_ == kLoopsMax + 1) {
    Report(Severity::kError, "R-PROF-228", loop,
           absl::StrCat("loops must be nested at most ", kLoopsMax, " deep"))
        .hint = "put the inner one into a variable";
  }
  ValueInfo element = Unknown();
  element.unit = range.unit;
  element.vocabulary = range.vocabulary;
  if (range.unit.kind != Kind::kNone) {
    element.min = range.min;
    element.max = range.max;
  }
  ValueInfo accumulator = InfoOf(*loop.init);
  locals_.push_back({loop.accu_var, accumulator});
  locals_.push_back({loop.iter_var, element});
  locals_.push_back({loop.iter_var2, element});
}

void ExpressionListener::OnLoopEnd(const cel::CheckedAst&, const cel::ComprehensionExpr& loop) {
  if (loop.macro != cel::Macro::kBind) --loop_depth_;
  locals_.resize(locals_.size() - 3);
}

const ValueInfo& ExpressionListener::InfoOf(const Expr& expr) const { return infos_[expr.id]; }

std::string ExpressionListener::Slice(const Expr& expr) const {
  return std::string(source_.Slice(expr.range));
}

ExpressionIssue& ExpressionListener::Report(Severity severity, absl::string_view code,
                                            const Expr& expr, std::string message) {
  issues_.push_back({.severity = severity,
                     .code = std::string(code),
                     .range = expr.range,
                     .message = std::move(message)});
  return issues_.back();
}

std::string ExpressionListener::Describe(const Unit& unit) const {
  switch (unit.kind) {
    case Kind::kMoney:
      return "money";
    case Kind::kPoints:
      return unit.point_type < environment_.point_types().size()
                 ? environment_.point_types()[unit.point_type]
                 : "points";
    case Kind::kCount:
      return "a count";
    case Kind::kDays:
      return "days";
    case Kind::kMinutes:
      return "minutes of the day";
    case Kind::kNone:
    case Kind::kLiteral:
      break;
  }
  return "a plain number";
}

std::string ExpressionListener::AsMoney(std::int64_t amount) const {
  return RenderScaled(amount, environment_.currency_exponent());
}

ValueInfo ExpressionListener::Infer(const cel::CheckedAst& checked, const Expr& expr) {
  const cel::Reference* const reference = checked.FindReference(expr);
  if (reference != nullptr && reference->type_value) {
    Report(Severity::kError, "R-PROF-222", expr, "types as values cannot be used here");
    return Unknown();
  }
  switch (expr.kind) {
    case cel::ExprKind::kLiteral:
      return InferLiteral(To<cel::LiteralExpr>(expr));
    case cel::ExprKind::kIdent:
      return InferName(checked, expr);
    case cel::ExprKind::kSelect:
      return InferField(checked, To<cel::SelectExpr>(expr));
    case cel::ExprKind::kCall:
      return InferCall(checked, To<cel::CallExpr>(expr));
    case cel::ExprKind::kComprehension:
      return InferLoop(To<cel::ComprehensionExpr>(expr));
    case cel::ExprKind::kList: {
      ValueInfo info = Unknown();
      const auto& list = To<cel::ListExpr>(expr);
      const cel::Type& type = checked.TypeOf(expr);
      const bool is_mixed = !type.params().empty() && type.param(0).kind() == TypeKind::kDyn;
      if (is_mixed && list.elements.size() > 1) {
        Report(Severity::kError, "R-TYPE-203", expr, "the elements of a list must be of one type");
      }
      if (list.elements.size() > 256) {
        Report(Severity::kError, "R-CEL-124", expr, "a list must have at most 256 elements");
      }
      for (const cel::ListElement& element : list.elements) {
        if (element.is_optional) {
          Report(Severity::kError, "R-PROF-229", *element.value,
                 "optional elements cannot be used here");
        }
        const ValueInfo& inner = InfoOf(*element.value);
        info = &element == list.elements.data() ? inner : Join(info, inner);
      }
      info.elements = list.elements.size();
      info.is_sealed = false;
      return info;
    }
    case cel::ExprKind::kMap:
      for (const cel::MapEntry& entry : To<cel::MapExpr>(expr).entries) {
        if (cel::IsConstant(*entry.key)) continue;
        Report(Severity::kError, "R-PROF-224", *entry.key, "the keys of a map must be literals");
      }
      return Unknown();
    default:
      return Unknown();
  }
}

ValueInfo ExpressionListener::InferLiteral(const cel::LiteralExpr& literal) {
  ValueInfo info = Unknown();
  switch (literal.value.kind) {
    case cel::LiteralKind::kInt:
      info.unit.kind = Kind::kLiteral;
      info.min = literal.value.int_value;
      info.max = literal.value.int_value;
      break;
    case cel::LiteralKind::kDouble: {
      ExpressionIssue& issue = Report(Severity::kError, "R-PROF-221", literal,
                                      "numbers with a fraction cannot be used here");
      issue.hint =
          "money(\"12.50\") for money, percent(x, \"12.5\") or mul_div(x, 5, 4) for shares";
      break;
    }
    case cel::LiteralKind::kUint:
      Report(Severity::kError, "R-PROF-222", literal, "unsigned numbers cannot be used here").hint =
          "leave the `u` out";
      break;
    case cel::LiteralKind::kBytes:
      Report(Severity::kError, "R-PROF-222", literal, "bytes cannot be used here");
      break;
    case cel::LiteralKind::kNull:
      Report(Severity::kError, "R-PROF-222", literal, "null cannot be used here").hint =
          "has(…) tells whether a fact is there";
      break;
    default:
      break;
  }
  return info;
}

ValueInfo ExpressionListener::InferName(const cel::CheckedAst& checked, const Expr& expr) {
  const cel::Reference* const reference = checked.FindReference(expr);
  if (reference == nullptr) return Unknown();
  if (reference->is_local) {
    const auto found = std::find_if(locals_.rbegin(), locals_.rend(), [&](const Local& local) {
      return local.name == reference->name;
    });
    return found == locals_.rend() ? Unknown() : found->info;
  }
  const Roots root = Environment::RootOf(reference->name);
  if (root != kVariablesRoot) CheckRoot(expr, root, reference->name);
  ValueInfo info = Unknown();
  if (const FactInfo* const fact = environment_.FindRoot(reference->name)) {
    info.elements = fact->elements;
    info.is_facts = fact->type.kind() == TypeKind::kList;
  }
  return info;
}

void ExpressionListener::CheckRoot(const Expr& expr, Roots roots, absl::string_view name) {
  roots_ |= roots;
  if ((roots & ~allowed_) == 0) return;
  Report(Severity::kError, "R-NAME-106", expr, absl::StrCat(name, " cannot be read here"));
}

ValueInfo ExpressionListener::InferField(const cel::CheckedAst& checked,
                                         const cel::SelectExpr& select) {
  const cel::Type& holder = checked.TypeOf(*select.operand);
  if (holder.kind() != TypeKind::kStruct) return Unknown();
  if (holder.name() == "Variables") return InferProgramVariable(select);
  const FactInfo* const fact = environment_.facts().FindField(holder.name(), select.field);
  if (fact == nullptr) return Unknown();
  if (!fact->only.empty()) CheckAttribute(select, *fact);
  ValueInfo info = Unknown();
  if (select.is_test) return info;
  if (fact->type.kind() == TypeKind::kInt) {
    info.min = fact->min;
    info.max = fact->max;
  }
  info.unit = fact->unit;
  info.vocabulary = fact->vocabulary;
  info.is_sealed = fact->is_sealed;
  info.elements = fact->elements;
  info.is_facts = fact->type.kind() == TypeKind::kList && !fact->is_sealed;
  return info;
}

void ExpressionListener::CheckAttribute(const cel::SelectExpr& select, const FactInfo& fact) {
  for (const std::string& trigger : triggers_) {
    if (std::find(fact.only.begin(), fact.only.end(), trigger) != fact.only.end()) continue;
    Report(Severity::kError, "R-NAME-107", select,
           absl::StrCat("activities of type ", trigger, " have no ", select.field))
        .notes = {absl::StrCat("types that have it: ", absl::StrJoin(fact.only, ", "))};
    return;
  }
  Narrow(fact.only);
}

void ExpressionListener::Narrow(const std::vector<std::string>& types) {
  if (types.empty()) return;
  if (!is_narrowed_) {
    only_ = types;
    is_narrowed_ = true;
    return;
  }
  std::erase_if(only_, [&](const std::string& type) {
    return std::find(types.begin(), types.end(), type) == types.end();
  });
}

ValueInfo ExpressionListener::InferProgramVariable(const cel::SelectExpr& select) {
  const VariableInfo* const variable = environment_.FindProgramVariable(select.field);
  ValueInfo info = Unknown();
  roots_ |= kVariablesRoot;
  if (variable == nullptr) return info;
  CheckRoot(select, variable->roots, Slice(select));
  for (const std::string& trigger : triggers_) {
    const auto& only = variable->only;
    if (only.empty() || std::find(only.begin(), only.end(), trigger) != only.end()) continue;
    Report(Severity::kError, "R-NAME-107", select,
           absl::StrCat(Slice(select), " reads what activities of type ", trigger, " do not have"));
    break;
  }
  Narrow(variable->only);
  info.unit = variable->unit;
  info.min = variable->min;
  info.max = variable->max;
  info.elements = variable->elements;
  return info;
}

ValueInfo ExpressionListener::InferCall(const cel::CheckedAst& checked, const cel::CallExpr& call) {
  const cel::Reference* const reference = checked.FindReference(call);
  const absl::string_view name = reference == nullptr ? call.function : reference->name;
  CheckProfile(checked, call, name);
  CheckSealedUse(call, name);
  if (IsComparison(name)) {
    const Expr& left = *call.args[0];
    const Expr& right = *call.args[1];
    CheckUnits(left, right, "compared");
    CheckTexts(left, right);
    CheckTexts(right, left);
    return Unknown();
  }
  if (name == op::kIn) {
    const ValueInfo& list = InfoOf(*call.args[1]);
    if (checked.TypeOf(*call.args[1]).kind() == TypeKind::kList) {
      CheckUnits(*call.args[0], *call.args[1], "compared");
    }
    if (const auto* const literals = As<cel::ListExpr>(*call.args[1])) {
      for (const cel::ListElement& element : literals->elements) {
        CheckTexts(*call.args[0], *element.value);
      }
    } else if (!list.vocabulary.empty()) {
      CheckTexts(*call.args[1], *call.args[0]);
    }
    return Unknown();
  }
  if (name == op::kConditional) return Join(InfoOf(*call.args[1]), InfoOf(*call.args[2]));
  if (checked.TypeOf(call).kind() == TypeKind::kInt) {
    if (name == op::kAdd || name == op::kSubtract || name == op::kNegate) {
      return InferArithmetic(call, name);
    }
    if (name == op::kMultiply) return InferProduct(call);
    if (name == op::kDivide) return InferDivision(call, false);
    if (name == op::kModulo) return InferDivision(call, true);
  }
  return InferHostCall(checked, call, name);
}

void ExpressionListener::CheckUnits(const Expr& left, const Expr& right, absl::string_view verb) {
  const ValueInfo& a = InfoOf(left);
  const ValueInfo& b = InfoOf(right);
  const auto check_literal = [&](const Expr& literal, const ValueInfo& number, const Expr& money) {
    if (number.min == 0 && number.max == 0) return;
    ExpressionIssue& issue = Report(Severity::kError, "R-UNIT-241", literal,
                                    absl::StrCat("money is ", verb, " with a plain number"));
    if (number.min != number.max || As<cel::ListExpr>(literal) != nullptr) return;
    const auto amount = static_cast<std::int64_t>(number.min);
    issue.notes = {
        absl::StrCat(Slice(money), " is in minor units, so ", amount, " means ", AsMoney(amount))};
    std::int64_t whole = amount;
    for (int i = 0; i < environment_.currency_exponent() && whole < 1'000'000'000'000; ++i) {
      whole *= 10;
    }
    issue.replacement = absl::StrCat("money(\"", AsMoney(whole), "\")");
    issue.hint = *issue.replacement;
  };
  if (a.unit.kind == Kind::kMoney && b.unit.kind == Kind::kLiteral) {
    return check_literal(right, b, left);
  }
  if (b.unit.kind == Kind::kMoney && a.unit.kind == Kind::kLiteral) {
    return check_literal(left, a, right);
  }
  if (!HasUnit(a.unit) || !HasUnit(b.unit) || a.unit == b.unit) return;
  Report(Severity::kError, "R-UNIT-242", right,
         absl::StrCat(Describe(a.unit), " and ", Describe(b.unit), " cannot be ", verb));
}

void ExpressionListener::CheckTexts(const Expr& fact, const Expr& literal) {
  const std::optional<absl::string_view> text = TextOf(literal);
  if (!text) return;
  const std::string& vocabulary = InfoOf(fact).vocabulary;
  const KnownTexts* const known = vocabulary.empty() ? nullptr : environment_.FindTexts(vocabulary);
  if (known == nullptr) return;
  const std::vector<std::string>& texts = known->texts;
  if (std::find(texts.begin(), texts.end(), *text) != texts.end()) return;
  const bool is_defined = vocabulary == "member.tier" || vocabulary == "member.segments" ||
                          vocabulary == "member.badges" || vocabulary == "activity.type";
  ExpressionIssue& issue =
      Report(Severity::kError, is_defined ? "R-NAME-103" : "R-NAME-102", literal,
             absl::StrCat("there is no ", known->noun, " \"", *text, "\""));
  if (!texts.empty()) {
    constexpr std::size_t kShownMax = 12;
    const std::size_t shown = std::min(texts.size(), kShownMax);
    issue.notes = {absl::StrCat(
        known->noun, " can be ",
        absl::StrJoin(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        shown < texts.size() ? " …" : "")};
  }
  const absl::string_view nearest = Nearest(*text, texts);
  if (nearest.empty()) return;
  issue.hint = absl::StrCat("did you mean \"", nearest, "\"?");
  issue.replacement = absl::StrCat("\"", nearest, "\"");
}

void ExpressionListener::CheckSealedUse(const cel::CallExpr& call, absl::string_view name) {
  const auto is_allowed = [&](const Expr& operand) {
    if (name == op::kIn) {
      return &operand == call.args[1] && TextOf(*call.args[0]).has_value();
    }
    if (name != "sets.contains" && name != "sets.intersects") return false;
    return std::all_of(call.args.begin(), call.args.end(), [&](const Expr* arg) {
      return arg == &operand || cel::IsListOf(*arg, cel::LiteralKind::kString);
    });
  };
  for (const Expr* const operand : cel::ChildrenOf(call)) {
    if (operand->id >= infos_.size() || !InfoOf(*operand).is_sealed || is_allowed(*operand)) {
      continue;
    }
    Report(Severity::kError, "R-PROF-230", *operand,
           absl::StrCat(Slice(*operand), " may only be searched for literals"))
        .hint = absl::StrCat("\"literal\" in ", Slice(*operand));
  }
}

void ExpressionListener::CheckProfile(const cel::CheckedAst& checked, const cel::CallExpr& call,
                                      absl::string_view name) {
  if (name == "dyn" || name == "type" || name == "uint" || name == "bytes" || name == "double") {
    Report(Severity::kError, name == "double" ? "R-PROF-221" : "R-PROF-222", call,
           absl::StrCat(name, "() cannot be used here"));
    return;
  }
  if (name == op::kOptSelect || name == op::kOptIndex || absl::StartsWith(name, "optional.")) {
    Report(Severity::kError, "R-PROF-229", call, "optional values cannot be used here").hint =
        "has(x) && …";
    return;
  }
  if (name == op::kIndex && InfoOf(*call.args[0]).is_facts) {
    Report(Severity::kError, "R-PROF-225", call,
           "lines have no position: the result would depend on their order")
        .hint = "exists, filter and sum look at all of them";
    return;
  }
  if (absl::StartsWith(name, "get") && call.target != nullptr &&
      checked.TypeOf(*call.target).kind() == TypeKind::kTimestamp) {
    Report(Severity::kError, "R-PROF-226", call,
           absl::StrCat(name, "() depends on zone data, which change"))
        .hint = "activity.local has year, month, day, weekday, hour and minute_of_day";
    return;
  }
  if (name == "matches") {
    CheckPattern(*call.args.back());
  } else if (checked.TypeOf(call).kind() == TypeKind::kDouble && !HasDouble(checked, call)) {
    Report(Severity::kError, "R-PROF-221", call, "numbers with a fraction cannot be used here");
  }
}

void ExpressionListener::CheckPattern(const Expr& pattern) {
  const std::optional<absl::string_view> text = TextOf(pattern);
  if (!text || text->size() > kPatternMax) {
    Report(Severity::kError, "R-PROF-227", pattern,
           absl::StrCat("a regular expression must be a literal of at most ", kPatternMax,
                        " characters"));
    return;
  }
  const std::optional<cel::Pattern> parsed = cel::Pattern::Parse(*text);
  if (!parsed) {
    Report(Severity::kError, "R-TYPE-205", pattern, "this is no regular expression");
  } else if (parsed->instruction_count() > kPatternInstructionsMax) {
    Report(Severity::kError, "R-PROF-227", pattern, "this regular expression is too large");
  }
}

ValueInfo ExpressionListener::InferArithmetic(const cel::CallExpr& call, absl::string_view name) {
  const ValueInfo& a = InfoOf(*call.args[0]);
  ValueInfo info = a;
  info.vocabulary.clear();
  if (name == op::kNegate) {
    info.min = -a.max;
    info.max = -a.min;
  } else {
    const bool is_sum = name == op::kAdd;
    CheckUnits(*call.args[0], *call.args[1], is_sum ? "added" : "subtracted");
    const ValueInfo& b = InfoOf(*call.args[1]);
    info.unit = HasUnit(a.unit) ? a.unit : b.unit;
    info.min = is_sum ? a.min + b.min : a.min - b.max;
    info.max = is_sum ? a.max + b.max : a.max - b.min;
  }
  if (info.min < kIntMin || info.max > kIntMax) {
    Report(Severity::kError, "R-NUM-251", call, absl::StrCat(Slice(call), " may overflow"));
    info.min = kIntMin / 4;
    info.max = kIntMax / 4;
  }
  return info;
}

ValueInfo ExpressionListener::InferProduct(const cel::CallExpr& call) {
  const ValueInfo& a = InfoOf(*call.args[0]);
  const ValueInfo& b = InfoOf(*call.args[1]);
  const auto is_scale = [](const Unit& unit) {
    return !HasUnit(unit) || unit.kind == Kind::kCount;
  };
  ValueInfo info;
  info.unit = is_scale(b.unit) ? a.unit : b.unit;
  if (!HasUnit(info.unit)) info.unit = HasUnit(b.unit) ? b.unit : a.unit;
  if (!is_scale(a.unit) && !is_scale(b.unit)) {
    const bool is_money = a.unit.kind == Kind::kMoney && b.unit.kind == Kind::kMoney;
    Report(Severity::kError, is_money ? "R-UNIT-243" : "R-UNIT-242", call,
           absl::StrCat(Describe(a.unit), " and ", Describe(b.unit), " cannot be multiplied"));
  }
  const std::array<absl::int128, 4> corners = {a.min * b.min, a.min * b.max, a.max * b.min,
                                               a.max * b.max};
  info.min = *std::min_element(corners.begin(), corners.end());
  info.max = *std::max_element(corners.begin(), corners.end());
  if (info.min < kIntMin || info.max > kIntMax) {
    if (is_scale(a.unit) || is_scale(b.unit)) {
      Report(Severity::kError, "R-NUM-251", call, absl::StrCat(Slice(call), " may overflow"));
    }
    info.min = kIntMin / 4;
    info.max = kIntMax / 4;
  }
  return info;
}

ValueInfo ExpressionListener::InferDivision(const cel::CallExpr& call, bool is_modulo) {
  const ValueInfo& a = InfoOf(*call.args[0]);
  const ValueInfo& b = InfoOf(*call.args[1]);
  ValueInfo info = Unknown();
  info.unit = a.unit;
  if (b.min <= 0 && b.max >= 0) {
    Report(Severity::kError, "R-NUM-252", *call.args[1],
           absl::StrCat(Slice(*call.args[1]), " may be zero"))
        .hint = absl::StrCat("divide by a literal, or test that ", Slice(*call.args[1]),
                             " > 0 in a variable");
    return info;
  }
  if (HasUnit(a.unit) && a.unit == b.unit) {
    info.unit.kind = is_modulo ? a.unit.kind : Kind::kNone;
  } else if (a.unit.kind == Kind::kMoney && !is_modulo) {
    ExpressionIssue& issue = Report(Severity::kWarning, "R-UNIT-244", call,
                                    "money divided by a number is cut to whole minor units");
    issue.replacement = absl::StrCat("mul_div(", Slice(*call.args[0]), ", 1, ",
                                     Slice(*call.args[1]), ", \"HALF_UP\")");
    issue.hint = *issue.replacement;
  } else if (HasUnit(a.unit) && HasUnit(b.unit) && b.unit.kind != Kind::kCount) {
    Report(Severity::kError, "R-UNIT-242", call,
           absl::StrCat(Describe(a.unit), " cannot be divided by ", Describe(b.unit)));
  }
  const absl::int128 least = b.min > 0 ? b.min : -b.max;  // of the divisor's size
  const absl::int128 size = std::max(a.max < 0 ? -a.max : a.max, a.min < 0 ? -a.min : a.min);
  const absl::int128 most = std::max(b.max < 0 ? -b.max : b.max, b.min < 0 ? -b.min : b.min);
  const absl::int128 bound = is_modulo ? std::min(size, most - 1) : size / least;
  const bool is_positive = a.min >= 0 && (is_modulo || b.min > 0);
  info.min = is_positive ? absl::int128(0) : -bound;
  info.max = bound;
  return info;
}

ValueInfo ExpressionListener::InferLoop(const cel::ComprehensionExpr& loop) {
  ValueInfo info = Unknown();
  const ValueInfo range = InfoOf(*loop.range_expr);
  info.elements = range.elements;
  if (loop.macro == cel::Macro::kFilter) {
    info = range;
    info.is_facts = range.is_facts;
  } else if (loop.macro == cel::Macro::kMap) {
    const auto parts = cel::PartsOf(loop);
    if (parts && parts->item != nullptr) {
      info = InfoOf(*parts->item);
      info.elements = range.elements;
      info.is_sealed = false;
      info.is_facts = false;
    }
  } else if (loop.macro == cel::Macro::kBind) {
    return InfoOf(*loop.result);
  }
  return info;
}

ValueInfo ExpressionListener::InferHostCall(const cel::CheckedAst& checked,
                                            const cel::CallExpr& call, absl::string_view name) {
  const cel::Reference* const reference = checked.FindReference(call);
  const std::vector<const Expr*> operands =
      OperandsOf(call, reference != nullptr && reference->is_namespaced);
  ValueInfo info = Unknown();
  if (name == "money" || name == "time_of_day" || name == "date" || name == "tier_at_least" ||
      name == "hash_bucket") {
    CheckLiteralText(call, name);
    const std::optional<absl::string_view> text = TextOf(*call.args[0]);
    if (name == "money") {
      info.unit.kind = Kind::kMoney;
      const Scaled amount = ParseScaled(text.value_or("0"), environment_.currency_exponent());
      info.min = info.max = amount.fit == Scaled::Fit::kExact ? amount.value : 1;
    } else if (name == "time_of_day") {
      info.unit.kind = Kind::kMinutes;
      info.min = info.max = ParseTimeOfDay(text.value_or("00:00")).value_or(0);
    } else if (name == "hash_bucket") {
      info.min = 0;
      info.max = 9'999;
    }
    return info;
  }
  if (operands.empty()) return info;
  const ValueInfo& first = InfoOf(*operands[0]);
  if (name == "sum" || name == "min" || name == "max" || name == "distinct") {
    info = first;
    info.is_facts = false;
    if (name == "sum") {
      const absl::int128 count = first.elements == 0 ? kElementsDefault : first.elements;
      info.min = std::min<absl::int128>(0, first.min) * count;
      info.max = std::max<absl::int128>(0, first.max) * count;
      if (info.min < kIntMin || info.max > kIntMax) {
        Report(Severity::kError, "R-NUM-251", call, absl::StrCat(Slice(call), " may overflow"));
        info.min = 0;
        info.max = kIntMax / 4;
      }
    }
    return info;
  }
  if (name == "size") {
    info.unit.kind = Kind::kCount;
    info.min = 0;
    info.max = first.elements == 0 ? absl::int128(1'000'000) : absl::int128(first.elements);
    return info;
  }
  if (name == "mul_div" || name == "percent") {
    CheckLiteralText(call, name);
    info.unit = first.unit;
    info.min = first.min >= 0 ? absl::int128(0) : kIntMin;
    return info;
  }
  return info;
}

void ExpressionListener::CheckLiteralText(const cel::CallExpr& call, absl::string_view name) {
  const auto check_rounding = [&](std::size_t index) {
    if (call.args.size() <= index) return;
    const auto text = TextOf(*call.args[index]);
    if (text && IsRounding(*text)) return;
    Report(Severity::kError, text ? "R-TYPE-205" : "R-TYPE-206", *call.args[index],
           "a rounding must be \"DOWN\", \"UP\", \"HALF_UP\" or \"HALF_EVEN\"");
  };
  if (name == "mul_div") {
    const ValueInfo& divisor = InfoOf(*call.args[2]);
    if (divisor.min != divisor.max || divisor.min <= 0) {
      Report(Severity::kError, "R-TYPE-206", *call.args[2],
             "the divisor of mul_div must be a literal more than zero");
    }
    return check_rounding(3);
  }
  const Expr& argument = *call.args[name == "percent" ? 1 : 0];
  const std::optional<absl::string_view> text = TextOf(argument);
  if (!text) {
    Report(Severity::kError, "R-TYPE-206", argument,
           absl::StrCat(name, "() takes a literal in quotes"));
    return;
  }
  if (name == "percent") {
    constexpr int kDigits = 4;
    if (ParseScaled(*text, kDigits).fit != Scaled::Fit::kExact) {
      Report(Severity::kError, "R-TYPE-205", argument,
             "percent() takes a decimal with at most 4 digits after the point");
    }
    return check_rounding(2);
  }
  if (name == "money") {
    if (ParseScaled(*text, environment_.currency_exponent()).fit == Scaled::Fit::kExact) return;
    Report(Severity::kError, "R-TYPE-205", argument,
           absl::StrCat("money() takes an amount such as \"",
                        RenderScaled(5'000, environment_.currency_exponent()), "\""));
  } else if (name == "time_of_day" && !ParseTimeOfDay(*text)) {
    Report(Severity::kError, "R-TYPE-205", argument,
           "time_of_day() takes a time such as \"11:00\"");
  } else if (name == "date" && !Date::Parse(*text).ok()) {
    Report(Severity::kError, "R-TYPE-205", argument, "date() takes a date such as \"2027-03-01\"");
  } else if (name == "tier_at_least") {
    const KnownTexts* const tiers = environment_.FindTexts("member.tier");
    if (std::find(tiers->texts.begin(), tiers->texts.end(), *text) != tiers->texts.end()) return;
    ExpressionIssue& issue = Report(Severity::kError, "R-NAME-103", argument,
                                    absl::StrCat("there is no tier \"", *text, "\""));
    issue.notes = {absl::StrCat("tiers: ", absl::StrJoin(tiers->texts, ", "))};
    const absl::string_view nearest = Nearest(*text, tiers->texts);
    if (nearest.empty()) return;
    issue.hint = absl::StrCat("did you mean \"", nearest, "\"?");
    issue.replacement = absl::StrCat("\"", nearest, "\"");
  }
}

}  // namespace laurel::rules
