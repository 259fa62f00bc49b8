#ifndef LAUREL_RULES_PROGRAM_LOT_TERMS_H_
#define LAUREL_RULES_PROGRAM_LOT_TERMS_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// When the points of a lot can be spent: [activates_at, expires_at).
struct LotDates {
  std::optional<Timestamp> activates_at;  // empty: not before it is fulfilled or settled
  Timestamp expires_at = Timestamp::Never();
  std::optional<Date> activates_on;  // the local date of activates_at
  std::optional<Date> last_on;       // the last day; empty: never ends, or not known yet
  // Where INACTIVITY is among the policies: what the others give. Else as expires_at.
  Timestamp fixed_expires_at = Timestamp::Never();
  bool is_idle = false;  // INACTIVITY is among them
};

// The terms of points of a type that a rule (null: none) awards for something that occurred at
// `occurred_at`. `fulfilled_at` is when an item was handed over or the lot was settled, for the
// policies that wait for it. What INACTIVITY gives is counted from the activity itself; later
// activities move it.
LotDates LotTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                    Timestamp occurred_at, std::optional<Timestamp> fulfilled_at = std::nullopt);

// Those of points that wait for somebody: when they will be available, and mostly when they end, is
// not known yet.
LotDates WaitingTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                        Timestamp occurred_at);
// Those of points that somebody makes available at `settled_at`, whatever the policy said.
LotDates SettledTermsOf(const Model& model, std::size_t point_type, const Rule* rule,
                        Timestamp occurred_at, Timestamp settled_at);

// Where all points of a type end, at the latest, if the member does nothing from `date` on; empty
// if no policy says so.
std::optional<Timestamp> IdleEndOf(const Model& model, std::size_t point_type, Date date);
// Whether such an activity puts that end off.
bool KeepsAlive(const Model& model, std::size_t point_type, absl::string_view activity);

// Until when, exclusive, points of a type live at least that a reversal puts back at `instant`;
// empty if that is no longer than their lots do.
std::optional<Timestamp> RestoredEndOf(const Model& model, std::size_t point_type,
                                       Timestamp instant);

// Whether points of an activity that brings `total` of their type wait for a person, whatever the
// policy says: for as long as one of the settlements that concern them asks for it, all do.
bool WaitsForPerson(const Model& model, std::size_t point_type, const Rule* rule,
                    std::int64_t total);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_LOT_TERMS_H_
