#ifndef LAUREL_ENGINE_DOMAIN_RATING_H_
#define LAUREL_ENGINE_DOMAIN_RATING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/domain/event.h"
#include "engine/domain/tiers.h"
#include "rules/program/evaluate.h"
#include "rules/program/facts.h"
#include "rules/program/rulebook.h"

// One activity as rules see it: gathered from the records at the moment of the decision, or from
// the evidence that the decision kept.
namespace laurel {

// The activity as it was reported. Views belong to the caller.
struct ReportedActivity {
  absl::string_view type = "purchase";
  Timestamp occurred_at;
  Channel channel = Channel::kNone;
  PlaceId store;                             // may be empty
  std::span<const PurchaseLine> lines = {};  // of a purchase
  std::span<const Tender> tenders = {};      // likewise
  std::span<const AttributeValue> attributes = {};
};

// What counters have used up, where records do not say it.
class CounterBook {
 public:
  virtual ~CounterBook() = default;
  // `by` as CounterUse has it.
  virtual std::int64_t Used(const CounterKey& key, const rules::model::Counter& counter,
                            absl::string_view by) = 0;
};

// Not copyable: facts point into it.
class Rating : private rules::model::CounterSource {
 public:
  // As of now: reads what the rules may read, counters as they are asked for. `state` must outlive
  // it.
  Rating(State& state, const rules::Rulebook& rulebook, const ProgramId& program, MemberId member,
         const ReportedActivity& activity);
  // For nobody in particular: a member of the base tier who never did anything before.
  Rating(const rules::Rulebook& rulebook, const Program& program, const ReportedActivity& activity);
  // As it was decided. A member is only named, for samples by hash.
  Rating(const rules::Rulebook& rulebook, std::optional<MemberId> member,
         const ReportedActivity& activity, EvidenceKept evidence);
  // As it would be decided where the evidence says everything but the counters. `book` must outlive
  // it.
  Rating(const rules::Rulebook& rulebook, const ProgramId& program, MemberId member,
         const ReportedActivity& activity, EvidenceKept evidence,
         const rules::model::MemberDates& dates, CounterBook& book);
  Rating(const Rating&) = delete;
  Rating& operator=(const Rating&) = delete;

  const rules::model::Facts& facts() const { return facts_; }
  const rules::model::TierState& tiers() const { return tiers_; }

  rules::model::Evaluated Evaluate() const;
  // The awards alone, without a heap; valid until this thread's next use of it.
  const rules::model::Evaluated& EvaluateInRoom() const;

  // What was read, once the activity has been evaluated; empty where nothing need be kept.
  std::optional<EvidenceKept> evidence() const;
  // Counters and carries as the evaluation moved them. Needs the records.
  std::vector<CounterMoved> CounterMoves(const rules::model::Evaluated& evaluated) const;
  // As MetricCountsOf.
  std::vector<MetricCounted> MetricCounts(std::span<const std::int64_t> points) const;

 private:
  std::int64_t Used(std::size_t counter, absl::string_view by) override;
  CounterKey KeyOf(std::size_t counter, absl::string_view by) const;
  void TakeEvidence();
  void GatherMember(State& state);
  void GatherMetricsAfter(State& state);
  void SetMetricsAfter();
  void GatherCarries(State& state);
  void GatherPaused(const Program* program);
  void SetFacts(const ReportedActivity& activity);

  const rules::Rulebook& rulebook_;
  const rules::model::Model& model_;
  State* const state_;  // null where the evidence says everything
  CounterBook* const book_ = nullptr;
  const ProgramId program_;
  const std::optional<MemberId> member_;
  const std::string member_token_;
  const Date date_;
  rules::model::MemberDates dates_;
  EvidenceKept evidence_;
  rules::model::TierState tiers_;
  // What facts point to.
  PlaceId store_;
  std::vector<absl::string_view> texts_;
  std::vector<rules::model::ItemFact> items_;
  std::vector<rules::model::CarryFact> carries_;
  std::vector<std::size_t> paused_;
  std::vector<rules::model::AttributeFact> attributes_;
  std::vector<rules::model::AttributeFact> member_attributes_;
  std::vector<std::optional<std::int64_t>> metrics_after_;
  rules::model::Facts facts_;
};

// What counts for metrics that the plain sums do not hold; `points` by point type, that the
// activity brings or, of one that has been undone in part, has left.
std::vector<MetricCounted> MetricCountsOf(const rules::model::Model& model,
                                          const rules::model::Facts& facts,
                                          std::span<const std::int64_t> points);

// The awards of an evaluation in the order of its lines, without those that were cut to nothing.
// Lots are numbered from `first_lot`.
std::vector<PointsAwarded> AwardsOf(const rules::Rulebook& rulebook,
                                    const rules::model::Evaluated& evaluated, Timestamp occurred_at,
                                    LotId first_lot);

// Whether an award of something that occurred then is not yet available when it is recorded.
bool IsPending(const PointsAwarded& award, Timestamp occurred_at, Timestamp recorded_at);

// As CounterKey::name: a limit may count fires and points, and a later revision may count over
// another window; each is a counter of its own.
std::string CounterName(const rules::model::Counter& counter);
// As CounterKey::by: a long text is kept by its hash.
std::string CounterBy(absl::string_view by);
// Where the millionths are that a rule carries over.
CounterKey CarryKeyOf(const ProgramId& program, MemberId member, absl::string_view rule);
// What the member carries over for each rule that carries, where that is not 0.
std::vector<rules::model::CarryFact> CarriesOf(State& state, const ProgramId& program,
                                               MemberId member, const rules::model::Model& model);
// Adds `counts` with a sign to `sum`, what is alike to what is alike.
void AddCounts(std::span<const MetricCounted> counts, std::int64_t sign,
               std::vector<MetricCounted>& sum);
// Adds the move of a counter, unless it moves by 0.
void AddMove(CounterKey key, std::int64_t delta, std::vector<CounterMoved>& moves);
// What a purchase's entry keeps; nothing where nothing was read.
EvidenceKept EvidenceOf(const Entry& entry);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_RATING_H_
