#include "rules/program/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr std::size_t kFindingsMax = 100;
constexpr std::size_t kSourceShown = 100;  // code points of a long line, around the caret

// The path of the field around `path`: tiers[1].rank -> tiers[1] -> tiers -> "".
absl::string_view Around(absl::string_view path) {
  const std::size_t end = path.find_last_of(".[");
  return end == absl::string_view::npos ? absl::string_view() : path.substr(0, end);
}

absl::string_view LineAt(absl::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == absl::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  absl::string_view found = text.substr(0, text.find('\n'));
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

// The line in code points, each a printable string, so that a caret can be put under one of them.
std::vector<std::string> Cells(absl::string_view line) {
  std::vector<std::string> cells;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80 && !cells.empty()) {
      cells.back() += c;
    } else {
      cells.emplace_back(1, c == '\t' || c == '\r' || IsForbiddenControl(c) ? ' ' : c);
    }
  }
  return cells;
}

}  // namespace

Findings::Findings(absl::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

void Findings::Place(absl::string_view path, std::size_t offset) { offsets_[path] = offset; }

void Findings::Excuse(absl::string_view path) { wrong_.emplace(path); }

void Findings::Error(absl::string_view code, absl::string_view path, std::string message,
                     std::string hint) {
  Add(Severity::kError, OffsetOf(path), code, path, std::move(message), std::move(hint));
}

void Findings::Warning(absl::string_view code, absl::string_view path, std::string message,
                       std::string hint) {
  Add(Severity::kWarning, OffsetOf(path), code, path, std::move(message), std::move(hint));
}

void Findings::ErrorAt(std::size_t offset, absl::string_view code, absl::string_view path,
                       std::string message, std::string hint) {
  Add(Severity::kError, offset, code, path, std::move(message), std::move(hint));
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

void Findings::Add(Severity severity, std::optional<std::size_t> offset, absl::string_view code,
                   absl::string_view path, std::string message, std::string hint) {
  if (severity == Severity::kError) {
    has_errors_ = true;
    wrong_.emplace(path);
  }
  if (findings_.size() == kFindingsMax) {
    ++dropped_;
    return;
  }
  const Position position = offset ? PositionOf(*offset) : Position{};
  findings_.push_back({.severity = severity,
                       .code = std::string(code),
                       .path = std::string(path),
                       .message = std::move(message),
                       .hint = std::move(hint),
                       .line = position.line,
                       .column = position.column});
}

std::string RenderFinding(const Finding& finding, absl::string_view file, absl::string_view text) {
  std::string out(file);
  if (finding.line > 0) absl::StrAppend(&out, ":", finding.line, ":", finding.column);
  absl::StrAppend(&out, ": ", finding.severity == Severity::kError ? "error" : "warning", " ",
                  finding.code, ": ");
  if (!finding.path.empty()) absl::StrAppend(&out, finding.path, ": ");
  absl::StrAppend(&out, finding.message);
  if (!finding.hint.empty()) absl::StrAppend(&out, "; ", finding.hint);
  out += '\n';
  if (finding.line <= 0 || finding.column <= 0) return out;

  const std::vector<std::string> cells = Cells(LineAt(text, finding.line));
  const std::size_t caret = std::min(static_cast<std::size_t>(finding.column) - 1, cells.size());
  const std::size_t first = caret < kSourceShown ? 0 : caret - kSourceShown / 2;
  const std::size_t end = std::min(cells.size(), first + kSourceShown);
  out += "    ";
  for (std::size_t i = first; i < end; ++i) out += cells[i];
  absl::StrAppend(&out, "\n    ", std::string(caret - first, ' '), "^\n");
  return out;
}

}  // namespace laurel::rules
