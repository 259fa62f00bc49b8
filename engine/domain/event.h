#ifndef LAUREL_ENGINE_DOMAIN_EVENT_H_
#define LAUREL_ENGINE_DOMAIN_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/values.h"

// What happened, past tense, results only: whoever folds an event next year needs no rule, no rate
// and no calendar. Balances move by an entry's postings and lots by its lot moves; events say the
// rest.
namespace laurel {

struct MemberEnrolled {
  Channel channel = Channel::kNone;
  PlaceId store;
  std::string tier;  // the base tier
};
struct IdentityLinked {
  IdentityKind kind = IdentityKind::kCard;
  IdentityHash hash{};
};
struct IdentityUnlinked {
  IdentityKind kind = IdentityKind::kCard;
  IdentityHash hash{};
};
// The entry's other member, whom the identity named, no longer has it; its member has.
struct IdentityMoved {
  IdentityKind kind = IdentityKind::kCard;
  IdentityHash hash{};
  ReasonCode reason;
};
// The entry's other member has been merged into its member. Lots keep their keys, so that each
// remains known as that of the member it came from; the postings say what balances moved.
struct MembersMerged {
  bool takes_tier = false;  // the survivor's tier is that of the merged one from then on
  ReasonCode reason;
};
// A merge has been undone: of the entry's other member into its member. The lots that were the
// merged one's are its own again, with what is left of them, and the survivor's tier is what it was
// before.
struct MembersUnmerged {
  std::uint64_t merge = 0;  // sequence of its entry
  Timestamp lots_due_at;    // of the other member, as LotsDue
  ReasonCode reason;
};
// Spent points came back as a lot of their own: the lot that they were spent from belongs to
// somebody else by now, or they outlive it.
struct PointsRestored {
  LotKey from;
  LotId lot;
  PointTypeId type;
  std::int64_t amount = 0;           // > 0
  std::int64_t covered_arrears = 0;  // of amount: went to arrears and not into the lot
  Timestamp activates_at;            // inclusive
  Timestamp expires_at;              // exclusive
  // As PointsAwarded, with whoever has them now; Never: nothing moves their end.
  Timestamp idle_ends_at = Timestamp::Never();
};
// The entry's member has given points to its other member: so many, of which a fee did not arrive.
struct PointsTransferred {
  PointTypeId type;
  std::int64_t amount = 0;
  std::int64_t fee = 0;   // of it
  std::string reference;  // may be empty
  Timestamp lots_due_at;  // of the other member, as LotsDue
};
// What arrived of one lot, or, as one lot under today's rule, of all: opens a lot of the other
// member.
struct PiecePassed {
  LotKey from;  // the first one it came from
  LotId lot;
  std::int64_t amount = 0;           // > 0
  std::int64_t covered_arrears = 0;  // of amount: went to arrears and not into the lot
  std::string funding;
  Timestamp activates_at;  // inclusive
  Timestamp expires_at;    // exclusive
  // As PointsAwarded, with the other member, whose end of the type it is from then on.
  Timestamp idle_ends_at = Timestamp::Never();
};
struct MemberStateChanged {
  MemberState from = MemberState::kActive;
  MemberState to = MemberState::kActive;
};

// Facts about a member were told, each in the place of what was told before, or taken back.
struct MemberAttributesSet {
  std::vector<MemberAttribute> set;
  std::vector<std::string> cleared;  // ids
};

struct PurchaseAccrued {
  ReceiptKey receipt;
  Channel channel = Channel::kNone;
  std::int64_t total = 0;         // minor units of the program's currency
  std::int64_t eligible_net = 0;  // of it, what counted for rules and metrics
  std::vector<PurchaseLine> lines;
  std::vector<Tender> tenders;
  TerminalRow row = {};
  std::uint64_t corrects = 0;  // entry of the purchase in whose place it is; 0: none
  std::int64_t offered = 0;    // points that were put in; PointsRedeemed says how many paid
  PaidBound bound = PaidBound::kNone;
  std::uint32_t awaited = 0;  // returns that had come before it, and follow now
};

// A guest's receipt was taken, as a sale of nobody's: it awards nothing until it is claimed.
struct ReceiptKept {
  PurchaseAccrued sale;  // of which nothing counts yet
};
// The purchase that the entry takes was kept before.
struct ReceiptClaimed {
  std::uint64_t kept = 0;  // sequence of its entry
};

// The member of the purchase that the entry takes was enrolled for it, by the same call.
struct EnrolledForPurchase {
  std::uint64_t enrolment = 0;  // sequence of its entry
};

// Something else that a member did.
struct ActivityAccrued {
  std::string type;
  std::string reference;  // may be empty
  Channel channel = Channel::kNone;
  PlaceId store;  // may be empty
  std::vector<AttributeValue> attributes;
};

// What the rules read beside the activity itself, as it was then: whoever decides the activity
// again needs nothing else. Indexes are those of the revision that decided.
struct EvidenceKept {
  struct CounterRead {
    std::uint32_t counter = 0;
    std::string by;
    std::int64_t used = 0;
    friend bool operator==(const CounterRead&, const CounterRead&) = default;
  };
  struct CarryRead {
    std::uint32_t rule = 0;
    std::int64_t micros = 0;
    friend bool operator==(const CarryRead&, const CarryRead&) = default;
  };
  struct MetricRead {
    std::uint32_t metric = 0;
    std::int64_t value = 0;
    friend bool operator==(const MetricRead&, const MetricRead&) = default;
  };
  MemberState state = MemberState::kActive;
  std::string tier;      // shown at the activity's instant; empty: the base tier
  Timestamp tier_since;  // zero where nothing reads it, as all that follows
  std::string earned;    // the tier that is judged; empty: the base tier
  Timestamp earned_since;
  Timestamp enrolled_at;
  std::vector<std::optional<std::int64_t>> metrics;  // before the activity; empty if none are read
  std::vector<std::int64_t> available;               // by point type; empty if none are read
  std::vector<std::int64_t> pending;
  std::vector<CounterRead> counters;  // that were asked for
  std::vector<CarryRead> carries;     // that are not 0
  std::vector<std::uint32_t> paused_rules;
  // With the activity, of metrics that cannot be added up; empty if no threshold can be crossed
  // within a basket.
  std::vector<MetricRead> metrics_after = {};
  std::vector<AttributeValue> attributes = {};  // of the member, that were told and may be read
  friend bool operator==(const EvidenceKept&, const EvidenceKept&) = default;
};

// Something was used up of a limit, a cap, a budget or a source, or given back; or millionths of a
// point were carried over.
struct CounterMoved {
  bool is_of_member = true;  // else of the program
  std::string name;          // as CounterKey
  std::string by;
  Date start;  // of the counter's window
  std::int64_t delta = 0;
};

// How something counts for a metric.
enum class MetricCounting : std::uint8_t {
  kAmount = 0,    // it adds up
  kLargest = 1,   // it is one of the values of which the largest counts
  kDistinct = 2,  // it is one of the values that are counted if they differ
};
// An activity counts for a metric that the sums by month do not hold anyway, on the entry's day or,
// for a return, on that of the purchase.
struct MetricCounted {
  std::string metric;
  std::int64_t delta = 0;  // an amount; of values, how many activities more have this one
  MetricCounting counting = MetricCounting::kAmount;
  std::int64_t value = 0;  // an amount, or what stands for a text
  // Whether two of them can be added.
  bool IsLike(const MetricCounted& other) const {
    return metric == other.metric && counting == other.counting && value == other.value;
  }
};

// A rule granted points. Opens one lot; the entry's lot move says in which bucket.
struct PointsAwarded {
  LotId lot;
  PointTypeId type;
  std::uint32_t type_index = 0;      // in the program's list, which never changes
  std::int64_t amount = 0;           // > 0
  std::int64_t covered_arrears = 0;  // of amount: went to arrears and not into the lot
  std::string rule;
  std::string funding;
  Timestamp activates_at;  // inclusive; Never while it waits
  Timestamp expires_at;    // exclusive; Never sorts last
  Awaiting awaits = Awaiting::kNothing;
  // Exclusive: where the lot ends as of now if the member does nothing for long; Never: it does
  // not.
  Timestamp idle_ends_at = Timestamp::Never();
};
// All lots of a type that end when the member does nothing for long now end at another instant.
struct IdleEndMoved {
  PointTypeId type;
  std::optional<Date> acted_on;  // by an own act of that day; empty: points came without one
  Timestamp ends_at;             // exclusive
};

// A pending lot reached its instant. Its move between the buckets is the entry's.
struct LotActivated {
  LotKey lot;
  std::int64_t amount = 0;
  std::int64_t covered_arrears = 0;  // of amount: went to arrears and not into the lot
};

// Somebody settled pending points of an accrual, line by line or all of them.
struct AccrualSettled {
  std::uint64_t accrual = 0;          // sequence of its entry
  std::optional<ReceiptKey> receipt;  // of a purchase
  std::vector<std::int32_t> lines;    // of the receipt, that were settled
};
// Some of a pending lot became available by that, as a lot of its own: it ends as of then.
struct PointsSettled {
  LotKey from;
  LotId lot;
  PointTypeId type;
  std::int64_t amount = 0;                      // > 0
  std::int64_t covered_arrears = 0;             // of amount: went to arrears and not into the lot
  Timestamp activates_at;                       // inclusive
  Timestamp expires_at;                         // exclusive
  Timestamp idle_ends_at = Timestamp::Never();  // as PointsAwarded
};
// Somebody cancelled pending points of an accrual; PointsTakenBack says how many of which lot.
struct AccrualCancelled {
  std::uint64_t accrual = 0;          // as AccrualSettled
  std::optional<ReceiptKey> receipt;  // likewise
  std::vector<std::int32_t> lines;    // likewise
  Date accrued_on;                    // where metrics are corrected
  ReasonCode reason;
};

struct ReturnedLine {
  std::int32_t line = 0;
  std::int64_t quantity_micros = 0;
  std::int64_t net = 0;  // minor units taken off the line
};
struct PurchaseReturned {
  ReceiptKey receipt;
  ReceiptKey original;
  std::uint64_t original_sequence = 0;
  Date original_on;               // local day of the purchase: where metrics are corrected
  std::int64_t eligible_net = 0;  // taken off what counted
  bool is_whole = false;          // nothing of the purchase is left
  std::vector<ReturnedLine> lines;
  TerminalRow row = {};
  std::uint64_t kept = 0;  // entry that had kept the return until its purchase came; 0: none
};
// Goods of a purchase came back that has not arrived yet: kept until it does.
struct ReturnUnmatched {
  ReceiptKey receipt;
  ReceiptKey original;
  std::vector<ReturnLine> lines;  // empty: all of it
  TerminalRow row = {};
};
// A row of a terminal arrived and was refused.
struct RowRefused {
  PlaceId store;
  PlaceId terminal;
  std::int64_t number = 0;  // 0: it may come again, and only its clock was seen
  // When it says that it occurred, of one that came online.
  std::optional<Timestamp> told_at = {};
};
// What a return, or who cancelled pending points, took back of one award. taken_own + taken_other +
// arrears + shortfall + gone = amount.
struct PointsTakenBack {
  LotId lot;  // of the award
  PointTypeId type;
  std::uint32_t type_index = 0;
  std::int64_t amount = 0;     // due back
  std::int64_t arrears = 0;    // of it, by letting available go below zero
  std::int64_t shortfall = 0;  // of it, not recovered
  std::int64_t gone = 0;       // of it, had expired already
  std::string rule;
};

struct PointsRedeemed {
  PointTypeId type;
  std::int64_t amount = 0;
  std::string reference;
  std::optional<ReceiptKey> purchase = {};  // that was paid
  std::uint32_t first_move = 0;             // index of its first lot move in the entry
};
struct RedemptionReversed {
  std::uint64_t redemption = 0;  // sequence of the redemption's entry
  PointTypeId type;
  std::int64_t amount = 0;
};
struct LotExpired {
  LotKey lot;
  std::int64_t amount = 0;
};

// Points were reserved, until `lapses_at` (exclusive). The entry's moves into the held bucket say
// of which lots; its sequence names the hold.
struct HoldPlaced {
  PointTypeId type;
  std::int64_t amount = 0;
  Timestamp lapses_at;
  std::string reference;  // may be empty
};
// Points of a hold were spent: the first of what it holds, as PointsRedeemed of the entry says.
struct HoldCaptured {
  std::uint64_t hold = 0;  // sequence of its entry
  std::int64_t amount = 0;
  std::int64_t total = 0;  // captured so far
};
// A hold is over; what was left of it is free again.
struct HoldEnded {
  std::uint64_t hold = 0;
  HoldState state = HoldState::kVoided;  // since then
  PointTypeId type;
  std::int64_t freed = 0;
};

// Points were given or taken by hand. What is given opens one lot, in the available bucket.
struct PointsAdjusted {
  PointTypeId type;
  std::int64_t amount = 0;  // not 0; < 0: taken
  ReasonCode reason;
  std::string reference;  // may be empty
  // Of what is given:
  LotId lot = {};
  std::int64_t covered_arrears = 0;             // of amount: went to arrears and not into the lot
  Timestamp activates_at = {};                  // inclusive
  Timestamp expires_at = {};                    // exclusive
  Timestamp idle_ends_at = Timestamp::Never();  // as PointsAwarded
};

// The entry's principal wants points to be given or taken that another person has to approve of.
struct AdjustmentAsked {
  PointTypeId type;
  std::int64_t amount = 0;  // as PointsAdjusted
  ReasonCode reason;
  std::string reference;  // may be empty
  Timestamp expires_at;   // exclusive: nobody approves of it from then on
};
// The entry does what somebody else had asked for; its principal approves.
struct AskedApproved {
  std::uint64_t asked = 0;  // sequence of the entry that asked
  std::string asked_by;     // the principal of that
};
// The entry's principal refuses what somebody else has asked for.
struct AskedDeclined {
  std::uint64_t asked = 0;
  std::string asked_by;
};

// Somebody has moved the end of lots. LotRenewed says which.
struct LotsExtended {
  PointTypeId type;
  std::int64_t amount = 0;  // > 0, of all of them
  Timestamp expires_at;     // exclusive
  ReasonCode reason;
  std::string reference;  // may be empty
};
// Somebody has brought points back that had ended. LotRenewed says of which lots.
struct PointsReinstated {
  std::uint64_t expiry = 0;  // sequence of the entry in which they had
  PointTypeId type;
  std::int64_t amount = 0;  // > 0
  ReasonCode reason;
  std::string reference;  // may be empty
};
// An award of a purchase.
struct LotAward {
  ReceiptKey receipt;
  LotId lot;  // that it opened
  friend bool operator==(const LotAward&, const LotAward&) = default;
};
// What was left of a lot, or had ended of it, is a lot of its own with a later end. It lies under
// whom the other did.
struct LotRenewed {
  LotKey from;
  LotId lot;
  std::int64_t amount = 0;           // > 0
  std::int64_t covered_arrears = 0;  // of amount: went to arrears and not into the lot
  Timestamp activates_at;            // inclusive
  Timestamp expires_at;              // exclusive
  std::optional<LotAward> award =
      {};  // that brought the points; a return takes them from here, too
  static constexpr Timestamp idle_ends_at = Timestamp::Never();  // nothing moves their end
};

// Points that another system had granted. Opens one lot; the entry's lot move says in which bucket.
struct PointsImported {
  LotId lot;
  PointTypeId type;
  std::uint32_t type_index = 0;   // as PointsAwarded
  std::int64_t amount = 0;        // > 0
  std::optional<Date> counts_on;  // the civil day for whose metrics they count; empty: for none
  Timestamp activates_at;         // inclusive; of what was available, when it was awarded
  Timestamp expires_at;           // exclusive; Never sorts last
  Timestamp idle_ends_at = Timestamp::Never();        // as PointsAwarded
  static constexpr std::int64_t covered_arrears = 0;  // nobody begins with arrears
};
// Purchases of a day that another system knew: they count for metrics, and earn nothing.
struct HistoryCounted {
  Date on;
  std::int64_t spend = 0;  // minor units
  std::int64_t purchases = 0;
};

enum class TierCause : std::uint8_t {
  kUpgraded = 1,
  kRetained = 2,
  kDowngraded = 3,
  kReturned = 4,
  kRetired = 5,    // the revision in force has no such tier
  kWaiting = 6,    // its term is over, and credit that comes late may still keep it
  kSecured = 7,    // its next term follows, whatever the review will see
  kMatched = 8,    // a tier that was shown because another program gave it has been earned
  kUnmatched = 9,  // it has not, and is no longer shown
  kImported = 10,  // another system says so
  kMerged = 50,    // a member that was merged into this one had a higher one
  kUnmerged = 51,  // that merge was undone
};
// Empty for a number that is none.
absl::string_view ToString(TierCause cause);
struct TierDecided {
  TierCause cause = TierCause::kUpgraded;
  std::string from;
  std::string to;
  Timestamp since;             // of the tier `to`
  std::uint32_t term = 0;      // which term of it, from 1
  Timestamp review_at;         // first instant after the term; Never for the base tier
  std::uint32_t revision = 0;  // whose coming into force decided; 0: something else did
  // Of kDowngraded: the tier `from` is still shown until then, exclusive. Never: it is not.
  Timestamp worn_until = Timestamp::Never();
};
// Why a tier is shown besides the earned one.
enum class TierFloorKind : std::uint8_t {
  kWorn = 1,      // was lost, and is shown for some time still
  kManual = 2,    // given by hand
  kLifetime = 3,  // won for ever
  kMatch = 4,     // another program gave it
};
// A tier is shown besides the earned one, in the place of what was of that kind.
struct TierFloorSet {
  TierFloorKind kind = TierFloorKind::kManual;
  std::string tier;                      // empty: none is, any more
  Timestamp until = Timestamp::Never();  // exclusive
};
// When the member's points next need attention: lots activate or end, a hold lapses. A lower bound
// that is kept exact.
struct LotsDue {
  Timestamp due_at;
};
// Late activities keep coming: the clock alone starts no review before this instant.
struct ReviewPostponed {
  Timestamp not_before;
};

struct RevisionCreated {
  std::uint32_t number = 0;
  Hash digest{};
  std::string canonical;
};
struct RevisionActivated {
  std::uint32_t number = 0;
  Hash digest{};
  std::optional<Timestamp> scheduled_from;  // empty: in force from when it was recorded
  bool judges_members = false;  // everyone's tier is looked at, as of when it came into force
};
// Of the judgement that the revision in force since `from` brings: every member with an id up to
// `through` who was there then has been judged, and moved where the judgement says so.
struct MembersJudged {
  Timestamp from;
  std::uint64_t through = 0;
  bool is_finished = false;  // everyone has
};
// The entry's principal approves of a revision.
struct RevisionApproved {
  std::uint32_t number = 0;
  Hash digest{};
  bool is_final = false;        // nobody else is needed: the revision is APPROVED
  std::string simulation = {};  // id of the one that the entry's principal has read; may be empty
};
// The entry's principal has read warnings about a revision, and wants it all the same.
struct WarningsAcknowledged {
  std::uint32_t number = 0;
  Hash digest{};
  std::vector<std::string> warnings;  // ascending
};
struct RevisionScheduled {
  std::uint32_t number = 0;
  Hash digest{};
  Timestamp from;
};
struct ScheduleCancelled {
  std::uint32_t number = 0;
  Timestamp from;
  RevisionState to = RevisionState::kApproved;  // state of the revision afterwards
};
struct RulePaused {
  std::string rule;
};
// The entry's principal wants a paused rule to award again.
struct RuleResumed {
  std::string rule;
  bool is_final = false;  // nobody else is needed: it does
};

using Event =
    std::variant<MemberEnrolled, IdentityLinked, IdentityUnlinked, MemberStateChanged,
                 PurchaseAccrued, PointsAwarded, PurchaseReturned, PointsTakenBack, PointsRedeemed,
                 RedemptionReversed, LotExpired, TierDecided, LotsDue, ReviewPostponed,
                 RevisionCreated, RevisionActivated, EvidenceKept, CounterMoved, MetricCounted,
                 RevisionApproved, RevisionScheduled, ScheduleCancelled, RulePaused, RuleResumed,
                 ActivityAccrued, MembersJudged, PointsAdjusted, LotActivated, AccrualSettled,
                 PointsSettled, AccrualCancelled, HoldPlaced, HoldCaptured, HoldEnded,
                 WarningsAcknowledged, TierFloorSet, MemberAttributesSet, IdleEndMoved,
                 IdentityMoved, MembersMerged, MembersUnmerged, PointsRestored, PointsTransferred,
                 PiecePassed, ReceiptKept, ReceiptClaimed, PointsImported, HistoryCounted,
                 ReturnUnmatched, RowRefused, EnrolledForPurchase, AdjustmentAsked, AskedApproved,
                 AskedDeclined, LotsExtended, PointsReinstated, LotRenewed>;

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_EVENT_H_
