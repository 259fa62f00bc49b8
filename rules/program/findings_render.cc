#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/program/document_canonical.h"
#include "rules/program/rulebook.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

constexpr std::size_t kSourceShown = 100;  // code points of a long line, around the caret

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

absl::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kInfo:
      return "info";
  }
  return "";
}

// Escape sequences of terminals; empty without colour.
struct Colors {
  absl::string_view mark;
  absl::string_view frame;
  absl::string_view end;
};

Colors ColorsOf(Severity severity, bool has_color) {
  if (!has_color) return {};
  const absl::string_view mark = severity == Severity::kError     ? "\x1b[1;31m"
                                 : severity == Severity::kWarning ? "\x1b[1;33m"
                                                                  : "\x1b[1;36m";
  return {mark, "\x1b[34m", "\x1b[0m"};
}

// The source line between `|` and, below it, the carets.
std::string RenderSource(const Finding& finding, absl::string_view text, absl::string_view margin,
                         const Colors& colors) {
  const std::vector<std::string> cells = Cells(LineAt(text, finding.line));
  const std::size_t caret = std::min(static_cast<std::size_t>(finding.column) - 1, cells.size());
  const std::size_t first = caret < kSourceShown ? 0 : caret - kSourceShown / 2;
  const std::size_t end = std::min(cells.size(), first + kSourceShown);
  std::size_t stop = end;  // of a part that goes on in the next line
  if (finding.end_line == finding.line) {
    stop = std::min(static_cast<std::size_t>(finding.end_column) - 1, end);
  } else if (finding.end_line == 0) {
    stop = caret + 1;
  }
  const std::size_t carets = stop > caret ? stop - caret : 1;
  const auto bar = [&](absl::string_view left) {
    return absl::StrCat(colors.frame, left, " |", colors.end);
  };
  std::string source;
  for (std::size_t i = first; i < end; ++i) source += cells[i];
  const std::string number = absl::StrCat(finding.line);
  return absl::StrCat(bar(margin), "\n", bar(number), source.empty() ? "" : " ", source, "\n",
                      bar(margin), " ", std::string(caret - first, ' '), colors.mark,
                      std::string(carets, '^'), colors.end, "\n");
}

std::string JsonOfEdit(const Edit& edit) {
  return absl::StrCat("{\"offset\":", edit.offset, ",\"length\":", edit.length,
                      ",\"text\":", CanonicalString(edit.text), "}");
}

}  // namespace

std::string NameOf(const Finding& finding) {
  return finding.path.empty() ? finding.code : absl::StrCat(finding.code, ":", finding.path);
}

std::string RenderFinding(const Finding& finding, absl::string_view file, absl::string_view text,
                          const RenderOptions& options) {
  const Colors colors = ColorsOf(finding.severity, options.has_color);
  const bool is_placed = finding.line > 0 && finding.column > 0;
  const std::string margin(is_placed ? absl::StrCat(finding.line).size() : 1, ' ');
  std::string out = absl::StrCat(colors.mark, NameOf(finding.severity), "[", finding.code, "]",
                                 colors.end, ": ", finding.message, "\n");
  absl::StrAppend(&out, margin, colors.frame, "-->", colors.end, " ", file);
  if (is_placed) absl::StrAppend(&out, ":", finding.line, ":", finding.column);
  if (!finding.path.empty()) absl::StrAppend(&out, "  ", finding.path);
  out += '\n';
  if (is_placed) out += RenderSource(finding, text, margin, colors);
  for (const std::string& note : finding.notes) {
    absl::StrAppend(&out, margin, colors.frame, " =", colors.end, " ", note, "\n");
  }
  if (!finding.hint.empty()) {
    absl::StrAppend(&out, margin, colors.frame, " =", colors.end, " help: ", finding.hint,
                    finding.edits.empty() ? "" : "  [edit]", "\n");
  }
  return out;
}

std::string FindingJson(const Finding& finding, absl::string_view file) {
  const auto text = [](absl::string_view value) { return CanonicalString(value); };
  std::string out = absl::StrCat(
      "{\"severity\":", text(NameOf(finding.severity)), ",\"code\":", text(finding.code),
      ",\"path\":", text(finding.path), ",\"message\":", text(finding.message), ",\"notes\":[",
      absl::StrJoin(finding.notes, ",",
                    [&](std::string* to, const std::string& note) { *to += text(note); }),
      "],\"help\":", text(finding.hint));
  if (finding.line > 0) {
    absl::StrAppend(&out, ",\"range\":{\"file\":", text(file), ",\"line\":", finding.line,
                    ",\"column\":", finding.column, ",\"end_line\":", finding.end_line,
                    ",\"end_column\":", finding.end_column, ",\"offset\":", finding.offset,
                    ",\"length\":", finding.length, "}");
  }
  return absl::StrCat(
      out, ",\"edits\":[",
      absl::StrJoin(finding.edits, ",",
                    [](std::string* to, const Edit& edit) { *to += JsonOfEdit(edit); }),
      "]}");
}

}  // namespace laurel::rules
