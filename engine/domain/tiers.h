#ifndef LAUREL_ENGINE_DOMAIN_TIERS_H_
#define LAUREL_ENGINE_DOMAIN_TIERS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/domain/entry.h"
#include "engine/domain/metrics.h"
#include "engine/domain/state.h"
#include "rules/program/facts.h"
#include "rules/program/rulebook.h"
#include "rules/program/tier_judge.h"

// How a member's tier moves. Ranks decide; no tier's name is known here.
namespace laurel {

// By index of the program's list; empty ones are absent.
using MetricValues = std::vector<std::optional<std::int64_t>>;

// The index of the tier with this id, or of what it has become; the base tier where the rulebook
// knows neither.
std::size_t TierIndex(const rules::Rulebook& rulebook, absl::string_view tier);

// One member as the rules of one revision see it. Reads records when it is asked; the state and the
// rulebook must outlive it.
class MemberStanding {
 public:
  // Requires that the member exists.
  MemberStanding(State& state, MemberId id, const rules::Rulebook& rulebook);
  // With the past of these members, as if they were one: of a group that is about to be another.
  MemberStanding(State& state, MemberId id, const rules::Rulebook& rulebook,
                 std::vector<MemberId> group);
  // Facts point into it.
  MemberStanding(const MemberStanding&) = delete;
  MemberStanding& operator=(const MemberStanding&) = delete;

  // The member's facts, except for the tier. The balances belong to this object.
  rules::model::MemberFact Facts() const;
  // With the tier that is shown then, of one that the member has or is thought to have.
  rules::model::MemberFact Facts(const MemberTier& tier, Timestamp instant) const;
  rules::model::TierState TierStateOf(const MemberTier& tier) const;
  rules::model::MemberDates DatesOf(const MemberTier& tier) const;
  Timestamp enrolled_at() const { return enrolled_at_; }
  // What has been told of the member, counts at an instant and is read. Belongs to this object.
  rules::model::Attributes AttributesAt(Timestamp instant) const;

  // Over windows that end with `last`.
  MetricValues MetricsAsOf(const MemberTier& tier, Date last,
                           const ActivityInThought* extra = nullptr) const;
  // Those by which JudgeReview judges: as of the term's last day, or, while credit that comes late
  // still counts, of its windows with all that has come since.
  MetricValues MetricsOfReview(const MemberTier& tier) const;

  // The upgrade that these metrics bring at `instant`, if any.
  std::optional<TierDecided> JudgeUpgrade(const MemberTier& tier, const MetricValues& metrics,
                                          Timestamp instant) const;
  // What an activity brings at `instant`, by metrics that count it: an upgrade, a term that is
  // confirmed late or ahead, a lost tier that is kept after all, one that is won for life. Empty
  // mostly. Changes `tier` accordingly.
  std::vector<Event> JudgeActivity(MemberTier& tier, const MetricValues& metrics, Timestamp instant,
                                   const ActivityInThought& activity) const;
  // The verdict at tier.review_at, where the present term ends or the time to confirm it late.
  TierDecided JudgeReview(const MemberTier& tier, const MetricValues& metrics) const;
  // The verdict where the tier that another program gave ends. Requires one.
  TierDecided JudgeMatch(const MemberTier& tier, const MetricValues& metrics) const;
  // What a term that `verdict` confirms leaves to the next one, of what it was judged by.
  std::optional<MetricCounted> Rollover(const TierDecided& verdict,
                                        const MetricValues& metrics) const;
  // Where nobody rises before a review, the base tier has terms, too. Empty elsewhere, and for
  // whoever is in one.
  std::optional<TierDecided> BeginTerms(const MemberTier& tier, Timestamp instant) const;
  // What this revision makes of the tier where it takes the place of `previous` at `instant`: the
  // tier may be gone, everyone may be judged. Empty if it stays.
  std::optional<TierDecided> JudgeActivation(const MemberTier& tier, const MetricValues& metrics,
                                             Timestamp instant,
                                             const rules::Rulebook& previous) const;
  // Whether the tier falls because what its upgrade rested on went back: by metrics as of the
  // upgrade and as of today, which is `instant`.
  std::optional<TierDecided> JudgeReturn(const MemberTier& tier, const MetricValues& then,
                                         const MetricValues& now, Timestamp instant) const;

