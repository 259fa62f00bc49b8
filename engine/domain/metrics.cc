#include "engine/domain/metrics.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "engine/domain/member_history.h"

namespace laurel {
namespace {

namespace model = rules::model;

constexpr absl::string_view kPurchase = "purchase";

std::int64_t TrackedIn(const std::vector<TrackedSum>& sums, const std::string& metric) {
  for (const TrackedSum& sum : sums) {
    if (sum.metric == metric) return sum.value;
  }
  return 0;
}

std::int64_t TrackedIn(const std::vector<MetricCounted>& counts, const std::string& metric) {
  for (const MetricCounted& counted : counts) {
    if (counted.metric == metric) return counted.delta;
  }
  return 0;
}

// Of a month, a day or an activity. What a term before has left over is kept by the metric's id.
template <class Row>
std::int64_t AmountIn(const Row& row, const model::Metric& metric, MetricSource source) {
  const std::int64_t over = metric.is_rolled_over ? TrackedIn(row.tracked, metric.id) : 0;
  switch (source) {
    case MetricSource::kSpend:
      return row.spend + over;
    case MetricSource::kPurchases:
      return row.purchases + over;
    case MetricSource::kPoints:
      return (metric.point_type < row.points.size() ? row.points[metric.point_type] : 0) + over;
    case MetricSource::kTracked:
      return TrackedIn(row.tracked, metric.id);
  }
  return 0;
}

std::int64_t DaysIn(const MonthSum& month, const model::Metric& metric, MetricSource source) {
  if (source == MetricSource::kPurchases) return month.visit_days;
  for (const TrackedSum& sum : month.tracked) {
    if (sum.metric == metric.id) return sum.days;
  }
  return 0;
}

Date FirstOfMonth(std::int32_t month_number) {
  return *Date::FromCivil(month_number / 12, month_number % 12 + 1, 1);
}

// One member's numbers as of one day.
class Reader {
 public:
  Reader(State& state, std::vector<MemberId> group, Date last, const model::MemberDates& dates,
         const ActivityInThought* extra, Date begun_as_of)
      : state_(state),
        group_(group),
        history_(state, std::move(group)),
        last_(last),
        dates_(dates),
        extra_(extra),
        begun_as_of_(begun_as_of) {}

  std::optional<std::int64_t> Read(const model::Metric& metric) {
    const MetricSource source = SourceOf(metric);
    const Date first = model::FirstDayOf(metric.window, begun_as_of_, dates_);
    switch (metric.measure) {
      case model::Measure::kStreakDays:
        return Streak(metric, source, first);
      case model::Measure::kDaysSinceLast:
        return DaysSinceLast(metric, source, first);
      case model::Measure::kMax:
        return Largest(metric, first);
      case model::Measure::kDistinct:
        return Distinct(metric, first);
      default:
        return Total(metric, source, first);
    }
  }

 private:
  static bool CountsDays(const model::Metric& metric) {
    return metric.measure == model::Measure::kDistinctDays;
  }

  std::int64_t Total(const model::Metric& metric, MetricSource source, Date first) {
    std::int64_t total = 0;
    const std::int32_t first_month = first.month_number();
    const std::int32_t last_month = last_.month_number();
    for (const MonthSum& month : history_.months()) {
      if (month.month < first_month || month.month > last_month) continue;
      // Months in between lie in the window with all their days.
      const bool begins_in = month.month > first_month || FirstOfMonth(month.month) >= first;
      const bool ends_in =
          month.month < last_month || FirstOfMonth(month.month + 1).PlusDays(-1) <= last_;
      if (!begins_in || !ends_in) {
        total += SumOfDays(metric, source, month.month, first);
      } else {
        total +=
            CountsDays(metric) ? DaysIn(month, metric, source) : AmountIn(month, metric, source);
      }
    }
    if (extra_ == nullptr || extra_->day < first || extra_->day > last_) return total;
    const std::int64_t more = AmountIn(*extra_, metric, source);
    if (!CountsDays(metric)) return total + more;
    const std::int64_t before = AmountOn(extra_->day, metric, source, /*with_extra=*/false);
    return total + static_cast<int>(before + more > 0) - static_cast<int>(before > 0);
  }

  bool HasExtra(Date first) const {
    return extra_ != nullptr && extra_->day >= first && extra_->day <= last_;
  }
  // Calls visit(member, month, whether all of its days lie in the window) for months in which a
  // member of the group has values of it.
  template <class Visit>
  void ForMonths(const model::Metric& metric, Date first, Visit visit) {
    for (const MemberId id : group_) {
      const Member* member = state_.members.Find(MemberKey{id});
      if (member == nullptr) continue;
      for (const MonthSum& month : member->months) {
        if (month.month < first.month_number() || month.month > last_.month_number()) continue;
        if (TrackedIn(month.tracked, metric.id) <= 0) continue;
        visit(id, month,
              FirstOfMonth(month.month) >= first &&
                  FirstOfMonth(month.month + 1).PlusDays(-1) <= last_);
      }
    }
  }

