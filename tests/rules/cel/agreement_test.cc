// Random expressions give the same as a tree, checked or not, and as a plan, with symbols or
// without.
#include "tests/rules/cel/agreement.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/rules/cel/random_expression.h"
#include "tests/testing/seed.h"

namespace laurel::cel {
namespace {

constexpr int kExpressions = 10'000;

TEST(Agreement, AllPathsGiveTheSame) {
  const std::uint64_t seed = TestSeed(7);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  const RandomFacts facts;
  RandomExpression random(seed, Dialect::kWhole);
  int errors = 0;
  for (int i = 0; i < kExpressions; ++i) {
    const std::string text = random.Make();
    const Agreement agreement = EvaluateOnAllPaths(text, facts);
    ASSERT_EQ(agreement.difference, "") << text;
    errors += agreement.is_error ? 1 : 0;
  }
  // Both kinds of results must be there for the test to mean anything.
  EXPECT_GT(errors, kExpressions / 50);
  EXPECT_LT(errors, kExpressions * 9 / 10);
}

}  // namespace
}  // namespace laurel::cel
