#ifndef LAUREL_ENGINE_DOMAIN_STATE_H_
#define LAUREL_ENGINE_DOMAIN_STATE_H_

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/domain/entry.h"
#include "engine/domain/values.h"

// State: records by key, a pure fold of the journal. `State` is a working set on top of a source of
// records (a store's snapshot, or nothing); decisions read it, Apply changes it, the engine
// persists what changed.
namespace laurel {

// ---- records
// -------------------------------------------------------------------------------------------------

// What counts for one metric of a program beyond the plain sums.
struct TrackedSum {
  std::string metric;
  std::int64_t value = 0;
  std::int64_t days = 0;  // with a value above 0
  friend bool operator==(const TrackedSum&, const TrackedSum&) = default;
};
// Sums over one calendar month of the program's zone, so that a rolling window is a few additions.
struct MonthSum {
  std::int32_t month = 0;  // Date::month_number()
  std::int64_t spend = 0;  // eligible net, minor units
  std::int64_t purchases = 0;
  std::int64_t visit_days = 0;       // days with at least one purchase
  std::vector<std::int64_t> points;  // awarded less taken back, by index of the point type
  std::vector<TrackedSum> tracked;   // in the order of first use
  friend bool operator==(const MonthSum&, const MonthSum&) = default;
};
// A tier that is shown besides the earned one.
struct TierFloor {
  TierFloorKind kind = TierFloorKind::kManual;
  std::string tier;
  Timestamp from;   // inclusive
  Timestamp until;  // exclusive; Never: for ever
  // Of one that is worn: what goes on if it is kept after all.
  Timestamp since = {};
  std::string previous = {};
  std::uint32_t term = 0;
  bool IsShownAt(Timestamp instant) const { return from <= instant && instant < until; }
  friend bool operator==(const TierFloor&, const TierFloor&) = default;
};
// The earned tier, and what is shown besides.
struct MemberTier {
  std::string tier;
  Timestamp since;
  std::string previous;  // the tier before the upgrade to this one; empty if no upgrade led to it
  std::uint32_t term = 0;
  Timestamp review_at = Timestamp::Never();  // or, while waiting, when that ends
  Timestamp review_not_before;               // the clock alone starts no review earlier
  Timestamp judged_at;      // the last activation that the member is known to have been judged at
  bool is_secured = false;  // the review that comes confirms the term whatever it sees
  // First instant after the closed term, while credit that comes late may still confirm it.
  Timestamp waiting_since = Timestamp::Never();
  Timestamp matched_at;           // when a tier of another program was last taken over
  std::vector<TierFloor> floors;  // at most one of a kind, ascending; those that ended stay
  bool is_waiting() const { return !waiting_since.is_never(); }
  const TierFloor* FindFloor(TierFloorKind kind) const;
  // When the clock alone makes something due.
  Timestamp due_at() const;
  friend bool operator==(const MemberTier&, const MemberTier&) = default;
};

// Where the lots of a type end that end when the member does nothing for long.
struct IdleEnd {
  PointTypeId type;
  std::optional<Date> acted_on;  // the last own act; empty: points came before any
  Timestamp ends_at;             // exclusive
  std::int64_t available = 0;    // points in such lots that can be spent
  friend bool operator==(const IdleEnd&, const IdleEnd&) = default;
};

struct MemberKey {
  MemberId member;
  friend auto operator<=>(const MemberKey&, const MemberKey&) = default;
};
// Another member that was merged into this one.
struct MergedMember {
  MemberId member;
  std::uint64_t sequence = 0;  // of the merge's entry
  MemberTier tier;             // the survivor's, as it was before
  friend bool operator==(const MergedMember&, const MergedMember&) = default;
};
// What every command on a member touches; small, because each accrual rewrites it.
struct Member {
  ProgramId program;
  MemberState state = MemberState::kActive;
  MemberTier tier;
  Timestamp latest_occurred_at;  // of the activities
  bool has_activity = false;
  Timestamp lots_due_at = Timestamp::Never();  // as LotsDue
  std::vector<Balance> balances;               // in the order of first use
  std::vector<MonthSum> months;                // ascending
  std::optional<MemberId> merged_into = {};    // who has taken over, as it was then
  std::vector<MergedMember> merged = {};       // into this one, the latest last
  std::vector<IdleEnd> idle_ends = {};         // in the order of first use
  friend bool operator==(const Member&, const Member&) = default;

