#include "engine/store/head.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/store/big_endian.h"

namespace laurel {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kFrontierMax = 64;
constexpr std::size_t kVersionMax = 256;
constexpr absl::string_view kHeadSuffix = "head";
constexpr absl::string_view kLedgerIdSuffix = "ledger_id";
constexpr PartitionId kLedgerIdPartition = 0xFFFF;

std::string Describe(const std::optional<HeadId>& id) {
  if (!id) return "no head";
  return absl::StrCat("epoch ", id->epoch, ", sequence ", id->sequence, ", root ",
                      ToHex(id->root).substr(0, 16));
}

CommitResult Refused(absl::string_view why) {
  return {CommitOutcome::kRefused, absl::InvalidArgumentError(why)};
}

}  // namespace

std::string HeadKey(PartitionId partition) {
  std::string key;
  AppendBigEndian(partition, key);
  return absl::StrCat(key, kHeadSuffix);
}

std::string LedgerIdKey() {
  std::string key;
  AppendBigEndian(kLedgerIdPartition, key);
  return absl::StrCat(key, kLedgerIdSuffix);
}

bool IsStoresOwn(Space space, absl::string_view key) {
  if (space != Space::kDefault || key.size() < sizeof(PartitionId)) return false;
  key.remove_prefix(sizeof(PartitionId));
  return key == kHeadSuffix || key == kLedgerIdSuffix;
}

std::string EncodeHead(const HeadRecord& record) {
  const Head& head = record.head;
  LAUREL_CHECK(head.frontier.size() <= kFrontierMax, "a tree has at most 64 perfect subtrees");
  LAUREL_CHECK(head.binary_version.size() <= kVersionMax, "a version is a short text");
  std::string out;
  out.reserve(108 + 32 * head.frontier.size() + head.binary_version.size());
  const auto append_hash = [&out](const Hash& hash) {
    out.append(AsBytes(hash).data(), hash.size());
  };
  AppendBigEndian(kFormat, out);
  AppendBigEndian(head.epoch, out);
  AppendBigEndian(head.sequence, out);
  append_hash(head.root);
  append_hash(head.last_leaf);
  AppendBigEndian(static_cast<std::uint64_t>(head.last_recorded_at.micros()), out);
  AppendBigEndian(head.batch, out);
  AppendBigEndian(record.previous_sequence, out);
  AppendBigEndian(static_cast<std::uint8_t>(head.frontier.size()), out);
  for (const Hash& hash : head.frontier) append_hash(hash);
  AppendBigEndian(static_cast<std::uint16_t>(head.binary_version.size()), out);
  out.append(head.binary_version);
  return out;
}

absl::StatusOr<HeadRecord> DecodeHead(absl::string_view bytes) {
  absl::string_view rest = bytes;
  const auto damaged = [&](absl::string_view why) {
    return absl::DataLossError(absl::StrCat("head: ", why, " at offset ",
                                            bytes.size() - rest.size(), ", was ", bytes.size(),
                                            " bytes"));
  };
  std::uint8_t format = 0;
  if (!ConsumeBigEndian(rest, format)) return damaged("must have a format");
  if (format != kFormat) {
    return absl::DataLossError(absl::StrCat("head.format: must be ", kFormat, ", was ", format));
  }
  HeadRecord record;
  Head& head = record.head;
  std::uint64_t micros = 0;
  std::uint8_t frontier_count = 0;
  if (!ConsumeBigEndian(rest, head.epoch) || !ConsumeBigEndian(rest, head.sequence) ||
      !ConsumeArray(rest, head.root) || !ConsumeArray(rest, head.last_leaf) ||
      !ConsumeBigEndian(rest, micros) || !ConsumeBigEndian(rest, head.batch) ||
      !ConsumeBigEndian(rest, record.previous_sequence) ||
      !ConsumeBigEndian(rest, frontier_count)) {
    return damaged("must have its fixed fields");
  }
  head.last_recorded_at = Timestamp::FromMicros(static_cast<std::int64_t>(micros));
  if (frontier_count > kFrontierMax) return damaged("must have at most 64 frontier hashes");
  head.frontier.resize(frontier_count);
  for (Hash& hash : head.frontier) {
    if (!ConsumeArray(rest, hash)) return damaged("must have its frontier");
  }
  std::uint16_t version_size = 0;
  if (!ConsumeBigEndian(rest, version_size) || rest.size() != version_size ||
      version_size > kVersionMax) {
    return damaged("must end with its version");
  }
  head.binary_version = std::string(rest);
  return record;
}