  std::int64_t Largest(const model::Metric& metric, Date first) {
    std::int64_t largest = 0;
    bool takes_away = false;
    if (HasExtra(first)) {
      for (const MetricCounted& counted : extra_->tracked) {
        if (counted.metric != metric.id) continue;
        if (counted.delta > 0) largest = std::max(largest, counted.value);
        takes_away = takes_away || counted.delta < 0;
      }
    }
    // Only a day from which something is taken away has to be looked at value by value.
    const std::optional<Date> changed = takes_away ? std::optional(extra_->day) : std::nullopt;
    ForMonths(metric, first, [&](MemberId id, const MonthSum& month, bool is_whole) {
      if (is_whole && !(changed && changed->month_number() == month.month)) {
        largest = std::max(largest, TrackedIn(month.tracked, metric.id));
        return;
      }
      const MonthDays* days = state_.months.Find(MonthKey{id, month.month});
      if (days == nullptr) return;
      for (const DaySum& day : days->days) {
        const Date date = FirstOfMonth(month.month).PlusDays(day.day - 1);
        if (date < first || date > last_ || date == changed) continue;
        largest = std::max(largest, TrackedIn(day.tracked, metric.id));
      }
    });
    if (changed) largest = std::max(largest, LargestLeft(metric, *changed));
    return largest;
  }

  // Of a day, with what is thought of.
  std::int64_t LargestLeft(const model::Metric& metric, Date date) {
    MonthValues values;
    const auto count = [&](const MetricCounted& counted) {
      values.Count(date.day(), counted, std::numeric_limits<std::size_t>::max());
    };
    for (const MemberId id : group_) {
      const MonthValues* found =
          state_.month_values.Find(MonthValuesKey{id, metric.id, date.month_number()});
      if (found == nullptr) continue;
      for (const ValueCount& value : found->values) {
        if (value.day != date.day()) continue;
        count(MetricCounted{metric.id, value.count, MetricCounting::kLargest, value.value});
      }
    }
    for (const MetricCounted& counted : extra_->tracked) {
      if (counted.metric == metric.id) count(counted);
    }
    return values.LargestOn(date.day());
  }

  std::int64_t Distinct(const model::Metric& metric, Date first) {
    std::map<std::int64_t, std::int64_t> counts;
    if (metric.window.kind == model::MetricWindow::Kind::kLifetime) {
      std::vector<const MonthValues*> all;
      bool is_over = true;
      for (const MemberId id : group_) {
        const MonthValues* of_member =
            state_.month_values.Find({id, metric.id, MonthValuesKey::kAllMonths});
        if (of_member == nullptr) continue;
        all.push_back(of_member);
        is_over = is_over && of_member->latest_on <= last_;
      }
      if (is_over && all.empty()) return DistinctOf(metric, nullptr, first);
      if (is_over && all.size() == 1) return DistinctOf(metric, all.front(), first);
      if (is_over) {
        for (const MonthValues* of_member : all) {
          for (const ValueCount& value : of_member->values) counts[value.value] += value.count;
        }
        return DistinctOf(metric, counts, first);
      }
    }
    ForMonths(metric, first, [&](MemberId id, const MonthSum& month, bool) {
      const MonthValues* values = state_.month_values.Find({id, metric.id, month.month});
      if (values == nullptr) return;
      for (const ValueCount& value : values->values) {
        const Date date = FirstOfMonth(month.month).PlusDays(value.day - 1);
        if (date >= first && date <= last_) counts[value.value] += value.count;
      }
    });
    return DistinctOf(metric, counts, first);
  }

  std::int64_t DistinctOf(const model::Metric& metric,
                          const std::map<std::int64_t, std::int64_t>& counts, Date first) {
    MonthValues values;
    for (const auto& [value, count] : counts) values.values.push_back({0, value, count});
    return DistinctOf(metric, &values, first);
  }

  // Of these values, in their order, with what is thought of. `values` may be null.
  std::int64_t DistinctOf(const model::Metric& metric, const MonthValues* values, Date first) {
    std::int64_t different =
        values == nullptr ? 0 : static_cast<std::int64_t>(values->values.size());
    if (!HasExtra(first)) return different;
    for (const MetricCounted& counted : extra_->tracked) {
      if (counted.metric != metric.id) continue;
      std::int64_t had = 0;
      if (values != nullptr) {
        const auto place =
            std::lower_bound(values->values.begin(), values->values.end(), counted.value,
                             [](const ValueCount& a, std::int64_t b) { return a.value < b; });
        if (place != values->values.end() && place->value == counted.value) had = place->count;
      }
      different += static_cast<int>(had + counted.delta > 0) - static_cast<int>(had > 0);
    }
    return different;
  }

