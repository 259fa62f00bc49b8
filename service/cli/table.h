#ifndef LAUREL_SERVICE_CLI_TABLE_H_
#define LAUREL_SERVICE_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// What a command shows, as aligned text for people or as CSV for machines.
namespace laurel::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string name;  // lower case, such as "point type"
  Align align = Align::kLeft;
};

struct Table {
  std::string title;  // may be empty
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

struct Document {
  std::vector<std::pair<std::string, std::string>>
      facts;                  // label and value; empty values are not shown
  std::vector<Table> tables;  // the first is the one that CSV has
};

// Columns that a terminal needs for `text`: wide characters count 2, combining ones 0.
std::size_t DisplayWidth(absl::string_view text);

// Replaces control characters, so that no value can steer a terminal.
std::string Printable(absl::string_view text);

// Lines without trailing spaces, each with its end. Tables without rows say so.
std::string RenderText(const Document& document);
std::string RenderText(const Table& table);

// The first table with a header row, or the facts as one row if there is no table.
std::string RenderCsv(const Document& document);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_TABLE_H_
