#include "engine/store/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/head.h"
#include "engine/store/rocksdb_disk.h"
#include "engine/store/rocksdb_options.h"

namespace laurel {
namespace {

using Handles = std::array<rocksdb::ColumnFamilyHandle*, kSpaceCount>;

constexpr std::size_t kProtectionBytes =
    8;  // finds bytes that flip between the batch and the memtable
constexpr std::size_t kWriteOverhead = 24;  // per write in a batch: tag, family, lengths
constexpr std::size_t kCommitLocks = 64;

rocksdb::Slice ToSlice(absl::string_view bytes) {
  return rocksdb::Slice(bytes.data(), bytes.size());
}
absl::string_view ToView(const rocksdb::Slice& slice) {
  return absl::string_view(slice.data(), slice.size());
}

absl::Status ToStatus(absl::string_view subject, const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message =
      absl::StrCat("store.", subject, ": must be intact and available, was ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  if (status.IsInvalidArgument()) return absl::InvalidArgumentError(message);
  return absl::UnavailableError(message);
}

rocksdb::ReadOptions ReadAt(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.verify_checksums = true;
  options.total_order_seek = true;
  return options;
}

rocksdb::WriteOptions SyncedWrite() {
  rocksdb::WriteOptions options;
  options.sync = true;
  options.disableWAL = false;
  options.protection_bytes_per_key = kProtectionBytes;
  return options;
}

rocksdb::WriteBatch NewBatch(std::size_t bytes) {
  return rocksdb::WriteBatch(bytes, /*max_bytes=*/0, kProtectionBytes, /*default_cf_ts_sz=*/0);
}

// Becomes true once and stays so.
class FatalLatch {
 public:
  explicit FatalLatch(std::function<void(const absl::Status&)> on_fatal)
      : on_fatal_(std::move(on_fatal)) {}

  absl::Status Set(absl::Status status) {
    {
      MutexLock lock(&mutex_);
      if (!status_.ok()) return status_;
      status_ = status;
      is_set_.store(true, std::memory_order_release);
    }
    if (on_fatal_) on_fatal_(status);
    return status;
  }
  // What made the store unusable; OK while nothing has.
  absl::Status status() const {
    if (!is_set_.load(std::memory_order_acquire)) return absl::OkStatus();
    MutexLock lock(&mutex_);
    return status_;
  }

 private:
  const std::function<void(const absl::Status&)> on_fatal_;
  std::atomic<bool> is_set_ = false;
  mutable Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// RocksDB reports here what fails in its own threads.
class Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(std::shared_ptr<FatalLatch> latch) : latch_(std::move(latch)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* error) override {
    if (error != nullptr && !error->ok()) (void)latch_->Set(ToStatus("background", *error));
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    if (auto_recovery != nullptr) *auto_recovery = false;
  }

 private:
  const std::shared_ptr<FatalLatch> latch_;
};

}  // namespace

struct RocksDbStore::State {
  ~State() {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle != nullptr) (void)db->DestroyColumnFamilyHandle(handle);
    }
    if (db) (void)db->Close();
  }

  rocksdb::ColumnFamilyHandle* Of(Space space) const {
    return handles[static_cast<std::size_t>(space)];
  }
  Mutex& LockOf(PartitionId partition) { return commit_locks[partition % kCommitLocks]; }

  absl::StatusOr<std::optional<std::string>> Get(const rocksdb::ReadOptions& options, Space space,
                                                 absl::string_view key) const {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status = db->Get(options, Of(space), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return ToStatus(ToString(space), status);
    return std::optional<std::string>(value.ToString());
  }

  absl::StatusOr<std::optional<HeadRecord>> LoadHead(
      PartitionId partition, const rocksdb::Snapshot* snapshot = nullptr) const {
    ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                     Get(ReadAt(snapshot), Space::kDefault, HeadKey(partition)));
    if (!bytes) return std::optional<HeadRecord>();
    ASSIGN_OR_RETURN(HeadRecord record, DecodeHead(*bytes));
    return std::optional<HeadRecord>(std::move(record));
  }

  // Anything but success makes the store unusable.
  absl::Status WriteSynced(rocksdb::WriteBatch& batch) {
    const rocksdb::Status status = db->Write(SyncedWrite(), &batch);
    return status.ok() ? absl::OkStatus() : fatal->Set(ToStatus("commit", status));
  }

