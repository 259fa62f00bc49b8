#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/rating.h"
#include "engine/domain/replay.h"
#include "engine/domain/tiers.h"
#include "rules/program/evaluate_return.h"
#include "rules/program/model.h"

// Returns: what a purchase awarded comes back in the measure in which its goods do, by the revision
// that awarded it.
namespace laurel {
namespace {

// What is left of the purchase before this return.
struct Left {
  std::int64_t eligible = 0;
  std::vector<LineLeft> lines;
  std::vector<AwardLeft> awards;
};

Left LeftOf(const Purchase& purchase, const Entry& sale, const PurchaseAccrued& accrued) {
  if (purchase.eligible_left)
    return Left{*purchase.eligible_left, purchase.lines_left, purchase.awards_left};
  Left left{accrued.eligible_net, {}, {}};
  for (const PurchaseLine& line : accrued.lines) {
    if (!line.is_sold()) continue;
    left.lines.push_back(LineLeft{line.line, line.quantity_micros, line.net});
  }
  for (const Event& event : sale.events) {
    if (const auto* award = std::get_if<PointsAwarded>(&event)) {
      left.awards.push_back(AwardLeft{award->lot, award->amount});
    }
  }
  return left;
}

// n - n * (q - r) / q, where the kept part is rounded half up: money that goes with r of q units.
std::int64_t ProportionalRefund(std::int64_t net, std::int64_t quantity, std::int64_t returned) {
  if (returned == quantity) return net;
  const absl::int128 kept = absl::int128(net) * (quantity - returned);
  return net - static_cast<std::int64_t>((2 * kept + quantity) / (2 * absl::int128(quantity)));
}

// The lots that a purchase has brought: those of its awards and those that these became when
// somebody settled them.
class OwnLots {
 public:
  OwnLots(MemberId member, const Entry& sale, const Purchase& purchase) {
    for (const Event& event : sale.events) {
      const auto* award = std::get_if<PointsAwarded>(&event);
      if (award == nullptr) continue;
      Of& of = lots_.emplace_back(Of{award, {}});
      of.keys.push_back(LotKey{member, award->type, award->expires_at, award->lot});
      for (const SettledLot& settled : purchase.settled_lots) {
        if (settled.award != award->lot) continue;
        of.keys.push_back(LotKey{member, award->type, settled.expires_at, settled.lot});
      }
    }
  }
  struct Of {
    const PointsAwarded* award = nullptr;
    std::vector<LotKey> keys;
  };
  const std::vector<Of>& all() const { return lots_; }
  const std::vector<LotKey>& of(const PointsAwarded& award) const {
    return std::find_if(lots_.begin(), lots_.end(),
                        [&](const Of& of) { return of.award == &award; })
        ->keys;
  }

 private:
  std::vector<Of> lots_;
};

// From where a return takes points.
struct Clawback {
  State& state;
  const OwnLots& lots;
  rules::Clawback policy;

  // How much of these lots has expired, what the return itself gave back included.
  std::int64_t Expired(const std::vector<LotKey>& keys, const Draft& draft) const {
    std::int64_t expired = 0;
    for (const LotKey& key : keys) {
      const Lot* lot = state.FindLot(key);
      expired += (lot == nullptr ? 0 : lot->expired) + draft.Expired(key);
    }
    return expired;
  }

  // Takes up to `amount`, pending points first; `taken` is added to.
  struct Taken {
    std::int64_t pending = 0;
    std::int64_t available = 0;
  };
  void Take(const std::vector<LotKey>& keys, std::int64_t amount, Draft& draft,
            Taken& taken) const {
    std::int64_t left = amount;
    for (const LotKey& key : keys) {
      const std::int64_t part = draft.TakeFromLot(key, left, Bucket::kPending);
      taken.pending += part;
      left -= part;
    }
    if (policy == rules::Clawback::kPendingOnly) return;
    for (const LotKey& key : keys) {
      const std::int64_t part = draft.TakeFromLot(key, left);
      taken.available += part;
      left -= part;
    }
  }

