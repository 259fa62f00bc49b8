// The engine without gRPC: accruals a second with many in flight, on RocksDB and in memory, and
// where the time of one accrual goes.
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "bench/histogram.h"
#include "bench/ledger.h"
#include "bench/stopwatch.h"
#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/domain/apply.h"
#include "engine/journal/entry_codec.h"
#include "engine/journal/tiles.h"
#include "engine/rulebook_cache.h"
#include "engine/store/map_store.h"
#include "engine/store/record.h"
#include "engine/version.h"
#include "tests/testing/temp_dir.h"

namespace laurel::bench {
namespace {

struct Options {
  std::uint64_t members = 100'000;
  double seconds = 5;
  int in_flight = 256;
  int lines = 0;
  double hot_share = 0;
  std::uint64_t breakdown_commands = 100'000;
  std::uint64_t breakdown_batch = 64;
  bool has_disk = true;
  bool has_memory = true;
  std::string folder;
};

// Measures what a commit costs and how much it writes.
class MeteredStore final : public Store {
 public:
  explicit MeteredStore(Store& store) : store_(store) {}

  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override {
    return store_.TakeSnapshot(partition);
  }
  CommitResult Commit(const Batch& batch) override {
    const Stopwatch watch;
    CommitResult result = store_.Commit(batch);
    commit_ns_.Record(watch.Nanos());
    writes_ += batch.writes.size();
    for (const Write& write : batch.writes) {
      SpaceBytes& space = spaces_[write.space];
      ++space.writes;
      space.bytes += write.key.size() + (write.value ? write.value->size() : 0);
    }
    return result;
  }
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override {
    return store_.ReadHead(partition);
  }
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view binary_version) override {
    return store_.AcquireWriter(partition, epoch, binary_version);
  }
  StoreLimits Limits() const override { return store_.Limits(); }

  void Reset() {
    commit_ns_ = Histogram();
    writes_ = 0;
    spaces_.clear();
  }
  // Requires that nothing is being committed.
  void Print(std::uint64_t commands) const {
    const double per_batch =
        static_cast<double>(commands) / static_cast<double>(commit_ns_.count());
    std::printf("  %-26s %10.1f\n", "commands a batch", per_batch);
    std::printf("  %-26s %10.0f  p99 %.0f  p100 %.0f us\n", "commit p50",
                static_cast<double>(commit_ns_.Quantile(500)) / 1e3,
                static_cast<double>(commit_ns_.Quantile(990)) / 1e3,
                static_cast<double>(commit_ns_.max()) / 1e3);
    std::printf("  %-26s %10.1f\n", "writes a command",
                static_cast<double>(writes_) / static_cast<double>(commands));
    for (const auto& [space, bytes] : spaces_) {
      std::printf("    %-24s %10.2f  %8.1f bytes a command, before compression\n",
                  std::string(ToString(space)).c_str(),
                  static_cast<double>(bytes.writes) / static_cast<double>(commands),
                  static_cast<double>(bytes.bytes) / static_cast<double>(commands));
    }
  }

