#include "rules/program/lot_terms.h"

#include <algorithm>

namespace laurel::rules::model {
namespace {

// The first instant of `date`, or the exact instant for hours and minutes.
Timestamp After(const Model& model, Timestamp start, const CivilDuration& duration) {
  if (!duration.is_whole_days()) return start.PlusMicros(duration.micros_max());
  if (duration.count == 0) return start;
  return model.calendar.StartOf(Plus(model.calendar.LocalDate(start), duration));
}

std::optional<Timestamp> ActivationOf(const Model& model, const Settlement& settlement,
                                      Timestamp occurred_at,
                                      std::optional<Timestamp> fulfilled_at) {
  switch (settlement.policy) {
    case Settlement::Policy::kImmediate:
      return occurred_at;
    case Settlement::Policy::kAfter:
      return After(model, occurred_at, settlement.after);
    case Settlement::Policy::kOnFulfilment:
    case Settlement::Policy::kOnSettle:
      break;
  }
  if (!settlement.at_latest) return fulfilled_at;
  const Timestamp latest = After(model, occurred_at, *settlement.at_latest);
  return fulfilled_at ? std::min(*fulfilled_at, latest) : latest;
}

// The settlement that counts for points of a rule (null: none).
const Settlement& SettlementFor(const PointKindOf& type, const Rule* rule) {
  return rule != nullptr && rule->lot.settlement ? *rule->lot.settlement : type.settlement;
}

// The dates of points that activate at an instant, where one is known.
LotDates DatesFrom(const Model& model, std::size_t point_type, const Rule* rule,
                   Timestamp occurred_at, std::optional<Timestamp> activates_at) {
  const PointKindOf& type = model.point_types[point_type];
  const bool has_expiry = rule != nullptr && !rule->lot.expiry.empty();
  const std::vector<Expiry>& expiry = has_expiry ? rule->lot.expiry : type.expiry;

  LotDates dates;
  dates.activates_at = activates_at;
  const Date awarded_on = model.calendar.LocalDate(occurred_at);
  if (activates_at) dates.activates_on = model.calendar.LocalDate(*activates_at);
  for (const Expiry& one : expiry) {
    const bool is_from_award = one.from_award || one.is_inactivity;
    if (!is_from_award && !dates.activates_on) continue;
    const Date start = is_from_award ? awarded_on : *dates.activates_on;
    const std::optional<Date> last = LastDay({&one.policy, 1}, start);
    if (last && (!dates.last_on || *last < *dates.last_on)) dates.last_on = last;
    dates.is_idle = dates.is_idle || one.is_inactivity;
    if (!last || one.is_inactivity) continue;
    dates.fixed_expires_at =
        std::min(dates.fixed_expires_at, model.calendar.StartOf(last->PlusDays(1)));
  }
  if (dates.last_on) dates.expires_at = model.calendar.StartOf(dates.last_on->PlusDays(1));
  return dates;
}

}  // namespace

LotDates LotTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                    Timestamp occurred_at, std::optional<Timestamp> fulfilled_at) {
  const Settlement& settlement = SettlementFor(model.point_types[point_type], rule);
  return DatesFrom(model, point_type, rule, occurred_at,
                   ActivationOf(model, settlement, occurred_at, fulfilled_at));
}

LotDates WaitingTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                        Timestamp occurred_at) {
  return DatesFrom(model, point_type, rule, occurred_at, std::nullopt);
}

LotDates SettledTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                        Timestamp occurred_at, Timestamp settled_at) {
  return DatesFrom(model, point_type, rule, occurred_at, settled_at);
}

std::optional<Timestamp> IdleEndOf(const Model& model, std::size_t point_type, Date date) {
  std::optional<Date> end;
  for (const Expiry& one : model.point_types[point_type].expiry) {
    if (!one.is_inactivity) continue;
    const std::optional<Date> last = LastDay({&one.policy, 1}, date);
    if (last && (!end || *last < *end)) end = last;
  }
  if (!end) return std::nullopt;
  return model.calendar.StartOf(end->PlusDays(1));
}

std::optional<Timestamp> RestoredEndOf(const Model& model, std::size_t point_type,
                                       Timestamp instant) {
  const std::optional<CivilDuration>& life = model.point_types[point_type].restored_life;
  if (!life || life->count == 0) return std::nullopt;
  const Date last = Plus(model.calendar.LocalDate(instant), *life);
  return model.calendar.StartOf(last.PlusDays(1));
}

bool KeepsAlive(const Model& model, std::size_t point_type, absl::string_view activity) {
  const std::vector<Expiry>& expiry = model.point_types[point_type].expiry;
  return std::any_of(expiry.begin(), expiry.end(), [&](const Expiry& one) {
    return one.is_inactivity &&
           (one.activities.empty() || std::find(one.activities.begin(), one.activities.end(),
                                                activity) != one.activities.end());
  });
}

bool WaitsForPerson(const Model& model, std::size_t point_type, const Rule* rule,
                    std::int64_t total) {
  const PointKindOf& type = model.point_types[point_type];
  const auto is_over = [&](const Settlement& settlement) {
    return settlement.hold_above > 0 && total > settlement.hold_above;
  };
  return is_over(type.settlement) || is_over(SettlementFor(type, rule));
}

}  // namespace laurel::rules::model
