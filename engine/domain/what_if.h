#ifndef LAUREL_ENGINE_DOMAIN_WHAT_IF_H_
#define LAUREL_ENGINE_DOMAIN_WHAT_IF_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/domain/explain_entry.h"
#include "engine/domain/rating.h"

// What one activity would bring by any revision: nothing is decided by it.
namespace laurel {

struct WhatIf {
  std::vector<ExplainedLine> lines;
  std::vector<ExplainedMiss> missed;
  std::int64_t eligible_net = 0;
  std::string tier;  // afterwards
  std::string text;  // for support and audit; ends with a line feed
};

// For a member, by today's records. Requires that the member exists.
WhatIf TryForMember(State& state, const rules::Rulebook& rulebook, const ProgramId& program,
                    MemberId member, const ReportedActivity& activity);

// Somebody who is described.
struct StatedMember {
  std::string tier;  // empty: the base tier
  Timestamp enrolled_at;
  std::map<std::string, std::int64_t> metrics;  // by id; those left out are 0
};
WhatIf TryForStated(const rules::Rulebook& rulebook, const StatedMember& member,
                    const ReportedActivity& activity);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_WHAT_IF_H_
