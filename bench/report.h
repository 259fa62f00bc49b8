#ifndef LAUREL_BENCH_REPORT_H_
#define LAUREL_BENCH_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/machine.h"

namespace laurel::bench {

// One kind of call over all rounds.
struct Row {
  std::string name;
  std::string unit;            // what `rates` count: calls, accruals
  std::vector<double> rates;   // a second, one a round
  std::vector<double> ratios;  // to the floor of the same round; empty where there is none
  Histogram latency_ns;        // of calls
  std::uint64_t calls = 0;
  double server_cpu_seconds = 0;  // over all calls, those of the warm-up included
  double client_cpu_seconds = 0;
  std::uint64_t calls_with_warmup = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
};

struct DiskRow {
  std::string family;
  std::uint64_t before = 0;  // compacted bytes
  std::uint64_t after = 0;
};

struct Bar {
  std::string name;
  std::string unit;
  double value = 0;
  double bound = 0;
  bool is_ceiling = false;  // the value may not be above the bound, instead of not below
  bool IsMet() const { return is_ceiling ? value <= bound : value >= bound; }
};

struct Report {
  Machine machine;
  Histogram fdatasync_before_ns;
  Histogram fdatasync_after_ns;
  std::vector<std::pair<std::string, std::string>> settings;
  double enrolled_per_second = 0;
  std::vector<Row> rows;
  std::vector<DiskRow> disk;
  std::uint64_t accruals = 0;      // between the two measurements of the disk
  double commands_per_commit = 0;  // over all of them
  std::uint64_t server_memory_peak_bytes = 0;
  std::vector<Bar> bars;
};

// The middle one, or the mean of the two in the middle; 0 if there are none.
double Median(std::vector<double> values);
// Of compacted bytes.
double DiskBytesPerAccrual(const Report& report);
bool HasFailures(const Report& report);

std::string RenderTable(const Report& report);
std::string RenderJson(const Report& report);

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_REPORT_H_
