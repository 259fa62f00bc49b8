#include "rules/program/units.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr std::int64_t kScaledMax = 1'000'000'000'000'000'000;

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// The number that the digits name; empty if it is over kScaledMax.
std::optional<std::int64_t> ParseDigits(absl::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (value > kScaledMax / 10) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > kScaledMax) return std::nullopt;
  return value;
}

// The number that two digits at `at` name, or -1.
int TwoDigits(absl::string_view text, std::size_t at) {
  if (text.size() < at + 2 || !IsDigit(text[at]) || !IsDigit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

}  // namespace

Scaled ParseScaled(absl::string_view text, int digits) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction;
  if (point != absl::string_view::npos) {
    fraction = text.substr(point + 1);
    if (!IsDigits(fraction) || fraction.size() > 6) return {};
  }
  if (!IsDigits(whole)) return {};
  if (fraction.size() > static_cast<std::size_t>(digits)) return {.fit = Scaled::Fit::kTooFine};

  std::string all = absl::StrCat(whole, fraction);
  all.append(static_cast<std::size_t>(digits) - fraction.size(), '0');
  const std::optional<std::int64_t> value = ParseDigits(all);
  if (!value) return {.fit = Scaled::Fit::kTooLarge};
  return {.fit = Scaled::Fit::kExact, .value = is_negative ? -*value : *value};
}

std::string RenderTrimmed(std::int64_t value, int digits) {
  std::string text = RenderScaled(value, digits);
  if (digits == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string RenderScaled(std::int64_t value, int digits) {
  std::string text = absl::StrCat(value < 0 ? -value : value);
  if (digits > 0) {
    const auto places = static_cast<std::size_t>(digits);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text = absl::StrCat(absl::string_view(text).substr(0, text.size() - places), ".",
                        absl::string_view(text).substr(text.size() - places));
  }
  return value < 0 ? absl::StrCat("-", text) : text;
}

std::int32_t CivilDuration::months() const {
  if (unit == Unit::kYears) return count * 12;
  return unit == Unit::kMonths ? count : 0;
}

std::int32_t CivilDuration::days() const {
  if (unit == Unit::kWeeks) return count * 7;
  return unit == Unit::kDays ? count : 0;
}

std::int64_t CivilDuration::micros_max() const {
  switch (unit) {
    case Unit::kMinutes:
      return count * kMicrosPerMinute;
    case Unit::kHours:
      return count * kMicrosPerHour;
    case Unit::kDays:
      return count * kMicrosPerDay;
    case Unit::kWeeks:
      return count * 7 * kMicrosPerDay;
    case Unit::kMonths:
      return count * 31 * kMicrosPerDay;
    case Unit::kYears:
      return count * 366 * kMicrosPerDay;
  }
  return 0;
}

std::optional<CivilDuration> ParseDuration(absl::string_view text) {
  using Unit = CivilDuration::Unit;
  constexpr std::array<std::pair<absl::string_view, Unit>, 6> kUnits = {{{"minute", Unit::kMinutes},
                                                                         {"hour", Unit::kHours},
                                                                         {"day", Unit::kDays},
                                                                         {"week", Unit::kWeeks},
                                                                         {"month", Unit::kMonths},
                                                                         {"year", Unit::kYears}}};
  const std::size_t space = text.find(' ');
  if (space == absl::string_view::npos) return std::nullopt;
  const absl::string_view number = text.substr(0, space);
  if (!IsDigits(number) || number.size() > 6) return std::nullopt;
  const std::optional<std::int64_t> count = ParseDigits(number);
  if (!count || *count > 100'000) return std::nullopt;
  absl::string_view name = text.substr(space + 1);
  if (!name.empty() && name.back() == 's') name.remove_suffix(1);
  for (const auto& [unit_name, unit] : kUnits) {
    if (name == unit_name) return CivilDuration{static_cast<std::int32_t>(*count), unit};
  }
  return std::nullopt;
}

std::optional<YearDay> ParseYearDay(absl::string_view text) {
  if (text.size() != 5 || text[2] != '-') return std::nullopt;
  const absl::string_view month = text.substr(0, 2);
  const absl::string_view day = text.substr(3);
  if (!IsDigits(month) || !IsDigits(day)) return std::nullopt;
  const YearDay parsed{static_cast<int>(*ParseDigits(month)), static_cast<int>(*ParseDigits(day))};
  constexpr int kLeapYear = 2000;
  if (!Date::FromCivil(kLeapYear, parsed.month, parsed.day)) return std::nullopt;
  return parsed;
}

std::optional<int> ParseTimeOfDay(absl::string_view text) {
  const bool has_form = text.size() == 5 && text[2] == ':';
  if (!has_form) return std::nullopt;
  const int hour = TwoDigits(text, 0);
  const int minute = TwoDigits(text, 3);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

std::optional<LocalTime> ParseLocalTime(absl::string_view text) {
  const bool has_form = text.size() == 19 && text[10] == 'T' && text[16] == ':';
  if (!has_form) return std::nullopt;
  const absl::StatusOr<Date> date = Date::Parse(text.substr(0, 10));
  const std::optional<int> minute = ParseTimeOfDay(text.substr(11, 5));
  const int second = TwoDigits(text, 17);
  if (!date.ok() || !minute || second < 0 || second > 59) return std::nullopt;
  return LocalTime{*date, *minute * 60 + second};
}

}  // namespace laurel::rules
