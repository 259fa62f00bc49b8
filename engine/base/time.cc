#include "engine/base/time.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace laurel {
namespace {

struct Civil {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;    // 1 to 31
};

// Years that begin in March end with the day that some of them lack, and 400 of them are as long as
// any other 400 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2021). Every event
// asks for dates several times: plain integers take a tenth of what civil-time libraries do.
constexpr std::int64_t kDaysOfEra = 146'097;
constexpr std::int64_t kEpochOfEra = 719'468;  // days from 0000-03-01 to 1970-01-01

constexpr std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

constexpr Civil ToCivil(Date date) {
  const std::int64_t days = date.days() + kEpochOfEra;
  const std::int64_t era = FloorDiv(days, kDaysOfEra);
  const std::int64_t day_of_era = days - era * kDaysOfEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return Civil{static_cast<int>(year), static_cast<int>(month), static_cast<int>(day)};
}

constexpr std::int32_t ToDays(const Civil& civil) {
  const std::int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
  const std::int64_t era = FloorDiv(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = civil.month > 2 ? civil.month - 3 : civil.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + civil.day - 1;
  const std::int64_t day_of_era =
      365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int32_t>(era * kDaysOfEra + day_of_era - kEpochOfEra);
}

constexpr int LastDayOf(int year, int month) {
  constexpr int kLast[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : kLast[month - 1];
}

class MachineClock : public Clock {
 public:
  Timestamp Now() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return Timestamp::FromMicros(
        std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
  }
};

}  // namespace

std::optional<Date> Date::FromCivil(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > LastDayOf(year, month)) return std::nullopt;
  return Date(ToDays(Civil{year, month, day}));
}

absl::StatusOr<Date> Date::Parse(absl::string_view text) {
  const auto refused = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a real date as YYYY-MM-DD, was \"", text.substr(0, 40), "\""));
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return refused();
  int parts[3] = {0, 0, 0};
  constexpr int kStart[3] = {0, 5, 8};
  constexpr int kEnd[3] = {4, 7, 10};
  for (int part = 0; part < 3; ++part) {
    for (int i = kStart[part]; i < kEnd[part]; ++i) {
      const char c = text[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return refused();
      parts[part] = parts[part] * 10 + (c - '0');
    }
  }
  const std::optional<Date> date = FromCivil(parts[0], parts[1], parts[2]);
  if (!date) return refused();
  return *date;
}

int Date::year() const { return ToCivil(*this).year; }
int Date::month() const { return ToCivil(*this).month; }
int Date::day() const { return ToCivil(*this).day; }

std::int32_t Date::month_number() const {
  const Civil civil = ToCivil(*this);
  return civil.year * 12 + civil.month - 1;
}

Date Date::PlusMonths(int months) const {
  const Civil civil = ToCivil(*this);
  const std::int64_t target = std::int64_t{civil.year} * 12 + civil.month - 1 + months;
  const int year = static_cast<int>(FloorDiv(target, 12));
  const int month = static_cast<int>(target - std::int64_t{year} * 12) + 1;
  return Date(ToDays(Civil{year, month, std::min(civil.day, LastDayOf(year, month))}));
}

std::string ToString(Date date) {
  const Civil civil = ToCivil(date);
  return absl::StrFormat("%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

std::string ToString(Timestamp timestamp) {
  if (timestamp.is_never()) return "never";
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(timestamp.micros()),
                          absl::UTCTimeZone());
}

absl::StatusOr<Timestamp> ParseTimestamp(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time == absl::InfiniteFuture() ||
      time == absl::InfinitePast()) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be an instant as 2024-02-29T23:59:59Z or with an offset, was \"",
                     text.substr(0, 60), "\""));
  }
  const std::int64_t micros = absl::ToUnixMicros(time);
  constexpr std::int64_t kFirst = -62'135'596'800 * kMicrosPerSecond;  // 0001-01-01
  constexpr std::int64_t kLast = 253'402'300'800 * kMicrosPerSecond;   // 10000-01-01
  if (micros < kFirst || micros >= kLast) {
    return absl::InvalidArgumentError("must lie in the years 1 to 9999");
  }
  return Timestamp::FromMicros(micros);
}

const Clock& SystemClock() {
  static const MachineClock* const clock = new MachineClock;
  return *clock;
}

}  // namespace laurel
