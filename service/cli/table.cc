#include "service/cli/table.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/cli/csv.h"

namespace laurel::cli {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
// Unicode's East Asian wide and full-width blocks, and emoji; coarse is enough for alignment.
constexpr std::array kWide = {
    Range{0x1100, 0x115F}, Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF}, Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6}, Range{0x1F300, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
constexpr std::array kCombining = {Range{0x0300, 0x036F}, Range{0x200B, 0x200F},
                                   Range{0xFE00, 0xFE0F}};

template <class Ranges>
bool IsIn(const Ranges& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

// Takes one code point off the front; a byte that begins none stands for itself.
std::uint32_t TakeCodePoint(absl::string_view& text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  const std::size_t length = first < 0xC0 ? 1u : first < 0xE0 ? 2u : first < 0xF0 ? 3u : 4u;
  if (length == 1 || text.size() < length) {
    text.remove_prefix(1);
    return first;
  }
  std::uint32_t code = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3F);
  text.remove_prefix(length);
  return code;
}

void AppendPadded(std::string& line, absl::string_view text, std::size_t width, Align align) {
  const std::size_t used = DisplayWidth(text);
  const std::string padding(width > used ? width - used : 0, ' ');
  if (align == Align::kRight) line.append(padding);
  absl::StrAppend(&line, text);
  if (align == Align::kLeft) line.append(padding);
}

void AppendLine(std::string& out, std::string line) {
  absl::StripTrailingAsciiWhitespace(&line);
  absl::StrAppend(&out, line, "\n");
}

std::string MachineName(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{" ", "_"}});
}

}  // namespace

std::size_t DisplayWidth(absl::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const std::uint32_t code = TakeCodePoint(text);
    width += IsIn(kCombining, code) ? 0u : IsIn(kWide, code) ? 2u : 1u;
  }
  return width;
}

std::string Printable(absl::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const absl::string_view before = text;
    const std::uint32_t code = TakeCodePoint(text);
    const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    if (is_control) {
      printable.push_back('?');
    } else {
      absl::StrAppend(&printable, before.substr(0, before.size() - text.size()));
    }
  }
  return printable;
}

std::string RenderText(const Table& table) {
  std::string out;
  if (!table.title.empty()) absl::StrAppend(&out, table.title, "\n");
  if (table.rows.empty()) return absl::StrCat(out, "(none)\n");
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(DisplayWidth(column.name));
  for (const std::vector<std::string>& row : table.rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], DisplayWidth(Printable(row[i])));
  }
  std::string line;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line.append("  ");
    AppendPadded(line, absl::AsciiStrToUpper(table.columns[i].name), widths[i],
                 table.columns[i].align);
  }
  AppendLine(out, std::move(line));
  for (const std::vector<std::string>& row : table.rows) {
    line.clear();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) line.append("  ");
      AppendPadded(line, Printable(row[i]), widths[i], table.columns[i].align);
    }
    AppendLine(out, std::move(line));
  }
  return out;
}

std::string RenderText(const Document& document) {
  std::size_t width = 0;
  for (const auto& [label, value] : document.facts)
    width = std::max(width, value.empty() ? 0 : DisplayWidth(label));
  std::string out;
  for (const auto& [label, value] : document.facts) {
    if (value.empty()) continue;
    std::string line;
    AppendPadded(line, label, width + 2, Align::kLeft);
    absl::StrAppend(&line, Printable(value));
    AppendLine(out, std::move(line));
  }
  for (const Table& table : document.tables) {
    if (!out.empty()) out.append("\n");
    out.append(RenderText(table));
  }
  return out;
}

std::string RenderCsv(const Document& document) {
  std::vector<std::string> header;
  if (document.tables.empty()) {
    std::vector<std::string> row;
    for (const auto& [label, value] : document.facts) {
      header.push_back(MachineName(label));
      row.push_back(value);
    }
    return RenderCsvRecord(header) + RenderCsvRecord(row);
  }
  for (const Column& column : document.tables[0].columns)
    header.push_back(MachineName(column.name));
  std::string out = RenderCsvRecord(header);
  for (const std::vector<std::string>& row : document.tables[0].rows)
    out.append(RenderCsvRecord(row));
  return out;
}

}  // namespace laurel::cli