  PointsTakenBack TakeBack(const PointsAwarded& award, const AwardLeft& left, std::int64_t due,
                           Draft& draft) const {
    PointsTakenBack result{.lot = award.lot,
                           .type = award.type,
                           .type_index = award.type_index,
                           .amount = due,
                           .rule = award.rule};
    Taken taken;
    const std::vector<LotKey>& own = lots.of(award);
    Take(own, due, draft, taken);
    // Points of the own lots that have ended are gone; they are not taken a second time from
    // others.
    const auto missing = [&] { return due - taken.pending - taken.available - result.gone; };
    result.gone = std::min(missing(), Expired(own, draft) - left.gone);
    for (const OwnLots::Of& sister : lots.all()) {
      if (sister.award->type == award.type) Take(sister.keys, missing(), draft, taken);
    }
    if (policy != rules::Clawback::kPendingOnly) {
      taken.available += draft.TakeInSpendOrder(award.type, missing());
    }
    if (policy == rules::Clawback::kArrears) {
      const std::int64_t room = kAmountMax + draft.AvailableAfter(award.type) - taken.available;
      result.arrears = std::min(missing(), std::max<std::int64_t>(0, room));
    }
    result.shortfall = missing() - result.arrears;
    draft.Post(AccountClass::kMemberPending, "", award.type, -taken.pending);
    draft.Post(AccountClass::kMemberAvailable, "", award.type, -taken.available - result.arrears);
    draft.Post(AccountClass::kAdjustment, "clawback_shortfall", award.type, -result.shortfall);
    draft.Post(AccountClass::kIssuance, award.funding, award.type, due - result.gone);
    return result;
  }
};

// Money of a purchase: of all that was bought, and of what is left of it.
struct Value {
  std::int64_t total = 0;
  std::int64_t left = 0;
};
// Of what was sold: goods that came back with the same receipt, and cancelled lines, paid nothing.
Value ValueOf(const PurchaseAccrued& accrued, const std::vector<LineLeft>& lines_left) {
  Value value;
  for (const PurchaseLine& line : accrued.lines) {
    if (!line.is_sold()) continue;
    value.total += line.net;
    for (const LineLeft& left : lines_left) {
      if (left.line == line.line) value.left += left.net;
    }
  }
  return value;
}

// What is due back of a redemption that paid for a purchase: in the proportion in which the value
// of the purchase has come back.
std::int64_t DueBack(const Redemption& redemption, const Value& value, bool is_whole) {
  const bool is_all = is_whole || value.left == 0 || value.total <= 0;
  const absl::int128 share =
      is_all ? absl::int128(redemption.amount)
             : absl::int128(redemption.amount) * (value.total - value.left) / value.total;
  return static_cast<std::int64_t>(share) - redemption.reversed;
}

// Points that the purchase's member paid with come back; what others paid follows (OthersPaidBack).
// Of a purchase that is corrected only what its own entry spent: the right one says it anew, and
// `paid_again` is what it takes from where it was.
void GiveSpendingBack(State& state, const ProgramId& program, const ReceiptKey& receipt,
                      const Returning& what, const Value& value, bool is_whole,
                      const rules::Rulebook& active, const Context& context, Draft& draft,
                      std::vector<Event>& events, SpentParts& paid_again) {
  const Spending* found = state.spendings.Find(SpendingKey{program, receipt});
  if (found == nullptr) return;
  for (const std::uint64_t sequence : found->redemptions) {
    if (what.is_corrected && sequence != what.purchase.sequence) continue;
    const Redemption* redemption = state.redemptions.Find(RedemptionKey{sequence});
    const std::shared_ptr<const Entry> entry = state.FindEntry(sequence);
    if (redemption == nullptr || entry == nullptr ||
        state.RootOf(redemption->member) != draft.member()) {
      continue;
    }
    const std::int64_t back = DueBack(*redemption, value, is_whole);
    if (back <= 0) continue;
    const std::int64_t again =
        redemption->type == what.pays_type ? std::min(back, what.pays_points) : 0;
    SpentParts parts = GiveBack(sequence, *entry, redemption->reversed, back, again, active,
                                context, draft, events);
    if (again > 0) paid_again = std::move(parts);
  }
}

std::vector<rules::model::ReturnedItem> ItemsOf(const std::vector<ReturnedLine>& lines) {
  std::vector<rules::model::ReturnedItem> items;
  for (const ReturnedLine& line : lines) {
    items.push_back({line.line, line.quantity_micros, line.net});
  }
  return items;
}

// What earlier returns took of a purchase.
std::vector<rules::model::ReturnedItem> GoneOf(const PurchaseAccrued& accrued,
                                               const std::vector<LineLeft>& lines_left) {
  std::vector<rules::model::ReturnedItem> gone;
  for (const PurchaseLine& line : accrued.lines) {
    if (!line.is_sold()) continue;
    const auto left = std::find_if(lines_left.begin(), lines_left.end(),
                                   [&](const LineLeft& l) { return l.line == line.line; });
    const std::int64_t quantity = left == lines_left.end() ? 0 : left->quantity_micros;
    const std::int64_t net = left == lines_left.end() ? 0 : left->net;
    if (quantity == line.quantity_micros && net == line.net) continue;
    gone.push_back({line.line, line.quantity_micros - quantity, line.net - net});
  }
  return gone;
}

// What a return does to the sale of an entry.
class SaleAgain {
 public:
  SaleAgain(const rules::Rulebook& rulebook, const Entry& sale, const PurchaseAccrued& accrued)
      : rulebook_(rulebook), sale_(sale), replay_(rulebook, sale, ReportedIn(sale, accrued)) {
    LAUREL_CHECK(replay_.GivesTheLedgeredAmounts(), "a sale decided again gives what it gave");
  }

