#ifndef LAUREL_TESTS_TESTING_MODEL_H_
#define LAUREL_TESTS_TESTING_MODEL_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/entry.h"

// What the ledger should say, by vectors and loops: slow, and small enough to be read and believed.
// Written from the conventions of the program (lots, returns, tiers, civil days of Berlin) and not
// from the engine; it shares the values and commands of the domain with it, and nothing that
// decides.
namespace laurel::model {

// ---- the program
// ---------------------------------------------------------------------------------------------

enum class Clawback { kArrears, kWithinBalance, kPendingOnly };
enum class Downgrade { kDropOne, kRecompute, kNever };
enum class OnActivation { kUpgradeOnly, kRecompute, kNothing };
// When `points` become available: at once, so many days after the purchase, or when somebody
// settles them, so many days after it at the latest.
enum class Settling { kAtOnce, kAfterDays, kOnSettle };

// `points` per `per` cents of the lines that count, rounded once.
struct Earn {
  std::string rule;
  std::string type;
  std::int64_t points = 1;
  std::int64_t per = 100;
  bool is_half_up = false;
  std::string left_out;  // a category that this rule leaves out; empty: none
};
struct Revision {
  std::vector<Earn> rules;
  Clawback clawback = Clawback::kWithinBalance;
  int expiry_months = 12;  // of `points`; `credit` never ends
  OnActivation on_activation = OnActivation::kUpgradeOnly;
  std::int64_t credit_percent = 100;  // of the tiers' credit is what it asks for
  Settling settling = Settling::kAtOnce;
  int settling_days = 0;
  std::int64_t person_above = 0;  // a purchase that brings more points waits for a person; 0: none
  // This many points pay this many cents, in steps of as many, from a minimum on, up to a part of
  // the purchase.
  std::int64_t pays_points = 10;
  std::int64_t pays_cents = 100;
  std::int64_t pays_minimum = 20;
  std::int64_t pays_percent = 50;
  int idle_months = 0;  // points end after so many without a purchase, too; 0: never
};
// Reached with this much credit, or on this many days, of the last 12 months; 0: not by this way.
struct Tier {
  std::string id;
  std::int64_t credit = 0;
  std::int64_t visits = 0;
};
struct Program {
  std::vector<Tier> tiers;  // the first is everybody's
  Downgrade downgrade = Downgrade::kDropOne;
  bool upgrades_at_review = false;  // else at once
  std::vector<Revision> revisions;
  // Points that a person may move by hand, given and taken; a session has one person.
  std::int64_t by_hand_a_day = 0;
  std::int64_t by_hand_a_month = 0;
  // Of points from member to member: what does not arrive, what one may give a month, and whether
  // they are renewed.
  std::int64_t fee_percent = 0;
  std::int64_t given_a_month = 0;
  bool is_fresh = false;
};

// Berlin's calendar by the rule of the European Union: summer from the last Sunday of March, 01:00
// UTC, to the last one of October.
Date LocalDay(Timestamp instant);
Timestamp StartOf(Date day);

// ---- members
// -------------------------------------------------------------------------------------------------

struct Lot {
  LotId id;
  std::string type;
  Timestamp ends;
  std::int64_t left = 0;  // available
  std::int64_t ended = 0;
  std::int64_t pending = 0;
  std::int64_t held = 0;
  Timestamp active = Timestamp::Never();  // by itself, while it is pending
  bool waits_for_person = false;
  MemberId home = {};    // whom it came to
  bool is_gone = false;  // it left with its home: only what was spent from it is remembered
  bool is_idle = false;  // ends with Member::idle_ends, too
};
// Lots and points, in the order of taking.
using Parts = std::vector<std::pair<std::size_t, std::int64_t>>;
struct Award {
  const Earn* rule = nullptr;
  std::size_t lot = 0;  // index into the member's lots
  std::int64_t left = 0;
  std::int64_t gone = 0;  // ended before a return asked for it
  std::int64_t granted = 0;
  std::vector<std::size_t> own =
      {};  // lots: the award's, and those that it became when it was settled
};
struct Purchase {
  MemberId member;
  bool is_return = false;
  std::uint64_t sequence = 0;
  std::string content;  // what makes a second arrival the same
  std::string terms;    // what a correction may differ in besides
  Timestamp occurred_at;
  Date day;
  const Revision* revision = nullptr;
  std::vector<PurchaseLine>
      left;  // net and quantity that were not returned; of a return: what it took
  std::vector<Award> awards;
  std::vector<PurchaseLine> bought;    // as it was
  std::vector<ReturnLine> asked = {};  // of a return that came before its purchase
  bool was_early = false;              // it is one
  std::int64_t paid_cents = 0;         // by points of the same receipt
  bool was_touched = false;            // some of it has been returned or cancelled
  std::set<std::int32_t> decided;      // lines that somebody settled or cancelled
  bool is_gone = false;                // returned whole; of a return: it took all that was left
};
struct Redemption {
  MemberId member;
  std::int64_t amount = 0;
  std::int64_t back = 0;
  Parts parts;
  std::optional<ReceiptKey> paid;
};
// A return that waits for its purchase.
struct Early {
  std::uint64_t sequence = 0;
  ReceiptKey receipt;
  std::optional<MemberId> member;  // that it names
  Timestamp occurred_at;
  std::vector<ReturnLine> lines;
};
struct Hold {
  std::int64_t amount = 0;
  std::int64_t captured = 0;
  HoldState state = HoldState::kOpen;
  Timestamp lapses;
  Parts parts;         // that are held
  MemberId home = {};  // who placed it
};
struct Standing {
  std::size_t tier = 0;
  Timestamp since;
  std::optional<std::size_t> before;  // the tier before the upgrade to this one
  int term = 0;
  Timestamp review_at = Timestamp::Never();
  Timestamp no_review_before;
  Timestamp judged;  // when the last revision came into force by which it is known to stand
};
// Another member that was merged into one.
struct Joined {
  MemberId member;
  Standing before;  // of the survivor
  std::int64_t owed = 0;
  struct Cover {
    LotId lot;
    std::int64_t points = 0;
    bool is_theirs = false;  // of the merged one's lots
  };
  std::vector<Cover> covers;
};
struct Member {
  MemberState state = MemberState::kActive;
  std::optional<MemberId> merged_into;
  std::vector<Joined> joined;
  Standing standing;
  std::optional<Timestamp> latest;  // occurred_at of the latest purchase
  std::vector<Lot> lots;            // in the order of making
  std::int64_t arrears = 0;         // of `points`
  std::optional<Date> acted_on;     // the last purchase under a revision that asks
  Timestamp idle_ends = Timestamp::Never();
  std::map<std::uint64_t, Hold> holds;  // by the sequence of their entries
  std::map<std::string, std::pair<std::int64_t, Timestamp>> told;  // value and end, by attribute
  // What came with the member from another system.
  std::map<Date, std::int64_t> credit_before;
  std::set<Date> visits_before;
};

struct Answer {
  std::optional<Rejection> refused;
  bool is_replayed = false;
  std::uint64_t sequence = 0;  // of the entry; 0 where there is none
  Timestamp recorded_at;       // likewise
  std::optional<MemberId> member;
};

class Model {
 public:
  // Continues after what the ledger already holds. `program` must outlive the model.
  Model(const Program& program, std::uint64_t sequence, Timestamp last_recorded)
      : program_(program), sequence_(sequence), last_recorded_(last_recorded) {}

