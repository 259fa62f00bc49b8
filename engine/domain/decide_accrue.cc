#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/apply.h"
#include "engine/domain/attributes.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/idle.h"
#include "engine/domain/rating.h"
#include "engine/domain/tiers.h"
#include "rules/program/model.h"
#include "rules/program/rewards.h"
#include "rules/program/rule_amounts.h"

namespace laurel {
namespace {

// An activity this much later than it occurred may belong to an import of history that goes on:
// reviews wait.
constexpr std::int64_t kLateMicros = kMicrosPerDay;

// A receipt that came before: the same sale under another request id, or another sale under the
// same number.
Rejected AlreadyPosted(State& state, const Purchase& purchase, const AccruePurchase& order,
                       const std::optional<MemberId>& member, const Context& context) {
  const std::string entry_name = absl::StrCat(context.partition, "-", purchase.sequence);
  std::string differing;
  const auto differs = [&differing](absl::string_view field) {
    absl::StrAppend(&differing, differing.empty() ? "" : ",", field);
  };
  const std::shared_ptr<const Entry> entry = state.FindEntry(purchase.sequence);
  const PurchaseAccrued* accrued = entry == nullptr ? nullptr : entry->FindEvent<PurchaseAccrued>();
  const ReceiptKept* kept = entry == nullptr ? nullptr : entry->FindEvent<ReceiptKept>();
  if (kept != nullptr) accrued = &kept->sale;
  if (accrued == nullptr) {
    differs("kind");
  } else {
    // Nobody's is told apart by the rest.
    if (member && state.RootOf(purchase.member) != *member) differs("member");
    if (accrued->total != order.total) differs("total");
    if (entry->occurred_at != order.occurred_at) differs("occurred_at");
    if (accrued->lines != LinesOf(order)) differs("lines");
  }
  if (differing.empty()) return Rejected{Rejection::kReceiptAlreadyPosted, {{"entry", entry_name}}};
  return Rejected{Rejection::kReceiptContentDiffers,
                  {{"differing", differing}, {"entry", entry_name}}};
}

// Whether also how it was sold and paid is the same. What points paid is told by what was offered.
bool IsPaidAlike(State& state, const Purchase& purchase, const AccruePurchase& order) {
  const std::shared_ptr<const Entry> entry = state.FindEntry(purchase.sequence);
  const PurchaseAccrued* accrued = entry == nullptr ? nullptr : entry->FindEvent<PurchaseAccrued>();
  if (accrued == nullptr) return false;
  const auto others = [](std::vector<Tender> tenders) {
    std::erase_if(tenders, [](const Tender& tender) { return tender.kind == "POINTS"; });
    return tenders;
  };
  return accrued->channel == order.channel &&
         accrued->offered == (order.pay ? order.pay->amount : 0) &&
         others(accrued->tenders) == others(order.tenders);
}

// Who did something, and by which rules it counts.
struct Admitted {
  const Activation* revision = nullptr;
  std::shared_ptr<const rules::Rulebook> rulebook;
  MemberId member;
  const Member* record = nullptr;
};
// The guards that all activities share. Those that are the activity's own, about what it says of
// itself, come between: own(rulebook).
std::optional<Rejected> Admit(
    State& state, const ProgramId& program_id, const MemberRef& ref, Timestamp occurred_at,
    const Context& context, absl::FunctionRef<std::optional<Rejected>(const rules::Rulebook&)> own,
    Admitted& admitted) {
  const Program* program = FindActiveProgram(state, program_id);
  if (program == nullptr) return ResourceNotFound("program", program_id.str());
  admitted.revision = RevisionAt(*program, occurred_at);
  admitted.rulebook = context.rulebooks->Find(state, program_id, *admitted.revision);
  if (admitted.rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (std::optional<Rejected> refused = own(*admitted.rulebook)) return refused;
  if (std::optional<Rejected> late =
          RefuseTime(*admitted.rulebook, occurred_at, context.recorded_at)) {
    return late;
  }
  const std::optional<MemberId> member = state.Resolve(program_id, ref);
  if (!member) return Rejected{Rejection::kMemberNotFound, {}};
  admitted.member = *member;
  admitted.record = state.members.Find(MemberKey{*member});
  if (admitted.record->state != MemberState::kClosed) return std::nullopt;
  return Rejected{Rejection::kMemberNotActive,
                  {{"state", std::string(ToString(admitted.record->state))}}};
}

// By which rules a tier is judged after an activity, and as of when.
struct TierRules {
  std::shared_ptr<const rules::Rulebook> owned;
  const rules::Rulebook* rulebook = nullptr;
  Timestamp at;
};
// Those of the latest activity that is known. Where a revision has come into force since then and
// has moved the member, its tier is not in the words of the older one: then by the newer, as of the
// move.
TierRules RulesOfTier(State& state, const Member& record, Timestamp latest,
                      const rules::Rulebook& rulebook, const Context& context) {
  TierRules rules{nullptr, &rulebook, latest};
  const Program* program = FindActiveProgram(state, record.program);
  const Timestamp known = std::max(latest, record.tier.since);
  const Activation* revision = program == nullptr ? nullptr : RevisionAt(*program, known);
  if (revision == nullptr || revision->digest == rulebook.digest()) return rules;
  rules.owned = context.rulebooks->Find(state, record.program, *revision);
  if (rules.owned == nullptr) return rules;
  rules.rulebook = rules.owned.get();
  rules.at = known;
  return rules;
}

// What one receipt does before its sale is rated: goods of earlier purchases come back, and points
// pay for a part of it. The sale is decided on the state that the first leaves.
struct Before {
  EntryKind kind = EntryKind::kAccrue;
  std::vector<Event> events = {};
  std::vector<Posting> postings = {};
  std::vector<LotMove> lot_moves = {};
  std::vector<TakenBack> returns = {};
  Timestamp returned_at = {};
  PointTypeId paid_type = {};
  rules::model::Payment payment = {};
  SpentParts paid_again = {};  // of the payment: points that paid for the wrong purchase

  bool moves_points() const { return !returns.empty() || payment.points > 0; }
};

// Adds postings to others, account by account.
void AddPostings(const std::vector<Posting>& more, std::vector<Posting>& postings) {
  for (const Posting& posting : more) {
    const auto same = std::find_if(postings.begin(), postings.end(), [&](const Posting& other) {
      return other.account == posting.account && other.detail == posting.detail &&
             other.type == posting.type;
    });
    if (same == postings.end()) {
      postings.push_back(posting);
    } else {
      same->amount += posting.amount;
    }
  }
  std::erase_if(postings, [](const Posting& posting) { return posting.amount == 0; });
}

// An activity that has been evaluated, on its way to an entry.
struct Rated {
  MemberId member;
  const Member& record;
  Timestamp occurred_at;
  std::vector<PointsAwarded> awards = {};
  std::vector<std::int64_t> points = {};  // by index of the point type

  // False if a balance would leave its range.
  bool Award(const rules::Rulebook& rulebook, const rules::model::Evaluated& evaluated,
             const Context& context) {
    awards = AwardsOf(rulebook, evaluated, occurred_at, LotId{context.sequence, 1});
    points.resize(rulebook.point_types().size());
    for (const PointsAwarded& award : awards) points[award.type_index] += award.amount;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Balance* balance = record.FindBalance(PointTypeId::Of(rulebook.point_types()[i].id));
      if (balance == nullptr) continue;
      if (!HasRoom(balance, points[i])) return false;
    }
    return true;
  }

  // Everything that follows from the activity but the event that tells of it.
  void Finish(State& state, const rules::Rulebook& rulebook, const Rating& rating,
              const rules::model::Evaluated& evaluated, const Context& context,
              const Before& before, Draft& draft, Accepted& accepted) {
    if (std::optional<EvidenceKept> evidence = rating.evidence()) {
      accepted.events.push_back(*std::move(evidence));
    }
    IdleEnds idle(record, rulebook);
    idle.Act(rating.facts().activity.type, occurred_at);
    Timestamp lots_due_at = before.moves_points() ? draft.LotsDue() : record.lots_due_at;
    for (PointsAwarded& award : awards) {
      if (!award.idle_ends_at.is_never()) {
        award.idle_ends_at = idle.Open(award.type_index, context.recorded_at);
      }
      draft.Post(AccountClass::kIssuance, award.funding, award.type, -award.amount);
      const LotKey lot{member, award.type, award.expires_at, award.lot};
      if (IsPending(award, occurred_at, context.recorded_at)) {
        draft.Post(AccountClass::kMemberPending, "", award.type, award.amount);
        draft.Open(lot, award.amount, Bucket::kPending);
        lots_due_at = std::min(lots_due_at, award.activates_at);
      } else {
        award.covered_arrears = draft.MakeAvailable(award.type, award.amount);
        if (award.amount > award.covered_arrears) {
          draft.Open(lot, award.amount - award.covered_arrears);
          lots_due_at = std::min(lots_due_at, award.expires_at);
        }
      }
      accepted.events.push_back(std::move(award));
    }
    for (IdleEndMoved& moved : idle.Take()) accepted.events.push_back(std::move(moved));
    for (CounterMoved& move : rating.CounterMoves(evaluated)) {
      accepted.events.push_back(std::move(move));
    }
    std::vector<MetricCounted> counted = rating.MetricCounts(points);
    for (const MetricCounted& count : counted) accepted.events.push_back(count);

    const bool is_latest = !record.has_activity || occurred_at > record.latest_occurred_at;
    const Timestamp latest = is_latest ? occurred_at : record.latest_occurred_at;
    const bool is_purchase = accepted.kind != EntryKind::kActivity;
    const ActivityInThought activity{.day = *accepted.effective_on,
                                     .spend = is_purchase ? evaluated.eligible_net : 0,
                                     .purchases = is_purchase ? 1 : 0,
                                     .points = std::move(points),
                                     .tracked = std::move(counted)};
    const TierRules of_tier = RulesOfTier(state, record, latest, rulebook, context);
    const MemberStanding standing(state, member, *of_tier.rulebook);
    MemberTier tier = record.tier;
    JudgeReturns(state, before, latest, activity, context, tier, accepted);
    const MetricValues metrics =
        standing.MetricsAsOf(tier, rulebook.LocalDate(of_tier.at), &activity);
    for (Event& move : standing.JudgeActivity(tier, metrics, of_tier.at, activity)) {
      accepted.events.push_back(std::move(move));
    }
    if (lots_due_at != record.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
    const Timestamp not_before = context.recorded_at.PlusMicros(kMicrosPerDay);
    if (occurred_at < context.recorded_at.PlusMicros(-kLateMicros) && tier.review_at < not_before) {
      accepted.events.push_back(ReviewPostponed{not_before});
    }
    LetGo(before, draft, accepted);
    accepted.postings = std::move(draft.postings);
    accepted.lot_moves = std::move(draft.lot_moves);
    if (!before.returns.empty()) {
      std::vector<Posting> postings = before.postings;
      AddPostings(accepted.postings, postings);
      accepted.postings = std::move(postings);
      accepted.lot_moves.insert(accepted.lot_moves.begin(), before.lot_moves.begin(),
                                before.lot_moves.end());
    }
    accepted.tier = standing.ViewOf(tier, metrics, of_tier.at);
  }

  // What the right award did not make good of a wrong one, where the program lets members owe
  // nothing: as a clawback that finds too few points.
  static void LetGo(const Before& before, Draft& draft, Accepted& accepted) {
    for (const TakenBack& returned : before.returns) {
      for (const PointTypeId& type : returned.without_arrears) {
        std::int64_t owed = std::max<std::int64_t>(0, -draft.AvailableAfter(type));
        for (Event& event : accepted.events) {
          auto* taken = std::get_if<PointsTakenBack>(&event);
          if (taken == nullptr || taken->type != type) continue;
          const std::int64_t gone = std::min(owed, taken->arrears);
          owed -= gone;
          taken->arrears -= gone;
          taken->shortfall += gone;
          draft.Post(AccountClass::kMemberAvailable, "", type, gone);
          draft.Post(AccountClass::kAdjustment, "clawback_shortfall", type, -gone);
        }
      }
    }
  }

  // The tier falls with what came back in the same entry, unless what was sold holds it.
  void JudgeReturns(State& state, const Before& before, Timestamp latest,
                    const ActivityInThought& activity, const Context& context, MemberTier& tier,
                    Accepted& accepted) {
    if (before.returns.empty()) return;
    const Program* program = FindActiveProgram(state, record.program);
    const std::shared_ptr<const rules::Rulebook> active =
        context.rulebooks->Find(state, record.program, program->activations.back());
    if (active == nullptr) return;
    const MemberStanding standing(state, member, *active);
    const MetricValues now = standing.MetricsAsOf(tier, active->LocalDate(latest), &activity);
    for (const TakenBack& returned : before.returns) {
      const Undone undone{returned.sale_occurred_at, activity, before.returned_at,
                          context.recorded_at};
      const std::optional<TierDecided> verdict = JudgeFall(standing, *active, tier, now, undone);
      if (!verdict) continue;
      tier = After(tier, *verdict, undone.at);
      accepted.events.push_back(*verdict);
      return;
    }
  }
};

// Takes the points that pay for a part of a purchase. What paid for a wrong one stays where it was
// spent, though the lots may have ended since: the correction is no act of the member.
std::optional<Rejected> Pay(const Before& before, const Member& record, Draft& draft) {
  const std::int64_t paid = before.payment.points;
  if (paid == 0) return std::nullopt;
  std::int64_t left = paid;
  for (const auto& [lot, points] : before.paid_again) {
    left -= draft.TakeFromLot(lot, points);
  }
  draft.Post(AccountClass::kMemberAvailable, "", before.paid_type, left - paid);
  if (left > 0) {
    if (std::optional<Rejected> refused = TakeAll(record, before.paid_type, left, draft)) {
      return refused;
    }
    draft.Post(AccountClass::kMemberAvailable, "", before.paid_type, -left);
  }
  draft.Post(AccountClass::kRedemption, "payment", before.paid_type, paid);
  return std::nullopt;
}

// What an entry tells beside its awards: the activity, evidence, counters, the tier, lots due.
constexpr std::size_t kEventsUsual = 6;

// The entry of an activity; `tell` makes the event that tells of it.
Decision Take(State& state, const Admitted& admitted, Rating& rating, Timestamp occurred_at,
              const Context& context, Before before,
              absl::FunctionRef<Event(const rules::model::Evaluated&)> tell) {
  const rules::Rulebook& rulebook = *admitted.rulebook;
  const rules::model::Evaluated& evaluated = rating.EvaluateInRoom();
  Rated rated{.member = admitted.member, .record = *admitted.record, .occurred_at = occurred_at};
  if (!rated.Award(rulebook, evaluated, context)) return TooLarge("balance");
  Draft draft(state, admitted.member);
  if (std::optional<Rejected> refused = Pay(before, *admitted.record, draft)) {
    return *std::move(refused);
  }

  // Nothing below may refuse.
  Accepted accepted{.kind = before.kind, .occurred_at = occurred_at, .member = admitted.member};
  accepted.revision = admitted.revision->digest;
  accepted.effective_on = rulebook.LocalDate(occurred_at);
  accepted.events = std::move(before.events);
  accepted.events.reserve(accepted.events.size() + kEventsUsual + rated.awards.size());
  accepted.events.push_back(tell(evaluated));
  rated.Finish(state, rulebook, rating, evaluated, context, before, draft, accepted);
  return accepted;
}

// Goods that come back with a receipt, by the receipt of their purchase.
struct ComingBack {
  ReceiptKey original;
  std::vector<ReturnLine> lines;
};
std::vector<ComingBack> OriginalsIn(const std::vector<PurchaseLine>& lines) {
  std::vector<ComingBack> originals;
  for (const PurchaseLine& line : lines) {
    if (!line.original) continue;
    auto of = std::find_if(originals.begin(), originals.end(), [&](const ComingBack& one) {
      return one.original == line.original->receipt;
    });
    if (of == originals.end()) {
      of = originals.insert(of, ComingBack{line.original->receipt, {}});
    }
    const auto known =
        std::find_if(of->lines.begin(), of->lines.end(),
                     [&](const ReturnLine& other) { return other.line == line.original->line; });
    if (known == of->lines.end()) {
      of->lines.push_back(ReturnLine{line.original->line, line.quantity_micros, line.net});
    } else {
      known->quantity_micros += line.quantity_micros;
      known->refund = known->refund.value_or(0) + line.net;
    }
  }
  return originals;
}

// Takes goods of a known purchase back in `thought`, where the sale will be decided.
std::optional<Rejected> TakeBackFirst(State& thought, const Command& command, Returning what,
                                      const Context& context, Before& before) {
  TakenBack taken;
  what.restored = static_cast<std::uint32_t>(std::count_if(
      before.events.begin(), before.events.end(),
      [](const Event& event) { return std::holds_alternative<PointsRestored>(event); }));
  if (std::optional<Rejected> refused = TakeBack(thought, command, what, context, taken)) {
    return refused;
  }
  before.events.insert(before.events.end(), taken.accepted.events.begin(),
                       taken.accepted.events.end());
  AddPostings(taken.accepted.postings, before.postings);
  before.lot_moves.insert(before.lot_moves.end(), taken.accepted.lot_moves.begin(),
                          taken.accepted.lot_moves.end());
  before.paid_again = taken.paid_again;
  Apply(std::make_shared<const Entry>(MakeEntry(thought, command, context, taken.accepted, Hash{})),
        thought);
  before.returns.push_back(std::move(taken));
  return std::nullopt;
}

// The same for all originals that a receipt names; those that have not come are kept.
std::optional<Rejected> TakeBackOriginals(State& thought, const Command& command,
                                          const AccruePurchase& order, MemberId member,
                                          const Context& context, Before& before) {
  before.kind = EntryKind::kExchange;
  before.returned_at = order.occurred_at;
  for (const ComingBack& one : OriginalsIn(order.lines)) {
    const Purchase* found = thought.purchases.Find(PurchaseKey{command.program, one.original});
    if (found == nullptr) {
      if (std::optional<Rejected> refused =
              RefuseAwaited(thought, AwaitedKey{command.program, one.original})) {
        return refused;
      }
      before.events.push_back(
          ReturnUnmatched{.receipt = order.receipt, .original = one.original, .lines = one.lines});
      continue;
    }
    if (found->is_return) {
      return InvalidField("purchase.lines.original", "a line of a purchase", "one of a return");
    }
    if (thought.RootOf(found->member) != member) {
      return InvalidField("purchase.lines.original", "a line of a purchase of the member",
                          "one of another's");
    }
    const Purchase purchase = *found;
    if (std::optional<Rejected> refused = TakeBackFirst(thought, command,
                                                        Returning{.purchase = purchase,
                                                                  .receipt = order.receipt,
                                                                  .occurred_at = order.occurred_at,
                                                                  .lines = one.lines},
                                                        context, before)) {
      return refused;
    }
  }
  return std::nullopt;
}

PaidBound BoundOf(rules::model::PaymentBound bound) {
  switch (bound) {
    case rules::model::PaymentBound::kOffered:
      return PaidBound::kOffered;
    case rules::model::PaymentBound::kOrder:
      return PaidBound::kOrder;
    case rules::model::PaymentBound::kStep:
      return PaidBound::kStep;
    case rules::model::PaymentBound::kMinimum:
      return PaidBound::kMinimum;
  }
  return PaidBound::kNone;
}

// What the points that a member puts in pay for a purchase; nothing where the program takes none
// of their type.
rules::model::Payment PaymentIn(const rules::model::Model& model, const AccruePurchase& order) {
  const bool is_taken = order.pay && model.pay &&
                        model.point_types[model.pay->point_type].id == order.pay->type.str();
  return is_taken ? rules::model::PaymentOf(model, order.total, order.pay->amount)
                  : rules::model::Payment{};
}
PointTypeId PaidTypeOf(const AccruePurchase& order) {
  return order.pay ? order.pay->type : PointTypeId();
}

// How many of the points that the member puts in are taken, and what they pay: told with the rest
// that was paid.
std::optional<Rejected> TakePayment(const AccruePurchase& order, const Admitted& admitted,
                                    Before& before, std::vector<Tender>& tenders) {
  constexpr absl::string_view kPoints = "POINTS";
  if (!order.pay) return std::nullopt;
  const rules::model::Model& model = admitted.rulebook->model();
  if (!model.pay || model.point_types[model.pay->point_type].id != order.pay->type.str()) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", model.pay ? absl::StrCat(model.point_types[model.pay->point_type].id,
                                                        " as payment")
                                         : "a program that takes points as payment"},
                     {"value", order.pay->type.str()}}};
  }
  before.payment = PaymentIn(model, order);
  const rules::model::Payment& payment = before.payment;
  if (payment.points > 0 && admitted.record->state != MemberState::kActive) {
    return NotActive(*admitted.record);
  }
  // What the receipt says of it must agree.
  std::int64_t stated = 0;
  bool states_points = false;
  for (const Tender& tender : tenders) {
    if (tender.kind != kPoints) continue;
    states_points = true;
    stated = tender.amount;
  }
  if (!tenders.empty() && stated != payment.money) {
    return Rejected{Rejection::kCostMismatch,
                    {{"bound", std::string(ToString(payment.bound))},
                     {"due", std::to_string(payment.money)},
                     {"points", std::to_string(payment.points)},
                     {"stated", std::to_string(stated)}}};
  }
  if (payment.points == 0) return std::nullopt;
  if (!states_points) tenders.push_back(Tender{std::string(kPoints), payment.money});
  before.paid_type = order.pay->type;
  before.events.push_back(
      PointsRedeemed{.type = order.pay->type,
                     .amount = payment.points,
                     .reference = {},
                     .purchase = order.receipt,
                     .first_move = static_cast<std::uint32_t>(before.lot_moves.size())});
  return std::nullopt;
}

