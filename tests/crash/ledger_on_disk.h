#ifndef LAUREL_TESTS_CRASH_LEDGER_ON_DISK_H_
#define LAUREL_TESTS_CRASH_LEDGER_ON_DISK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/store/boot.h"
#include "engine/verify.h"

namespace laurel {

inline constexpr std::uint64_t kCrashMembers = 4;

// An order as one line of text, so that it can be sent again by another process and mean the same:
//   accrue IDENTITY RECEIPT CENTS MICROS     redeem IDENTITY POINTS
//   return RECEIPT ORIGINAL MICROS           reverse SEQUENCE POINTS
// The text must be well formed.
Order ParseOrder(absl::string_view text);
Command CommandOf(absl::string_view request, absl::string_view content);

// A data directory served as the server does it: booted, anchored, with signed checkpoints in a
// file. Uses the machine's clock.
class LedgerOnDisk {
 public:
  struct Options {
    std::shared_ptr<rocksdb::Env> env = nullptr;             // empty: the machine's file system
    std::function<void(const absl::Status&)> on_fatal = {};  // of the store and of the engine
    std::string checkpoint_file = {};                        // empty: in the data directory
    std::int64_t checkpoint_interval_micros = 10'000;
  };

  // Makes a ledger with the harbour program and members under the identities 1 to kCrashMembers.
  static absl::Status Init(const std::string& path);
  static std::variant<std::unique_ptr<LedgerOnDisk>, Refusal> Start(const std::string& path,
                                                                    Options options);
  static std::variant<std::unique_ptr<LedgerOnDisk>, Refusal> Start(const std::string& path) {
    return Start(path, Options{});
  }

  Engine& engine() { return *engine_; }
  RocksDbStore& store() { return *booted_.store; }
  const Booted& booted() const { return booted_; }
  absl::StatusOr<Reply> Run(absl::string_view request, absl::string_view content) {
    return engine_->Execute(CommandOf(request, content));
  }

  // The available points of each member, by identity. DATA_LOSS if that cannot be read.
  absl::StatusOr<std::vector<std::int64_t>> Balances();
  // Recomputes everything, against the signed checkpoint if there is one. One line per finding;
  // empty: all is well.
  std::string Verify();

 private:
  LedgerOnDisk(Booted booted, std::string checkpoint_file)
      : booted_(std::move(booted)), checkpoint_file_(std::move(checkpoint_file)) {}

  Booted booted_;
  const std::string checkpoint_file_;
  std::unique_ptr<Engine> engine_;  // last: destroyed before its store
};

// What the signed checkpoint in `file` says; empty if there is no file.
absl::StatusOr<std::optional<Checkpoint>> ReadSignedCheckpoint(const std::string& file);
std::string CheckpointFile(absl::string_view data_dir);

}  // namespace laurel

#endif  // LAUREL_TESTS_CRASH_LEDGER_ON_DISK_H_