  // A revision came into force by an entry that is accounted for elsewhere.
  void Activate(std::size_t revision, Timestamp from) {
    in_force_.emplace_back(from, &program_.revisions[revision]);
  }
  // Entries that the model has no command for.
  void Recorded(std::uint64_t sequence, Timestamp recorded_at) {
    sequence_ = sequence;
    last_recorded_ = recorded_at;
  }
  // Does a command when the clock shows `clock`, after whatever is due for its member.
  Answer Do(const Command& command, Timestamp clock);

  // Who is meant, after all merges.
  std::optional<MemberId> Find(const MemberRef& ref) const;
  // Who has taken over from a member, or itself.
  MemberId Root(MemberId id) const;
  const Hold* FindHold(const HoldKey& key) const;
  const std::map<MemberId, Member>& members() const { return members_; }
  const std::map<ReceiptKey, Purchase>& purchases() const { return purchases_; }
  const std::map<std::uint64_t, Redemption>& redemptions() const { return redemptions_; }
  const std::map<ReceiptKey, AccruePurchase>& unclaimed() const { return unclaimed_; }

  // The member as of an instant, with what is due by then done in thought.
  Member AsOf(MemberId id, Timestamp now) const;
  // Available points; below zero for arrears.
  static std::int64_t Available(const Member& member, const std::string& type);
  static std::int64_t Pending(const Member& member, const std::string& type);
  static std::int64_t Held(const Member& member, const std::string& type);
  static Timestamp EndOf(const Member& member, const Lot& lot) {
    return lot.is_idle ? std::min(lot.ends, member.idle_ends) : lot.ends;
  }
  // Open lots of a type in spend order.
  static std::vector<Lot> SpendOrder(const Member& member, const std::string& type);
  // Credit and visit days of the twelve months that end with `last`.
  std::int64_t Credit(MemberId id, Date last) const;
  std::int64_t Visits(MemberId id, Date last) const;
  // The largest purchase of these days, by what is left of it and counts.
  std::int64_t BestPurchase(MemberId id, Date first, Date last) const;
  // The most `points` that a purchase up to `last` has left of what it brought.
  std::int64_t MostPoints(MemberId id, Date last) const;
  // How many first categories of lines that are left and count differ.
  std::int64_t Categories(MemberId id, Date first, Date last) const;
  const Program& program() const { return program_; }

