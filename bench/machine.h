#ifndef LAUREL_BENCH_MACHINE_H_
#define LAUREL_BENCH_MACHINE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/histogram.h"

namespace laurel::bench {

// What a figure depends on besides the program.
struct Machine {
  unsigned cpus = 0;
  std::string cpu;
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string file_system;  // of the folder
  double load_average = 0;  // of the last minute: what else the machine was doing
};
Machine DescribeMachine(const std::string& folder);

// Appends 4 KiB to a file in the folder and syncs it, again and again: the durations of fdatasync
// in ns.
absl::StatusOr<Histogram> MeasureFdatasync(const std::string& folder, int count);

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_MACHINE_H_
