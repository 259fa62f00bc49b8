#include "service/cli/progress.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/time.h"
#include "service/cli/amount.h"

namespace laurel::cli {
namespace {

constexpr std::int64_t kRedrawMicros = kMicrosPerSecond / 10;
constexpr std::int64_t kLineMicros = 10 * kMicrosPerSecond;
constexpr std::uint64_t kBarWidth = 24;

}  // namespace

std::int64_t SteadyMicros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string RenderDuration(std::int64_t micros) {
  const std::int64_t tenths = micros / (kMicrosPerSecond / 10);
  if (tenths < 100) return absl::StrCat(tenths / 10, ".", tenths % 10, " s");
  const std::int64_t seconds = tenths / 10;
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3'600) return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  return absl::StrFormat("%d h %02d min", seconds / 3'600, seconds / 60 % 60);
}

std::string RenderRate(std::uint64_t count, std::int64_t micros) {
  if (micros <= 0) return "0/s";
  const double per_second = static_cast<double>(count) * 1e6 / static_cast<double>(micros);
  return absl::StrCat(RenderCount(static_cast<std::uint64_t>(per_second)), "/s");
}

std::string RenderProgress(absl::string_view label, absl::string_view unit,
                           const ProgressState& state) {
  const std::string counted = absl::StrCat(RenderCount(state.count), " ", unit, "  ",
                                           RenderRate(state.count, state.elapsed_micros));
  if (state.total == 0) return absl::StrCat(label, "  ", counted);
  const double part =
      std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
  const auto filled = static_cast<std::size_t>(part * kBarWidth);
  std::string text =
      absl::StrFormat("%s  [%s%s] %3d %%  %s", label, std::string(filled, '#'),
                      std::string(kBarWidth - filled, '.'), static_cast<int>(part * 100), counted);
  if (part > 0 && part < 1) {
    const auto left =
        static_cast<std::int64_t>(static_cast<double>(state.elapsed_micros) * (1 - part) / part);
    absl::StrAppend(&text, "  ", RenderDuration(left), " left");
  }
  return text;
}

Progress::Progress(std::ostream* out, Options options)
    : out_(out),
      options_(std::move(options)),
      started_micros_(options_.now_micros()),
      drawn_micros_(options_.is_terminal ? started_micros_ - kRedrawMicros : started_micros_) {}

void Progress::Update(std::uint64_t count, std::uint64_t done, std::uint64_t total) {
  const std::int64_t now = options_.now_micros();
  if (now - drawn_micros_ < (options_.is_terminal ? kRedrawMicros : kLineMicros)) return;
  drawn_micros_ = now;
  const std::string text =
      RenderProgress(options_.label, options_.unit, {count, done, total, now - started_micros_});
  if (options_.is_terminal) {
    *out_ << "\r" << text << "\x1b[K" << std::flush;
    is_drawn_ = true;
  } else {
    *out_ << text << std::endl;
  }
}

void Progress::Clear() {
  if (is_drawn_) *out_ << "\r\x1b[K" << std::flush;
  is_drawn_ = false;
}

std::int64_t Progress::elapsed_micros() const { return options_.now_micros() - started_micros_; }

}  // namespace laurel::cli
