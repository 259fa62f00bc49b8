#include "engine/domain/rating.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/domain/attributes.h"
#include "engine/domain/member_token.h"
#include "engine/domain/revision_life.h"
#include "rules/program/amounts.h"
#include "rules/program/lot_terms.h"
#include "rules/program/metrics_after.h"
#include "rules/program/model.h"
#include "rules/program/rule_amounts.h"

namespace laurel {
namespace {

namespace model = rules::model;

// As documents write them.
absl::string_view NameOf(Channel channel) {
  switch (channel) {
    case Channel::kNone:
      return "";
    case Channel::kPos:
      return "POS";
    case Channel::kApp:
      return "APP";
    case Channel::kWeb:
      return "WEB";
    case Channel::kMiniProgram:
      return "MINI_PROGRAM";
    case Channel::kPartner:
      return "PARTNER";
    case Channel::kLive:
      return "LIVE";
    case Channel::kSocial:
      return "SOCIAL";
    case Channel::kCommunity:
      return "COMMUNITY";
  }
  return "";
}

absl::string_view NameOf(PurchaseLineKind kind) {
  switch (kind) {
    case PurchaseLineKind::kSale:
      return "SALE";
    case PurchaseLineKind::kReturn:
      return "RETURN";
    case PurchaseLineKind::kVoid:
      return "VOID";
    case PurchaseLineKind::kFee:
      return "FEE";
    case PurchaseLineKind::kGiftCard:
      return "GIFT_CARD";
    case PurchaseLineKind::kDeposit:
      return "DEPOSIT";
  }
  return "";
}

absl::string_view NameOf(model::Span window) {
  switch (window) {
    case model::Span::kActivity:
      return "activity";
    case model::Span::kDay:
      return "day";
    case model::Span::kWeek:
      return "week";
    case model::Span::kMonth:
      return "month";
    case model::Span::kQuarter:
      return "quarter";
    case model::Span::kYear:
      return "year";
    case model::Span::kMemberYear:
      return "member_year";
    case model::Span::kTierTerm:
      return "tier_term";
    case model::Span::kPromotion:
      return "promotion";
    case model::Span::kLifetime:
      return "lifetime";
  }
  return "";
}

// What the tenders that earn nothing take off each line, by value.
void TakeTenders(const model::Model& model, std::span<const Tender> tenders,
                 std::vector<model::ItemFact>& items) {
  std::int64_t left_out = 0;
  for (const Tender& tender : tenders) {
    const std::vector<std::string>& kinds = model.eligibility.tenders_left_out;
    if (std::find(kinds.begin(), kinds.end(), tender.kind) != kinds.end()) {
      left_out += tender.amount;
    }
  }
  model::TakeOff(left_out, items);
}

}  // namespace

std::string CounterName(const model::Counter& counter) {
  return absl::StrCat(counter.name, counter.counts_fires ? "/fires/" : "/points/",
                      NameOf(counter.window));
}

std::string CounterBy(absl::string_view by) {
  constexpr std::size_t kBytesMax = 64;
  return by.size() <= kBytesMax ? std::string(by) : ToHex(Sha256(by));
}

CounterKey CarryKeyOf(const ProgramId& program, MemberId member, absl::string_view rule) {
  return CounterKey{program, member, absl::StrCat(rule, "/carry"), "",
                    model::WindowStart(model::Span::kLifetime, Date(), {})};
}

std::vector<model::CarryFact> CarriesOf(State& state, const ProgramId& program, MemberId member,
                                        const model::Model& model) {
  std::vector<model::CarryFact> carries;
  for (const std::uint32_t rule : model.selection.carrying) {
    const std::int64_t carried = state.UsedOf(CarryKeyOf(program, member, model.rules[rule].id));
    if (carried > 0) carries.push_back({rule, carried});
  }
  return carries;
}

void AddMove(CounterKey key, std::int64_t delta, std::vector<CounterMoved>& moves) {
  if (delta == 0) return;
  moves.push_back(CounterMoved{.is_of_member = key.member.has_value(),
                               .name = std::move(key.name),
                               .by = std::move(key.by),
                               .start = key.start,
                               .delta = delta});
}

void AddCounts(std::span<const MetricCounted> counts, std::int64_t sign,
               std::vector<MetricCounted>& sum) {
  for (const MetricCounted& count : counts) {
    const auto known = std::find_if(
        sum.begin(), sum.end(), [&](const MetricCounted& other) { return other.IsLike(count); });
    if (known == sum.end()) {
      sum.push_back(count);
      sum.back().delta *= sign;
    } else {
      known->delta += sign * count.delta;
    }
  }
  std::erase_if(sum, [](const MetricCounted& count) { return count.delta == 0; });
}

EvidenceKept EvidenceOf(const Entry& entry) {
  const EvidenceKept* kept = entry.FindEvent<EvidenceKept>();
  return kept == nullptr ? EvidenceKept{} : *kept;
}

Rating::Rating(State& state, const rules::Rulebook& rulebook, const ProgramId& program,
               MemberId member, const ReportedActivity& activity)
    : rulebook_(rulebook),
      model_(rulebook.model()),
      state_(&state),
      program_(program),
      member_(member),
      member_token_(MemberToken(member)),
      date_(rulebook.LocalDate(activity.occurred_at)) {
  facts_.activity.occurred_at = activity.occurred_at;
  GatherMember(state);
  GatherCarries(state);
  GatherPaused(state.programs.Find(ProgramKey{program}));
  SetFacts(activity);
  GatherMetricsAfter(state);
}

Rating::Rating(const rules::Rulebook& rulebook, const Program& program,
               const ReportedActivity& activity)
    : rulebook_(rulebook),
      model_(rulebook.model()),
      state_(nullptr),
      date_(rulebook.LocalDate(activity.occurred_at)) {
  facts_.activity.occurred_at = activity.occurred_at;
  GatherPaused(&program);
  SetFacts(activity);
}

Rating::Rating(const rules::Rulebook& rulebook, std::optional<MemberId> member,
               const ReportedActivity& activity, EvidenceKept evidence)
    : rulebook_(rulebook),
      model_(rulebook.model()),
      state_(nullptr),
      member_(member),
      member_token_(member ? MemberToken(*member) : ""),
      date_(rulebook.LocalDate(activity.occurred_at)),
      evidence_(std::move(evidence)) {
  facts_.activity.occurred_at = activity.occurred_at;
  TakeEvidence();
  SetFacts(activity);
}

Rating::Rating(const rules::Rulebook& rulebook, const ProgramId& program, MemberId member,
               const ReportedActivity& activity, EvidenceKept evidence,
               const model::MemberDates& dates, CounterBook& book)
    : rulebook_(rulebook),
      model_(rulebook.model()),
      state_(nullptr),
      book_(&book),
      program_(program),
      member_(member),
      member_token_(MemberToken(member)),
      date_(rulebook.LocalDate(activity.occurred_at)),
      dates_(dates),
      evidence_(std::move(evidence)) {
  facts_.activity.occurred_at = activity.occurred_at;
  TakeEvidence();
  SetFacts(activity);
}

void Rating::TakeEvidence() {
  tiers_.earned = TierIndex(rulebook_, evidence_.earned);
  tiers_.since = evidence_.earned_since;
  for (const EvidenceKept::CarryRead& carry : evidence_.carries) {
    carries_.push_back(model::CarryFact{carry.rule, carry.micros});
  }
}

void Rating::GatherMember(State& state) {
  const MemberStanding standing(state, *member_, rulebook_);
  const MemberTier& tier = state.members.Find(MemberKey{*member_})->tier;
  const Timestamp at = facts_.activity.occurred_at;
  const MemberStanding::Shown shown = standing.ShownAt(at);
  const model::MemberFact member = standing.Facts();
  dates_ = standing.DatesOf(tier);
  tiers_ = standing.TierStateOf(tier);
  evidence_.state = state.members.Find(MemberKey{*member_})->state;
  evidence_.tier = shown.tier;
  evidence_.earned = tier.tier;
  if (model_.reads_member || model_.reads_metrics) {
    evidence_.tier_since = shown.since;
    evidence_.earned_since = tier.since;
    evidence_.enrolled_at = standing.enrolled_at();
  }
  evidence_.available.assign(member.balance.begin(), member.balance.end());
  evidence_.pending.assign(member.pending.begin(), member.pending.end());
  if (model_.reads_metrics) evidence_.metrics = standing.MetricsAsOf(tier, date_);
  for (const model::AttributeFact& fact : standing.AttributesAt(at)) {
    AttributeValue& kept =
        evidence_.attributes.emplace_back(AttributeValue{std::string(fact.id), std::int64_t{0}});
    if (const auto* text = std::get_if<absl::string_view>(&fact.value)) {
      kept.value = std::string(*text);
    } else if (const auto* flag = std::get_if<bool>(&fact.value)) {
      kept.value = *flag;
    } else if (const auto* instant = std::get_if<Timestamp>(&fact.value)) {
      kept.value = *instant;
    } else {
      kept.value = std::get<std::int64_t>(fact.value);
    }
  }
}

// Which tier the basket itself leads to is asked while it is rated.
void Rating::GatherMetricsAfter(State& state) {
  const bool may_cross = model_.tier_policy.upgrades_at_once &&
                         model_.tier_policy.crossing != model::Crossing::kBeforeBasket;
  if (!may_cross) return;
  std::vector<std::uint32_t> asked;
  for (std::size_t i = 0; i < model_.metrics.size(); ++i) {
    if (model::NeedsRecords(model_.metrics[i].measure)) {
      asked.push_back(static_cast<std::uint32_t>(i));
    }
  }
  if (asked.empty()) return;
  const std::vector<std::int64_t> none(model_.point_types.size());
  const ActivityInThought activity{.day = date_,
                                   .purchases = facts_.activity.type == "purchase" ? 1 : 0,
                                   .points = none,
                                   .tracked = MetricCounts(none)};
  for (const std::uint32_t metric : asked) {
    const std::optional<std::int64_t> value =
        MetricsAsOf(state, *member_, std::span(&model_.metrics[metric], 1), date_, dates_,
                    &activity)
            .front();
    if (value) evidence_.metrics_after.push_back(EvidenceKept::MetricRead{metric, *value});
  }
  SetMetricsAfter();
}

void Rating::SetMetricsAfter() {
  if (evidence_.metrics_after.empty()) return;
  metrics_after_.assign(model_.metrics.size(), std::nullopt);
  for (const EvidenceKept::MetricRead& read : evidence_.metrics_after) {
    if (read.metric < metrics_after_.size()) metrics_after_[read.metric] = read.value;
  }
  facts_.metrics_after = metrics_after_;
}

void Rating::GatherCarries(State& state) {
  carries_ = CarriesOf(state, program_, *member_, model_);
  for (const model::CarryFact& carry : carries_) {
    evidence_.carries.push_back(
        EvidenceKept::CarryRead{static_cast<std::uint32_t>(carry.rule), carry.micros});
  }
}

void Rating::GatherPaused(const Program* program) {
  if (program == nullptr || program->paused_rules.empty()) return;
  for (std::size_t rule = 0; rule < model_.rules.size(); ++rule) {
    if (!IsPaused(*program, model_.rules[rule].id)) continue;
    evidence_.paused_rules.push_back(static_cast<std::uint32_t>(rule));
  }
}

void Rating::SetFacts(const ReportedActivity& activity) {
  std::size_t text_count = activity.tenders.size();
  for (const PurchaseLine& line : activity.lines) {
    text_count += line.categories.size() + line.tags.size();
  }
  texts_.reserve(text_count);  // never grows: facts point into it
  const auto keep = [&](const std::vector<std::string>& list) -> model::Texts {
    texts_.insert(texts_.end(), list.begin(), list.end());
    return model::Texts(texts_).last(list.size());
  };
  items_.reserve(activity.lines.size());
  for (const PurchaseLine& line : activity.lines) {
    model::ItemFact item;
    item.line = line.line;
    item.kind = NameOf(line.kind);
    item.sku = line.sku;
    item.brand = line.brand;
    item.categories = keep(line.categories);
    item.tags = keep(line.tags);
    item.quantity_micros = line.quantity_micros;
    item.net = line.net;
    item.list = line.list;
    item.tax = line.tax;
    item.discount = std::max<std::int64_t>(0, line.list - line.net);
    item.unit_price =
        line.quantity_micros <= 0
            ? 0
            : static_cast<std::int64_t>(absl::int128(line.list) * 1'000'000 / line.quantity_micros);
    items_.push_back(item);
    const bool counts = line.kind != PurchaseLineKind::kVoid;
    const std::int64_t sign = line.kind == PurchaseLineKind::kReturn ? -1 : 1;
    if (!counts) continue;
    facts_.purchase.net += sign * item.net;
    facts_.purchase.list += sign * item.list;
    facts_.purchase.tax += sign * item.tax;
    facts_.purchase.discount += sign * item.discount;
  }
  for (std::int64_t* sum : {&facts_.purchase.net, &facts_.purchase.list, &facts_.purchase.tax,
                            &facts_.purchase.discount}) {
    *sum = std::max<std::int64_t>(0, *sum);
  }
  TakeTenders(model_, activity.tenders, items_);
  for (const Tender& tender : activity.tenders) texts_.push_back(tender.kind);
  facts_.purchase.tenders = model::Texts(texts_).last(activity.tenders.size());

  facts_.activity.type = activity.type;
  for (const AttributeValue& attribute : activity.attributes) {
    attributes_.push_back(FactOf(attribute));
  }
  facts_.activity.attributes = attributes_;
  facts_.activity.channel = NameOf(activity.channel);
  store_ = activity.store;
  facts_.store.id = store_.str();
  facts_.items = items_;
  facts_.member.id = member_token_;
  facts_.member.state = ToString(evidence_.state);
  facts_.member.tier = TierIndex(rulebook_, evidence_.tier);
  facts_.member.tier_since = evidence_.tier_since;
  facts_.member.enrolled_at = evidence_.enrolled_at;
  facts_.member.balance = evidence_.available;
  facts_.member.pending = evidence_.pending;
  for (const AttributeValue& attribute : evidence_.attributes) {
    member_attributes_.push_back(FactOf(attribute));
  }
  facts_.member.attributes = member_attributes_;
  facts_.metrics = evidence_.metrics;
  SetMetricsAfter();
  facts_.counter_source = this;
  facts_.carries = carries_;
  paused_.assign(evidence_.paused_rules.begin(), evidence_.paused_rules.end());
  facts_.paused_rules = paused_;
}

CounterKey Rating::KeyOf(std::size_t counter, absl::string_view by) const {
  const model::Counter& one = model_.counters[counter];
  return CounterKey{program_, one.scope == model::Scope::kMember ? member_ : std::nullopt,
                    CounterName(one), CounterBy(by), model::WindowStart(one.window, date_, dates_)};
}

std::int64_t Rating::Used(std::size_t counter, absl::string_view by) {
  for (const EvidenceKept::CounterRead& read : evidence_.counters) {
    if (read.counter == counter && read.by == by) return read.used;
  }
  if (state_ == nullptr && book_ == nullptr) return 0;
  std::int64_t used = 0;
  if (book_ != nullptr) {
    used = book_->Used(KeyOf(counter, by), model_.counters[counter], by);
  } else {
    used = state_->UsedOf(KeyOf(counter, by));
  }
  evidence_.counters.push_back(
      EvidenceKept::CounterRead{static_cast<std::uint32_t>(counter), std::string(by), used});
  return used;
}

model::Evaluated Rating::Evaluate() const { return model::Evaluate(model_, facts_, tiers_); }

const model::Evaluated& Rating::EvaluateInRoom() const {
  static thread_local model::EvaluateRoom room;
  // What follows from the points is decided from the member's records.
  return model::Evaluate(model_, facts_, tiers_, room, model::Extent::kAwards);
}

std::optional<EvidenceKept> Rating::evidence() const {
  const bool is_needed = model_.reads_member || model_.reads_metrics || model_.reads_balances ||
                         !evidence_.counters.empty() || !evidence_.carries.empty() ||
                         !evidence_.paused_rules.empty() || !evidence_.attributes.empty();
  if (!is_needed) return std::nullopt;
  EvidenceKept kept = evidence_;
  const std::string& base = rulebook_.tiers().front().id;
  if (kept.tier == base) kept.tier.clear();
  if (kept.earned == base) kept.earned.clear();
  return kept;
}

std::vector<CounterMoved> Rating::CounterMoves(const model::Evaluated& evaluated) const {
  std::vector<CounterMoved> moves;
  for (const model::CounterUse& use : evaluated.uses) {
    AddMove(KeyOf(use.counter, use.by), use.amount, moves);
  }
  for (const model::CarryChange& carry : evaluated.carries) {
    AddMove(CarryKeyOf(program_, *member_, model_.rules[carry.rule].id), carry.after - carry.before,
            moves);
  }
  return moves;
}

std::vector<MetricCounted> Rating::MetricCounts(std::span<const std::int64_t> points) const {
  return MetricCountsOf(model_, facts_, points);
}

std::vector<MetricCounted> MetricCountsOf(const model::Model& model, const model::Facts& facts,
                                          std::span<const std::int64_t> points) {
  std::vector<MetricCounted> counts;
  const bool has_tracked = std::any_of(
      model.metrics.begin(), model.metrics.end(),
      [](const model::Metric& metric) { return SourceOf(metric) == MetricSource::kTracked; });
  if (!has_tracked) return counts;
  model::RuleAmounts rules(model, facts);
  for (const model::Metric& metric : model.metrics) {
    if (SourceOf(metric) != MetricSource::kTracked) continue;
    if (metric.measure == model::Measure::kDistinct) {
      for (const absl::string_view text : model::TextsOf(metric, rules.frame())) {
        counts.push_back(MetricCounted{metric.id, 1, MetricCounting::kDistinct, StandsFor(text)});
      }
      continue;
    }
    const std::int64_t delta = model::DeltaOf(metric, rules.frame(), points);
    if (metric.measure == model::Measure::kMax) {
      // Nothing is smaller than the largest of no value, which is 0.
      if (delta <= 0) continue;
      counts.push_back(MetricCounted{metric.id, 1, MetricCounting::kLargest, delta});
    } else if (delta != 0) {
      counts.push_back(MetricCounted{metric.id, delta});
    }
  }
  return counts;
}

bool IsPending(const PointsAwarded& award, Timestamp occurred_at, Timestamp recorded_at) {
  // What is available at once is so for an activity of the next minutes, too.
  return award.activates_at > recorded_at && award.activates_at != occurred_at;
}

std::vector<PointsAwarded> AwardsOf(const rules::Rulebook& rulebook,
                                    const model::Evaluated& evaluated, Timestamp occurred_at,
                                    LotId first_lot) {
  std::vector<PointsAwarded> awards;
  const model::Model& model = rulebook.model();
  for (const model::AwardedLine& line : evaluated.lines) {
    if (line.granted == 0) continue;
    const model::Rule& rule = model.rules[line.rule];
    const bool waits_for_person = model::WaitsForPerson(
        model, line.point_type, &rule, model::PointsOf(evaluated, line.point_type));
    const model::LotDates dates =
        waits_for_person ? model::WaitingTermsOf(model, line.point_type, &rule, occurred_at)
                         : model::LotTermsOf(model, line.point_type, &rule, occurred_at);
    const LotId lot{first_lot.sequence,
                    first_lot.number + static_cast<std::uint32_t>(awards.size())};
    awards.push_back(
        PointsAwarded{.lot = lot,
                      .type = PointTypeId::Of(model.point_types[line.point_type].id),
                      .type_index = static_cast<std::uint32_t>(line.point_type),
                      .amount = line.granted,
                      .rule = std::string(line.id),
                      .funding = line.kind == model::LineKind::kTier ? "base" : rule.funding,
                      .activates_at = dates.activates_at.value_or(Timestamp::Never()),
                      .expires_at = dates.fixed_expires_at,
                      .awaits = waits_for_person     ? Awaiting::kPerson
                                : dates.activates_at ? Awaiting::kNothing
                                                     : Awaiting::kSettlement,
                      // As if the activity were an own act: the decision knows better.
                      .idle_ends_at = dates.is_idle ? dates.expires_at : Timestamp::Never()});
  }
  return awards;
}

}  // namespace laurel
