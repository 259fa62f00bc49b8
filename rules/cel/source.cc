#include "rules/cel/source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace laurel::cel {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

std::uint32_t CountCodePoints(absl::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

}  // namespace

Source::Source(absl::string_view text, absl::string_view name)
    : text_(text.begin(), text.end()), name_(name) {
  line_begins_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_begins_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

absl::string_view Source::Slice(SourceRange range) const {
  const std::size_t begin = std::min<std::size_t>(range.begin, text_.size());
  const std::size_t end = std::clamp<std::size_t>(range.end, begin, text_.size());
  return text().substr(begin, end - begin);
}

SourcePosition Source::PositionOf(std::uint32_t offset) const {
  const auto end = static_cast<std::uint32_t>(text_.size());
  const std::uint32_t at = std::min(offset, end);
  const auto after = std::upper_bound(line_begins_.begin(), line_begins_.end(), at);
  const auto line = static_cast<std::uint32_t>(after - line_begins_.begin());
  return {line, CountCodePoints(Slice({line_begins_[line - 1], at})) + 1};
}

absl::string_view Source::Line(std::uint32_t line) const {
  if (line == 0 || line > line_begins_.size()) return absl::string_view();
  const bool is_last = line == line_begins_.size();
  const auto end = is_last ? static_cast<std::uint32_t>(text_.size()) : line_begins_[line] - 1;
  return Slice({line_begins_[line - 1], end});
}

std::string RenderIssue(const Source& source, const Issue& issue) {
  const SourcePosition position = source.PositionOf(issue.range.begin);
  return absl::StrCat("ERROR: ", source.name(), ":", position.line, ":", position.column, ": ",
                      issue.message, "\n | ", source.Line(position.line), "\n | ",
                      std::string(position.column - 1, '.'), "^");
}

std::string RenderIssues(const Source& source, const std::vector<Issue>& issues) {
  std::string out;
  for (const Issue& issue : issues) {
    absl::StrAppend(&out, out.empty() ? "" : "\n", RenderIssue(source, issue));
  }
  return out;
}

}  // namespace laurel::cel
