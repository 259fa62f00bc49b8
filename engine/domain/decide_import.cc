#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/checked.h"
#include "engine/domain/draft.h"
#include "engine/domain/idle.h"
#include "rules/program/lot_terms.h"
#include "rules/program/model.h"
#include "rules/program/rulebook.h"
#include "rules/program/tier_judge.h"

// Members that come from another system, with the points and the tier that it gave them. What they
// bought there counts for metrics and earns nothing: it has been paid for.
namespace laurel {
namespace {

std::string At(absl::string_view list, std::size_t i, absl::string_view field) {
  return absl::StrCat(list, "[", i, "].", field);
}

std::optional<std::size_t> TypeIndex(const rules::Rulebook& rulebook, const PointTypeId& type) {
  const auto& types = rulebook.point_types();
  const auto found = std::find_if(types.begin(), types.end(), [&](const rules::PointType& one) {
    return one.id == type.str();
  });
  if (found == types.end()) return std::nullopt;
  return static_cast<std::size_t>(found - types.begin());
}

std::optional<Rejected> RefuseLots(const ImportMember& order, const rules::Rulebook& rulebook,
                                   Timestamp now) {
  std::map<PointTypeId, std::int64_t> sums;
  for (std::size_t i = 0; i < order.lots.size(); ++i) {
    const ImportMember::OpeningLot& lot = order.lots[i];
    if (!TypeIndex(rulebook, lot.type)) return ResourceNotFound("point_type", lot.type.str());
    if (lot.awarded_at > now) {
      return InvalidField(At("lots", i, "awarded_at"), "not after now", ToString(lot.awarded_at));
    }
    if (lot.activates_at && *lot.activates_at <= now) {
      return InvalidField(At("lots", i, "activates_at"), "after now", ToString(*lot.activates_at));
    }
    if (lot.expires_at <= lot.activates_at.value_or(now)) {
      return InvalidField(At("lots", i, "expires_at"),
                          lot.activates_at ? "after activates_at" : "after now",
                          ToString(lot.expires_at));
    }
    std::int64_t& sum = sums[lot.type];
    if (lot.amount > kAmountMax - sum) return TooLarge("balance");
    sum += lot.amount;
  }
  return std::nullopt;
}

std::optional<Rejected> RefuseHistory(const ImportMember& order, Date today) {
  std::int64_t spent = 0;
  for (std::size_t i = 0; i < order.history.size(); ++i) {
    const ImportMember::HistoryDay& day = order.history[i];
    if (day.on > today) {
      return InvalidField(At("history", i, "on"), "not after today", ToString(day.on));
    }
    if (day.spend > kAmountMax - spent) return TooLarge("spend");
    spent += day.spend;
  }
  return std::nullopt;
}

bool IsReviewed(const ImportMember::OpeningTier& tier, const rules::Rulebook& rulebook) {
  const rules::model::Model& model = rulebook.model();
  const bool is_reviewed = model.tier_policy.downgrade != rules::model::Downgrade::kNever ||
                           !model.tier_policy.upgrades_at_once;
  return is_reviewed && rules::model::HasTerms(model, TierIndex(rulebook, tier.tier));
}

std::optional<Rejected> RefuseTier(const ImportMember::OpeningTier& tier,
                                   const rules::Rulebook& rulebook, Timestamp now) {
  const auto& tiers = rulebook.tiers();
  const bool is_there = std::any_of(tiers.begin(), tiers.end(),
                                    [&](const rules::Tier& one) { return one.id == tier.tier; });
  if (!is_there) return ResourceNotFound("tier", tier.tier);
  if (tier.since > now) return InvalidField("tier.since", "not after now", ToString(tier.since));
  if (!tier.review_at) return std::nullopt;
  if (*tier.review_at <= now) {
    return InvalidField("tier.review_at", "after now", ToString(*tier.review_at));
  }
  if (rulebook.StartOf(rulebook.LocalDate(*tier.review_at)) != *tier.review_at) {
    return InvalidField("tier.review_at", "the first instant of a day in the program's time zone",
                        ToString(*tier.review_at));
  }
  if (!IsReviewed(tier, rulebook)) {
    return InvalidField("tier.review_at", "absent for a tier that is never reviewed",
                        ToString(*tier.review_at));
  }
  return std::nullopt;
}

// The end of the term that a tier of this age is in.
Timestamp ReviewOf(const ImportMember::OpeningTier& tier, const rules::Rulebook& rulebook,
                   Timestamp enrolled_at, Date today) {
  const rules::model::Model& model = rulebook.model();
  if (!IsReviewed(tier, rulebook)) return Timestamp::Never();
  const std::optional<Date> last = rules::model::TermEnd(model, rulebook.LocalDate(tier.since),
                                                         rulebook.LocalDate(enrolled_at), today);
  return last ? rulebook.StartOf(last->PlusDays(1)) : Timestamp::Never();
}

}  // namespace

Decision DecideImport(State& state, const Command& command, const ImportMember& order,
                      const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  const rules::Rulebook& rulebook = *found.rulebook;
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  for (const IdentityLink& link : order.identities) {
    if (state.identities.Find(IdentityKey{command.program, link.hash}) != nullptr) {
      return Rejected{Rejection::kIdentityTaken, {}};
    }
  }
  const Timestamp now = context.recorded_at;
  const Timestamp enrolled_at = order.enrolled_at.value_or(now);
  if (enrolled_at > now) {
    return InvalidField("enrolled_at", "not after now", ToString(enrolled_at));
  }
  if (std::optional<Rejected> refused = RefuseLots(order, rulebook, now))
    return *std::move(refused);
  const Date today = rulebook.LocalDate(now);
  if (std::optional<Rejected> refused = RefuseHistory(order, today)) return *std::move(refused);
  if (order.tier) {
    if (std::optional<Rejected> refused = RefuseTier(*order.tier, rulebook, now)) {
      return *std::move(refused);
    }
  }

  // Nothing below may refuse.
  const MemberId id = MemberIdFor(context.partition, context.sequence);
  Accepted accepted = Begun(EntryKind::kMemberImported, id, found, context);
  accepted.occurred_at = enrolled_at;
  const std::string& base = rulebook.tiers().front().id;
  accepted.events.push_back(
      MemberEnrolled{.channel = order.channel, .store = order.store, .tier = base});
  for (const IdentityLink& link : order.identities) {
    accepted.events.push_back(IdentityLinked{.kind = link.kind, .hash = link.hash});
  }
  Draft draft(state, id);
  const Member nobody{};
  IdleEnds idle(nobody, rulebook);
  Timestamp due_at = Timestamp::Never();
  std::uint32_t number = 0;
  for (const ImportMember::OpeningLot& lot : order.lots) {
    const std::size_t index = *TypeIndex(rulebook, lot.type);
    const bool counts = rulebook.point_types()[index].kind == rules::PointKind::kQualifying;
    const bool is_pending = lot.activates_at.has_value();
    PointsImported imported{.lot = LotId{context.sequence, ++number},
                            .type = lot.type,
                            .type_index = static_cast<std::uint32_t>(index),
                            .amount = lot.amount,
                            .activates_at = lot.activates_at.value_or(lot.awarded_at),
                            .expires_at = lot.expires_at};
    // The other system says where its points end; where it does not, idleness ends them as it does
    // ours, and begins now.
    const bool is_idle = lot.expires_at.is_never() &&
                         rules::model::IdleEndOf(rulebook.model(), index, today).has_value();
    if (is_idle) imported.idle_ends_at = idle.Open(index, now);
    if (counts) imported.counts_on = rulebook.LocalDate(lot.awarded_at);
    draft.Open(LotKey{id, lot.type, lot.expires_at, imported.lot}, lot.amount,
               is_pending ? Bucket::kPending : Bucket::kAvailable);
    draft.Post(AccountClass::kIssuance, "import", lot.type, -lot.amount);
    draft.Post(is_pending ? AccountClass::kMemberPending : AccountClass::kMemberAvailable, "",
               lot.type, lot.amount);
    due_at = std::min(due_at, is_pending ? imported.activates_at : imported.expires_at);
    accepted.events.push_back(std::move(imported));
  }
  for (IdleEndMoved& moved : idle.Take()) accepted.events.push_back(std::move(moved));
  for (const ImportMember::HistoryDay& day : order.history) {
    accepted.events.push_back(HistoryCounted{day.on, day.spend, day.purchases});
  }
  accepted.tier = TierView{.tier = base, .since = enrolled_at, .next = {}, .progress = {}};
  const ImportMember::OpeningTier tier = order.tier.value_or(
      ImportMember::OpeningTier{.tier = base, .since = enrolled_at, .review_at = {}});
  const Timestamp review_at = tier.review_at.value_or(ReviewOf(tier, rulebook, enrolled_at, today));
  // The base tier is told of only where it has terms, or where the other system says since when.
  if (order.tier || !review_at.is_never()) {
    accepted.events.push_back(
        TierDecided{.cause = TierCause::kImported,
                    .from = base,
                    .to = tier.tier,
                    .since = tier.since,
                    .term = tier.tier == base && review_at.is_never() ? 0U : 1U,
                    .review_at = review_at});
    accepted.tier->tier = tier.tier;
    accepted.tier->since = tier.since;
    accepted.tier->review_at = review_at;
  }
  if (!due_at.is_never()) accepted.events.push_back(LotsDue{due_at});
  accepted.postings = std::move(draft.postings);
  accepted.lot_moves = std::move(draft.lot_moves);
  return accepted;
}

}  // namespace laurel
