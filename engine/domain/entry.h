#ifndef LAUREL_ENGINE_DOMAIN_ENTRY_H_
#define LAUREL_ENGINE_DOMAIN_ENTRY_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/rejection.h"
#include "engine/domain/values.h"

namespace laurel {

// Numbers are persisted and frozen.
enum class EntryKind : std::uint8_t {
  kRefused = 1,
  kMemberEnrolled = 2,
  kIdentityLinked = 3,
  kIdentityUnlinked = 4,
  kMemberSuspended = 5,
  kMemberReactivated = 6,
  kMemberClosed = 7,
  kAccrue = 8,
  kReturn = 9,
  kRedeem = 10,
  kReverseRedemption = 11,
  kExpire = 12,
  kTierReview = 13,
  kProgramCreated = 14,
  kRevisionCreated = 15,
  kRevisionActivated = 16,
  kRevisionApproved = 17,
  kRevisionScheduled = 18,
  kScheduleCancelled = 19,
  kRulePaused = 20,
  kRuleResumed = 21,
  kActivity = 22,
  kTierJudged = 23,
  kMembersJudged = 24,
  kAdjust = 25,
  kActivate = 26,  // lots became available by the clock
  kSettle = 27,
  kCancelPending = 28,
  kHold = 29,
  kCapture = 30,
  kVoidHold = 31,
  kHoldLapsed = 32,
  kReturnUnmatched = 33,
  kExchange = 34,  // one receipt that sells and takes back
  kCorrect = 35,   // the right purchase in the place of a wrong one
  kWarningsAcknowledged = 40,
  kTierFloorSet = 41,
  kMemberAttributesSet = 42,
  kAdjustmentAsked = 44,  // another person has to approve of it
  kAskedDeclined = 45,
  kLotsExtended = 47,
  kPointsReinstated = 48,
  kMembersMerged = 50,
  kMembersUnmerged = 51,
  kIdentityMoved = 52,
  kTransfer = 53,
  kReceiptKept = 54,
  kMemberImported = 60,
};
inline constexpr EntryKind kEntryKindLast = EntryKind::kMemberImported;
absl::string_view ToString(EntryKind kind);  // accrue; empty for a number that is none

// Credit-positive: + means points arrive in the account. The postings of an entry sum to zero by
// point type.
struct Posting {
  AccountClass account = AccountClass::kMemberAvailable;
  std::string detail;  // "base" of issuance/base; empty for a member's accounts
  PointTypeId type;
  std::int64_t amount = 0;
  // Whose account, where it is the entry's other member's; empty: that of the entry's member.
  std::optional<MemberId> member = {};
};
struct LotMove {
  LotKey lot;
  Bucket bucket = Bucket::kAvailable;
  std::int64_t delta = 0;
};

struct Balance {
  PointTypeId type;
  std::int64_t available = 0;  // negative: arrears
  std::int64_t pending = 0;
  std::int64_t held = 0;
  friend bool operator==(const Balance&, const Balance&) = default;
};

// How far one threshold of the next tier is away.
struct ProgressLine {
  std::string metric;
  std::int64_t have = 0;
  std::int64_t need = 0;
};
struct TierView {
  std::string tier;
  Timestamp since;
  Timestamp review_at = Timestamp::Never();
  std::string next;                    // empty at the top
  std::vector<ProgressLine> progress;  // of the nearest alternative of `next`
};

// What the reply is built from, besides the events: so that a replayed reply is the same bytes.
struct Outcome {
  std::optional<Rejected> rejected;
  std::vector<Balance> balances;        // of the member after the entry
  std::vector<Balance> other_balances;  // of the other member, where it is still one
  std::optional<TierView> tier;
};

// One immutable record of the journal.
struct Entry {
  PartitionId partition = 0;
  std::uint64_t sequence = 0;  // from 1, dense; leaf index + 1
  Hash previous_leaf{};
  Timestamp recorded_at;
  Timestamp occurred_at;
  ProgramId program;
  std::optional<MemberId> member;
  std::optional<MemberId> other;  // another one whom the entry concerns, too
  EntryKind kind = EntryKind::kRefused;
  Method method = Method::kAdvanceMember;
  RequestId request;
  std::string principal;
  Role role = Role::kNone;  // of the principal
  Hash fingerprint{};
  std::optional<Hash> revision;  // digest of the revision that decided
  std::optional<Date>
      effective_on;  // civil day in the program's zone to which postings and metrics belong
  std::vector<Event> events;
  std::vector<Posting> postings;
  std::vector<LotMove> lot_moves;
  Outcome outcome;

  template <class E>
  const E* FindEvent() const {
    for (const Event& event : events) {
      if (const E* found = std::get_if<E>(&event)) return found;
    }
    return nullptr;
  }
};

// Of an entry that makes a member: what another system says, else when it was recorded.
inline Timestamp EnrolledAt(const Entry& entry) {
  return entry.kind == EntryKind::kMemberImported ? entry.occurred_at : entry.recorded_at;
}

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_ENTRY_H_
