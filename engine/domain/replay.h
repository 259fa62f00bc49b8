#ifndef LAUREL_ENGINE_DOMAIN_REPLAY_H_
#define LAUREL_ENGINE_DOMAIN_REPLAY_H_

#include <optional>
#include <span>
#include <vector>

#include "engine/domain/entry.h"
#include "engine/domain/rating.h"
#include "rules/program/evaluate.h"
#include "rules/program/rulebook.h"

// An activity, decided once more from what its entry keeps.
namespace laurel {

// What was reported; views belong to the event.
ReportedActivity ReportedIn(const Entry& entry, const PurchaseAccrued& accrued);
ReportedActivity ReportedIn(const Entry& entry, const ActivityAccrued& accrued);
// Of an entry that tells of an activity: what follows from it, without what the same receipt took
// back.
std::span<const Event> EventsOfActivity(const Entry& entry);

// Pure. The rulebook (of the entry's revision), the entry and what was reported must outlive it.
// Not copyable: facts point into it.
class Replay {
 public:
  Replay(const rules::Rulebook& rulebook, const Entry& entry, const ReportedActivity& activity);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  const rules::model::Facts& facts() const { return rating_.facts(); }
  const rules::model::Evaluated& evaluated() const { return evaluated_; }
  // Of the entry, in its order.
  const std::vector<const PointsAwarded*>& awards() const { return awards_; }

  // Whether each award of the entry is what a line gives now, in order.
  bool GivesTheLedgeredAmounts() const;
  // The line that opened a lot; empty if none did. Requires GivesTheLedgeredAmounts().
  std::optional<std::size_t> LineOf(LotId lot) const;

 private:
  const Rating rating_;
  const rules::model::Evaluated evaluated_;
  std::vector<const PointsAwarded*> awards_;
  std::vector<std::size_t> lines_;  // that granted something: one for each award
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_REPLAY_H_
