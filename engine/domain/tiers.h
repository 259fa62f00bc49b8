#ifndef LAUREL_ENGINE_DOMAIN_TIERS_H_
#define LAUREL_ENGINE_DOMAIN_TIERS_H_

#include <optional>
#include <span>
#include <vector>

#include "engine/domain/entry.h"
#include "engine/domain/state.h"
#include "rules/program/rulebook.h"

// How a member's tier moves. Ranks decide; no tier's name is known here.
namespace laurel {

// The index of the tier with this id; the base tier where the rulebook has none such.
std::size_t TierIndex(const rules::Rulebook& rulebook, absl::string_view tier);

// The first instant after term `term` of a tier held since `since`; Never where no review is due.
Timestamp ReviewAt(const rules::Rulebook& rulebook, std::size_t tier, Timestamp since,
                   std::uint32_t term);

// The upgrade that these metrics bring at `instant`, if any.
std::optional<TierDecided> JudgeUpgrade(const rules::Rulebook& rulebook, const MemberTier& tier,
                                        std::span<const std::int64_t> metrics, Timestamp instant);

// Whether the present term is to be reviewed: the clock has passed it and no import of history goes
// on, or an activity after it is about to be decided. An activity that cannot have happened yet
// brings no review forward.
bool IsReviewDue(const MemberTier& tier, Timestamp now,
                 const std::optional<Timestamp>& activity_at);

// The verdict of the review that ends the present term, at tier.review_at, by metrics as of the
// term's last day.
TierDecided JudgeReview(const rules::Rulebook& rulebook, const MemberTier& tier,
                        std::span<const std::int64_t> metrics);

// The last civil day of the present term. Requires a review.
Date LastDayOfTerm(const rules::Rulebook& rulebook, const MemberTier& tier);

// The tier as it is shown, with the distance to the next one by these metrics.
TierView ViewOf(const rules::Rulebook& rulebook, const MemberTier& tier,
                std::span<const std::int64_t> metrics);

// The nearest of several alternatives, each of which is enough: the one whose furthest threshold
// has the smallest part missing. Empty if there are none.
std::vector<ProgressLine> NearestOf(const rules::Rulebook& rulebook,
                                    std::span<const std::vector<rules::Threshold>> alternatives,
                                    std::span<const std::int64_t> metrics);

// The tier after a verdict.
MemberTier After(const MemberTier& tier, const TierDecided& verdict);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_TIERS_H_