  // By line of the sale.
  std::vector<std::int64_t> LeftByLine(const std::vector<AwardLeft>& awards_left) const {
    std::vector<std::int64_t> left(replay_.evaluated().lines.size(), 0);
    for (const AwardLeft& award : awards_left) {
      if (const std::optional<std::size_t> line = replay_.LineOf(award.lot)) {
        left[*line] = award.amount;
      }
    }
    return left;
  }

  rules::model::ReturnEvaluated Return(const rules::model::ReturnFacts& returned) const {
    return rules::model::EvaluateReturn(rulebook_.model(), replay_.facts(), replay_.evaluated(),
                                        returned);
  }

  std::int64_t ReversedOf(const PointsAwarded& award,
                          const rules::model::ReturnEvaluated& kept) const {
    const std::optional<std::size_t> line = replay_.LineOf(award.lot);
    return line ? kept.lines[*line].reversed : 0;
  }

  // In the windows in which the sale used them.
  std::vector<CounterMoved> CounterMoves(const rules::model::ReturnEvaluated& kept) const {
    std::vector<CounterMoved> moves;
    const auto give_back = [&](const std::string& name, const std::string& by, std::int64_t delta) {
      for (const Event& event : EventsOfActivity(sale_)) {
        const auto* used = std::get_if<CounterMoved>(&event);
        if (used == nullptr || used->name != name || used->by != by || delta == 0) continue;
        moves.push_back(*used);
        moves.back().delta = delta;
      }
    };
    for (const rules::model::CounterUse& use : kept.uses) {
      give_back(CounterName(rulebook_.model().counters[use.counter]), CounterBy(use.by),
                use.amount);
    }
    for (const rules::model::CarryChange& carry : kept.carries) {
      const std::string& rule = rulebook_.model().rules[carry.rule].id;
      AddMove(CarryKeyOf(sale_.program, *sale_.member, rule), carry.after - carry.before, moves);
    }
    return moves;
  }

  // What no longer counts; by point type, what was left of the purchase's points before and is now.
  std::vector<MetricCounted> MetricCounts(const std::vector<rules::model::ReturnedItem>& before,
                                          const std::vector<rules::model::ReturnedItem>& now,
                                          const std::vector<std::int64_t>& points_before,
                                          const std::vector<std::int64_t>& points_now) const {
    const rules::model::Model& model = rulebook_.model();
    const rules::model::Rest was(replay_.facts(), before, {});
    const rules::model::Rest is(replay_.facts(), before, now);
    std::vector<MetricCounted> counts;
    AddCounts(MetricCountsOf(model, was.facts(), points_before), -1, counts);
    std::vector<MetricCounted> left =
        MetricCountsOf(model, is.is_empty() ? was.facts() : is.facts(), points_now);
    // Of a purchase that is gone, points that are kept all the same still count.
    AddCounts(is.is_empty() ? OfPoints(std::move(left)) : left, 1, counts);
    return counts;
  }

 private:
  std::vector<MetricCounted> OfPoints(std::vector<MetricCounted> counts) const {
    std::erase_if(counts, [&](const MetricCounted& count) {
      const std::vector<rules::model::Metric>& metrics = rulebook_.model().metrics;
      return std::none_of(metrics.begin(), metrics.end(), [&](const rules::model::Metric& metric) {
        return metric.id == count.metric && metric.of == rules::model::MetricOf::kPoints;
      });
    });
    return counts;
  }

