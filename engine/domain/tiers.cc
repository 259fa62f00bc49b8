#include "engine/domain/tiers.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "engine/base/check.h"
#include "engine/domain/attributes.h"

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
    : MemberStanding(state, id, rulebook, state.GroupOf(id)) {}

MemberStanding::MemberStanding(State& state, MemberId id, const rules::Rulebook& rulebook,
                               std::vector<MemberId> group)
    : state_(state),
      id_(id),
      group_(std::move(group)),
      rulebook_(rulebook),
      model_(rulebook.model()) {
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
  const std::vector<std::string>& read = model_.read_attributes;
  if (!model_.reads_enrolment && read.empty()) return;
  const Enrolment* enrolment = state.enrolments.Find(EnrolmentKey{id});
  if (model_.reads_enrolment && enrolment != nullptr) enrolled_at_ = enrolment->enrolled_at;
  if (read.empty()) return;
  for (const ToldAttribute& one : ToldOf(state, group_)) {
    if (std::find(read.begin(), read.end(), one.told.attribute.id) == read.end()) continue;
    attributes_.push_back(one.told);
  }
  std::stable_sort(
      attributes_.begin(), attributes_.end(),
      [](const MemberAttribute& a, const MemberAttribute& b) { return a.ends_at > b.ends_at; });
  for (const MemberAttribute& told : attributes_) {
    attribute_facts_.push_back(FactOf(told.attribute));
  }
}

model::Attributes MemberStanding::AttributesAt(Timestamp instant) const {
  const auto count = std::count_if(attributes_.begin(), attributes_.end(),
                                   [&](const MemberAttribute& a) { return a.ends_at > instant; });
  return model::Attributes(attribute_facts_).first(static_cast<std::size_t>(count));
}

model::MemberFact MemberStanding::Facts() const {
  model::MemberFact fact;
  fact.state = ToString(member_state_);
  fact.enrolled_at = enrolled_at_;
  fact.balance = available_;
  fact.pending = pending_;
  return fact;
}

model::MemberFact MemberStanding::Facts(const MemberTier& tier, Timestamp instant) const {
  model::MemberFact fact = Facts();
  const TierFloor* const floor = FloorAbove(tier, instant);
  fact.tier = TierIndex(rulebook_, floor == nullptr ? tier.tier : floor->tier);
  fact.tier_since = tier.since;
  return fact;
}

bool MemberStanding::IsAboveEarned(const MemberTier& tier, const TierFloor& floor) const {
  return TierIndex(rulebook_, floor.tier) > TierIndex(rulebook_, tier.tier);
}

const TierFloor* MemberStanding::FloorAbove(const MemberTier& tier, Timestamp instant) const {
  const TierFloor* highest = nullptr;
  for (const TierFloor& floor : tier.floors) {
    if (!floor.IsShownAt(instant) || !IsAboveEarned(tier, floor)) continue;
    const bool is_higher = highest == nullptr ||
                           TierIndex(rulebook_, floor.tier) > TierIndex(rulebook_, highest->tier);
    if (is_higher) highest = &floor;
  }
  return highest;
}

const TierFloor* MemberStanding::WornAt(const MemberTier& tier, Timestamp instant) const {
  const TierFloor* const worn = tier.FindFloor(TierFloorKind::kWorn);
  const bool is_shown = worn != nullptr && worn->IsShownAt(instant) && IsAboveEarned(tier, *worn);
  return is_shown ? worn : nullptr;
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
  const Timestamp end = tier.is_waiting() ? tier.waiting_since : tier.review_at;
  if (tier.term > 1 && !end.is_never()) {
    dates.tier_since = model::Minus(rulebook_.LocalDate(end), model_.tier_policy.every);
  }
  return dates;
}

MetricValues MemberStanding::MetricsAsOf(const MemberTier& tier, Date last,
                                         const ActivityInThought* extra) const {
  return laurel::MetricsAsOf(state_, group_, model_.metrics, last, DatesOf(tier), extra);
}

Date MemberStanding::ClosedTermEnd(const MemberTier& tier) const {
  return rulebook_.LocalDate(tier.waiting_since).PlusDays(-1);
}