  std::int64_t SumOfDays(const model::Metric& metric, MetricSource source, std::int32_t month,
                         Date first) {
    const MonthDays* days = history_.DaysOf(month);
    if (days == nullptr) return 0;
    const Date start = FirstOfMonth(month);
    std::int64_t sum = 0;
    for (const DaySum& day : days->days) {
      const Date date = start.PlusDays(day.day - 1);
      if (date < first || date > last_) continue;
      const std::int64_t amount = AmountIn(day, metric, source);
      sum += CountsDays(metric) ? static_cast<int>(amount > 0) : amount;
    }
    return sum;
  }

  std::int64_t AmountOn(Date date, const model::Metric& metric, MetricSource source,
                        bool with_extra = true) {
    std::int64_t amount = 0;
    if (const MonthDays* days = history_.DaysOf(date.month_number())) {
      for (const DaySum& day : days->days) {
        if (day.day == date.day()) amount = AmountIn(day, metric, source);
      }
    }
    if (with_extra && extra_ != nullptr && extra_->day == date) {
      amount += AmountIn(*extra_, metric, source);
    }
    return amount;
  }

  // Up to yesterday; today too once something was done.
  std::int64_t Streak(const model::Metric& metric, MetricSource source, Date first) {
    std::int64_t days = AmountOn(last_, metric, source) > 0 ? 1 : 0;
    for (Date date = last_.PlusDays(-1); date >= first; date = date.PlusDays(-1)) {
      if (AmountOn(date, metric, source) <= 0) break;
      ++days;
    }
    return days;
  }

  std::optional<std::int64_t> DaysSinceLast(const model::Metric& metric, MetricSource source,
                                            Date first) {
    std::optional<Date> latest;
    const auto consider = [&](Date date) {
      if (date < first || date > last_ || (latest && *latest >= date)) return;
      if (AmountOn(date, metric, source) > 0) latest = date;
    };
    if (extra_ != nullptr) consider(extra_->day);
    const std::vector<MonthSum>& months = history_.months();
    for (auto month = months.rbegin(); month != months.rend(); ++month) {
      if (month->month > last_.month_number()) continue;
      if (month->month < first.month_number() || latest) break;
      if (const MonthDays* days = history_.DaysOf(month->month)) {
        for (const DaySum& day : days->days) {
          consider(FirstOfMonth(month->month).PlusDays(day.day - 1));
        }
      }
    }
    if (!latest) return std::nullopt;
    return last_.days() - latest->days();
  }

  State& state_;
  const std::vector<MemberId> group_;
  MemberHistory history_;  // of what adds up
  const Date last_;
  const model::MemberDates& dates_;
  const ActivityInThought* const extra_;
  const Date begun_as_of_;
};

}  // namespace

std::int64_t StandsFor(absl::string_view text) {
  const Hash hash = Sha256(text);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(bits); ++i) bits = bits << 8 | hash[i];
  return static_cast<std::int64_t>(bits);
}

MetricSource SourceOf(const model::Metric& metric) {
  const bool has_values =
      metric.measure == model::Measure::kMax || metric.measure == model::Measure::kDistinct;
  if (metric.where || has_values) return MetricSource::kTracked;
  if (metric.measure == model::Measure::kSum && metric.of == model::MetricOf::kPoints) {
    return metric.activities.empty() ? MetricSource::kPoints : MetricSource::kTracked;
  }
  if (metric.activities.size() != 1 || metric.activities.front() != kPurchase) {
    return MetricSource::kTracked;
  }
  if (metric.measure != model::Measure::kSum) return MetricSource::kPurchases;
  return metric.of == model::MetricOf::kEligibleNet ? MetricSource::kSpend : MetricSource::kTracked;
}

std::vector<std::optional<std::int64_t>> MetricsAsOf(State& state, MemberId id,
                                                     std::span<const model::Metric> metrics,
                                                     Date last, const model::MemberDates& dates,
                                                     const ActivityInThought* extra,
                                                     std::optional<Date> begun_as_of) {
  return MetricsAsOf(state, state.GroupOf(id), metrics, last, dates, extra, begun_as_of);
}

std::vector<std::optional<std::int64_t>> MetricsAsOf(State& state, std::vector<MemberId> group,
                                                     std::span<const model::Metric> metrics,
                                                     Date last, const model::MemberDates& dates,
                                                     const ActivityInThought* extra,
                                                     std::optional<Date> begun_as_of) {
  Reader reader(state, std::move(group), last, dates, extra, begun_as_of.value_or(last));
  std::vector<std::optional<std::int64_t>> values;
  values.reserve(metrics.size());
  for (const model::Metric& metric : metrics) values.push_back(reader.Read(metric));
  return values;
}

}  // namespace laurel
