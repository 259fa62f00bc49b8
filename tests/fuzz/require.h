#ifndef LAUREL_TESTS_FUZZ_REQUIRE_H_
#define LAUREL_TESTS_FUZZ_REQUIRE_H_

#include <cstdlib>

// Ends the run with a crash, and the fuzzer with the input that broke the promise.
#define LAUREL_REQUIRE(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : std::abort())

#endif  // LAUREL_TESTS_FUZZ_REQUIRE_H_
