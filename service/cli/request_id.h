#ifndef LAUREL_SERVICE_CLI_REQUEST_ID_H_
#define LAUREL_SERVICE_CLI_REQUEST_ID_H_

#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"

namespace laurel::cli {

// A UUIDv7 (RFC 9562): the millisecond in front, so that ids made later sort later, then random
// bits.
std::string NewRequestId(Timestamp now);

// Natural key of a receipt as text: program and the parts of the receipt.
struct ImportKey {
  std::string program;
  std::string store;
  std::string terminal;
  std::string business_on;
  std::string number;
};
// Ids of an import: the same row gives the same id on every machine and in every run, so that
// importing a file again adds nothing. They hold nothing about the member. `purpose` tells the
// writes for one row apart; `attempt`, from 1, is raised by people who want the server to decide
// refused rows anew.
std::string ImportRequestId(absl::string_view purpose, const ImportKey& key, int attempt);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_REQUEST_ID_H_