MetricValues MemberStanding::MetricsOfReview(const MemberTier& tier) const {
  const Date last = LastDayOfTerm(tier);
  if (!tier.is_waiting()) return MetricsAsOf(tier, last);
  return laurel::MetricsAsOf(state_, group_, model_.metrics, last, DatesOf(tier), nullptr,
                             ClosedTermEnd(tier));
}

model::Facts MemberStanding::FactsAt(const model::MemberFact& member, const MetricValues& metrics,
                                     Timestamp instant) const {
  model::Facts facts;
  facts.activity.occurred_at = instant;
  facts.member = member;
  facts.member.attributes = AttributesAt(instant);
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
  if (cause == TierCause::kWaiting || cause == TierCause::kSecured) decided.term = tier.term;
  const bool is_reviewed = model_.tier_policy.downgrade != model::Downgrade::kNever ||
                           !model_.tier_policy.upgrades_at_once;
  if (verdict.through && is_reviewed && model::HasTerms(model_, verdict.earned)) {
    decided.review_at = rulebook_.StartOf(verdict.through->PlusDays(1));
  }
  if (cause == TierCause::kDowngraded && verdict.worn_through) {
    decided.worn_until = rulebook_.StartOf(verdict.worn_through->PlusDays(1));
  }
  return decided;
}

std::optional<TierDecided> MemberStanding::JudgeUpgrade(const MemberTier& tier,
                                                        const MetricValues& metrics,
                                                        Timestamp instant) const {
  if (!model_.tier_policy.upgrades_at_once) return std::nullopt;
  const model::MemberFact member = Facts(tier, instant);
  const model::TierVerdict verdict = model::JudgeTier(model_, FactsAt(member, metrics, instant),
                                                      TierStateOf(tier), model::Moment::kUpgrade);
  if (verdict.outcome != model::TierOutcome::kUpgraded) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kUpgraded);
}

std::vector<Event> MemberStanding::JudgeActivity(MemberTier& tier, const MetricValues& metrics,
                                                 Timestamp instant,
                                                 const ActivityInThought& activity) const {
  std::vector<Event> events;
  const model::MemberFact member = Facts(tier, instant);
  const model::TierVerdict verdict = model::JudgeTier(model_, FactsAt(member, metrics, instant),
                                                      TierStateOf(tier), model::Moment::kUpgrade);
  if (std::optional<TierDecided> decided =
          DecideActivity(tier, metrics, instant, activity, verdict)) {
    tier = After(tier, *decided, instant);
    events.push_back(*std::move(decided));
  }
  if (verdict.lifetime) {
    const TierFloor* const has = tier.FindFloor(TierFloorKind::kLifetime);
    if (has == nullptr || TierIndex(rulebook_, has->tier) < *verdict.lifetime) {
      TierFloorSet floor{.kind = TierFloorKind::kLifetime,
                         .tier = rulebook_.tiers()[*verdict.lifetime].id};
      tier = After(tier, floor, instant);
      events.push_back(std::move(floor));
    }
  }
  return events;
}

// A lost tier that is kept goes before a lower one that is won.
std::optional<TierDecided> MemberStanding::DecideActivity(const MemberTier& tier,
                                                          const MetricValues& metrics,
                                                          Timestamp instant,
                                                          const ActivityInThought& activity,
                                                          const model::TierVerdict& verdict) const {
  const bool is_upgraded = verdict.outcome == model::TierOutcome::kUpgraded;
  if (const TierFloor* worn = WornAt(tier, instant)) {
    if (!is_upgraded || verdict.earned <= TierIndex(rulebook_, worn->tier)) {
      const model::MemberFact member = Facts(tier, instant);
      std::optional<TierDecided> kept = KeepWorn(tier, *worn, FactsAt(member, metrics, instant));
      if (kept) return kept;
    }
  }
  if (is_upgraded) return DecidedOf(tier, verdict, TierCause::kUpgraded);
  if (tier.is_waiting()) return KeepLate(tier, instant, activity);
  if (verdict.outcome != model::TierOutcome::kSecured || tier.is_secured) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kSecured);
}

std::optional<TierDecided> MemberStanding::KeepWorn(const MemberTier& tier, const TierFloor& worn,
                                                    const model::Facts& facts) const {
  model::TierState state = TierStateOf(tier);
  state.floor = TierIndex(rulebook_, worn.tier);
  state.since = worn.since;  // its terms go on as if nothing had been lost
  const model::TierVerdict verdict = model::JudgeTier(model_, facts, state, model::Moment::kWorn);
  if (verdict.outcome != model::TierOutcome::kRetained) return std::nullopt;
  TierDecided kept = DecidedOf(tier, verdict, TierCause::kRetained);
  kept.term = worn.term + 1;
  return kept;
}

