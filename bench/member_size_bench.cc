// What a member's past costs: accruals of one with many open lots and entries against those of a
// fresh one, on RocksDB, in turns.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/ledger.h"
#include "bench/machine.h"
#include "bench/stopwatch.h"
#include "bench/workload.h"
#include "engine/base/status_macros.h"
#include "tests/testing/temp_dir.h"

namespace laurel::bench {
namespace {

constexpr double kRatioMax = 1.2;

struct Options {
  std::uint64_t lots = 10'000;
  std::uint64_t entries = 100'000;
  int rounds = 5;
  std::uint64_t commands = 2'000;  // of a round
  int in_flight = 1;
};

IdentityHash HashOf(std::uint64_t member) {
  const Hash hash = Sha256(CardOf(member));
  IdentityHash card;
  std::copy_n(hash.begin(), card.size(), card.begin());
  return card;
}

absl::Status Check(const LoadResult& load) {
  if (load.failed == 0) return absl::OkStatus();
  return absl::InternalError(load.first_failure);
}

class Bench {
 public:
  Bench(Engine& engine, const Options& options)
      : engine_(engine), options_(options), workload_({.members = 1}) {}

  absl::Status Run() {
    for (Command& command : ProgramCommands(ProgramDocument())) {
      RETURN_IF_ERROR(engine_.Execute(std::move(command)).status());
    }
    RETURN_IF_ERROR(Enrol(0));
    // Each purchase of a euro opens a lot of each of the two point types; one of 50 cents opens
    // none.
    const std::uint64_t with_lots = (options_.lots + 1) / 2;
    const std::uint64_t without = options_.entries - std::min(options_.entries, with_lots);
    RETURN_IF_ERROR(Check(Accrue(0, with_lots, 100, 256)));
    RETURN_IF_ERROR(Check(Accrue(0, without, 50, 256)));
    std::vector<double> ratios;
    std::printf("%-8s %14s %14s %8s\n", "round", "large, us CPU", "fresh, us CPU", "ratio");
    for (int round = 1; round <= options_.rounds; ++round) {
      const auto fresh = static_cast<std::uint64_t>(round);
      RETURN_IF_ERROR(Enrol(fresh));
      double large_us = 0;
      double fresh_us = 0;
      RETURN_IF_ERROR(Measure(0, large_us));
      RETURN_IF_ERROR(Measure(fresh, fresh_us));
      ratios.push_back(large_us / fresh_us);
      std::printf("%-8d %14.1f %14.1f %8.2f\n", round, large_us, fresh_us, ratios.back());
    }
    std::sort(ratios.begin(), ratios.end());
    const double median = ratios[ratios.size() / 2];
    std::printf("median ratio %.2f, bar %.2f %s\n", median, kRatioMax,
                median <= kRatioMax ? "PASS" : "ABOVE");
    return absl::OkStatus();
  }

 private:
  absl::Status Enrol(std::uint64_t member) {
    return engine_.Execute(EnrollCommand(member, HashOf(member), SystemClock().Now())).status();
  }
  LoadResult Accrue(std::uint64_t member, std::uint64_t count, std::int64_t total, int in_flight) {
    const IdentityHash card = HashOf(member);
    return RunLoad(engine_, LoadOptions{.in_flight = in_flight, .count_max = count},
                   [&](std::uint64_t) {
                     Sale sale = workload_.NextSale(SystemClock().Now());
                     sale.total = total;
                     for (PurchaseLine& line : sale.lines) line.net = total;
                     return AccrueCommand(std::move(sale), card);
                   });
  }
  // Processor time of all threads, an accrual.
  absl::Status Measure(std::uint64_t member, double& micros) {
    const double before = CpuSeconds();
    const LoadResult load = Accrue(member, options_.commands, 100, options_.in_flight);
    micros = (CpuSeconds() - before) * 1e6 / static_cast<double>(options_.commands);
    return Check(load);
  }

  Engine& engine_;
  const Options& options_;
  Workload workload_;
};

absl::Status Run(const Options& options) {
  const TempDir folder;
  const Machine machine = DescribeMachine(folder.path());
  std::printf("%u x %s, kernel %s, load %.1f\n", machine.cpus, machine.cpu.c_str(),
              machine.kernel.c_str(), machine.load_average);
  std::printf("%llu open lots and %llu entries against none, %d in flight\n",
              static_cast<unsigned long long>(options.lots),
              static_cast<unsigned long long>(options.entries), options.in_flight);
  const std::string data_dir = folder.path() + "/ledger";
  RETURN_IF_ERROR(CreateLedger(data_dir));
  ASSIGN_OR_RETURN(const Booted ledger, OpenLedger(data_dir));
  ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                   StartEngine(*ledger.store, ledger.anchors.get(), ledger.dir.identity().ledger_id,
                               ledger.heads.at(0)));
  const absl::Status status = Bench(*engine, options).Run();
  engine->Drain();
  return status;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app{"Compares an accrual of a member with a long past with one of a fresh member."};
  app.add_option("--lots", options.lots, "Open lots of the large member")->capture_default_str();
  app.add_option("--entries", options.entries, "Its entries, those of the lots included")
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Measurements of each, in turns")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--commands", options.commands, "Accruals of a measurement")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "Commands that wait for their answer")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "member_size_bench: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Main(argc, argv); }
