#ifndef LAUREL_ENGINE_DOMAIN_DRAFT_H_
#define LAUREL_ENGINE_DOMAIN_DRAFT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/decide.h"
#include "engine/domain/entry.h"
#include "engine/domain/metrics.h"
#include "engine/domain/state.h"
#include "engine/domain/tiers.h"

// What decisions share while they write down what follows: postings, lot moves and lots in thought.
// Internal to the decide_*.cc files.
namespace laurel {

// More lots than this in one entry would outgrow an entry's 65,535 bytes.
inline constexpr std::size_t kLotMovesMax = 1500;

// And more than this in a hold, which moves each lot up to three times when it ends.
inline constexpr std::size_t kHeldLotsMax = 400;

class Draft {
 public:
  Draft(State& state, MemberId member) : Draft(state, member, state.GroupOf(member)) {}
  // After others of the same entry, which have opened `restored` lots in PutBack.
  Draft(State& state, MemberId member, std::uint32_t restored) : Draft(state, member) {
    restored_ = restored;
  }
  // Of a group that is about to be another: these members are one.
  Draft(State& state, MemberId member, std::vector<MemberId> group)
      : state_(state), member_(member), group_(std::move(group)) {}

  void Post(AccountClass account, absl::string_view detail, const PointTypeId& type,
            std::int64_t amount);

  // Takes up to `amount` of one bucket of a lot; returns how much.
  std::int64_t TakeFromLot(const LotKey& lot, std::int64_t amount,
                           Bucket bucket = Bucket::kAvailable);
  // Takes up to `amount` from available lots in spend order; returns how much.
  std::int64_t TakeInSpendOrder(const PointTypeId& type, std::int64_t amount);
  void Move(const LotKey& lot, std::int64_t delta, Bucket bucket = Bucket::kAvailable);
  // A new lot, which nothing else of the draft touches.
  void Open(LotKey lot, std::int64_t amount, Bucket bucket = Bucket::kAvailable) {
    lot_moves.push_back(LotMove{std::move(lot), bucket, amount});
  }

  // What of a lot has come back in this draft only to expire.
  std::int64_t Expired(const LotKey& lot) const {
    const auto found = expired_.find(lot);
    return found == expired_.end() ? 0 : found->second;
  }

  MemberId member() const { return member_; }
  // What is available of a type with what the draft has posted so far; below 0 the member owes it.
  std::int64_t AvailableAfter(const PointTypeId& type) const;
  // Posts points that become available for the member; returns how many of them cover arrears and
  // belong into no lot.
  std::int64_t MakeAvailable(const PointTypeId& type, std::int64_t amount);
  // Makes points available that were taken out of a lot: they cover arrears, go back into the lot,
  // and expire in this entry if it has ended by `now`; `events` is told of that.
  // Points of a lot that is no longer the group's go into a new one: `sequence` is the entry's.
  void PutBack(const LotKey& lot, std::int64_t amount, Timestamp now, std::uint64_t sequence,
               std::vector<Event>& events);
  // The same of points that a reversal puts back, which live until `lives_until` at least: where
  // their lot ends earlier, in one of their own.
  void Restore(const LotKey& lot, std::int64_t amount, Timestamp lives_until,
               const Context& context, std::vector<Event>& events);

  // As StateSource says: what is missing may only be unreadable.
  bool has_failed() const { return state_.has_failed(); }

  // A hold that ends with this entry.
  void End(const HoldLapseKey& hold) { ended_ = hold; }
  // When the group's points next need attention, as LotsDue says, of what was there before the
  // draft and as it will be, with what it restores: other new lots and holds are the caller's.
  Timestamp LotsDue();

  std::vector<Posting> postings;  // equal accounts are added up
  std::vector<LotMove> lot_moves;

