#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_CHANGE_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_CHANGE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"
#include "rules/program/findings.h"

// What is to be said of a document that takes the place of another, beyond what the document says
// by itself. Pure: whoever asks states the time, what is scheduled and what was measured.
namespace laurel::rules {

// What a simulation of the document gave.
struct SimulationResult {
  std::string content_hash;           // of the document that was simulated
  std::int64_t points_current = 0;    // over the same activities: as they were rated
  std::int64_t points_candidate = 0;  // by the document
};

struct ChangeContext {
  // The document in force, as given or canonical; empty for the first revision.
  std::string previous;

  // When the document is to come into force; empty while that is not asked.
  std::optional<Timestamp> effective_from;
  Timestamp now;
  std::int64_t lead_micros = 60 * kMicrosPerSecond;  // the least time ahead
  std::vector<Timestamp> scheduled;                  // effective_from of other revisions

  // Values that were reported, by the fact: "activity.channel" -> "POS", …; of attributes the fact
  // alone. Null: nobody has looked.
  const std::map<std::string, std::set<std::string>>* reported = nullptr;

  // Whether approval waits for a simulation of this document, that content hash.
  bool asks_for_simulation = false;
  std::string content_hash;
  std::optional<SimulationResult> simulation;
  std::int32_t band_percent = 30;  // how far the points may be from the current ones
};

// The findings R-REACH-504, R-TIER-605, R-TIME-701 to 703, R-DATA-721 to 724 and R-PLAN-841, in the
// order of the text. `text` is a valid document; nothing is said of one that cannot be read.
std::vector<Finding> CheckChange(absl::string_view text, const ChangeContext& context);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_CHANGE_H_
