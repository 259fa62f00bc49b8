#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/domain/draft.h"
#include "engine/domain/objections.h"
#include "engine/domain/tier_course.h"
#include "rules/program/document_outline.h"

// Programs, and the life of their revisions.
namespace laurel {
namespace {

Accepted WithRevision(EntryKind kind, std::uint32_t number, const Hash& digest,
                      const std::string& canonical, const Context& context) {
  Accepted accepted{.kind = kind, .occurred_at = context.recorded_at};
  accepted.revision = digest;
  accepted.events.push_back(
      RevisionCreated{.number = number, .digest = digest, .canonical = canonical});
  return accepted;
}

Rejected InvalidState(absl::string_view state) {
  return Rejected{Rejection::kInvalidState, {{"state", std::string(state)}}};
}

// A revision that a command names.
struct Named {
  const Program* program = nullptr;
  const Revision* revision = nullptr;
  Standing standing;  // at the instant of the command
};
std::variant<Named, Rejected> FindNamed(State& state, const Command& command, std::uint32_t number,
                                        const Context& context) {
  Named named;
  named.program = state.programs.Find(ProgramKey{command.program});
  if (named.program == nullptr) return ResourceNotFound("program", command.program.str());
  named.revision = state.revisions.Find(RevisionKey{command.program, number});
  if (named.revision == nullptr) {
    return Rejected{Rejection::kRevisionNotFound, {{"revision", std::to_string(number)}}};
  }
  named.standing = StandingOf(*named.program, number, *named.revision, context.recorded_at);
  return named;
}

// What was in force, or was approved, once stays so: only a DRAFT needs others.
std::optional<Rejected> RefuseUnapproved(const Named& named, std::uint32_t number,
                                         const Context& context) {
  if (context.approvals.people == 0) return std::nullopt;
  // Only the first revision comes into force without a simulation, whenever it was approved.
  const std::vector<Activation>& activations = named.program->activations;
  const bool has_been = std::any_of(activations.begin(), activations.end(),
                                    [&](const Activation& a) { return a.number == number; });
  const bool is_simulated = std::none_of(named.revision->votes.begin(), named.revision->votes.end(),
                                         [](const Vote& vote) { return vote.simulation.empty(); });
  const bool lacks_simulation =
      context.approvals.asks_simulation && !activations.empty() && !has_been && !is_simulated;
  if (named.standing.state != RevisionState::kDraft && !lacks_simulation) return std::nullopt;
  return Rejected{Rejection::kApprovalRequired,
                  {{"approvals", absl::StrCat(named.revision->votes.size())},
                   {"digest", ToHex(named.revision->digest)},
                   {"required", ToString(context.approvals)}}};
}

// The field that has to stay as it was from one revision to the next and does not: balances and
// postings rest on it. Empty if there is none.
absl::string_view FixedDifference(const rules::Rulebook& before, const rules::Rulebook& after) {
  if (after.currency() != before.currency()) return "currency";
  if (after.time_zone() != before.time_zone()) return "time_zone";
  if (after.point_types().size() < before.point_types().size()) return "point_types";
  for (std::size_t i = 0; i < before.point_types().size(); ++i) {
    const rules::PointType& now = before.point_types()[i];
    const rules::PointType& then = after.point_types()[i];
    if (now.id != then.id || now.kind != then.kind || now.decimals != then.decimals ||
        now.symbol != then.symbol) {
      return "point_types";
    }
  }
  return "";
}

Rejected LosesTiers(const std::vector<std::string>& lost) {
  return Rejected{Rejection::kInvalidState,
                  {{"lost_tiers", absl::StrJoin(lost, ",")}, {"state", "DRAFT"}}};
}

// Whether the candidate compiles, fits between what is in force before it and what is scheduled
// after it, and nothing stands against it.
std::optional<Rejected> RefuseMisfit(State& state, const Command& command, const Program& program,
                                     const Activation& candidate, const Context& context) {
  const auto find = [&](const Activation& activation) {
    return context.rulebooks->Find(state, command.program, activation);
  };
  const std::shared_ptr<const rules::Rulebook> rulebook = find(candidate);
  if (rulebook == nullptr) return InvalidState("DOES_NOT_COMPILE");
  const auto fixed = [](absl::string_view field) {
    return Rejected{Rejection::kInvalidState, {{"fixed", std::string(field)}, {"state", "DRAFT"}}};
  };
  if (const Activation* earlier = RevisionAt(program, candidate.from)) {
    const std::shared_ptr<const rules::Rulebook> before = find(*earlier);
    if (before == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
    const absl::string_view field = FixedDifference(*before, *rulebook);
    if (!field.empty()) return fixed(field);
    // A way back is always open: members of tiers that came later fall to the next lower one.
    if (!HasBeenInForce(program, candidate.number)) {
      const std::vector<std::string> lost = TiersLost(*before, *rulebook);
      if (!lost.empty()) return LosesTiers(lost);
    }
  }
  for (const Activation& later : program.schedules) {
    if (later.from <= candidate.from || later.number == candidate.number) continue;
    const std::shared_ptr<const rules::Rulebook> after = find(later);
    if (after == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
    const absl::string_view field = FixedDifference(*rulebook, *after);
    if (!field.empty()) return fixed(field);
    break;  // those after that one fit it already
  }
  return RefuseObjections(state, command.program, candidate, context);
}

Accepted About(EntryKind kind, const Hash& digest, Event event, const Context& context) {
  Accepted accepted{.kind = kind, .occurred_at = context.recorded_at};
  accepted.revision = digest;
  accepted.events.push_back(std::move(event));
  return accepted;
}

}  // namespace

Decision DecideCreateProgram(State& state, const Command& command, const CreateProgram& order,
                             const Context& context) {
  if (state.programs.Find(ProgramKey{command.program}) != nullptr) {
    return Rejected{Rejection::kIdTaken, {{"program", command.program.str()}}};
  }
  if (context.approvals.people > 0) {
    if (const std::optional<Rejected> refused = RefuseNameless(command)) return *refused;
  }
  return WithRevision(EntryKind::kProgramCreated, 1, order.digest, order.canonical, context);
}

Decision DecideCreateRevision(State& state, const Command& command, const CreateRevision& order,
                              const Context& context) {
  const Program* program = state.programs.Find(ProgramKey{command.program});
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  if (context.approvals.people > 0) {
    if (const std::optional<Rejected> refused = RefuseNameless(command)) return *refused;
  }
  return WithRevision(EntryKind::kRevisionCreated, program->revision_count + 1, order.digest,
                      order.canonical, context);
}

Decision DecideApprove(State& state, const Command& command, const ApproveRevision& order,
                       const Context& context) {
  const auto found = FindNamed(state, command, order.number, context);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const auto& [program, revision, standing] = std::get<Named>(found);
  if (const std::optional<Rejected> refused = RefuseNameless(command)) return *refused;
  if (order.digest && *order.digest != revision->digest) {
    return Rejected{Rejection::kApprovalStale, {{"digest", ToHex(revision->digest)}}};
  }
  if (revision->author == command.principal) {
    return Rejected{Rejection::kSelfApprovalForbidden, {{"revision", absl::StrCat(order.number)}}};
  }
  if (standing.state != RevisionState::kDraft) return InvalidState(ToString(standing.state));
  std::vector<Vote> votes = revision->votes;
  for (const Vote& vote : votes) {
    if (vote.principal == command.principal) return InvalidState("APPROVED_BY_CALLER");
  }
  const std::optional<rules::Outline> outline = rules::OutlineOf(revision->canonical);
  if (!outline) return InvalidState("DOES_NOT_COMPILE");
  std::vector<std::string> missing = outline->MissingOfPlan();
  // The first revision has nothing to be compared with.
  const bool is_first = program->activations.empty();
  if (context.approvals.asks_simulation && order.simulation.empty() && !is_first) {
    missing.emplace_back("simulation");
  }
  if (!missing.empty()) {
    return Rejected{Rejection::kInvalidState,
                    {{"missing", absl::StrJoin(missing, ",")}, {"state", "DRAFT"}}};
  }
  if (!order.simulation.empty() && !order.simulated) {
    return ResourceNotFound("simulation", order.simulation);
  }
  if (!order.simulation.empty() && *order.simulated != revision->digest) {
    return Rejected{Rejection::kApprovalStale,
                    {{"digest", ToHex(revision->digest)}, {"simulated", ToHex(*order.simulated)}}};
  }
  const Activation candidate{order.number, revision->digest, context.recorded_at};
  if (const auto refused = RefuseObjections(state, command.program, candidate, context)) {
    return *refused;
  }
  votes.push_back(Vote{command.principal, command.role, context.recorded_at, order.simulation});
  return About(EntryKind::kRevisionApproved, revision->digest,
               RevisionApproved{order.number, revision->digest, IsMet(context.approvals, votes),
                                order.simulation},
               context);
}

namespace {

// What could be said of it now or at any later schedule.
std::vector<std::string> WarningsOf(State& state, const ProgramId& program, Activation candidate,
                                    const rules::Rulebook& rulebook, Timestamp now) {
  std::vector<std::string> names;
  for (const Timestamp from : {now, Timestamp::Never()}) {
    candidate.from = from;
    const Objections found = ObjectionsTo(state, program, candidate, rulebook, now);
    names.insert(names.end(), found.warnings.begin(), found.warnings.end());
  }
  return names;
}

}  // namespace

Decision DecideAcknowledge(State& state, const Command& command, const AcknowledgeWarnings& order,
                           const Context& context) {
  const auto found = FindNamed(state, command, order.number, context);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const auto& [program, revision, standing] = std::get<Named>(found);
  if (context.approvals.people > 0) {
    if (const std::optional<Rejected> refused = RefuseNameless(command)) return *refused;
  }
  if (order.digest && *order.digest != revision->digest) {
    return Rejected{Rejection::kApprovalStale, {{"digest", ToHex(revision->digest)}}};
  }
  if (standing.state != RevisionState::kDraft && standing.state != RevisionState::kApproved) {
    return InvalidState(ToString(standing.state));
  }
  const Activation candidate{order.number, revision->digest, context.recorded_at};
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, candidate);
  if (rulebook == nullptr) return InvalidState("DOES_NOT_COMPILE");
  const std::vector<std::string> warnings =
      WarningsOf(state, command.program, candidate, *rulebook, context.recorded_at);
  std::vector<std::string> fresh;
  for (const std::string& name : order.warnings) {
    if (std::find(warnings.begin(), warnings.end(), name) == warnings.end()) {
      return Rejected{Rejection::kInvalidField,
                      {{"expected", "the name of a warning about the revision"},
                       {"field", "warnings"},
                       {"was", name}}};
    }
    const auto& known = revision->acknowledged;
    const bool is_known = std::any_of(known.begin(), known.end(), [&](const Acknowledgement& one) {
      return one.warning == name && one.principal == command.principal;
    });
    if (!is_known) fresh.push_back(name);
  }
  if (fresh.empty()) return InvalidState("ACKNOWLEDGED_BY_CALLER");
  return About(EntryKind::kWarningsAcknowledged, revision->digest,
               WarningsAcknowledged{order.number, revision->digest, std::move(fresh)}, context);
}

Decision DecideSchedule(State& state, const Command& command, const ScheduleRevision& order,
                        const Context& context) {
  const auto found = FindNamed(state, command, order.number, context);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const Named& named = std::get<Named>(found);
  const Timestamp earliest = context.recorded_at.PlusMicros(kScheduleLeadMicros);
  if (order.from < earliest) {
    return Rejected{Rejection::kInvalidField,
                    {{"expected", absl::StrCat("at least ", ToString(earliest))},
                     {"field", "effective_from"},
                     {"was", ToString(order.from)}}};
  }
  if (const std::optional<Rejected> refused = RefuseUnapproved(named, order.number, context))
    return *refused;
  const bool is_scheduled = named.standing.scheduled_from.has_value();
  if (is_scheduled) return InvalidState(ToString(RevisionState::kScheduled));
  const Activation* before = RevisionAt(*named.program, order.from);
  if (before != nullptr && before->number == order.number) {
    return InvalidState(ToString(RevisionState::kActive));
  }
  const Activation candidate{order.number, named.revision->digest, order.from};
  if (const auto refused = RefuseMisfit(state, command, *named.program, candidate, context)) {
    return *refused;
  }
  return About(EntryKind::kRevisionScheduled, candidate.digest,
               RevisionScheduled{order.number, candidate.digest, order.from}, context);
}

Decision DecideCancelSchedule(State& state, const Command& command, const CancelSchedule& order,
                              const Context& context) {
  const auto found = FindNamed(state, command, order.number, context);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const auto& [program, revision, standing] = std::get<Named>(found);
  if (!standing.scheduled_from) return InvalidState(ToString(standing.state));
  Program without = *program;
  std::erase_if(without.schedules, [&](const Activation& s) { return s.number == order.number; });
  const Standing after = StandingOf(without, order.number, *revision, context.recorded_at);
  return About(EntryKind::kScheduleCancelled, revision->digest,
               ScheduleCancelled{order.number, *standing.scheduled_from, after.state}, context);
}

Decision DecideActivate(State& state, const Command& command, const ActivateRevision& order,
                        const Context& context) {
  const auto found = FindNamed(state, command, order.number, context);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const Named& named = std::get<Named>(found);
  if (const std::optional<Rejected> refused = RefuseUnapproved(named, order.number, context))
    return *refused;
  if (named.standing.state == RevisionState::kActive) {
    return InvalidState(ToString(RevisionState::kActive));
  }
  const Activation candidate{order.number, named.revision->digest, context.recorded_at};
  if (const auto refused = RefuseMisfit(state, command, *named.program, candidate, context)) {
    return *refused;
  }
  Accepted accepted =
      About(EntryKind::kRevisionActivated, candidate.digest,
            RevisionActivated{order.number, candidate.digest, std::nullopt,
                              JudgesMembers(state, command.program, candidate, *context.rulebooks)},
            context);
  // What is in force need not come into force.
  if (named.standing.scheduled_from) {
    accepted.events.push_back(
        ScheduleCancelled{order.number, *named.standing.scheduled_from, RevisionState::kActive});
  }
  return accepted;
}

namespace {

// Only the first of several judgements goes on: members are judged in the order of what came.
Decision NoteJudged(const Program& program, const AdvanceProgram::Judged& judged,
                    const Context& context) {
  const Judgement* judgement = program.judgements.empty() ? nullptr : &program.judgements.front();
  if (judgement == nullptr || judgement->from != judged.from) return InvalidState("NOTHING_DUE");
  return About(
      EntryKind::kMembersJudged, judgement->digest,
      MembersJudged{judged.from, std::max(judged.through, judgement->through), judged.is_finished},
      context);
}

}  // namespace

Decision DecideAdvanceProgram(State& state, const Command& command, const AdvanceProgram& order,
                              const Context& context) {
  const Program* program = state.programs.Find(ProgramKey{command.program});
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  if (order.judged) return NoteJudged(*program, *order.judged, context);
  if (program->schedule_due_at() > context.recorded_at) return InvalidState("NOTHING_DUE");
  const Activation& due = program->schedules.front();
  Accepted accepted =
      About(EntryKind::kRevisionActivated, due.digest,
            RevisionActivated{due.number, due.digest, due.from,
                              JudgesMembers(state, command.program, due, *context.rulebooks)},
            context);
  accepted.occurred_at = due.from;
  return accepted;
}

namespace {

// The active revision of a program whose rule is to be paused or resumed.
std::variant<const Revision*, Rejected> ActiveRevision(State& state, const ProgramId& id) {
  const Program* program = FindActiveProgram(state, id);
  if (program == nullptr) return ResourceNotFound("program", id.str());
  const Revision* revision =
      state.revisions.Find(RevisionKey{id, program->activations.back().number});
  if (revision == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  return revision;
}

}  // namespace

Decision DecidePauseRule(State& state, const Command& command, const PauseRule& order,
                         const Context& context) {
  const auto found = ActiveRevision(state, command.program);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const Revision& revision = *std::get<const Revision*>(found);
  const std::optional<rules::Outline> outline = rules::OutlineOf(revision.canonical);
  if (!outline || outline->FindRule(order.rule) == nullptr) {
    return ResourceNotFound("rule", order.rule);
  }
  if (IsPaused(*state.programs.Find(ProgramKey{command.program}), order.rule)) {
    return InvalidState("PAUSED");
  }
  return About(EntryKind::kRulePaused, revision.digest, RulePaused{order.rule}, context);
}

Decision DecideResumeRule(State& state, const Command& command, const ResumeRule& order,
                          const Context& context) {
  const auto found = ActiveRevision(state, command.program);
  if (const auto* refused = std::get_if<Rejected>(&found)) return *refused;
  const Revision& revision = *std::get<const Revision*>(found);
  const std::vector<PausedRule>& rules =
      state.programs.Find(ProgramKey{command.program})->paused_rules;
  const auto paused = std::find_if(rules.begin(), rules.end(),
                                   [&](const PausedRule& rule) { return rule.rule == order.rule; });
  if (paused == rules.end()) return ResourceNotFound("paused rule", order.rule);
  bool is_final = true;
  if (context.approvals.people > 0) {
    if (const std::optional<Rejected> refused = RefuseNameless(command)) return *refused;
    if (paused->resume_asked_by == command.principal) {
      return Rejected{Rejection::kSelfApprovalForbidden, {{"rule", order.rule}}};
    }
    is_final = !paused->resume_asked_by.empty();
  }
  return About(EntryKind::kRuleResumed, revision.digest, RuleResumed{order.rule, is_final},
               context);
}

}  // namespace laurel
