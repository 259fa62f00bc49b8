#include "engine/store/map_store.h"

#include <array>
#include <deque>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/head.h"

namespace laurel {
namespace {

constexpr std::size_t kScanChunkRows = 128;  // copied under the lock at a time

// The values of one key, newest first. A value counts for the versions from its own up to the next
// newer one.
struct Cell {
  std::uint64_t version = 0;
  std::optional<std::string> value;  // empty: deleted
  std::unique_ptr<Cell> older;
};
using Rows = std::map<std::string, Cell, std::less<>>;

const std::string* ValueAt(const Cell& newest, std::uint64_t version) {
  for (const Cell* cell = &newest; cell != nullptr; cell = cell->older.get()) {
    if (cell->version <= version) return cell->value ? &*cell->value : nullptr;
  }
  return nullptr;
}

}  // namespace

class MapStore::Table {
 public:
  // The version a reader holds from now until Release.
  std::uint64_t Acquire(PartitionId partition, absl::StatusOr<std::optional<HeadRecord>>& head) {
    MutexLock lock(&mutex_);
    ++live_[version_];
    head = LoadHead(partition);
    return version_;
  }
  void Release(std::uint64_t version) {
    MutexLock lock(&mutex_);
    const auto found = live_.find(version);
    if (--found->second == 0) live_.erase(found);
    if (live_.empty()) CollectGarbage();
  }

  std::optional<std::string> Get(Space space, absl::string_view key, std::uint64_t version) const {
    MutexLock lock(&mutex_);
    const Rows& rows = Of(space);
    const auto found = rows.find(key);
    if (found == rows.end()) return std::nullopt;
    const std::string* value = ValueAt(found->second, version);
    if (value == nullptr) return std::nullopt;
    return *value;
  }

  // Copies up to kScanChunkRows rows of [begin, end), or of (begin, end) where `is_after` is set;
  // of a reverse scan from the end downwards.
  std::vector<std::pair<std::string, std::string>> Chunk(Space space, absl::string_view begin,
                                                         absl::string_view end, bool is_reverse,
                                                         std::uint64_t version) const {
    MutexLock lock(&mutex_);
    const Rows& rows = Of(space);
    std::vector<std::pair<std::string, std::string>> chunk;
    const auto first = rows.lower_bound(begin);
    const auto last = rows.lower_bound(end);
    const auto take = [&](const Rows::value_type& row) {
      const std::string* value = ValueAt(row.second, version);
      if (value != nullptr) chunk.emplace_back(row.first, *value);
      return chunk.size() < kScanChunkRows;
    };
    if (is_reverse) {
      for (auto it = last; it != first;) {
        if (!take(*--it)) break;
      }
    } else {
      for (auto it = first; it != last; ++it) {
        if (!take(*it)) break;
      }
    }
    return chunk;
  }

  CommitResult Commit(const Batch& batch) {
    MutexLock lock(&mutex_);
    absl::StatusOr<std::optional<HeadRecord>> stored = LoadHead(batch.partition);
    if (!stored.ok()) return {CommitOutcome::kFatal, stored.status()};
    if (std::optional<CommitResult> refused = CheckMove(batch, *stored)) return *std::move(refused);
    ++version_;
    for (const Write& write : batch.writes) Put(write.space, write.key, write.value);
    Put(Space::kDefault, HeadKey(batch.partition), EncodeHead(MovedHead(batch, *stored)));
    CollectGarbage();
    return {CommitOutcome::kCommitted, absl::OkStatus()};
  }

  absl::StatusOr<std::optional<HeadRecord>> ReadHead(PartitionId partition) const {
    MutexLock lock(&mutex_);
    return LoadHead(partition);
  }

  absl::StatusOr<Head> TakeOver(PartitionId partition, std::uint64_t epoch,
                                absl::string_view binary_version) {
    MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const std::optional<HeadRecord> stored, LoadHead(partition));
    ASSIGN_OR_RETURN(HeadRecord record, TakenOverHead(stored, epoch, binary_version));
    ++version_;
    Put(Space::kDefault, HeadKey(partition), EncodeHead(record));
    CollectGarbage();
    return std::move(record.head);
  }

 private:
  struct Garbage {
    std::uint64_t version;  // of the newer value: once every reader sees it, what is older can go
    Space space;
    std::string key;
  };

