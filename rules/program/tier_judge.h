#ifndef LAUREL_RULES_PROGRAM_TIER_JUDGE_H_
#define LAUREL_RULES_PROGRAM_TIER_JUDGE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"
#include "rules/program/fact_frame.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// What is known of a member's tiers before a verdict.
struct TierState {
  std::size_t earned = 0;            // index
  Timestamp since;                   // when it was won
  std::optional<Date> through;       // last day of the term; empty: counted from `since`
  std::optional<std::size_t> floor;  // the highest tier that is worn or given besides
  std::size_t before_upgrade = 0;    // for kReturn: the tier before the last upgrade
};

enum class Moment {
  kUpgrade,     // after an activity
  kReview,      // metrics are those of the last instant of the term
  kWaiting,     // credit that came late, with the metrics of the closed term
  kDecision,    // the end of the time to make up for it
  kWorn,        // credit while a lost tier is still worn: state.floor
  kReturn,      // metrics are corrected; see JudgeReturn
  kActivation,  // the revision comes into force: as its policy says
};

enum class TierOutcome { kUnchanged, kUpgraded, kSecured, kRetained, kWaiting, kDowngraded };
absl::string_view ToString(TierOutcome outcome);  // "UPGRADED"

struct TierVerdict {
  TierOutcome outcome = TierOutcome::kUnchanged;
  std::size_t earned = 0;
  std::size_t shown = 0;  // the highest of earned and what is worn
  Timestamp since;
  // The last day of the term of the earned tier; while kWaiting the last day to make up for it.
  // Empty without reviews and, where HasTerms says so, for the base tier.
  std::optional<Date> through;
  std::optional<Date> worn_through;     // last day on which the lost tier is shown
  std::optional<std::size_t> lifetime;  // a tier that is kept for ever from now on
};

// The verdict at facts.activity.occurred_at. Reads member, metrics and that instant only.
TierVerdict JudgeTier(const Model& model, const Facts& facts, const TierState& state,
                      Moment moment);
// The same with the metrics and segments that `frame` has.
TierVerdict JudgeTier(const Model& model, FactFrame& frame, const TierState& state, Moment moment);

// Whether what gave the last upgrade went back: `then` are the facts of the upgrade's instant with
// corrected metrics, `now` today's.
TierVerdict JudgeReturn(const Model& model, const Facts& then, const Facts& now,
                        const TierState& state);

// The verdict at the end of a term that was secured before it.
TierVerdict Confirmed(const Model& model, const Facts& facts, const TierState& state);

// Whether the tier that another program gave is earned by now. False where the policy does not say.
bool KeepsMatch(const Model& model, const Facts& facts);

// The highest tier whose `qualify` holds, or the base tier.
std::size_t QualifiedTier(const Model& model, FactFrame& frame);

// Whether a tier is reviewed at all: the base tier only where nobody is upgraded before a review.
bool HasTerms(const Model& model, std::size_t tier);

// The last day of the first term of a tier won at `since` that reaches `date`. Empty without
// reviews.
std::optional<Date> TermEnd(const Model& model, Date since, Date enrolled, Date date);
// The last day of the term that a member is in at facts.activity.occurred_at. Empty without reviews
// and for a tier that has no terms.
std::optional<Date> TermOf(const Model& model, const Facts& facts, const TierState& state);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_TIER_JUDGE_H_
