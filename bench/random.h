#ifndef LAUREL_BENCH_RANDOM_H_
#define LAUREL_BENCH_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace laurel::bench {

// A small generator, so that every run has the same facts. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t Below(std::size_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_RANDOM_H_
