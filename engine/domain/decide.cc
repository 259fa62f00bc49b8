#include "engine/domain/decide.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/apply.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/metrics.h"
#include "engine/domain/tier_course.h"
#include "engine/domain/tiers.h"

namespace laurel {

// ---- draft
// ---------------------------------------------------------------------------------------------------

void Draft::Post(AccountClass account, absl::string_view detail, const PointTypeId& type,
                 std::int64_t amount) {
  if (amount == 0) return;
  for (Posting& posting : postings) {
    if (posting.account == account && posting.detail == detail && posting.type == type) {
      posting.amount += amount;
      return;
    }
  }
  postings.push_back(Posting{account, std::string(detail), type, amount});
}

std::int64_t Draft::Moved(const LotKey& key, Bucket bucket) const {
  const auto moved = moved_.find({bucket, key});
  return moved == moved_.end() ? 0 : moved->second;
}

void Draft::Move(const LotKey& lot, std::int64_t delta, Bucket bucket) {
  if (delta == 0) return;
  moved_[{bucket, lot}] += delta;
  lot_moves.push_back(LotMove{lot, bucket, delta});
}

std::int64_t Draft::TakeFromLot(const LotKey& key, std::int64_t amount, Bucket bucket) {
  const Lot* lot = state_.lots.Find(key);
  const std::int64_t there = (lot == nullptr ? 0 : lot->in(bucket)) + Moved(key, bucket);
  const std::int64_t taken = std::min(amount, there);
  Move(key, -taken, bucket);
  return taken;
}

std::vector<std::pair<LotKey, std::int64_t>> Draft::Reopened(const PointTypeId& type) const {
  std::vector<std::pair<LotKey, std::int64_t>> lots;
  for (const auto& [where, delta] : moved_) {
    if (where.first != Bucket::kAvailable || where.second.type != type || delta <= 0) continue;
    if (state_.lots.Find(where.second) == nullptr) lots.emplace_back(where.second, delta);
  }
  std::sort(lots.begin(), lots.end(),
            [](const auto& a, const auto& b) { return SpendsBefore(a.first, b.first); });
  return lots;
}

std::int64_t Draft::TakeInSpendOrder(const PointTypeId& type, std::int64_t amount) {
  std::int64_t taken = 0;
  if (amount == 0) return taken;
  std::vector<std::pair<LotKey, std::int64_t>> takes;
  const auto take = [&](const LotKey& key, std::int64_t there) {
    const std::int64_t part = std::min(amount - taken, there);
    if (part > 0) takes.emplace_back(key, part);
    taken += part;
    return taken < amount;
  };
  std::vector<std::pair<LotKey, std::int64_t>> reopened = Reopened(type);
  std::stable_sort(reopened.begin(), reopened.end(),
                   [&](const auto& a, const auto& b) { return EndOf(a.first) < EndOf(b.first); });
  auto next = reopened.begin();
  state_.ForLotsToSpend(group_, type, [&](const LotKey& key, const Lot& lot, Timestamp ends_at) {
    for (; next != reopened.end(); ++next) {
      const Timestamp next_at = EndOf(next->first);
      const bool is_first = next_at != ends_at ? next_at < ends_at : SpendsBefore(next->first, key);
      if (!is_first) break;
      if (!take(next->first, next->second)) return false;
    }
    return take(key, lot.available + Moved(key, Bucket::kAvailable));
  });
  for (; next != reopened.end() && taken < amount; ++next) take(next->first, next->second);
  for (const auto& [key, part] : takes) Move(key, -part);
  return taken;
}

bool Draft::IsOfGroup(const LotKey& lot) const {
  return std::find(group_.begin(), group_.end(), lot.member) != group_.end();
}

bool Draft::IsIdle(const LotKey& key) const {
  const Lot* lot = state_.FindLot(key);
  return lot != nullptr && lot->is_idle;
}

Timestamp Draft::EndBack(const LotKey& from) const {
  if (IsOfGroup(from) || !IsIdle(from)) return EndOf(from);
  const Timestamp idle_end = state_.IdleEndOf(group_, from.type);
  return idle_end.is_never() ? EndOf(from) : std::min(from.expires_at, idle_end);
}

Timestamp Draft::EndOf(const LotKey& key) const {
  const auto restored = restored_ends_.find(key);
  if (restored != restored_ends_.end()) return restored->second;
  const Lot* lot = state_.FindLot(key);
  return lot == nullptr ? key.expires_at : state_.EndOf(key, *lot);
}

std::int64_t Draft::AvailableAfter(const PointTypeId& type) const {
  const Member* member = state_.members.Find(MemberKey{member_});
  const Balance* balance = member == nullptr ? nullptr : member->FindBalance(type);
  std::int64_t available = balance == nullptr ? 0 : balance->available;
  for (const Posting& posting : postings) {
    if (posting.account == AccountClass::kMemberAvailable && posting.type == type) {
      available += posting.amount;
    }
  }
  return available;
}

std::int64_t Draft::MakeAvailable(const PointTypeId& type, std::int64_t amount) {
  const std::int64_t arrears = std::max<std::int64_t>(0, -AvailableAfter(type));
  const std::int64_t covered = std::min(arrears, amount);
  Post(AccountClass::kMemberAvailable, "", type, amount);
  return covered;
}

void Draft::PutBack(const LotKey& from, std::int64_t amount, Timestamp now, std::uint64_t sequence,
                    std::vector<Event>& events) {
  const std::int64_t covered = MakeAvailable(from.type, amount);
  const std::int64_t left = amount - covered;
  if (left == 0) return;
  LotKey lot = from;
  const Timestamp ends_at = EndBack(from);
  if (!IsOfGroup(from)) {
    lot.member = member_;
    lot.id = LotId{sequence, kFirstRestored + restored_++};
    const Timestamp idle_ends_at =
        IsIdle(from) ? state_.IdleEndOf(group_, from.type) : Timestamp::Never();
    if (idle_ends_at.is_never()) lot.expires_at = ends_at;
    restored_ends_[lot] = ends_at;
    events.push_back(PointsRestored{.from = from,
                                    .lot = lot.id,
                                    .type = lot.type,
                                    .amount = amount,
                                    .covered_arrears = covered,
                                    .activates_at = now,
                                    .expires_at = lot.expires_at,
                                    .idle_ends_at = idle_ends_at});
  }
  Move(lot, left);
  if (ends_at > now) return;
  Move(lot, -left);
  Post(AccountClass::kMemberAvailable, "", lot.type, -left);
  Post(AccountClass::kExpiration, "due", lot.type, left);
  events.push_back(LotExpired{.lot = lot, .amount = left});
  expired_[lot] += left;
}

void Draft::Restore(const LotKey& from, std::int64_t amount, Timestamp lives_until,
                    const Context& context, std::vector<Event>& events) {
  if (EndBack(from) >= lives_until) {
    return PutBack(from, amount, context.recorded_at, context.sequence, events);
  }
  const std::int64_t covered = MakeAvailable(from.type, amount);
  const std::int64_t left = amount - covered;
  if (left == 0) return;
  const LotKey own{member_, from.type, lives_until,
                   LotId{context.sequence, kFirstRestored + restored_++}};
  Move(own, left);
  restored_ends_[own] = lives_until;
  events.push_back(PointsRestored{.from = from,
                                  .lot = own.id,
                                  .type = from.type,
                                  .amount = amount,
                                  .covered_arrears = covered,
                                  .activates_at = context.recorded_at,
                                  .expires_at = lives_until});
}

bool Draft::HasAny(std::int64_t Balance::*bucket) {
  for (const MemberId id : group_) {
    const Member* member = state_.members.Find(MemberKey{id});
    if (member == nullptr) continue;
    for (const Balance& balance : member->balances) {
      if (balance.*bucket > 0) return true;
    }
  }
  return false;
}

Timestamp Draft::EndsNext() {
  Timestamp due = Timestamp::Never();
  std::vector<PointTypeId> types;
  for (const MemberId id : group_) {
    const Member* member = state_.members.Find(MemberKey{id});
    if (member == nullptr) continue;
    for (const Balance& balance : member->balances) {
      const bool is_new = std::find(types.begin(), types.end(), balance.type) == types.end();
      if (is_new) types.push_back(balance.type);
    }
  }
  for (const PointTypeId& type : types) {
    for (const auto& [key, left] : Reopened(type)) due = std::min(due, key.expires_at);
    state_.ForLots(group_, type, [&](const LotKey& key, const Lot& lot) {
      if (key.expires_at >= due) return false;
      // Pending and held points do not end here.
      if (lot.available + Moved(key, Bucket::kAvailable) == 0) return true;
      due = key.expires_at;
      return false;
    });
  }
  return due;
}

Timestamp Draft::ActivatesNext() {
  Timestamp due = Timestamp::Never();
  state_.ForPendingLots(group_, [&](const PendingLotKey& key) {
    const Lot* lot = state_.lots.Find(key.lot);
    LAUREL_CHECK(lot != nullptr || has_failed(), "a lot that will be activated is open");
    if (lot == nullptr || lot->pending + Moved(key.lot, Bucket::kPending) == 0) return true;
    due = key.activates_at;
    return false;
  });
  return due;
}

Timestamp Draft::LapsesNext() {
  Timestamp due = Timestamp::Never();
  state_.ForHoldLapses(group_, [&](const HoldLapseKey& key) {
    if (key == ended_) return true;
    due = key.lapses_at;
    return false;
  });
  return due;
}

Timestamp Draft::LotsDue() {
  // Who is taken apart has none in the records, and may have pending and held points all the same.
  const Member* member = state_.members.Find(MemberKey{member_});
  LAUREL_CHECK(member != nullptr, "the draft's member exists");
  const bool is_whole = !member->merged_into && group_ == state_.GroupOf(member_);
  return std::min({EndsNext(),
                   !is_whole || HasAny(&Balance::pending) ? ActivatesNext() : Timestamp::Never(),
                   !is_whole || HasAny(&Balance::held) ? LapsesNext() : Timestamp::Never()});
}

// ---- shared guards
// -------------------------------------------------------------------------------------------

const Program* FindActiveProgram(State& state, const ProgramId& program) {
  const Program* record = state.programs.Find(ProgramKey{program});
  return record == nullptr || record->activations.empty() ? nullptr : record;
}

Rejected ResourceNotFound(absl::string_view kind, absl::string_view name) {
  return Rejected{Rejection::kResourceNotFound,
                  {{"name", std::string(name)}, {"resource", std::string(kind)}}};
}

const Activation* RevisionAt(const Program& program, Timestamp occurred_at) {
  const Activation* found = program.activations.empty() ? nullptr : &program.activations.front();
  for (const Activation& activation : program.activations) {
    if (activation.from <= occurred_at) found = &activation;
  }
  for (const Activation& schedule : program.schedules) {
    if (schedule.from <= occurred_at) found = &schedule;
  }
  return found;
}

std::optional<Rejected> FindInForce(State& state, const Command& command, const Context& context,
                                    InForce& found) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  found.revision = &program->activations.back();
  found.rulebook = context.rulebooks->Find(state, command.program, *found.revision);
  if (found.rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  return std::nullopt;
}

Accepted Begun(EntryKind kind, MemberId member, const InForce& by, const Context& context) {
  Accepted accepted{.kind = kind, .occurred_at = context.recorded_at, .member = member};
  accepted.revision = by.revision->digest;
  accepted.effective_on = by.rulebook->LocalDate(context.recorded_at);
  return accepted;
}

std::optional<Rejected> RefuseNameless(const Command& command) {
  if (!command.principal.empty()) return std::nullopt;
  return Rejected{
      Rejection::kInvalidField,
      {{"expected", "the name of who asks"}, {"field", "laurel-principal"}, {"was", "empty"}}};
}

std::optional<Rejected> RefuseOwn(State& state, const ProgramId& program,
                                  const std::optional<IdentityHash>& own,
                                  const std::vector<MemberId>& members) {
  const std::optional<MemberId> id = own ? state.Resolve(program, *own) : std::nullopt;
  if (!id || std::find(members.begin(), members.end(), *id) == members.end()) return std::nullopt;
  return Rejected{Rejection::kSelfDealingForbidden, {}};
}

std::vector<Posting> PostingsOf(MemberId other, std::vector<Posting> postings) {
  for (Posting& posting : postings) {
    if (IsMemberAccount(posting.account)) posting.member = other;
  }
  return postings;
}

Rejected NotActive(const Member& member) {
  return Rejected{Rejection::kMemberNotActive, {{"state", std::string(ToString(member.state))}}};
}

bool HasRoom(const Balance* balance, std::int64_t amount) {
  if (balance == nullptr) return true;
  return balance->available + balance->pending + balance->held <= kAmountMax - amount;
}

Rejected OverLimit(absl::string_view limit, std::int64_t left, std::int64_t requested) {
  return Rejected{Rejection::kLimitReached,
                  {{"left", std::to_string(left)},
                   {"limit", std::string(limit)},
                   {"requested", std::to_string(requested)}}};
}

Rejected TooLarge(absl::string_view what) {
  return Rejected{Rejection::kAmountNotAllowed,
                  {{"bound", std::to_string(kAmountMax)}, {"value", std::string(what)}}};
}

Rejected InvalidField(std::string field, std::string expected, std::string was) {
  return Rejected{
      Rejection::kInvalidField,
      {{"expected", std::move(expected)}, {"field", std::move(field)}, {"was", std::move(was)}}};
}

bool IsDue(State& state, const ProgramId& program, Timestamp now) {
  const Program* record = state.programs.Find(ProgramKey{program});
  return record != nullptr && record->schedule_due_at() <= now;
}

// ---- dispatch
// ------------------------------------------------------------------------------------------------

namespace {

struct Dispatcher {
  State& state;
  const Command& command;
  const Context& context;

