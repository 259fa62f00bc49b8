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

 private:
  explicit Calendar(absl::TimeZone zone) : zone_(zone) {}
  absl::TimeZone zone_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_CALENDAR_H_
