#include "engine/domain/metrics.h"

namespace laurel {
namespace {

template <class Row>
std::int64_t ValueOf(const Row& row, const rules::Metric& metric, std::int64_t visit_days) {
  switch (metric.measure) {
    case rules::Measure::kSpend:
      return row.spend;
    case rules::Measure::kPurchases:
      return row.purchases;
    case rules::Measure::kVisitDays:
      return visit_days;
    case rules::Measure::kPoints:
      return metric.point_type < row.points.size() ? row.points[metric.point_type] : 0;
  }
  return 0;
}

Date FirstOfMonth(std::int32_t month_number) {
  return *Date::FromCivil(month_number / 12, month_number % 12 + 1, 1);
}

std::int64_t SumOfDays(State& state, MemberId id, std::int32_t month, const rules::Metric& metric,
                       Date first, Date last) {
  const MonthDays* days = state.months.Find(MonthKey{id, month});
  if (days == nullptr) return 0;
  const Date start = FirstOfMonth(month);
  std::int64_t sum = 0;
  for (const DaySum& day : days->days) {
    const Date date = start.PlusDays(day.day - 1);
    if (date >= first && date <= last) sum += ValueOf(day, metric, day.purchases > 0 ? 1 : 0);
  }
  return sum;
}

std::int64_t InThought(State& state, MemberId id, const rules::Metric& metric, Date first,
                       Date last, const ActivityInThought& extra) {
  if (extra.day < first || extra.day > last) return 0;
  std::int64_t visit_days = 0;
  if (metric.measure == rules::Measure::kVisitDays) {
    std::int64_t before = 0;
    if (const MonthDays* days = state.months.Find(MonthKey{id, extra.day.month_number()})) {
      for (const DaySum& day : days->days) {
        if (day.day == extra.day.day()) before = day.purchases;
      }
    }
    visit_days = static_cast<int>(before + extra.purchases > 0) - static_cast<int>(before > 0);
  }
  return ValueOf(extra, metric, visit_days);
}

}  // namespace

std::vector<std::int64_t> MetricsAsOf(State& state, MemberId id, const rules::Rulebook& rulebook,
                                      Date last, const ActivityInThought* extra) {
  std::vector<std::int64_t> values;
  values.reserve(rulebook.metrics().size());
  const Member* member = state.members.Find(MemberKey{id});
  for (const rules::Metric& metric : rulebook.metrics()) {
    const Date first = metric.FirstDay(last);
    std::int64_t value = 0;
    if (member != nullptr) {
      const std::int32_t first_month = first.month_number();
      const std::int32_t last_month = last.month_number();
      for (const MonthSum& month : member->months) {
        if (month.month < first_month || month.month > last_month) continue;
        const bool is_whole = FirstOfMonth(month.month) >= first &&
                              FirstOfMonth(month.month + 1).PlusDays(-1) <= last;
        value += is_whole ? ValueOf(month, metric, month.visit_days)
                          : SumOfDays(state, id, month.month, metric, first, last);
      }
    }
    if (extra != nullptr) value += InThought(state, id, metric, first, last, *extra);
    values.push_back(value);
  }
  return values;
}

}  // namespace laurel
