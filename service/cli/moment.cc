#include "service/cli/moment.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"

namespace laurel::cli {
namespace {

absl::CivilDay ToCivil(Date date) { return absl::CivilDay(date.year(), date.month(), date.day()); }

Timestamp FromTime(absl::Time time) { return Timestamp::FromMicros(absl::ToUnixMicros(time)); }

}  // namespace

absl::StatusOr<absl::TimeZone> ParseZone(absl::string_view name) {
  absl::TimeZone zone;
  if (!name.empty() && absl::LoadTimeZone(name, &zone)) return zone;
  return absl::InvalidArgumentError(
      absl::StrCat("zone: must be an IANA time zone such as Europe/Berlin, was \"", name, "\""));
}

absl::StatusOr<std::int64_t> ParseTimeOfDay(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  constexpr int kLimits[] = {24, 60, 60};
  std::int64_t seconds = 0;
  bool is_good = parts.size() == 2 || parts.size() == 3;
  for (std::size_t i = 0; i < 3 && is_good; ++i) {
    int value = 0;
    if (i < parts.size()) {
      is_good = parts[i].size() == 2 &&
                std::all_of(parts[i].begin(), parts[i].end(), absl::ascii_isdigit) &&
                absl::SimpleAtoi(parts[i], &value) && value < kLimits[i];
    }
    seconds = seconds * 60 + value;
  }
  if (!is_good) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a time of day such as 14:30, was \"", text, "\""));
  }
  return seconds * kMicrosPerSecond;
}

Timestamp InstantOf(Date date, std::int64_t micros_of_day, absl::TimeZone zone) {
  const absl::CivilSecond second =
      absl::CivilSecond(ToCivil(date)) + micros_of_day / kMicrosPerSecond;
  return FromTime(zone.At(second).pre).PlusMicros(micros_of_day % kMicrosPerSecond);
}

Timestamp EndOf(Date date, absl::TimeZone zone) {
  return InstantOf(date.PlusDays(1), 0, zone).PlusMicros(-1);
}

Date DateOf(Timestamp instant, absl::TimeZone zone) {
  const absl::CivilDay day(zone.At(absl::FromUnixMicros(instant.micros())).cs);
  return Date::FromDays(static_cast<std::int32_t>(day - absl::CivilDay(1970, 1, 1)));
}

absl::StatusOr<Timestamp> ParseInstant(absl::string_view text, absl::TimeZone zone) {
  const absl::string_view day = text.substr(0, 10);
  absl::StatusOr<Date> date = Date::Parse(day);
  if (!date.ok()) return date.status();
  absl::string_view rest = text.substr(day.size());
  if (rest.empty()) return InstantOf(*date, 0, zone);
  const bool has_zone =
      absl::EndsWith(rest, "Z") || rest.find_first_of("+-") != absl::string_view::npos;
  if (has_zone) return ParseTimestamp(text);
  if (!absl::ConsumePrefix(&rest, "T") && !absl::ConsumePrefix(&rest, " ")) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be an instant such as 2024-02-29T12:00:00Z, was \"", text, "\""));
  }
  ASSIGN_OR_RETURN(const std::int64_t micros_of_day, ParseTimeOfDay(rest));
  return InstantOf(*date, micros_of_day, zone);
}

std::string RenderInstant(Timestamp instant) {
  std::string text = ToString(instant);
  constexpr absl::string_view kNoFraction = ".000000Z";
  if (absl::EndsWith(text, kNoFraction))
    text.replace(text.size() - kNoFraction.size(), kNoFraction.size(), "Z");
  return text;
}

}  // namespace laurel::cli