 private:
  struct Answered {
    std::string content;
    Answer answer;
  };
  const Revision& InForce(Timestamp occurred_at) const;
  Timestamp Next() const;
  std::optional<Rejection> Late(Timestamp occurred_at) const;

  // Does the first thing that is due, if any; by how much the clock stands is said by `now`.
  bool DoOneDue(MemberId id, Member& member, Timestamp now,
                std::optional<Timestamp> activity_at) const;
  void CatchUp(const Order& order);
  // To a tier that is higher, if it is.
  bool Rise(Standing& standing, Timestamp at, std::size_t earned) const;
  // Whether a revision that came into force moves the member, who is moved then.
  bool Judge(MemberId id, Standing& standing, Timestamp from, const Revision& revision) const;
  void Fall(MemberId id, Standing& standing, Timestamp at, Date last,
            const Revision& revision) const;
  bool Reaches(const Tier& tier, const Revision& revision, std::int64_t credit,
               std::int64_t visits) const;
  std::size_t Earned(MemberId id, Date last, const Revision& revision) const;
  Timestamp ReviewAt(std::size_t tier, Timestamp since, int term) const;
  // Marks a lot that is opened at `opened` as one that an idle member loses.
  static void OpenIdle(Member& member, const Revision& revision, Timestamp opened, Lot& lot);
  static std::int64_t Give(Member& member, std::size_t lot, std::int64_t amount);
  static std::int64_t GivePending(Member& member, std::size_t lot, std::int64_t amount);
  // Takes what is there from lots in spend order; returns lot and points of each.
  static Parts Spend(Member& member, std::int64_t amount);
  // Points that come back to a lot: they cover arrears, and end with a lot that has ended.
  // One that left with its home makes a new one, of the entry that comes.
  void PutBack(Member& member, std::size_t lot, std::int64_t points, Timestamp now) const;
  void End(Member& member, Hold& hold, HoldState state, Timestamp now) const;
  void GiveBack(Redemption& redemption, std::int64_t amount);
  // Takes goods of a purchase back; `taken` are the lines as they came back.
  std::optional<Rejection> TakeBack(const ReceiptKey& original,
                                    const std::vector<ReturnLine>& lines,
                                    std::optional<std::uint64_t> only_spent_by,
                                    std::vector<PurchaseLine>& taken);
  // How many points pay for a purchase, and how many cents that is.
  struct Paid {
    std::int64_t points = 0;
    std::int64_t cents = 0;
  };
  static Paid PaidBy(const Revision& revision, const AccruePurchase& o);
  // Awards a purchase that may be, with what it takes back and what points pay of it.
  std::optional<Rejection> Sell(const AccruePurchase& o, const Revision& revision,
                                const std::vector<std::pair<Purchase, Timestamp>>& fallen);
  // Returns that waited for a purchase follow it, each in an entry of its own.
  void PayOthersBack(const ReceiptKey& receipt);
  bool ReadClock(const Order& order, bool is_recorded);
  static std::int64_t DueBack(const Redemption& redemption, const Purchase& purchase,
                              const std::vector<PurchaseLine>& rest);
  void MatchEarly(const ReceiptKey& original);
  std::optional<Rejection> DoEnrolling(const Order& order);
  void MoveByHand(Member& member, std::int64_t amount);
  // What somebody asked for that another person has to approve of.
  struct Asked {
    AdjustPoints order;
    MemberId member;
    std::string by;
    Timestamp expires;
    bool is_decided = false;
  };
  std::optional<Rejection> FindAsked(std::uint64_t sequence, Asked*& asked);
  // Pending points that are settled or cancelled: what of which award.
  struct Decided {
    Purchase* purchase = nullptr;
    std::vector<std::pair<std::size_t, std::int64_t>> parts;  // award and points
  };
  std::optional<Rejection> Decide(const AccrualRef& accrual, const std::vector<std::int32_t>& lines,
                                  const std::optional<IdentityHash>& own, Decided& decided);
  // The tier goes back where its upgrade no longer stands, neither then nor now.
  void FallAfter(const Purchase& purchase, Timestamp at);
  std::optional<Rejection> FindHold(const HoldKey& key, Hold*& hold);

