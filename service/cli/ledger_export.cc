#include "service/cli/ledger_export.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/journal/merkle.h"
#include "service/cli/csv.h"
#include "service/cli/input.h"

namespace laurel::cli {
namespace {

absl::StatusOr<std::size_t> ColumnOf(const std::vector<std::string>& header,
                                     absl::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  return absl::InvalidArgumentError(
      absl::StrCat("journal.csv: must have the column ", name, ", was without"));
}

absl::StatusOr<std::int64_t> NumberAt(const CsvRecord& record, std::size_t column) {
  std::int64_t number = 0;
  if (column < record.fields.size() && absl::SimpleAtoi(record.fields[column], &number) &&
      number >= 0)
    return number;
  return absl::InvalidArgumentError(
      "journal.csv: debit and credit must be numbers >= 0, was a row with something else");
}

}  // namespace

absl::Status JournalTotals::Add(absl::string_view csv, bool has_header) {
  const std::unique_ptr<ByteSource> source = InputFromMemory(csv);
  CsvReader reader(source.get());
  CsvRecord record;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_record, reader.Next(record));
    if (!has_record) return absl::OkStatus();
    if (std::exchange(has_header, false)) {
      ASSIGN_OR_RETURN(debit_, ColumnOf(record.fields, "debit"));
      ASSIGN_OR_RETURN(credit_, ColumnOf(record.fields, "credit"));
      ASSIGN_OR_RETURN(point_type_, ColumnOf(record.fields, "point_type"));
      continue;
    }
    ASSIGN_OR_RETURN(const std::int64_t debit, NumberAt(record, debit_));
    ASSIGN_OR_RETURN(const std::int64_t credit, NumberAt(record, credit_));
    Sums& sums = sums_[record.fields[point_type_]];
    if (__builtin_add_overflow(sums.debit, debit, &sums.debit) ||
        __builtin_add_overflow(sums.credit, credit, &sums.credit)) {
      return absl::OutOfRangeError("journal.csv: sums must fit 64 bits, was more");
    }
    ++rows_;
  }
}

bool JournalTotals::is_balanced() const {
  return std::all_of(sums_.begin(), sums_.end(),
                     [](const auto& sums) { return sums.second.debit == sums.second.credit; });
}

absl::Status EntryExport::WriteTile(const TileName& name, absl::string_view bytes) {
  const std::filesystem::path file = std::filesystem::path(path_) / RenderTilePath(name);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error)
    return absl::UnavailableError(absl::StrCat(file.parent_path().string(), ": ", error.message()));
  return WriteWhole(file.string(), bytes);
}

absl::Status EntryExport::WriteBundle() {
  if (bundle_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string bytes, EncodeEntryBundle(bundle_));
  const std::uint64_t number = (tree_.size() - 1) / kTileHashes;
  const TileName name{std::nullopt, number, static_cast<int>(bundle_.size())};
  bundle_.clear();
  if (has_tiles_) return WriteTile(name, bytes);
  return file_->Write(bytes);
}

absl::Status EntryExport::Add(absl::string_view entry) {
  if (!has_tiles_ && file_ == nullptr) {
    ASSIGN_OR_RETURN(file_, OutputFile::Create(path_));
  }
  const std::optional<FinishedTiles> finished = tree_.Append(LeafHash(entry));
  bundle_.emplace_back(entry);
  if (!finished) return absl::OkStatus();
  RETURN_IF_ERROR(WriteBundle());
  if (!has_tiles_) return absl::OkStatus();
  for (const FullTile& tile : finished->tiles) {
    RETURN_IF_ERROR(WriteTile({tile.level, tile.number, kTileHashes}, tile.bytes));
  }
  return absl::OkStatus();
}

absl::Status EntryExport::Finish(absl::string_view checkpoint) {
  RETURN_IF_ERROR(WriteBundle());
  if (!has_tiles_) return file_ == nullptr ? WriteWhole(path_, "") : file_->Commit();
  for (int level = 0; level < kTileLevels; ++level) {
    const std::vector<Hash>& hashes = tree_.partial(level);
    if (hashes.empty()) continue;
    const TileName name{level, FullTileCount(tree_.size(), level), static_cast<int>(hashes.size())};
    RETURN_IF_ERROR(WriteTile(name, EncodeTile(hashes)));
  }
  if (checkpoint.empty()) return absl::OkStatus();
  return WriteWhole((std::filesystem::path(path_) / "checkpoint").string(), checkpoint);
}

}  // namespace laurel::cli
