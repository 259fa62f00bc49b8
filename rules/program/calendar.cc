#include "rules/program/calendar.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/time/civil_time.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr std::int64_t kSecondsPerDay = 86'400;

// What the table of offsets covers.
constexpr absl::CivilSecond kTableBegin(1990, 1, 1);
constexpr absl::CivilSecond kTableEnd(2070, 1, 1);
// No clock is further than this from UTC.
constexpr std::int64_t kAheadMost = 2 * kSecondsPerDay;

std::int64_t SecondOf(absl::CivilSecond civil) { return civil - absl::CivilSecond(kEpoch); }

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

Calendar::Calendar(absl::TimeZone zone)
    : zone_(zone), offsets_(std::make_shared<const Offsets>(OffsetsOf(zone))) {}

Calendar::Offsets Calendar::OffsetsOf(const absl::TimeZone& zone) {
  Offsets offsets;
  absl::Time from = absl::FromUnixSeconds(SecondOf(kTableBegin));
  const absl::Time end = absl::FromUnixSeconds(SecondOf(kTableEnd));
  while (from < end) {
    const std::int64_t ahead = zone.At(from).offset;
    offsets.push_back(Offset{absl::ToUnixSeconds(from), ahead});
    absl::TimeZone::CivilTransition next;
    if (!zone.NextTransition(from, &next)) break;
    from = absl::FromUnixSeconds(SecondOf(next.from) - ahead);
  }
  // Where the table ends.
  offsets.push_back(Offset{SecondOf(kTableEnd), 0});
  return offsets;
}

std::int64_t Calendar::LocalSecond(Timestamp instant) const {
  const std::int64_t second = FloorDiv(instant.micros(), kMicrosPerSecond);
  const bool is_in_table =
      offsets_ != nullptr && second >= offsets_->front().from && second < offsets_->back().from;
  if (!is_in_table) return second + zone_.At(absl::FromUnixSeconds(second)).offset;
  const auto next = std::upper_bound(
      offsets_->begin(), offsets_->end(), second,
      [](std::int64_t wanted, const Offset& offset) { return wanted < offset.from; });
  return second + std::prev(next)->ahead;
}

// The first instant at which clocks show `local_second` or more; empty outside of the table.
std::optional<Timestamp> Calendar::FindInstant(std::int64_t local_second) const {
  const bool is_in_table = offsets_ != nullptr &&
                           local_second - kAheadMost >= offsets_->front().from &&
                           local_second + kAheadMost < offsets_->back().from;
  if (!is_in_table) return std::nullopt;
  // A little early; the loop takes a step or two.
  auto offset = std::prev(
      std::upper_bound(offsets_->begin(), offsets_->end(), local_second - kAheadMost,
                       [](std::int64_t wanted, const Offset& one) { return wanted < one.from; }));
  while (local_second - offset->ahead >= std::next(offset)->from) ++offset;
  const std::int64_t second = std::max(local_second - offset->ahead, offset->from);
  return Timestamp::FromMicros(second * kMicrosPerSecond);
}

Date Calendar::LocalDate(Timestamp instant) const {
  return Date::FromDays(static_cast<std::int32_t>(FloorDiv(LocalSecond(instant), kSecondsPerDay)));
}

Timestamp Calendar::StartOf(Date date) const { return InstantOf(date, 0); }

int Calendar::LocalMinute(Timestamp instant) const { return LocalOf(instant).minute; }

Calendar::Local Calendar::LocalOf(Timestamp instant) const {
  const std::int64_t second = LocalSecond(instant);
  const std::int64_t day = FloorDiv(second, kSecondsPerDay);
  return {.date = Date::FromDays(static_cast<std::int32_t>(day)),
          .minute = static_cast<int>((second - day * kSecondsPerDay) / 60)};
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
  if (const auto found = FindInstant(date.days() * kSecondsPerDay + second)) return *found;
  const absl::CivilSecond civil = absl::CivilSecond(kEpoch + date.days()) + second;
  const absl::TimeZone::TimeInfo info = zone_.At(civil);
  // A time that comes twice counts the first time; one that is left out, from the first instant
  // after it.
  const absl::Time start = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return Timestamp::FromMicros(absl::ToUnixMicros(start));
}

}  // namespace laurel::rules
