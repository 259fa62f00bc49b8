#ifndef LAUREL_RULES_CEL_TIME_H_
#define LAUREL_RULES_CEL_TIME_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// Timestamps are seconds since 1970 and nanoseconds within them; durations are nanoseconds.

inline constexpr std::int64_t kTimestampSecondsMin = -62'135'596'800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kTimestampSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z

struct Instant {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;  // [0, 10^9)
};

// RFC 3339, as "2009-02-13T23:31:30.5+01:00", with at most nine digits of a second's fraction.
// Empty if malformed or outside the range of timestamps.
std::optional<Instant> ParseTimestamp(absl::string_view text);
// "2009-02-13T23:31:30.5Z", with as many digits as are needed.
std::string RenderTimestamp(std::int64_t seconds, std::uint32_t nanos);

// "1h30m", "-1.5s", "100ms", "0": numbers with the units h, m, s, ms, us, ns. Empty if malformed or
// beyond ±(2^63 - 1) ns.
std::optional<std::int64_t> ParseDuration(absl::string_view text);
// "5400s", "-1.5s": seconds with as many digits as are needed.
std::string RenderDuration(std::int64_t nanos);

// A point on the calendar. Months, days of month and of year as the language counts them are
// computed by who asks.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int day_of_week = 4;  // 0 is Sunday
  int day_of_year = 1;  // 1 to 366
};

CivilTime CivilInUtc(std::int64_t seconds);
// In the zone of an IANA name ("Europe/Berlin", "UTC") or a fixed offset ("+11:00", "-02:30",
// "02:00"). Empty if there is no such zone. Reads the zone from the host's tzdata at first use;
// thread-safe.
std::optional<CivilTime> CivilInZone(std::int64_t seconds, absl::string_view zone);

// Sums and differences with the language's ranges; Error(kOverflow) outside.
Value AddToTimestamp(const Value& timestamp, std::int64_t nanos);
Value SubtractFromTimestamp(const Value& timestamp, std::int64_t nanos);
Value SubtractTimestamps(const Value& a, const Value& b);
Value AddDurations(std::int64_t a, std::int64_t b);
Value SubtractDurations(std::int64_t a, std::int64_t b);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_TIME_H_
