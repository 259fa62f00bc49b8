#ifndef LAUREL_RULES_PROGRAM_BENEFITS_H_
#define LAUREL_RULES_PROGRAM_BENEFITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rules/program/fact_frame.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// The grant of `benefit` that a member of `tier` has: of those that reach the tier and whose
// condition holds the one of the highest tier, then the first. Null if there is none or it is off.
const Grant* GrantInForce(const Model& model, const Benefit& benefit, std::size_t tier,
                          FactFrame& frame);

struct BenefitInForce {
  std::size_t benefit = 0;
  const Grant* grant = nullptr;  // belongs to the model
};
// The benefits that the member has at facts.activity.occurred_at, in document order.
std::vector<BenefitInForce> BenefitsOf(const Model& model, const Facts& facts);

// As the till shows it: "yes" for a flag, else the value as the document writes it.
std::string ValueOf(const Model& model, const BenefitInForce& benefit);

// Money off one item by one benefit.
struct Discount {
  std::size_t benefit = 0;
  std::vector<std::int64_t> by_item;  // minor units, by index into facts.items
};
// What PERCENT and MONEY benefits take off the items, most `net` of an item: benefits of a STACKED
// group add up, of a HIGHEST group and without a group the best counts for each item, of a
// FIRST_ELIGIBLE group the first by priority and id.
std::vector<Discount> DiscountsOf(const Model& model, const Facts& facts);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_BENEFITS_H_
