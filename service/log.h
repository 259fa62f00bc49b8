#ifndef LAUREL_SERVICE_LOG_H_
#define LAUREL_SERVICE_LOG_H_

#include <atomic>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"

namespace laurel {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
absl::string_view ToString(LogLevel level);  // "info"

// Lines for operators on standard error: one JSON object a line, or text where a person watches.
// No personal datum: whoever logs gives names of fields and things, never what a caller wrote into
// them. Thread-safe; a line is written in one piece.
class Log {
 public:
  enum class Form { kJson, kText };
  using Field = std::pair<absl::string_view, std::string>;

  Log(LogLevel least, Form form, int fd = 2, const Clock& clock = SystemClock())
      : least_(least), form_(form), fd_(fd), clock_(clock) {}

  LogLevel level() const { return least_; }
  void SetLevel(LogLevel least) { least_ = least; }
  bool IsOn(LogLevel level) const { return level >= least_.load(std::memory_order_relaxed); }
  // Fields come in the order given, after ts, level and msg.
  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<Field> fields = {}) const;

 private:
  std::atomic<LogLevel> least_;
  const Form form_;
  const int fd_;
  const Clock& clock_;
};

// `text` as a JSON string, quotes included.
std::string JsonString(absl::string_view text);

}  // namespace laurel

#endif  // LAUREL_SERVICE_LOG_H_
