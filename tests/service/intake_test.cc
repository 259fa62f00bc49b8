#include "service/intake.h"

#include <gtest/gtest.h>

#include <thread>

namespace laurel {
namespace {

TEST(Intake, ClosedItLetsNobodyInAndWaitsForThoseWhoAre) {
  Intake intake;
  ASSERT_TRUE(intake.Enter());
  ASSERT_TRUE(intake.Enter());
  intake.Leave();
  intake.Close();
  EXPECT_FALSE(intake.Enter());
  EXPECT_FALSE(intake.WaitUntilEmpty(std::chrono::microseconds(1)));
  std::thread last([&intake] { intake.Leave(); });
  EXPECT_TRUE(intake.WaitUntilEmpty(std::chrono::minutes(1)));
  last.join();
  EXPECT_FALSE(intake.Enter());
}

TEST(Intake, WaitsForNobodyWhereNobodyIs) {
  Intake intake;
  intake.Close();
  EXPECT_TRUE(intake.WaitUntilEmpty(std::chrono::microseconds(0)));
}

}  // namespace
}  // namespace laurel
