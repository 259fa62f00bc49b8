#ifndef LAUREL_SERVICE_CLI_MEMBER_FILE_H_
#define LAUREL_SERVICE_CLI_MEMBER_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "laurel/v1/member_service.pb.h"
#include "service/cli/import_row.h"
#include "service/cli/input.h"
#include "service/cli/session.h"

// Members of another system as CSV files with fixed columns, joined by the other system's own id:
//
//   members   id, then any of card, phone, email, app … (kinds of identity), enrolled_at, channel,
//             store, tier, tier_since, tier_review_at
//   lots      id, amount, awarded_at, then any of point_type, available_at, expires_at
//   history   id, date, then any of spend, purchases; days in any order
//
// An instant is RFC 3339, or a date or a time in the program's zone: a date is its first instant.
namespace laurel::cli {

struct MemberFileOptions {
  std::string program;  // programs/{program}
  AmountStyle style;    // decimals, currency, the point type of lots that name none
  absl::TimeZone zone;  // of the program
  int attempt = 1;      // as RowOptions
};

// One member as it will be sent.
struct MemberItem {
  SourceRow row;  // of the members file
  v1::ImportMemberRequest request;
  std::map<std::string, std::int64_t> points;  // of its lots, by point type
};

// Called for a row that cannot be sent; `file` is "members", "lots" or "history".
using OnBadRow =
    absl::FunctionRef<void(const std::string& file, const std::vector<std::string>& header,
                           const SourceRow& row, const Reject& reject)>;

// Reads the three files; `lots` and `history` may be null. A member of which a lot or a day is
// wrong is left out as a whole: the points of a member come all or not at all. INVALID_ARGUMENT
// for a header with an unknown, a repeated or a missing column, else fails as the sources do.
// Holds everything in memory: about 1 KiB a member.
struct MemberFile {
  std::vector<std::string> header;  // of the members file
  std::vector<MemberItem> items;
  std::uint64_t rows = 0;  // of the members file
  std::uint64_t lots = 0;  // of `items`
};
absl::StatusOr<MemberFile> ReadMemberFile(const MemberFileOptions& options, ByteSource& members,
                                          ByteSource* lots, ByteSource* history, OnBadRow on_bad);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_MEMBER_FILE_H_
