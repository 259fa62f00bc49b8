#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/domain/tier_course.h"
#include "engine/readings.h"
#include "engine/simulation.h"

namespace laurel {
namespace {

constexpr int kMembersPerView = 4096;  // what one view keeps of what it has read

// The candidate, and whatever the ledger has.
class CandidateLibrary final : public RulebookLibrary {
 public:
  CandidateLibrary(const Candidate& candidate, RulebookLibrary& others)
      : candidate_(candidate), others_(others) {}
  std::shared_ptr<const rules::Rulebook> Find(State& state, const ProgramId& program,
                                              const Activation& activation) override {
    if (activation.digest == candidate_.rulebook->digest()) return candidate_.rulebook;
    return others_.Find(state, program, activation);
  }

 private:
  const Candidate& candidate_;
  RulebookLibrary& others_;
};

// As if somebody had scheduled it; after others of the same instant, which it would replace.
void ScheduleInThought(const Activation& candidate, Program& program) {
  const auto later =
      std::find_if(program.schedules.begin(), program.schedules.end(),
                   [&](const Activation& other) { return other.from > candidate.from; });
  program.schedules.insert(later, candidate);
}

class ActivationSimulator {
 public:
  ActivationSimulator(const SimulationSpec& spec, RulebookLibrary& others)
      : program_(spec.program),
        library_(spec.candidate, others),
        candidate_{spec.candidate.number, spec.candidate.rulebook->digest(), spec.effective_from} {}

  absl::StatusOr<ActivationReport> Run(const ReadView& view, SimulationWatch& watch,
                                       std::uint64_t begun) {
    RETURN_IF_ERROR(RankTiers(view));
    std::uint64_t after = 0;
    for (bool has_more = true; has_more;) {
      if (watch.is_cancelled()) return absl::CancelledError("simulation: was cancelled");
      ReadView fresh = view.Again();
      ScheduleInThought(candidate_, fresh.state().programs.Mutable(ProgramKey{program_}));
      int count = 0;
      RETURN_IF_ERROR(ForMembers(fresh, after, [&](MemberId id) {
        after = id.raw();
        Judge(fresh.state(), id);
        return ++count < kMembersPerView;
      }));
      RETURN_IF_ERROR(fresh.status());
      has_more = count == kMembersPerView;
      watch.Reach(begun + (after & kSequenceMask));
    }
    watch.Reach(begun + view.sequence());
    return std::move(report_);
  }

 private:
  static constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 48) - 1;

  // Tiers before and after, to tell who rises and who falls.
  absl::Status RankTiers(const ReadView& view) {
    ReadView fresh = view.Again();
    const Program* record = fresh.state().programs.Find(ProgramKey{program_});
    RETURN_IF_ERROR(fresh.status());
    if (record == nullptr) return absl::NotFoundError("program: must exist");
    const Activation* before = RevisionAt(*record, candidate_.from);
    if (before == nullptr) return absl::NotFoundError("program: must have a revision in force");
    const auto add = [&](const Activation& revision, std::vector<std::string>& ids) {
      const std::shared_ptr<const rules::Rulebook> rulebook =
          library_.Find(fresh.state(), program_, revision);
      if (rulebook == nullptr) return;
      for (const rules::Tier& tier : rulebook->tiers()) {
        ranks_[tier.id] = tier.rank;
        ids.push_back(tier.id);
      }
    };
    add(*before, report_.tiers_before);
    add(candidate_, report_.tiers_after);
    return fresh.status();
  }

  void Judge(State& state, MemberId id) {
    const Member* member = state.members.Find(MemberKey{id});
    if (member == nullptr || member->program != program_ || member->merged_into) return;
    const TierCourse course(state, id, library_);
    const TierDue due = TierDue::Of(member->tier, candidate_.from, std::nullopt);
    MemberTier tier = member->tier;
    std::string to;
    while (const std::optional<TierMove> move = course.Next(tier, due)) {
      const bool is_candidate = move->kind == EntryKind::kTierJudged &&
                                move->revision.digest == candidate_.digest &&
                                move->at == candidate_.from;
      if (is_candidate) to = move->verdict.to;
      if (is_candidate || move->at >= candidate_.from || move->rulebook == nullptr) break;
      tier = After(tier, move->verdict, move->at);
    }
    Count(id, tier.tier, to.empty() ? tier.tier : to);
  }

  void Count(MemberId id, const std::string& from, const std::string& to) {
    ++report_.members;
    ++report_.moves[{from, to}];
    if (from == to) return;
    ++report_.moved;
    if (ranks_[to] > ranks_[from]) ++report_.raised;
    if (ranks_[to] >= ranks_[from]) return;
    ++report_.fallen;
    if (report_.losers.size() < ActivationReport::kLosersMax) {
      report_.losers.push_back(ActivationReport::Loser{id, from, to});
    }
  }

  const ProgramId program_;
  CandidateLibrary library_;
  const Activation candidate_;
  std::map<std::string, std::int32_t> ranks_;
  ActivationReport report_;
};

}  // namespace

absl::StatusOr<ActivationReport> SimulateActivation(const ReadView& view,
                                                    const SimulationSpec& spec,
                                                    SimulationWatch& watch, std::uint64_t begun) {
  return ActivationSimulator(spec, *view.rulebooks()).Run(view, watch, begun);
}

}  // namespace laurel
