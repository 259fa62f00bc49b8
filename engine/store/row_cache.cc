#include "engine/store/row_cache.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/head.h"
#include "engine/store/key.h"

namespace laurel {
namespace {

constexpr std::size_t kShards = 64;
constexpr std::size_t kCommitLocks = 64;
// What a row takes beside its bytes: the nodes of list and table, and the allocator's rounding.
constexpr std::size_t kRowOverhead = 160;

constexpr std::size_t kWarmRows = 1'024;  // in one chunk
constexpr std::size_t kWarmReadFactor = 4;

struct RowId {
  Space space;
  absl::string_view key;
  friend bool operator==(const RowId&, const RowId&) = default;
  template <class H>
  friend H AbslHashValue(H hash, const RowId& id) {
    return H::combine(std::move(hash), static_cast<std::uint8_t>(id.space), id.key);
  }
};

bool IsOf(PartitionId partition, absl::string_view key) {
  return key.size() >= 2 &&
         static_cast<unsigned char>(key[0]) == static_cast<unsigned char>(partition >> 8) &&
         static_cast<unsigned char>(key[1]) == static_cast<unsigned char>(partition & 0xFF);
}

// A part of the rows. What has not been used for longest is forgotten first, or nearly so: a use
// marks the row, and a row that has its turn and a mark loses the mark and gets another turn.
// Moving the row at each use would touch its neighbours in memory too. Thread-safe.
class Shard {
 public:
  // The row's value as of `version`; empty if that is not known here.
  std::optional<std::string> Find(const RowId& id, std::uint64_t version) {
    MutexLock lock(&mutex_);
    const auto found = index_.find(id);
    if (found == index_.end() || found->second->since > version) {
      ++misses_;
      return std::nullopt;
    }
    ++hits_;
    found->second->is_used = true;
    return found->second->value;
  }

  // Adds what a snapshot with the number `version` has read.
  void Add(const RowId& id, absl::string_view value, std::uint64_t version) {
    MutexLock lock(&mutex_);
    // The value may have been replaced since.
    if (version < written_at_) return;
    // A row that is there is as new, or newer.
    if (BytesOf(id.key, value) > bytes_max_ || index_.contains(id)) return;
    rows_.push_front(Row{id.space, std::string(id.key), std::string(value), written_at_});
    const Row& row = rows_.front();
    index_.emplace(RowId{row.space, row.key}, rows_.begin());
    bytes_ += BytesOf(row.key, row.value);
    Shrink();
  }

  // Replaces the value where the row is kept.
  void Write(const RowId& id, const std::optional<std::string>& value, std::uint64_t version) {
    MutexLock lock(&mutex_);
    written_at_ = version;
    const auto found = index_.find(id);
    if (found == index_.end()) return;
    Row& row = *found->second;
    bytes_ -= BytesOf(row.key, row.value);
    if (!value) {
      const auto erased = found->second;
      index_.erase(found);
      rows_.erase(erased);
      return;
    }
    row.value = *value;
    row.since = version;
    bytes_ += BytesOf(row.key, row.value);
    Shrink();
  }

  void Clear(std::uint64_t version) {
    MutexLock lock(&mutex_);
    written_at_ = version;
    index_.clear();
    rows_.clear();
    bytes_ = 0;
  }

  void set_bytes_max(std::size_t bytes_max) {
    MutexLock lock(&mutex_);
    bytes_max_ = bytes_max;
  }
  void AddTo(RowCache::Stats& stats) const {
    MutexLock lock(&mutex_);
    stats.hits += hits_;
    stats.misses += misses_;
    stats.rows += rows_.size();
    stats.bytes += bytes_;
  }

 private:
  struct Row {
    Space space;
    std::string key;
    std::string value;
    std::uint64_t since;  // snapshots with this number or a larger one have this value
    bool is_used = false;
  };

  static std::size_t BytesOf(absl::string_view key, absl::string_view value) {
    return kRowOverhead + key.size() + value.size();
  }
  void Shrink() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (bytes_ > bytes_max_) {
      Row& last = rows_.back();
      if (last.is_used) {
        last.is_used = false;
        rows_.splice(rows_.begin(), rows_, std::prev(rows_.end()));
        continue;
      }
      bytes_ -= BytesOf(last.key, last.value);
      index_.erase(RowId{last.space, last.key});
      rows_.pop_back();
    }
  }

