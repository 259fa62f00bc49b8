#ifndef LAUREL_SERVICE_CLI_CSV_H_
#define LAUREL_SERVICE_CLI_CSV_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cli/input.h"

// CSV as in RFC 4180: fields in double quotes may hold separators, line ends and doubled quotes.
// More than the standard asks for: a byte order mark is skipped, lines end in LF or CRLF, the last
// line may lack its end, empty lines are skipped, and a quote inside a field that does not begin
// with one stands for itself.
namespace laurel::cli {

inline constexpr std::size_t kCsvFieldBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kCsvFieldsMax = 1'000;

struct CsvRecord {
  std::uint64_t line = 0;  // of its first byte, from 1
  std::vector<std::string> fields;
};

// Reads record by record; memory holds one of them. Not thread-safe.
class CsvReader {
 public:
  // `source` must outlive the reader. `separator` is one byte: comma, semicolon, tab.
  explicit CsvReader(ByteSource* source, char separator = ',')
      : source_(source), separator_(separator) {}

  // Reads the next record into `record`, whose memory is reused. False at the end. INVALID_ARGUMENT
  // with the line for text behind a closing quote, a quote that is never closed, UTF-16, or a
  // limit; the reader then stays there. Fails also as the source does.
  absl::StatusOr<bool> Next(CsvRecord& record);

 private:
  absl::StatusOr<int> Peek();  // the next byte, or -1
  absl::Status ReadQuoted(std::string& field);
  absl::Status ReadPlain(std::string& field);
  absl::Status CheckLimit(const std::string& field) const;
  absl::Status SkipMark();
  absl::Status Error(absl::string_view what) const;

  ByteSource* const source_;
  const char separator_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
  bool is_started_ = false;
};

// One record with its line end; fields are quoted where they have to be.
std::string RenderCsvRecord(const std::vector<std::string>& fields);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_CSV_H_
