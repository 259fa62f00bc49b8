#include "engine/base/time.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace laurel {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

absl::CivilDay ToCivil(Date date) { return kEpoch + date.days(); }

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
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
    return std::nullopt;
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day)
    return std::nullopt;  // normalised: not a real day
  return Date(static_cast<std::int32_t>(civil - kEpoch));
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

int Date::year() const { return static_cast<int>(ToCivil(*this).year()); }
int Date::month() const { return ToCivil(*this).month(); }
int Date::day() const { return ToCivil(*this).day(); }

std::int32_t Date::month_number() const {
  const absl::CivilDay civil = ToCivil(*this);
  return static_cast<std::int32_t>(civil.year()) * 12 + civil.month() - 1;
}

Date Date::PlusMonths(int months) const {
  const absl::CivilDay civil = ToCivil(*this);
  const absl::CivilMonth target = absl::CivilMonth(civil) + months;
  const absl::CivilDay last = absl::CivilDay(target + 1) - 1;
  const absl::CivilDay same(target.year(), target.month(),
                            civil.day() < last.day() ? civil.day() : last.day());
  return Date(static_cast<std::int32_t>(same - kEpoch));
}

std::string ToString(Date date) {
  const absl::CivilDay civil = ToCivil(date);
  return absl::StrFormat("%04d-%02d-%02d", civil.year(), civil.month(), civil.day());
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
