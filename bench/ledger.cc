#include "bench/ledger.h"

#include <atomic>
#include <chrono>
#include <utility>
#include <variant>

#include "bench/stopwatch.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/version.h"

namespace laurel::bench {
namespace {

class Load {
 public:
  Load(Engine& engine, const LoadOptions& options,
       const std::function<Command(std::uint64_t)>& next)
      : engine_(engine), options_(options), next_(next) {}

  LoadResult Run() {
    {
      MutexLock lock(&mutex_);
      running_ = options_.in_flight;
    }
    for (int i = 0; i < options_.in_flight; ++i) SubmitNext();
    MutexLock lock(&mutex_);
    while (running_ > 0) {
      changed_.WaitFor(&mutex_, std::chrono::milliseconds(200));
      if (options_.on_progress) options_.on_progress(answered_.load(std::memory_order_relaxed));
    }
    result_.seconds = watch_.Seconds();
    return std::move(result_);
  }

 private:
  void SubmitNext() {
    const std::uint64_t n = next_number_.fetch_add(1);
    if (n >= options_.count_max || watch_.Seconds() >= options_.seconds_max) {
      MutexLock lock(&mutex_);
      if (--running_ == 0) changed_.NotifyAll();
      return;
    }
    Command command = next_(n);
    const std::int64_t submitted = watch_.Nanos();
    engine_.Submit(std::move(command), std::nullopt,
                   [this, submitted](absl::StatusOr<Reply> reply) {
                     Answered(reply, submitted);
                     SubmitNext();
                   });
  }

  void Answered(const absl::StatusOr<Reply>& reply, std::int64_t submitted) {
    answered_.fetch_add(1, std::memory_order_relaxed);
    const Rejected* rejected = nullptr;
    if (reply.ok()) {
      if (reply->unrecorded) rejected = &*reply->unrecorded;
      if (reply->entry != nullptr && reply->entry->outcome.rejected)
        rejected = &*reply->entry->outcome.rejected;
    }
    MutexLock lock(&mutex_);
    if (reply.ok() && rejected == nullptr) {
      ++result_.accepted;
      result_.latency_ns.Record(watch_.Nanos() - submitted);
      return;
    }
    if (result_.failed++ == 0) {
      result_.first_failure =
          reply.ok() ? std::string(ToString(rejected->reason)) : reply.status().ToString();
    }
  }

  Engine& engine_;
  const LoadOptions& options_;
  const std::function<Command(std::uint64_t)>& next_;
  const Stopwatch watch_;
  std::atomic<std::uint64_t> next_number_ = 0;
  std::atomic<std::uint64_t> answered_ = 0;
  Mutex mutex_;
  CondVar changed_;
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

absl::Status CreateLedger(const std::string& data_dir) {
  DataDir::InitOptions options;
  options.origin = "bench.example.com/ledger";
  return DataDir::Init(data_dir, options).status();
}

absl::StatusOr<Booted> OpenLedger(const std::string& data_dir) {
  BootOptions options;
  options.data_dir = data_dir;
  options.binary_version = kVersion;
  options.root_at = [](const Snapshot& snapshot, PartitionId partition, std::uint64_t size) {
    return RootAt(snapshot, partition, size);
  };
  std::variant<Booted, Refusal> booted = Boot(options);
  if (const Refusal* refusal = std::get_if<Refusal>(&booted))
    return absl::InternalError(Render(*refusal));
  return std::get<Booted>(std::move(booted));
}

absl::StatusOr<std::unique_ptr<Engine>> StartEngine(Store& store, AnchorFile* anchors,
                                                    const LedgerId& ledger_id, const Head& head) {
  return Engine::Start(store, anchors, ledger_id, head, SystemClock(), Engine::Options{});
}

absl::StatusOr<Usage> CompactAndMeasure(const std::string& data_dir) {
  ASSIGN_OR_RETURN(const DataDir dir, DataDir::Open(data_dir));
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbStore> store,
                   RocksDbStore::Open(dir.db_path(), RocksDbOptions{}));
  RETURN_IF_ERROR(store->CompactAll());
  ASSIGN_OR_RETURN(const std::vector<RocksDbStore::FamilyStats> stats, store->LoadStats());
  ASSIGN_OR_RETURN(const std::optional<Head> head, store->ReadHead(0));
  Usage usage;
  for (const RocksDbStore::FamilyStats& family : stats) {
    usage.families.push_back({std::string(ToString(family.space)), family.disk_bytes});
  }
  if (head) {
    usage.entries = head->sequence;
    usage.commits = head->batch;
  }
  return usage;
}

LoadResult RunLoad(Engine& engine, const LoadOptions& options,
                   const std::function<Command(std::uint64_t n)>& next) {
  return Load(engine, options, next).Run();
}

}  // namespace laurel::bench