  std::shared_ptr<rocksdb::Env> env;  // outlives the database
  std::shared_ptr<FatalLatch> fatal;
  std::unique_ptr<rocksdb::DB> db;
  Handles handles{};
  bool is_read_only = false;
  std::array<Mutex, kCommitLocks> commit_locks;  // serialise the commits of one partition
};

class RocksDbStore::View final : public Snapshot {
 public:
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Take(std::shared_ptr<State> state,
                                                              PartitionId partition) {
    auto view = std::make_shared<View>(std::move(state));
    ASSIGN_OR_RETURN(std::optional<HeadRecord> record,
                     view->state_->LoadHead(partition, view->snapshot_));
    if (record) view->head_ = std::move(record->head);
    return view;
  }
  explicit View(std::shared_ptr<State> state)
      : state_(std::move(state)),
        snapshot_(state_->db->GetSnapshot()),
        options_(ReadAt(snapshot_)) {}
  ~View() override { state_->db->ReleaseSnapshot(snapshot_); }

  const std::optional<Head>& head() const override { return head_; }

  absl::StatusOr<std::optional<std::string>> Get(Space space,
                                                 absl::string_view key) const override {
    return state_->Get(options_, space, key);
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Space space, const std::vector<std::string>& keys) const override {
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    state_->db->MultiGet(options_, state_->Of(space), keys.size(), slices.data(), found.data(),
                         statuses.data());
    std::vector<std::optional<std::string>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      if (!statuses[i].ok()) return ToStatus(ToString(space), statuses[i]);
      values[i] = found[i].ToString();
    }
    return values;
  }

  absl::Status Scan(Space space, absl::string_view begin, absl::string_view end,
                    const ScanOptions& options,
                    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit)
      const override {
    if (end < begin)
      return absl::InvalidArgumentError("scan: end must not lie before begin, was before");
    if (begin == end || options.limit == 0) return absl::OkStatus();
    const rocksdb::Slice lower = ToSlice(begin);
    const rocksdb::Slice upper = ToSlice(end);
    rocksdb::ReadOptions read = options_;
    read.iterate_lower_bound = &lower;
    read.iterate_upper_bound = &upper;
    read.fill_cache =
        options.limit != SIZE_MAX;  // a whole scan must not push out what point reads need
    const std::unique_ptr<rocksdb::Iterator> it(state_->db->NewIterator(read, state_->Of(space)));
    std::size_t left = options.limit;
    if (options.is_reverse) {
      for (it->SeekToLast(); it->Valid() && left > 0; it->Prev(), --left) {
        if (!visit(ToView(it->key()), ToView(it->value()))) return absl::OkStatus();
      }
    } else {
      for (it->Seek(lower); it->Valid() && left > 0; it->Next(), --left) {
        if (!visit(ToView(it->key()), ToView(it->value()))) return absl::OkStatus();
      }
    }
    return ToStatus(ToString(space), it->status());
  }

 private:
  const std::shared_ptr<State> state_;
  const rocksdb::Snapshot* const snapshot_;
  const rocksdb::ReadOptions options_;
  std::optional<Head> head_;
};

