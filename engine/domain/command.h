#ifndef LAUREL_ENGINE_DOMAIN_COMMAND_H_
#define LAUREL_ENGINE_DOMAIN_COMMAND_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/domain/values.h"

// What callers ask for, imperative and already well formed: whoever parses refuses malformed input,
// the domain refuses what does not fit the state.
namespace laurel {

// A member is named by its id or by one of its identities.
using MemberRef = std::variant<MemberId, IdentityHash>;

struct IdentityLink {
  IdentityKind kind = IdentityKind::kCard;
  IdentityHash hash{};
  friend bool operator==(const IdentityLink&, const IdentityLink&) = default;
};

// Makes a member with its identities, each of which must be free.
struct EnrollMember {
  std::vector<IdentityLink> identities;  // may be empty; at most 16, distinct
  Channel channel = Channel::kNone;
  PlaceId store;                                 // may be empty
  std::optional<Timestamp> occurred_at;          // left out: when it is recorded
  std::vector<MemberAttribute> attributes = {};  // distinct, ascending by id
};
// Takes a member over from another system, with what there is of it.
struct ImportMember {
  struct OpeningLot {
    PointTypeId type;
    std::int64_t amount = 0;  // > 0
    Timestamp awarded_at;
    std::optional<Timestamp> activates_at;      // left out: it has
    Timestamp expires_at = Timestamp::Never();  // exclusive
    friend bool operator==(const OpeningLot&, const OpeningLot&) = default;
  };
  struct HistoryDay {
    Date on;
    std::int64_t spend = 0;  // minor units, of purchases that count
    std::int64_t purchases = 0;
  };
  struct OpeningTier {
    std::string tier;
    Timestamp since;
    std::optional<Timestamp> review_at;  // first instant after the term; left out: as its age says
  };
  std::vector<IdentityLink> identities;  // as EnrollMember
  Channel channel = Channel::kNone;
  PlaceId store;                         // may be empty
  std::optional<Timestamp> enrolled_at;  // left out: when it is recorded
  std::vector<OpeningLot> lots;          // at most kImportLotsMax, the oldest first
  std::vector<HistoryDay> history;       // at most kImportDaysMax, ascending, each day once
  std::optional<OpeningTier> tier;       // left out: the base tier
};
inline constexpr std::size_t kImportLotsMax = 300;
inline constexpr std::size_t kImportDaysMax = 400;
struct LinkIdentity {
  MemberRef member;
  IdentityLink identity;
};
struct UnlinkIdentity {
  MemberRef member;
  IdentityLink identity;
};
// Moves an identity from the member that it names to another one.
struct MoveIdentity {
  IdentityLink identity;
  MemberRef from;  // whom it must name now
  MemberRef to;
  ReasonCode reason;
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
// Joins two memberships of one person: what the merged one has is the survivor's from then on, and
// its id and its identities lead there.
struct MergeMembers {
  MemberRef merged;
  MemberRef survivor;
  ReasonCode reason;
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
// Undoes the latest merge of a survivor.
struct UnmergeMembers {
  MemberId merged;  // who gets back what is left
  ReasonCode reason;
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
struct SuspendMember {
  MemberRef member;
};
struct ReactivateMember {
  MemberRef member;
};
struct CloseMember {
  MemberRef member;
};

// Points that a member puts in to pay for a part of a purchase.
struct PointsOffered {
  PointTypeId type;
  std::int64_t amount = 0;  // > 0; as many of them are taken as the program allows
};

// Awards a receipt. Lines add up to `total`, where those that come back count against it; of these
// the ones that name an original take back what it brought, in the same entry.
struct AccruePurchase {
  MemberRef member;
  ReceiptKey receipt;
  Timestamp occurred_at;
  Channel channel = Channel::kNone;
  std::string currency;             // ISO 4217
  std::int64_t total = 0;           // minor units, up to kPurchaseTotalMax; >= 0 without originals
  std::vector<PurchaseLine> lines;  // empty: one SALE line of the total
  std::vector<Tender> tenders;      // may be empty; else distinct kinds that add up to `total`
  std::optional<PointsOffered> pay = {};
  TerminalRow row = {};
  // Who is enrolled first where the member's identity leads to nobody: it is the first of the
  // identities. Says nothing of the instant, which is the sale's.
  std::optional<EnrollMember> enrol = {};
};

// Keeps a guest's receipt until a member claims it.
struct KeepReceipt {
  AccruePurchase sale;  // whose member says nothing
};
// Awards a guest's receipt to a member, as of its day.
struct ClaimReceipt {
  MemberRef member;
  ReceiptKey receipt;
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};

// Rates something else that a member did.
struct AccrueActivity {
  MemberRef member;
  std::string type;       // as the program declares it: check_in, review …
  std::string reference;  // the caller's own id of it, taken once for ever; empty: none
  Timestamp occurred_at;
  Channel channel = Channel::kNone;
  PlaceId store;                           // may be empty
  std::vector<AttributeValue> attributes;  // distinct, ascending by id
};

// Takes back what a receipt awarded, for lines and quantities or for all that is left of it. One
// that comes before its purchase is kept until that arrives.
struct ReturnPurchase {
  ReceiptKey receipt;   // of the return itself
  ReceiptKey original;  // of the purchase
  Timestamp occurred_at;
  std::vector<ReturnLine> lines;         // empty: the whole of what is left
  std::optional<MemberRef> member = {};  // whose purchase it is; left out: whoever's
  TerminalRow row = {};
  // The entry that has kept the return until now; set by the engine alone.
  std::uint64_t kept = 0;
};
// Puts the right purchase in the place of one that was posted wrong under the same receipt.
struct CorrectReceipt {
  AccruePurchase right;
};

// An accrual is named by its entry or, a purchase, by its receipt.
using AccrualRef = std::variant<std::uint64_t, ReceiptKey>;

// Makes pending points of an accrual available.
struct SettleAccrual {
  AccrualRef accrual;
  std::vector<std::int32_t> lines;  // of the receipt, distinct; empty: all
  // Names the membership of who asks, as in AdjustPoints.
  std::optional<IdentityHash> own = {};
};
// Takes pending points of an accrual away.
struct CancelAccrual {
  AccrualRef accrual;
  std::vector<std::int32_t> lines;  // as in SettleAccrual
  ReasonCode reason;
  std::optional<IdentityHash> own = {};  // as in SettleAccrual
};

// Spends available points as payment.
struct Redeem {
  MemberRef member;
  PointTypeId type;
  std::int64_t amount = 0;                  // > 0
  std::string reference;                    // of the order, may be empty
  std::optional<ReceiptKey> purchase = {};  // that is paid; returning it gives the points back
};
// Gives points of a redemption back to the lots they came from.
struct ReverseRedemption {
  std::uint64_t redemption = 0;        // sequence of its entry
  std::optional<std::int64_t> amount;  // > 0; left out: all that is left
};

// Gives or takes points by hand.
struct AdjustPoints {
  MemberRef member;
  PointTypeId type;
  std::int64_t amount = 0;  // not 0; < 0: takes
  ReasonCode reason;
  std::string reference;  // of the case, may be empty
  // Names the membership of who asks, where there is one: follows from the principal and is no part
  // of what is asked.
  std::optional<IdentityHash> own = {};
  bool asks = false;  // where it is more than who asks may move: another person is asked to approve
};
// Does what somebody else has asked for in an entry.
struct Approve {
  std::uint64_t asked = 0;               // sequence of that entry
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
// Refuses to do it.
struct Decline {
  std::uint64_t asked = 0;
};

// Reserves available points.
struct HoldPoints {
  MemberRef member;
  PointTypeId type;
  std::int64_t amount = 0;        // > 0
  std::int64_t lasts_micros = 0;  // kHoldMicrosMin to kHoldMicrosMax; 0: as the program says
  std::string reference;          // of the order, may be empty
};
// Spends points of a hold, those that were reserved first.
struct CaptureHold {
  HoldKey hold;
  std::optional<std::int64_t> amount;       // > 0; left out: all that is held
  bool is_final = false;                    // what is left is freed; else it stays held
  std::string reference;                    // as in Redeem
  std::optional<ReceiptKey> purchase = {};  // as in Redeem
};
// Frees what is left of a hold.
struct VoidHold {
  HoldKey hold;
};

// Gives available points to another member.
struct TransferPoints {
  MemberRef from;
  MemberRef to;
  PointTypeId type;
  std::int64_t amount = 0;               // > 0
  std::string reference;                 // the caller's own, may be empty
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};

// Moves the end of chosen lots, never to an earlier one. Nothing of them is pending or held.
struct ExtendLots {
  MemberRef member;
  std::vector<LotId> lots;  // distinct, 1 to kRenewedLotsMax
  Timestamp expires_at;     // exclusive
  ReasonCode reason;
  std::string reference;                 // of the case, may be empty
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
// Brings points back that had ended, with an end that lies ahead.
struct ReinstatePoints {
  MemberRef member;
  std::uint64_t expiry = 0;  // sequence of an entry in which they ended
  PointTypeId type;
  std::optional<std::int64_t> amount;  // > 0; left out: all that has not come back
  Timestamp expires_at;                // exclusive
  ReasonCode reason;
  std::string reference;                 // of the case, may be empty
  std::optional<IdentityHash> own = {};  // as in AdjustPoints
};
// More lots in one entry would outgrow it.
inline constexpr std::size_t kRenewedLotsMax = 300;

struct CreateProgram {
  std::string canonical;  // of the document, which names the program
  Hash digest{};
};
struct CreateRevision {
  std::string canonical;
  Hash digest{};
};
struct ActivateRevision {
  std::uint32_t number = 0;
};

// Does the earliest thing that is due for a member: activates and expires lots, lets a hold lapse,
// reviews the tier, judges it by a revision that has come into force. Made by the engine itself,
// under no request id.
struct AdvanceMember {
  MemberId member;
  // Reviews that end by this instant are due although the clock has not shown it: an activity of
  // that instant is about to be decided.
  std::optional<Timestamp> activity_at;
};

// Somebody's approval of a revision; who asks is who approves.
struct ApproveRevision {
  std::uint32_t number = 0;
  std::optional<Hash> digest = {};  // of what was read; left out: whatever the revision is
  std::string simulation = {};      // id of the one that was read; may be empty
  // The digest that it tried. Empty if there is none of that id that has succeeded: reports are
  // kept beside the ledger, for a while.
  std::optional<Hash> simulated = {};
};
// Puts a revision into force at an instant to come.
struct ScheduleRevision {
  std::uint32_t number = 0;
  Timestamp from;
};
// Calls off the schedule of a revision.
struct CancelSchedule {
  std::uint32_t number = 0;
};
// Stops a rule of the active revision from awarding, at once.
struct PauseRule {
  std::string rule;
};
// Lets it award again.
struct ResumeRule {
  std::string rule;
};
// Puts into force what is scheduled and due, or notes how far a judgement of all members has come.
// Made by the engine itself, under no request id.
struct AdvanceProgram {
  struct Judged {  // as MembersJudged
    Timestamp from;
    std::uint64_t through = 0;
    bool is_finished = false;
  };
  std::optional<Judged> judged;
};

// Somebody has read what a check warns of, and wants the revision all the same.
struct AcknowledgeWarnings {
  std::uint32_t number = 0;
  std::optional<Hash> digest;         // of what was read; left out: whatever the revision is
  std::vector<std::string> warnings;  // by name (rules::NameOf); distinct, ascending
};
// Gives a member a tier that is shown besides the earned one, by hand.
struct SetTierFloor {
  MemberRef member;
  std::string tier;                      // empty: takes away what was given by hand
  std::optional<Timestamp> until;        // exclusive; left out: for ever
  std::optional<IdentityHash> own = {};  // as AdjustPoints
};
// Shows a member the tier that another program gave, for as long as the rules say.
struct MatchTier {
  MemberRef member;
  std::string tier;
  std::optional<IdentityHash> own = {};  // as AdjustPoints
};

// Tells facts about a member, for rules to read, or takes them back.
struct SetMemberAttributes {
  MemberRef member;
  std::vector<MemberAttribute> set;  // distinct, ascending by id
  std::vector<std::string> cleared;  // distinct, ascending; none of `set`
};

using Order = std::variant<
    EnrollMember, LinkIdentity, UnlinkIdentity, SuspendMember, ReactivateMember, CloseMember,
    AccruePurchase, ReturnPurchase, Redeem, ReverseRedemption, CreateProgram, CreateRevision,
    ActivateRevision, AdvanceMember, ApproveRevision, ScheduleRevision, CancelSchedule, PauseRule,
    ResumeRule, AdvanceProgram, AccrueActivity, AdjustPoints, SettleAccrual, CancelAccrual,
    HoldPoints, CaptureHold, VoidHold, AcknowledgeWarnings, SetTierFloor, MatchTier,
    SetMemberAttributes, MergeMembers, UnmergeMembers, MoveIdentity, TransferPoints, KeepReceipt,
    ClaimReceipt, ImportMember, CorrectReceipt, Approve, Decline, ExtendLots, ReinstatePoints>;

// Numbers are persisted in entries and frozen.
enum class Method : std::uint8_t {
  kEnrollMember = 1,
  kLinkIdentity = 2,
  kUnlinkIdentity = 3,
  kSuspendMember = 4,
  kReactivateMember = 5,
  kCloseMember = 6,
  kAccruePurchase = 7,
  kReturnPurchase = 8,
  kRedeem = 9,
  kReverseRedemption = 10,
  kCreateProgram = 11,
  kCreateRevision = 12,
  kActivateRevision = 13,
  kAdvanceMember = 14,
  kApproveRevision = 15,
  kScheduleRevision = 16,
  kCancelSchedule = 17,
  kPauseRule = 18,
  kResumeRule = 19,
  kAdvanceProgram = 20,
  kAccrueActivity = 21,
  kAdjustPoints = 22,
  kSettleAccrual = 23,
  kCancelAccrual = 24,
  kHoldPoints = 25,
  kCaptureHold = 26,
  kVoidHold = 27,
  kCorrectReceipt = 28,
  kAcknowledgeWarnings = 40,
  kSetTierFloor = 41,
  kMatchTier = 42,
  kSetMemberAttributes = 43,
  kApprove = 44,
  kDecline = 45,
  kMergeMembers = 50,
  kUnmergeMembers = 51,
  kMoveIdentity = 52,
  kTransferPoints = 53,
  kKeepReceipt = 54,
  kClaimReceipt = 55,
  kExtendLots = 56,
  kReinstatePoints = 57,
  kImportMember = 60,
};
inline constexpr Method kMethodLast = Method::kImportMember;

struct Command {
  ProgramId program;
  RequestId request;      // empty for what the engine does by itself and AdvanceProgram
  std::string principal;  // who asked, as the service knows it; may be empty
  Order order;
  Role role = Role::kNone;  // in which who asked did
};

Method MethodOf(const Order& order);
absl::string_view ToString(Method method);  // AccruePurchase; empty for a number that is none

// SHA-256 over a tuple of the order's parsed fields (version 1), so that two encodings of one
// request agree and a changed field does not. Leaves out request id, principal and role, but for
// approvals, where who asks is what is asked.
Hash FingerprintOf(const Command& command);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_COMMAND_H_
