#ifndef LAUREL_RULES_PROGRAM_CROSSING_H_
#define LAUREL_RULES_PROGRAM_CROSSING_H_

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

// How the tiers share a purchase: one part with the tier shown, unless the purchase lifts the
// member at once and the policy lets it count.
std::vector<TierPart> TierParts(const Model& model, const Facts& facts, const TierState& tiers,
                                RuleAmounts& rules);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_CROSSING_H_