  const rules::Rulebook& rulebook_;
  const Entry& sale_;
  const Replay replay_;
};

// Whether an order asks for what a return did that came under the same receipt.
bool IsSame(const ReturnPurchase& order, const Entry& entry, const PurchaseReturned& returned) {
  if (returned.original != order.original || entry.occurred_at != order.occurred_at) return false;
  if (order.lines.empty()) return returned.is_whole;
  return std::equal(order.lines.begin(), order.lines.end(), returned.lines.begin(),
                    returned.lines.end(), [](const ReturnLine& asked, const ReturnedLine& done) {
                      return asked.line == done.line &&
                             asked.quantity_micros == done.quantity_micros &&
                             asked.refund.value_or(done.net) == done.net;
                    });
}

Rejected Exceeds(std::int32_t line, std::int64_t left, std::int64_t value, absl::string_view unit) {
  return Rejected{Rejection::kReturnExceedsPurchase,
                  {{"left", std::to_string(left)},
                   {"line", std::to_string(line)},
                   {"unit", std::string(unit)},
                   {"value", std::to_string(value)}}};
}

// Likewise of a return that was kept, for lines and quantities as they were asked for.
bool IsSame(const ReturnPurchase& order, const Entry& entry, const ReturnUnmatched& kept) {
  return kept.original == order.original && entry.occurred_at == order.occurred_at &&
         kept.lines == order.lines;
}

// A return's receipt that came before: the same return under another request id, or something else
// under the same number.
Rejected AlreadyReturned(State& state, const Purchase& known, const ReturnPurchase& order,
                         const Context& context) {
  const std::string entry_name = absl::StrCat(context.partition, "-", known.sequence);
  const std::shared_ptr<const Entry> entry =
      known.is_return ? state.FindEntry(known.sequence) : nullptr;
  const PurchaseReturned* returned =
      entry == nullptr ? nullptr : entry->FindEvent<PurchaseReturned>();
  const ReturnUnmatched* kept = entry == nullptr ? nullptr : entry->FindEvent<ReturnUnmatched>();
  if ((returned != nullptr && IsSame(order, *entry, *returned)) ||
      (kept != nullptr && IsSame(order, *entry, *kept))) {
    return Rejected{Rejection::kReceiptAlreadyPosted, {{"entry", entry_name}}};
  }
  const char* differing = "kind";
  if (returned != nullptr || kept != nullptr) {
    const ReceiptKey& original = returned != nullptr ? returned->original : kept->original;
    differing = original != order.original                ? "original"
                : entry->occurred_at != order.occurred_at ? "occurred_at"
                                                          : "lines";
  }
  return Rejected{Rejection::kReceiptContentDiffers,
                  {{"differing", differing}, {"entry", entry_name}}};
}

// A return whose purchase has not come: no points move before it does.
Decision KeepUnmatched(State& state, const Command& command, const Program& program,
                       const ReturnPurchase& order, const std::optional<MemberId>& member,
                       const Context& context) {
  const Activation* revision = RevisionAt(program, order.occurred_at);
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, *revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (std::optional<Rejected> late =
          RefuseTime(*rulebook, order.occurred_at, context.recorded_at)) {
    return *std::move(late);
  }
  if (std::optional<Rejected> refused =
          RefuseAwaited(state, AwaitedKey{command.program, order.original})) {
    return *std::move(refused);
  }
  Accepted accepted{
      .kind = EntryKind::kReturnUnmatched, .occurred_at = order.occurred_at, .member = member};
  accepted.revision = revision->digest;
  accepted.effective_on = rulebook->LocalDate(order.occurred_at);
  accepted.events.push_back(ReturnUnmatched{.receipt = order.receipt,
                                            .original = order.original,
                                            .lines = order.lines,
                                            .row = order.row});
  return accepted;
}

}  // namespace

std::optional<Rejected> RefuseAwaited(State& state, const AwaitedKey& key) {
  const Awaited* awaited = state.awaited.Find(key);
  if (awaited == nullptr || awaited->returns.size() < kAwaitedMax) return std::nullopt;
  return OverLimit(absl::StrCat("of ", kAwaitedMax, " returns that wait for a purchase"), 0, 1);
}

namespace {

// What is to be given back of a redemption that has had `reversed`, in parts that an entry has room
// for; each of the lots, the last spent first, as GiveBack takes them.
std::vector<std::int64_t> PartsOf(const Entry& spent, std::int64_t reversed, std::int64_t back) {
  constexpr std::size_t kLotsMax = 400;
  std::vector<std::int64_t> parts;
  const SpentParts lots = SpentBy(spent, *spent.FindEvent<PointsRedeemed>());
  std::size_t in_part = kLotsMax;
  for (auto lot = lots.rbegin(); lot != lots.rend() && back > 0; ++lot) {
    const std::int64_t skipped = std::min(reversed, lot->second);
    reversed -= skipped;
    const std::int64_t amount = std::min(lot->second - skipped, back);
    if (amount == 0) continue;
    if (in_part == kLotsMax) {
      parts.push_back(0);
      in_part = 0;
    }
    parts.back() += amount;
    ++in_part;
    back -= amount;
  }
  return parts;
}

}  // namespace

std::vector<Command> OthersPaidBack(State& state, const Command& command, const Entry& entry) {
  std::vector<Command> commands;
  if (!entry.member || entry.kind == EntryKind::kCorrect) return commands;
  for (const Event& event : entry.events) {
    const auto* returned = std::get_if<PurchaseReturned>(&event);
    if (returned == nullptr) continue;
    const Spending* found = state.spendings.Find(SpendingKey{command.program, returned->original});
    const Purchase* purchase =
        state.purchases.Find(PurchaseKey{command.program, returned->original});
    const std::shared_ptr<const Entry> sale = state.FindEntry(returned->original_sequence);
    if (found == nullptr || purchase == nullptr || sale == nullptr) continue;
    const Value value = ValueOf(*sale->FindEvent<PurchaseAccrued>(), purchase->lines_left);
    for (const std::uint64_t sequence : found->redemptions) {
      const Redemption* redemption = state.redemptions.Find(RedemptionKey{sequence});
      if (redemption == nullptr || state.RootOf(redemption->member) == *entry.member) continue;
      const std::int64_t back = DueBack(*redemption, value, returned->is_whole);
      const std::shared_ptr<const Entry> spent = state.FindEntry(sequence);
      if (back <= 0 || spent == nullptr) continue;
      for (const std::int64_t part : PartsOf(*spent, redemption->reversed, back)) {
        commands.push_back(Command{.program = command.program,
                                   .request = {},
                                   .principal = {},
                                   .order = ReverseRedemption{sequence, part}});
      }
    }
  }
  return commands;
}

std::optional<Rejected> TakeBack(State& state, const Command& command, const Returning& what,
                                 const Context& context, TakenBack& result) {
  const Program* program = FindActiveProgram(state, command.program);
  const Purchase purchase = what.purchase;
  const std::shared_ptr<const Entry> sale = state.FindEntry(purchase.sequence);
  if (state.has_failed()) return Rejected{Rejection::kPurchaseNotFound, {}};
  LAUREL_CHECK(program != nullptr && sale != nullptr && sale->revision,
               "a purchase's entry is in the journal");
  const PurchaseAccrued& accrued = *sale->FindEvent<PurchaseAccrued>();
  const Activation* activation = FindActivation(*program, *sale->revision);
  LAUREL_CHECK(activation != nullptr, "the revision that awarded was to be in force");
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, *activation);
  // What comes back of the spending lives by the rules of today.
  const std::shared_ptr<const rules::Rulebook> active =
      context.rulebooks->Find(state, command.program, program->activations.back());
  if (rulebook == nullptr || active == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (what.is_timed) {
    if (std::optional<Rejected> late =
            RefuseTime(*rulebook, what.occurred_at, context.recorded_at)) {
      return late;
    }
  }

  const Left left_before = LeftOf(purchase, *sale, accrued);
  Left left = left_before;
  std::vector<ReturnLine> asked = what.lines;
  if (asked.empty()) {
    for (const LineLeft& line : left.lines)
      asked.push_back(ReturnLine{line.line, line.quantity_micros, std::nullopt});
    // A receipt that only took goods back can be posted anew all the same.
    if (asked.empty() && !what.is_corrected) return Exceeds(0, 0, 0, "quantity_micros");
  }
  std::vector<ReturnedLine> returned;
  for (const ReturnLine& ask : asked) {
    const auto line = std::find_if(left.lines.begin(), left.lines.end(),
                                   [&](const LineLeft& l) { return l.line == ask.line; });
    if (line == left.lines.end())
      return Exceeds(ask.line, 0, ask.quantity_micros, "quantity_micros");
    if (ask.quantity_micros > line->quantity_micros) {
      return Exceeds(ask.line, line->quantity_micros, ask.quantity_micros, "quantity_micros");
    }
    // Whatever is refunded for the last unit, nothing of the line is left then.
    const std::int64_t proportional =
        ProportionalRefund(line->net, line->quantity_micros, ask.quantity_micros);
    const bool is_last = ask.quantity_micros == line->quantity_micros;
    const std::int64_t net = is_last ? line->net : ask.refund.value_or(proportional);
    if (ask.refund.value_or(0) > line->net)
      return Exceeds(ask.line, line->net, *ask.refund, "refund");
    returned.push_back(ReturnedLine{ask.line, ask.quantity_micros, net});
    line->quantity_micros -= ask.quantity_micros;
    line->net -= net;
  }

  // By the revision and the evidence of the sale.
  const SaleAgain again(*rulebook, *sale, accrued);
  const std::vector<std::int64_t> left_by_line = again.LeftByLine(left.awards);
  const std::vector<rules::model::ReturnedItem> before = GoneOf(accrued, left_before.lines);
  const std::vector<rules::model::ReturnedItem> back = ItemsOf(returned);
  const std::vector<rules::model::CarryFact> carries =
      CarriesOf(state, command.program, purchase.member, rulebook->model());
  const rules::model::ReturnEvaluated kept = again.Return(rules::model::ReturnFacts{
      .before = before, .now = back, .left = left_by_line, .carries = carries});
  const bool is_whole = kept.is_whole;

  // Nothing below may refuse.
  const MemberId id = state.RootOf(purchase.member);
  const Member member = *state.members.Find(MemberKey{id});
  Accepted& accepted = result.accepted;
  accepted = Accepted{.kind = EntryKind::kReturn, .occurred_at = what.occurred_at, .member = id};
  accepted.revision = sale->revision;
  accepted.effective_on = rulebook->LocalDate(what.occurred_at);
  const std::int64_t eligible_off =
      std::max<std::int64_t>(0, left.eligible - (is_whole ? 0 : kept.eligible_net_left));
  accepted.events.push_back(PurchaseReturned{.receipt = what.receipt,
                                             .original = accrued.receipt,
                                             .original_sequence = purchase.sequence,
                                             .original_on = *sale->effective_on,
                                             .eligible_net = eligible_off,
                                             .is_whole = is_whole,
                                             .lines = std::move(returned),
                                             .row = what.row,
                                             .kept = what.kept});
  Draft draft(state, id, what.restored);
  const Value value = ValueOf(accrued, left.lines);
  GiveSpendingBack(state, command.program, accrued.receipt, what, value, is_whole, *active, context,
                   draft, accepted.events, result.paid_again);
  ActivityInThought undone{.day = *sale->effective_on,
                           .spend = -eligible_off,
                           .purchases = is_whole ? -1 : 0,
                           .points = std::vector<std::int64_t>(rulebook->point_types().size())};
  const OwnLots own_lots(purchase.member, *sale, purchase);
  for (const Event& event : sale->events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award == nullptr) continue;
    const auto award_left = std::find_if(left.awards.begin(), left.awards.end(),
                                         [&](const AwardLeft& a) { return a.lot == award->lot; });
    if (award_left == left.awards.end()) continue;
    const std::int64_t due = again.ReversedOf(*award, kept);
    if (due == 0) continue;
    rules::Clawback policy = rulebook->point_types()[award->type_index].clawback;
    if (what.is_corrected && policy != rules::Clawback::kArrears) {
      // The right award comes next: only what it does not make good may be let go.
      policy = rules::Clawback::kArrears;
      result.without_arrears.push_back(award->type);
    }
    const Clawback clawback{.state = state, .lots = own_lots, .policy = policy};
    const PointsTakenBack taken = clawback.TakeBack(*award, *award_left, due, draft);
    undone.points[award->type_index] -= due;
    accepted.events.push_back(taken);
  }