// How many returns wait for a purchase; who has none that wait pays nothing for asking.
std::uint32_t AwaitedFor(State& state, const Command& command, const ReceiptKey& receipt) {
  const Program* program = state.programs.Find(ProgramKey{command.program});
  if (program == nullptr || program->awaiting_returns == 0) return 0;
  const Awaited* awaited = state.awaited.Find(AwaitedKey{command.program, receipt});
  return awaited == nullptr ? 0 : static_cast<std::uint32_t>(awaited->returns.size());
}

// Rates a purchase whose guards it has passed.
Decision Sell(State& state, const Command& command, const AccruePurchase& order, Admitted admitted,
              const Context& context, Before before, std::uint64_t corrects) {
  // As it is after what came back.
  admitted.record = state.members.Find(MemberKey{admitted.member});
  std::vector<PurchaseLine> lines = LinesOf(order);
  std::vector<Tender> tenders = order.tenders;
  if (std::optional<Rejected> refused = TakePayment(order, admitted, before, tenders)) {
    return *std::move(refused);
  }
  const PaidBound bound = order.pay ? BoundOf(before.payment.bound) : PaidBound::kNone;
  Rating rating(state, *admitted.rulebook, command.program, admitted.member,
                ReportedActivity{.occurred_at = order.occurred_at,
                                 .channel = order.channel,
                                 .store = order.receipt.store,
                                 .lines = lines,
                                 .tenders = tenders});
  return Take(state, admitted, rating, order.occurred_at, context, std::move(before),
              [&](const rules::model::Evaluated& evaluated) {
                return PurchaseAccrued{.receipt = order.receipt,
                                       .channel = order.channel,
                                       .total = order.total,
                                       .eligible_net = evaluated.eligible_net,
                                       // Elements keep their place: the rating still sees them.
                                       .lines = std::move(lines),
                                       .tenders = std::move(tenders),
                                       .row = order.row,
                                       .corrects = corrects,
                                       .offered = order.pay ? order.pay->amount : 0,
                                       .bound = bound,
                                       .awaited = AwaitedFor(state, command, order.receipt)};
              });
}