  // When the clock alone makes something due; of points alone.
  Timestamp due_at() const;
  Timestamp points_due_at() const;
  const IdleEnd* FindIdleEnd(const PointTypeId& type) const;
  IdleEnd& MutableIdleEnd(const PointTypeId& type);
  const Balance* FindBalance(const PointTypeId& type) const;
  Balance& MutableBalance(const PointTypeId& type);
};

struct EnrolmentKey {
  MemberId member;
  friend auto operator<=>(const EnrolmentKey&, const EnrolmentKey&) = default;
};
struct LinkedIdentity {
  IdentityLink identity;
  Timestamp linked_at;
  friend bool operator==(const LinkedIdentity&, const LinkedIdentity&) = default;
};
struct ToldAttribute {
  MemberAttribute told;
  Timestamp told_at;
  friend bool operator==(const ToldAttribute&, const ToldAttribute&) = default;
};
// What seldom changes about a member.
struct Enrolment {
  Timestamp enrolled_at;
  Timestamp closed_at = Timestamp::Never();
  Channel channel = Channel::kNone;
  PlaceId store;
  std::vector<LinkedIdentity> identities;
  std::vector<ToldAttribute> attributes = {};  // ascending by id; those that ended stay
  friend bool operator==(const Enrolment&, const Enrolment&) = default;
};

struct IdentityKey {
  ProgramId program;
  IdentityHash hash{};
  friend auto operator<=>(const IdentityKey&, const IdentityKey&) = default;
};
struct Identity {
  MemberId member;
  IdentityKind kind = IdentityKind::kCard;
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct MonthKey {
  MemberId member;
  std::int32_t month = 0;
  friend auto operator<=>(const MonthKey&, const MonthKey&) = default;
};
struct DaySum {
  std::int32_t day = 0;  // of the month, from 1
  std::int64_t spend = 0;
  std::int64_t purchases = 0;
  std::vector<std::int64_t> points;
  std::vector<TrackedSum> tracked;
  friend bool operator==(const DaySum&, const DaySum&) = default;
};
struct MonthDays {
  std::vector<DaySum> days;  // ascending
  friend bool operator==(const MonthDays&, const MonthDays&) = default;
};

// The values of a metric that is the largest of them, or that counts the different ones, in one
// month of the program's zone. Which activity has which value is known for as long as it may be
// returned, that is for ever.
struct MonthValuesKey {
  MemberId member;
  std::string metric;
  std::int32_t month = 0;  // Date::month_number(); kAllMonths: without days
  static constexpr std::int32_t kAllMonths = 0;
  friend auto operator<=>(const MonthValuesKey&, const MonthValuesKey&) = default;
};
struct ValueCount {
  std::int32_t day = 0;  // of the month, from 1; of all months 0
  std::int64_t value = 0;
  std::int64_t count = 0;  // of activities with it; > 0
  friend bool operator==(const ValueCount&, const ValueCount&) = default;
};
struct MonthValues {
  // A record stays below 64 kB. Beyond these a month's smallest amounts are forgotten, and so are
  // texts that come later.
  static constexpr std::size_t kMonthMax = 4'096;
  static constexpr std::size_t kAllMonthsMax = 1'024;
  std::vector<ValueCount> values;  // ascending by day and value
  Date latest_on;                  // of all months: the last day that has ever counted
  // Folds an activity's value in.
  void Count(std::int32_t day, const MetricCounted& counted, std::size_t values_max);
  // The largest amount of a day; 0 if there is none.
  std::int64_t LargestOn(std::int32_t day) const;
  std::int64_t Largest() const;
  friend bool operator==(const MonthValues&, const MonthValues&) = default;
};

struct Lot {
  std::int64_t amount = 0;  // as awarded or settled, less what covered arrears
  std::int64_t pending = 0;
  std::int64_t available = 0;
  std::int64_t held = 0;
  std::int64_t expired = 0;
  Timestamp activates_at;  // Never while it waits for somebody
  std::string funding;
  bool is_idle = false;  // ends with the member's IdleEnd of the type, if that is earlier
  bool is_open() const { return pending + available + held > 0; }
  std::int64_t in(Bucket bucket) const {
    return bucket == Bucket::kPending ? pending : bucket == Bucket::kHeld ? held : available;
  }
  friend bool operator==(const Lot&, const Lot&) = default;
};
// Lots with nothing left live apart, so that finding what to spend never walks over them.
struct ClosedLotKey {
  LotKey lot;
  friend auto operator<=>(const ClosedLotKey&, const ClosedLotKey&) = default;
};

// Lots with pending points that the clock makes available, by when.
struct PendingLotKey {
  MemberId member;
  Timestamp activates_at;
  LotKey lot;  // of the member
  friend auto operator<=>(const PendingLotKey&, const PendingLotKey&) = default;
};

// What a hold holds of one lot.
struct HeldPart {
  LotId lot;
  Timestamp expires_at;
  std::int64_t amount = 0;  // > 0
  // Under whom the lot lies, where that is not the hold's member but one who was merged into it.
  std::optional<MemberId> home = {};
  friend bool operator==(const HeldPart&, const HeldPart&) = default;
};
// Points that were reserved; kept for ever.
struct Hold {
  PointTypeId type;
  std::int64_t amount = 0;    // as placed
  std::int64_t captured = 0;  // of it
  HoldState state = HoldState::kOpen;
  Timestamp placed_at;
  Timestamp lapses_at;
  Timestamp ended_at = Timestamp::Never();
  std::string reference;
  std::vector<HeldPart> parts;  // that are still held, in the order in which they are captured
  std::int64_t held() const {
    std::int64_t sum = 0;
    for (const HeldPart& part : parts) sum += part.amount;
    return sum;
  }
  // Takes the first points out of it, as many as it has, and returns where they lay.
  std::vector<HeldPart> Take(std::int64_t points);
  friend bool operator==(const Hold&, const Hold&) = default;
};
// Open holds, by when they lapse.
struct HoldLapseKey {
  MemberId member;
  Timestamp lapses_at;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const HoldLapseKey&, const HoldLapseKey&) = default;
};

struct PurchaseKey {
  ProgramId program;
  ReceiptKey receipt;
  friend auto operator<=>(const PurchaseKey&, const PurchaseKey&) = default;
};
struct LineLeft {
  std::int32_t line = 0;
  std::int64_t quantity_micros = 0;
  std::int64_t net = 0;
  friend bool operator==(const LineLeft&, const LineLeft&) = default;
};
struct AwardLeft {
  LotId lot;
  std::int64_t amount = 0;
  std::int64_t gone = 0;  // points of the lot that had ended and that earlier returns counted
  friend bool operator==(const AwardLeft&, const AwardLeft&) = default;
};
// A lot that came from the pending one of an award, when somebody settled it.
struct SettledLot {
  LotId award;
  LotId lot;
  Timestamp expires_at;
  friend bool operator==(const SettledLot&, const SettledLot&) = default;
};
// A receipt that the ledger knows, for ever. The first return, or whoever cancels pending points of
// it first, adds what is left.
struct Purchase {
  MemberId member;
  std::uint64_t sequence = 0;  // of its entry, which holds its lines and awards
  bool is_return = false;
  std::optional<std::int64_t> eligible_left;  // set by the first return
  std::vector<LineLeft> lines_left;         // likewise, of lines that were sold and have some left
  std::vector<AwardLeft> awards_left;       // likewise
  std::vector<std::int32_t> decided_lines;  // that somebody settled or cancelled, in that order
  std::vector<SettledLot> settled_lots;
  friend bool operator==(const Purchase&, const Purchase&) = default;
};

// A guest's receipt that nobody has claimed.
struct UnclaimedKey {
  ProgramId program;
  ReceiptKey receipt;
  friend auto operator<=>(const UnclaimedKey&, const UnclaimedKey&) = default;
};
struct Unclaimed {
  std::uint64_t sequence = 0;  // of its entry
  friend bool operator==(const Unclaimed&, const Unclaimed&) = default;
};

// Returns that wait for their purchase, by its receipt.
struct AwaitedKey {
  ProgramId program;
  ReceiptKey receipt;
  friend auto operator<=>(const AwaitedKey&, const AwaitedKey&) = default;
};
struct Awaited {
  std::vector<std::uint64_t> returns;  // sequences of the entries that keep them, in order
  friend bool operator==(const Awaited&, const Awaited&) = default;
};

// What a terminal numbers has come, and how its clock stands.
struct TerminalKey {
  ProgramId program;
  PlaceId store;
  PlaceId terminal;
  friend auto operator<=>(const TerminalKey&, const TerminalKey&) = default;
};
struct NumberRange {
  std::int64_t first = 0;
  std::int64_t last = 0;  // included
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};
struct Terminal {
  // More gaps than these are not kept apart: the lowest ones are given up.
  static constexpr std::size_t kRangesMax = 500;
  std::vector<NumberRange> seen;  // ascending; between any two a number is missing
  std::int64_t given_up = 0;      // numbers below that never came and are no longer looked for
  std::int64_t online_calls = 0;  // of which the clock was seen
  // Recorded less occurred, in microseconds: of the latest such call, the least and the most.
  std::int64_t skew = 0;
  std::int64_t skew_min = 0;
  std::int64_t skew_max = 0;
  Timestamp skew_at;  // of the latest
  void Take(std::int64_t number);
  void Observe(std::int64_t skew_micros, Timestamp at);
  friend bool operator==(const Terminal&, const Terminal&) = default;
};

struct RedemptionKey {
  std::uint64_t sequence = 0;
  friend auto operator<=>(const RedemptionKey&, const RedemptionKey&) = default;
};
struct Redemption {
  MemberId member;
  PointTypeId type;
  std::int64_t amount = 0;
  std::int64_t reversed = 0;
  friend bool operator==(const Redemption&, const Redemption&) = default;
};

// What a receipt was paid with.
struct SpendingKey {
  ProgramId program;
  ReceiptKey receipt;
  friend auto operator<=>(const SpendingKey&, const SpendingKey&) = default;
};
struct Spending {
  std::vector<std::uint64_t> redemptions;  // sequences of their entries, in order
  friend bool operator==(const Spending&, const Spending&) = default;
};

struct RequestKey {
  std::array<std::uint8_t, 16> hash{};  // SHA-256(program, 0, request id), cut
  static RequestKey Of(const ProgramId& program, const RequestId& request);
  friend auto operator<=>(const RequestKey&, const RequestKey&) = default;
};
// The entry holds fingerprint, method and outcome: nothing is kept twice.
struct Request {
  std::uint64_t sequence = 0;
  friend bool operator==(const Request&, const Request&) = default;
};

struct ActivityKey {
  std::array<std::uint8_t, 16> hash{};  // SHA-256(program, 0, type, 0, reference), cut
  static ActivityKey Of(const ProgramId& program, absl::string_view type,
                        absl::string_view reference);
  friend auto operator<=>(const ActivityKey&, const ActivityKey&) = default;
};
// An activity that the ledger knows by its reference, for ever.
struct Activity {
  std::uint64_t sequence = 0;  // of its entry
  friend bool operator==(const Activity&, const Activity&) = default;
};

struct TotalKey {
  ProgramId program;
  AccountClass account = AccountClass::kMemberAvailable;
  std::string detail;
  PointTypeId type;
  Date day;
  friend auto operator<=>(const TotalKey&, const TotalKey&) = default;
};
struct Total {
  std::int64_t debit = 0;
  std::int64_t credit = 0;
  friend bool operator==(const Total&, const Total&) = default;
};

// A counter of a limit, a cap, a budget or a source in one window, or a carry.
struct CounterKey {
  ProgramId program;
  std::optional<MemberId> member;  // none: of the program
  std::string name;  // such as "rule/fires/day"; "rule/carry" for what it carries over
  std::string by;    // a text that keeps counters of one limit apart
  Date start;        // of the window; 0001-01-01 for those that never end
  friend auto operator<=>(const CounterKey&, const CounterKey&) = default;
};
struct Counter {
  std::int64_t used = 0;  // fires, smallest units, or millionths of a smallest unit
  friend bool operator==(const Counter&, const Counter&) = default;
};

struct ProgramKey {
  ProgramId program;
  friend auto operator<=>(const ProgramKey&, const ProgramKey&) = default;
};
struct Activation {
  std::uint32_t number = 0;
  Hash digest{};
  Timestamp from;  // in force from then on
  friend bool operator==(const Activation&, const Activation&) = default;
};
// A revision has come into force, and everyone's tier is to be looked at as of then. Done member by
// member: before any command on one, and for the others in the order of their ids. What is not
// done yet is done in thought by whoever reads.
struct Judgement {
  std::uint32_t number = 0;  // of the revision
  Hash digest{};
  Timestamp from;             // since when it is in force
  std::uint64_t through = 0;  // everyone up to this id has been judged
  // Whether it is still to come for a member.
  bool Awaits(MemberId member, const MemberTier& tier) const {
    return member.raw() > through && tier.judged_at < from;
  }
  friend bool operator==(const Judgement&, const Judgement&) = default;
};
// A rule that awards nothing for now, whatever revision is active.
struct PausedRule {
  std::string rule;
  Timestamp since;
  std::string paused_by;
  std::string resume_asked_by;  // empty: nobody has
  friend bool operator==(const PausedRule&, const PausedRule&) = default;
};
struct Program {
  std::uint32_t revision_count = 0;
  std::vector<Activation> activations;   // in order of `from`; the last is active
  std::vector<Activation> schedules;     // that no entry has put into force yet, likewise
  std::vector<Activation> cancelled;     // schedules called off, in that order
  std::vector<PausedRule> paused_rules;  // ascending by id
  std::vector<Judgement> judgements;     // that are not finished, in order of `from`
  std::int64_t awaiting_returns = 0;     // that are kept until their purchase comes
  // When a schedule comes into force.
  Timestamp schedule_due_at() const {
    return schedules.empty() ? Timestamp::Never() : schedules.front().from;
  }
  // When the clock alone makes something due: a schedule, or members that are to be judged.
  Timestamp due_at() const {
    return judgements.empty() ? schedule_due_at()
                              : std::min(schedule_due_at(), judgements.front().from);
  }
  friend bool operator==(const Program&, const Program&) = default;
};
struct RevisionKey {
  ProgramId program;
  std::uint32_t number = 0;
  friend auto operator<=>(const RevisionKey&, const RevisionKey&) = default;
};
// Somebody's approval.
struct Vote {
  std::string principal;
  Role role = Role::kNone;
  Timestamp at;
  std::string simulation = {};  // id of the one that was read; may be empty
  friend bool operator==(const Vote&, const Vote&) = default;
};
// Somebody's acknowledgement of a warning.
struct Acknowledgement {
  std::string warning;
  std::string principal;  // may be empty
  Role role = Role::kNone;
  Timestamp at;
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};
struct Revision {
  Hash digest{};
  std::string canonical;
  Timestamp created_at;
  std::string author = {};  // may be empty
  Role author_role = Role::kNone;
  std::vector<Vote> votes = {};                    // in order, of different people
  Timestamp approved_at = Timestamp::Never();      // by the last vote that was needed
  std::vector<Acknowledgement> acknowledged = {};  // in order
  friend bool operator==(const Revision&, const Revision&) = default;
};

// What somebody asked for that another person has to approve of; its entry says what.
struct ApprovalKey {
  ProgramId program;
  std::uint64_t asked = 0;  // sequence of the entry that asked
  friend auto operator<=>(const ApprovalKey&, const ApprovalKey&) = default;
};
enum class ApprovalState : std::uint8_t {
  kOpen = 1,  // until it expires: no entry says so, readers compare
  kApproved = 2,
  kDeclined = 3,
};
struct Approval {
  ApprovalState state = ApprovalState::kOpen;
  Timestamp expires_at;       // exclusive
  std::uint64_t decided = 0;  // sequence of the entry that approved or declined; 0: none has
  bool is_open_at(Timestamp now) const { return state == ApprovalState::kOpen && now < expires_at; }
  friend bool operator==(const Approval&, const Approval&) = default;
};

struct DueKey {
  Timestamp due_at;
  MemberId member;
  friend auto operator<=>(const DueKey&, const DueKey&) = default;
};
struct ProgramDueKey {
  Timestamp due_at;
  ProgramId program;
  friend auto operator<=>(const ProgramDueKey&, const ProgramDueKey&) = default;
};
struct MemberEntryKey {
  MemberId member;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const MemberEntryKey&, const MemberEntryKey&) = default;
};
struct TierChangeKey {
  MemberId member;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const TierChangeKey&, const TierChangeKey&) = default;
};
struct Marker {  // a row that says only that it is there
  friend bool operator==(const Marker&, const Marker&) = default;
};
struct EntryKindMark {
  EntryKind kind = EntryKind::kRefused;
  friend bool operator==(const EntryKindMark&, const EntryKindMark&) = default;
};
struct TierChangeMark {
  TierCause cause = TierCause::kUpgraded;
  std::string from;
  std::string to;
  Timestamp since;
  std::uint32_t revision = 0;  // as TierDecided
  friend bool operator==(const TierChangeMark&, const TierChangeMark&) = default;
};

