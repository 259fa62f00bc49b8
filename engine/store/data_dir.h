#ifndef LAUREL_ENGINE_STORE_DATA_DIR_H_
#define LAUREL_ENGINE_STORE_DATA_DIR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/id.h"
#include "engine/store/files.h"
#include "engine/store/ledger_id.h"
#include "engine/store/rocksdb_store.h"

// The data directory of one ledger:
//
//   LOCK             flock of the one process that may write; holds its pid
//   IDENTITY.laurel  what the ledger is, fixed at init and first start (format below)
//   anchor           how far each partition has come (anchor.h)
//   db/              RocksDB
//   checkpoint/      the last signed checkpoint of each partition
//   evidence/        copies of a damaged database, made before anything is changed
//   simulations/     reports of revisions that were tried, for a day; no part of the ledger
//
// Keys (signing, identities, vault) live elsewhere: who copies the data must not get them too.
namespace laurel {

// The journal of personal-data reads and refused calls is a partition of its own, last in every
// list.
inline constexpr PartitionId kAuditPartition = 0xFFFF;
inline constexpr std::uint32_t kPartitionsMax = 1'024;

// What is fixed at init, and the identity key at the first start. As a file, one field a line, and
// a checksum over the lines before it:
//
//   laurel ledger
//   format 1
//   ledger_id 00112233445566778899aabbccddeeff
//   partitions 1
//   origin ledger.example.com/laurel
//   identity_key 00112233445566778899aabbccddeeff    absent before the first start
//   crc32c 0badcafe
struct LedgerIdentity {
  static constexpr std::uint32_t kFormat = 1;
  std::uint32_t format = kFormat;  // of everything in the data directory
  LedgerId ledger_id{};
  std::uint32_t partition_count = 1;  // 1 to kPartitionsMax, without the audit partition
  std::string origin;                 // of the checkpoints, without the partition: host/ledger
  // Fingerprint of the key that hashes identities, 32 hex digits; empty if it is not known yet.
  std::string identity_key;
  friend bool operator==(const LedgerIdentity&, const LedgerIdentity&) = default;
};
std::string RenderIdentity(const LedgerIdentity& identity);
// DATA_LOSS if the text is not intact; FAILED_PRECONDITION, naming both formats, if it is of
// another format.
absl::StatusOr<LedgerIdentity> ParseIdentity(absl::string_view text);

// 0 to partition_count - 1, then kAuditPartition.
std::vector<PartitionId> PartitionsOf(const LedgerIdentity& identity);

class DataDir {
 public:
  struct InitOptions {
    std::string origin;
    std::uint32_t partition_count = 1;
    std::optional<LedgerId> ledger_id;  // random if empty
    RocksDbOptions store;
  };
  // Creates the directory (its parent must exist) and everything in it, synced; the identity comes
  // last, so an init that was interrupted is never taken for a ledger. ALREADY_EXISTS if there is
  // anything in the directory, INVALID_ARGUMENT for a bad option.
  static absl::StatusOr<LedgerIdentity> Init(const std::string& path, const InitOptions& options);

  // Locks the directory for this object's life and reads its identity.
  //   NOT_FOUND            there is no ledger: run `laureld init`
  //   ABORTED              another process has it (the message names its pid); exit code 75
  //   FAILED_PRECONDITION  of another format (the message names both)
  //   DATA_LOSS            the identity file is missing beside a ledger, or damaged
  static absl::StatusOr<DataDir> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const LedgerIdentity& identity() const { return identity_; }
  // Notes for good which key hashes this ledger's identities; durable when it returns OK.
  // FAILED_PRECONDITION if one is known, INVALID_ARGUMENT if it is no fingerprint.
  absl::Status SetIdentityKey(absl::string_view fingerprint);
  std::string db_path() const;
  std::string anchor_path() const;
  std::string checkpoint_path() const;
  std::string evidence_path() const;
  // Whether db/ holds any file of a database, and whether there is an anchor file.
  bool has_store() const;
  bool has_anchor() const;

 private:
  DataDir(std::string path, FileDescriptor lock, LedgerIdentity identity);
  std::string path_;
  FileDescriptor lock_;
  LedgerIdentity identity_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_DATA_DIR_H_
