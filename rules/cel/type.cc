#include "rules/cel/type.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace laurel::cel {
namespace {

constexpr std::uint32_t kPrintedPartsMax = 1000;

absl::string_view SimpleName(TypeKind kind, TypeNames names) {
  const bool is_short = names == TypeNames::kShort;
  switch (kind) {
    case TypeKind::kError:
      return "*error*";
    case TypeKind::kDyn:
      return "dyn";
    case TypeKind::kNull:
      return is_short ? "null" : "null_type";
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInt:
      return "int";
    case TypeKind::kUint:
      return "uint";
    case TypeKind::kDouble:
      return "double";
    case TypeKind::kString:
      return "string";
    case TypeKind::kBytes:
      return "bytes";
    case TypeKind::kTimestamp:
      return is_short ? "timestamp" : "google.protobuf.Timestamp";
    case TypeKind::kDuration:
      return is_short ? "duration" : "google.protobuf.Duration";
    case TypeKind::kList:
      return "list";
    case TypeKind::kMap:
      return "map";
    case TypeKind::kType:
      return "type";
    case TypeKind::kAbstract:
    case TypeKind::kStruct:
    case TypeKind::kParam:
      break;
  }
  return "";
}

void Append(const Type& type, TypeNames names, std::string& out) {
  const absl::string_view simple = SimpleName(type.kind(), names);
  absl::StrAppend(&out, simple.empty() ? type.name() : simple);
  if (type.params().empty()) return;
  out += '(';
  for (std::size_t i = 0; i < type.params().size(); ++i) {
    if (i > 0) out += ", ";
    Append(type.param(i), names, out);
  }
  out += ')';
}

}  // namespace

Type::Type(TypeKind kind, absl::string_view name, std::vector<Type> params) : kind_(kind) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t size = 1;
  bool is_concrete = kind != TypeKind::kParam;
  for (const Type& param : params) {
    size += param.size();
    is_concrete = is_concrete && param.is_concrete();
  }
  compound_ = std::make_shared<const Compound>(
      Compound{std::string(name), std::move(params),
               static_cast<std::uint32_t>(std::min(size, kMost)), is_concrete});
}

Type Type::List(Type element) { return Type(TypeKind::kList, "", {std::move(element)}); }

Type Type::Map(Type key, Type value) {
  return Type(TypeKind::kMap, "", {std::move(key), std::move(value)});
}

Type Type::TypeOf(Type named) { return Type(TypeKind::kType, "", {std::move(named)}); }

Type Type::AnyType() { return Type(TypeKind::kType); }

Type Type::Optional(Type value) { return Abstract(kOptionalTypeName, {std::move(value)}); }

Type Type::Abstract(absl::string_view name, std::vector<Type> params) {
  return Type(TypeKind::kAbstract, name, std::move(params));
}

Type Type::Struct(absl::string_view name) { return Type(TypeKind::kStruct, name, {}); }

Type Type::Param(absl::string_view name) { return Type(TypeKind::kParam, name, {}); }

absl::string_view Type::name() const {
  return compound_ == nullptr ? absl::string_view() : absl::string_view(compound_->name);
}

std::span<const Type> Type::params() const {
  return compound_ == nullptr ? std::span<const Type>() : std::span<const Type>(compound_->params);
}

bool Type::is_optional() const {
  return kind_ == TypeKind::kAbstract && compound_->name == kOptionalTypeName &&
         compound_->params.size() == 1;
}

std::uint32_t Type::size() const { return compound_ == nullptr ? 1 : compound_->size; }

bool Type::is_concrete() const { return compound_ == nullptr || compound_->is_concrete; }

bool operator==(const Type& a, const Type& b) {
  if (a.kind_ != b.kind_) return false;
  if (a.compound_ == b.compound_) return true;
  return a.size() == b.size() && a.name() == b.name() &&
         std::equal(a.params().begin(), a.params().end(), b.params().begin(), b.params().end());
}

std::string ToString(const Type& type, TypeNames names) {
  if (type.size() > kPrintedPartsMax) return "…";
  std::string out;
  Append(type, names, out);
  return out;
}

}  // namespace laurel::cel
