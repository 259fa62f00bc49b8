#include "engine/base/id.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "absl/container/flat_hash_set.h"

namespace laurel {
namespace {

using AppleId = Id<struct AppleTag>;
using PearId = Id<struct PearTag>;

TEST(Id, IsNeverMadeFromZero) {
  EXPECT_EQ(AppleId::FromRaw(0), std::nullopt);
  ASSERT_NE(AppleId::FromRaw(7), std::nullopt);
  EXPECT_EQ(AppleId::FromRaw(7)->raw(), 7u);
  EXPECT_DEATH(AppleId::Of(0), "an id is never zero");
}

TEST(Id, ComparesByNumber) {
  EXPECT_EQ(AppleId::Of(7), AppleId::Of(7));
  EXPECT_LT(AppleId::Of(7), AppleId::Of(8));
  EXPECT_LT(AppleId(), AppleId::Of(1));
}

TEST(Id, DoesNotMixKinds) {
  static_assert(!std::is_convertible_v<AppleId, PearId>);
  static_assert(!std::is_constructible_v<PearId, AppleId>);
  static_assert(!std::is_convertible_v<std::uint64_t, AppleId>);
  static_assert(!std::is_convertible_v<AppleId, std::uint64_t>);
}

TEST(Id, IsAKeyOfHashTables) {
  const absl::flat_hash_set<AppleId> ids = {AppleId::Of(1), AppleId::Of(2), AppleId::Of(1)};
  EXPECT_EQ(ids.size(), 2u);
}

}  // namespace
}  // namespace laurel
