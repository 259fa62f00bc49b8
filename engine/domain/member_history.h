#ifndef LAUREL_ENGINE_DOMAIN_MEMBER_HISTORY_H_
#define LAUREL_ENGINE_DOMAIN_MEMBER_HISTORY_H_

#include <cstdint>
#include <map>
#include <vector>

#include "engine/domain/state.h"

namespace laurel {

// What a group of members has done, by month and day, as if they were one: a day on which two of
// them bought something is one day. Of one member it is the member's records as they are, and
// nothing is copied. The state must outlive it and keep these records.
class MemberHistory {
 public:
  MemberHistory(State& state, std::vector<MemberId> group);
  MemberHistory(const MemberHistory&) = delete;
  MemberHistory& operator=(const MemberHistory&) = delete;

  // Ascending.
  const std::vector<MonthSum>& months() const { return *months_; }
  // Null where nothing was done. Valid as long as the history.
  const MonthDays* DaysOf(std::int32_t month);

 private:
  void Join(const Member& member);
  MonthSum SumOf(std::int32_t month);

  State& state_;
  const std::vector<MemberId> group_;
  const std::vector<MonthSum>* months_;
  std::vector<MonthSum> joined_months_;            // of several members
  std::map<std::int32_t, MonthDays> joined_days_;  // likewise, that were asked for
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_MEMBER_HISTORY_H_
