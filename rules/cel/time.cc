#include "rules/cel/time.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace laurel::cel {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kDurationMax = std::numeric_limits<std::int64_t>::max();

// Takes what it recognises from the front of a text.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  bool is_at_end() const { return rest_.empty(); }

  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Take(absl::string_view prefix) {
    if (!absl::StartsWith(rest_, prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }
  // Exactly `count` digits as a number in [min, max]; -1 otherwise.
  int TakeNumber(std::size_t count, int min, int max) {
    if (rest_.size() < count) return -1;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(rest_[i]))) return -1;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number >= min && number <= max ? number : -1;
  }
  absl::string_view TakeDigits() {
    std::size_t count = 0;
    while (count < rest_.size() && absl::ascii_isdigit(static_cast<unsigned char>(rest_[count])))
      ++count;
    const absl::string_view digits = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return digits;
  }

 private:
  absl::string_view rest_;
};

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysIn(int year, int month) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Seconds east of UTC; empty if malformed. At the end of an RFC 3339 instant.
std::optional<std::int64_t> TakeOffset(Scanner& scanner) {
  if (scanner.Take('Z')) return 0;
  const bool is_west = scanner.Take('-');
  if (!is_west && !scanner.Take('+')) return std::nullopt;
  const int hours = scanner.TakeNumber(2, 0, 23);
  if (hours < 0 || !scanner.Take(':')) return std::nullopt;
  const int minutes = scanner.TakeNumber(2, 0, 59);
  if (minutes < 0) return std::nullopt;
  const std::int64_t offset = hours * 3600 + minutes * 60;
  return is_west ? -offset : offset;
}

// ".5" and the like as nanoseconds, 0 if there is no fraction; -1 if malformed.
std::int64_t TakeFraction(Scanner& scanner) {
  if (!scanner.Take('.')) return 0;
  const absl::string_view digits = scanner.TakeDigits();
  if (digits.empty() || digits.size() > 9) return -1;
  std::int64_t nanos = 0;
  for (std::size_t i = 0; i < 9; ++i)
    nanos = nanos * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return nanos;
}

std::optional<absl::CivilSecond> TakeCivil(Scanner& scanner) {
  const int year = scanner.TakeNumber(4, 0, 9999);
  if (year < 0 || !scanner.Take('-')) return std::nullopt;
  const int month = scanner.TakeNumber(2, 1, 12);
  if (month < 0 || !scanner.Take('-')) return std::nullopt;
  const int day = scanner.TakeNumber(2, 1, DaysIn(year, month));
  if (day < 0 || !scanner.Take('T')) return std::nullopt;
  const int hour = scanner.TakeNumber(2, 0, 23);
  if (hour < 0 || !scanner.Take(':')) return std::nullopt;
  const int minute = scanner.TakeNumber(2, 0, 59);
  if (minute < 0 || !scanner.Take(':')) return std::nullopt;
  const int second = scanner.TakeNumber(2, 0, 59);
  if (second < 0) return std::nullopt;
  return absl::CivilSecond(year, month, day, hour, minute, second);
}

std::string TrimmedFraction(std::uint64_t nanos) {
  if (nanos == 0) return "";
  std::string digits = absl::StrCat(nanos);
  digits.insert(0, 9 - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return absl::StrCat(".", digits);
}

struct Unit {
  absl::string_view name;
  std::int64_t nanos;
};
// Longer names first, so that "ms" is not read as "m".
constexpr std::array kUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\xC2\xB5s", 1'000},
    Unit{"\xCE\xBCs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", kNanosPerSecond},
    Unit{"m", 60 * kNanosPerSecond},
    Unit{"h", 3600 * kNanosPerSecond},
};

std::optional<std::int64_t> TakeUnit(Scanner& scanner) {
  for (const Unit& unit : kUnits) {
    if (scanner.Take(unit.name)) return unit.nanos;
  }
  return std::nullopt;
}

// "1.5h". Digits of a fraction beyond the eighteenth are below a nanosecond in every unit.
std::optional<absl::int128> TakeQuantity(Scanner& scanner) {
  const absl::string_view whole = scanner.TakeDigits();
  absl::string_view fraction;
  if (scanner.Take('.')) fraction = scanner.TakeDigits();
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (whole.size() > 19) return std::nullopt;
  const std::optional<std::int64_t> unit = TakeUnit(scanner);
  if (!unit) return std::nullopt;
  absl::int128 count = 0;
  for (const char digit : whole) count = count * 10 + (digit - '0');
  absl::int128 part = 0;
  absl::int128 scale = 1;
  for (const char digit : fraction.substr(0, 18)) {
    part = part * 10 + (digit - '0');
    scale *= 10;
  }
  return count * *unit + part * *unit / scale;
}

CivilTime FromCivil(absl::CivilSecond civil) {
  CivilTime time;
  time.year = civil.year();
  time.month = civil.month();
  time.day = civil.day();
  time.hour = civil.hour();
  time.minute = civil.minute();
  time.second = civil.second();
  time.day_of_week = (static_cast<int>(absl::GetWeekday(civil)) + 1) % 7;  // Abseil's Monday is 0
  time.day_of_year = absl::GetYearDay(civil);
  return time;
}

// "+11:00", "-02:30", "02:00".
std::optional<std::int64_t> ParseFixedOffset(absl::string_view zone) {
  if (zone.empty()) return std::nullopt;
  std::string text(zone);
  if (absl::ascii_isdigit(static_cast<unsigned char>(zone[0]))) text.insert(0, 1, '+');
  Scanner scanner(text);
  if (absl::StartsWith(text, "Z")) return std::nullopt;
  const std::optional<std::int64_t> offset = TakeOffset(scanner);
  if (!offset || !scanner.is_at_end()) return std::nullopt;
  return offset;
}