// ---- tables
// --------------------------------------------------------------------------------------------------

// Where records come from that a working set does not hold. A load that fails is reported by the
// source itself (the caller must look before it trusts a decision) and reads as absent.
template <class Key, class Record>
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual std::optional<Record> Load(const Key& key) = 0;
};

class StateSource : public RecordSource<MemberKey, Member>,
                    public RecordSource<EnrolmentKey, Enrolment>,
                    public RecordSource<IdentityKey, Identity>,
                    public RecordSource<MonthKey, MonthDays>,
                    public RecordSource<MonthValuesKey, MonthValues>,
                    public RecordSource<LotKey, Lot>,
                    public RecordSource<ClosedLotKey, Lot>,
                    public RecordSource<PendingLotKey, Marker>,
                    public RecordSource<HoldKey, Hold>,
                    public RecordSource<HoldLapseKey, Marker>,
                    public RecordSource<PurchaseKey, Purchase>,
                    public RecordSource<SpendingKey, Spending>,
                    public RecordSource<RedemptionKey, Redemption>,
                    public RecordSource<RequestKey, Request>,
                    public RecordSource<TotalKey, Total>,
                    public RecordSource<ProgramKey, Program>,
                    public RecordSource<RevisionKey, Revision>,
                    public RecordSource<DueKey, Marker>,
                    public RecordSource<ProgramDueKey, Marker>,
                    public RecordSource<MemberEntryKey, EntryKindMark>,
                    public RecordSource<TierChangeKey, TierChangeMark>,
                    public RecordSource<CounterKey, Counter>,
                    public RecordSource<ActivityKey, Activity>,
                    public RecordSource<AwaitedKey, Awaited>,
                    public RecordSource<TerminalKey, Terminal>,
                    public RecordSource<UnclaimedKey, Unclaimed>,
                    public RecordSource<ApprovalKey, Approval> {
 public:
  // The entry with this sequence, decoded; null if there is none.
  virtual std::shared_ptr<const Entry> LoadEntry(std::uint64_t sequence) = 0;
  // Up to `limit` open lots of the member and type, in spend order, strictly after `after` where
  // given.
  virtual std::vector<std::pair<LotKey, Lot>> ScanLots(MemberId member, const PointTypeId& type,
                                                       const std::optional<LotKey>& after,
                                                       std::size_t limit) = 0;
  // Up to `limit` rows of the member, in order of the key, strictly after `after` where given.
  virtual std::vector<PendingLotKey> ScanPendingLots(MemberId member,
                                                     const std::optional<PendingLotKey>& after,
                                                     std::size_t limit) = 0;
  virtual std::vector<HoldLapseKey> ScanHoldLapses(MemberId member,
                                                   const std::optional<HoldLapseKey>& after,
                                                   std::size_t limit) = 0;
  // The member's tier changes, oldest first.
  virtual std::vector<std::pair<TierChangeKey, TierChangeMark>> ScanTierChanges(
      MemberId member) = 0;
  // Whether something was there and could not be read. It then looks absent: what is decided from
  // it is thrown away, and no inconsistency that it makes is a bug.
  virtual bool has_failed() const { return false; }
};

