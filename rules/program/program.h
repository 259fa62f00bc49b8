#ifndef LAUREL_RULES_PROGRAM_PROGRAM_H_
#define LAUREL_RULES_PROGRAM_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rules/program/calendar.h"
#include "rules/program/expiry.h"
#include "rules/program/rulebook.h"

namespace laurel::rules {

enum class Downgrade { kDropOne, kRecompute, kNever };
struct TierPolicy {
  int review_months = 12;  // a term lasts through the same day this many months on; 0: no reviews
  Downgrade downgrade = Downgrade::kDropOne;
};

// A checked document in the units of the code: indexes for names, minor units for money.
struct Program {
  std::string id;
  std::string name;
  std::string currency;
  int currency_exponent = 0;
  std::string time_zone;
  Calendar calendar;
  std::int64_t max_late_arrival_micros = 0;
  std::vector<PointType> point_types;
  std::vector<std::vector<ExpiryPolicy>> expiry;  // parallel to point_types
  std::vector<Metric> metrics;
  std::vector<LineKind> line_kinds;
  std::vector<std::string> excluded_categories;  // ascending
  std::vector<Tier> tiers;                       // ascending rank
  TierPolicy tier_policy;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_PROGRAM_H_
