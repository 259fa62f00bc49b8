#ifndef LAUREL_ENGINE_SIMULATION_H_
#define LAUREL_ENGINE_SIMULATION_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/engine.h"

// What a revision would do, tried on one snapshot of the ledger: nothing is written, and nobody
// waits for it.
namespace laurel {

// The revision that is tried.
struct Candidate {
  std::shared_ptr<const rules::Rulebook> rulebook;
  std::uint32_t number = 0;  // of a revision that is stored; 0: a document that is not
};

// Part of the members, the same ones each time: those whose hash_bucket("sample:<id>") is below.
struct Sample {
  std::string id;
  std::int32_t basis_points = 10'000;  // of 10,000
};
// Activities that occurred from `from` on and before `until`.
struct BacktestPeriod {
  Timestamp from;
  Timestamp until;
  std::optional<Sample> sample;  // none: all members
};

struct SimulationSpec {
  ProgramId program;
  Candidate candidate;
  Timestamp effective_from;                // when it would come into force
  std::optional<BacktestPeriod> backtest;  // none: members' tiers alone
};

// How far a simulation is, and whether anybody still wants it. Thread-safe.
class SimulationWatch {
 public:
  void Cancel() { is_cancelled_ = true; }
  bool is_cancelled() const { return is_cancelled_; }
  // Entries of the journal that have been passed, of those that will be; 0 before it begins.
  std::uint64_t done() const { return done_; }
  std::uint64_t total() const { return total_; }

  // For the simulation.
  void Expect(std::uint64_t total) { total_ = total; }
  void Reach(std::uint64_t done) { done_ = done; }

 private:
  std::atomic<bool> is_cancelled_ = false;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> total_ = 0;
};

// Members by the tier before and after.
using TierMatrix = std::map<std::pair<std::string, std::string>, std::int64_t>;

// What the members' tiers would be.
struct ActivationReport {
  static constexpr std::size_t kLosersMax = 100;
  struct Loser {
    MemberId member;
    std::string from;
    std::string to;
  };
  std::int64_t members = 0;
  std::int64_t moved = 0;
  std::int64_t raised = 0;                // of them, to a tier of higher rank
  std::int64_t fallen = 0;                // of them, to one of lower rank
  std::vector<std::string> tiers_before;  // ascending rank
  std::vector<std::string> tiers_after;   // likewise
  TierMatrix moves;                       // of everyone; those who stay are on the diagonal
  std::vector<Loser> losers;              // the first of those who fall, in the order of their ids
};

// What one rule, or one benefit of a tier, brought and would bring.
struct RuleEffect {
  std::string rule;
  std::size_t point_type = 0;  // index, the same in all revisions
  std::int64_t points_current = 0;
  std::int64_t points_candidate = 0;
  std::int64_t cost_current = 0;  // minor units
  std::int64_t cost_candidate = 0;
  std::int64_t awards_current = 0;
  std::int64_t awards_candidate = 0;
  std::int64_t lost_in_group = 0;  // times, by the candidate, as what follows
  std::int64_t cut = 0;
  std::int64_t errors = 0;
};
struct LimitEffect {
  std::int64_t hits = 0;
  std::int64_t points = 0;
};
struct BudgetEffect {
  std::string budget;
  std::int64_t total = 0;
  std::map<Date, std::int64_t> used;  // by the end of a day
  std::optional<Date> ends_on;
};
struct DayEffect {
  std::int64_t points_current = 0;
  std::int64_t points_candidate = 0;
};
struct ChangedDecision {
  std::uint64_t sequence = 0;
  MemberId member;
  std::size_t point_type = 0;  // of which most differs; the points are of it
  std::int64_t points_current = 0;
  std::int64_t points_candidate = 0;
  std::string explanation_current;
  std::string explanation_candidate;
};

// What the activities of a period would have brought.
struct BacktestReport {
  static constexpr std::size_t kChangedMax = 20;
  std::int64_t activities = 0;
  std::int64_t members = 0;
  std::int64_t changed = 0;
  std::vector<RuleEffect> rules;  // the candidate's in document order, then those it does not have
  std::map<std::string, LimitEffect> limits;
  std::vector<BudgetEffect> budgets;
  std::vector<std::string> never_fired;  // rules of the candidate
  std::vector<std::string> always_lost;  // of them
  std::vector<ChangedDecision> most_changed;
  std::map<Date, DayEffect> days;  // of redeemable points
  std::vector<std::string> assumptions;
};

struct SimulationReport {
  ActivationReport activation;
  std::optional<BacktestReport> backtest;
};

// Tries a revision on what `view` sees.
//
// Members are judged as of `effective_from` by what is recorded now: first whatever is due by then
// anyhow (terms that end, revisions that are scheduled), then the candidate's judgement, decided as
// the engine decides it, so that the counts are those that publishing brings. Activities are
// decided once more as Backtest says.
//
// CANCELLED when nobody wants it any more, NOT_FOUND without the program or a revision in force,
// DATA_LOSS if something cannot be read.
absl::StatusOr<SimulationReport> Simulate(const ReadView& view, const SimulationSpec& spec,
                                          SimulationWatch& watch);

// The two halves. `begun`: entries that have been passed before.
absl::StatusOr<ActivationReport> SimulateActivation(const ReadView& view,
                                                    const SimulationSpec& spec,
                                                    SimulationWatch& watch, std::uint64_t begun);
absl::StatusOr<BacktestReport> SimulateBacktest(const ReadView& view, const SimulationSpec& spec,
                                                std::uint64_t first, SimulationWatch& watch,
                                                std::uint64_t begun);

}  // namespace laurel

#endif  // LAUREL_ENGINE_SIMULATION_H_