// Says that changes are made on top of something, which stays as it is.
struct InThought {};

// Records of one kind: changes and cached reads on top of a parent's and a source's.
template <class Key, class Record>
class Table {
 public:
  struct Slot {
    std::optional<Record> value;
    bool is_changed = false;
  };
  using Slots = std::map<Key, Slot>;

  Table(const Table* parent, RecordSource<Key, Record>* source)
      : parent_(parent), source_(source) {}
  // On top of a table that is not changed meanwhile.
  Table(InThought, Table& below) : parent_(nullptr), source_(nullptr), below_(&below) {}

  // The record, or null. Valid until the next change of this key. A parent is not changed by it.
  const Record* Find(const Key& key) {
    const auto own = slots_.find(key);
    if (own != slots_.end()) return own->second.value ? &*own->second.value : nullptr;
    if (below_ != nullptr) return below_->Find(key);
    if (parent_ != nullptr) {
      const auto inherited = parent_->slots_.find(key);
      if (inherited != parent_->slots_.end() && inherited->second.is_changed) {
        return inherited->second.value ? &*inherited->second.value : nullptr;
      }
    }
    std::optional<Record> loaded;
    if (source_ != nullptr) loaded = source_->Load(key);
    Slot& slot = slots_[key];
    slot.value = std::move(loaded);
    return slot.value ? &*slot.value : nullptr;
  }
  // The record to be changed; made empty where there is none.
  Record& Mutable(const Key& key) {
    const Record* found = Find(key);
    auto own = slots_.find(key);
    if (own == slots_.end()) {
      own = slots_
                .emplace(key, Slot{found != nullptr ? std::optional<Record>(*found) : std::nullopt,
                                   false})
                .first;
    }
    if (!own->second.value) own->second.value.emplace();
    Change(own->second);
    return *own->second.value;
  }
  // Without reading what was there.
  void Put(const Key& key, Record record) {
    Slot& slot = slots_[key];
    slot.value = std::move(record);
    Change(slot);
  }
  void Erase(const Key& key) {
    Slot& slot = slots_[key];
    slot.value.reset();
    Change(slot);
  }

