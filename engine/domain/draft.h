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

// What decisions share while they write down what follows: postings, lot moves and lots in thought.
// Internal to the decide_*.cc files.
namespace laurel {

// More lots than this in one entry would outgrow an entry's 65,535 bytes.
inline constexpr std::size_t kLotMovesMax = 1500;

// And more than this in a hold, which moves each lot up to three times when it ends.
inline constexpr std::size_t kHeldLotsMax = 400;

class Draft {
 public:
  Draft(State& state, MemberId member) : state_(state), member_(member) {}

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
  void PutBack(const LotKey& lot, std::int64_t amount, Timestamp now, std::vector<Event>& events);

  // As StateSource says: what is missing may only be unreadable.
  bool has_failed() const { return state_.has_failed(); }

  // A hold that ends with this entry.
  void End(const HoldLapseKey& hold) { ended_ = hold; }
  // When the member's points next need attention, as LotsDue says, of what was there before the
  // draft and as it will be: new lots and holds are the caller's.
  Timestamp LotsDue();

  std::vector<Posting> postings;  // equal accounts are added up
  std::vector<LotMove> lot_moves;

 private:
  std::int64_t Moved(const LotKey& key, Bucket bucket) const;
  // Lots that had nothing available in the records and have something now, in spend order.
  std::vector<std::pair<LotKey, std::int64_t>> Reopened(const PointTypeId& type) const;
  Timestamp EndsNext(const Member& member);
  Timestamp ActivatesNext(const Member& member);
  Timestamp LapsesNext(const Member& member);

  State& state_;
  const MemberId member_;
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
// The index of a point type that can be spent; empty if it is none.
std::optional<std::size_t> RedeemableType(const rules::Rulebook& rulebook, const PointTypeId& type);
Rejected NotRedeemable(const PointTypeId& type);
// Takes `amount` from the member's available lots in spend order, or refuses.
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
// Why a request does not fit the program: it has to change.
Rejected InvalidField(std::string field, std::string expected, std::string was);
// The lots and amounts that a redemption or a capture spent, in that order.
std::vector<std::pair<LotKey, std::int64_t>> SpentBy(const Entry& entry,
                                                     const PointsRedeemed& redeemed);
// Gives `amount` of a redemption back that has had `reversed` before: into the lots it came from,
// last taken first.
void GiveBack(std::uint64_t redemption, const Entry& entry, std::int64_t reversed,
              std::int64_t amount, Timestamp now, Draft& draft, std::vector<Event>& events);
// Ends an open hold at an instant: what it still holds goes back.
void EndHold(const HoldKey& key, const Hold& hold, HoldState to, Timestamp at, Draft& draft,
             std::vector<Event>& events);
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
Decision DecideMemberState(State& state, const Command& command, const MemberRef& ref,
                           MemberState to, EntryKind kind, const Context& context);
Decision DecideAccrue(State& state, const Command& command, const AccruePurchase& order,
                      const Context& context);
Decision DecideActivity(State& state, const Command& command, const AccrueActivity& order,
                        const Context& context);
Decision DecideReturn(State& state, const Command& command, const ReturnPurchase& order,
                      const Context& context);
Decision DecideRedeem(State& state, const Command& command, const Redeem& order,
                      const Context& context);
Decision DecideAdjust(State& state, const Command& command, const AdjustPoints& order,
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

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_DRAFT_H_