 private:
  struct SpaceBytes {
    std::uint64_t writes = 0;
    std::uint64_t bytes = 0;
  };
  Store& store_;
  Histogram commit_ns_;
  std::uint64_t writes_ = 0;
  std::map<Space, SpaceBytes> spaces_;
};

IdentityHash CardHash(std::uint64_t member) {
  const Hash hash = Sha256(CardOf(member));
  IdentityHash card;
  std::copy_n(hash.begin(), card.size(), card.begin());
  return card;
}

void PrintLoad(const char* name, const LoadResult& load) {
  std::printf("  %-26s %10.0f /s   p50 %.2f  p99 %.2f  p100 %.2f ms", name, load.per_second(),
              static_cast<double>(load.latency_ns.Quantile(500)) / 1e6,
              static_cast<double>(load.latency_ns.Quantile(990)) / 1e6,
              static_cast<double>(load.latency_ns.max()) / 1e6);
  if (load.failed > 0)
    std::printf("   %llu FAILED: %s", static_cast<unsigned long long>(load.failed),
                load.first_failure.c_str());
  std::printf("\n");
  std::fflush(stdout);
}

absl::Status Accepted(const absl::StatusOr<Reply>& reply) {
  RETURN_IF_ERROR(reply.status());
  if (reply->entry != nullptr && !reply->entry->outcome.rejected) return absl::OkStatus();
  return absl::InternalError("the benchmark's program was refused");
}

// ---- throughput
// ----------------------------------------------------------------------------------------------

absl::Status MeasureThroughput(Store& store, AnchorFile* anchors, const LedgerId& ledger_id,
                               const Head& head, const Options& options, Workload& workload) {
  MeteredStore metered(store);
  ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                   StartEngine(metered, anchors, ledger_id, head));
  for (Command& command : ProgramCommands(ProgramDocument())) {
    RETURN_IF_ERROR(Accepted(engine->Execute(std::move(command))));
  }
  const LoadResult enrolled =
      RunLoad(*engine, LoadOptions{.in_flight = options.in_flight, .count_max = options.members},
              [](std::uint64_t n) { return EnrollCommand(n, CardHash(n), SystemClock().Now()); });
  PrintLoad("enrol", enrolled);
  metered.Reset();
  const double cpu_before = CpuSeconds();
  const LoadResult accrued =
      RunLoad(*engine, LoadOptions{.in_flight = options.in_flight, .seconds_max = options.seconds},
              [&](std::uint64_t) {
                Sale sale = workload.NextSale(SystemClock().Now());
                const IdentityHash card = CardHash(sale.member);
                return AccrueCommand(std::move(sale), card);
              });
  const double cpu = CpuSeconds() - cpu_before;
  PrintLoad("accrue", accrued);
  std::printf("  %-26s %10.2f us of all threads, the making of commands included\n",
              "cpu a command",
              cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(accrued.accepted, 1)));
  engine->Drain();
  metered.Print(std::max<std::uint64_t>(accrued.accepted, 1));
  return absl::OkStatus();
}

// ---- breakdown
// -----------------------------------------------------------------------------------------------

// What the sequencer does with a batch, on one thread, with a watch on each step.
class Breakdown {
 public:
  Breakdown(Store& store, Head head, TileAccumulator tree)
      : store_(store), head_(std::move(head)), tree_(std::move(tree)) {}

