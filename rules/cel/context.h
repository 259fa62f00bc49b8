#ifndef LAUREL_RULES_CEL_CONTEXT_H_
#define LAUREL_RULES_CEL_CONTEXT_H_

#include <cstdint>

#include "rules/cel/arena.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// What an evaluation may use up: memory, and steps of work. A step is about what one operator on
// scalars costs, or 16 bytes of text touched; loops, comparisons of lists and functions on texts
// count them, so that no expression works without bound. Not thread-safe.
struct Context {
  static constexpr std::int64_t kDefaultStepsMax = 10'000'000;

  explicit Context(Arena& memory, std::int64_t steps_max = kDefaultStepsMax)
      : arena(memory), steps_left(steps_max) {}

  // False once more than the bound was asked for: the caller gives Error(kStepsExceeded).
  bool Spend(std::int64_t steps) {
    steps_left -= steps;
    return steps_left >= 0;
  }
  bool SpendBytes(std::size_t bytes) { return Spend(static_cast<std::int64_t>(bytes / 16 + 1)); }

  Arena& arena;
  std::int64_t steps_left;
  const void* host = nullptr;  // for functions of the host; the library does not look at it
};

// Returns a String or Bytes value with a copy of `text` in the arena, or Error(kMemoryExceeded).
Value CopyString(Context& context, absl::string_view text);
Value CopyBytes(Context& context, absl::string_view bytes);

// An optional that holds a copy of `value`, or Error(kMemoryExceeded).
Value MakeOptional(Context& context, const Value& value);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_CONTEXT_H_
