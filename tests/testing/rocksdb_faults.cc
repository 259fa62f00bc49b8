#include "tests/testing/rocksdb_faults.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string Normal(const std::string& path) { return fs::path(path).lexically_normal().string(); }

}  // namespace

class FaultyDisk::Disk final : public rocksdb::FileSystemWrapper {
 public:
  Disk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "LaurelFaultyDisk"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        IODebugContext* debug) override;

  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    MutexLock lock(&mutex_);
    if (is_dead_) return Dead();
    files_.erase(Normal(path));
    return target()->DeleteFile(path, options, debug);
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    MutexLock lock(&mutex_);
    if (is_dead_) return Dead();
    const bool is_replacing = fs::exists(to);
    const IOStatus status = target()->RenameFile(from, to, options, debug);
    const auto found = files_.find(Normal(from));
    if (status.ok() && found != files_.end()) {
      Written state = found->second;
      state.is_named = state.is_named || is_replacing;
      files_.erase(found);
      files_[Normal(to)] = state;
    }
    return status;
  }

  // What is known of one file that was written through this object.
  struct Written {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
    bool is_named = false;  // its folder was synced since it was created
  };

  // Runs `write` for a write of `size` bytes; a crash lets `torn` write the first half instead.
  template <class Write, class Torn>
  IOStatus Append(const std::string& path, std::uint64_t size, Write write, Torn torn) {
    MutexLock lock(&mutex_);
    if (is_dead_) return Dead();
    if (is_full_) return IOStatus::NoSpace("made to be full");
    if (operations_++ >= crash_at_) {
      is_dead_ = true;
      if (torn().ok()) files_[path].size += size / 2;
      return Dead();
    }
    IOStatus status = write();
    if (status.ok()) files_[path].size += size;
    return status;
  }

  template <class Sync>
  IOStatus SyncFile(const std::string& path, Sync sync) {
    MutexLock lock(&mutex_);
    if (is_dead_) return Dead();
    if (operations_++ >= crash_at_) {
      is_dead_ = true;
      return Dead();
    }
    ++syncs_;
    if (is_next_sync_failing_) {
      is_next_sync_failing_ = false;
      return IOStatus::IOError("made to fail");
    }
    if (is_lying_) return IOStatus::OK();
    IOStatus status = sync();
    Written& file = files_[path];
    if (status.ok()) file.synced = file.size;
    return status;
  }

  template <class Sync>
  IOStatus SyncFolder(const std::string& path, Sync sync) {
    MutexLock lock(&mutex_);
    if (is_dead_) return Dead();
    if (is_lying_) return IOStatus::OK();
    IOStatus status = sync();
    if (!status.ok()) return status;
    for (auto& [name, file] : files_) {
      if (fs::path(name).parent_path() == fs::path(path)) file.is_named = true;
    }
    return status;
  }

  void Truncated(const std::string& path, std::uint64_t size) {
    MutexLock lock(&mutex_);
    Written& file = files_[path];
    file.size = size;
    file.synced = std::min(file.synced, size);
  }

  static IOStatus Dead() { return IOStatus::IOError("made to be dead"); }

  mutable Mutex mutex_;
  std::map<std::string, Written> files_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t operations_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t crash_at_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<std::uint64_t>::max();
  bool is_dead_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_full_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_lying_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_next_sync_failing_ ABSL_GUARDED_BY(mutex_) = false;

 private:
  class File;
  class Folder;
};