  const Slots& slots() const { return slots_; }
  // Of the slots, those that are changed.
  std::size_t changed() const { return changed_; }
  const Table* parent() const { return parent_; }

 private:
  void Change(Slot& slot) {
    changed_ += slot.is_changed ? 0 : 1;
    slot.is_changed = true;
  }

  std::size_t changed_ = 0;
  const Table* parent_;
  RecordSource<Key, Record>* source_;
  Table* below_ = nullptr;
  Slots slots_;
};

// Not thread-safe. `parent` must outlive the state, and must no longer change; so must `source`.
class State {
 public:
  State(const State* parent, StateSource* source);
  // For what a decision finds after a part of what it decides. `below` must outlive it, and must
  // not be changed meanwhile.
  State(InThought, State& below);
  // Members point into each other.
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Table<MemberKey, Member> members;
  Table<EnrolmentKey, Enrolment> enrolments;
  Table<IdentityKey, Identity> identities;
  Table<MonthKey, MonthDays> months;
  Table<MonthValuesKey, MonthValues> month_values;
  Table<LotKey, Lot> lots;               // open ones
  Table<ClosedLotKey, Lot> closed_lots;  // with nothing left
  Table<PendingLotKey, Marker> pending_lots;
  Table<HoldKey, Hold> holds;
  Table<HoldLapseKey, Marker> hold_lapses;
  Table<PurchaseKey, Purchase> purchases;
  Table<SpendingKey, Spending> spendings;
  Table<RedemptionKey, Redemption> redemptions;
  Table<RequestKey, Request> requests;
  Table<TotalKey, Total> totals;
  Table<ProgramKey, Program> programs;
  Table<RevisionKey, Revision> revisions;
  Table<DueKey, Marker> due;
  Table<ProgramDueKey, Marker> programs_due;
  Table<MemberEntryKey, EntryKindMark> member_entries;
  Table<TierChangeKey, TierChangeMark> tier_changes;
  Table<CounterKey, Counter> counters;
  Table<ActivityKey, Activity> activities;
  Table<UnclaimedKey, Unclaimed> unclaimed;
  Table<AwaitedKey, Awaited> awaited;
  Table<TerminalKey, Terminal> terminals;
  Table<ApprovalKey, Approval> approvals;