  // After everything that takes points back: these are spoken for.
  for (const auto& [lot, points] : result.paid_again) {
    draft.Post(AccountClass::kMemberAvailable, "", lot.type, points);
    draft.Move(lot, points);
  }

  for (CounterMoved& move : again.CounterMoves(kept)) accepted.events.push_back(std::move(move));
  std::vector<std::int64_t> points_before(undone.points.size());
  std::vector<std::int64_t> points_now = undone.points;
  for (const Event& event : sale->events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award == nullptr) continue;
    for (const AwardLeft& award_left : left_before.awards) {
      if (award_left.lot != award->lot) continue;
      points_before[award->type_index] += award_left.amount;
      points_now[award->type_index] += award_left.amount;
    }
  }
  undone.tracked = again.MetricCounts(before, back, points_before, points_now);
  for (const MetricCounted& count : undone.tracked) accepted.events.push_back(count);
  const Timestamp lots_due_at = draft.LotsDue();
  if (lots_due_at != member.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  result.undone = std::move(undone);
  result.sale_occurred_at = sale->occurred_at;
  return std::nullopt;
}

Decision DecideReturn(State& state, const Command& command, const ReturnPurchase& order,
                      const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Purchase* purchase = state.purchases.Find(PurchaseKey{command.program, order.original});
  if (purchase != nullptr && purchase->is_return) {
    return InvalidField("original", "the receipt of a purchase", "that of a return");
  }
  std::optional<MemberId> member;
  if (order.member) {
    member = state.Resolve(command.program, *order.member);
    if (!member) return Rejected{Rejection::kMemberNotFound, {}};
    if (purchase != nullptr && state.RootOf(purchase->member) != *member) {
      return InvalidField("member", "whose purchase it was", "another");
    }
  }
  if (const Purchase* known = state.purchases.Find(PurchaseKey{command.program, order.receipt});
      known != nullptr && order.kept == 0) {
    return AlreadyReturned(state, *known, order, context);
  }
  if (const Unclaimed* guests =
          state.unclaimed.Find(UnclaimedKey{command.program, order.receipt})) {
    return Rejected{
        Rejection::kReceiptContentDiffers,
        {{"differing", "kind"}, {"entry", absl::StrCat(context.partition, "-", guests->sequence)}}};
  }
  if (purchase == nullptr) {
    if (state.has_failed()) return Rejected{Rejection::kPurchaseNotFound, {}};
    return KeepUnmatched(state, command, *program, order, member, context);
  }
  TakenBack taken;
  if (std::optional<Rejected> refused = TakeBack(state, command,
                                                 Returning{.purchase = *purchase,
                                                           .receipt = order.receipt,
                                                           .occurred_at = order.occurred_at,
                                                           .lines = order.lines,
                                                           .row = order.row,
                                                           .kept = order.kept,
                                                           .is_timed = order.kept == 0},
                                                 context, taken)) {
    return *std::move(refused);
  }
  const std::shared_ptr<const rules::Rulebook> active =
      context.rulebooks->Find(state, command.program, program->activations.back());
  if (active == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  JudgeUndone(state, *active,
              Undone{taken.sale_occurred_at, taken.undone, order.occurred_at, context.recorded_at},
              taken.accepted);
  return std::move(taken.accepted);
}

std::optional<TierDecided> JudgeFall(const MemberStanding& standing, const rules::Rulebook& active,
                                     const MemberTier& tier, const MetricValues& now,
                                     const Undone& undone) {
  const bool may_fall = TierIndex(active, tier.tier) != 0 && tier.term == 1 &&
                        undone.occurred_at <= tier.since && !tier.previous.empty();
  if (!may_fall) return std::nullopt;
  Date risen_on = active.LocalDate(tier.since);
  // A review looks at the day before it.
  const bool is_by_review =
      !active.model().tier_policy.upgrades_at_once && tier.since == active.StartOf(risen_on);
  if (is_by_review) risen_on = risen_on.PlusDays(-1);
  const MetricValues then = standing.MetricsAsOf(tier, risen_on, &undone.activity);
  return standing.JudgeReturn(tier, then, now, undone.at);
}

void JudgeUndone(State& state, const rules::Rulebook& active, const Undone& undone,
                 Accepted& accepted) {
  const MemberId id = *accepted.member;
  const Member& member = *state.members.Find(MemberKey{id});
  MemberTier tier = member.tier;
  const MemberStanding standing(state, id, active);
  const MetricValues now =
      standing.MetricsAsOf(tier, active.LocalDate(member.latest_occurred_at), &undone.activity);
  if (const std::optional<TierDecided> verdict = JudgeFall(standing, active, tier, now, undone)) {
    tier = After(tier, *verdict, undone.at);
    accepted.events.push_back(*verdict);
  }
  accepted.tier = standing.ViewOf(tier, now, undone.recorded_at);
}

}  // namespace laurel