  const Rows& Of(Space space) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return rows_[static_cast<std::size_t>(space)];
  }

  absl::StatusOr<std::optional<HeadRecord>> LoadHead(PartitionId partition) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Rows& rows = Of(Space::kDefault);
    const auto found = rows.find(HeadKey(partition));
    if (found == rows.end()) return std::optional<HeadRecord>();
    ASSIGN_OR_RETURN(HeadRecord record, DecodeHead(*found->second.value));
    return std::optional<HeadRecord>(std::move(record));
  }

  void Put(Space space, absl::string_view key, std::optional<std::string> value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Rows& rows = rows_[static_cast<std::size_t>(space)];
    auto row = rows.lower_bound(key);
    if (row == rows.end() || row->first != key) {
      if (!value) return;
      rows.emplace_hint(row, std::string(key), Cell{version_, std::move(value), nullptr});
      return;
    }
    Cell& cell = row->second;
    // No reader stands between the stored value and this one: replace it in place.
    const bool is_seen =
        cell.version != version_ && !live_.empty() && live_.rbegin()->first >= cell.version;
    if (is_seen) {
      cell.older = std::make_unique<Cell>(std::move(cell));
      garbage_.push_back(Garbage{version_, space, std::string(key)});
    } else if (!value && cell.older == nullptr) {
      rows.erase(row);
      return;
    }
    cell.version = version_;
    cell.value = std::move(value);
  }

  void CollectGarbage() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::uint64_t oldest = live_.empty() ? version_ : live_.begin()->first;
    while (!garbage_.empty() && garbage_.front().version <= oldest) {
      const Garbage& item = garbage_.front();
      Rows& rows = rows_[static_cast<std::size_t>(item.space)];
      const auto row = rows.find(item.key);
      if (row != rows.end()) {
        Cell* cell = &row->second;
        while (cell->version > oldest && cell->older != nullptr) cell = cell->older.get();
        cell->older.reset();
        if (cell == &row->second && !cell->value && cell->version <= oldest) rows.erase(row);
      }
      garbage_.pop_front();
    }
  }

  mutable Mutex mutex_;
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::uint64_t> live_ ABSL_GUARDED_BY(mutex_);  // version -> readers
  std::deque<Garbage> garbage_ ABSL_GUARDED_BY(mutex_);                  // by version
  std::array<Rows, kSpaceCount> rows_ ABSL_GUARDED_BY(mutex_);
};

class MapStore::View final : public Snapshot {
 public:
  View(std::shared_ptr<Table> table, std::uint64_t version, std::optional<Head> head)
      : table_(std::move(table)), version_(version), head_(std::move(head)) {}
  ~View() override { table_->Release(version_); }

  const std::optional<Head>& head() const override { return head_; }

  absl::StatusOr<std::optional<std::string>> Get(Space space,
                                                 absl::string_view key) const override {
    return table_->Get(space, key, version_);
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Space space, const std::vector<std::string>& keys) const override {
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) values.push_back(table_->Get(space, key, version_));
    return values;
  }

  absl::Status Scan(Space space, absl::string_view begin, absl::string_view end,
                    const ScanOptions& options,
                    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit)
      const override {
    if (end < begin)
      return absl::InvalidArgumentError("scan: end must not lie before begin, was before");
    std::string from(begin);
    std::string until(end);
    for (std::size_t left = options.limit; left > 0;) {
      const auto chunk = table_->Chunk(space, from, until, options.is_reverse, version_);
      for (const auto& [key, value] : chunk) {
        if (left-- == 0 || !visit(key, value)) return absl::OkStatus();
      }
      if (chunk.size() < kScanChunkRows) return absl::OkStatus();
      if (options.is_reverse) {
        until = chunk.back().first;
      } else {
        from = absl::StrCat(chunk.back().first,
                            absl::string_view("\0", 1));  // the next key there can be
      }
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<Table> table_;
  const std::uint64_t version_;
  const std::optional<Head> head_;
};

MapStore::MapStore() : table_(std::make_shared<Table>()) {}
MapStore::~MapStore() = default;

absl::StatusOr<std::shared_ptr<const Snapshot>> MapStore::TakeSnapshot(PartitionId partition) {
  absl::StatusOr<std::optional<HeadRecord>> record = std::optional<HeadRecord>();
  const std::uint64_t version = table_->Acquire(partition, record);
  std::optional<Head> head;
  if (record.ok() && record->has_value()) head = std::move((*record)->head);
  auto view = std::make_shared<const View>(table_, version, std::move(head));
  if (!record.ok()) return record.status();
  return view;
}

CommitResult MapStore::Commit(const Batch& batch) {
  if (absl::Status checked = CheckBatch(batch, Limits()); !checked.ok()) {
    return {CommitOutcome::kRefused, std::move(checked)};
  }
  return table_->Commit(batch);
}

absl::StatusOr<std::optional<Head>> MapStore::ReadHead(PartitionId partition) {
  ASSIGN_OR_RETURN(std::optional<HeadRecord> record, table_->ReadHead(partition));
  if (!record) return std::optional<Head>();
  return std::optional<Head>(std::move(record->head));
}

absl::StatusOr<Head> MapStore::AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                             absl::string_view binary_version) {
  return table_->TakeOver(partition, epoch, binary_version);
}

StoreLimits MapStore::Limits() const { return kEmbeddedLimits; }

}  // namespace laurel