  // Entries made on top of the source, or loaded from it.
  std::shared_ptr<const Entry> FindEntry(std::uint64_t sequence);
  void AddEntry(std::shared_ptr<const Entry> entry);

  // Where a lot ends, given that nothing moves it any more.
  Timestamp EndOf(const LotKey& key, const Lot& lot);
  // Where lots of a type end that idle members lose, of these members as if they were one: the
  // latest end of those who have taken over. Never if there are none.
  Timestamp IdleEndOf(const std::vector<MemberId>& group, const PointTypeId& type);
  // Visits open lots of these members and the type in spend order, each with its end, until `visit`
  // returns false: the end comes first, then what its key says. Walks over lots only that it passes
  // to find those that an idle member loses first.
  void ForLotsToSpend(const std::vector<MemberId>& group, const PointTypeId& type,
                      absl::FunctionRef<bool(const LotKey&, const Lot&, Timestamp)> visit);
  void ForLotsToSpend(MemberId member, const PointTypeId& type,
                      absl::FunctionRef<bool(const LotKey&, const Lot&, Timestamp)> visit);
  // The same by key alone, of the member's group: in the order of ends that nothing moves.
  void ForLots(MemberId member, const PointTypeId& type,
               absl::FunctionRef<bool(const LotKey&, const Lot&)> visit);
  // Likewise of these members, as if they were one. From `after` on where given: ends later than
  // that.
  void ForLots(const std::vector<MemberId>& group, const PointTypeId& type,
               absl::FunctionRef<bool(const LotKey&, const Lot&)> visit,
               const std::optional<Timestamp>& after = std::nullopt);
  void ForPendingLots(const std::vector<MemberId>& group,
                      absl::FunctionRef<bool(const PendingLotKey&)> visit);
  void ForHoldLapses(const std::vector<MemberId>& group,
                     absl::FunctionRef<bool(const HoldLapseKey&)> visit);
  // Visits the group's lots that the clock makes available, the earliest first, until `visit`
  // returns false; likewise open holds, by when they lapse.
  void ForPendingLots(MemberId member, absl::FunctionRef<bool(const PendingLotKey&)> visit);
  void ForHoldLapses(MemberId member, absl::FunctionRef<bool(const HoldLapseKey&)> visit);
  // An open or closed lot; null if there never was one.
  const Lot* FindLot(const LotKey& key);