std::shared_ptr<rocksdb::Env> NewMemoryEnv() {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

absl::Status RocksDbStore::Init(const std::string& path, const LedgerId& ledger_id,
                                const RocksDbOptions& options) {
  State state;
  state.env = options.env ? options.env : NewDiskEnv();
  rocksdb::DBOptions db_options = DatabaseOptions(options, LogRecovery::kTolerateTail);
  db_options.env = state.env.get();
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  db_options.error_if_exists = true;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (Family& family : FamilyOptions(options)) {
    families.emplace_back(std::string(ToString(family.space)), family.options);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(ToStatus("init", rocksdb::DB::Open(db_options, path, families, &handles, &db)));
  state.db.reset(db);
  std::copy(handles.begin(), handles.end(), state.handles.begin());
  rocksdb::WriteBatch batch = NewBatch(128);
  RETURN_IF_ERROR(ToStatus(
      "init", batch.Put(state.Of(Space::kDefault), LedgerIdKey(), ToSlice(AsBytes(ledger_id)))));
  RETURN_IF_ERROR(ToStatus("init", state.db->Write(SyncedWrite(), &batch)));
  // Out of the log: whose database this is must be known even when the log is lost.
  return ToStatus("init", state.db->Flush(rocksdb::FlushOptions(), state.Of(Space::kDefault)));
}

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::OpenAs(const std::string& path,
                                                                   const RocksDbOptions& options,
                                                                   LogRecovery recovery,
                                                                   Access access) {
  auto state = std::make_shared<State>();
  state->env = options.env ? options.env : NewDiskEnv();
  state->fatal = std::make_shared<FatalLatch>(options.on_fatal);
  state->is_read_only = access == Access::kReadOnly;
  rocksdb::DBOptions db_options = DatabaseOptions(options, recovery);
  db_options.env = state->env.get();
  if (!state->is_read_only)
    db_options.listeners.push_back(std::make_shared<Listener>(state->fatal));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (Family& family : FamilyOptions(options)) {
    families.emplace_back(std::string(ToString(family.space)), family.options);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      state->is_read_only ? rocksdb::DB::OpenForReadOnly(db_options, path, families, &handles, &db)
                          : rocksdb::DB::Open(db_options, path, families, &handles, &db);
  RETURN_IF_ERROR(ToStatus("open", opened));
  LAUREL_CHECK(handles.size() == kSpaceCount, "RocksDB opens every family it was asked for");
  state->db.reset(db);
  std::copy(handles.begin(), handles.end(), state->handles.begin());
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(std::move(state)));
}

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const std::string& path,
                                                                 const RocksDbOptions& options,
                                                                 LogRecovery recovery) {
  return OpenAs(path, options, recovery, Access::kReadWrite);
}

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::OpenReadOnly(
    const std::string& path, const RocksDbOptions& options, LogRecovery recovery) {
  return OpenAs(path, options, recovery, Access::kReadOnly);
}

RocksDbStore::RocksDbStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
RocksDbStore::~RocksDbStore() = default;

absl::StatusOr<std::shared_ptr<const Snapshot>> RocksDbStore::TakeSnapshot(PartitionId partition) {
  RETURN_IF_ERROR(state_->fatal->status());
  return View::Take(state_, partition);
}

CommitResult RocksDbStore::Commit(const Batch& batch) {
  if (absl::Status fatal = state_->fatal->status(); !fatal.ok())
    return {CommitOutcome::kFatal, fatal};
  if (state_->is_read_only) {
    return {CommitOutcome::kRefused,
            absl::FailedPreconditionError("store: must be open to write, was read-only")};
  }
  if (absl::Status checked = CheckBatch(batch, Limits()); !checked.ok()) {
    return {CommitOutcome::kRefused, std::move(checked)};
  }
  MutexLock lock(&state_->LockOf(batch.partition));
  const absl::StatusOr<std::optional<HeadRecord>> stored = state_->LoadHead(batch.partition);
  if (!stored.ok()) return {CommitOutcome::kFatal, state_->fatal->Set(stored.status())};
  if (std::optional<CommitResult> refused = CheckMove(batch, *stored)) return *std::move(refused);

  const std::string head = EncodeHead(MovedHead(batch, *stored));
  std::size_t bytes = head.size() + 2 * kWriteOverhead;
  for (const Write& write : batch.writes) {
    bytes += kWriteOverhead + write.key.size() + (write.value ? write.value->size() : 0);
  }
  rocksdb::WriteBatch writes = NewBatch(bytes);
  for (const Write& write : batch.writes) {
    const rocksdb::Status added = write.value
                                      ? writes.Put(state_->Of(write.space), write.key, *write.value)
                                      : writes.Delete(state_->Of(write.space), write.key);
    LAUREL_CHECK(added.ok(), "a batch within the limits can be built");
  }
  LAUREL_CHECK(writes.Put(state_->Of(Space::kDefault), HeadKey(batch.partition), head).ok(),
               "a batch within the limits can be built");
  if (absl::Status written = state_->WriteSynced(writes); !written.ok()) {
    return {CommitOutcome::kFatal, std::move(written)};
  }
  return {CommitOutcome::kCommitted, absl::OkStatus()};
}

absl::StatusOr<std::optional<Head>> RocksDbStore::ReadHead(PartitionId partition) {
  RETURN_IF_ERROR(state_->fatal->status());
  ASSIGN_OR_RETURN(std::optional<HeadRecord> record, state_->LoadHead(partition));
  if (!record) return std::optional<Head>();
  return std::optional<Head>(std::move(record->head));
}

absl::StatusOr<Head> RocksDbStore::AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                                 absl::string_view binary_version) {
  RETURN_IF_ERROR(state_->fatal->status());
  if (state_->is_read_only) {
    return absl::FailedPreconditionError("store: must be open to write, was read-only");
  }
  MutexLock lock(&state_->LockOf(partition));
  ASSIGN_OR_RETURN(const std::optional<HeadRecord> stored, state_->LoadHead(partition));
  ASSIGN_OR_RETURN(HeadRecord record, TakenOverHead(stored, epoch, binary_version));
  const std::string head = EncodeHead(record);
  rocksdb::WriteBatch writes = NewBatch(head.size() + 2 * kWriteOverhead);
  RETURN_IF_ERROR(
      ToStatus("head", writes.Put(state_->Of(Space::kDefault), HeadKey(partition), head)));
  RETURN_IF_ERROR(state_->WriteSynced(writes));
  return std::move(record.head);
}

