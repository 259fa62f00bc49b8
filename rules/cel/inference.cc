#include "rules/cel/inference.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace laurel::cel {
namespace {

bool IsNullable(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
    case TypeKind::kAbstract:
    case TypeKind::kStruct:
      return true;
    default:
      return false;
  }
}

// Whether `a` says as much as `b` or less.
bool SaysNoMore(const Type& a, const Type& b) {
  if (a.is_dyn_or_error() || a.kind() == TypeKind::kParam) return true;
  if (b.is_dyn_or_error() || b.kind() == TypeKind::kParam) return false;
  if (a.kind() != b.kind() || a.name() != b.name()) return false;
  if (a.kind() == TypeKind::kType) return true;
  return std::equal(a.params().begin(), a.params().end(), b.params().begin(), b.params().end(),
                    SaysNoMore);
}

}  // namespace

bool Inference::Step() {
  if (steps_left_ == 0) is_exhausted_ = true;
  if (is_exhausted_) return false;
  --steps_left_;
  return true;
}

Type Inference::NewUnknown() { return Type::Param(absl::StrCat("?", unknown_count_++)); }

const Type* Inference::Find(const Type& unknown) const {
  const auto found = bindings_.find(unknown.name());
  return found == bindings_.end() ? nullptr : &found->second;
}

void Inference::Bind(const Type& unknown, const Type& type) {
  const Type* const before = Find(unknown);
  trail_.emplace_back(std::string(unknown.name()),
                      before == nullptr ? std::nullopt : std::optional<Type>(*before));
  bindings_[unknown.name()] = type;
}

void Inference::UndoTo(std::size_t mark) {
  while (trail_.size() > mark) {
    auto& [name, before] = trail_.back();
    if (before) {
      bindings_[name] = *std::move(before);
    } else {
      bindings_.erase(name);
    }
    trail_.pop_back();
  }
}

bool Inference::Assign(const Type& wanted, const Type& given) {
  return AssignAll(std::span(&wanted, 1), std::span(&given, 1));
}

bool Inference::AssignAll(std::span<const Type> wanted, std::span<const Type> given) {
  const bool fits = UnifyAll(given, wanted);
  if (!fits) UndoTo(0);
  trail_.clear();
  return fits;
}

bool Inference::UnifyAll(std::span<const Type> a, std::span<const Type> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [this](const Type& x, const Type& y) { return Unify(x, y); });
}

bool Inference::Unify(const Type& a, const Type& b) {
  if (!Step()) return false;
  if (b.kind() == TypeKind::kParam) {
    const Bound bound = BindUnknown(a, b);
    if (bound == Bound::kYes) return true;
    if (bound == Bound::kConflict) return false;
  }
  if (a.kind() == TypeKind::kParam) return BindUnknown(b, a) == Bound::kYes;
  if (a.is_dyn_or_error() || b.is_dyn_or_error()) return true;
  if (a.kind() == TypeKind::kNull) return IsNullable(b);
  if (b.kind() == TypeKind::kNull) return IsNullable(a);
  if (a.kind() != b.kind() || a.name() != b.name()) return false;
  return a.kind() == TypeKind::kType || UnifyAll(a.params(), b.params());
}

// Agrees `type` with what is known of `unknown`. kNo: nothing is known and `type` contains
// `unknown`; kConflict: what is known does not agree.
Inference::Bound Inference::BindUnknown(const Type& type, const Type& unknown) {
  if (type == unknown) return Bound::kYes;
  const Type* const found = Find(unknown);
  if (found == nullptr) {
    if (Mentions(type, unknown)) return Bound::kNo;
    Bind(unknown, type);
    return Bound::kYes;
  }
  const Type known = *found;
  if (type == known) return Bound::kYes;
  if (!Unify(type, known)) return Bound::kConflict;
  const Type& general = MoreGeneral(type, known);
  if (!Mentions(general, unknown)) Bind(unknown, general);
  return Bound::kYes;
}

// Whether `unknown` occurs in `type`, through what is known.
bool Inference::Mentions(const Type& type, const Type& unknown) {
  if (type.is_concrete()) return false;
  if (!Step() || type == unknown) return true;
  if (type.kind() == TypeKind::kParam) {
    const Type* const known = Find(type);
    return known != nullptr && Mentions(Type(*known), unknown);
  }
  return std::any_of(type.params().begin(), type.params().end(),
                     [&](const Type& param) { return Mentions(param, unknown); });
}

const Type& Inference::MoreGeneral(const Type& a, const Type& b) {
  // null agrees with what may be absent, and says less only by itself.
  return b.kind() == TypeKind::kNull || SaysNoMore(a, b) ? a : b;
}

// `type` with each of its parameters replaced by map(parameter).
template <class Map>
Type Inference::Rebuild(const Type& type, Map map) {
  if (type.params().empty()) return type;
  std::vector<Type> params;
  params.reserve(type.params().size());
  std::uint64_t size = 1;
  for (const Type& param : type.params()) {
    params.push_back(map(param));
    size += params.back().size();
  }
  if (size > kTypeSizeMax) is_exhausted_ = true;
  if (is_exhausted_) return Type::Error();
  switch (type.kind()) {
    case TypeKind::kList:
      return Type::List(params[0]);
    case TypeKind::kMap:
      return Type::Map(params[0], params[1]);
    case TypeKind::kType:
      return Type::TypeOf(params[0]);
    default:
      return Type::Abstract(type.name(), std::move(params));
  }
}

Type Inference::Substitute(const Type& type, bool unknown_to_dyn) {
  if (type.is_concrete()) return type;
  if (!Step()) return Type::Error();
  if (type.kind() == TypeKind::kParam) {
    if (const Type* const known = Find(type)) return Substitute(Type(*known), unknown_to_dyn);
    return unknown_to_dyn ? Type::Dyn() : type;
  }
  return Rebuild(type, [&](const Type& param) { return Substitute(param, unknown_to_dyn); });
}

OverloadDeclaration Inference::Instantiate(const OverloadDeclaration& overload) {
  std::vector<std::pair<std::string, Type>> unknowns;
  const auto replace = [&](const Type& type, const auto& self) -> Type {
    if (type.is_concrete()) return type;
    if (type.kind() != TypeKind::kParam) {
      return Rebuild(type, [&](const Type& param) { return self(param, self); });
    }
    for (const auto& [name, unknown] : unknowns) {
      if (name == type.name()) return unknown;
    }
    unknowns.emplace_back(std::string(type.name()), NewUnknown());
    return unknowns.back().second;
  };
  OverloadDeclaration fresh;
  fresh.id = overload.id;
  for (const Type& param : overload.params) fresh.params.push_back(replace(param, replace));
  fresh.result = replace(overload.result, replace);
  return fresh;
}

}  // namespace laurel::cel
