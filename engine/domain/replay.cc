#include "engine/domain/replay.h"

#include <algorithm>

namespace laurel {

ReportedActivity ReportedIn(const Entry& entry, const PurchaseAccrued& accrued) {
  return ReportedActivity{.occurred_at = entry.occurred_at,
                          .channel = accrued.channel,
                          .store = accrued.receipt.store,
                          .lines = accrued.lines,
                          .tenders = accrued.tenders};
}

ReportedActivity ReportedIn(const Entry& entry, const ActivityAccrued& accrued) {
  return ReportedActivity{.type = accrued.type,
                          .occurred_at = entry.occurred_at,
                          .channel = accrued.channel,
                          .store = accrued.store,
                          .attributes = accrued.attributes};
}

std::span<const Event> EventsOfActivity(const Entry& entry) {
  const auto activity =
      std::find_if(entry.events.begin(), entry.events.end(), [](const Event& event) {
        return std::holds_alternative<PurchaseAccrued>(event) ||
               std::holds_alternative<ActivityAccrued>(event);
      });
  return {activity, entry.events.end()};
}

Replay::Replay(const rules::Rulebook& rulebook, const Entry& entry,
               const ReportedActivity& activity)
    : rating_(rulebook, entry.member, activity, EvidenceOf(entry)), evaluated_(rating_.Evaluate()) {
  for (const Event& event : entry.events) {
    if (const auto* award = std::get_if<PointsAwarded>(&event)) awards_.push_back(award);
  }
  for (std::size_t i = 0; i < evaluated_.lines.size(); ++i) {
    if (evaluated_.lines[i].granted > 0) lines_.push_back(i);
  }
}

bool Replay::GivesTheLedgeredAmounts() const {
  return std::equal(lines_.begin(), lines_.end(), awards_.begin(), awards_.end(),
                    [&](std::size_t line, const PointsAwarded* award) {
                      return evaluated_.lines[line].granted == award->amount;
                    });
}

std::optional<std::size_t> Replay::LineOf(LotId lot) const {
  for (std::size_t i = 0; i < awards_.size(); ++i) {
    if (awards_[i]->lot == lot) return lines_[i];
  }
  return std::nullopt;
}

}  // namespace laurel
