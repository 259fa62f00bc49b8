#ifndef LAUREL_TESTS_SCENARIOS_EXPECT_H_
#define LAUREL_TESTS_SCENARIOS_EXPECT_H_

#include <string>
#include <vector>

#include "tests/scenarios/scenario.h"
#include "tests/scenarios/seen.h"

namespace laurel::scenarios {

// What may be expected after a step: one table in expect.cc.
std::vector<Form> ClauseForms();

// What is seen instead of what `step` expects, a line each; empty if all is as expected. A refusal
// that no clause expects is such a line.
std::vector<std::string> Differences(const Step& step, const Seen& seen, const Decimals& decimals);

}  // namespace laurel::scenarios

#endif  // LAUREL_TESTS_SCENARIOS_EXPECT_H_
