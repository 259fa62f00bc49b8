#ifndef LAUREL_ENGINE_STORE_SNAPSHOT_SOURCE_H_
#define LAUREL_ENGINE_STORE_SNAPSHOT_SOURCE_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/domain/state.h"
#include "engine/store/key.h"
#include "engine/store/record.h"
#include "engine/store/store.h"

namespace laurel {

// Loads records of one partition from a snapshot. A load that fails reads as absent and is kept in
// status(): look there before trusting anything that was decided from it. Not thread-safe; keeps
// the snapshot alive.
class SnapshotSource : public StateSource {
 public:
  SnapshotSource(std::shared_ptr<const Snapshot> snapshot, PartitionId partition)
      : snapshot_(std::move(snapshot)), partition_(partition) {}

  std::optional<Member> Load(const MemberKey& key) override { return Read<Member>(key); }
  std::optional<Enrolment> Load(const EnrolmentKey& key) override { return Read<Enrolment>(key); }
  std::optional<Identity> Load(const IdentityKey& key) override { return Read<Identity>(key); }
  std::optional<MonthDays> Load(const MonthKey& key) override { return Read<MonthDays>(key); }
  std::optional<MonthValues> Load(const MonthValuesKey& key) override {
    return Read<MonthValues>(key);
  }
  std::optional<Lot> Load(const LotKey& key) override { return Read<Lot>(key); }
  std::optional<Lot> Load(const ClosedLotKey& key) override { return Read<Lot>(key); }
  std::optional<Purchase> Load(const PurchaseKey& key) override { return Read<Purchase>(key); }
  std::optional<Redemption> Load(const RedemptionKey& key) override {
    return Read<Redemption>(key);
  }
  std::optional<Marker> Load(const PendingLotKey& key) override { return Read<Marker>(key); }
  std::optional<Hold> Load(const HoldKey& key) override { return Read<Hold>(key); }
  std::optional<Marker> Load(const HoldLapseKey& key) override { return Read<Marker>(key); }
  std::optional<Spending> Load(const SpendingKey& key) override { return Read<Spending>(key); }
  std::optional<Request> Load(const RequestKey& key) override { return Read<Request>(key); }
  std::optional<Total> Load(const TotalKey& key) override { return Read<Total>(key); }
  std::optional<Program> Load(const ProgramKey& key) override { return Read<Program>(key); }
  std::optional<Revision> Load(const RevisionKey& key) override { return Read<Revision>(key); }
  std::optional<Marker> Load(const DueKey& key) override { return Read<Marker>(key); }
  std::optional<Marker> Load(const ProgramDueKey& key) override { return Read<Marker>(key); }
  std::optional<EntryKindMark> Load(const MemberEntryKey& key) override {
    return Read<EntryKindMark>(key);
  }
  std::optional<TierChangeMark> Load(const TierChangeKey& key) override {
    return Read<TierChangeMark>(key);
  }
  std::optional<Activity> Load(const ActivityKey& key) override { return Read<Activity>(key); }
  std::optional<Unclaimed> Load(const UnclaimedKey& key) override { return Read<Unclaimed>(key); }
  std::optional<Counter> Load(const CounterKey& key) override { return Read<Counter>(key); }
  std::optional<Awaited> Load(const AwaitedKey& key) override { return Read<Awaited>(key); }
  std::optional<Terminal> Load(const TerminalKey& key) override { return Read<Terminal>(key); }
  std::optional<Approval> Load(const ApprovalKey& key) override { return Read<Approval>(key); }
  std::vector<std::pair<TierChangeKey, TierChangeMark>> ScanTierChanges(MemberId member) override;
  std::vector<PendingLotKey> ScanPendingLots(MemberId member,
                                             const std::optional<PendingLotKey>& after,
                                             std::size_t limit) override;
  std::vector<HoldLapseKey> ScanHoldLapses(MemberId member,
                                           const std::optional<HoldLapseKey>& after,
                                           std::size_t limit) override;
  std::shared_ptr<const Entry> LoadEntry(std::uint64_t sequence) override;
  std::vector<std::pair<LotKey, Lot>> ScanLots(MemberId member, const PointTypeId& type,
                                               const std::optional<LotKey>& after,
                                               std::size_t limit) override;

  // An entry's bytes as stored; empty if there is none. Does not touch status().
  absl::StatusOr<std::optional<std::string>> LoadEntryBytes(std::uint64_t sequence) const;

  bool has_failed() const override { return !status_.ok(); }
  // The first failure; OK while there was none.
  const absl::Status& status() const { return status_; }

 private:
  template <class Record, class Key>
  std::optional<Record> Read(const Key& key) {
    const std::string bytes = EncodeKey(partition_, key);
    absl::StatusOr<std::optional<std::string>> value = snapshot_->Get(SpaceOf(key), bytes);
    if (!value.ok()) {
      Fail(value.status());
      return std::nullopt;
    }
    if (!value->has_value()) return std::nullopt;
    Record record;
    if (!DecodeRecord(**value, record)) {
      FailRecord(SpaceOf(key), bytes);
      return std::nullopt;
    }
    return record;
  }
  // Up to `limit` keys of rows that only say that they are there.
  template <class Key>
  std::vector<Key> ScanKeys(KeyRange range, const std::optional<Key>& after, std::size_t limit,
                            absl::StatusOr<Key> (*decode)(absl::string_view)) {
    std::vector<Key> keys;
    if (after) range.begin = EncodeKey(partition_, *after) + '\0';
    const absl::Status scanned =
        snapshot_->Scan(Space::kMembers, range.begin, range.end, ScanOptions{.limit = limit},
                        [&](absl::string_view bytes, absl::string_view) {
                          absl::StatusOr<Key> key = decode(bytes);
                          if (!key.ok()) {
                            FailRecord(Space::kMembers, bytes);
                            return false;
                          }
                          keys.push_back(*std::move(key));
                          return true;
                        });
    if (!scanned.ok()) Fail(scanned);
    return keys;
  }
  void Fail(absl::Status status);
  void FailRecord(Space space, absl::string_view key);

  const std::shared_ptr<const Snapshot> snapshot_;
  const PartitionId partition_;
  absl::Status status_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_SNAPSHOT_SOURCE_H_
