#ifndef LAUREL_RULES_CEL_COLLECTIONS_H_
#define LAUREL_RULES_CEL_COLLECTIONS_H_

#include <span>
#include <vector>

#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// Lists and maps in the arena. Each function gives an error value when the memory is used up.

// A copy of `elements` with room to grow.
Value MakeList(Context& context, std::span<const Value> elements);

// `a` followed by `b`, both lists. Appending again and again to the last result costs O(b) each
// time on average: what is behind the end of `a` is used if nobody used it before.
Value ConcatLists(Context& context, const Value& a, const Value& b);
Value AppendToList(Context& context, const Value& list, const Value& element);

// Sorts `entries`, in place, and copies them into a map. Error(kBadKey) for a key of a kind that
// cannot be one, Error(kDuplicateKey) for two equal keys.
Value MakeMap(Context& context, std::span<KeyValue> entries);

// `map` with one more entry. Error(kDuplicateKey) if the key is there. O(size).
Value InsertIntoMap(Context& context, const Value& map, const Value& key, const Value& value);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_COLLECTIONS_H_
