#ifndef LAUREL_RULES_PROGRAM_CALENDAR_H_
#define LAUREL_RULES_PROGRAM_CALENDAR_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/base/time.h"

namespace laurel::rules {

// Civil dates of one time zone. A value; thread-safe.
class Calendar {
 public:
  Calendar() = default;  // UTC
  // Empty unless `name` is an IANA name that the host's zone data knows, in its own spelling.
  static std::optional<Calendar> Load(absl::string_view name);

  // The civil date of an instant.
  Date LocalDate(Timestamp instant) const;
  // The earliest instant whose civil date is `date`; of a date that was skipped whole, the next
  // date's.
  Timestamp StartOf(Date date) const;
  // The minutes since midnight that clocks show, 0 to 1,439.
  int LocalMinute(Timestamp instant) const;
  // The instant at which clocks show `date` and `second` of the day, 0 to 86,399: the first of two,
  // and of a time that is left out the first instant after it.
  Timestamp InstantOf(Date date, int second) const;
  // How often clocks show `date` and `second` of the day.
  enum class Occurrence { kNever, kOnce, kTwice };
  Occurrence OccurrenceOf(Date date, int second) const;

 private:
  explicit Calendar(absl::TimeZone zone) : zone_(zone) {}
  absl::TimeZone zone_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_CALENDAR_H_
