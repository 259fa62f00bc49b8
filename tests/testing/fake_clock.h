#ifndef LAUREL_TESTS_TESTING_FAKE_CLOCK_H_
#define LAUREL_TESTS_TESTING_FAKE_CLOCK_H_

#include <atomic>

#include "engine/base/check.h"
#include "engine/base/time.h"

namespace laurel {

// A clock that stands still until it is moved. Thread-safe.
class FakeClock : public Clock {
 public:
  // `start` as ParseTimestamp reads it.
  explicit FakeClock(absl::string_view start = "2026-03-01T12:00:00Z") { Set(start); }

  Timestamp Now() const override { return Timestamp::FromMicros(micros_); }
  void Set(Timestamp now) { micros_ = now.micros(); }
  void Set(absl::string_view now) {
    const absl::StatusOr<Timestamp> parsed = ParseTimestamp(now);
    LAUREL_CHECK(parsed.ok(), "a test's instant is well formed");
    Set(*parsed);
  }
  void Advance(std::int64_t micros) { micros_ += micros; }

 private:
  std::atomic<std::int64_t> micros_ = 0;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_FAKE_CLOCK_H_
