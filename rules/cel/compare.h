#ifndef LAUREL_RULES_CEL_COMPARE_H_
#define LAUREL_RULES_CEL_COMPARE_H_

#include <cstdint>
#include <optional>

#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

enum class Order : std::uint8_t {
  kLess,
  kEqual,
  kGreater,
  kUnordered,  // one is NaN
  kNone,       // these kinds have no order between them
};

// Numbers of any two kinds: int and uint by value, either with a double as doubles. Requires int,
// uint or double.
Order CompareNumbers(const Value& a, const Value& b);

// The order that `<` sees: numbers, bool, string and bytes by code point or byte, timestamps,
// durations.
Order Compare(const Value& a, const Value& b);

// The language's equality as a bool value: numbers by value across kinds, NaN unlike itself, lists
// and structs element by element, maps without order, other values of two kinds unequal. An error
// value only if the work or the nesting exceeds its bound, or if an operand is one.
Value Equal(Context& context, const Value& a, const Value& b);

// The total order of map keys: bool, then numbers by value, then strings. Requires IsKey of both.
bool IsKey(const Value& value);
bool KeyLess(const Value& a, const Value& b);

// Whether one of `elements` equals `value`, as a bool value or an error of Equal.
Value Contains(Context& context, std::span<const Value> elements, const Value& value);

// The value of `key` in the map, null if it is absent; a key of another kind that equals a key by
// number is found, as in {1: "a"}[1u] and {1: "a"}[1.0]. `key` of any kind. O(log size).
const Value* FindKey(const Value& map, const Value& key);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_COMPARE_H_
