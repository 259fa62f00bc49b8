#include "engine/domain/tiers.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "engine/base/check.h"

namespace laurel {

namespace model = rules::model;

namespace {

std::optional<std::size_t> RetiredInto(const rules::Rulebook& rulebook, absl::string_view tier) {
  for (const model::RetiredTier& retired : rulebook.model().tier_policy.retired) {
    if (retired.id == tier) return retired.becomes;
  }
  return std::nullopt;
}

// Whether the rulebook has the tier or says what it has become.
bool IsKnown(const rules::Rulebook& rulebook, absl::string_view tier) {
  const std::span<const rules::Tier> tiers = rulebook.tiers();
  return RetiredInto(rulebook, tier).has_value() ||
         std::any_of(tiers.begin(), tiers.end(),
                     [&](const rules::Tier& one) { return one.id == tier; });
}

}  // namespace

std::size_t TierIndex(const rules::Rulebook& rulebook, absl::string_view tier) {
  const std::span<const rules::Tier> tiers = rulebook.tiers();
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i].id == tier) return i;
  }
  return RetiredInto(rulebook, tier).value_or(0);
}

std::size_t InheritedTier(const rules::Rulebook& before, const rules::Rulebook& after,
                          absl::string_view tier) {
  if (IsKnown(after, tier)) return TierIndex(after, tier);
  for (std::size_t lower = TierIndex(before, tier); lower-- > 0;) {
    const std::string& id = before.tiers()[lower].id;
    if (IsKnown(after, id)) return TierIndex(after, id);
  }
  return 0;
}

MemberStanding::MemberStanding(State& state, MemberId id, const rules::Rulebook& rulebook)
    : state_(state), id_(id), rulebook_(rulebook), model_(rulebook.model()) {
  const Member* member = state.members.Find(MemberKey{id});
  LAUREL_CHECK(member != nullptr, "a member that is judged exists");
  member_state_ = member->state;
  tier_ = member->tier;
  if (model_.reads_balances) {
    for (const rules::PointType& type : rulebook.point_types()) {
      const Balance* balance = member->FindBalance(PointTypeId::Of(type.id));
      available_.push_back(balance == nullptr ? 0 : balance->available);
      pending_.push_back(balance == nullptr ? 0 : balance->pending);
    }
  }
  if (!model_.reads_enrolment) return;
  const Enrolment* enrolment = state.enrolments.Find(EnrolmentKey{id});
  if (enrolment != nullptr) enrolled_at_ = enrolment->enrolled_at;
}

model::MemberFact MemberStanding::Facts() const {
  model::MemberFact fact;
  fact.state = ToString(member_state_);
  fact.enrolled_at = enrolled_at_;
  fact.balance = available_;
  fact.pending = pending_;
  return fact;
}

model::MemberFact MemberStanding::Facts(const MemberTier& tier) const {
  model::MemberFact fact = Facts();
  fact.tier = TierIndex(rulebook_, tier.tier);
  fact.tier_since = tier.since;
  return fact;
}

model::TierState MemberStanding::TierStateOf(const MemberTier& tier) const {
  model::TierState state;
  state.earned = TierIndex(rulebook_, tier.tier);
  state.since = tier.since;
  if (!tier.review_at.is_never()) state.through = LastDayOfTerm(tier);
  state.before_upgrade = TierIndex(rulebook_, tier.previous);
  return state;
}

model::MemberDates MemberStanding::DatesOf(const MemberTier& tier) const {
  model::MemberDates dates{rulebook_.LocalDate(enrolled_at_), rulebook_.LocalDate(tier.since)};
  // A later term begins where the one before it ended.
  if (tier.term > 1 && !tier.review_at.is_never()) {
    dates.tier_since = model::Minus(rulebook_.LocalDate(tier.review_at), model_.tier_policy.every);
  }
  return dates;
}

MetricValues MemberStanding::MetricsAsOf(const MemberTier& tier, Date last,
                                         const ActivityInThought* extra) const {
  return laurel::MetricsAsOf(state_, id_, model_.metrics, last, DatesOf(tier), extra);
}

model::Facts MemberStanding::FactsAt(const model::MemberFact& member, const MetricValues& metrics,
                                     Timestamp instant) const {
  model::Facts facts;
  facts.activity.occurred_at = instant;
  facts.member = member;
  facts.metrics = metrics;
  return facts;
}

TierDecided MemberStanding::DecidedOf(const MemberTier& tier, const model::TierVerdict& verdict,
                                      TierCause cause) const {
  TierDecided decided{.cause = cause,
                      .from = tier.tier,
                      .to = rulebook_.tiers()[verdict.earned].id,
                      .since = verdict.since,
                      .term = cause == TierCause::kRetained ? tier.term + 1 : 1,
                      .review_at = Timestamp::Never()};
  const bool is_reviewed = model_.tier_policy.downgrade != model::Downgrade::kNever;
  if (verdict.through && is_reviewed && verdict.earned > 0) {
    decided.review_at = rulebook_.StartOf(verdict.through->PlusDays(1));
  }
  return decided;
}

std::optional<TierDecided> MemberStanding::JudgeUpgrade(const MemberTier& tier,
                                                        const MetricValues& metrics,
                                                        Timestamp instant) const {
  if (!model_.tier_policy.upgrades_at_once) return std::nullopt;
  const model::MemberFact member = Facts(tier);
  const model::TierVerdict verdict = model::JudgeTier(model_, FactsAt(member, metrics, instant),
                                                      TierStateOf(tier), model::Moment::kUpgrade);
  if (verdict.outcome != model::TierOutcome::kUpgraded) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kUpgraded);
}

