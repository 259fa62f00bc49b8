#include <gtest/gtest.h>

#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/domain/state.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

std::set<std::int64_t> SeenBy(const Terminal& terminal) {
  std::set<std::int64_t> numbers;
  for (const NumberRange& range : terminal.seen) {
    for (std::int64_t n = range.first; n <= range.last; ++n) numbers.insert(n);
  }
  return numbers;
}

// What is kept of a terminal's numbers is the set of them, in whatever order they come.
TEST(Terminal, KeepsTheSetOfItsNumbers) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    Terminal terminal;
    std::set<std::int64_t> numbers;
    const std::uint64_t span = 1 + random() % 60;
    for (int i = 0; i < 60; ++i) {
      const std::int64_t number = 1 + static_cast<std::int64_t>(random() % span);
      terminal.Take(number);
      numbers.insert(number);
      ASSERT_EQ(SeenBy(terminal), numbers);
      for (std::size_t r = 1; r < terminal.seen.size(); ++r) {
        ASSERT_GT(terminal.seen[r].first, terminal.seen[r - 1].last + 1);
      }
    }
    EXPECT_EQ(terminal.given_up, 0);
  }
}

// A terminal that numbers at random must not make its record grow: the lowest gaps are given up.
TEST(Terminal, GivesUpTheLowestGaps) {
  Terminal terminal;
  const auto ranges = static_cast<std::int64_t>(Terminal::kRangesMax);
  for (std::int64_t i = 1; i <= ranges; ++i) terminal.Take(10 * i);
  EXPECT_EQ(terminal.seen.size(), Terminal::kRangesMax);
  EXPECT_EQ(terminal.given_up, 0);
  terminal.Take(10 * (ranges + 1));
  EXPECT_EQ(terminal.seen.size(), Terminal::kRangesMax);
  EXPECT_EQ(terminal.given_up, 9);
  EXPECT_EQ(terminal.seen.front(), (NumberRange{10, 20}));
  terminal.Take(15);  // it comes after all, and is in what was given up
  EXPECT_EQ(terminal.given_up, 9);
}

}  // namespace
}  // namespace laurel
