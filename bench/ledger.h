#ifndef LAUREL_BENCH_LEDGER_H_
#define LAUREL_BENCH_LEDGER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/histogram.h"
#include "engine/engine.h"
#include "engine/store/boot.h"

// Ledgers on disk and how an engine is put under load without a server.
namespace laurel::bench {

// Makes a data directory of one partition; its parent must exist.
absl::Status CreateLedger(const std::string& data_dir);
// Boots it as a server does, with the store's default options.
absl::StatusOr<Booted> OpenLedger(const std::string& data_dir);
// On a booted ledger, with default options but no checkpoint signer. `ledger` and `clock` must
// outlive it.
absl::StatusOr<std::unique_ptr<Engine>> StartEngine(Store& store, AnchorFile* anchors,
                                                    const LedgerId& ledger_id, const Head& head);

// What a closed ledger takes on disk once all that can be compacted was compacted, and how far it
// has come.
struct Usage {
  struct Family {
    std::string name;
    std::uint64_t bytes = 0;  // of live data files
  };
  std::vector<Family> families;
  std::uint64_t entries = 0;
  std::uint64_t commits = 0;
};
absl::StatusOr<Usage> CompactAndMeasure(const std::string& data_dir);

struct LoadOptions {
  int in_flight = 256;
  std::uint64_t count_max = UINT64_MAX;  // of commands
  double seconds_max = 1e9;
  std::function<void(std::uint64_t done)> on_progress;  // now and then, on the calling thread
};
struct LoadResult {
  std::uint64_t accepted = 0;
  std::uint64_t failed = 0;   // refused or not answered
  std::string first_failure;  // of those
  double seconds = 0;
  Histogram latency_ns;  // from Submit to the callback
  double per_second() const { return seconds > 0 ? static_cast<double>(accepted) / seconds : 0; }
};
// Keeps `in_flight` commands in the engine, each replaced by next(n) as soon as it is answered, n =
// 0, 1, …; returns when all are answered. `next` runs on the engine's reply thread.
LoadResult RunLoad(Engine& engine, const LoadOptions& options,
                   const std::function<Command(std::uint64_t n)>& next);

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_LEDGER_H_
