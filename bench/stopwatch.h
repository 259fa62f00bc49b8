#ifndef LAUREL_BENCH_STOPWATCH_H_
#define LAUREL_BENCH_STOPWATCH_H_

#include <sys/resource.h>

#include <chrono>
#include <cstdint>

namespace laurel::bench {

// Runs from its construction, on a clock that never goes back.
class Stopwatch {
 public:
  std::int64_t Nanos() const { return std::chrono::nanoseconds(Clock::now() - started_).count(); }
  double Seconds() const { return static_cast<double>(Nanos()) / 1e9; }
  // The time since construction or the last lap.
  std::int64_t Lap() {
    const Clock::time_point now = Clock::now();
    const std::int64_t nanos = std::chrono::nanoseconds(now - started_).count();
    started_ = now;
    return nanos;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point started_ = Clock::now();
};

// Processor time that this process has used so far, in all its threads.
inline double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_STOPWATCH_H_
