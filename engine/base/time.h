#ifndef LAUREL_ENGINE_BASE_TIME_H_
#define LAUREL_ENGINE_BASE_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace laurel {

// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds. A plain value.
class Timestamp {
 public:
  constexpr Timestamp() = default;  // the epoch
  static constexpr Timestamp FromMicros(std::int64_t micros) { return Timestamp(micros); }
  // Later than every instant that can be reported; stands for "never" in expiry and due times.
  static constexpr Timestamp Never() { return Timestamp(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t micros() const { return micros_; }
  constexpr bool is_never() const { return *this == Never(); }
  // Requires that the result fits; callers stay within years 1 to 9999.
  constexpr Timestamp PlusMicros(std::int64_t micros) const { return Timestamp(micros_ + micros); }
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;

 private:
  explicit constexpr Timestamp(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// A civil date of the proleptic Gregorian calendar, years 1 to 9999. Always a real day.
class Date {
 public:
  constexpr Date() = default;  // 1970-01-01
  // Days since 1970-01-01.
  static constexpr Date FromDays(std::int32_t days) { return Date(days); }
  // Empty unless year, month and day name a real day, such as 2024-02-29.
  static std::optional<Date> FromCivil(int year, int month, int day);
  // Reads "2024-02-29"; INVALID_ARGUMENT otherwise, with what was expected.
  static absl::StatusOr<Date> Parse(absl::string_view text);

  constexpr std::int32_t days() const { return days_; }
  int year() const;
  int month() const;  // 1 to 12
  int day() const;    // 1 to 31
  // 12 * year + month - 1: consecutive months have consecutive numbers.
  std::int32_t month_number() const;

  Date PlusDays(std::int32_t days) const { return Date(days_ + days); }
  // The same day of the month, cut to the last day of a shorter month.
  Date PlusMonths(int months) const;
  friend constexpr auto operator<=>(const Date&, const Date&) = default;

 private:
  explicit constexpr Date(std::int32_t days) : days_(days) {}
  std::int32_t days_ = 0;
};

std::string ToString(Date date);            // 2024-02-29
std::string ToString(Timestamp timestamp);  // 2024-02-29T23:59:59.000000Z; "never"

// Reads RFC 3339 with seconds, an optional fraction and a zone: 2024-02-29T23:59:59.5+01:00. Digits
// beyond the microsecond are cut. INVALID_ARGUMENT otherwise.
absl::StatusOr<Timestamp> ParseTimestamp(absl::string_view text);

// Where the time of the process comes from. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

// The machine's clock. The only place that reads it.
const Clock& SystemClock();

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_TIME_H_
