#ifndef LAUREL_SERVICE_CLI_IMPORT_ROW_H_
#define LAUREL_SERVICE_CLI_IMPORT_ROW_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "laurel/v1/points_service.pb.h"
#include "service/cli/mapping.h"
#include "service/cli/refusal.h"
#include "service/cli/request_id.h"

namespace laurel::cli {

// Why one row was not taken; a line of the reject file.
struct Reject {
  std::string field;   // column or field; several are separated by a space
  std::string reason;  // INVALID_FIELD, or the server's
  std::string message;
};

// A row as it was in the file.
struct SourceRow {
  std::uint64_t number = 0;  // records after the header, from 1
  std::vector<std::string> fields;
};

// A purchase of the file on its way to the server.
struct ImportItem {
  std::vector<SourceRow> rows;  // one, or one for each of its lines
  v1::AccruePurchaseRequest request;
  std::string enrol_request_id;
};

struct RowOptions {
  std::string program;   // programs/{program}
  std::string currency;  // of the program; for rows without one
  absl::TimeZone zone;
  v1::Channel channel = v1::CHANNEL_WEB;  // where no template says otherwise
  int attempt = 1;
};

// Turns a row into a request, or into everything that is wrong with it. A row that is a line makes
// a purchase of this line alone. Pure.
std::variant<ImportItem, Reject> ToImportItem(const BoundMapping& mapping,
                                              const RowOptions& options, SourceRow row);

// Puts the lines of a receipt together: rows that follow each other and name the same one. Each row
// of a file whose rows are whole purchases is passed on as it is.
class ReceiptJoiner {
 public:
  using OnItem = std::function<bool(ImportItem item)>;  // false: no more are wanted
  using OnReject = std::function<void(const SourceRow& row, const Reject& reject)>;

  // `mapping` must outlive it.
  ReceiptJoiner(const BoundMapping& mapping, RowOptions options, OnItem on_item, OnReject on_reject)
      : mapping_(mapping),
        options_(std::move(options)),
        on_item_(std::move(on_item)),
        on_reject_(std::move(on_reject)) {}

  // False once no more are wanted.
  bool Add(SourceRow row);
  // Passes on what is waiting.
  bool Finish();

 private:
  // A receipt of which a line is missing would have another total: none of its lines is taken.
  void RejectRest(std::vector<SourceRow> rows) const;

  const BoundMapping& mapping_;
  const RowOptions options_;
  const OnItem on_item_;
  const OnReject on_reject_;
  std::string receipt_;  // whose lines are being put together
  std::optional<ImportItem> waiting_;
  std::optional<std::uint64_t> bad_row_;  // of the receipt
};

// The reject of a row that the server refused: fields of the API are called by their columns.
Reject ToReject(const BoundMapping& mapping, const Refusal& refusal);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_IMPORT_ROW_H_
