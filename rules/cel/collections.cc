#include "rules/cel/collections.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "rules/cel/compare.h"

namespace laurel::cel {

namespace {

// Stands before the elements of a growable list. Elements up to `used` are immutable, as several
// lists of different sizes may share them; those behind it belong to nobody yet.
struct alignas(16) ListStorage {
  std::uint32_t used;
  std::uint32_t capacity;
};
static_assert(sizeof(ListStorage) == sizeof(Value));

// How often sorting and looking for repetitions touch one key, about, in maps of common sizes.
constexpr std::size_t kComparisonsOfKey = 8;

constexpr std::size_t kSizeMax = std::numeric_limits<std::uint32_t>::max();

const Value kOutOfMemory = Value::Error(ErrorCode::kMemoryExceeded);

Value* ElementsOf(ListStorage* storage) { return reinterpret_cast<Value*>(storage + 1); }

ListStorage* StorageOf(const Value& list) {
  // The arena's memory is mutable; only the view of it is const.
  return reinterpret_cast<ListStorage*>(const_cast<Value*>(list.elements().data())) - 1;
}

ListStorage* NewStorage(Context& context, std::size_t capacity) {
  if (capacity > kSizeMax) return nullptr;
  Value* const memory = context.arena.AllocateArray<Value>(capacity + 1);
  if (memory == nullptr) return nullptr;
  return new (memory) ListStorage{0, static_cast<std::uint32_t>(capacity)};
}

void AppendElements(ListStorage* storage, std::span<const Value> elements) {
  std::uninitialized_copy(elements.begin(), elements.end(), ElementsOf(storage) + storage->used);
  storage->used += static_cast<std::uint32_t>(elements.size());
}

Value Extend(Context& context, const Value& list, std::span<const Value> more) {
  if (more.empty()) return list;
  const std::size_t size = list.size() + more.size();
  if (!context.Spend(static_cast<std::int64_t>(more.size()))) {
    return Value::Error(ErrorCode::kStepsExceeded);
  }
  if (list.is_growable()) {
    ListStorage* const storage = StorageOf(list);
    if (storage->used == list.size() && storage->capacity - storage->used >= more.size()) {
      AppendElements(storage, more);
      return Value::GrowableList(ElementsOf(storage), size);
    }
  }
  if (!context.Spend(list.size())) return Value::Error(ErrorCode::kStepsExceeded);
  ListStorage* const storage = NewStorage(context, std::max<std::size_t>(4, size + size / 2));
  if (storage == nullptr) return kOutOfMemory;
  AppendElements(storage, list.elements());
  AppendElements(storage, more);
  return Value::GrowableList(ElementsOf(storage), size);
}

Value CopyEntries(Context& context, std::span<const KeyValue> entries) {
  KeyValue* const copy = context.arena.AllocateArray<KeyValue>(entries.size());
  if (copy == nullptr || entries.size() > kSizeMax) return kOutOfMemory;
  std::uninitialized_copy(entries.begin(), entries.end(), copy);
  return Value::Map({copy, entries.size()});
}

}  // namespace

Value MakeList(Context& context, std::span<const Value> elements) {
  ListStorage* const storage = NewStorage(context, elements.size());
  if (storage == nullptr) return kOutOfMemory;
  AppendElements(storage, elements);
  return Value::GrowableList(ElementsOf(storage), elements.size());
}

Value ConcatLists(Context& context, const Value& a, const Value& b) {
  return a.size() == 0 ? b : Extend(context, a, b.elements());
}

Value AppendToList(Context& context, const Value& list, const Value& element) {
  return Extend(context, list, {&element, 1});
}

Value MakeMap(Context& context, std::span<KeyValue> entries) {
  for (const KeyValue& entry : entries) {
    if (!IsKey(entry.key)) return Value::Error(ErrorCode::kBadKey);
    const std::size_t bytes = entry.key.is(Kind::kString) ? entry.key.size() : 0;
    if (!context.Spend(1) || !context.SpendBytes(bytes * kComparisonsOfKey)) {
      return Value::Error(ErrorCode::kStepsExceeded);
    }
  }
  const auto less = [](const KeyValue& a, const KeyValue& b) { return KeyLess(a.key, b.key); };
  std::sort(entries.begin(), entries.end(), less);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (!less(entries[i - 1], entries[i])) return Value::Error(ErrorCode::kDuplicateKey);
  }
  return CopyEntries(context, entries);
}

Value InsertIntoMap(Context& context, const Value& map, const Value& key, const Value& value) {
  if (!IsKey(key)) return Value::Error(ErrorCode::kBadKey);
  if (FindKey(map, key) != nullptr) return Value::Error(ErrorCode::kDuplicateKey);
  if (!context.Spend(map.size() + 1)) return Value::Error(ErrorCode::kStepsExceeded);
  const std::span<const KeyValue> old = map.entries();
  KeyValue* const entries = context.arena.AllocateArray<KeyValue>(old.size() + 1);
  if (entries == nullptr || old.size() >= kSizeMax) return kOutOfMemory;
  const auto split = std::partition_point(
      old.begin(), old.end(), [&](const KeyValue& entry) { return KeyLess(entry.key, key); });
  KeyValue* next = std::uninitialized_copy(old.begin(), split, entries);
  new (next++) KeyValue{key, value};
  std::uninitialized_copy(split, old.end(), next);
  return Value::Map({entries, old.size() + 1});
}

}  // namespace laurel::cel
