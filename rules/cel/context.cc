#include "rules/cel/context.h"

#include <limits>
#include <new>

namespace laurel::cel {

namespace {

// Null when the memory is used up or the text is longer than a value can say.
const char* Copy(Context& context, absl::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  char* const copy = context.arena.AllocateArray<char>(text.size());
  if (copy != nullptr && !text.empty()) std::memcpy(copy, text.data(), text.size());
  return copy;
}

}  // namespace

Value CopyString(Context& context, absl::string_view text) {
  const char* const copy = Copy(context, text);
  if (copy == nullptr) return Value::Error(ErrorCode::kMemoryExceeded);
  return Value::String({copy, text.size()});
}

Value CopyBytes(Context& context, absl::string_view bytes) {
  const char* const copy = Copy(context, bytes);
  if (copy == nullptr) return Value::Error(ErrorCode::kMemoryExceeded);
  return Value::Bytes({copy, bytes.size()});
}

Value MakeOptional(Context& context, const Value& value) {
  Value* const copy = context.arena.AllocateArray<Value>(1);
  if (copy == nullptr) return Value::Error(ErrorCode::kMemoryExceeded);
  return Value::OptionalOf(new (copy) Value(value));
}

}  // namespace laurel::cel
