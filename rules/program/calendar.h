#ifndef LAUREL_RULES_PROGRAM_CALENDAR_H_
#define LAUREL_RULES_PROGRAM_CALENDAR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  // Both at once.
  struct Local {
    Date date;
    int minute = 0;
  };
  Local LocalOf(Timestamp instant) const;
  // The instant at which clocks show `date` and `second` of the day, 0 to 86,399: the first of two,
  // and of a time that is left out the first instant after it.
  Timestamp InstantOf(Date date, int second) const;
  // How often clocks show `date` and `second` of the day.
  enum class Occurrence { kNever, kOnce, kTwice };
  Occurrence OccurrenceOf(Date date, int second) const;

 private:
  // From an instant on, until the next one, clocks are ahead of UTC by so much. In seconds.
  struct Offset {
    std::int64_t from = 0;
    std::int64_t ahead = 0;
  };
  using Offsets = std::vector<Offset>;

  explicit Calendar(absl::TimeZone zone);
  static Offsets OffsetsOf(const absl::TimeZone& zone);
  std::int64_t LocalSecond(Timestamp instant) const;
  std::optional<Timestamp> FindInstant(std::int64_t local_second) const;

  absl::TimeZone zone_;
  // Of the decades that activities come from: an accrual asks for a dozen dates, and a table
  // answers in a tenth of the time that the library takes. Null for the default calendar.
  std::shared_ptr<const Offsets> offsets_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_CALENDAR_H_
