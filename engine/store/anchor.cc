#include "engine/store/anchor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/crash_point.h"
#include "engine/base/status_macros.h"
#include "engine/store/big_endian.h"
#include "engine/store/head.h"

namespace laurel {
namespace {

constexpr absl::string_view kMagic = "LRLANCH1";
constexpr std::size_t kFieldsEnd = 136;
constexpr std::size_t kCrcOffset = kAnchorSlotBytes - 4;

std::int64_t OffsetOf(std::size_t index, std::uint64_t generation) {
  return static_cast<std::int64_t>((2 * index + generation % 2) * kAnchorSlotStride);
}

// The slot at `offset`, or fewer bytes where the file ends.
absl::StatusOr<std::string> ReadSlot(int fd, std::int64_t offset, const std::string& path) {
  std::array<char, kAnchorSlotBytes> slot;
  while (true) {
    const ssize_t count = ::pread(fd, slot.data(), slot.size(), offset);
    if (count >= 0) return std::string(slot.data(), static_cast<std::size_t>(count));
    if (errno != EINTR) return ErrnoStatus("read", path);
  }
}

absl::StatusOr<std::optional<Anchor>> ReadNewest(int fd, std::size_t index, PartitionId partition,
                                                 const std::string& path) {
  std::optional<Anchor> newest;
  for (std::uint64_t parity : {0u, 1u}) {
    ASSIGN_OR_RETURN(const std::string slot, ReadSlot(fd, OffsetOf(index, parity), path));
    std::optional<Anchor> anchor = DecodeAnchor(slot);
    if (!anchor || anchor->partition != partition || anchor->generation % 2 != parity) continue;
    if (!newest || anchor->generation > newest->generation) newest = std::move(anchor);
  }
  return newest;
}

}  // namespace

std::string EncodeAnchor(const Anchor& anchor) {
  std::string slot;
  slot.reserve(kAnchorSlotBytes);
  slot.append(kMagic.data(), kMagic.size());
  slot.append(AsBytes(anchor.ledger_id).data(), anchor.ledger_id.size());
  AppendBigEndian(std::uint32_t{anchor.partition}, slot);
  AppendBigEndian(std::uint32_t{0}, slot);
  AppendBigEndian(anchor.generation, slot);
  AppendBigEndian(anchor.epoch, slot);
  AppendBigEndian(anchor.sequence, slot);
  slot.append(AsBytes(anchor.root).data(), anchor.root.size());
  slot.append(AsBytes(anchor.last_leaf).data(), anchor.last_leaf.size());
  AppendBigEndian(static_cast<std::uint64_t>(anchor.last_recorded_at.micros()), slot);
  AppendBigEndian(anchor.checkpoint_size, slot);
  slot.resize(kCrcOffset, '\0');
  AppendBigEndian(Crc32c(slot), slot);
  return slot;
}

std::optional<Anchor> DecodeAnchor(absl::string_view slot) {
  if (slot.size() != kAnchorSlotBytes || slot.substr(0, kMagic.size()) != kMagic)
    return std::nullopt;
  absl::string_view tail = slot.substr(kCrcOffset);
  std::uint32_t crc = 0;
  if (!ConsumeBigEndian(tail, crc) || crc != Crc32c(slot.substr(0, kCrcOffset)))
    return std::nullopt;
  absl::string_view padding = slot.substr(kFieldsEnd, kCrcOffset - kFieldsEnd);
  if (!std::all_of(padding.begin(), padding.end(), [](char c) { return c == '\0'; }))
    return std::nullopt;

  Anchor anchor;
  absl::string_view rest = slot.substr(kMagic.size());
  std::uint32_t partition = 0;
  std::uint32_t zero = 0;
  std::uint64_t micros = 0;
  const bool is_whole =
      ConsumeArray(rest, anchor.ledger_id) && ConsumeBigEndian(rest, partition) &&
      ConsumeBigEndian(rest, zero) && ConsumeBigEndian(rest, anchor.generation) &&
      ConsumeBigEndian(rest, anchor.epoch) && ConsumeBigEndian(rest, anchor.sequence) &&
      ConsumeArray(rest, anchor.root) && ConsumeArray(rest, anchor.last_leaf) &&
      ConsumeBigEndian(rest, micros) && ConsumeBigEndian(rest, anchor.checkpoint_size);
  if (!is_whole || partition > 0xFFFF || zero != 0) return std::nullopt;
  anchor.partition = static_cast<PartitionId>(partition);
  anchor.last_recorded_at = Timestamp::FromMicros(static_cast<std::int64_t>(micros));
  return anchor;
}

AnchorFile::AnchorFile(std::string path, FileDescriptor file, std::vector<PartitionId> partitions)
    : path_(std::move(path)), file_(std::move(file)), partitions_(std::move(partitions)) {
  newest_.resize(partitions_.size());
}

absl::Status AnchorFile::Create(const std::string& path, const LedgerId& ledger_id,
                                const std::vector<PartitionId>& partitions) {
  absl::StatusOr<FileDescriptor> file = OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file.ok()) {
    if (std::filesystem::exists(path)) {
      return absl::AlreadyExistsError(absl::StrCat("anchor: must not exist yet, was ", path));
    }
    return file.status();
  }
  // Written out, not only reserved: the first fdatasync of a reserved block would have to journal
  // its extent.
  const std::string zeros(2 * kAnchorSlotStride, '\0');
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    RETURN_IF_ERROR(WriteAt(file->get(), zeros, OffsetOf(i, 0), path));
    const Anchor anchor{
        .ledger_id = ledger_id, .partition = partitions[i], .generation = 1, .root = EmptyRoot()};
    RETURN_IF_ERROR(
        WriteAt(file->get(), EncodeAnchor(anchor), OffsetOf(i, anchor.generation), path));
  }
  if (::fsync(file->get()) != 0) return ErrnoStatus("fsync", path);
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