  static absl::StatusOr<std::unique_ptr<Breakdown>> Take(Store& store) {
    ASSIGN_OR_RETURN(const std::optional<Head> before, store.ReadHead(kPartition));
    LAUREL_CHECK(before.has_value(), "the ledger has a head");
    ASSIGN_OR_RETURN(Head head, store.AcquireWriter(kPartition, before->epoch + 1, kVersion));
    ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot,
                     store.TakeSnapshot(kPartition));
    std::vector<std::vector<Hash>> partials;
    for (int level = 0; level < kTileLevels; ++level) {
      ASSIGN_OR_RETURN(
          std::vector<Hash> hashes,
          ReadTileHashes(*snapshot, kPartition, level, FullTileCount(head.sequence, level),
                         PartialTileWidth(head.sequence, level)));
      partials.push_back(std::move(hashes));
    }
    ASSIGN_OR_RETURN(TileAccumulator tree,
                     TileAccumulator::FromPartials(head.sequence, std::move(partials)));
    return std::make_unique<Breakdown>(store, std::move(head), std::move(tree));
  }

  absl::Status Run(const Options& options, Workload& workload) {
    for (std::uint64_t done = 0; done < options.breakdown_commands;
         done += options.breakdown_batch) {
      RETURN_IF_ERROR(RunBatch(options.breakdown_batch, workload));
    }
    return absl::OkStatus();
  }

  void Print() const {
    std::int64_t sum = 0;
    for (const Step& step : steps_) sum += step.nanos;
    const double commands = static_cast<double>(commands_);
    for (const Step& step : steps_) {
      std::printf("  %-26s %10.0f ns  %5.1f %%\n", step.name,
                  static_cast<double>(step.nanos) / commands,
                  100.0 * static_cast<double>(step.nanos) / static_cast<double>(sum));
    }
    std::printf("  %-26s %10.0f ns, entry of %.0f bytes\n", "all steps",
                static_cast<double>(sum) / commands, static_cast<double>(entry_bytes_) / commands);
    std::fflush(stdout);
  }

 private:
  static constexpr PartitionId kPartition = 0;
  enum StepName {
    kFingerprint,
    kLoad,
    kDecide,
    kMakeEntry,
    kEncode,
    kApply,
    kHash,
    kRoot,
    kRecords,
    kCommit,
    kSnapshot,
    kStepCount
  };
  struct Step {
    const char* name;
    std::int64_t nanos = 0;
  };

  void Lap(StepName step, Stopwatch& watch) { steps_[step].nanos += watch.Lap(); }

  absl::Status RunBatch(std::uint64_t count, Workload& workload) {
    std::vector<Command> commands;
    for (std::uint64_t i = 0; i < count; ++i) {
      Sale sale = workload.NextSale(SystemClock().Now());
      const IdentityHash card = CardHash(sale.member);
      commands.push_back(AccrueCommand(std::move(sale), card));
    }
    Stopwatch watch;
    ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot, store_.TakeSnapshot(kPartition));
    SnapshotSource source(std::move(snapshot), kPartition);
    State state(nullptr, &source);
    Lap(kSnapshot, watch);
    Batch batch;
    batch.partition = kPartition;
    batch.expected = IdOf(head_);
    for (const Command& command : commands) RETURN_IF_ERROR(RunOne(command, state, batch, watch));
    head_.root = tree_.frontier().root();
    head_.frontier = tree_.frontier().hashes();
    ++head_.batch;
    batch.next = head_;
    Lap(kRoot, watch);
    AppendWrites(state, kPartition, batch.writes);
    Lap(kRecords, watch);
    const CommitResult result = store_.Commit(batch);
    Lap(kCommit, watch);
    commands_ += count;
    RETURN_IF_ERROR(source.status());
    return result.outcome == CommitOutcome::kCommitted ? absl::OkStatus() : result.status;
  }

  absl::Status RunOne(const Command& command, State& state, Batch& batch, Stopwatch& watch) {
    const auto& order = std::get<AccruePurchase>(command.order);
    watch.Lap();
    const Hash fingerprint = FingerprintOf(command);
    Lap(kFingerprint, watch);
    (void)state.requests.Find(RequestKey::Of(command.program, command.request));
    const std::optional<MemberId> member = state.Resolve(command.program, order.member);
    if (!member) return absl::InternalError("a member of the benchmark is enrolled");
    (void)IsDue(state, *member, order.occurred_at, order.occurred_at, rulebooks_);
    (void)state.purchases.Find(PurchaseKey{command.program, order.receipt});
    Lap(kLoad, watch);
    const Timestamp now = std::max(SystemClock().Now(), head_.last_recorded_at.PlusMicros(1));
    const Context context{kPartition, head_.sequence + 1, now, &rulebooks_};
    Decision decision = Decide(state, command, context);
    Lap(kDecide, watch);
    if (std::holds_alternative<Rejected>(decision))
      return absl::InternalError("a sale of the benchmark is accepted");
    auto entry = std::make_shared<Entry>(
        MakeEntry(state, command, context, std::move(decision), fingerprint));
    entry->previous_leaf = head_.last_leaf;
    Lap(kMakeEntry, watch);
    std::string bytes = EncodeEntry(*entry);
    entry_bytes_ += bytes.size();
    Lap(kEncode, watch);
    Apply(entry, state);
    Lap(kApply, watch);
    const Hash leaf = LeafHash(bytes);
    if (std::optional<FinishedTiles> finished = tree_.Append(leaf)) {
      for (FullTile& tile : finished->tiles) {
        batch.writes.push_back(Write{Space::kTiles, TileKey(kPartition, tile.level, tile.number),
                                     std::move(tile.bytes)});
      }
      batch.writes.push_back(Write{Space::kTiles,
                                   EdgeKey(kPartition, finished->edge.level, finished->edge.index),
                                   std::string(AsBytes(finished->edge.hash))});
    }
    batch.writes.push_back(
        Write{Space::kJournal, JournalKey(kPartition, entry->sequence), std::move(bytes)});
    head_.sequence = entry->sequence;
    head_.last_leaf = leaf;
    head_.last_recorded_at = now;
    Lap(kHash, watch);
    return absl::OkStatus();
  }

  Store& store_;
  Head head_;
  TileAccumulator tree_;
  RulebookCache rulebooks_;
  std::uint64_t commands_ = 0;
  std::uint64_t entry_bytes_ = 0;
  std::array<Step, kStepCount> steps_ = {{{"fingerprint"},
                                          {"load request, member, sale"},
                                          {"decide"},
                                          {"make entry"},
                                          {"encode entry"},
                                          {"apply (loads the rest)"},
                                          {"leaf hash and tree"},
                                          {"root, once a batch"},
                                          {"encode records"},
                                          {"commit"},
                                          {"snapshot"}}};
};

