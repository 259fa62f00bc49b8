#ifndef LAUREL_RULES_CEL_TYPE_H_
#define LAUREL_RULES_CEL_TYPE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cel {

enum class TypeKind : std::uint8_t {
  kError,  // of an expression that could not be typed; agrees with everything, so that one mistake
           // is one issue
  kDyn,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,      // params: element
  kMap,       // params: key, value
  kType,      // params: the type that the value names, or none for any
  kAbstract,  // name and params, as optional_type(T)
  kStruct,    // name; its fields are declared with the environment
  kParam,     // a type parameter of a declaration, or an unknown of the checker: name
};

// A type of the language: a small immutable value, compared by structure, cheap to copy.
// Thread-safe as a const.
class Type {
 public:
  Type() = default;  // kError

  static Type Error() { return Type(TypeKind::kError); }
  static Type Dyn() { return Type(TypeKind::kDyn); }
  static Type Null() { return Type(TypeKind::kNull); }
  static Type Bool() { return Type(TypeKind::kBool); }
  static Type Int() { return Type(TypeKind::kInt); }
  static Type Uint() { return Type(TypeKind::kUint); }
  static Type Double() { return Type(TypeKind::kDouble); }
  static Type String() { return Type(TypeKind::kString); }
  static Type Bytes() { return Type(TypeKind::kBytes); }
  static Type Timestamp() { return Type(TypeKind::kTimestamp); }
  static Type Duration() { return Type(TypeKind::kDuration); }
  static Type List(Type element);
  static Type Map(Type key, Type value);
  static Type TypeOf(Type named);    // type(int), the type of the value `int`
  static Type AnyType();             // type, of which nothing more is known
  static Type Optional(Type value);  // optional_type(value)
  static Type Abstract(absl::string_view name, std::vector<Type> params);
  static Type Struct(absl::string_view name);
  static Type Param(absl::string_view name);

  TypeKind kind() const { return kind_; }
  absl::string_view name() const;        // kAbstract, kStruct, kParam; else empty
  std::span<const Type> params() const;  // kList, kMap, kType, kAbstract; else empty
  const Type& param(std::size_t index) const { return params()[index]; }

  bool is_optional() const;
  bool is_dyn_or_error() const { return kind_ == TypeKind::kDyn || kind_ == TypeKind::kError; }

  // The number of types in it, itself included, at most 2^32 - 1. A type may share its parts, so
  // that one of a few kilobytes can have an astronomic size; who walks a type bounds it first.
  std::uint32_t size() const;

  // Whether no kParam is in it.
  bool is_concrete() const;

  friend bool operator==(const Type& a, const Type& b);

 private:
  struct Compound {
    std::string name;
    std::vector<Type> params;
    std::uint32_t size = 1;
    bool is_concrete = true;
  };

  explicit Type(TypeKind kind) : kind_(kind) {}
  Type(TypeKind kind, absl::string_view name, std::vector<Type> params);

  TypeKind kind_ = TypeKind::kError;
  std::shared_ptr<const Compound> compound_;  // null for kinds without name and parameters
};

// How three types are called: null_type, google.protobuf.Timestamp, google.protobuf.Duration, as in
// expressions, or null, timestamp, duration, as in declarations and messages.
enum class TypeNames : std::uint8_t { kLanguage, kShort };

// int, list(string), map(string, dyn), type(int), optional_type(int). "…" for a type of more than
// 1,000 parts.
std::string ToString(const Type& type, TypeNames names = TypeNames::kLanguage);

inline constexpr absl::string_view kOptionalTypeName = "optional_type";

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_TYPE_H_
