#include "engine/store/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/store/anchor.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kTitle = "laurel ledger\n";
constexpr absl::string_view kCrcField = "crc32c ";
constexpr std::size_t kOriginMax = 200;

std::string Join(absl::string_view folder, absl::string_view name) {
  return absl::StrCat(folder, "/", name);
}

std::string HexOf(std::uint32_t crc) { return absl::StrCat(absl::Hex(crc, absl::kZeroPad8)); }

// Takes "name value\n" from the front of `text`.
bool ConsumeField(absl::string_view& text, absl::string_view name, absl::string_view& value) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, name) || !absl::ConsumePrefix(&rest, " ")) return false;
  const std::size_t end = rest.find('\n');
  if (end == absl::string_view::npos) return false;
  value = rest.substr(0, end);
  text = rest.substr(end + 1);
  return true;
}

absl::Status CheckOrigin(absl::string_view origin) {
  const bool is_plain = std::all_of(origin.begin(), origin.end(),
                                    [](char c) { return c > ' ' && c < 0x7F && c != '+'; });
  if (origin.empty() || origin.size() > kOriginMax || !is_plain) {
    return absl::InvalidArgumentError(
        absl::StrCat("origin: must be 1 to ", kOriginMax,
                     " printable characters without space or plus, was \"", origin, "\""));
  }
  return absl::OkStatus();
}

bool IsFingerprint(absl::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Locks DIR/LOCK for this process and writes its pid there.
absl::StatusOr<FileDescriptor> Lock(const std::string& path) {
  const std::string lock_path = Join(path, "LOCK");
  ASSIGN_OR_RETURN(FileDescriptor lock, OpenFile(lock_path, O_RDWR | O_CREAT, 0644));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus("flock", lock_path);
    const absl::StatusOr<std::string> holder = ReadFile(lock_path);
    const std::string pid(absl::StripAsciiWhitespace(holder.ok() ? *holder : ""));
    return absl::AbortedError(absl::StrCat("data_dir: must not be in use, was locked by process ",
                                           pid.empty() ? "unknown" : pid, " (", path, ")"));
  }
  const std::string pid = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(lock.get(), 0) != 0) return ErrnoStatus("truncate", lock_path);
  RETURN_IF_ERROR(WriteAt(lock.get(), pid, 0, lock_path));
  return lock;
}

}  // namespace

std::string RenderIdentity(const LedgerIdentity& identity) {
  std::string body =
      absl::StrCat(kTitle, "format ", identity.format, "\nledger_id ",
                   absl::BytesToHexString(AsBytes(identity.ledger_id)), "\npartitions ",
                   identity.partition_count, "\norigin ", identity.origin, "\n");
  if (!identity.identity_key.empty()) {
    absl::StrAppend(&body, "identity_key ", identity.identity_key, "\n");
  }
  return absl::StrCat(body, kCrcField, HexOf(Crc32c(body)), "\n");
}

absl::StatusOr<LedgerIdentity> ParseIdentity(absl::string_view text) {
  const auto damaged = [](absl::string_view why) {
    return absl::DataLossError(absl::StrCat("identity: must be intact, was ", why));
  };
  const std::size_t crc_at = text.rfind(kCrcField);
  if (crc_at == absl::string_view::npos) return damaged("without checksum");
  const absl::string_view body = text.substr(0, crc_at);
  if (text.substr(crc_at) != absl::StrCat(kCrcField, HexOf(Crc32c(body)), "\n")) {
    return damaged("of another checksum");
  }
  LedgerIdentity identity;
  absl::string_view rest = body;
  absl::string_view value;
  if (!absl::ConsumePrefix(&rest, kTitle)) return damaged("of another kind");
  if (!ConsumeField(rest, "format", value) || !absl::SimpleAtoi(value, &identity.format)) {
    return damaged("without format");
  }
  // Before any other field: a later format may well have others.
  if (identity.format != LedgerIdentity::kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data_dir: this program reads format ", LedgerIdentity::kFormat, ", was format ",
        identity.format,
        identity.format > LedgerIdentity::kFormat ? "; use a newer program"
                                                  : "; run `laurelctl data upgrade` first"));
  }
  if (!ConsumeField(rest, "ledger_id", value)) return damaged("without ledger_id");
  const std::string id = absl::HexStringToBytes(value.size() == 32 ? value : "");
  if (id.size() != identity.ledger_id.size()) return damaged("without ledger_id");
  std::copy(id.begin(), id.end(), identity.ledger_id.begin());
  if (!ConsumeField(rest, "partitions", value) ||
      !absl::SimpleAtoi(value, &identity.partition_count) || identity.partition_count < 1 ||
      identity.partition_count > kPartitionsMax) {
    return damaged("without partitions");
  }
  if (!ConsumeField(rest, "origin", value) || !CheckOrigin(value).ok())
    return damaged("without origin");
  identity.origin = std::string(value);
  if (ConsumeField(rest, "identity_key", value)) {
    if (!IsFingerprint(value)) return damaged("without identity_key");
    identity.identity_key = std::string(value);
  }
  if (!rest.empty()) return damaged("longer than its fields");
  return identity;
}