std::optional<Rejected> RefuseCurrency(const rules::Rulebook& rulebook,
                                       const AccruePurchase& order) {
  if (order.currency == rulebook.currency()) return std::nullopt;
  return InvalidField("purchase.total.currency_code", std::string(rulebook.currency()),
                      order.currency);
}

std::optional<Rejected> AdmitSale(State& state, const Command& command, const AccruePurchase& order,
                                  const Context& context, Admitted& admitted) {
  const auto other_currency = [&](const rules::Rulebook& rulebook) {
    return RefuseCurrency(rulebook, order);
  };
  return Admit(state, command.program, order.member, order.occurred_at, context, other_currency,
               admitted);
}

std::optional<Rejected> RefuseLarge(const AccruePurchase& order) {
  std::int64_t bought = 0;
  for (const PurchaseLine& line : order.lines) {
    bought += std::clamp<std::int64_t>(line.net, 0, kPurchaseTotalMax);
  }
  if (bought <= kPurchaseTotalMax) return std::nullopt;
  return TooLarge("purchase.lines");
}

// Why a receipt is not new: it was posted, or kept as nobody's.
std::optional<Rejected> RefuseKnown(State& state, const ProgramId& program,
                                    const AccruePurchase& order,
                                    const std::optional<MemberId>& member, const Context& context) {
  if (const Purchase* purchase = state.purchases.Find(PurchaseKey{program, order.receipt})) {
    return AlreadyPosted(state, *purchase, order, member, context);
  }
  if (const Unclaimed* kept = state.unclaimed.Find(UnclaimedKey{program, order.receipt})) {
    return AlreadyPosted(state, Purchase{.member = {}, .sequence = kept->sequence}, order,
                         std::nullopt, context);
  }
  return std::nullopt;
}

