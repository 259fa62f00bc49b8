#ifndef LAUREL_ENGINE_DOMAIN_DRAFT_H_
#define LAUREL_ENGINE_DOMAIN_DRAFT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/domain/decide.h"
#include "engine/domain/entry.h"
#include "engine/domain/state.h"

// What decisions share while they write down what follows: postings, lot moves and lots in thought.
// Internal to the decide_*.cc files.
namespace laurel {

// More lots than this in one entry would outgrow an entry's 65,535 bytes.
inline constexpr std::size_t kLotMovesMax = 1500;

class Draft {
 public:
  Draft(State& state, MemberId member) : state_(state), member_(member) {}

  void Post(AccountClass account, absl::string_view detail, const PointTypeId& type,
            std::int64_t amount);

  // Takes up to `amount` of the available points of one lot; returns how much.
  std::int64_t TakeFromLot(const LotKey& lot, std::int64_t amount);
  // Takes up to `amount` from available lots in spend order; returns how much.
  std::int64_t TakeInSpendOrder(const PointTypeId& type, std::int64_t amount);
  void Move(const LotKey& lot, std::int64_t delta);  // of the available bucket
  // A new lot, which nothing else of the draft touches.
  void Open(LotKey lot, std::int64_t amount) {
    lot_moves.push_back(LotMove{std::move(lot), Bucket::kAvailable, amount});
  }

  // As StateSource says: what is missing may only be unreadable.
  bool has_failed() const { return state_.has_failed(); }

  // The earliest end of the member's open lots as they will be, of all types it has balances of.
  Timestamp LotsDue();

  std::vector<Posting> postings;  // equal accounts are added up
  std::vector<LotMove> lot_moves;

 private:
  std::int64_t AvailableIn(const LotKey& key, const Lot& lot) const;

  State& state_;
  const MemberId member_;
  std::map<LotKey, std::int64_t> moved_;  // of the available bucket, in thought
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

// Where people answer for what they do, each of them has a name.
std::optional<Rejected> RefuseNameless(const Command& command);
Rejected NotActive(const Member& member);
// The index of a point type that can be spent; empty if it is none.
std::optional<std::size_t> RedeemableType(const rules::Rulebook& rulebook, const PointTypeId& type);
Rejected NotRedeemable(const PointTypeId& type);
// Takes `amount` from the member's available lots in spend order, or refuses.
std::optional<Rejected> TakeAll(const Member& member, const PointTypeId& type, std::int64_t amount,
                                Draft& draft);
// What follows from a move of points that is no activity: when lots end next, the postings and
// moves of the draft, and the tier as it stays.
void FinishMove(State& state, const rules::Rulebook& rulebook, const Member& member,
                Timestamp lots_due_at, const Context& context, Draft& draft, Accepted& accepted);

// One per command; Decide dispatches to them.
Decision DecideEnroll(State& state, const Command& command, const EnrollMember& order,
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