std::optional<TierDecided> MemberStanding::KeepLate(const MemberTier& tier, Timestamp instant,
                                                    const ActivityInThought& activity) const {
  const MetricValues metrics =
      laurel::MetricsAsOf(state_, group_, model_.metrics, rulebook_.LocalDate(instant),
                          DatesOf(tier), &activity, ClosedTermEnd(tier));
  const model::MemberFact member = Facts(tier, instant);
  const model::TierVerdict verdict = model::JudgeTier(model_, FactsAt(member, metrics, instant),
                                                      TierStateOf(tier), model::Moment::kWaiting);
  if (verdict.outcome != model::TierOutcome::kRetained) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kRetained);
}

TierDecided MemberStanding::JudgeReview(const MemberTier& tier, const MetricValues& metrics) const {
  const model::MemberFact member = Facts(tier, tier.review_at);
  const model::Facts facts = FactsAt(member, metrics, tier.review_at);
  const model::TierState state = TierStateOf(tier);
  const model::Moment moment =
      tier.is_waiting() ? model::Moment::kDecision : model::Moment::kReview;
  model::TierVerdict verdict = model::JudgeTier(model_, facts, state, moment);
  // What is secured is not lost; it is exceeded only where a review alone tells.
  const bool is_exceeded =
      !model_.tier_policy.upgrades_at_once && verdict.outcome == model::TierOutcome::kUpgraded;
  if (tier.is_secured && !is_exceeded) verdict = model::Confirmed(model_, facts, state);
  switch (verdict.outcome) {
    case model::TierOutcome::kUpgraded:
      return DecidedOf(tier, verdict, TierCause::kUpgraded);
    case model::TierOutcome::kDowngraded:
      return DecidedOf(tier, verdict, TierCause::kDowngraded);
    case model::TierOutcome::kWaiting:
      return DecidedOf(tier, verdict, TierCause::kWaiting);
    default:
      return DecidedOf(tier, verdict, TierCause::kRetained);
  }
}

TierDecided MemberStanding::JudgeMatch(const MemberTier& tier, const MetricValues& metrics) const {
  const TierFloor* const match = tier.FindFloor(TierFloorKind::kMatch);
  LAUREL_CHECK(match != nullptr, "a match that ends is there");
  const model::MemberFact member = Facts(tier, match->until.PlusMicros(-1));
  const bool is_kept = IsAboveEarned(tier, *match) &&
                       model::KeepsMatch(model_, FactsAt(member, metrics, match->until));
  if (!is_kept) {
    return TierDecided{.cause = TierCause::kUnmatched,
                       .from = tier.tier,
                       .to = tier.tier,
                       .since = tier.since,
                       .term = tier.term,
                       .review_at = tier.review_at};
  }
  model::TierVerdict verdict;
  verdict.earned = TierIndex(rulebook_, match->tier);
  verdict.since = match->until;
  const Date day = rulebook_.LocalDate(match->until);
  verdict.through = model::TermEnd(model_, day, rulebook_.LocalDate(enrolled_at_), day);
  return DecidedOf(tier, verdict, TierCause::kMatched);
}