class FaultyDisk::Disk::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), disk_(disk) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return disk_.Append(
        path_, data.size(), [&] { return target()->Append(data, options, debug); },
        [&] { return target()->Append(Slice(data.data(), data.size() / 2), options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    return disk_.Append(
        path_, data.size(), [&] { return target()->Append(data, options, info, debug); },
        [&] { return target()->Append(Slice(data.data(), data.size() / 2), options, debug); });
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    disk_.Truncated(path_, size);
    return target()->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return disk_.SyncFile(path_, [&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return disk_.SyncFile(path_, [&] { return target()->Fsync(options, debug); });
  }

 private:
  const std::string path_;
  Disk& disk_;
};

class FaultyDisk::Disk::Folder final : public rocksdb::FSDirectory {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> folder, std::string path, Disk& disk)
      : folder_(std::move(folder)), path_(std::move(path)), disk_(disk) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return disk_.SyncFolder(path_, [&] { return folder_->Fsync(options, debug); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& /*what*/) override {
    return Fsync(options,
                 debug);  // always for real, whatever the file system would make of the hint
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return folder_->Close(options, debug);
  }

 private:
  const std::unique_ptr<rocksdb::FSDirectory> folder_;
  const std::string path_;
  Disk& disk_;
};

IOStatus FaultyDisk::Disk::NewWritableFile(const std::string& path, const FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                           IODebugContext* debug) {
  MutexLock lock(&mutex_);
  if (is_dead_) return Dead();
  std::unique_ptr<rocksdb::FSWritableFile> real;
  IOStatus status = target()->NewWritableFile(path, options, &real, debug);
  if (!status.ok()) return status;
  files_[Normal(path)] = Written{};
  *file = std::make_unique<File>(std::move(real), Normal(path), *this);
  return status;
}

IOStatus FaultyDisk::Disk::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                                              IODebugContext* debug) {
  MutexLock lock(&mutex_);
  if (is_dead_) return Dead();
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  IOStatus status = target()->ReopenWritableFile(path, options, &real, debug);
  if (!status.ok()) return status;
  Written& state = files_.try_emplace(Normal(path), Written{size, size, true}).first->second;
  state.size = error ? 0 : size;
  *file = std::make_unique<File>(std::move(real), Normal(path), *this);
  return status;
}

IOStatus FaultyDisk::Disk::NewDirectory(const std::string& path, const IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                                        IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  IOStatus status = target()->NewDirectory(path, options, &real, debug);
  if (!status.ok()) return status;
  *folder = std::make_unique<Folder>(std::move(real), Normal(path), *this);
  return status;
}

FaultyDisk::FaultyDisk() : disk_(std::make_shared<Disk>()), env_(rocksdb::NewCompositeEnv(disk_)) {}
FaultyDisk::~FaultyDisk() = default;

std::shared_ptr<rocksdb::Env> FaultyDisk::env() const { return env_; }

std::uint64_t FaultyDisk::operations() const {
  MutexLock lock(&disk_->mutex_);
  return disk_->operations_;
}
std::uint64_t FaultyDisk::syncs() const {
  MutexLock lock(&disk_->mutex_);
  return disk_->syncs_;
}
void FaultyDisk::CrashAt(std::uint64_t operation) {
  MutexLock lock(&disk_->mutex_);
  disk_->crash_at_ = operation;
}
void FaultyDisk::FailNextSync() {
  MutexLock lock(&disk_->mutex_);
  disk_->is_next_sync_failing_ = true;
}
void FaultyDisk::FillUp() {
  MutexLock lock(&disk_->mutex_);
  disk_->is_full_ = true;
}
void FaultyDisk::Lie() {
  MutexLock lock(&disk_->mutex_);
  disk_->is_lying_ = true;
}

absl::Status FaultyDisk::PowerCut(const std::string& folder, const std::string& target, Tail tail,
                                  std::mt19937_64& random) const {
  MutexLock lock(&disk_->mutex_);
  std::error_code error;
  fs::create_directories(target, error);
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file()) continue;
    const std::string copy = absl::StrCat(target, "/", it->path().filename().string());
    const auto found = disk_->files_.find(Normal(it->path().string()));
    if (found != disk_->files_.end() && !found->second.is_named) continue;
    fs::copy_file(it->path(), copy, fs::copy_options::overwrite_existing, error);
    if (error) break;
    if (found == disk_->files_.end()) continue;  // was there before
    std::uint64_t kept = found->second.synced;
    const std::uint64_t beyond = found->second.size - std::min(found->second.size, kept);
    if (tail != Tail::kSynced && beyond > 0) kept += random() % (beyond + 1);
    fs::resize_file(copy, kept, error);
    if (tail == Tail::kTorn && beyond > 0) {
      std::ofstream out(copy, std::ios::binary | std::ios::app);
      for (std::uint64_t i = random() % 4'096; i > 0; --i)
        out.put(static_cast<char>(random() & 0xFF));
    }
    if (error) break;
  }
  if (error)
    return absl::UnavailableError(
        absl::StrCat(target, ": must allow a copy, was ", error.message()));
  return absl::OkStatus();
}

absl::Status PutRaw(const std::string& path, Space space, absl::string_view key,
                    absl::string_view value) {
  std::vector<std::string> names;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &names);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  if (status.ok()) status = rocksdb::DB::Open(rocksdb::DBOptions(), path, families, &handles, &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  for (std::size_t i = 0; status.ok() && i < handles.size(); ++i) {
    if (names[i] != std::string(ToString(space))) continue;
    status = db->Put(rocksdb::WriteOptions(), handles[i], Slice(key.data(), key.size()),
                     Slice(value.data(), value.size()));
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
  if (!status.ok()) return absl::UnavailableError(status.ToString());
  return absl::OkStatus();
}

}  // namespace laurel