  // The member's tier changes, oldest first.
  std::vector<TierChangeMark> TierChangesOf(MemberId member);

  // The member of the program that `ref` names, whose record is then there; empty if there is none.
  // An id that was merged leads to who has taken over.
  std::optional<MemberId> Resolve(const ProgramId& program, const MemberRef& ref);

  // Who has taken over from a member, or itself. Whoever is named by an old id means that one.
  MemberId RootOf(MemberId member);
  // The member and all that were merged into it or into those, itself first: lots, months, counters
  // and entries lie under the ids that they had, and are read together.
  std::vector<MemberId> GroupOf(MemberId member);
  // What is used up of a counter; of a member's, by the whole group.
  std::int64_t UsedOf(const CounterKey& key);
  // The hold of this number that the member or one of its group has; `key` may name any of them.
  std::optional<HoldKey> FindHold(const HoldKey& key);

  // As StateSource says.
  bool has_failed() const {
    if (below_ != nullptr) return below_->has_failed();
    return source_ != nullptr && source_->has_failed();
  }

  // Calls visit(table) for every table, in a fixed order.
  template <class Visitor>
  void ForTables(Visitor&& visit) const {
    visit(members);
    visit(enrolments);
    visit(identities);
    visit(months);
    visit(month_values);
    visit(lots);
    visit(closed_lots);
    visit(pending_lots);
    visit(holds);
    visit(hold_lapses);
    visit(purchases);
    visit(spendings);
    visit(redemptions);
    visit(requests);
    visit(totals);
    visit(programs);
    visit(revisions);
    visit(due);
    visit(programs_due);
    visit(member_entries);
    visit(tier_changes);
    visit(counters);
    visit(activities);
    visit(unclaimed);
    visit(awaited);
    visit(terminals);
    visit(approvals);
  }

 private:
  const State* parent_;
  StateSource* source_;
  State* below_ = nullptr;
  std::map<std::uint64_t, std::shared_ptr<const Entry>> entries_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_STATE_H_