std::optional<MetricCounted> MemberStanding::Rollover(const TierDecided& verdict,
                                                      const MetricValues& metrics) const {
  const std::optional<std::size_t>& metric = model_.tier_policy.rollover_metric;
  if (!metric || verdict.cause != TierCause::kRetained || verdict.from != verdict.to) {
    return std::nullopt;
  }
  const std::int64_t value = metrics[*metric].value_or(0);
  std::optional<std::int64_t> need;  // of what the tier could be kept by, the most
  for (const auto& alternative : rulebook_.tiers()[TierIndex(rulebook_, verdict.to)].retain) {
    for (const rules::Threshold& threshold : alternative) {
      if (threshold.metric != *metric || threshold.at_least > value) continue;
      need = std::max(need.value_or(threshold.at_least), threshold.at_least);
    }
  }
  if (!need) return std::nullopt;
  const std::int64_t over = std::min(value - *need, model_.tier_policy.rollover_limit);
  if (over <= 0) return std::nullopt;
  const model::Metric& of = model_.metrics[*metric];
  if (of.measure != model::Measure::kMax) return MetricCounted{of.id, over};
  return MetricCounted{of.id, 1, MetricCounting::kLargest, over};
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
  const model::MemberFact member = Facts(inherited, instant);
  const model::TierVerdict verdict =
      model::JudgeTier(model_, FactsAt(member, metrics, instant), TierStateOf(inherited),
                       model::Moment::kActivation);
  switch (verdict.outcome) {
    case model::TierOutcome::kUpgraded:
      return DecidedOf(tier, verdict, TierCause::kUpgraded);
    case model::TierOutcome::kDowngraded: {
      TierDecided decided = DecidedOf(tier, verdict, TierCause::kDowngraded);
      if (is_gone) decided.worn_until = Timestamp::Never();  // there is nothing to be worn
      return decided;
    }
    default:
      if (!is_gone) return BeginTerms(tier, instant);
      return DecidedOf(tier, verdict, TierCause::kRetired);
  }
}

std::optional<TierDecided> MemberStanding::BeginTerms(const MemberTier& tier,
                                                      Timestamp instant) const {
  const bool has_begun = !tier.review_at.is_never() || TierIndex(rulebook_, tier.tier) != 0;
  if (has_begun || model_.tier_policy.upgrades_at_once) return std::nullopt;
  const Date since = rulebook_.LocalDate(tier.since);
  const std::optional<Date> through = model::TermEnd(
      model_, since, rulebook_.LocalDate(enrolled_at_), rulebook_.LocalDate(instant));
  if (!through) return std::nullopt;
  // Of a later term than the first the metrics begin where the one before it ended.
  const bool is_first = model::Plus(since, model_.tier_policy.every) >= *through;
  return TierDecided{.cause = TierCause::kRetained,
                     .from = tier.tier,
                     .to = tier.tier,
                     .since = tier.since,
                     .term = is_first ? 1u : 2u,
                     .review_at = rulebook_.StartOf(through->PlusDays(1))};
}

std::optional<TierDecided> FirstTerm(const rules::Rulebook& rulebook, Timestamp occurred_at,
                                     Timestamp enrolled_at) {
  const model::Model& model = rulebook.model();
  if (model.tier_policy.upgrades_at_once) return std::nullopt;
  const Date since = rulebook.LocalDate(occurred_at);
  const std::optional<Date> through =
      model::TermEnd(model, since, rulebook.LocalDate(enrolled_at), since);
  if (!through) return std::nullopt;
  const std::string& base = rulebook.tiers().front().id;
  return TierDecided{.cause = TierCause::kRetained,
                     .from = base,
                     .to = base,
                     .since = occurred_at,
                     .term = 1,
                     .review_at = rulebook.StartOf(through->PlusDays(1))};
}

std::optional<TierDecided> MemberStanding::JudgeReturn(const MemberTier& tier,
                                                       const MetricValues& then,
                                                       const MetricValues& now,
                                                       Timestamp instant) const {
  const model::MemberFact member = Facts(tier, instant);
  const model::TierVerdict verdict = model::JudgeReturn(
      model_, FactsAt(member, then, tier.since), FactsAt(member, now, instant), TierStateOf(tier));
  if (verdict.outcome != model::TierOutcome::kDowngraded) return std::nullopt;
  return DecidedOf(tier, verdict, TierCause::kReturned);
}

Date MemberStanding::LastDayOfTerm(const MemberTier& tier) const {
  return rulebook_.LocalDate(tier.review_at).PlusDays(-1);
}

TierView MemberStanding::ViewOf(const MemberTier& tier, const MetricValues& metrics,
                                Timestamp instant) const {
  TierView view{.tier = tier.tier,
                .since = tier.since,
                .review_at = tier.review_at,
                .next = {},
                .progress = {}};
  if (const TierFloor* floor = FloorAbove(tier, instant)) {
    view.tier = floor->tier;
    view.since = floor->kind == TierFloorKind::kWorn ? floor->since : floor->from;
    view.review_at = floor->until;
  }
  const std::size_t present = TierIndex(rulebook_, view.tier);
  if (present + 1 >= rulebook_.tiers().size()) return view;
  const rules::Tier& next = rulebook_.tiers()[present + 1];
  view.next = next.id;
  view.progress = NearestOf(rulebook_, next.qualify, metrics);
  return view;
}