  mutable Mutex mutex_;
  std::list<Row> rows_ ABSL_GUARDED_BY(mutex_);
  // The keys are those of the rows.
  absl::flat_hash_map<RowId, std::list<Row>::iterator> index_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_max_ ABSL_GUARDED_BY(mutex_) = 0;
  // The last number under which any key of this shard was written, kept or not: since then nothing
  // has changed here.
  std::uint64_t written_at_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t hits_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t misses_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

class RowCache::Rows {
 public:
  Rows(std::size_t bytes_max, Filter is_kept) : is_kept_(is_kept) {
    for (Shard& shard : shards_) shard.set_bytes_max(bytes_max / kShards);
  }

  // A store writes its own keys without naming them in the batch.
  bool IsKept(Space space, absl::string_view key) const {
    return is_kept_(space, key) && !IsStoresOwn(space, key);
  }
  Shard& Of(const RowId& id) {
    return shards_[absl::Hash<RowId>{}(id) >> (sizeof(std::size_t) * 8 - 6)];
  }
  void Write(const laurel::Write& write, std::uint64_t version) {
    if (!IsKept(write.space, write.key)) return;
    const RowId id{write.space, write.key};
    Of(id).Write(id, write.value, version);
  }
  void Clear(std::uint64_t version) {
    for (Shard& shard : shards_) shard.Clear(version);
  }
  Stats LoadStats() const {
    Stats stats;
    for (const Shard& shard : shards_) shard.AddTo(stats);
    return stats;
  }

 private:
  static_assert(kShards == 1 << 6, "the upper six bits of a hash name a shard");
  const Filter is_kept_;
  std::array<Shard, kShards> shards_;
};

// A base snapshot and the number that it has in the cache.
class RowCache::View final : public Snapshot {
 public:
  View(std::shared_ptr<const Snapshot> base, std::shared_ptr<Rows> rows, PartitionId partition,
       std::uint64_t version)
      : base_(std::move(base)), rows_(std::move(rows)), partition_(partition), version_(version) {}

  const std::optional<Head>& head() const override { return base_->head(); }

  absl::StatusOr<std::optional<std::string>> Get(Space space,
                                                 absl::string_view key) const override {
    // The number says nothing about other partitions.
    if (!IsOf(partition_, key) || !rows_->IsKept(space, key)) return base_->Get(space, key);
    const RowId id{space, key};
    Shard& shard = rows_->Of(id);
    if (std::optional<std::string> kept = shard.Find(id, version_)) return kept;
    absl::StatusOr<std::optional<std::string>> value = base_->Get(space, key);
    if (value.ok() && value->has_value()) shard.Add(id, **value, version_);
    return value;
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Space space, const std::vector<std::string>& keys) const override {
    return base_->MultiGet(space, keys);
  }
  absl::Status Scan(Space space, absl::string_view begin, absl::string_view end,
                    const ScanOptions& options,
                    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit)
      const override {
    return base_->Scan(space, begin, end, options, visit);
  }

 private:
  const std::shared_ptr<const Snapshot> base_;
  const std::shared_ptr<Rows> rows_;
  const PartitionId partition_;
  const std::uint64_t version_;
};

// Where each partition stands, as far as the cache knows. Thread-safe.
class RowCache::Follower {
 public:
  explicit Follower(Rows& rows) : rows_(rows) {}

  // Held over the base's commit, so that two commits of a partition are followed in their order.
  Mutex& LockOf(PartitionId partition) { return commit_locks_[partition % kCommitLocks]; }

  // The number of a snapshot with this head; empty if it must not use the cache.
  std::optional<std::uint64_t> VersionOf(PartitionId partition, const Head& head) {
    const Place place = PlaceOf(head);
    MutexLock lock(&mutex_);
    const auto known = places_.try_emplace(partition, place).first;
    return known->second == place ? std::optional(version_) : std::nullopt;
  }

  // The batch is durable.
  void Follow(const Batch& batch) {
    MutexLock lock(&mutex_);
    ++version_;
    std::optional<Place>& place = places_[batch.partition];
    // Between the place and what this batch began from others have written.
    if (place && place->head != batch.expected) rows_.Clear(version_);
    for (const Write& write : batch.writes) rows_.Write(write, version_);
    place = PlaceOf(batch.next);
  }

  // What is kept of the partition may be wrong. Without a head none of its snapshots uses the cache
  // until a commit has succeeded.
  void Restart(PartitionId partition, const std::optional<Head>& head) {
    MutexLock lock(&mutex_);
    rows_.Clear(++version_);
    places_[partition] = head ? std::optional(PlaceOf(*head)) : std::nullopt;
  }

