#ifndef LAUREL_RULES_PROGRAM_REWARDS_H_
#define LAUREL_RULES_PROGRAM_REWARDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

enum class PriceRefusal { kNone, kNotEntitled, kLimitReached };
absl::string_view ToString(PriceRefusal refusal);  // "NOT_ENTITLED"; empty for none

struct RewardPrice {
  PriceRefusal refusal = PriceRefusal::kNone;
  std::size_t point_type = 0;
  std::int64_t points = 0;  // smallest units
  std::int64_t money = 0;   // minor units
};
// What the member pays for one of `reward` at facts.activity.occurred_at. A lower price of a lower
// tier holds for higher ones. Reads the reward's counters; stock and balance are for the ledger.
RewardPrice PriceOf(const Model& model, const Facts& facts, std::size_t reward);

// What decides how many points are taken.
enum class PaymentBound { kOffered, kOrder, kStep, kMinimum };
absl::string_view ToString(PaymentBound bound);  // "MINIMUM"

struct Payment {
  std::int64_t points = 0;  // smallest units, at most `offered`
  std::int64_t money = 0;   // what they pay of the order
  PaymentBound bound = PaymentBound::kOffered;
};
// How many of `offered` points may pay for an order of `order` minor units. Nothing if the program
// takes no points.
Payment PaymentOf(const Model& model, std::int64_t order, std::int64_t offered);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_REWARDS_H_