absl::Status MeasureBreakdown(Store& store, const Options& options, Workload& workload) {
  std::printf("breakdown of one accrual, one thread, batches of %llu\n",
              static_cast<unsigned long long>(options.breakdown_batch));
  ASSIGN_OR_RETURN(const std::unique_ptr<Breakdown> breakdown, Breakdown::Take(store));
  RETURN_IF_ERROR(breakdown->Run(options, workload));
  breakdown->Print();
  return absl::OkStatus();
}

absl::Status RunOnDisk(const Options& options, Workload& workload) {
  std::printf("engine on RocksDB, %d in flight, %llu members\n", options.in_flight,
              static_cast<unsigned long long>(options.members));
  std::error_code ignored;
  const std::string data_dir = options.folder + "/engine_bench";
  std::filesystem::remove_all(data_dir, ignored);
  RETURN_IF_ERROR(CreateLedger(data_dir));
  ASSIGN_OR_RETURN(const Booted ledger, OpenLedger(data_dir));
  RETURN_IF_ERROR(MeasureThroughput(*ledger.store, ledger.anchors.get(),
                                    ledger.dir.identity().ledger_id, ledger.heads.at(0), options,
                                    workload));
  return MeasureBreakdown(*ledger.store, options, workload);
}

absl::Status RunInMemory(const Options& options, Workload& workload) {
  std::printf("engine in memory, %d in flight, %llu members\n", options.in_flight,
              static_cast<unsigned long long>(options.members));
  MapStore store;
  ASSIGN_OR_RETURN(const Head head, store.AcquireWriter(0, 1, kVersion));
  RETURN_IF_ERROR(MeasureThroughput(store, nullptr, LedgerId{}, head, options, workload));
  return MeasureBreakdown(store, options, workload);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Measures the engine without gRPC: durable accruals a second, and the time of each step of "
      "one."};
  app.add_option("--members", options.members, "Members to enrol first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of accruals under load")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "Commands that wait for their answer")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  app.add_option("--lines", options.lines, "Of each receipt; 0: its total alone")
      ->check(CLI::Range(0, 500))
      ->capture_default_str();
  app.add_option("--hot-share", options.hot_share,
                 "Of the accruals, to one per cent of the members")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--commands", options.breakdown_commands, "Of the breakdown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", options.breakdown_batch, "Commands a batch in the breakdown")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--folder", options.folder,
                 "For the ledger on disk; default: a fresh one under $TMPDIR");
  app.add_flag("!--no-disk", options.has_disk, "Leave out RocksDB");
  app.add_flag("!--no-memory", options.has_memory, "Leave out the store in memory");
  CLI11_PARSE(app, argc, argv);

  const TempDir folder;
  if (options.folder.empty()) options.folder = folder.path();
  Workload workload(
      {.members = options.members, .hot_share = options.hot_share, .lines = options.lines});
  absl::Status status;
  if (options.has_disk) status.Update(RunOnDisk(options, workload));
  if (status.ok() && options.has_memory) status.Update(RunInMemory(options, workload));
  if (status.ok()) return 0;
  std::fprintf(stderr, "engine_bench: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Main(argc, argv); }