  // The last civil day of the present term. Requires a review.
  Date LastDayOfTerm(const MemberTier& tier) const;
  // The tier as it is shown at an instant, with the distance to the next one by these metrics.
  TierView ViewOf(const MemberTier& tier, const MetricValues& metrics, Timestamp instant) const;

  // The tier that was shown at an instant, and since when it was: by the history, where the instant
  // lies before the present tier. The base tier before the enrolment.
  struct Shown {
    std::string tier;
    Timestamp since;
  };
  Shown ShownAt(Timestamp instant) const;

 private:
  TierDecided DecidedOf(const MemberTier& tier, const rules::model::TierVerdict& verdict,
                        TierCause cause) const;
  // The highest tier that is shown then and is above the earned one; null if there is none.
  const TierFloor* FloorAbove(const MemberTier& tier, Timestamp instant) const;
  // The lost tier that is still worn then and above the earned one; null if there is none.
  const TierFloor* WornAt(const MemberTier& tier, Timestamp instant) const;
  bool IsAboveEarned(const MemberTier& tier, const TierFloor& floor) const;
  std::optional<TierDecided> DecideActivity(const MemberTier& tier, const MetricValues& metrics,
                                            Timestamp instant, const ActivityInThought& activity,
                                            const rules::model::TierVerdict& verdict) const;
  std::optional<TierDecided> KeepWorn(const MemberTier& tier, const TierFloor& worn,
                                      const rules::model::Facts& facts) const;
  std::optional<TierDecided> KeepLate(const MemberTier& tier, Timestamp instant,
                                      const ActivityInThought& activity) const;
  Date ClosedTermEnd(const MemberTier& tier) const;
  rules::model::Facts FactsAt(const rules::model::MemberFact& member, const MetricValues& metrics,
                              Timestamp instant) const;

  State& state_;
  const MemberId id_;
  const std::vector<MemberId> group_;
  const rules::Rulebook& rulebook_;
  const rules::model::Model& model_;
  MemberState member_state_ = MemberState::kActive;
  MemberTier tier_;
  Timestamp enrolled_at_;                // zero where the revision does not read it
  std::vector<std::int64_t> available_;  // by point type; empty where the revision reads none
  std::vector<std::int64_t> pending_;
  // What was told of the member and is read, and the same as facts; those that end first are last.
  std::vector<MemberAttribute> attributes_;
  std::vector<rules::model::AttributeFact> attribute_facts_;
};

// The nearest of several alternatives, each of which is enough: the one whose furthest threshold
// has the smallest part missing. Empty if there are none.
std::vector<ProgressLine> NearestOf(const rules::Rulebook& rulebook,
                                    std::span<const std::vector<rules::Threshold>> alternatives,
                                    const MetricValues& metrics);

// Where members of a tier of `before` are when `after` takes its place: on the tier itself, else on
// what `after` says that it becomes, else on the next lower one that both have.
std::size_t InheritedTier(const rules::Rulebook& before, const rules::Rulebook& after,
                          absl::string_view tier);
// The tiers of `before` that are not among those of `after` and that nothing there says of what
// they become.
std::vector<std::string> TiersLost(const rules::Rulebook& before, const rules::Rulebook& after);

// The tier after a verdict of that instant.
MemberTier After(const MemberTier& tier, const TierDecided& verdict, Timestamp at);
// What a member of the base tier begins with who enrols at an instant under a rulebook where nobody
// rises before a review; empty elsewhere.
std::optional<TierDecided> FirstTerm(const rules::Rulebook& rulebook, Timestamp occurred_at,
                                     Timestamp enrolled_at);
// The tier after an entry of that instant has set a floor.
MemberTier After(const MemberTier& tier, const TierFloorSet& floor, Timestamp from);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_TIERS_H_