absl::Status CheckBatch(const Batch& batch, const StoreLimits& limits) {
  if (batch.writes.size() > limits.batch_writes_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batch.writes: must be at most ", limits.batch_writes_max, ", was ", batch.writes.size()));
  }
  if (batch.next.frontier.size() > kFrontierMax || batch.next.binary_version.size() > kVersionMax) {
    return absl::InvalidArgumentError(
        "batch.next: must have at most 64 hashes and 256 bytes of version");
  }
  if (batch.expected && batch.next.epoch != batch.expected->epoch) {
    return absl::InvalidArgumentError(absl::StrCat("batch.next.epoch: must be ",
                                                   batch.expected->epoch, " as expected, was ",
                                                   batch.next.epoch));
  }
  const char prefix[2] = {static_cast<char>(static_cast<unsigned char>(batch.partition >> 8)),
                          static_cast<char>(static_cast<unsigned char>(batch.partition & 0xFF))};
  std::size_t bytes = 0;
  for (const Write& write : batch.writes) {
    const std::size_t value_size = write.value ? write.value->size() : 0;
    if (write.key.size() > limits.key_bytes_max) {
      return absl::InvalidArgumentError(absl::StrCat(
          "batch.key: must be at most ", limits.key_bytes_max, " bytes, was ", write.key.size()));
    }
    if (value_size > limits.value_bytes_max) {
      return absl::InvalidArgumentError(absl::StrCat(
          "batch.value: must be at most ", limits.value_bytes_max, " bytes, was ", value_size));
    }
    if (static_cast<std::size_t>(write.space) >= kSpaceCount) {
      return absl::InvalidArgumentError(absl::StrCat("batch.space: must be below ", kSpaceCount,
                                                     ", was ", static_cast<int>(write.space)));
    }
    if (write.key.size() < 2 || write.key[0] != prefix[0] || write.key[1] != prefix[1]) {
      return absl::InvalidArgumentError(
          absl::StrCat("batch.key: must begin with partition ", batch.partition, ", was another"));
    }
    if (IsStoresOwn(write.space, write.key)) {
      return absl::InvalidArgumentError(
          absl::StrCat("batch.key: must not be the store's own, was ", write.key.substr(2)));
    }
    bytes += write.key.size() + value_size;
  }
  if (bytes > limits.batch_bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch: must be at most ", limits.batch_bytes_max, " bytes, was ", bytes));
  }
  return absl::OkStatus();
}

std::optional<CommitResult> CheckMove(const Batch& batch, const std::optional<HeadRecord>& stored) {
  const std::optional<HeadId> found =
      stored ? std::optional<HeadId>(IdOf(stored->head)) : std::nullopt;
  if (found != batch.expected) {
    return CommitResult{CommitOutcome::kConflict,
                        absl::AbortedError(absl::StrCat("head: must be ", Describe(batch.expected),
                                                        ", was ", Describe(found)))};
  }
  const std::uint64_t sequence = stored ? stored->head.sequence : 0;
  const std::uint64_t number = stored ? stored->head.batch : 0;
  if (batch.next.sequence > sequence) return std::nullopt;
  if (batch.next.sequence < sequence || batch.next.batch <= number) {
    return Refused(absl::StrCat("batch.next: must move on from sequence ", sequence, " of batch ",
                                number, ", was sequence ", batch.next.sequence, " of batch ",
                                batch.next.batch));
  }
  if (found && batch.next.root != found->root) {
    return Refused("batch.next.root: must stay while the sequence stays, was another");
  }
  return std::nullopt;
}

HeadRecord MovedHead(const Batch& batch, const std::optional<HeadRecord>& stored) {
  return HeadRecord{.head = batch.next, .previous_sequence = stored ? stored->head.sequence : 0};
}

absl::StatusOr<HeadRecord> TakenOverHead(const std::optional<HeadRecord>& stored,
                                         std::uint64_t epoch, absl::string_view binary_version) {
  HeadRecord record;
  if (stored) {
    record = *stored;
  } else {
    record.head.root = EmptyRoot();
  }
  if (epoch <= record.head.epoch) {
    return absl::AbortedError(
        absl::StrCat("epoch: must be larger than the stored ", record.head.epoch, ", was ", epoch));
  }
  record.head.epoch = epoch;
  record.head.binary_version = std::string(binary_version.substr(0, kVersionMax));
  return record;
}

}  // namespace laurel