// A name that cannot leave the folder of zones.
bool IsZoneName(absl::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || absl::StrContains(name, "..")) {
    return false;
  }
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        !absl::StrContains("/_+-", absl::string_view(&c, 1))) {
      return false;
    }
  }
  return true;
}

// The zone database remembers every name it was ever asked for, so names without a file must not
// reach it.
bool HasZoneFile(absl::string_view name) {
  const char* const folder = std::getenv("TZDIR");
  const std::string path =
      absl::StrCat(folder == nullptr ? "/usr/share/zoneinfo" : folder, "/", name);
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// Zones are looked for on the disk once in a thread.
std::optional<absl::TimeZone> LoadZone(absl::string_view name) {
  thread_local absl::flat_hash_map<std::string, absl::TimeZone> known;
  if (const auto found = known.find(name); found != known.end()) return found->second;
  if (name == "UTC") return absl::UTCTimeZone();
  if (!IsZoneName(name) || !HasZoneFile(name)) return std::nullopt;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return std::nullopt;
  known.emplace(std::string(name), zone);
  return zone;
}

Value MakeTimestamp(absl::int128 nanos) {
  absl::int128 seconds = nanos / kNanosPerSecond;
  absl::int128 rest = nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    seconds -= 1;
  }
  if (seconds < kTimestampSecondsMin || seconds > kTimestampSecondsMax) {
    return Value::Error(ErrorCode::kOverflow);
  }
  return Value::Timestamp(static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(rest));
}

absl::int128 NanosOf(const Value& timestamp) {
  return absl::int128(timestamp.seconds()) * kNanosPerSecond + timestamp.nanos();
}

Value MakeDuration(absl::int128 nanos) {
  if (nanos > kDurationMax || nanos < -kDurationMax) return Value::Error(ErrorCode::kOverflow);
  return Value::Duration(static_cast<std::int64_t>(nanos));
}

}  // namespace

std::optional<Instant> ParseTimestamp(absl::string_view text) {
  Scanner scanner(text);
  const std::optional<absl::CivilSecond> civil = TakeCivil(scanner);
  if (!civil) return std::nullopt;
  const std::int64_t nanos = TakeFraction(scanner);
  if (nanos < 0) return std::nullopt;
  const std::optional<std::int64_t> offset = TakeOffset(scanner);
  if (!offset || !scanner.is_at_end()) return std::nullopt;
  const std::int64_t seconds = *civil - absl::CivilSecond() - *offset;
  if (seconds < kTimestampSecondsMin || seconds > kTimestampSecondsMax) return std::nullopt;
  return Instant{seconds, static_cast<std::uint32_t>(nanos)};
}

std::string RenderTimestamp(std::int64_t seconds, std::uint32_t nanos) {
  const absl::CivilSecond civil = absl::CivilSecond() + seconds;
  const auto two = [](int number) { return absl::Dec(number, absl::kZeroPad2); };
  return absl::StrCat(absl::Dec(civil.year(), absl::kZeroPad4), "-", two(civil.month()), "-",
                      two(civil.day()), "T", two(civil.hour()), ":", two(civil.minute()), ":",
                      two(civil.second()), TrimmedFraction(nanos), "Z");
}

std::optional<std::int64_t> ParseDuration(absl::string_view text) {
  Scanner scanner(text);
  const bool is_negative = scanner.Take('-');
  if (!is_negative) scanner.Take('+');
  if (scanner.is_at_end()) return std::nullopt;
  if (text == "0" || text == "-0" || text == "+0") return 0;
  absl::int128 sum = 0;
  while (!scanner.is_at_end()) {
    const std::optional<absl::int128> quantity = TakeQuantity(scanner);
    if (!quantity) return std::nullopt;
    sum += *quantity;
    if (sum > kDurationMax) return std::nullopt;
  }
  const std::int64_t nanos = static_cast<std::int64_t>(sum);
  return is_negative ? -nanos : nanos;
}

std::string RenderDuration(std::int64_t nanos) {
  const std::uint64_t size =
      nanos < 0 ? ~static_cast<std::uint64_t>(nanos) + 1 : static_cast<std::uint64_t>(nanos);
  return absl::StrCat(nanos < 0 ? "-" : "", size / kNanosPerSecond,
                      TrimmedFraction(size % kNanosPerSecond), "s");
}

CivilTime CivilInUtc(std::int64_t seconds) { return FromCivil(absl::CivilSecond() + seconds); }

std::optional<CivilTime> CivilInZone(std::int64_t seconds, absl::string_view zone) {
  if (const std::optional<std::int64_t> offset = ParseFixedOffset(zone)) {
    return CivilInUtc(seconds + *offset);
  }
  const std::optional<absl::TimeZone> loaded = LoadZone(zone);
  if (!loaded) return std::nullopt;
  return FromCivil(loaded->At(absl::FromUnixSeconds(seconds)).cs);
}

Value AddToTimestamp(const Value& timestamp, std::int64_t nanos) {
  return MakeTimestamp(NanosOf(timestamp) + nanos);
}
Value SubtractFromTimestamp(const Value& timestamp, std::int64_t nanos) {
  return MakeTimestamp(NanosOf(timestamp) - nanos);
}
Value SubtractTimestamps(const Value& a, const Value& b) {
  return MakeDuration(NanosOf(a) - NanosOf(b));
}
Value AddDurations(std::int64_t a, std::int64_t b) { return MakeDuration(absl::int128(a) + b); }
Value SubtractDurations(std::int64_t a, std::int64_t b) {
  return MakeDuration(absl::int128(a) - b);
}

}  // namespace laurel::cel