 private:
  struct Place {
    HeadId head;
    std::uint64_t batch = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  static Place PlaceOf(const Head& head) { return Place{IdOf(head), head.batch}; }

  Rows& rows_;
  std::array<Mutex, kCommitLocks> commit_locks_;
  Mutex mutex_;
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;  // of what was followed last
  // A partition that has not been seen yet is not there; an empty place is not known.
  std::map<PartitionId, std::optional<Place>> places_ ABSL_GUARDED_BY(mutex_);
};

RowCache::RowCache(Store& base, std::size_t bytes_max, Filter is_kept)
    : base_(base),
      bytes_max_(bytes_max),
      rows_(std::make_shared<Rows>(bytes_max, is_kept)),
      follower_(std::make_unique<Follower>(*rows_)) {}
RowCache::~RowCache() {
  is_ending_ = true;
  if (warming_.joinable()) warming_.join();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> RowCache::TakeSnapshot(PartitionId partition) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> base, base_.TakeSnapshot(partition));
  if (!base->head()) return base;
  const std::optional<std::uint64_t> version = follower_->VersionOf(partition, *base->head());
  if (!version) return base;
  return std::make_shared<const View>(std::move(base), rows_, partition, *version);
}

CommitResult RowCache::Commit(const Batch& batch) {
  MutexLock lock(&follower_->LockOf(batch.partition));
  CommitResult result = base_.Commit(batch);
  switch (result.outcome) {
    case CommitOutcome::kCommitted:
      follower_->Follow(batch);
      break;
    case CommitOutcome::kConflict:
    case CommitOutcome::kRefused:
      break;  // nothing was written
    case CommitOutcome::kUnknown:
    case CommitOutcome::kFatal:
      follower_->Restart(batch.partition, std::nullopt);
      break;
  }
  return result;
}

absl::StatusOr<Head> RowCache::AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                             absl::string_view binary_version) {
  MutexLock lock(&follower_->LockOf(partition));
  ASSIGN_OR_RETURN(Head head, base_.AcquireWriter(partition, epoch, binary_version));
  // The writer before may have been another process.
  follower_->Restart(partition, head);
  return head;
}

absl::StatusOr<std::optional<Head>> RowCache::ReadHead(PartitionId partition) {
  return base_.ReadHead(partition);
}

absl::Status RowCache::Warm(PartitionId partition) {
  RETURN_IF_ERROR(WarmSpace(partition, Space::kMembers, bytes_max_ / 3 * 2));
  return WarmSpace(partition, Space::kIndex, bytes_max_ / 8 * 7);
}

absl::Status RowCache::WarmSpace(PartitionId partition, Space space, std::size_t bytes_until) {
  const KeyRange all = PartitionRange(partition);
  std::string from = all.begin;
  std::size_t bytes_read = 0;
  for (bool is_done = false; !is_done && !is_ending_;) {
    if (LoadStats().bytes >= bytes_until || bytes_read >= kWarmReadFactor * bytes_max_) break;
    // A snapshot a chunk, so that little is refused because of what is written meanwhile. No limit:
    // a store takes a scan with one for one whose blocks will be read again.
    ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> base, base_.TakeSnapshot(partition));
    const std::optional<std::uint64_t> version =
        base->head() ? follower_->VersionOf(partition, *base->head()) : std::nullopt;
    std::size_t rows = 0;
    RETURN_IF_ERROR(
        base->Scan(space, from, all.end, {}, [&](absl::string_view key, absl::string_view value) {
          bytes_read += key.size() + value.size();
          from = absl::StrCat(key, absl::string_view("\0", 1));  // the next key there can be
          const RowId id{space, key};
          if (version && rows_->IsKept(space, key)) rows_->Of(id).Add(id, value, *version);
          return ++rows < kWarmRows;
        }));
    is_done = rows < kWarmRows;
  }
  return absl::OkStatus();
}

void RowCache::StartWarming(PartitionId partition) {
  // What cannot be read is reported to those who ask for it.
  warming_ = std::thread([this, partition] { Warm(partition).IgnoreError(); });
}

StoreLimits RowCache::Limits() const { return base_.Limits(); }
RowCache::Stats RowCache::LoadStats() const { return rows_->LoadStats(); }

}  // namespace laurel
