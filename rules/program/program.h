#ifndef LAUREL_RULES_PROGRAM_PROGRAM_H_
#define LAUREL_RULES_PROGRAM_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rules/program/calendar.h"
#include "rules/program/rulebook.h"

namespace laurel::rules {

// What can be shown of a checked document, in the units of the code. What decides is in model.h.
struct Program {
  std::string id;
  std::string name;
  std::string currency;
  int currency_exponent = 0;
  std::string time_zone;
  Calendar calendar;
  std::int64_t max_late_arrival_micros = 0;
  std::vector<PointType> point_types;
  std::vector<Metric> metrics;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_PROGRAM_H_
