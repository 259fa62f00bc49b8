#include "engine/readings.h"

#include <map>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "engine/domain/metrics.h"
#include "engine/domain/tier_course.h"
#include "engine/domain/tiers.h"
#include "engine/journal/entry_codec.h"
#include "engine/store/key.h"
#include "engine/store/record.h"

namespace laurel {

absl::StatusOr<std::vector<TrialBalanceRow>> TrialBalance(ReadView& view, const ProgramId& program,
                                                          std::optional<Date> from,
                                                          std::optional<Date> until) {
  std::map<std::pair<std::string, PointTypeId>, TrialBalanceRow> rows;
  const KeyRange range = TotalRange(view.partition(), program);
  absl::Status damage;
  const absl::Status scanned = view.snapshot().Scan(
      Space::kTotals, range.begin, range.end, ScanOptions{},
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<TotalKey> decoded = DecodeTotalKey(key);
        Total total;
        if (!decoded.ok() || !DecodeRecord(value, total)) {
          damage = absl::DataLossError(
              absl::StrCat(DescribeKey(Space::kTotals, key), ": must be well formed, was not"));
          return false;
        }
        if (until && decoded->day >= *until) return true;
        const std::string account = AccountName(decoded->account, decoded->detail);
        TrialBalanceRow& row = rows[{account, decoded->type}];
        row.account = account;
        row.type = decoded->type;
        if (from && decoded->day < *from) {
          row.opening += total.debit - total.credit;
        } else {
          row.debits += total.debit;
          row.credits += total.credit;
        }
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  std::vector<TrialBalanceRow> result;
  for (auto& [key, row] : rows) {
    row.closing = row.opening + row.debits - row.credits;
    result.push_back(std::move(row));
  }
  return result;
}

namespace {

// When the member was enrolled, as the caller reported it: the member's first entry knows.
absl::StatusOr<Timestamp> EnrolmentOccurredAt(ReadView& view, MemberId id) {
  const KeyRange range = MemberEntryRange(view.partition(), id);
  std::uint64_t first = 0;
  RETURN_IF_ERROR(view.snapshot().Scan(
      Space::kMembers, range.begin, range.end, ScanOptions{.limit = 1},
      [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<std::uint64_t> sequence = DecodeTrailingSequence(key);
        if (sequence.ok()) first = *sequence;
        return true;
      }));
  const std::shared_ptr<const Entry> entry = view.state().FindEntry(first);
  if (entry == nullptr) return absl::DataLossError("member: must have an entry, had none");
  return entry->occurred_at;
}

}  // namespace

absl::StatusOr<TierView> TierAsOf(ReadView& view, MemberId id, const rules::Rulebook& rulebook,
                                  Timestamp instant) {
  State& state = view.state();
  const Member* member = state.members.Find(MemberKey{id});
  if (member == nullptr)
    return view.status().ok() ? absl::NotFoundError("member: must exist") : view.status();
  const MemberStanding standing(state, id, rulebook);
  MemberTier tier = member->tier;
  if (instant >= tier.since) {
    // The past has no imports that go on.
    tier = TierCourse(state, id, *view.rulebooks()).After(tier, TierDue{instant, instant});
  } else {
    ASSIGN_OR_RETURN(const Timestamp enrolled_at, EnrolmentOccurredAt(view, id));
    tier = MemberTier{};
    tier.since = enrolled_at;
    tier.floors = member->tier.floors;
    for (const TierChangeMark& change : state.TierChangesOf(id)) {
      if (tier.tier.empty()) tier.tier = change.from;
      if (change.since > instant) continue;  // in the order of the journal: the last one counts
      tier.tier = change.to;
      tier.since = change.since;
    }
    RETURN_IF_ERROR(view.status());
  }
  const MetricValues metrics = standing.MetricsAsOf(tier, rulebook.LocalDate(instant));
  RETURN_IF_ERROR(view.status());
  return standing.ViewOf(tier, metrics, instant);
}

namespace {

std::optional<Bucket> BucketOf(AccountClass account) {
  switch (account) {
    case AccountClass::kMemberAvailable:
      return Bucket::kAvailable;
    case AccountClass::kMemberPending:
      return Bucket::kPending;
    case AccountClass::kMemberHeld:
      return Bucket::kHeld;
    default:
      return std::nullopt;
  }
}

MemberId HolderOf(const Posting& posting, const Entry& entry) {
  return posting.member.value_or(*entry.member);
}
// A lot that was merged with its member is by now the entry's member's.
MemberId HolderOf(const LotMove& move, const Entry& entry) {
  return entry.other && move.lot.member == *entry.other ? *entry.other : *entry.member;
}

// What the columns of an entry have in common for all of its postings.
struct EntryColumns {
  ReceiptKey receipt;
  bool has_receipt = false;
  std::string undoes;
  std::string rules;
};

EntryColumns ColumnsOf(const Entry& entry) {
  EntryColumns columns;
  std::vector<std::string> rules;
  for (const Event& event : entry.events) {
    if (const auto* accrued = std::get_if<PurchaseAccrued>(&event)) {
      columns.receipt = accrued->receipt;
      columns.has_receipt = true;
    } else if (const auto* returned = std::get_if<PurchaseReturned>(&event)) {
      columns.receipt = returned->receipt;
      columns.has_receipt = true;
      columns.undoes = absl::StrCat(entry.partition, "-", returned->original_sequence);
    } else if (const auto* reversed = std::get_if<RedemptionReversed>(&event)) {
      columns.undoes = absl::StrCat(entry.partition, "-", reversed->redemption);
    } else if (const auto* cancelled = std::get_if<AccrualCancelled>(&event)) {
      columns.undoes = absl::StrCat(entry.partition, "-", cancelled->accrual);
    } else if (const auto* award = std::get_if<PointsAwarded>(&event)) {
      rules.push_back(award->rule);
    } else if (const auto* taken = std::get_if<PointsTakenBack>(&event)) {
      rules.push_back(taken->rule);
    }
  }
  columns.rules = absl::StrJoin(rules, " ");
  return columns;
}

}  // namespace

std::string PostingsCsvHeader() {
  return "partition,sequence,posting,kind,effective_date,occurred_at,recorded_at,program,point_"
         "type,account,member,"
         "debit,credit,lots,funding_source,store,terminal,business_date,receipt,undoes,revision,"
         "rules,request_id,actor,"
         "leaf_hash\n";
}

std::string PostingsCsvRows(const Entry& entry, const Hash& leaf,
                            absl::FunctionRef<std::string(MemberId)> member_name) {
  std::string rows;
  if (entry.postings.empty()) return rows;
  const EntryColumns columns = ColumnsOf(entry);
  int number = 0;
  for (const Posting& posting : entry.postings) {
    ++number;
    std::vector<std::string> lots;
    if (const std::optional<Bucket> bucket = BucketOf(posting.account)) {
      for (const LotMove& move : entry.lot_moves) {
        if (HolderOf(move, entry) != HolderOf(posting, entry)) continue;
        if (move.bucket == *bucket && move.lot.type == posting.type) {
          lots.push_back(absl::StrCat(ToString(move.lot.id), ":", move.delta));
        }
      }
    }
    const std::string funding = posting.account == AccountClass::kIssuance ? posting.detail : "";
    absl::StrAppend(&rows, entry.partition, ",", entry.sequence, ",", number, ",",
                    ToString(entry.kind), ",", ToString(*entry.effective_on), ",",
                    ToString(entry.occurred_at), ",", ToString(entry.recorded_at), ",");
    absl::StrAppend(
        &rows, entry.program.str(), ",", posting.type.str(), ",",
        AccountName(posting.account, posting.detail), ",",
        IsMemberAccount(posting.account) && entry.member ? member_name(HolderOf(posting, entry))
                                                         : "",
        ",", posting.amount < 0 ? -posting.amount : 0, ",", posting.amount > 0 ? posting.amount : 0,
        ",", absl::StrJoin(lots, " "), ",", funding, ",");
    if (columns.has_receipt) {
      absl::StrAppend(&rows, columns.receipt.store.str(), ",", columns.receipt.terminal.str(), ",",
                      ToString(columns.receipt.business_on), ",", columns.receipt.number.str(),
                      ",");
    } else {
      absl::StrAppend(&rows, ",,,,");
    }
    absl::StrAppend(&rows, columns.undoes, ",",
                    entry.revision ? ToHex(*entry.revision).substr(0, 16) : "", ",", columns.rules,
                    ",", entry.request.str(), ",", entry.principal, ",", ToHex(leaf), "\n");
  }
  return rows;
}

absl::Status ForMembers(const ReadView& view, std::uint64_t after,
                        absl::FunctionRef<bool(MemberId)> visit) {
  while (true) {
    const KeyRange range = MembersAfter(view.partition(), after);
    std::optional<absl::StatusOr<MemberId>> next;
    RETURN_IF_ERROR(view.snapshot().Scan(Space::kMembers, range.begin, range.end,
                                         ScanOptions{.limit = 1},
                                         [&](absl::string_view key, absl::string_view) {
                                           next = DecodeMember(key);
                                           return true;
                                         }));
    if (!next) return absl::OkStatus();
    RETURN_IF_ERROR(next->status());
    if (!visit(**next)) return absl::OkStatus();
    after = (*next)->raw();
  }
}

absl::Status ForEntries(
    const ReadView& view, std::uint64_t from, std::uint64_t until,
    absl::FunctionRef<bool(const Entry& entry, absl::string_view bytes)> visit) {
  std::uint64_t expected = std::max<std::uint64_t>(from, 1);
  const std::uint64_t end = std::min(until, view.sequence() + 1);
  if (expected >= end) return absl::OkStatus();
  const KeyRange range = JournalRange(view.partition(), expected, end);
  absl::Status damage;
  bool is_stopped = false;
  const absl::Status scanned =
      view.snapshot().Scan(Space::kJournal, range.begin, range.end, ScanOptions{},
                           [&](absl::string_view, absl::string_view bytes) {
                             const absl::StatusOr<Entry> entry = DecodeEntry(bytes);
                             if (!entry.ok()) {
                               damage = absl::DataLossError(absl::StrCat(
                                   "sequence ", expected, ": ", entry.status().message()));
                               return false;
                             }
                             if (entry->sequence != expected) {
                               damage = absl::DataLossError(absl::StrCat(
                                   "sequence ", expected, ": must be stored, was missing"));
                               return false;
                             }
                             ++expected;
                             is_stopped = !visit(*entry, bytes);
                             return !is_stopped;
                           });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  if (!is_stopped && expected != end) {
    return absl::DataLossError(
        absl::StrCat("sequence ", expected, ": must be stored, was missing"));
  }
  return absl::OkStatus();
}

}  // namespace laurel
