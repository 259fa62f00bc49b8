#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/rating.h"
#include "engine/domain/tiers.h"

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
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Activation& revision = *RevisionAt(*program, order.occurred_at);
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, revision);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (order.currency != rulebook->currency()) {
    return Rejected{Rejection::kInvalidField,
                    {{"expected", std::string(rulebook->currency())},
                     {"field", "purchase.total.currency_code"},
                     {"was", order.currency}}};
  }
  if (const std::optional<Rejected> late =
          RefuseTime(*rulebook, order.occurred_at, context.recorded_at)) {
    return *late;
  }
  const std::optional<MemberId> id = state.Resolve(command.program, order.member);
  if (!id) return Rejected{Rejection::kMemberNotFound, {}};
  const Member& member = *state.members.Find(MemberKey{*id});
  if (member.state == MemberState::kClosed) {
    return Rejected{Rejection::kMemberNotActive, {{"state", std::string(ToString(member.state))}}};
  }
  if (const Purchase* purchase =
          state.purchases.Find(PurchaseKey{command.program, order.receipt})) {
    return AlreadyPosted(state, *purchase, order, id, context);
  }
  std::vector<PurchaseLine> lines = LinesOf(order);
  const auto too_large = [](absl::string_view what) {
    return Rejected{Rejection::kAmountNotAllowed,
                    {{"bound", std::to_string(kAmountMax)}, {"value", std::string(what)}}};
  };
  std::int64_t bought = 0;
  for (const PurchaseLine& line : lines) {
    bought += std::clamp<std::int64_t>(line.net, 0, kPurchaseTotalMax);
  }
  if (bought > kPurchaseTotalMax) return too_large("purchase.lines");
  Rating rating(state, *rulebook, command.program, *id,
                ReportedActivity{.occurred_at = order.occurred_at,
                                 .channel = order.channel,
                                 .store = order.receipt.store,
                                 .lines = lines,
                                 .tenders = order.tenders});
  const rules::model::Evaluated& evaluated = rating.EvaluateInRoom();
  std::vector<PointsAwarded> awards =
      AwardsOf(*rulebook, evaluated, order.occurred_at, LotId{context.sequence, 1});
  std::vector<std::int64_t> points(rulebook->point_types().size());
  for (const PointsAwarded& award : awards) points[award.type_index] += award.amount;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Balance* balance = member.FindBalance(PointTypeId::Of(rulebook->point_types()[i].id));
    if (balance != nullptr && balance->available > kAmountMax - points[i])
      return too_large("balance");
  }

  // Nothing below may refuse.
  Accepted accepted{.kind = EntryKind::kAccrue, .occurred_at = order.occurred_at, .member = *id};
  const Date day = rulebook->LocalDate(order.occurred_at);
  accepted.revision = revision.digest;
  accepted.effective_on = day;
  accepted.events.push_back(
      PurchaseAccrued{.receipt = order.receipt,
                      .channel = order.channel,
                      .total = order.total,
                      .eligible_net = evaluated.eligible_net,
                      // Elements keep their place: the rating still sees them.
                      .lines = std::move(lines),
                      .tenders = order.tenders});
  if (std::optional<EvidenceKept> evidence = rating.evidence()) {
    accepted.events.push_back(*std::move(evidence));
  }
  Draft draft(state, *id);
  Timestamp lots_due_at = member.lots_due_at;
  std::map<PointTypeId, std::int64_t> arrears_left;
  for (PointsAwarded& award : awards) {
    const Balance* balance = member.FindBalance(award.type);
    const std::int64_t arrears =
        balance == nullptr ? 0 : std::max<std::int64_t>(0, -balance->available);
    std::int64_t& left = arrears_left.try_emplace(award.type, arrears).first->second;
    award.covered_arrears = std::min(left, award.amount);
    left -= award.covered_arrears;
    draft.Post(AccountClass::kIssuance, award.funding, award.type, -award.amount);
    draft.Post(AccountClass::kMemberAvailable, "", award.type, award.amount);
    if (award.amount > award.covered_arrears) {
      draft.Move(LotKey{*id, award.type, award.expires_at, award.lot},
                 award.amount - award.covered_arrears);
      lots_due_at = std::min(lots_due_at, award.expires_at);
    }
    accepted.events.push_back(std::move(award));
  }
  for (CounterMoved& move : rating.CounterMoves(evaluated)) {
    accepted.events.push_back(std::move(move));
  }
  std::vector<MetricCounted> counted = rating.MetricCounts(points);
  for (const MetricCounted& count : counted) accepted.events.push_back(count);

  const bool is_latest = !member.has_activity || order.occurred_at > member.latest_occurred_at;
  const Timestamp latest = is_latest ? order.occurred_at : member.latest_occurred_at;
  const ActivityInThought activity{.day = day,
                                   .spend = evaluated.eligible_net,
                                   .purchases = 1,
                                   .points = std::move(points),
                                   .tracked = std::move(counted)};
  const MemberStanding standing(state, *id, *rulebook);
  MemberTier tier = member.tier;
  const MetricValues metrics = standing.MetricsAsOf(tier, rulebook->LocalDate(latest), &activity);
  if (const std::optional<TierDecided> upgrade = standing.JudgeUpgrade(tier, metrics, latest)) {
    tier = After(tier, *upgrade);
    accepted.events.push_back(*upgrade);
  }
  if (lots_due_at != member.lots_due_at) accepted.events.push_back(LotsDue{lots_due_at});
  const Timestamp not_before = context.recorded_at.PlusMicros(kMicrosPerDay);
  if (order.occurred_at < context.recorded_at.PlusMicros(-kLateMicros) &&
      tier.review_at < not_before) {
    accepted.events.push_back(ReviewPostponed{not_before});
  }
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  accepted.tier = standing.ViewOf(tier, metrics);
  return accepted;
}

}  // namespace laurel
