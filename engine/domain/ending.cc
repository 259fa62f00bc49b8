#include "engine/domain/ending.h"

#include <algorithm>

namespace laurel {

std::vector<EndingPoints> EndingOf(State& state, MemberId id, Timestamp through) {
  std::vector<EndingPoints> endings;
  const Member* member = state.members.Find(MemberKey{id});
  if (member == nullptr) return endings;
  for (const Balance& balance : member->balances) {
    const std::size_t first = endings.size();
    state.ForLotsToSpend(id, balance.type, [&](const LotKey& key, const Lot& lot, Timestamp at) {
      if (at > through) return false;
      if (endings.size() == first || endings.back().ends_at != at) {
        endings.push_back(EndingPoints{.type = key.type, .ends_at = at});
      }
      endings.back().available += lot.available;
      endings.back().pending += lot.pending;
      endings.back().held += lot.held;
      return true;
    });
  }
  std::stable_sort(
      endings.begin(), endings.end(),
      [](const EndingPoints& a, const EndingPoints& b) { return a.ends_at < b.ends_at; });
  return endings;
}

}  // namespace laurel