absl::StatusOr<std::unique_ptr<AnchorFile>> AnchorFile::Open(
    const std::string& path, const std::vector<PartitionId>& partitions) {
  ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDWR));
  std::unique_ptr<AnchorFile> anchors(new AnchorFile(path, std::move(file), partitions));
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    ASSIGN_OR_RETURN(anchors->newest_[i], ReadNewest(anchors->file_.get(), i, partitions[i], path));
  }
  return anchors;
}

std::optional<std::size_t> AnchorFile::IndexOf(PartitionId partition) const {
  // Normally the partitions are 0, 1, 2, and so on, with the audit partition last.
  if (partition < partitions_.size() && partitions_[partition] == partition) return partition;
  const auto found = std::find(partitions_.begin(), partitions_.end(), partition);
  if (found == partitions_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - partitions_.begin());
}

absl::StatusOr<std::optional<Anchor>> AnchorFile::Read(PartitionId partition) const {
  const std::optional<std::size_t> index = IndexOf(partition);
  if (!index) {
    return absl::OutOfRangeError(absl::StrCat("anchor: must list the partition, was ", partition));
  }
  return newest_[*index];
}

absl::Status AnchorFile::Write(const Anchor& anchor) {
  const std::optional<std::size_t> index = IndexOf(anchor.partition);
  if (!index) {
    return absl::OutOfRangeError(
        absl::StrCat("anchor: must list the partition, was ", anchor.partition));
  }
  if (is_failed_)
    return absl::UnavailableError("anchor: must not be used after a failed write, was used");
  Anchor next = anchor;
  next.generation = newest_[*index] ? newest_[*index]->generation + 1 : 1;
  const std::string slot = EncodeAnchor(next);
  const std::int64_t offset = OffsetOf(*index, next.generation);
  CrashPoint("mid_anchor", [&] {
    WriteAt(file_.get(), absl::string_view(slot).substr(0, slot.size() / 2), offset, path_)
        .IgnoreError();
  });
  absl::Status written = WriteAt(file_.get(), slot, offset, path_);
  if (written.ok() && ::fdatasync(file_.get()) != 0) written = ErrnoStatus("fdatasync", path_);
  if (!written.ok()) {
    is_failed_ = true;
    return written;
  }
  newest_[*index] = next;
  return absl::OkStatus();
}

}  // namespace laurel
