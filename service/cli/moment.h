#ifndef LAUREL_SERVICE_CLI_MOMENT_H_
#define LAUREL_SERVICE_CLI_MOMENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/base/time.h"

// Dates and times as people and files write them.
namespace laurel::cli {

// "Europe/Berlin" or "UTC". INVALID_ARGUMENT unless the machine's zone data has it.
absl::StatusOr<absl::TimeZone> ParseZone(absl::string_view name);

// "12:00" or "12:00:30" as microseconds since the start of the day.
absl::StatusOr<std::int64_t> ParseTimeOfDay(absl::string_view text);

// The instant at which clocks in `zone` show this. A time that a clock change skips moves forward
// by the gap; of one that it repeats the first counts.
Timestamp InstantOf(Date date, std::int64_t micros_of_day, absl::TimeZone zone);

// The last microsecond of the date in `zone`.
Timestamp EndOf(Date date, absl::TimeZone zone);

// The date that clocks in `zone` show at `instant`.
Date DateOf(Timestamp instant, absl::TimeZone zone);

// "2024-02-29T12:00:00Z", with any offset; or, in `zone`, "2024-02-29T12:00", "2024-02-29 12:00:05"
// and "2024-02-29", its start.
absl::StatusOr<Timestamp> ParseInstant(absl::string_view text, absl::TimeZone zone);

// "2024-02-29T12:00:00Z": to the second for people, with the fraction where there is one.
std::string RenderInstant(Timestamp instant);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_MOMENT_H_