constexpr absl::string_view kEnrolment = "enrolment";

// The refusal of an activity that the program does not declare, or not like this.
std::optional<Rejected> RefuseActivity(const rules::model::Model& model,
                                       const AccrueActivity& order) {
  const auto type = std::find_if(model.activity_types.begin(), model.activity_types.end(),
                                 [&](const auto& one) { return one.id == order.type; });
  if (type == model.activity_types.end()) {
    return InvalidField("activity.type", "a type that the program declares", order.type);
  }
  for (const AttributeValue& attribute : order.attributes) {
    if (std::optional<Rejected> refused =
            RefuseAttribute(type->attributes, attribute, "activity.attributes")) {
      return refused;
    }
  }
  for (const rules::model::DeclaredAttribute& declared : type->attributes) {
    const bool is_given =
        std::any_of(order.attributes.begin(), order.attributes.end(),
                    [&](const AttributeValue& one) { return one.id == declared.id; });
    if (!is_given && !declared.is_optional) {
      return InvalidField(absl::StrCat("activity.attributes.", declared.id), "to be given",
                          "nothing");
    }
  }
  return std::nullopt;
}

// Why a receipt is not this member's to claim: somebody has brought goods of it back as another's.
// A purchase that comes so late from a till is taken all the same, because it has happened, and the
// return stays listed. A claim only says who it was, and with the return waiting it would bring
// points for goods that nobody has.
std::optional<Rejected> RefuseAnothers(State& state, const Command& command,
                                       const ReceiptKey& receipt, MemberId member) {
  const Awaited* awaited = state.awaited.Find(AwaitedKey{command.program, receipt});
  if (awaited == nullptr) return std::nullopt;
  for (const std::uint64_t sequence : awaited->returns) {
    const std::shared_ptr<const Entry> kept = state.FindEntry(sequence);
    if (kept == nullptr || !kept->member || state.RootOf(*kept->member) == member) continue;
    return InvalidField("member", "whose goods came back", "another");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejected> RefuseTime(const rules::Rulebook& rulebook, Timestamp occurred_at,
                                   Timestamp now) {
  const Timestamp earliest = now.PlusMicros(-rulebook.max_late_arrival_micros());
  const Timestamp latest = now.PlusMicros(kAheadMicros);
  if (occurred_at >= earliest && occurred_at <= latest) return std::nullopt;
  return Rejected{Rejection::kOccurredAtOutOfWindow,
                  {{"earliest", ToString(earliest)}, {"latest", ToString(latest)}}};
}

Decision DecideKeepReceipt(State& state, const Command& command, const KeepReceipt& order,
                           const Context& context) {
  const AccruePurchase& sale = order.sale;
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Activation* revision = RevisionAt(*program, sale.occurred_at);
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, *revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (std::optional<Rejected> refused = RefuseCurrency(*rulebook, sale)) return *std::move(refused);
  if (std::optional<Rejected> late = RefuseTime(*rulebook, sale.occurred_at, context.recorded_at)) {
    return *std::move(late);
  }
  if (std::optional<Rejected> known =
          RefuseKnown(state, command.program, sale, std::nullopt, context)) {
    return *std::move(known);
  }
  if (std::optional<Rejected> refused = RefuseLarge(sale)) return *std::move(refused);
  std::vector<PurchaseLine> lines = LinesOf(sale);

  // Nothing below may refuse.
  Accepted accepted{.kind = EntryKind::kReceiptKept, .occurred_at = sale.occurred_at};
  accepted.revision = revision->digest;
  accepted.effective_on = rulebook->LocalDate(sale.occurred_at);
  accepted.events.push_back(ReceiptKept{PurchaseAccrued{.receipt = sale.receipt,
                                                        .channel = sale.channel,
                                                        .total = sale.total,
                                                        .eligible_net = 0,
                                                        .lines = std::move(lines),
                                                        .tenders = sale.tenders,
                                                        .row = sale.row}});
  return accepted;
}

Decision DecideClaim(State& state, const Command& command, const ClaimReceipt& order,
                     const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Unclaimed* found = state.unclaimed.Find(UnclaimedKey{command.program, order.receipt});
  if (found == nullptr) {
    const Purchase* posted = state.purchases.Find(PurchaseKey{command.program, order.receipt});
    if (posted == nullptr || posted->is_return) return Rejected{Rejection::kPurchaseNotFound, {}};
    return Rejected{Rejection::kReceiptAlreadyPosted,
                    {{"entry", absl::StrCat(context.partition, "-", posted->sequence)}}};
  }
  const std::uint64_t sequence = found->sequence;
  const std::shared_ptr<const Entry> entry = state.FindEntry(sequence);
  if (state.has_failed()) return Rejected{Rejection::kPurchaseNotFound, {}};
  LAUREL_CHECK(entry != nullptr, "a kept receipt's entry is in the journal");
  const PurchaseAccrued& sale = entry->FindEvent<ReceiptKept>()->sale;
  Admitted admitted;
  // By the rules of its day, whenever it is claimed.
  admitted.revision = RevisionAt(*program, entry->occurred_at);
  admitted.rulebook = context.rulebooks->Find(state, command.program, *admitted.revision);
  if (admitted.rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  const std::optional<MemberId> member = state.Resolve(command.program, order.member);
  if (!member) return Rejected{Rejection::kMemberNotFound, {}};
  admitted.member = *member;
  if (std::optional<Rejected> refused = RefuseAnothers(state, command, order.receipt, *member)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseOwn(state, command.program, order.own, {*member})) {
    return *std::move(refused);
  }
  admitted.record = state.members.Find(MemberKey{*member});
  if (admitted.record->state == MemberState::kClosed) return NotActive(*admitted.record);
  const Date last = admitted.rulebook->LocalDate(entry->occurred_at).PlusDays(kClaimDays);
  if (admitted.rulebook->LocalDate(context.recorded_at) > last) {
    return Rejected{Rejection::kInvalidState,
                    {{"claimed_by", ToString(last)}, {"state", "UNCLAIMED"}}};
  }
  const AccruePurchase claimed{.member = *member,
                               .receipt = sale.receipt,
                               .occurred_at = entry->occurred_at,
                               .channel = sale.channel,
                               .currency = std::string(admitted.rulebook->currency()),
                               .total = sale.total,
                               .lines = sale.lines,
                               .tenders = sale.tenders};
  Decision decision = Sell(state, command, claimed, admitted, context, Before{}, 0);
  if (auto* accepted = std::get_if<Accepted>(&decision)) {
    accepted->events.push_back(ReceiptClaimed{sequence});
  }
  return decision;
}

Decision DecideAccrue(State& state, const Command& command, const AccruePurchase& order,
                      const Context& context) {
  Admitted admitted;
  if (std::optional<Rejected> refused = AdmitSale(state, command, order, context, admitted)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> known =
          RefuseKnown(state, command.program, order, admitted.member, context)) {
    return *std::move(known);
  }
  if (std::optional<Rejected> refused = RefuseLarge(order)) return *std::move(refused);
  const bool takes_back = std::any_of(order.lines.begin(), order.lines.end(),
                                      [](const PurchaseLine& line) { return !!line.original; });
  if (!takes_back) return Sell(state, command, order, std::move(admitted), context, Before{}, 0);
  State thought(InThought{}, state);
  Before before;
  if (std::optional<Rejected> refused =
          TakeBackOriginals(thought, command, order, admitted.member, context, before)) {
    return *std::move(refused);
  }
  return Sell(thought, command, order, std::move(admitted), context, std::move(before), 0);
}

Decision DecideCorrect(State& state, const Command& command, const CorrectReceipt& order,
                       const Context& context) {
  const AccruePurchase& right = order.right;
  Admitted admitted;
  if (std::optional<Rejected> refused = AdmitSale(state, command, right, context, admitted)) {
    return *std::move(refused);
  }
  const Purchase* found = state.purchases.Find(PurchaseKey{command.program, right.receipt});
  if (found == nullptr || found->is_return) return Rejected{Rejection::kPurchaseNotFound, {}};
  const Purchase wrong = *found;
  if (state.RootOf(wrong.member) != admitted.member) {
    return InvalidField("member", "whose purchase it was", "another");
  }
  Rejected posted = AlreadyPosted(state, wrong, right, admitted.member, context);
  if (posted.reason == Rejection::kReceiptAlreadyPosted && IsPaidAlike(state, wrong, right)) {
    return posted;
  }
  if (wrong.eligible_left) {
    return Rejected{Rejection::kInvalidState, {{"state", "PARTLY_RETURNED"}}};
  }
  if (std::optional<Rejected> refused = RefuseLarge(right)) return *std::move(refused);
  State thought(InThought{}, state);
  Before before{.kind = EntryKind::kCorrect, .returned_at = context.recorded_at};
  const rules::model::Payment payment = PaymentIn(admitted.rulebook->model(), right);
  if (std::optional<Rejected> refused = TakeBackFirst(thought, command,
                                                      Returning{.purchase = wrong,
                                                                .receipt = right.receipt,
                                                                .occurred_at = context.recorded_at,
                                                                .lines = {},
                                                                .is_timed = false,
                                                                .is_corrected = true,
                                                                .pays_type = PaidTypeOf(right),
                                                                .pays_points = payment.points},
                                                      context, before)) {
    return *std::move(refused);
  }
  return Sell(thought, command, right, std::move(admitted), context, std::move(before),
              wrong.sequence);
}

Decision DecideActivity(State& state, const Command& command, const AccrueActivity& order,
                        const Context& context) {
  Admitted admitted;
  const bool is_reported = !command.request.empty();  // else the engine tells of what it knows
  const auto undeclared = [&](const rules::Rulebook& rulebook) {
    return is_reported ? RefuseActivity(rulebook.model(), order) : std::nullopt;
  };
  if (std::optional<Rejected> refused = Admit(state, command.program, order.member,
                                              order.occurred_at, context, undeclared, admitted)) {
    return *std::move(refused);
  }
  if (!order.reference.empty()) {
    const Activity* known =
        state.activities.Find(ActivityKey::Of(command.program, order.type, order.reference));
    if (known != nullptr) {
      return Rejected{Rejection::kReceiptAlreadyPosted,
                      {{"entry", absl::StrCat(context.partition, "-", known->sequence)}}};
    }
  }
  Rating rating(state, *admitted.rulebook, command.program, admitted.member,
                ReportedActivity{.type = order.type,
                                 .occurred_at = order.occurred_at,
                                 .channel = order.channel,
                                 .store = order.store,
                                 .attributes = order.attributes});
  return Take(state, admitted, rating, order.occurred_at, context,
              Before{.kind = EntryKind::kActivity}, [&](const rules::model::Evaluated&) {
                return ActivityAccrued{.type = order.type,
                                       .reference = order.reference,
                                       .channel = order.channel,
                                       .store = order.store,
                                       .attributes = order.attributes};
              });
}

namespace {

// Rules may wait for an enrolment.
std::optional<Command> EnrolmentOf(State& state, const Command& command, const Entry& entry,
                                   const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return std::nullopt;
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, *RevisionAt(*program, entry.occurred_at));
  if (rulebook == nullptr || !rules::model::IsAwaited(rulebook->model(), kEnrolment)) {
    return std::nullopt;
  }
  const MemberEnrolled& enrolled = *entry.FindEvent<MemberEnrolled>();
  return Command{.program = command.program,
                 .request = {},
                 .principal = {},
                 .order = AccrueActivity{.member = *entry.member,
                                         .type = std::string(kEnrolment),
                                         .reference = {},
                                         .occurred_at = entry.occurred_at,
                                         .channel = enrolled.channel,
                                         .store = enrolled.store,
                                         .attributes = {}}};
}

// Returns may have come before their purchase.
std::vector<Command> AwaitedBy(State& state, const Command& command, const ReceiptKey& receipt) {
  std::vector<Command> commands;
  const Awaited* awaited = state.awaited.Find(AwaitedKey{command.program, receipt});
  if (awaited == nullptr) return commands;
  for (const std::uint64_t sequence : awaited->returns) {
    const std::shared_ptr<const Entry> kept = state.FindEntry(sequence);
    if (kept == nullptr) continue;
    for (const Event& event : kept->events) {
      const auto* unmatched = std::get_if<ReturnUnmatched>(&event);
      if (unmatched == nullptr || unmatched->original != receipt) continue;
      ReturnPurchase order{.receipt = unmatched->receipt,
                           .original = receipt,
                           .occurred_at = kept->occurred_at,
                           .lines = unmatched->lines,
                           .kept = sequence};
      if (kept->member) order.member = *kept->member;
      commands.push_back(Command{
          .program = command.program, .request = {}, .principal = {}, .order = std::move(order)});
    }
  }
  return commands;
}

}  // namespace

std::vector<Command> FollowingOf(State& state, const Command& command, const Entry& entry,
                                 const Context& context) {
  if (entry.kind == EntryKind::kMemberEnrolled && entry.member) {
    std::optional<Command> enrolment = EnrolmentOf(state, command, entry, context);
    if (!enrolment) return {};
    return {*std::move(enrolment)};
  }
  // The returns first: whoever looks for them finds them right after their purchase.
  std::vector<Command> commands;
  const auto* accrued = entry.FindEvent<PurchaseAccrued>();
  if (accrued != nullptr && accrued->awaited > 0) {
    commands = AwaitedBy(state, command, accrued->receipt);
  }
  for (Command& paid_back : OthersPaidBack(state, command, entry)) {
    commands.push_back(std::move(paid_back));
  }
  return commands;
}

}  // namespace laurel
