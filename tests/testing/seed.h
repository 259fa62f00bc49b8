#ifndef LAUREL_TESTS_TESTING_SEED_H_
#define LAUREL_TESTS_TESTING_SEED_H_

#include <cstdint>
#include <cstdlib>
#include <string>

namespace laurel {

// $LAUREL_SEED, or `fallback`. Print it where a random test fails:
// SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed)).
inline std::uint64_t TestSeed(std::uint64_t fallback) {
  const char* text = std::getenv("LAUREL_SEED");
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_SEED_H_
