#ifndef LAUREL_ENGINE_DOMAIN_TIER_COURSE_H_
#define LAUREL_ENGINE_DOMAIN_TIER_COURSE_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/domain/decide.h"
#include "engine/domain/tiers.h"

// How a member's tier moves while the member does nothing: terms end and are reviewed, revisions
// come into force and judge everyone. Each move is dated by what brings it about and decided by the
// revision in force then, so that nothing depends on when it is noticed; decisions write moves
// down, reads and simulations make them in thought.
namespace laurel {

// What is due.
struct TierDue {
  Timestamp reviewed_by;  // terms that end by then are reviewed
  Timestamp judged_by;    // revisions that come into force by then judge
  // When the clock shows `now`: no term is reviewed while an import of history goes on, unless an
  // activity after it is about to be decided. An activity that cannot have happened yet brings no
  // review forward.
  static TierDue Of(const MemberTier& tier, Timestamp now,
                    const std::optional<Timestamp>& activity_at);
  // Without reviews.
  static TierDue JudgedBy(Timestamp now);
};

// One move that is due.
struct TierMove {
  EntryKind kind = EntryKind::kTierReview;  // or kTierJudged
  Timestamp at;
  Activation revision;                              // that decides
  std::shared_ptr<const rules::Rulebook> rulebook;  // of it; null: it cannot be had
  MetricValues metrics;                             // as of the move; empty without a rulebook
  TierDecided verdict;                              // meaningless without a rulebook
  std::optional<MetricCounted> rollover = {};       // what the term leaves to the next one
};

class TierCourse {
 public:
  // Requires that the member exists. All must outlive it.
  TierCourse(State& state, MemberId id, RulebookLibrary& rulebooks);

  // The first move that is due for a member with this tier; empty if nothing moves it. A review and
  // the end of a tier that another program gave are moves even where the tier stays, a judgement
  // only where it changes it.
  std::optional<TierMove> Next(const MemberTier& tier, const TierDue& due) const;
  // The tier after all of them.
  MemberTier After(MemberTier tier, const TierDue& due) const;

 private:
  // Revisions that judge the member and come into force by then, in order.
  std::vector<Activation> JudgementsOf(const MemberTier& tier, Timestamp judged_by) const;
  // A move at an instant, without its metrics and its verdict.
  TierMove MoveAt(Timestamp at) const;
  TierMove Review(const MemberTier& tier) const;
  TierMove EndMatch(const MemberTier& tier) const;
  // Empty if the tier stays.
  std::optional<TierMove> Judge(const MemberTier& tier, const Activation& revision) const;

  State& state_;
  const MemberId id_;
  RulebookLibrary& rulebooks_;
  const ProgramId program_id_;
  const Program* const program_;
  const bool is_merged_;  // who has taken over is judged instead
};

// Whether members are judged where the revision comes into force: unless it is the first one, or it
// says that nobody is and all of their tiers are still there. True where that cannot be known.
bool JudgesMembers(State& state, const ProgramId& program, const Activation& revision,
                   RulebookLibrary& rulebooks);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_TIER_COURSE_H_
