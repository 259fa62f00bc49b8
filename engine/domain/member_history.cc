#include "engine/domain/member_history.h"

#include <algorithm>
#include <utility>

namespace laurel {
namespace {

void AddTracked(const std::vector<TrackedSum>& more, std::vector<TrackedSum>& sums) {
  for (const TrackedSum& one : more) {
    const auto same = std::find_if(sums.begin(), sums.end(),
                                   [&](const TrackedSum& sum) { return sum.metric == one.metric; });
    if (same == sums.end()) {
      sums.push_back(one);
    } else {
      same->value += one.value;
      same->days += one.days;
    }
  }
}

// Adds a day to a day or to a month.
template <class Row>
void AddDay(const DaySum& more, Row& row) {
  row.spend += more.spend;
  row.purchases += more.purchases;
  if (row.points.size() < more.points.size()) row.points.resize(more.points.size());
  for (std::size_t i = 0; i < more.points.size(); ++i) row.points[i] += more.points[i];
  AddTracked(more.tracked, row.tracked);
}

}  // namespace

MemberHistory::MemberHistory(State& state, std::vector<MemberId> group)
    : state_(state), group_(std::move(group)), months_(&joined_months_) {
  if (group_.size() == 1) {
    if (const Member* member = state.members.Find(MemberKey{group_[0]})) months_ = &member->months;
    return;
  }
  for (const MemberId id : group_) {
    if (const Member* member = state.members.Find(MemberKey{id})) Join(*member);
  }
}

void MemberHistory::Join(const Member& member) {
  for (const MonthSum& month : member.months) {
    const auto place = std::lower_bound(
        joined_months_.begin(), joined_months_.end(), month.month,
        [](const MonthSum& sum, std::int32_t number) { return sum.month < number; });
    if (place == joined_months_.end() || place->month != month.month) {
      joined_months_.insert(place, month);
    } else {
      *place = SumOf(month.month);
    }
  }
}

// Of a month in which more than one has done something: how many days there were can only be told
// from the days.
MonthSum MemberHistory::SumOf(std::int32_t month) {
  MonthSum sum{.month = month};
  const MonthDays* days = DaysOf(month);
  if (days == nullptr) return sum;
  for (const DaySum& day : days->days) {
    AddDay(day, sum);
    sum.visit_days += day.purchases > 0 ? 1 : 0;
    for (const TrackedSum& tracked : day.tracked) {
      for (TrackedSum& of_month : sum.tracked) {
        if (of_month.metric == tracked.metric && tracked.value > 0) ++of_month.days;
      }
    }
  }
  return sum;
}

const MonthDays* MemberHistory::DaysOf(std::int32_t month) {
  if (group_.size() == 1) return state_.months.Find(MonthKey{group_[0], month});
  const auto [known, is_new] = joined_days_.try_emplace(month);
  if (!is_new) return known->second.days.empty() ? nullptr : &known->second;
  std::vector<DaySum>& joined = known->second.days;
  for (const MemberId id : group_) {
    const MonthDays* own = state_.months.Find(MonthKey{id, month});
    if (own == nullptr) continue;
    for (const DaySum& day : own->days) {
      const auto place =
          std::lower_bound(joined.begin(), joined.end(), day.day,
                           [](const DaySum& sum, std::int32_t number) { return sum.day < number; });
      if (place == joined.end() || place->day != day.day) {
        joined.insert(place, day);
      } else {
        AddDay(day, *place);
      }
    }
  }
  return joined.empty() ? nullptr : &known->second;
}

}  // namespace laurel
