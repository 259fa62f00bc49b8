#include "engine/base/checked.h"

#include <gtest/gtest.h>

#include <limits>

namespace laurel {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Checked, GivesExactResultsUpToTheEdges) {
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_EQ(CheckedAdd(kMin, kMax), -1);
  EXPECT_EQ(CheckedSub(kMin + 1, 1), kMin);
  EXPECT_EQ(CheckedSub(-1, kMax), kMin);
  EXPECT_EQ(CheckedMul(kMin, 1), kMin);
  EXPECT_EQ(CheckedMul(3'037'000'499, 3'037'000'499), 9'223'372'030'926'249'001);
}

TEST(Checked, IsEmptyBeyondTheEdges) {
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedSub(kMin, 1), std::nullopt);
  EXPECT_EQ(CheckedSub(0, kMin), std::nullopt);
  EXPECT_EQ(CheckedMul(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedMul(3'037'000'500, 3'037'000'500), std::nullopt);
}

TEST(Checked, WorksAtCompileTime) {
  static_assert(CheckedAdd(1, 2) == 3);
  static_assert(!CheckedMul(kMax, 2));
}

}  // namespace
}  // namespace laurel