StoreLimits RocksDbStore::Limits() const { return kEmbeddedLimits; }

absl::StatusOr<LedgerId> RocksDbStore::LoadLedgerId() {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                   state_->Get(ReadAt(nullptr), Space::kDefault, LedgerIdKey()));
  LedgerId id;
  if (!bytes || bytes->size() != id.size()) {
    return absl::DataLossError("store.ledger_id: must be recorded in the database, was missing");
  }
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

absl::Status RocksDbStore::CompactAll() {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (rocksdb::ColumnFamilyHandle* handle : state_->handles) {
    RETURN_IF_ERROR(ToStatus("compaction", state_->db->Flush(rocksdb::FlushOptions(), handle)));
    RETURN_IF_ERROR(
        ToStatus("compaction", state_->db->CompactRange(options, handle, nullptr, nullptr)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> RocksDbStore::DiskBytes() {
  ASSIGN_OR_RETURN(const std::vector<FamilyStats> stats, LoadStats());
  std::uint64_t bytes = 0;
  for (const FamilyStats& family : stats) bytes += family.disk_bytes;
  return bytes;
}

absl::StatusOr<std::vector<RocksDbStore::FamilyStats>> RocksDbStore::LoadStats() {
  std::vector<FamilyStats> all;
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    FamilyStats stats{.space = static_cast<Space>(i)};
    std::uint64_t stopped = 0;
    const auto read = [&](const std::string& property, std::uint64_t& value) {
      return state_->db->GetIntProperty(state_->handles[i], property, &value);
    };
    if (!read(rocksdb::DB::Properties::kLiveSstFilesSize, stats.disk_bytes) ||
        !read(rocksdb::DB::Properties::kEstimateNumKeys, stats.keys_estimate) ||
        !read(rocksdb::DB::Properties::kCurSizeAllMemTables, stats.memory_bytes) ||
        !read(rocksdb::DB::Properties::kEstimatePendingCompactionBytes,
              stats.compaction_pending_bytes) ||
        !read(rocksdb::DB::Properties::kIsWriteStopped, stopped)) {
      return absl::UnavailableError("store.stats: must be known for each family, was not");
    }
    rocksdb::ColumnFamilyMetaData metadata;
    state_->db->GetColumnFamilyMetaData(state_->handles[i], &metadata);
    stats.files = metadata.file_count;
    stats.is_write_stopped = stopped != 0;
    all.push_back(stats);
  }
  return all;
}

absl::StatusOr<std::vector<RocksDbStore::DamagedFile>> RocksDbStore::FindDamagedFiles() {
  // A file that compaction replaces meanwhile must stay until it has been read.
  if (!state_->is_read_only) RETURN_IF_ERROR(ToStatus("check", state_->db->DisableFileDeletions()));
  const absl::Cleanup enable = [this] {
    if (!state_->is_read_only) (void)state_->db->EnableFileDeletions(/*force=*/false);
  };
  std::vector<rocksdb::LiveFileMetaData> files;
  state_->db->GetLiveFilesMetaData(&files);
  std::vector<DamagedFile> damaged;
  for (const rocksdb::LiveFileMetaData& file : files) {
    std::size_t i = 0;
    while (i < kSpaceCount &&
           file.column_family_name != std::string(ToString(static_cast<Space>(i))))
      ++i;
    LAUREL_CHECK(i < kSpaceCount, "every family was opened by name");
    rocksdb::Options options = state_->db->GetOptions(state_->handles[i]);
    rocksdb::SstFileReader reader(options);
    rocksdb::Status status = reader.Open(absl::StrCat(file.db_path, file.name));
    if (status.ok()) status = reader.VerifyChecksum(ReadAt(nullptr));
    if (status.ok()) continue;
    const Space space = static_cast<Space>(i);
    damaged.push_back(DamagedFile{space, file.name, file.smallestkey, file.largestkey,
                                  ToStatus(ToString(space), status)});
  }
  return damaged;
}

}  // namespace laurel
