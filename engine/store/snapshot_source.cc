#include "engine/store/snapshot_source.h"

#include "absl/strings/str_cat.h"
#include "engine/journal/entry_codec.h"

namespace laurel {

void SnapshotSource::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void SnapshotSource::FailRecord(Space space, absl::string_view key) {
  Fail(absl::DataLossError(
      absl::StrCat("record ", DescribeKey(space, key), ": must be well formed, was not")));
}

absl::StatusOr<std::optional<std::string>> SnapshotSource::LoadEntryBytes(
    std::uint64_t sequence) const {
  return snapshot_->Get(Space::kJournal, JournalKey(partition_, sequence));
}

std::shared_ptr<const Entry> SnapshotSource::LoadEntry(std::uint64_t sequence) {
  absl::StatusOr<std::optional<std::string>> bytes = LoadEntryBytes(sequence);
  if (!bytes.ok()) {
    Fail(bytes.status());
    return nullptr;
  }
  if (!bytes->has_value()) return nullptr;
  absl::StatusOr<Entry> entry = DecodeEntry(**bytes);
  if (!entry.ok()) {
    Fail(entry.status());
    return nullptr;
  }
  return std::make_shared<const Entry>(*std::move(entry));
}

std::vector<std::pair<LotKey, Lot>> SnapshotSource::ScanLots(MemberId member,
                                                             const PointTypeId& type,
                                                             const std::optional<LotKey>& after,
                                                             std::size_t limit) {
  std::vector<std::pair<LotKey, Lot>> rows;
  KeyRange range = LotRange(member, type, partition_);
  if (after)
    range.begin = EncodeKey(partition_, *after) + '\0';  // the first key that can follow it
  const absl::Status scanned =
      snapshot_->Scan(Space::kMembers, range.begin, range.end, ScanOptions{.limit = limit},
                      [&](absl::string_view key, absl::string_view value) {
                        absl::StatusOr<LotKey> lot_key = DecodeLotKey(key);
                        Lot lot;
                        if (!lot_key.ok() || !DecodeRecord(value, lot)) {
                          FailRecord(Space::kMembers, key);
                          return false;
                        }
                        rows.emplace_back(*std::move(lot_key), std::move(lot));
                        return true;
                      });
  if (!scanned.ok()) Fail(scanned);
  return rows;
}

std::vector<std::pair<TierChangeKey, TierChangeMark>> SnapshotSource::ScanTierChanges(
    MemberId member) {
  std::vector<std::pair<TierChangeKey, TierChangeMark>> rows;
  const KeyRange range = TierChangeRange(partition_, member);
  const absl::Status scanned =
      snapshot_->Scan(Space::kMembers, range.begin, range.end, ScanOptions{},
                      [&](absl::string_view key, absl::string_view value) {
                        const absl::StatusOr<std::uint64_t> sequence = DecodeTrailingSequence(key);
                        TierChangeMark mark;
                        if (!sequence.ok() || !DecodeRecord(value, mark)) {
                          FailRecord(Space::kMembers, key);
                          return false;
                        }
                        rows.emplace_back(TierChangeKey{member, *sequence}, std::move(mark));
                        return true;
                      });
  if (!scanned.ok()) Fail(scanned);
  return rows;
}

std::vector<PendingLotKey> SnapshotSource::ScanPendingLots(
    MemberId member, const std::optional<PendingLotKey>& after, std::size_t limit) {
  return ScanKeys(PendingLotRange(partition_, member), after, limit, DecodePendingLotKey);
}

std::vector<HoldLapseKey> SnapshotSource::ScanHoldLapses(MemberId member,
                                                         const std::optional<HoldLapseKey>& after,
                                                         std::size_t limit) {
  return ScanKeys(HoldLapseRange(partition_, member), after, limit, DecodeHoldLapseKey);
}

}  // namespace laurel