  Decision operator()(const EnrollMember& o) const {
    return DecideEnroll(state, command, o, context);
  }
  Decision operator()(const ImportMember& o) const {
    return DecideImport(state, command, o, context);
  }
  Decision operator()(const LinkIdentity& o) const {
    return DecideLink(state, command, o, context);
  }
  Decision operator()(const UnlinkIdentity& o) const {
    return DecideUnlink(state, command, o, context);
  }
  Decision operator()(const SuspendMember& o) const {
    return DecideMemberState(state, command, o.member, MemberState::kSuspended,
                             EntryKind::kMemberSuspended, context);
  }
  Decision operator()(const ReactivateMember& o) const {
    return DecideMemberState(state, command, o.member, MemberState::kActive,
                             EntryKind::kMemberReactivated, context);
  }
  Decision operator()(const CloseMember& o) const {
    return DecideMemberState(state, command, o.member, MemberState::kClosed,
                             EntryKind::kMemberClosed, context);
  }
  Decision operator()(const AccruePurchase& o) const {
    return DecideAccrue(state, command, o, context);
  }
  Decision operator()(const AccrueActivity& o) const {
    return DecideActivity(state, command, o, context);
  }
  Decision operator()(const ReturnPurchase& o) const {
    return DecideReturn(state, command, o, context);
  }
  Decision operator()(const CorrectReceipt& o) const {
    return DecideCorrect(state, command, o, context);
  }
  Decision operator()(const Redeem& o) const { return DecideRedeem(state, command, o, context); }
  Decision operator()(const AdjustPoints& o) const {
    return DecideAdjust(state, command, o, context);
  }
  Decision operator()(const ExtendLots& o) const {
    return DecideExtend(state, command, o, context);
  }
  Decision operator()(const ReinstatePoints& o) const {
    return DecideReinstate(state, command, o, context);
  }
  Decision operator()(const ReverseRedemption& o) const {
    return DecideReverse(state, command, o, context);
  }
  Decision operator()(const SettleAccrual& o) const {
    return DecideSettle(state, command, o, context);
  }
  Decision operator()(const CancelAccrual& o) const {
    return DecideCancel(state, command, o, context);
  }
  Decision operator()(const HoldPoints& o) const { return DecideHold(state, command, o, context); }
  Decision operator()(const CaptureHold& o) const {
    return DecideCapture(state, command, o, context);
  }
  Decision operator()(const VoidHold& o) const { return DecideVoid(state, command, o, context); }
  Decision operator()(const CreateProgram& o) const {
    return DecideCreateProgram(state, command, o, context);
  }
  Decision operator()(const CreateRevision& o) const {
    return DecideCreateRevision(state, command, o, context);
  }
  Decision operator()(const ActivateRevision& o) const {
    return DecideActivate(state, command, o, context);
  }
  Decision operator()(const AdvanceMember& o) const {
    return DecideAdvance(state, command, o, context);
  }
  Decision operator()(const ApproveRevision& o) const {
    return DecideApprove(state, command, o, context);
  }
  Decision operator()(const ScheduleRevision& o) const {
    return DecideSchedule(state, command, o, context);
  }
  Decision operator()(const CancelSchedule& o) const {
    return DecideCancelSchedule(state, command, o, context);
  }
  Decision operator()(const PauseRule& o) const {
    return DecidePauseRule(state, command, o, context);
  }
  Decision operator()(const ResumeRule& o) const {
    return DecideResumeRule(state, command, o, context);
  }
  Decision operator()(const AdvanceProgram& o) const {
    return DecideAdvanceProgram(state, command, o, context);
  }
  Decision operator()(const AcknowledgeWarnings& o) const {
    return DecideAcknowledge(state, command, o, context);
  }
  Decision operator()(const SetTierFloor& o) const {
    return DecideFloor(state, command, o, context);
  }
  Decision operator()(const SetMemberAttributes& o) const {
    return DecideAttributes(state, command, o, context);
  }
  Decision operator()(const MatchTier& o) const { return DecideMatch(state, command, o, context); }
  Decision operator()(const MergeMembers& o) const {
    return DecideMerge(state, command, o, context);
  }
  Decision operator()(const UnmergeMembers& o) const {
    return DecideUnmerge(state, command, o, context);
  }
  Decision operator()(const KeepReceipt& o) const {
    return DecideKeepReceipt(state, command, o, context);
  }
  Decision operator()(const ClaimReceipt& o) const {
    return DecideClaim(state, command, o, context);
  }
  Decision operator()(const TransferPoints& o) const {
    return DecideTransfer(state, command, o, context);
  }
  Decision operator()(const Approve& o) const {
    return DecideApproveAsked(state, command, o, context);
  }
  Decision operator()(const Decline& o) const {
    return DecideDeclineAsked(state, command, o, context);
  }
  Decision operator()(const MoveIdentity& o) const {
    return DecideMoveIdentity(state, command, o, context);
  }
};

}  // namespace

Decision Decide(State& state, const Command& command, const Context& context) {
  return std::visit(Dispatcher{state, command, context}, command.order);
}

bool IsDue(State& state, MemberId id, Timestamp now, const std::optional<Timestamp>& activity_at,
           RulebookLibrary& rulebooks) {
  const Member* member = state.members.Find(MemberKey{id});
  if (member == nullptr) return false;
  return member->points_due_at() <= now ||
         TierCourse(state, id, rulebooks)
             .Next(member->tier, TierDue::Of(member->tier, now, activity_at))
             .has_value();
}

namespace {

std::vector<Balance> BalancesAfter(State& state, const Entry& entry, MemberId id) {
  const Member* before = state.members.Find(MemberKey{id});
  Member after;
  if (before != nullptr) after.balances = before->balances;
  for (const Posting& posting : entry.postings) {
    if (!IsMemberAccount(posting.account) || posting.member.value_or(*entry.member) != id) continue;
    AddTo(after, posting);
  }
  return std::move(after.balances);
}

// The terminal's row that an order is; empty if it is none.
std::optional<RowRefused> RowOf(const Order& order) {
  const auto of = [](const ReceiptKey& receipt, const TerminalRow& row,
                     std::optional<Timestamp> told_at) -> std::optional<RowRefused> {
    if (row.number == 0) return std::nullopt;
    if (row.is_offline) told_at.reset();
    return RowRefused{receipt.store, receipt.terminal, row.number, told_at};
  };
  if (const auto* sale = std::get_if<AccruePurchase>(&order)) {
    return of(sale->receipt, sale->row, sale->occurred_at);
  }
  if (const auto* kept = std::get_if<KeepReceipt>(&order)) {
    return of(kept->sale.receipt, kept->sale.row, kept->sale.occurred_at);
  }
  if (const auto* back = std::get_if<ReturnPurchase>(&order)) {
    return of(back->receipt, back->row, back->occurred_at);
  }
  if (const auto* right = std::get_if<CorrectReceipt>(&order)) {
    return of(right->right.receipt, right->right.row, std::nullopt);  // says when the wrong one was
  }
  return std::nullopt;
}

// A clock that is known to differ by about as much is told of once in this time.
constexpr std::int64_t kClockMicros = kMicrosPerHour;

}  // namespace

bool TellsOfClock(State& state, const Command& command, const Rejected& rejected, Timestamp now) {
  if (rejected.reason != Rejection::kOccurredAtOutOfWindow) return false;
  const std::optional<RowRefused> row = RowOf(command.order);
  if (!row || !row->told_at) return false;
  const Terminal* terminal =
      state.terminals.Find(TerminalKey{command.program, row->store, row->terminal});
  if (terminal == nullptr || terminal->online_calls == 0) return true;
  const std::int64_t skew = now.micros() - row->told_at->micros();
  return terminal->skew_at.PlusMicros(kClockMicros) <= now ||
         std::abs(skew - terminal->skew) > kAheadMicros;
}

Entry MakeEntry(State& state, const Command& command, const Context& context, Decision decision,
                const Hash& fingerprint) {
  Entry entry;
  entry.partition = context.partition;
  entry.sequence = context.sequence;
  entry.recorded_at = context.recorded_at;
  entry.occurred_at = context.recorded_at;
  entry.program = command.program;
  entry.method = MethodOf(command.order);
  entry.request = command.request;
  entry.principal = command.principal;
  entry.role = command.role;
  entry.fingerprint = fingerprint;
  if (auto* rejected = std::get_if<Rejected>(&decision)) {
    entry.kind = EntryKind::kRefused;
    entry.outcome.rejected = std::move(*rejected);
    if (std::optional<RowRefused> row = RowOf(command.order)) {
      // What has not been answered for good may be sent again.
      if (!IsRecorded(entry.outcome.rejected->reason)) row->number = 0;
      entry.events.push_back(*std::move(row));
    }
    return entry;
  }
  Accepted& accepted = std::get<Accepted>(decision);
  entry.kind = accepted.kind;
  entry.occurred_at = accepted.occurred_at;
  entry.member = accepted.member;
  entry.other = accepted.other;
  entry.revision = accepted.revision;
  entry.effective_on = accepted.effective_on;
  entry.events = std::move(accepted.events);
  entry.postings = std::move(accepted.postings);
  entry.lot_moves = std::move(accepted.lot_moves);
  entry.outcome.tier = std::move(accepted.tier);
  LAUREL_CHECK(PostingsBalance(entry), "the postings of an entry sum to zero");

  if (!accepted.member) return entry;
  entry.outcome.balances = BalancesAfter(state, entry, *accepted.member);
  if (accepted.other && accepted.kind != EntryKind::kMembersMerged) {
    entry.outcome.other_balances = BalancesAfter(state, entry, *accepted.other);
  }
  return entry;
}

// ---- reads
// ---------------------------------------------------------------------------------------------------

TierView TierAt(State& state, MemberId id, RulebookLibrary& rulebooks,
                const rules::Rulebook& rulebook, Timestamp instant) {
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "the caller resolved the member");
  const MemberTier tier =
      TierCourse(state, id, rulebooks)
          .After(member->tier, TierDue::Of(member->tier, instant, std::nullopt));
  const MemberStanding standing(state, id, rulebook);
  return standing.ViewOf(tier, standing.MetricsAsOf(tier, rulebook.LocalDate(instant)), instant);
}

std::vector<ProgressLine> RetentionAt(State& state, MemberId id, const rules::Rulebook& rulebook,
                                      const TierView& tier, Timestamp instant) {
  if (tier.review_at.is_never()) return {};
  const MemberStanding standing(state, id, rulebook);
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "the caller resolved the member");
  const std::vector<std::vector<rules::Threshold>>& retain =
      rulebook.tiers()[TierIndex(rulebook, tier.tier)].retain;
  if (member->tier.is_waiting() && member->tier.review_at == tier.review_at) {
    return NearestOf(rulebook, retain, standing.MetricsOfReview(member->tier));
  }
  MemberTier held;
  held.tier = tier.tier;
  held.since = tier.since;
  held.review_at = tier.review_at;
  return NearestOf(rulebook, retain, standing.MetricsAsOf(held, rulebook.LocalDate(instant)));
}

std::vector<Balance> BalancesAt(State& state, MemberId id, Timestamp now) {
  AdvancePoints(state, id, now);
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "the caller resolved the member");
  return member->balances;
}

}  // namespace laurel
