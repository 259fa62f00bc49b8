#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"
#include "engine/domain/idle.h"
#include "engine/domain/replay.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

// Pending points of an accrual, which somebody settles or cancels: all of them, or those that lines
// of the receipt brought.
namespace laurel {
namespace {

namespace model = rules::model;

// An accrual with what is pending of it.
struct Accrual {
  std::shared_ptr<const Entry> entry;
  std::optional<ReceiptKey> receipt;
  Purchase purchase;  // of a purchase
  std::shared_ptr<const rules::Rulebook> rulebook;
  std::vector<std::int32_t> lines;  // that are decided now; empty for activities

  // Under whom its lots lie, and whose it is by now.
  MemberId member() const { return *entry->member; }
  MemberId holder;
  std::vector<const PointsAwarded*> awards() const {
    std::vector<const PointsAwarded*> awards;
    for (const Event& event : entry->events) {
      if (const auto* award = std::get_if<PointsAwarded>(&event)) awards.push_back(award);
    }
    return awards;
  }
};

// Points of one award that are decided now.
struct PendingPart {
  const PointsAwarded* award = nullptr;
  std::size_t line = 0;  // of the evaluation
  LotKey lot;
  std::int64_t amount = 0;
};

ReportedActivity ReportedIn(const Entry& entry) {
  const auto* purchase = entry.FindEvent<PurchaseAccrued>();
  return purchase != nullptr ? ReportedIn(entry, *purchase)
                             : ReportedIn(entry, *entry.FindEvent<ActivityAccrued>());
}

std::optional<Rejected> FindEntryOf(State& state, const Command& command, const AccrualRef& ref,
                                    Accrual& accrual) {
  std::uint64_t sequence = 0;
  if (const auto* receipt = std::get_if<ReceiptKey>(&ref)) {
    const Purchase* found = state.purchases.Find(PurchaseKey{command.program, *receipt});
    if (found == nullptr || found->is_return) return Rejected{Rejection::kPurchaseNotFound, {}};
    sequence = found->sequence;
  } else {
    sequence = std::get<std::uint64_t>(ref);
  }
  accrual.entry = state.FindEntry(sequence);
  const bool is_accrual = accrual.entry != nullptr && accrual.entry->program == command.program &&
                          accrual.entry->member && accrual.entry->revision &&
                          (accrual.entry->FindEvent<PurchaseAccrued>() != nullptr ||
                           accrual.entry->FindEvent<ActivityAccrued>() != nullptr);
  if (!is_accrual) return Rejected{Rejection::kEntryNotFound, {}};
  accrual.holder = state.RootOf(accrual.member());
  const auto* purchase = accrual.entry->FindEvent<PurchaseAccrued>();
  if (purchase == nullptr) return std::nullopt;
  accrual.receipt = purchase->receipt;
  const Purchase* record = state.purchases.Find(PurchaseKey{command.program, purchase->receipt});
  LAUREL_CHECK(record != nullptr || state.has_failed(), "a purchase that was posted is known");
  if (record == nullptr) return std::nullopt;
  if (record->sequence != sequence) {
    return Rejected{Rejection::kInvalidState, {{"state", "CORRECTED"}}};
  }
  accrual.purchase = *record;
  return std::nullopt;
}

// What is there of a line of the receipt: its quantity, and how much of it has not come back.
struct LineState {
  std::int64_t quantity_micros = 0;
  std::int64_t left_micros = 0;
};
LineState StateOf(const Accrual& accrual, const PurchaseLine& line) {
  if (!line.is_sold()) return {line.quantity_micros, 0};
  if (!accrual.purchase.eligible_left) return {line.quantity_micros, line.quantity_micros};
  for (const LineLeft& left : accrual.purchase.lines_left) {
    if (left.line == line.line) return {line.quantity_micros, left.quantity_micros};
  }
  return {line.quantity_micros, 0};
}

bool IsDecided(const Accrual& accrual, std::int32_t line) {
  const std::vector<std::int32_t>& decided = accrual.purchase.decided_lines;
  return std::find(decided.begin(), decided.end(), line) != decided.end();
}

Rejected NothingPending(std::optional<std::int32_t> line = std::nullopt) {
  Rejected rejected{Rejection::kInvalidState, {}};
  if (line) rejected.metadata.emplace_back("line", std::to_string(*line));
  rejected.metadata.emplace_back("state", "NOTHING_PENDING");
  return rejected;
}

// Sets the lines that are decided now; `is_last` if no other is left undecided.
std::optional<Rejected> ChooseLines(const std::vector<std::int32_t>& asked, Accrual& accrual,
                                    bool& is_last) {
  is_last = true;
  const auto* purchase = accrual.entry->FindEvent<PurchaseAccrued>();
  std::vector<std::int32_t> undecided;
  if (purchase != nullptr) {
    for (const PurchaseLine& line : purchase->lines) {
      if (StateOf(accrual, line).left_micros == 0 || IsDecided(accrual, line.line)) continue;
      undecided.push_back(line.line);
    }
  }
  accrual.lines = undecided;
  if (asked.empty()) return std::nullopt;
  for (const std::int32_t line : asked) {
    const bool is_there =
        purchase != nullptr &&
        std::any_of(purchase->lines.begin(), purchase->lines.end(),
                    [&](const PurchaseLine& other) { return other.line == line; });
    if (!is_there) return InvalidField("lines", "lines of the receipt", std::to_string(line));
    if (std::find(undecided.begin(), undecided.end(), line) == undecided.end()) {
      return NothingPending(line);
    }
  }
  accrual.lines = asked;
  is_last = asked.size() == undecided.size();
  return std::nullopt;
}

// What the chosen lines brought of an award: their shares, less what has come back of them.
std::int64_t ShareOf(const Accrual& accrual, const Replay& replay, const model::AwardedLine& line) {
  const std::vector<std::int64_t> shares = model::SharesOf(line);
  const auto* purchase = accrual.entry->FindEvent<PurchaseAccrued>();
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < shares.size() && i < replay.facts().items.size(); ++i) {
    const std::int32_t number = replay.facts().items[i].line;
    if (std::find(accrual.lines.begin(), accrual.lines.end(), number) == accrual.lines.end()) {
      continue;
    }
    const auto sold = std::find_if(purchase->lines.begin(), purchase->lines.end(),
                                   [&](const PurchaseLine& other) { return other.line == number; });
    if (sold == purchase->lines.end()) continue;
    const LineState state = StateOf(accrual, *sold);
    sum += state.quantity_micros == 0
               ? shares[i]
               : static_cast<std::int64_t>(absl::int128(shares[i]) * state.left_micros /
                                           state.quantity_micros);
  }
  return sum;
}

std::vector<PendingPart> PartsOf(State& state, const Accrual& accrual, const Replay& replay,
                                 bool is_last) {
  std::vector<PendingPart> parts;
  for (const PointsAwarded* award : accrual.awards()) {
    const LotKey key{accrual.member(), award->type, award->expires_at, award->lot};
    const Lot* lot = state.lots.Find(key);
    if (lot == nullptr || lot->pending == 0) continue;
    const std::size_t line = *replay.LineOf(award->lot);
    const std::int64_t share =
        is_last ? lot->pending
                : std::min(lot->pending, ShareOf(accrual, replay, replay.evaluated().lines[line]));
    parts.push_back(PendingPart{award, line, key, share});
  }
  return parts;
}

// Points that wait for a person are decided by one who has a name, and not for their own
// membership.
std::optional<Rejected> RefuseWhoAsks(State& state, const Command& command, const Accrual& accrual,
                                      const std::optional<IdentityHash>& own,
                                      const std::vector<PendingPart>& parts) {
  const bool is_personal = std::any_of(parts.begin(), parts.end(), [](const PendingPart& part) {
    return part.award->awaits == Awaiting::kPerson;
  });
  if (!is_personal) return std::nullopt;
  if (std::optional<Rejected> refused = RefuseNameless(command)) return refused;
  return RefuseOwn(state, command.program, own, {accrual.holder});
}

// What both decisions begin with, and what they come to.
struct Pending {
  Accrual accrual;
  InForce in_force;
  InForce rated_by;  // the revision that awarded
  std::unique_ptr<const Replay> replay;
  std::vector<PendingPart> parts;
};
std::optional<Rejected> FindPending(State& state, const Command& command, const AccrualRef& ref,
                                    const std::vector<std::int32_t>& lines,
                                    const std::optional<IdentityHash>& own, const Context& context,
                                    Pending& pending) {
  if (std::optional<Rejected> refused = FindInForce(state, command, context, pending.in_force)) {
    return refused;
  }
  Accrual& accrual = pending.accrual;
  if (std::optional<Rejected> refused = FindEntryOf(state, command, ref, accrual)) return refused;
  const Program* program = FindActiveProgram(state, command.program);
  const Activation* revision = FindActivation(*program, *accrual.entry->revision);
  LAUREL_CHECK(revision != nullptr, "the revision that awarded was to be in force");
  accrual.rulebook = context.rulebooks->Find(state, command.program, *revision);
  if (accrual.rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  pending.rated_by = InForce{revision, accrual.rulebook};
  const Member* member = state.members.Find(MemberKey{accrual.holder});
  if (member == nullptr) return Rejected{Rejection::kMemberNotFound, {}};
  if (member->state == MemberState::kClosed) return NotActive(*member);
  bool is_last = true;
  if (std::optional<Rejected> refused = ChooseLines(lines, accrual, is_last)) return refused;
  pending.replay =
      std::make_unique<const Replay>(*accrual.rulebook, *accrual.entry, ReportedIn(*accrual.entry));
  LAUREL_CHECK(pending.replay->GivesTheLedgeredAmounts(),
               "an accrual decided again gives what it gave");
  pending.parts = PartsOf(state, accrual, *pending.replay, is_last);
  if (pending.parts.empty()) return NothingPending();
  return RefuseWhoAsks(state, command, accrual, own, pending.parts);
}

// The lines of a purchase as far as they have not come back.
std::vector<PurchaseLine> LinesLeft(const Accrual& accrual) {
  const auto* purchase = accrual.entry->FindEvent<PurchaseAccrued>();
  if (purchase == nullptr) return {};
  if (!accrual.purchase.eligible_left) return purchase->lines;
  std::vector<PurchaseLine> lines;
  for (const PurchaseLine& line : purchase->lines) {
    if (!line.is_sold()) lines.push_back(line);
    for (const LineLeft& left : accrual.purchase.lines_left) {
      if (line.line != left.line) continue;
      lines.push_back(line);
      lines.back().quantity_micros = left.quantity_micros;
      lines.back().net = left.net;
    }
  }
  return lines;
}

// What cancelled points no longer count for; `points`, by type, are negative.
std::vector<MetricCounted> MetricCounts(const Pending& pending,
                                        const std::vector<std::int64_t>& points) {
  const Accrual& accrual = pending.accrual;
  const Entry& entry = *accrual.entry;
  std::vector<std::int64_t> before(points.size());
  for (const PointsAwarded* award : accrual.awards()) {
    std::int64_t left = accrual.purchase.eligible_left ? 0 : award->amount;
    for (const AwardLeft& one : accrual.purchase.awards_left) {
      if (one.lot == award->lot) left = one.amount;
    }
    before[award->type_index] += left;
  }
  std::vector<std::int64_t> now = before;
  for (std::size_t type = 0; type < points.size(); ++type) now[type] += points[type];
  const std::vector<PurchaseLine> lines = LinesLeft(accrual);
  ReportedActivity activity = ReportedIn(entry);
  activity.lines = lines;
  const Rating rating(*accrual.rulebook, entry.member, activity, EvidenceOf(entry));
  std::vector<MetricCounted> counts;
  AddCounts(rating.MetricCounts(before), -1, counts);
  AddCounts(rating.MetricCounts(now), 1, counts);
  return counts;
}

}  // namespace

Decision DecideSettle(State& state, const Command& command, const SettleAccrual& order,
                      const Context& context) {
  Pending pending;
  if (std::optional<Rejected> refused =
          FindPending(state, command, order.accrual, order.lines, order.own, context, pending)) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  const Accrual& accrual = pending.accrual;
  const MemberId id = accrual.holder;
  const Member& member = *state.members.Find(MemberKey{id});
  Accepted accepted = Begun(EntryKind::kSettle, id, pending.rated_by, context);
  accepted.events.push_back(AccrualSettled{
      .accrual = accrual.entry->sequence, .receipt = accrual.receipt, .lines = accrual.lines});
  Draft draft(state, id);
  IdleEnds idle(member, *accrual.rulebook);
  Timestamp lots_due_at = Timestamp::Never();
  std::uint32_t number = 0;
  for (const PendingPart& part : pending.parts) {
    if (part.amount == 0) continue;
    const model::Model& model = accrual.rulebook->model();
    const model::AwardedLine& line = pending.replay->evaluated().lines[part.line];
    const model::LotDates dates =
        model::SettledTermsOf(model, line.point_type, &model.rules[line.rule],
                              accrual.entry->occurred_at, context.recorded_at);
    draft.Move(part.lot, -part.amount, Bucket::kPending);
    draft.Post(AccountClass::kMemberPending, "", part.lot.type, -part.amount);
    const std::int64_t covered = draft.MakeAvailable(part.lot.type, part.amount);
    PointsSettled settled{.from = part.lot,
                          .lot = LotId{context.sequence, ++number},
                          .type = part.lot.type,
                          .amount = part.amount,
                          .covered_arrears = covered,
                          .activates_at = context.recorded_at,
                          .expires_at = dates.fixed_expires_at};
    if (dates.is_idle) settled.idle_ends_at = idle.Open(line.point_type, context.recorded_at);
    if (part.amount > covered) {
      draft.Open(LotKey{part.lot.member, settled.type, settled.expires_at, settled.lot},
                 part.amount - covered);
      lots_due_at = std::min(lots_due_at, settled.expires_at);
    }
    accepted.events.push_back(std::move(settled));
  }
  for (IdleEndMoved& moved : idle.Take()) accepted.events.push_back(std::move(moved));
  FinishMove(state, *pending.in_force.rulebook, member, std::min(lots_due_at, draft.LotsDue()),
             context, draft, accepted);
  return accepted;
}

Decision DecideCancel(State& state, const Command& command, const CancelAccrual& order,
                      const Context& context) {
  Pending pending;
  if (std::optional<Rejected> refused =
          FindPending(state, command, order.accrual, order.lines, order.own, context, pending)) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  const Accrual& accrual = pending.accrual;
  const MemberId id = accrual.holder;
  const Member& member = *state.members.Find(MemberKey{id});
  const Date accrued_on = *accrual.entry->effective_on;
  Accepted accepted = Begun(EntryKind::kCancelPending, id, pending.rated_by, context);
  accepted.events.push_back(AccrualCancelled{.accrual = accrual.entry->sequence,
                                             .receipt = accrual.receipt,
                                             .lines = accrual.lines,
                                             .accrued_on = accrued_on,
                                             .reason = order.reason});
  Draft draft(state, id);
  ActivityInThought undone{.day = accrued_on};
  undone.points.resize(accrual.rulebook->point_types().size());
  for (const PendingPart& part : pending.parts) {
    if (part.amount == 0) continue;
    draft.Move(part.lot, -part.amount, Bucket::kPending);
    draft.Post(AccountClass::kMemberPending, "", part.lot.type, -part.amount);
    draft.Post(AccountClass::kIssuance, part.award->funding, part.lot.type, part.amount);
    undone.points[part.award->type_index] -= part.amount;
    accepted.events.push_back(PointsTakenBack{.lot = part.award->lot,
                                              .type = part.lot.type,
                                              .type_index = part.award->type_index,
                                              .amount = part.amount,
                                              .rule = part.award->rule});
  }
  undone.tracked = MetricCounts(pending, undone.points);
  for (const MetricCounted& count : undone.tracked) accepted.events.push_back(count);
  JudgeUndone(state, *pending.in_force.rulebook,
              Undone{accrual.entry->occurred_at, undone, context.recorded_at, context.recorded_at},
              accepted);
  const Timestamp lots_due_at = draft.LotsDue();
  if (lots_due_at != member.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  return accepted;
}

}  // namespace laurel
