#include "rules/program/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/program/scalar_map.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr std::size_t kFindingsMax = 100;

// The path of the field around `path`: tiers[1].rank -> tiers[1] -> tiers -> "".
absl::string_view Around(absl::string_view path) {
  const std::size_t end = path.find_last_of(".[");
  return end == absl::string_view::npos ? absl::string_view() : path.substr(0, end);
}

}  // namespace

Findings::Findings(absl::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

void Findings::Place(absl::string_view path, std::size_t offset) { offsets_[path] = offset; }

void Findings::PlaceScalar(absl::string_view path, std::size_t offset, std::string value) {
  Place(path, offset);
  scalars_[path] = std::move(value);
}

void Findings::Excuse(absl::string_view path) { wrong_.emplace(path); }

void Findings::Error(absl::string_view code, absl::string_view path, std::string message,
                     std::string hint) {
  Report(Severity::kError, code, path, {.is_known = false}, std::move(message),
         {.hint = std::move(hint)});
}

void Findings::Warning(absl::string_view code, absl::string_view path, std::string message,
                       std::string hint) {
  Report(Severity::kWarning, code, path, {.is_known = false}, std::move(message),
         {.hint = std::move(hint)});
}

void Findings::Info(absl::string_view code, absl::string_view path, std::string message,
                    std::vector<std::string> notes) {
  Report(Severity::kInfo, code, path, {.is_known = false}, std::move(message),
         {.notes = std::move(notes)});
}

void Findings::ErrorAt(std::size_t offset, absl::string_view code, absl::string_view path,
                       std::string message, std::string hint) {
  Add(Severity::kError, offset, 1, code, path, std::move(message), {.hint = std::move(hint)});
}

void Findings::Report(Severity severity, absl::string_view code, absl::string_view path,
                      const Part& part, std::string message, Details details) {
  const auto range = RangeOf(path, part);
  if (!range) {
    details.replacement.reset();
    return Add(severity, OffsetOf(path), 1, code, path, std::move(message), std::move(details));
  }
  Add(severity, range->first, range->second, code, path, std::move(message), std::move(details));
}

std::optional<std::pair<std::size_t, std::size_t>> Findings::RangeOf(absl::string_view path,
                                                                     const Part& part) const {
  const auto offset = offsets_.find(path);
  const auto value = scalars_.find(path);
  if (offset == offsets_.end() || value == scalars_.end()) return std::nullopt;
  const std::vector<std::size_t> map = MapScalar(text_, offset->second, value->second);
  if (map.empty()) return std::nullopt;
  const std::size_t last = map.size() - 1;
  const std::size_t begin = part.is_known ? std::min(part.begin, last) : 0;
  const std::size_t end = part.is_known ? std::clamp(part.end, begin, last) : last;
  // One caret, at least, and none behind a line's end.
  const std::size_t length = std::max<std::size_t>(map[end] - map[begin], 1);
  return std::pair(map[begin], length);
}

bool Findings::IsWrong(absl::string_view path) const {
  for (; !path.empty(); path = Around(path)) {
    if (wrong_.contains(path)) return true;
  }
  return false;
}

int Findings::LineOf(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<int>(next - line_starts_.begin());
}

Findings Findings::PlacesOnly() const {
  Findings places(text_);
  places.offsets_ = offsets_;
  places.scalars_ = scalars_;
  return places;
}

std::vector<Finding> Findings::Sorted() const {
  std::vector<Finding> sorted = findings_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (dropped_ > 0) {
    Finding rest;
    rest.code = "R-SCHEMA-024";
    rest.message = absl::StrCat("must have at most ", kFindingsMax,
                                " findings to show them all, had ", kFindingsMax + dropped_);
    sorted.push_back(std::move(rest));
  }
  return sorted;
}

Findings::Position Findings::PositionOf(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const int line = LineOf(offset);
  const std::size_t start = line_starts_[static_cast<std::size_t>(line) - 1];
  return {line, static_cast<int>(CodePoints(text_.substr(start, offset - start))) + 1};
}

std::optional<std::size_t> Findings::OffsetOf(absl::string_view path) const {
  for (; !path.empty(); path = Around(path)) {
    if (const auto found = offsets_.find(path); found != offsets_.end()) return found->second;
  }
  return std::nullopt;
}

void Findings::Add(Severity severity, std::optional<std::size_t> offset, std::size_t length,
                   absl::string_view code, absl::string_view path, std::string message,
                   Details details) {
  if (severity == Severity::kError) {
    has_errors_ = true;
    wrong_.emplace(path);
  }
  if (findings_.size() == kFindingsMax) {
    ++dropped_;
    return;
  }
  Finding finding;
  finding.severity = severity;
  finding.code = std::string(code);
  finding.path = std::string(path);
  finding.message = std::move(message);
  finding.notes = std::move(details.notes);
  finding.hint = std::move(details.hint);
  if (offset) {
    const Position begin = PositionOf(*offset);
    const Position end = PositionOf(*offset + length);
    finding.line = begin.line;
    finding.column = begin.column;
    finding.end_line = end.line;
    finding.end_column = end.column;
    finding.offset = *offset;
    finding.length = length;
    if (details.replacement) {
      finding.edits.push_back(
          {.offset = *offset, .length = length, .text = *std::move(details.replacement)});
    }
  }
  findings_.push_back(std::move(finding));
}

}  // namespace laurel::rules
