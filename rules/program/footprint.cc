#include "rules/program/footprint.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "rules/cel/operators.h"
#include "rules/cel/type.h"

namespace laurel::rules::model {
namespace {

using cel::Expr;
using cel::Type;

// Groups of facts, as bits.
using Groups = std::uint32_t;
constexpr Groups kAllGroups = (Groups{1} << kFactGroups.size()) - 1;

std::size_t GroupNamed(absl::string_view name) {
  return static_cast<std::size_t>(std::find(kFactGroups.begin(), kFactGroups.end(), name) -
                                  kFactGroups.begin());
}

// The groups that a value of this type may hold.
Groups GroupsIn(const Type& type) {
  constexpr std::uint32_t kPartsMax = 100;
  if (type.size() > kPartsMax) return kAllGroups;
  if (type.kind() == cel::TypeKind::kStruct) return Groups{1} << GroupNamed(type.name());
  Groups groups = 0;
  for (const Type& param : type.params()) groups |= GroupsIn(param);
  return groups;
}

// Whether a node looks at no field of the structs that its children give, but hands them on.
bool HandsOn(const Expr& parent) {
  const auto* const call = cel::As<cel::CallExpr>(parent);
  if (call == nullptr) return true;  // lists and fields of maps
  return call->function == cel::operators::kConditional || call->function == cel::operators::kAdd ||
         call->function == cel::operators::kIndex;
}

// Whether a node's own structs, or those that it counts, go no further.
bool EndsHere(const cel::CheckedAst& checked, const Expr& expr) {
  if (const auto* select = cel::As<cel::SelectExpr>(expr)) {
    return checked.TypeOf(*select->operand).kind() == cel::TypeKind::kStruct;
  }
  const auto* const call = cel::As<cel::CallExpr>(expr);
  return expr.kind == cel::ExprKind::kComprehension ||
         (call != nullptr && call->function == "size");
}

}  // namespace

void Footprint::Add(const cel::CheckedAst& checked, const Structs& structs) {
  AddExpr(checked, checked.root(), structs);
}

void Footprint::AddExpr(const cel::CheckedAst& checked, const Expr& expr, const Structs& structs) {
  Groups held = 0;
  for (const Expr* const child : cel::ChildrenOf(expr)) {
    AddExpr(checked, *child, structs);
    held |= GroupsIn(checked.TypeOf(*child));
  }
  if (held == 0) return;
  if (const auto* select = cel::As<cel::SelectExpr>(expr)) {
    const Type& type = checked.TypeOf(*select->operand);
    const std::size_t group = GroupNamed(type.name());
    if (type.kind() == cel::TypeKind::kStruct && group < structs.size()) {
      fields_[group] |= std::uint64_t{1} << BitOf(structs[group]->FindSlot(select->field));
    }
  }
  if (EndsHere(checked, expr)) return;
  // A struct that goes where its fields cannot be followed is read whole, with all that hangs on
  // it.
  const bool is_followed = HandsOn(expr) && (held & ~GroupsIn(checked.TypeOf(expr))) == 0;
  if (!is_followed) fields_.fill(~std::uint64_t{0});
}

}  // namespace laurel::rules::model