TierDecided MemberStanding::JudgeReview(const MemberTier& tier, const MetricValues& metrics) const {
  const model::MemberFact member = Facts(tier);
  const model::TierVerdict verdict = model::JudgeTier(
      model_, FactsAt(member, metrics, tier.review_at), TierStateOf(tier), model::Moment::kReview);
  switch (verdict.outcome) {
    case model::TierOutcome::kUpgraded:
      return DecidedOf(tier, verdict, TierCause::kUpgraded);
    case model::TierOutcome::kDowngraded:
      return DecidedOf(tier, verdict, TierCause::kDowngraded);
    default:
      return DecidedOf(tier, verdict, TierCause::kRetained);
  }
}

std::optional<TierDecided> MemberStanding::JudgeActivation(const MemberTier& tier,
                                                           const MetricValues& metrics,
                                                           Timestamp instant,
                                                           const rules::Rulebook& previous) const {
  MemberTier inherited = tier;
  const std::string& id = rulebook_.tiers()[InheritedTier(previous, rulebook_, tier.tier)].id;
  const bool is_gone = id != tier.tier;
  if (is_gone) {
    inherited = MemberTier{};
    inherited.tier = id;
    inherited.since = instant;
  }
  const model::MemberFact member = Facts(inherited);
  const model::TierVerdict verdict =
      model::JudgeTier(model_, FactsAt(member, metrics, instant), TierStateOf(inherited),
                       model::Moment::kActivation);
  switch (verdict.outcome) {
    case model::TierOutcome::kUpgraded:
      return DecidedOf(tier, verdict, TierCause::kUpgraded);
    case model::TierOutcome::kDowngraded:
      return DecidedOf(tier, verdict, TierCause::kDowngraded);
    default:
      if (!is_gone) return std::nullopt;
      return DecidedOf(tier, verdict, TierCause::kRetired);
  }
}

std::optional<TierDecided> MemberStanding::JudgeReturn(const MemberTier& tier,
                                                       const MetricValues& then,
                                                       const MetricValues& now,
                                                       Timestamp instant) const {
  const model::MemberFact member = Facts(tier);
  const model::TierVerdict verdict = model::JudgeReturn(
      model_, FactsAt(member, then, tier.since), FactsAt(member, now, instant), TierStateOf(tier));
  if (verdict.outcome != model::TierOutcome::kDowngraded) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kReturned);
}

Date MemberStanding::LastDayOfTerm(const MemberTier& tier) const {
  return rulebook_.LocalDate(tier.review_at).PlusDays(-1);
}

TierView MemberStanding::ViewOf(const MemberTier& tier, const MetricValues& metrics) const {
  TierView view{.tier = tier.tier,
                .since = tier.since,
                .review_at = tier.review_at,
                .next = {},
                .progress = {}};
  const std::size_t present = TierIndex(rulebook_, tier.tier);
  if (present + 1 >= rulebook_.tiers().size()) return view;
  const rules::Tier& next = rulebook_.tiers()[present + 1];
  view.next = next.id;
  view.progress = NearestOf(rulebook_, next.qualify, metrics);
  return view;
}

MemberStanding::Shown MemberStanding::ShownAt(Timestamp instant) const {
  if (instant >= tier_.since) return Shown{tier_.tier, tier_.since};
  Shown shown{rulebook_.tiers().front().id, instant};
  for (const TierChangeMark& change : state_.TierChangesOf(id_)) {
    if (change.since > instant) continue;  // in the order of the journal: the last one counts
    shown = Shown{change.to, change.since};
  }
  return shown;
}

std::vector<ProgressLine> NearestOf(const rules::Rulebook& rulebook,
                                    std::span<const std::vector<rules::Threshold>> alternatives,
                                    const MetricValues& metrics) {
  const std::vector<rules::Threshold>* nearest = nullptr;
  absl::int128 nearest_missing = 0;
  absl::int128 nearest_need = 1;
  for (const std::vector<rules::Threshold>& alternative : alternatives) {
    absl::int128 missing = 0;
    absl::int128 need = 1;
    for (const rules::Threshold& threshold : alternative) {
      const absl::int128 lacks =
          std::max<std::int64_t>(0, threshold.at_least - metrics[threshold.metric].value_or(0));
      const absl::int128 of = std::max<std::int64_t>(1, threshold.at_least);
      if (lacks * need > missing * of) {
        missing = lacks;
        need = of;
      }
    }
    if (nearest == nullptr || missing * nearest_need < nearest_missing * need) {
      nearest = &alternative;
      nearest_missing = missing;
      nearest_need = need;
    }
  }
  std::vector<ProgressLine> lines;
  if (nearest == nullptr) return lines;
  for (const rules::Threshold& threshold : *nearest) {
    lines.push_back(ProgressLine{rulebook.metrics()[threshold.metric].id,
                                 metrics[threshold.metric].value_or(0), threshold.at_least});
  }
  return lines;
}

std::vector<std::string> TiersLost(const rules::Rulebook& before, const rules::Rulebook& after) {
  std::vector<std::string> lost;
  for (const rules::Tier& tier : before.tiers()) {
    if (!IsKnown(after, tier.id)) lost.push_back(tier.id);
  }
  return lost;
}

MemberTier After(const MemberTier& tier, const TierDecided& verdict) {
  MemberTier after = tier;
  if (verdict.cause != TierCause::kRetained) {
    after.previous = verdict.cause == TierCause::kUpgraded
                         ? verdict.from
                         : "";  // a lower tier rests on no upgrade
  }
  after.tier = verdict.to;
  after.since = verdict.since;
  after.term = verdict.term;
  after.review_at = verdict.review_at;
  if (verdict.revision != 0) after.judged_at = verdict.since;
  return after;
}

}  // namespace laurel
