#include "engine/store/map_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/store/row_cache.h"
#include "tests/engine/store/store_conformance.h"

namespace laurel {
namespace {

class MapStoreUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return store_; }
  absl::Status Reopen() override { return absl::UnimplementedError("lives in memory"); }
  absl::Status OpenSecond() override { return absl::UnimplementedError("lives in memory"); }

 private:
  MapStore store_;
};

class RowCacheUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return cache_; }
  absl::Status Reopen() override { return absl::UnimplementedError("lives in memory"); }
  absl::Status OpenSecond() override { return absl::UnimplementedError("lives in memory"); }

 private:
  MapStore base_;
  RowCache cache_{base_, 1 << 20, [](Space, absl::string_view) { return true; }};
};

TEST(MapStore, SnapshotOutlivesManyCommitsAndTheStoreForgetsAfterIt) {
  auto store = std::make_unique<MapStore>();
  TestWriter writer(*store);
  ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "first")}).outcome, CommitOutcome::kCommitted);
  auto held = *store->TakeSnapshot(0);
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(
        writer.Commit({Put(Space::kMembers, "a", absl::StrCat(i)), Delete(Space::kMembers, "b")})
            .outcome,
        CommitOutcome::kCommitted);
  }
  ASSERT_EQ(writer.Commit({Delete(Space::kMembers, "a")}).outcome, CommitOutcome::kCommitted);
  store.reset();
  EXPECT_EQ(**held->Get(Space::kMembers, Key(0, "a")), "first");
}

TEST(MapStore, ScanMayReadAndCommitWhileItVisits) {
  MapStore store;
  TestWriter writer(store);
  ASSERT_EQ(writer.Commit({Put(Space::kMembers, "a", "1"), Put(Space::kMembers, "b", "1")}).outcome,
            CommitOutcome::kCommitted);
  const auto snapshot = *store.TakeSnapshot(0);
  int rows = 0;
  const absl::Status status = snapshot->Scan(
      Space::kMembers, Key(0, ""), KeyEnd(0), {}, [&](absl::string_view key, absl::string_view) {
        ++rows;
        EXPECT_EQ(**snapshot->Get(Space::kMembers, key), "1");
        return writer.Commit({Put(Space::kMembers, "c", "2")}).outcome == CommitOutcome::kCommitted;
      });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(rows, 2);
}

}  // namespace

std::vector<Implementation> Implementations() {
  return {{"Map", [] { return std::make_unique<MapStoreUnderTest>(); }},
          {"RowCacheOnMap", [] { return std::make_unique<RowCacheUnderTest>(); }}};
}

}  // namespace laurel
