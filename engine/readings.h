#ifndef LAUREL_ENGINE_READINGS_H_
#define LAUREL_ENGINE_READINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"

// Readings of the ledger for finance: trial balance and double-entry rows.
namespace laurel {

// Finance's signs: opening and closing are debit-positive, debits and credits are unsigned sums.
struct TrialBalanceRow {
  std::string account;  // class: member/available, issuance/base
  PointTypeId type;
  std::int64_t opening = 0;
  std::int64_t debits = 0;
  std::int64_t credits = 0;
  std::int64_t closing = 0;
};
// One row per account class and point type, ordered by account, then type; what lies before `from`
// is in the openings, what lies on or after `until` is left out. Dates are effective dates.
// Closings sum to zero by point type.
absl::StatusOr<std::vector<TrialBalanceRow>> TrialBalance(ReadView& view, const ProgramId& program,
                                                          std::optional<Date> from,
                                                          std::optional<Date> until);

// The member's tier as it was at an instant of the past (or as it will be at one ahead, if nothing
// happens): from the history of changes and, after the last of them, the reviews due by then.
// Progress is that of the metrics as of the instant's day. DATA_LOSS if something cannot be read.
absl::StatusOr<TierView> TierAsOf(ReadView& view, MemberId member, const rules::Rulebook& rulebook,
                                  Timestamp instant);

// The columns of journal.csv, with a newline.
std::string PostingsCsvHeader();
// One row per posting of the entry, each with a newline; empty where there are none. Debits and
// credits are unsigned: a credit arrives in the account. No cell can be taken for a formula or
// needs quoting.
std::string PostingsCsvRows(const Entry& entry, const Hash& leaf,
                            absl::FunctionRef<std::string(MemberId)> member_name);

// Calls `visit` with members, of any program, in the order of their ids from the first one above
// `after` on, until it returns false. One search a member, however much lies between them.
// DATA_LOSS at a row that is none.
absl::Status ForMembers(const ReadView& view, std::uint64_t after,
                        absl::FunctionRef<bool(MemberId)> visit);

// Calls `visit` with each stored entry of [from, until) in order until it returns false. `until` is
// cut to what the view holds. DATA_LOSS at a gap or at bytes that are no entry.
absl::Status ForEntries(const ReadView& view, std::uint64_t from, std::uint64_t until,
                        absl::FunctionRef<bool(const Entry& entry, absl::string_view bytes)> visit);

}  // namespace laurel

#endif  // LAUREL_ENGINE_READINGS_H_
