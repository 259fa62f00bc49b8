#ifndef LAUREL_SERVICE_CLI_PROGRESS_H_
#define LAUREL_SERVICE_CLI_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

// Progress of long work on standard error: a bar that is drawn over itself on a terminal, else a
// line per 10 s.
namespace laurel::cli {

// Microseconds of a clock that never goes back.
std::int64_t SteadyMicros();

// "0.4 s", "12 s", "3 min 05 s", "2 h 07 min".
std::string RenderDuration(std::int64_t micros);
// Events per second, with thousands separated: "12,345/s".
std::string RenderRate(std::uint64_t count, std::int64_t micros);

struct ProgressState {
  std::uint64_t count = 0;  // of what is being counted, for the rate
  std::uint64_t done = 0;   // of `total`, in any unit
  std::uint64_t total = 0;  // 0: unknown
  std::int64_t elapsed_micros = 0;
};
// "importing  [######......]  50 %  35,000 rows  12,345/s  3 s left". Without a total: "importing
// 35,000 rows  …".
std::string RenderProgress(absl::string_view label, absl::string_view unit,
                           const ProgressState& state);

// Not thread-safe.
class Progress {
 public:
  struct Options {
    std::string label;
    std::string unit;  // plural: rows
    bool is_terminal = false;
    std::function<std::int64_t()> now_micros = SteadyMicros;
  };
  // `out` must outlive the object.
  Progress(std::ostream* out, Options options);
  ~Progress() { Clear(); }

  // Cheap: draws at most ten times a second on a terminal.
  void Update(std::uint64_t count, std::uint64_t done, std::uint64_t total);
  // Removes the bar, so that something else can be printed.
  void Clear();
  std::int64_t elapsed_micros() const;

 private:
  std::ostream* const out_;
  const Options options_;
  const std::int64_t started_micros_;
  std::int64_t drawn_micros_;
  bool is_drawn_ = false;
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_PROGRESS_H_
