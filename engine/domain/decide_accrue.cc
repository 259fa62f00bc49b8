#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "engine/domain/attributes.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/idle.h"
#include "engine/domain/rating.h"
#include "engine/domain/tiers.h"
#include "rules/program/model.h"
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
  if (accrued == nullptr) {
    differs("kind");
  } else {
    if (purchase.member != member) differs("member");
    if (accrued->total != order.total) differs("total");
    if (entry->occurred_at != order.occurred_at) differs("occurred_at");
    if (accrued->lines != LinesOf(order)) differs("lines");
  }
  if (differing.empty()) return Rejected{Rejection::kReceiptAlreadyPosted, {{"entry", entry_name}}};
  return Rejected{Rejection::kReceiptContentDiffers,
                  {{"differing", differing}, {"entry", entry_name}}};
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
              Accepted& accepted) {
    if (std::optional<EvidenceKept> evidence = rating.evidence()) {
      accepted.events.push_back(*std::move(evidence));
    }
    Draft draft(state, member);
    IdleEnds idle(record, rulebook);
    idle.Act(rating.facts().activity.type, occurred_at);
    Timestamp lots_due_at = record.lots_due_at;
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
    const bool is_purchase = accepted.kind == EntryKind::kAccrue;
    const ActivityInThought activity{.day = *accepted.effective_on,
                                     .spend = is_purchase ? evaluated.eligible_net : 0,
                                     .purchases = is_purchase ? 1 : 0,
                                     .points = std::move(points),
                                     .tracked = std::move(counted)};
    const TierRules of_tier = RulesOfTier(state, record, latest, rulebook, context);
    const MemberStanding standing(state, member, *of_tier.rulebook);
    MemberTier tier = record.tier;
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
    accepted.postings = std::move(draft.postings);
    accepted.lot_moves = std::move(draft.lot_moves);
    accepted.tier = standing.ViewOf(tier, metrics, of_tier.at);
  }
};

// What an entry tells beside its awards: the activity, evidence, counters, the tier, lots due.
constexpr std::size_t kEventsUsual = 6;

// The entry of an activity; `tell` makes the event that tells of it.
Decision Take(State& state, const Admitted& admitted, Rating& rating, EntryKind kind,
              Timestamp occurred_at, const Context& context,
              absl::FunctionRef<Event(const rules::model::Evaluated&)> tell) {
  const rules::Rulebook& rulebook = *admitted.rulebook;
  const rules::model::Evaluated& evaluated = rating.EvaluateInRoom();
  Rated rated{.member = admitted.member, .record = *admitted.record, .occurred_at = occurred_at};
  if (!rated.Award(rulebook, evaluated, context)) return TooLarge("balance");

  // Nothing below may refuse.
  Accepted accepted{.kind = kind, .occurred_at = occurred_at, .member = admitted.member};
  accepted.revision = admitted.revision->digest;
  accepted.effective_on = rulebook.LocalDate(occurred_at);
  accepted.events.reserve(kEventsUsual + rated.awards.size());
  accepted.events.push_back(tell(evaluated));
  rated.Finish(state, rulebook, rating, evaluated, context, accepted);
  return accepted;
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

}  // namespace

std::optional<Rejected> RefuseTime(const rules::Rulebook& rulebook, Timestamp occurred_at,
                                   Timestamp now) {
  const Timestamp earliest = now.PlusMicros(-rulebook.max_late_arrival_micros());
  const Timestamp latest = now.PlusMicros(kAheadMicros);
  if (occurred_at >= earliest && occurred_at <= latest) return std::nullopt;
  return Rejected{Rejection::kOccurredAtOutOfWindow,
                  {{"earliest", ToString(earliest)}, {"latest", ToString(latest)}}};
}

Decision DecideAccrue(State& state, const Command& command, const AccruePurchase& order,
                      const Context& context) {
  Admitted admitted;
  const auto other_currency = [&](const rules::Rulebook& rulebook) -> std::optional<Rejected> {
    if (order.currency == rulebook.currency()) return std::nullopt;
    return InvalidField("purchase.total.currency_code", std::string(rulebook.currency()),
                        order.currency);
  };
  if (std::optional<Rejected> refused =
          Admit(state, command.program, order.member, order.occurred_at, context, other_currency,
                admitted)) {
    return *std::move(refused);
  }
  if (const Purchase* purchase =
          state.purchases.Find(PurchaseKey{command.program, order.receipt})) {
    return AlreadyPosted(state, *purchase, order, admitted.member, context);
  }
  std::vector<PurchaseLine> lines = LinesOf(order);
  std::int64_t bought = 0;
  for (const PurchaseLine& line : lines) {
    bought += std::clamp<std::int64_t>(line.net, 0, kPurchaseTotalMax);
  }
  if (bought > kPurchaseTotalMax) return TooLarge("purchase.lines");
  Rating rating(state, *admitted.rulebook, command.program, admitted.member,
                ReportedActivity{.occurred_at = order.occurred_at,
                                 .channel = order.channel,
                                 .store = order.receipt.store,
                                 .lines = lines,
                                 .tenders = order.tenders});
  return Take(state, admitted, rating, EntryKind::kAccrue, order.occurred_at, context,
              [&](const rules::model::Evaluated& evaluated) {
                return PurchaseAccrued{.receipt = order.receipt,
                                       .channel = order.channel,
                                       .total = order.total,
                                       .eligible_net = evaluated.eligible_net,
                                       // Elements keep their place: the rating still sees them.
                                       .lines = std::move(lines),
                                       .tenders = order.tenders};
              });
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
  return Take(state, admitted, rating, EntryKind::kActivity, order.occurred_at, context,
              [&](const rules::model::Evaluated&) {
                return ActivityAccrued{.type = order.type,
                                       .reference = order.reference,
                                       .channel = order.channel,
                                       .store = order.store,
                                       .attributes = order.attributes};
              });
}

std::optional<Command> FollowingOf(State& state, const Command& command, const Entry& entry,
                                   const Context& context) {
  if (entry.kind != EntryKind::kMemberEnrolled || !entry.member) return std::nullopt;
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

}  // namespace laurel
