#ifndef LAUREL_SERVICE_CLI_IMPORT_ROW_H_
#define LAUREL_SERVICE_CLI_IMPORT_ROW_H_

#include <cstdint>
#include <string>
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

// One row of a purchase file on its way to the server.
struct ImportItem {
  std::uint64_t row = 0;            // records after the header, from 1
  std::vector<std::string> fields;  // as they were in the file
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

// Turns a row into a request, or into everything that is wrong with it. Pure.
std::variant<ImportItem, Reject> ToImportItem(const BoundMapping& mapping,
                                              const RowOptions& options, std::uint64_t row,
                                              std::vector<std::string> fields);

// The reject of a row that the server refused: fields of the API are called by their columns.
Reject ToReject(const BoundMapping& mapping, const Refusal& refusal);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_IMPORT_ROW_H_