  std::optional<Rejection> Do(const EnrollMember& o);
  std::optional<Rejection> Do(const ImportMember& o);
  std::optional<Rejection> Do(const LinkIdentity& o);
  std::optional<Rejection> Do(const UnlinkIdentity& o);
  std::optional<Rejection> Do(const SuspendMember& o) {
    return Move(o.member, MemberState::kSuspended);
  }
  std::optional<Rejection> Do(const ReactivateMember& o) {
    return Move(o.member, MemberState::kActive);
  }
  std::optional<Rejection> Do(const CloseMember& o) { return Move(o.member, MemberState::kClosed); }
  std::optional<Rejection> Do(const AccruePurchase& o);
  std::optional<Rejection> Do(const ReturnPurchase& o);
  std::optional<Rejection> Do(const CorrectReceipt& o);
  std::optional<Rejection> Do(const Redeem& o);
  // Whether as many redemptions name a purchase as may.
  bool IsPaidByMany(const std::optional<ReceiptKey>& receipt) const;
  std::optional<Rejection> Do(const ReverseRedemption& o);
  std::optional<Rejection> Do(const AdjustPoints& o);
  std::optional<Rejection> Do(const Approve& o);
  std::optional<Rejection> Do(const Decline& o);
  std::optional<Rejection> Do(const ExtendLots& o);
  std::optional<Rejection> Do(const ReinstatePoints&) { return std::nullopt; }
  // Whether a person may not move so many more points by hand.
  bool IsOverByHand(std::int64_t points) const;
  std::optional<Rejection> Do(const SettleAccrual& o);
  std::optional<Rejection> Do(const CancelAccrual& o);
  std::optional<Rejection> Do(const HoldPoints& o);
  std::optional<Rejection> Do(const CaptureHold& o);
  std::optional<Rejection> Do(const VoidHold& o);
  std::optional<Rejection> Do(const CreateProgram&) { return std::nullopt; }
  std::optional<Rejection> Do(const CreateRevision&) { return std::nullopt; }
  std::optional<Rejection> Do(const ActivateRevision&) { return std::nullopt; }
  std::optional<Rejection> Do(const AdvanceMember&) { return std::nullopt; }
  std::optional<Rejection> Do(const ApproveRevision&) { return std::nullopt; }
  std::optional<Rejection> Do(const ScheduleRevision&) { return std::nullopt; }
  std::optional<Rejection> Do(const CancelSchedule&) { return std::nullopt; }
  std::optional<Rejection> Do(const PauseRule&) { return std::nullopt; }
  std::optional<Rejection> Do(const ResumeRule&) { return std::nullopt; }
  std::optional<Rejection> Do(const AdvanceProgram&) { return std::nullopt; }
  std::optional<Rejection> Do(const AccrueActivity&) { return std::nullopt; }
  std::optional<Rejection> Do(const AcknowledgeWarnings&) { return std::nullopt; }
  std::optional<Rejection> Do(const SetTierFloor&) { return std::nullopt; }
  std::optional<Rejection> Do(const MatchTier&) { return std::nullopt; }
  std::optional<Rejection> Do(const SetMemberAttributes& o);
  std::optional<Rejection> Do(const MergeMembers& o);
  std::optional<Rejection> Do(const UnmergeMembers& o);
  std::optional<Rejection> Do(const MoveIdentity& o);
  std::optional<Rejection> Do(const TransferPoints& o);
  std::optional<Rejection> Do(const KeepReceipt& o);
  std::optional<Rejection> Do(const ClaimReceipt& o);
  std::optional<Rejection> Known(const AccruePurchase& o, const std::optional<MemberId>& member);
  bool IsOwn(const std::optional<IdentityHash>& own, std::initializer_list<MemberId> members) const;
  // The member and all who were merged into it.
  std::set<MemberId> Group(MemberId id) const;
  // Names lots of whoever `root` has taken over otherwise: `name` says how, from how.
  void Rename(MemberId root, const std::set<MemberId>& of,
              const std::function<std::size_t(std::size_t)>& name);
  void Rise(MemberId id, Member& member);
  std::optional<Rejection> Move(const MemberRef& ref, MemberState to);

