#ifndef LAUREL_ENGINE_STORE_MAP_STORE_H_
#define LAUREL_ENGINE_STORE_MAP_STORE_H_

#include <memory>

#include "engine/store/store.h"

namespace laurel {

// A store in memory, for tests, simulations and for folding a journal to compare it with what is
// stored. Keeps the whole contract except that nothing outlives the object. Taking a snapshot costs
// as little as a read; a value that a live snapshot still sees is kept beside the newer one and
// dropped soon after.
class MapStore final : public Store {
 public:
  MapStore();
  ~MapStore() override;
  MapStore(const MapStore&) = delete;
  MapStore& operator=(const MapStore&) = delete;

  absl::StatusOr<std::shared_ptr<const Snapshot>> TakeSnapshot(PartitionId partition) override;
  CommitResult Commit(const Batch& batch) override;
  absl::StatusOr<std::optional<Head>> ReadHead(PartitionId partition) override;
  absl::StatusOr<Head> AcquireWriter(PartitionId partition, std::uint64_t epoch,
                                     absl::string_view binary_version) override;
  StoreLimits Limits() const override;

 private:
  class Table;
  class View;
  const std::shared_ptr<Table> table_;  // shared with the snapshots
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_MAP_STORE_H_
