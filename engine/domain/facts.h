#ifndef LAUREL_ENGINE_DOMAIN_FACTS_H_
#define LAUREL_ENGINE_DOMAIN_FACTS_H_

#include <optional>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/rejection.h"
#include "engine/domain/state.h"
#include "rules/program/rulebook.h"

// The seam between receipts and rules.
namespace laurel {

// The lines of a receipt; one SALE line of the total, quantity 1, where it lists none. A line that
// states no list price was sold at it.
std::vector<PurchaseLine> LinesOf(const AccruePurchase& order);

// A caller's clock may be ahead of ours by this much.
inline constexpr std::int64_t kAheadMicros = 10 * kMicrosPerMinute;

// The refusal of something that occurred too far back or ahead for the program.
std::optional<Rejected> RefuseTime(const rules::Rulebook& rulebook, Timestamp occurred_at,
                                   Timestamp now);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_FACTS_H_
