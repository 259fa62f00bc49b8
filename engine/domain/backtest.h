#ifndef LAUREL_ENGINE_DOMAIN_BACKTEST_H_
#define LAUREL_ENGINE_DOMAIN_BACKTEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/domain/rating.h"

// Activities of the past, decided once more by a revision that did not decide them.
namespace laurel {

// Takes the activities of a period in the order of the journal, each with the facts that its entry
// kept as evidence, and carries along what the candidate would have left behind instead: points
// that metrics sum up, uses of limits and budgets, fractions, a tier won earlier. By the revision
// that decided an activity it comes to what the ledger has. Not thread-safe.
class Backtest : private CounterBook {
 public:
  // Both must outlive it.
  Backtest(const ProgramId& program, const rules::Rulebook& candidate);
  Backtest(const Backtest&) = delete;
  Backtest& operator=(const Backtest&) = delete;

  // Decides what `entry` of a member reports, which `rated_by` decided. `state`: the records as of
  // today, for what no evidence says.
  void Decide(State& state, const Entry& entry, const ReportedActivity& activity,
              const rules::Rulebook& rated_by);
  // Of the last one, until the next.
  const rules::model::Facts& facts() const { return rating_->facts(); }
  const rules::model::Evaluated& evaluated() const { return evaluated_; }

  // What a limit, budget or source of the program as a whole has used up, by index of the
  // candidate's counters; empty for those of members and those that nobody asked for.
  const std::vector<std::optional<std::int64_t>>& used() const { return used_; }
  // What had to be taken as of today, or left out: sentences.
  const std::set<std::string>& assumptions() const { return assumptions_; }

 private:
  // What one activity leaves behind that the ledger does not have, of one member and day.
  struct Difference {
    Date day;
    std::int64_t spend = 0;                       // that counts
    std::vector<std::int64_t> points;             // by point type
    std::map<std::string, std::int64_t> tracked;  // by metric
    // Of metrics of values: what the activity has by the candidate, and in the ledger.
    std::vector<MetricCounted> values;
    std::vector<MetricCounted> ledger_values;
  };
  struct Scratch {
    std::vector<Difference> differences;
    std::optional<std::size_t> tier;  // won earlier than in the ledger
  };
  struct Uses {
    std::int64_t candidate = 0;
    std::int64_t ledger = 0;
  };
  // The activity at hand.
  struct Case {
    State& state;
    const Entry& entry;
    const ReportedActivity& activity;
    const rules::Rulebook& rated_by;
    EvidenceKept had;
    bool has_evidence = false;
    Date day;
    rules::model::MemberDates dates;
  };

  std::int64_t Used(const CounterKey& key, const rules::model::Counter& counter,
                    absl::string_view by) override;
  EvidenceKept EvidenceFor(Case& one);
  void TakeTier(Case& one, EvidenceKept& now);
  void TakeMetrics(Case& one, EvidenceKept& now);
  std::optional<std::int64_t> MetricOf(Case& one, const rules::model::Metric& metric);
  std::int64_t Differing(const Case& one, const rules::model::Metric& metric);
  std::optional<std::int64_t> ValueMetricOf(const Case& one, const rules::model::Metric& metric);
  void TakeBalances(Case& one, EvidenceKept& now);
  void TakeCarries(Case& one, EvidenceKept& now);
  void TakeAttributes(const Case& one, EvidenceKept& now);
  void TakePauses(const Case& one, EvidenceKept& now) const;
  void Keep(const Case& one);
  void KeepUses(const Case& one);
  void KeepDifference(const Case& one);
  void KeepTier(const Case& one);
  bool MayRaise(const rules::Rulebook& rated_by);

  const ProgramId program_;
  const rules::Rulebook& rulebook_;
  const rules::model::Model& model_;
  std::map<MemberId, Scratch> scratch_;
  std::map<CounterKey, Uses> uses_;
  std::map<Hash, bool> may_raise_;  // by revision that rated
  const Case* case_ = nullptr;
  std::optional<Rating> rating_;
  rules::model::Evaluated evaluated_;
  std::vector<std::optional<std::int64_t>> used_;
  std::set<std::string> assumptions_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_BACKTEST_H_