MemberStanding::Shown MemberStanding::ShownAt(Timestamp instant) const {
  Shown shown{tier_.tier, tier_.since};
  if (instant < tier_.since) {
    shown = Shown{rulebook_.tiers().front().id, instant};
    for (const TierChangeMark& change : state_.TierChangesOf(id_)) {
      if (change.since > instant) continue;  // in the order of the journal: the last one counts
      shown = Shown{change.to, change.since};
    }
  }
  for (const TierFloor& floor : tier_.floors) {
    const bool is_higher = floor.IsShownAt(instant) &&
                           TierIndex(rulebook_, floor.tier) > TierIndex(rulebook_, shown.tier);
    if (!is_higher) continue;
    shown = Shown{floor.tier, floor.kind == TierFloorKind::kWorn ? floor.since : floor.from};
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

namespace {

// In the place of what was of that kind; ascending by kind.
void SetFloor(TierFloor floor, std::vector<TierFloor>& floors) {
  std::erase_if(floors, [&](const TierFloor& other) { return other.kind == floor.kind; });
  const auto place = std::find_if(floors.begin(), floors.end(),
                                  [&](const TierFloor& other) { return other.kind > floor.kind; });
  floors.insert(place, std::move(floor));
}

void EraseFloor(TierFloorKind kind, std::vector<TierFloor>& floors) {
  std::erase_if(floors, [&](const TierFloor& floor) { return floor.kind == kind; });
}

// What the tier rests on after a verdict that moves it; a lower tier rests on no upgrade.
std::string PreviousAfter(const MemberTier& tier, const TierDecided& verdict) {
  if (verdict.cause == TierCause::kUpgraded) return verdict.from;
  if (verdict.cause != TierCause::kRetained) return "";
  const TierFloor* const worn = tier.FindFloor(TierFloorKind::kWorn);
  const bool is_kept_after_all = verdict.from != verdict.to && worn != nullptr;
  return is_kept_after_all ? worn->previous : tier.previous;
}

}  // namespace

MemberTier After(const MemberTier& tier, const TierDecided& verdict, Timestamp at) {
  MemberTier after = tier;
  switch (verdict.cause) {
    case TierCause::kWaiting:
      after.waiting_since = tier.review_at;
      after.review_at = verdict.review_at;
      return after;
    case TierCause::kSecured:
      after.is_secured = true;
      return after;
    case TierCause::kUnmatched:
      EraseFloor(TierFloorKind::kMatch, after.floors);
      return after;
    case TierCause::kMerged:
    case TierCause::kUnmerged:
      return after;  // MembersMerged and MembersUnmerged have moved it as a whole
    case TierCause::kMatched:
      EraseFloor(TierFloorKind::kMatch, after.floors);
      break;
    case TierCause::kRetained:
      if (verdict.from != verdict.to) EraseFloor(TierFloorKind::kWorn, after.floors);
      break;
    case TierCause::kUpgraded:
    case TierCause::kDowngraded:
    case TierCause::kReturned:
    case TierCause::kRetired:
    case TierCause::kImported:
      break;
  }
  if (!verdict.worn_until.is_never()) {
    SetFloor(TierFloor{.kind = TierFloorKind::kWorn,
                       .tier = verdict.from,
                       .from = verdict.since,
                       .until = verdict.worn_until,
                       .since = tier.since,
                       .previous = tier.previous,
                       .term = tier.term},
             after.floors);
  }
  after.previous = PreviousAfter(tier, verdict);
  after.tier = verdict.to;
  after.since = verdict.since;
  after.term = verdict.term;
  after.review_at = verdict.review_at;
  after.is_secured = false;
  after.waiting_since = Timestamp::Never();
  if (verdict.revision != 0) after.judged_at = at;
  return after;
}

MemberTier After(const MemberTier& tier, const TierFloorSet& floor, Timestamp from) {
  MemberTier after = tier;
  if (floor.kind == TierFloorKind::kMatch) after.matched_at = from;
  if (floor.tier.empty()) {
    EraseFloor(floor.kind, after.floors);
  } else {
    SetFloor(TierFloor{.kind = floor.kind, .tier = floor.tier, .from = from, .until = floor.until},
             after.floors);
  }
  return after;
}

}  // namespace laurel
