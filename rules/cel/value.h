#ifndef LAUREL_RULES_CEL_VALUE_H_
#define LAUREL_RULES_CEL_VALUE_H_

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cel {

// What an expression can give. Numbers are for one process only; nothing stores them.
enum class Kind : std::uint8_t {
  kError,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kList,
  kMap,
  kTimestamp,
  kDuration,
  kType,
  kOptional,
  kStruct,
};

// Why an expression has no value. An error is a value: operators may absorb it.
enum class ErrorCode : std::uint32_t {
  kNoSuchVariable,
  kNoSuchFunction,
  kNoSuchOverload,  // the function exists, but not for values of these kinds
  kNoSuchField,     // also: a field of a struct that is absent
  kNoSuchKey,
  kIndexOutOfRange,
  kOverflow,  // a number, an instant or a span of time leaves its range
  kDivideByZero,
  kBadConversion,  // a text or number that the target type cannot hold
  kBadKey,         // a map key that is not int, uint, bool or string
  kDuplicateKey,
  kBadArgument,  // an argument that the function does not take: a negative shift, an empty list
  kBadPattern,   // not a regular expression that RE2 accepts, or too large
  kBadTimeZone,
  kNoOptionalValue,
  kBadFormat,
  kStepsExceeded,   // more work than the caller allows
  kMemoryExceeded,  // more arena than the caller allows
  kTooDeep,         // values nested deeper than kValueDepthMax
  kUnsupported,     // a construct that this library leaves out, such as a message literal
  kHost,            // what a function of the host reports
};

// "no such key": lower case, for people who write expressions.
absl::string_view ToString(ErrorCode code);

inline constexpr std::int32_t kValueDepthMax = 500;

// A text that occurs in literals or vocabularies may carry a symbol, so that equality is one
// comparison of integers. Two texts of one evaluation that both carry a symbol must take it from
// the same table.
using Symbol = std::uint32_t;
inline constexpr Symbol kNoSymbol = 0;       // not looked up: compare the bytes
inline constexpr Symbol kUnknownSymbol = 1;  // looked up and not in the table
inline constexpr Symbol kSymbolMax = (1u << 24) - 1;

class Value;
struct KeyValue;

// The fields of one kind of struct, in slots from 1. Immutable once values of it exist.
class StructType {
 public:
  StructType(std::string name, std::vector<std::string> fields)
      : name_(std::move(name)), fields_(std::move(fields)) {}
  const std::string& name() const { return name_; }
  const std::vector<std::string>& fields() const { return fields_; }
  // The slot of `field`, from 1; 0 if there is none. O(number of fields).
  std::uint32_t FindSlot(absl::string_view field) const;

 private:
  std::string name_;
  std::vector<std::string> fields_;
};

// One value: 16 bytes, trivially copied. Scalars are inside; texts, lists, maps, structs and
// optionals point to memory that belongs to an arena, a plan or the host and must outlive the
// value.
class Value {
 public:
  constexpr Value() : Value(Kind::kNull, 0, 0) {}  // null

  static constexpr Value Null() { return Value(); }
  static constexpr Value Bool(bool b) { return Value(Kind::kBool, 0, b ? 1 : 0); }
  static constexpr Value Int(std::int64_t i) {
    return Value(Kind::kInt, 0, static_cast<std::uint64_t>(i));
  }
  static constexpr Value Uint(std::uint64_t u) { return Value(Kind::kUint, 0, u); }
  static constexpr Value Double(double d) {
    return Value(Kind::kDouble, 0, std::bit_cast<std::uint64_t>(d));
  }
  // Valid UTF-8 of less than 4 GiB; `symbol` at most kSymbolMax.
  static Value String(absl::string_view text, Symbol symbol = kNoSymbol) {
    return Pointer(Kind::kString, text.size(), text.data(), symbol);
  }
  static Value Bytes(absl::string_view bytes) {
    return Pointer(Kind::kBytes, bytes.size(), bytes.data());
  }
  static Value List(std::span<const Value> elements) {
    return Pointer(Kind::kList, elements.size(), elements.data());
  }
  // The first `size` elements of storage that has room for more: see list.h.
  static Value GrowableList(const Value* elements, std::size_t size) {
    return Pointer(Kind::kList, size, elements, kGrowable);
  }
  // Entries sorted by CompareKeys, without a repeated key: see map.h.
  static Value Map(std::span<const KeyValue> entries);
  // `seconds` since 1970 and `nanos` in [0, 10^9), within the years 0001 to 9999 in UTC.
  static constexpr Value Timestamp(std::int64_t seconds, std::uint32_t nanos) {
    return Value(Kind::kTimestamp, nanos, static_cast<std::uint64_t>(seconds));
  }
  static constexpr Value Duration(std::int64_t nanos) {
    return Value(Kind::kDuration, 0, static_cast<std::uint64_t>(nanos));
  }
  // `name` as in "int", "list", "google.protobuf.Timestamp".
  static Value Type(absl::string_view name) {
    return Pointer(Kind::kType, name.size(), name.data());
  }
  static Value OptionalOf(const Value* value) { return Pointer(Kind::kOptional, 1, value); }
  static constexpr Value OptionalNone() { return Value(Kind::kOptional, 0, 0); }
  // `slots[0]` is StructHead(type); the field of slot i is slots[i], an error value if it is
  // absent.
  static Value Struct(const Value* slots) { return Pointer(Kind::kStruct, 0, slots); }
  static Value StructHead(const StructType* type) { return Pointer(Kind::kNull, 0, type); }
  static constexpr Value Error(ErrorCode code) {
    return Value(Kind::kError, static_cast<std::uint32_t>(code), 0);
  }

  constexpr Kind kind() const { return static_cast<Kind>(head_ & 0xff); }
  constexpr bool is(Kind kind) const { return this->kind() == kind; }
  constexpr bool is_error() const { return is(Kind::kError); }

  // Each requires its kind.
  constexpr bool bool_value() const { return payload_ != 0; }
  constexpr std::int64_t int_value() const { return static_cast<std::int64_t>(payload_); }
  constexpr std::uint64_t uint_value() const { return payload_; }
  constexpr double double_value() const { return std::bit_cast<double>(payload_); }
  absl::string_view text() const { return {As<char>(), aux_}; }  // of string, bytes and type
  constexpr Symbol symbol() const { return head_ >> 8; }
  std::span<const Value> elements() const { return {As<Value>(), aux_}; }
  std::span<const KeyValue> entries() const;
  constexpr std::int64_t seconds() const { return static_cast<std::int64_t>(payload_); }
  constexpr std::uint32_t nanos() const { return aux_; }
  constexpr std::int64_t duration_nanos() const { return static_cast<std::int64_t>(payload_); }
  constexpr bool has_optional_value() const { return aux_ != 0; }
  const Value& optional_value() const { return *As<Value>(); }
  const Value* slots() const { return As<Value>(); }
  const StructType& struct_type() const { return *slots()->As<StructType>(); }
  constexpr ErrorCode error() const { return static_cast<ErrorCode>(aux_); }

  // The number of elements, entries or bytes.
  constexpr std::uint32_t size() const { return aux_; }
  constexpr bool is_growable() const { return (head_ >> 8) == kGrowable; }

 private:
  static constexpr std::uint32_t kGrowable = 1;

  constexpr Value(std::uint32_t head, std::uint32_t aux, std::uint64_t payload)
      : head_(head), aux_(aux), payload_(payload) {}
  constexpr Value(Kind kind, std::uint32_t aux, std::uint64_t payload)
      : Value(static_cast<std::uint32_t>(kind), aux, payload) {}
  static Value Pointer(Kind kind, std::size_t size, const void* to, std::uint32_t extra = 0) {
    return Value(static_cast<std::uint32_t>(kind) | (extra << 8), static_cast<std::uint32_t>(size),
                 reinterpret_cast<std::uintptr_t>(to));
  }
  template <class T>
  const T* As() const {
    // One payload for numbers and pointers keeps a value at 16 bytes and constexpr.
    return reinterpret_cast<const T*>(  // NOLINT(performance-no-int-to-ptr)
        static_cast<std::uintptr_t>(payload_));
  }

  std::uint32_t head_;  // the kind in 8 bits; above them a text's symbol or a list's storage
  std::uint32_t aux_;   // size, nanoseconds or error code
  std::uint64_t payload_;
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

struct KeyValue {
  Value key;
  Value value;
};

inline Value Value::Map(std::span<const KeyValue> entries) {
  return Pointer(Kind::kMap, entries.size(), entries.data());
}
inline std::span<const KeyValue> Value::entries() const { return {As<KeyValue>(), aux_}; }

// The name that type() gives: "int", "map", "optional_type", a struct's own.
absl::string_view TypeNameOf(const Value& value);

// For failing tests and findings: `[1, "a", {2u: true}]`. Stops with "..." when it gets long.
std::string DebugString(const Value& value);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_VALUE_H_
