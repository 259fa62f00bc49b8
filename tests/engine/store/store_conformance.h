#ifndef LAUREL_TESTS_ENGINE_STORE_STORE_CONFORMANCE_H_
#define LAUREL_TESTS_ENGINE_STORE_STORE_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/store/store.h"

namespace laurel {

// One implementation with its data, as the conformance suite needs it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  // Closes and opens the same data again. UNIMPLEMENTED where nothing outlives the object.
  virtual absl::Status Reopen() = 0;
  // Tries to open the data that is open. UNIMPLEMENTED where there is no way to.
  virtual absl::Status OpenSecond() = 0;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
// Defined once in each test binary: what the suite runs on.
std::vector<Implementation> Implementations();

// A key of `partition`, and the key right after the partition's last one.
std::string Key(PartitionId partition, absl::string_view rest);
std::string KeyEnd(PartitionId partition);

Write Put(Space space, absl::string_view rest, absl::string_view value, PartitionId partition = 0);
Write Delete(Space space, absl::string_view rest, PartitionId partition = 0);

using Rows = std::vector<std::pair<std::string, std::string>>;
// All rows of the partition; keys without their partition.
Rows ScanAll(const Snapshot& snapshot, Space space, PartitionId partition = 0);

// Keeps the head of one partition and commits on top of it.
class TestWriter {
 public:
  explicit TestWriter(Store& store, PartitionId partition = 0)
      : store_(&store), partition_(partition) {}
  // Starts from what is stored.
  void Load();
  // The batch that follows the current head: one entry more.
  Batch NextBatch(std::vector<Write> writes) const;
  // Commits NextBatch; the head moves on if that is committed.
  CommitResult Commit(std::vector<Write> writes);
  const std::optional<Head>& head() const { return head_; }
  void set_store(Store& store) { store_ = &store; }
  void set_head(std::optional<Head> head) { head_ = std::move(head); }

 private:
  Store* store_;
  const PartitionId partition_;
  std::optional<Head> head_;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_ENGINE_STORE_STORE_CONFORMANCE_H_
