#ifndef LAUREL_TESTS_SCENARIOS_PLAYER_H_
#define LAUREL_TESTS_SCENARIOS_PLAYER_H_

#include <string>

#include "tests/scenarios/scenario.h"

namespace laurel::scenarios {

// All words that a scenario may use: verbs from player.cc, expectations from expect.cc.
const Grammar& TheGrammar();

enum class Playing {
  kOnce,
  kTwiceAndRestarted,  // each write is sent twice, and the server starts anew after each step
};

// Plays a run on a fresh server, through its API, with a clock that only the row moves. Returns
// what is not as expected, with file, line, what was expected and what was seen, and what does not
// hold afterwards: postings that sum to zero, balances that are their lots, a journal that folds
// to the stored state. Empty if all is well.
std::string Play(const Row& row, const Run& run, Playing playing);

}  // namespace laurel::scenarios

#endif  // LAUREL_TESTS_SCENARIOS_PLAYER_H_
