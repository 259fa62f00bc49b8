#ifndef LAUREL_SERVICE_CLI_LEDGER_EXPORT_H_
#define LAUREL_SERVICE_CLI_LEDGER_EXPORT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/journal/tiles.h"
#include "service/cli/input.h"

namespace laurel::cli {

// Sums over the rows of journal.csv as they pass by.
class JournalTotals {
 public:
  struct Sums {
    std::int64_t debit = 0;
    std::int64_t credit = 0;
  };
  // Takes a chunk of whole rows. `has_header`: its first row names the columns. INVALID_ARGUMENT if
  // a column that is needed is missing or a row does not have it, or a number is none.
  absl::Status Add(absl::string_view csv, bool has_header);

  std::uint64_t rows() const { return rows_; }
  const std::map<std::string, Sums>& by_point_type() const { return sums_; }
  bool is_balanced() const;  // debit = credit for each point type

 private:
  std::size_t debit_ = 0;  // columns
  std::size_t credit_ = 0;
  std::size_t point_type_ = 0;
  std::uint64_t rows_ = 0;
  std::map<std::string, Sums> sums_;
};

// Writes entries as they come, and rebuilds their tree. Into a folder as C2SP tlog-tiles:
// tile/entries/… and tile/<level>/…, which other people's tools read; into one file as an endless
// entry bundle: length:u16be, bytes.
class EntryExport {
 public:
  // Neither folder nor file is created before the first entry. `has_tiles`: `path` is a folder.
  EntryExport(std::string path, bool has_tiles) : path_(std::move(path)), has_tiles_(has_tiles) {}

  // Requires the entries in order, the first with sequence `from` (1 for tiles).
  absl::Status Add(absl::string_view entry);
  // Writes what is left; then all is on disk. `checkpoint`, if any, becomes the folder's file of
  // that name.
  absl::Status Finish(absl::string_view checkpoint);

  std::uint64_t entries() const { return tree_.size(); }
  Hash root() const {
    return tree_.frontier().root();
  }  // that of the ledger if the first entry was 1

 private:
  absl::Status WriteTile(const TileName& name, absl::string_view bytes);
  absl::Status WriteBundle();

  const std::string path_;
  const bool has_tiles_;
  TileAccumulator tree_;
  std::vector<std::string> bundle_;  // entries of the bundle that is open
  std::unique_ptr<OutputFile> file_;
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_LEDGER_EXPORT_H_
