#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/checked.h"
#include "engine/domain/draft.h"
#include "engine/domain/idle.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

// Points that a member gives to another one: one entry with both sides.
namespace laurel {
namespace {

// Each makes a lot with the recipient: three rows of the entry.
constexpr std::size_t kTransferredLotsMax = 300;

// What the member has given this month; a dash keeps it apart from the counters of rules.
CounterKey GivenThisMonth(const ProgramId& program, MemberId member, const PointTypeId& type,
                          Date day) {
  return CounterKey{.program = program,
                    .member = member,
                    .name = absl::StrCat("given-away/", type.str(), "/month"),
                    .by = "",
                    .start = day.PlusDays(1 - day.day())};
}

std::optional<Rejected> RefuseOverMonth(State& state, const CounterKey& key, std::int64_t amount,
                                        const std::optional<std::int64_t>& a_month, int decimals) {
  if (!a_month) return std::nullopt;
  std::int64_t limit = *a_month;
  for (int i = 0; i < decimals; ++i) limit = CheckedMul(limit, 10).value_or(kAmountMax);
  const std::int64_t left = std::max<std::int64_t>(0, limit - state.UsedOf(key));
  if (amount <= left) return std::nullopt;
  return OverLimit("transfers_a_month", left, amount);
}

// A point type, and where those lots of the recipient end of it that an idle member loses.
struct Idleness {
  const rules::Rulebook& rulebook;
  std::size_t type;
  IdleEnds& ends;
  Timestamp now;

