#include "engine/domain/draft.h"

// Programs and their revisions, as far as one revision at a time is active.
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

}  // namespace

Decision DecideCreateProgram(State& state, const Command& command, const CreateProgram& order,
                             const Context& context) {
  if (state.programs.Find(ProgramKey{command.program}) != nullptr) {
    return Rejected{Rejection::kIdTaken, {{"program", command.program.str()}}};
  }
  return WithRevision(EntryKind::kProgramCreated, 1, order.digest, order.canonical, context);
}

Decision DecideCreateRevision(State& state, const Command& command, const CreateRevision& order,
                              const Context& context) {
  const Program* program = state.programs.Find(ProgramKey{command.program});
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  return WithRevision(EntryKind::kRevisionCreated, program->revision_count + 1, order.digest,
                      order.canonical, context);
}

Decision DecideActivate(State& state, const Command& command, const ActivateRevision& order,
                        const Context& context) {
  const Program* program = state.programs.Find(ProgramKey{command.program});
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Revision* revision = state.revisions.Find(RevisionKey{command.program, order.number});
  if (revision == nullptr) {
    return Rejected{Rejection::kRevisionNotFound, {{"revision", std::to_string(order.number)}}};
  }
  if (!program->activations.empty() && program->activations.back().number == order.number) {
    return Rejected{Rejection::kInvalidState, {{"state", "ACTIVE"}}};
  }
  const Activation candidate{order.number, revision->digest, context.recorded_at};
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, candidate);
  if (rulebook == nullptr)
    return Rejected{Rejection::kInvalidState, {{"state", "DOES_NOT_COMPILE"}}};
  // What balances and postings rest on is fixed when the first revision becomes active.
  if (!program->activations.empty()) {
    const std::shared_ptr<const rules::Rulebook> active =
        context.rulebooks->Find(state, command.program, program->activations.back());
    if (active == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
    const auto fixed = [](absl::string_view field) {
      return Rejected{Rejection::kInvalidState,
                      {{"fixed", std::string(field)}, {"state", "DRAFT"}}};
    };
    if (rulebook->currency() != active->currency()) return fixed("currency");
    if (rulebook->time_zone() != active->time_zone()) return fixed("time_zone");
    if (rulebook->point_types().size() < active->point_types().size()) return fixed("point_types");
    for (std::size_t i = 0; i < active->point_types().size(); ++i) {
      const rules::PointType& now = active->point_types()[i];
      const rules::PointType& then = rulebook->point_types()[i];
      if (now.id != then.id || now.kind != then.kind || now.decimals != then.decimals ||
          now.symbol != then.symbol) {
        return fixed("point_types");
      }
    }
  }
  Accepted accepted{.kind = EntryKind::kRevisionActivated, .occurred_at = context.recorded_at};
  accepted.revision = revision->digest;
  accepted.events.push_back(RevisionActivated{.number = order.number, .digest = revision->digest});
  return accepted;
}

}  // namespace laurel
