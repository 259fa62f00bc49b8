// The language's public conformance suite. The counts are the promise: a test that is lost, gained
// or broken changes one of them.
#include "tests/rules/cel/conformance.h"

#include <gtest/gtest.h>

#include <iostream>

namespace laurel::cel {
namespace {

struct Tally {
  int repaired = 0;
  int passed = 0;
  int failed = 0;
};

Tally RunTier(const std::string& path, absl::string_view tier) {
  Tally tally;
  for (ConformanceTest& test : LoadConformanceTests(path)) {
    if (test.tier != tier) continue;
    if (RepairExpectation(test)) ++tally.repaired;
    const std::optional<std::string> failure = RunConformanceTest(test);
    if (!failure) {
      ++tally.passed;
      continue;
    }
    ++tally.failed;
    std::cout << test.id << ": " << test.expr << "\n    " << *failure << "\n";
  }
  return tally;
}

TEST(Conformance, TierAPassesWhole) {
  const std::optional<std::string> path = FindConformanceFile();
  if (!path) GTEST_SKIP() << "no conformance suite at ../shared/conformance/cel/tests.jsonl";
  const Tally tally = RunTier(*path, "A");
  EXPECT_EQ(tally.passed, 1321);
  EXPECT_EQ(tally.repaired, 22);
  EXPECT_EQ(tally.failed, 0);
}

TEST(Conformance, TierBPassesWhole) {
  const std::optional<std::string> path = FindConformanceFile();
  if (!path) GTEST_SKIP() << "no conformance suite at ../shared/conformance/cel/tests.jsonl";
  const Tally tally = RunTier(*path, "B");
  EXPECT_EQ(tally.passed, 324);
  EXPECT_EQ(tally.repaired, 0);
  EXPECT_EQ(tally.failed, 0);
}

}  // namespace
}  // namespace laurel::cel