 private:
  std::int64_t Moved(const LotKey& key, Bucket bucket) const;
  bool IsOfGroup(const LotKey& lot) const;
  // Whether a lot ends when its member does nothing for long.
  bool IsIdle(const LotKey& key) const;
  // Where a lot ends that the records have, open or not, or that the draft restores.
  Timestamp EndOf(const LotKey& key) const;
  // Where points end that go back to a lot. Those of a lot that is no longer the group's end with
  // the group's idleness, if that ends with somebody's.
  Timestamp EndBack(const LotKey& from) const;
  // Lots that had nothing available in the records and have something now, by key.
  std::vector<std::pair<LotKey, std::int64_t>> Reopened(const PointTypeId& type) const;
  Timestamp EndsNext();
  Timestamp ActivatesNext();
  Timestamp LapsesNext();
  bool HasAny(std::int64_t Balance::*bucket);

  State& state_;
  const MemberId member_;
  const std::vector<MemberId> group_;
  // The first lot of an entry that points come back to, beside those that awards may open.
  static constexpr std::uint32_t kFirstRestored = 10'001;
  std::uint32_t restored_ = 0;  // lots that points have come back to
  std::map<LotKey, Timestamp> restored_ends_;
  std::map<std::pair<Bucket, LotKey>, std::int64_t> moved_;  // in thought
  std::map<LotKey, std::int64_t> expired_;
  std::optional<HoldLapseKey> ended_;
};

// The program's record with an activation, or null.
const Program* FindActiveProgram(State& state, const ProgramId& program);

Rejected ResourceNotFound(absl::string_view kind, absl::string_view name);

// The revision in force now, for what happens when it is decided. Refuses where there is none.
struct InForce {
  const Activation* revision = nullptr;
  std::shared_ptr<const rules::Rulebook> rulebook;
};
std::optional<Rejected> FindInForce(State& state, const Command& command, const Context& context,
                                    InForce& found);

// The entry of what is done to a member now, by the revision of `by`; its events are to come.
Accepted Begun(EntryKind kind, MemberId member, const InForce& by, const Context& context);

// Where people answer for what they do, each of them has a name.
std::optional<Rejected> RefuseNameless(const Command& command);
Rejected NotActive(const Member& member);
// Nobody moves what is their own: `own` names the membership of who asks.
std::optional<Rejected> RefuseOwn(State& state, const ProgramId& program,
                                  const std::optional<IdentityHash>& own,
                                  const std::vector<MemberId>& members);
// Of an entry's members: what a draft for the other one has posted to its accounts.
std::vector<Posting> PostingsOf(MemberId other, std::vector<Posting> postings);
// The index of a point type that can be spent; empty if it is none.
std::optional<std::size_t> RedeemableType(const rules::Rulebook& rulebook, const PointTypeId& type);
Rejected NotRedeemable(const PointTypeId& type);
// Takes `amount` from the member's available lots in spend order, or refuses. What the draft has
// posted so far is no longer available.
std::optional<Rejected> TakeAll(const Member& member, const PointTypeId& type, std::int64_t amount,
                                Draft& draft);
// Whoever spends points or has them held, with the points taken in the draft.
struct Spender {
  InForce found;
  MemberId id;
  const Member* member = nullptr;
  std::optional<Draft> draft;
};
std::optional<Rejected> FindSpender(State& state, const Command& command, const MemberRef& ref,
                                    const PointTypeId& type, std::int64_t amount,
                                    const Context& context, Spender& spender);
// Whether a balance may grow by so much, whatever becomes available of it.
bool HasRoom(const Balance* balance, std::int64_t amount);
Rejected TooLarge(absl::string_view what);
// LIMIT_REACHED, with what the limit leaves.
Rejected OverLimit(absl::string_view limit, std::int64_t left, std::int64_t requested);
// Why a request does not fit the program: it has to change.
Rejected InvalidField(std::string field, std::string expected, std::string was);
// The lots and amounts that a redemption or a capture spent, in that order.
std::vector<std::pair<LotKey, std::int64_t>> SpentBy(const Entry& entry,
                                                     const PointsRedeemed& redeemed);
// So many redemptions may name one purchase, and spend from so many lots together: a return gives
// all of it back at once.
inline constexpr std::size_t kPaymentsMax = 32;
inline constexpr std::size_t kPaidLotsMax = 1'500;
// LIMIT_REACHED if one more that spends from `lots` lots is too many. `purchase` may be empty.
std::optional<Rejected> RefuseMorePayments(State& state, const ProgramId& program,
                                           const std::optional<ReceiptKey>& purchase,
                                           std::size_t lots);
// Points of a redemption, by the lot that they were spent from.
using SpentParts = std::vector<std::pair<LotKey, std::int64_t>>;
// Gives `amount` of a redemption back that has had `reversed` before: into the lots it came from,
// last taken first. Of these points the last `spent_again` stay out, because the same entry spends
// them again: returns where they lay, in the order of spending.
SpentParts GiveBack(std::uint64_t redemption, const Entry& entry, std::int64_t reversed,
                    std::int64_t amount, std::int64_t spent_again, const rules::Rulebook& rulebook,
                    const Context& context, Draft& draft, std::vector<Event>& events);
// Ends an open hold at an instant: what it still holds goes back.
void EndHold(const HoldKey& key, const Hold& hold, HoldState to, Timestamp at, Draft& draft,
             std::vector<Event>& events);
// Where a part of a hold lies.
LotKey LotOf(const HoldKey& key, const Hold& hold, const HeldPart& part);
// Where an activity was undone, wholly or in part: the tier falls when what its upgrade rested on
// is gone, at the upgrade's instant and now, by the rules of today. Says the tier as it is then.
struct Undone {
  Timestamp occurred_at;  // of the activity
  const ActivityInThought& activity;
  Timestamp at;
  Timestamp recorded_at;
};
void JudgeUndone(State& state, const rules::Rulebook& active, const Undone& undone,
                 Accepted& accepted);
// The verdict alone, by metrics of today that count what else the entry tells of.
std::optional<TierDecided> JudgeFall(const MemberStanding& standing, const rules::Rulebook& active,
                                     const MemberTier& tier, const MetricValues& now,
                                     const Undone& undone);

// Goods that come back of a purchase that is known.
struct Returning {
  const Purchase& purchase;
  ReceiptKey receipt;  // that takes them back
  Timestamp occurred_at;
  std::vector<ReturnLine> lines;  // empty: all that is left
  TerminalRow row = {};
  std::uint64_t kept = 0;      // as PurchaseReturned
  bool is_timed = true;        // refused if it is too late or early
  bool is_corrected = false;   // the purchase is posted anew: what else paid for it still does
  PointTypeId pays_type = {};  // of a purchase that is posted anew: points that will pay for it
  std::int64_t pays_points = 0;
  std::uint32_t restored = 0;  // lots that the entry has opened already for points that came back
};
// Everything that follows but the tier, which is judged when all is known.
struct TakenBack {
  Accepted accepted;
  ActivityInThought undone;
  Timestamp sale_occurred_at;
  // Of a purchase that is posted anew: what its member would owe for it without the right award.
  std::vector<PointTypeId> without_arrears = {};
  // Likewise: points that paid for it and will again. They lie in their lots for no longer than
  // that takes, and neither end nor cover anything meanwhile.
  SpentParts paid_again = {};
};
std::optional<Rejected> TakeBack(State& state, const Command& command, const Returning& what,
                                 const Context& context, TakenBack& result);

// Points that others than the entry's member spent on what it takes back: they go back to who spent
// them, in entries of their own. So it is after a friend has paid, and after two memberships that
// were one have been taken apart.
std::vector<Command> OthersPaidBack(State& state, const Command& command, const Entry& entry);

// Returns that may wait for one purchase: they are all done in one go once it comes.
inline constexpr std::size_t kAwaitedMax = 32;
std::optional<Rejected> RefuseAwaited(State& state, const AwaitedKey& key);

// What follows from a move of points that is no activity: when lots end next, the postings and
// moves of the draft, and the tier as it stays.
void FinishMove(State& state, const rules::Rulebook& rulebook, const Member& member,
                Timestamp lots_due_at, const Context& context, Draft& draft, Accepted& accepted);

// One per command; Decide dispatches to them.
Decision DecideEnroll(State& state, const Command& command, const EnrollMember& order,
                      const Context& context);
Decision DecideImport(State& state, const Command& command, const ImportMember& order,
                      const Context& context);
Decision DecideLink(State& state, const Command& command, const LinkIdentity& order,
                    const Context& context);
Decision DecideUnlink(State& state, const Command& command, const UnlinkIdentity& order,
                      const Context& context);
Decision DecideAttributes(State& state, const Command& command, const SetMemberAttributes& order,
                          const Context& context);
Decision DecideMemberState(State& state, const Command& command, const MemberRef& ref,
                           MemberState to, EntryKind kind, const Context& context);
Decision DecideAccrue(State& state, const Command& command, const AccruePurchase& order,
                      const Context& context);
Decision DecideActivity(State& state, const Command& command, const AccrueActivity& order,
                        const Context& context);
Decision DecideReturn(State& state, const Command& command, const ReturnPurchase& order,
                      const Context& context);
Decision DecideCorrect(State& state, const Command& command, const CorrectReceipt& order,
                       const Context& context);
Decision DecideRedeem(State& state, const Command& command, const Redeem& order,
                      const Context& context);
Decision DecideAdjust(State& state, const Command& command, const AdjustPoints& order,
                      const Context& context);
Decision DecideExtend(State& state, const Command& command, const ExtendLots& order,
                      const Context& context);
Decision DecideReinstate(State& state, const Command& command, const ReinstatePoints& order,
                         const Context& context);
Decision DecideSettle(State& state, const Command& command, const SettleAccrual& order,
                      const Context& context);
Decision DecideCancel(State& state, const Command& command, const CancelAccrual& order,
                      const Context& context);
Decision DecideHold(State& state, const Command& command, const HoldPoints& order,
                    const Context& context);
Decision DecideCapture(State& state, const Command& command, const CaptureHold& order,
                       const Context& context);
Decision DecideVoid(State& state, const Command& command, const VoidHold& order,
                    const Context& context);
Decision DecideReverse(State& state, const Command& command, const ReverseRedemption& order,
                       const Context& context);
Decision DecideCreateProgram(State& state, const Command& command, const CreateProgram& order,
                             const Context& context);
Decision DecideCreateRevision(State& state, const Command& command, const CreateRevision& order,
                              const Context& context);
Decision DecideActivate(State& state, const Command& command, const ActivateRevision& order,
                        const Context& context);
Decision DecideAdvance(State& state, const Command& command, const AdvanceMember& order,
                       const Context& context);
Decision DecideApprove(State& state, const Command& command, const ApproveRevision& order,
                       const Context& context);
Decision DecideSchedule(State& state, const Command& command, const ScheduleRevision& order,
                        const Context& context);
Decision DecideCancelSchedule(State& state, const Command& command, const CancelSchedule& order,
                              const Context& context);
Decision DecidePauseRule(State& state, const Command& command, const PauseRule& order,
                         const Context& context);
Decision DecideResumeRule(State& state, const Command& command, const ResumeRule& order,
                          const Context& context);
Decision DecideAdvanceProgram(State& state, const Command& command, const AdvanceProgram& order,
                              const Context& context);
Decision DecideAcknowledge(State& state, const Command& command, const AcknowledgeWarnings& order,
                           const Context& context);
Decision DecideFloor(State& state, const Command& command, const SetTierFloor& order,
                     const Context& context);
Decision DecideMatch(State& state, const Command& command, const MatchTier& order,
                     const Context& context);
Decision DecideMerge(State& state, const Command& command, const MergeMembers& order,
                     const Context& context);
Decision DecideUnmerge(State& state, const Command& command, const UnmergeMembers& order,
                       const Context& context);
Decision DecideKeepReceipt(State& state, const Command& command, const KeepReceipt& order,
                           const Context& context);
Decision DecideClaim(State& state, const Command& command, const ClaimReceipt& order,
                     const Context& context);
Decision DecideTransfer(State& state, const Command& command, const TransferPoints& order,
                        const Context& context);
Decision DecideApproveAsked(State& state, const Command& command, const Approve& order,
                            const Context& context);
Decision DecideDeclineAsked(State& state, const Command& command, const Decline& order,
                            const Context& context);
Decision DecideMoveIdentity(State& state, const Command& command, const MoveIdentity& order,
                            const Context& context);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_DRAFT_H_
