#include "tests/rules/cel/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::int64_t> allocation_count = 0;
}  // namespace

// In a file of its own, as a compiler that sees both sides of a pair calls malloc and delete a
// mismatch.
void* operator new(std::size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace laurel::cel {

std::int64_t AllocationCount() { return allocation_count.load(std::memory_order_relaxed); }

}  // namespace laurel::cel