std::vector<PartitionId> PartitionsOf(const LedgerIdentity& identity) {
  std::vector<PartitionId> partitions;
  for (std::uint32_t i = 0; i < identity.partition_count; ++i)
    partitions.push_back(static_cast<PartitionId>(i));
  partitions.push_back(kAuditPartition);
  return partitions;
}

absl::StatusOr<LedgerIdentity> DataDir::Init(const std::string& path, const InitOptions& options) {
  RETURN_IF_ERROR(CheckOrigin(options.origin));
  if (options.partition_count < 1 || options.partition_count > kPartitionsMax) {
    return absl::InvalidArgumentError(absl::StrCat("partitions: must be 1 to ", kPartitionsMax,
                                                   ", was ", options.partition_count));
  }
  std::error_code error;
  fs::create_directory(path, error);
  if (error)
    return absl::UnavailableError(
        absl::StrCat("data_dir: must allow mkdir, was ", error.message()));
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    return absl::AlreadyExistsError(
        absl::StrCat("data_dir: must be empty for init, was a folder with ",
                     it->path().filename().string(), " (", path, ")"));
  }
  if (error)
    return absl::UnavailableError(
        absl::StrCat("data_dir: must be a folder, was ", error.message()));

  ASSIGN_OR_RETURN(const FileDescriptor lock, Lock(path));
  LedgerIdentity identity{.partition_count = options.partition_count, .origin = options.origin};
  if (options.ledger_id) {
    identity.ledger_id = *options.ledger_id;
  } else {
    const std::string random = RandomBytes(identity.ledger_id.size());
    std::copy(random.begin(), random.end(), identity.ledger_id.begin());
  }
  for (absl::string_view name : {"db", "checkpoint", "evidence"}) {
    fs::create_directory(Join(path, name), error);
    if (error)
      return absl::UnavailableError(
          absl::StrCat("data_dir: must allow mkdir, was ", error.message()));
  }
  RETURN_IF_ERROR(RocksDbStore::Init(Join(path, "db"), identity.ledger_id, options.store));
  RETURN_IF_ERROR(SyncFolder(Join(path, "db")));
  RETURN_IF_ERROR(
      AnchorFile::Create(Join(path, "anchor"), identity.ledger_id, PartitionsOf(identity)));
  RETURN_IF_ERROR(WriteFileAtomically(Join(path, "IDENTITY.laurel"), RenderIdentity(identity)));
  RETURN_IF_ERROR(SyncFolder(fs::absolute(path).parent_path().string()));
  return identity;
}

absl::StatusOr<DataDir> DataDir::Open(const std::string& path) {
  const std::string identity_path = Join(path, "IDENTITY.laurel");
  const bool is_ledger =
      fs::exists(identity_path) || fs::exists(Join(path, "anchor")) || fs::exists(Join(path, "db"));
  if (!is_ledger) {
    return absl::NotFoundError(absl::StrCat("data_dir: must hold a ledger, was ",
                                            fs::is_directory(path) ? "without one" : "missing",
                                            " (", path, "); create one with `laureld init`"));
  }
  ASSIGN_OR_RETURN(FileDescriptor lock, Lock(path));
  absl::StatusOr<std::string> text = ReadFile(identity_path);
  if (absl::IsNotFound(text.status())) {
    return absl::DataLossError(absl::StrCat(
        "identity: must stand beside the store and the anchor, was missing (", identity_path,
        "): put it back from a backup; if `laureld init` was interrupted here and no ledger was "
        "ever served, remove the directory and run it again"));
  }
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(LedgerIdentity identity, ParseIdentity(*text));
  return DataDir(path, std::move(lock), std::move(identity));
}

DataDir::DataDir(std::string path, FileDescriptor lock, LedgerIdentity identity)
    : path_(std::move(path)), lock_(std::move(lock)), identity_(std::move(identity)) {}

absl::Status DataDir::SetIdentityKey(absl::string_view fingerprint) {
  if (!identity_.identity_key.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("identity_key: must not be known yet, was ", identity_.identity_key));
  }
  if (!IsFingerprint(fingerprint)) {
    return absl::InvalidArgumentError("identity_key: must be 32 hex digits, was another text");
  }
  LedgerIdentity identity = identity_;
  identity.identity_key = std::string(fingerprint);
  RETURN_IF_ERROR(WriteFileAtomically(Join(path_, "IDENTITY.laurel"), RenderIdentity(identity)));
  identity_ = std::move(identity);
  return absl::OkStatus();
}

std::string DataDir::db_path() const { return Join(path_, "db"); }
std::string DataDir::anchor_path() const { return Join(path_, "anchor"); }
std::string DataDir::checkpoint_path() const { return Join(path_, "checkpoint"); }
std::string DataDir::evidence_path() const { return Join(path_, "evidence"); }

bool DataDir::has_store() const {
  std::error_code error;
  for (fs::directory_iterator it(db_path(), error), end; !error && it != end; it.increment(error)) {
    // The lock and the info log come into being by looking.
    const std::string name = it->path().filename().string();
    if (name != "LOCK" && name.rfind("LOG", 0) != 0) return true;
  }
  return false;
}

bool DataDir::has_anchor() const { return fs::exists(anchor_path()); }

}  // namespace laurel
