#ifndef LAUREL_TESTS_TESTING_EXPLAIN_ALL_H_
#define LAUREL_TESTS_TESTING_EXPLAIN_ALL_H_

#include <string>

#include "engine/domain/explain_entry.h"
#include "engine/engine.h"

namespace laurel {

// One entry of the program, with what the ledger holds around it. CHECKs that it is there.
absl::StatusOr<EntryExplanation> ExplainStored(ReadView& view, std::uint64_t sequence,
                                               absl::string_view language = "en");

// What deciding all entries of the ledger once more has shown.
struct AllExplained {
  std::string difference;  // the first one, with its sequence; empty if there is none
  int sales = 0;           // that were decided again
  int returns = 0;         // likewise
};
AllExplained ExplainAll(Engine& engine);

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_EXPLAIN_ALL_H_
