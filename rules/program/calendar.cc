#include "rules/program/calendar.h"

#include <algorithm>
#include <cstdint>

#include "absl/time/civil_time.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

// Abseil also takes paths, fixed offsets and the host's own zone; a document must mean the same
// everywhere.
bool IsZoneName(absl::string_view name) {
  if (name.size() > 64 || name.empty() || !IsUpper(name.front())) return false;
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_' || c == '+' || c == '-' || c == '/';
  });
  return is_plain && name.find("Fixed/") != 0 && name.find("//") == absl::string_view::npos;
}

std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  const std::int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace

std::optional<Calendar> Calendar::Load(absl::string_view name) {
  absl::TimeZone zone;
  if (!IsZoneName(name) || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return Calendar(zone);
}

Date Calendar::LocalDate(Timestamp instant) const {
  const std::int64_t seconds = FloorDiv(instant.micros(), kMicrosPerSecond);
  const int offset = zone_.At(absl::FromUnixSeconds(seconds)).offset;
  constexpr std::int64_t kSecondsPerDay = 86'400;
  return Date::FromDays(static_cast<std::int32_t>(FloorDiv(seconds + offset, kSecondsPerDay)));
}

Timestamp Calendar::StartOf(Date date) const { return InstantOf(date, 0); }

int Calendar::LocalMinute(Timestamp instant) const {
  const std::int64_t seconds = FloorDiv(instant.micros(), kMicrosPerSecond);
  const absl::TimeZone::CivilInfo info = zone_.At(absl::FromUnixSeconds(seconds));
  return info.cs.hour() * 60 + info.cs.minute();
}

Calendar::Occurrence Calendar::OccurrenceOf(Date date, int second) const {
  const absl::CivilSecond civil = absl::CivilSecond(kEpoch + date.days()) + second;
  switch (zone_.At(civil).kind) {
    case absl::TimeZone::TimeInfo::SKIPPED:
      return Occurrence::kNever;
    case absl::TimeZone::TimeInfo::REPEATED:
      return Occurrence::kTwice;
    case absl::TimeZone::TimeInfo::UNIQUE:
      break;
  }
  return Occurrence::kOnce;
}

Timestamp Calendar::InstantOf(Date date, int second) const {
  const absl::CivilSecond civil = absl::CivilSecond(kEpoch + date.days()) + second;
  const absl::TimeZone::TimeInfo info = zone_.At(civil);
  // A time that comes twice counts the first time; one that is left out, from the first instant
  // after it.
  const absl::Time start = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return Timestamp::FromMicros(absl::ToUnixMicros(start));
}

}  // namespace laurel::rules
