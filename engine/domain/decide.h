#ifndef LAUREL_ENGINE_DOMAIN_DECIDE_H_
#define LAUREL_ENGINE_DOMAIN_DECIDE_H_

#include <memory>
#include <variant>
#include <vector>

#include "engine/domain/adjust_limits.h"
#include "engine/domain/command.h"
#include "engine/domain/entry.h"
#include "engine/domain/rejection.h"
#include "engine/domain/revision_life.h"
#include "engine/domain/state.h"
#include "engine/domain/transfer_policy.h"
#include "rules/program/rulebook.h"

namespace laurel {

// Compiled revisions. The same digest always gives an equal rulebook.
class RulebookLibrary {
 public:
  virtual ~RulebookLibrary() = default;
  // The rulebook of a revision that the state holds; null if it cannot be had.
  virtual std::shared_ptr<const rules::Rulebook> Find(State& state, const ProgramId& program,
                                                      const Activation& activation) = 0;
};

// Everything a decision may know besides the state and the command.
struct Context {
  PartitionId partition = 0;
  std::uint64_t sequence = 0;  // that the entry will have
  Timestamp recorded_at;
  RulebookLibrary* rulebooks = nullptr;
  Quorum approvals = {};                // that a revision needs
  AdjustLimits adjust_limits = {};      // of people who move points by hand
  TransferPolicy transfers = {};        // of points between members
  AdjustLimits approval_limits = {};    // of people who approve of what others want to move by hand
  int reinstate_days = kReinstateDays;  // for so many after their end points may come back
};

struct Accepted {
  EntryKind kind = EntryKind::kRefused;
  Timestamp occurred_at;
  std::optional<MemberId> member;
  std::optional<MemberId> other = {};  // as in Entry
  std::optional<Hash> revision;
  std::optional<Date> effective_on;
  std::vector<Event> events;
  std::vector<Posting> postings;
  std::vector<LotMove> lot_moves;
  std::optional<TierView> tier;  // of the member afterwards
};
using Decision = std::variant<Accepted, Rejected>;

// Decides a command against a state: pure, in that the same records, command and context give the
// same decision on every machine. Reads records through `state` and changes none. The guards of
// each command stand in the order of Rejection's precedence.
Decision Decide(State& state, const Command& command, const Context& context);

// What the engine does at once after an entry, in the same batch and in this order: rules may wait
// for an enrolment, returns for their purchase, and others may have paid for what comes back. What
// follows may have followers of its own. Reads the state with the entry applied.
std::vector<Command> FollowingOf(State& state, const Command& command, const Entry& entry,
                                 const Context& context);

// Whether something is due for the member before a command of this instant may be decided: lots
// that became available or have ended, a hold that lapsed, a term that is over, a revision that has
// come into force and moves the member's tier. `activity_at` as in AdvanceMember.
bool IsDue(State& state, MemberId member, Timestamp now,
           const std::optional<Timestamp>& activity_at, RulebookLibrary& rulebooks);

// The entry of a decision: refusals keep their reason, acceptances what follows from them. Fills
// everything but `previous_leaf`.
Entry MakeEntry(State& state, const Command& command, const Context& context, Decision decision,
                const Hash& fingerprint);

// Whether a refusal that is not recorded shows that a terminal's clock stands otherwise than the
// ledger knows: far ahead, its rows are all refused, and nothing else would tell. An entry is then
// made of it that answers no request. A terminal that goes on like this makes few of them.
bool TellsOfClock(State& state, const Command& command, const Rejected& rejected, Timestamp now);

// Whether a scheduled revision has to be put into force before a command on the program may be
// decided.
bool IsDue(State& state, const ProgramId& program, Timestamp now);

// The revision in force for something that occurred at an instant: the last one activated or
// scheduled by then, and the first one for what lies before. Null if the program has none.
const Activation* RevisionAt(const Program& program, Timestamp occurred_at);

// Reads that share their arithmetic with decisions.

// The member's tier as of an instant, in words of `rulebook`, that of the revision in force then:
// what is due by then is applied in thought. Progress is that of the metrics as of the instant's
// day.
TierView TierAt(State& state, MemberId member, RulebookLibrary& rulebooks,
                const rules::Rulebook& rulebook, Timestamp instant);
// What keeps the tier at the end of its term: the nearest alternative of `retain`, by the metrics
// as of the instant's day. Empty in the base tier and where no review comes.
std::vector<ProgressLine> RetentionAt(State& state, MemberId member,
                                      const rules::Rulebook& rulebook, const TierView& tier,
                                      Timestamp instant);
// Does in thought, in the caller's working set, what the clock has made due of the member's points
// by `now`: balances, lots and holds are then those of that instant.
void AdvancePoints(State& state, MemberId member, Timestamp now);
// The balances as of now, after AdvancePoints.
std::vector<Balance> BalancesAt(State& state, MemberId member, Timestamp now);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_DECIDE_H_
