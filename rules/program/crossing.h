#ifndef LAUREL_RULES_PROGRAM_CROSSING_H_
#define LAUREL_RULES_PROGRAM_CROSSING_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/program/facts.h"
#include "rules/program/model.h"
#include "rules/program/rule_amounts.h"
#include "rules/program/tier_judge.h"

namespace laurel::rules::model {

// A part of a purchase and the tier whose factors it gets.
struct TierPart {
  std::size_t tier = 0;
  Part part;
};

// Room for TierParts, to be used again.
struct CrossingRoom {
  struct CrossedTier {
    std::size_t tier = 0;
    std::int64_t at = 0;  // where the purchase reaches it
  };
  std::vector<CrossedTier> crossed;
  std::vector<std::int64_t> points;
  std::vector<std::optional<std::int64_t>> metrics;
};

// Sets `parts` to how the tiers share a purchase: one part with the tier shown, unless the purchase
// lifts the member at once and the policy lets it count.
void TierParts(const Model& model, const Facts& facts, const TierState& tiers, RuleAmounts& rules,
               CrossingRoom& room, std::vector<TierPart>& parts);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_CROSSING_H_
