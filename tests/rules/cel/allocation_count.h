#ifndef LAUREL_TESTS_RULES_CEL_ALLOCATION_COUNT_H_
#define LAUREL_TESTS_RULES_CEL_ALLOCATION_COUNT_H_

#include <cstdint>

namespace laurel::cel {

// How often this binary has taken memory by operator new so far.
std::int64_t AllocationCount();

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_RULES_CEL_ALLOCATION_COUNT_H_