  // Empty where points of the type no longer end so.
  std::optional<Timestamp> Open() const {
    const bool ends_so =
        rules::model::IdleEndOf(rulebook.model(), type, rulebook.LocalDate(now)).has_value();
    return ends_so ? std::optional(ends.Open(type, now)) : std::nullopt;
  }
};

// What arrives at the recipient, in the order of spending. A fee is kept of what would come last.
// What ended with the giver's idleness ends with the recipient's.
std::vector<PiecePassed> PiecesOf(State& state, const std::vector<LotMove>& taken,
                                  std::int64_t arriving, const Idleness& idleness) {
  std::vector<PiecePassed> pieces;
  for (const LotMove& move : taken) {
    const std::int64_t amount = std::min(-move.delta, arriving);
    if (amount == 0) break;
    arriving -= amount;
    const Lot* lot = state.lots.Find(move.lot);
    LAUREL_CHECK(lot != nullptr || state.has_failed(), "a lot that is taken from is open");
    if (lot == nullptr) continue;
    PiecePassed& piece =
        pieces.emplace_back(PiecePassed{.from = move.lot,
                                        .amount = amount,
                                        .funding = lot->funding,
                                        .activates_at = std::min(lot->activates_at, idleness.now),
                                        .expires_at = move.lot.expires_at});
    if (!lot->is_idle) continue;
    if (const std::optional<Timestamp> idle_ends_at = idleness.Open()) {
      piece.idle_ends_at = *idle_ends_at;
    } else {
      piece.expires_at = state.EndOf(move.lot, *lot);
    }
  }
  return pieces;
}

// One lot instead, under the program's terms of today.
std::vector<PiecePassed> Renewed(const std::vector<PiecePassed>& pieces, const Idleness& idleness) {
  PiecePassed whole = pieces.front();
  whole.amount = 0;
  for (const PiecePassed& piece : pieces) {
    whole.amount += piece.amount;
    if (piece.funding != whole.funding) whole.funding = "transfer";
  }
  whole.activates_at = idleness.now;
  const rules::model::LotDates dates = rules::model::SettledTermsOf(
      idleness.rulebook.model(), idleness.type, nullptr, idleness.now, idleness.now);
  whole.expires_at = dates.fixed_expires_at;
  whole.idle_ends_at =
      dates.is_idle ? idleness.ends.Open(idleness.type, idleness.now) : Timestamp::Never();
  return {std::move(whole)};
}

}  // namespace

Decision DecideTransfer(State& state, const Command& command, const TransferPoints& order,
                        const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  const rules::Rulebook& rulebook = *found.rulebook;
  const std::optional<MemberId> from = state.Resolve(command.program, order.from);
  const std::optional<MemberId> to = state.Resolve(command.program, order.to);
  if (!from || !to) return Rejected{Rejection::kMemberNotFound, {}};
  if (*from == *to) return InvalidField("to", "another member than from", "the same");
  if (std::optional<Rejected> refused =
          RefuseOwn(state, command.program, order.own, {*from, *to})) {
    return *std::move(refused);
  }
  const Member& giver = *state.members.Find(MemberKey{*from});
  const Member& taker = *state.members.Find(MemberKey{*to});
  if (giver.state != MemberState::kActive) return NotActive(giver);
  if (taker.state == MemberState::kClosed) return NotActive(taker);
  const std::optional<std::size_t> type = RedeemableType(rulebook, order.type);
  if (!type) return NotRedeemable(order.type);
  const TransferPolicy& policy = context.transfers;
  const CounterKey given =
      GivenThisMonth(command.program, *from, order.type, rulebook.LocalDate(context.recorded_at));
  if (std::optional<Rejected> refused = RefuseOverMonth(state, given, order.amount, policy.a_month,
                                                        rulebook.point_types()[*type].decimals)) {
    return *std::move(refused);
  }
  Draft sent(state, *from);
  if (std::optional<Rejected> refused = TakeAll(giver, order.type, order.amount, sent)) {
    return *std::move(refused);
  }
  if (sent.lot_moves.size() > kTransferredLotsMax) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", absl::StrCat(kTransferredLotsMax, " lots")},
                     {"value", absl::StrCat(sent.lot_moves.size(), " lots")}}};
  }
  const auto fee = static_cast<std::int64_t>(absl::int128(order.amount) * policy.fee_percent / 100);
  const std::int64_t arriving = order.amount - fee;
  if (!HasRoom(taker.FindBalance(order.type), arriving)) return TooLarge("balance");

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kTransfer, *from, found, context);
  accepted.other = *to;
  IdleEnds ends(taker, rulebook);
  const Idleness idleness{rulebook, *type, ends, context.recorded_at};
  std::vector<PiecePassed> pieces = PiecesOf(state, sent.lot_moves, arriving, idleness);
  if (policy.terms == TransferPolicy::Terms::kFresh && !pieces.empty()) {
    pieces = Renewed(pieces, idleness);
  }
  sent.Post(AccountClass::kMemberAvailable, "", order.type, -order.amount);
  sent.Post(AccountClass::kAdjustment, "transfer_fee", order.type, fee);
  Draft received(state, *to);
  Timestamp due_at = taker.lots_due_at;
  std::int64_t covered = received.MakeAvailable(order.type, arriving);
  std::uint32_t number = 0;
  std::vector<Event> passed;
  for (PiecePassed& piece : pieces) {
    piece.lot = LotId{context.sequence, ++number};
    piece.covered_arrears = std::min(covered, piece.amount);
    covered -= piece.covered_arrears;
    if (piece.amount > piece.covered_arrears) {
      received.Open(LotKey{*to, order.type, piece.expires_at, piece.lot},
                    piece.amount - piece.covered_arrears);
      due_at = std::min(due_at, piece.expires_at);
    }
    passed.push_back(std::move(piece));
  }
  accepted.events.push_back(PointsTransferred{.type = order.type,
                                              .amount = order.amount,
                                              .fee = fee,
                                              .reference = order.reference,
                                              .lots_due_at = due_at});
  for (Event& event : passed) accepted.events.push_back(std::move(event));
  accepted.events.push_back(CounterMoved{.is_of_member = true,
                                         .name = given.name,
                                         .by = given.by,
                                         .start = given.start,
                                         .delta = order.amount});
  const Timestamp lots_due_at = sent.LotsDue();
  std::vector<Posting> arrived = PostingsOf(*to, std::move(received.postings));
  FinishMove(state, rulebook, giver, lots_due_at, context, sent, accepted);
  accepted.postings.insert(accepted.postings.end(), arrived.begin(), arrived.end());
  accepted.lot_moves.insert(accepted.lot_moves.end(), received.lot_moves.begin(),
                            received.lot_moves.end());
  return accepted;
}

}  // namespace laurel