  const Program& program_;
  std::uint64_t sequence_;
  Timestamp last_recorded_;
  Timestamp clock_;
  std::optional<MemberId> touched_;     // by the command that is being done
  std::optional<MemberId> other_;       // another one, who has been brought up to now too
  mutable std::uint32_t restored_ = 0;  // lots that PutBack has made for the entry that comes
  std::vector<std::pair<Timestamp, const Revision*>> in_force_;
  std::map<MemberId, Member> members_;
  std::map<IdentityHash, MemberId> identities_;
  std::map<ReceiptKey, Purchase> purchases_;
  std::map<ReceiptKey, AccruePurchase> unclaimed_;
  std::map<std::uint64_t, Redemption> redemptions_;
  std::map<RequestId, Answered> requests_;
  // By store and terminal: the skew that was read last, and when.
  std::map<std::pair<PlaceId, PlaceId>, std::pair<std::int64_t, Timestamp>> clocks_;
  std::map<ReceiptKey, std::vector<Early>> early_;        // by the receipt that they wait for
  std::map<std::string, std::int64_t> owed_until_right_;  // by point type, within a correction
  std::int64_t pays_again_ = 0;           // points that will pay for a purchase that is corrected
  Parts paid_again_;                      // of these, what paid for the wrong one
  std::vector<ReceiptKey> came_back_;     // purchases of which something has, by one entry
  std::set<std::uint64_t> corrected_;     // entries of purchases that others took the place of
  std::map<Date, std::int64_t> by_hand_;  // points, by day
  std::map<std::uint64_t, Asked> asked_;  // by the entry that asked
  std::string principal_;                 // of the command that is being done
  std::map<std::pair<MemberId, std::int32_t>, std::int64_t> given_;  // by member and month
  std::map<std::uint64_t, MemberId> member_of_;                      // entries
};

// All that a command says, on one line.
std::string Describe(const Order& order);

}  // namespace laurel::model

#endif  // LAUREL_TESTS_TESTING_MODEL_H_
