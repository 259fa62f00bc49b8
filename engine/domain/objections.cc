#include "engine/domain/objections.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace laurel {
namespace {

void SortOnce(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// As many as an answer has room for, and how many there are.
Rejected Objected(const char* key, const std::vector<std::string>& names) {
  constexpr std::size_t kNamesMax = 20;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesMax));
  Rejected rejected{Rejection::kInvalidState,
                    {{"count", absl::StrCat(names.size())},
                     {"state", "DRAFT"},
                     {key, absl::StrJoin(names.begin(), names.begin() + shown, ",")}}};
  std::sort(rejected.metadata.begin(), rejected.metadata.end());
  return rejected;
}

}  // namespace

rules::ChangeContext ChangeContextOf(State& state, const ProgramId& id, const Activation& candidate,
                                     Timestamp now) {
  rules::ChangeContext context;
  context.now = now;
  context.lead_micros = 0;  // whoever schedules asks for more
  if (candidate.from > now) context.effective_from = candidate.from;
  const Program* program = state.programs.Find(ProgramKey{id});
  if (program == nullptr) return context;
  for (const Activation& schedule : program->schedules) {
    if (schedule.number != candidate.number) context.scheduled.push_back(schedule.from);
  }
  const Activation* before = RevisionAt(*program, candidate.from);
  const Revision* previous =
      before == nullptr ? nullptr : state.revisions.Find(RevisionKey{id, before->number});
  if (previous != nullptr) context.previous = previous->canonical;
  return context;
}

Objections ObjectionsTo(State& state, const ProgramId& program, const Activation& candidate,
                        const rules::Rulebook& rulebook, Timestamp now) {
  Objections found;
  found.warnings.assign(rulebook.warnings().begin(), rulebook.warnings().end());
  const rules::ChangeContext context = ChangeContextOf(state, program, candidate, now);
  for (const rules::Finding& finding : rules::CheckChange(rulebook.canonical(), context)) {
    switch (finding.severity) {
      case rules::Severity::kError:
        found.errors.push_back(NameOf(finding));
        break;
      case rules::Severity::kWarning:
        found.warnings.push_back(NameOf(finding));
        break;
      case rules::Severity::kInfo:
        break;
    }
  }
  SortOnce(found.errors);
  SortOnce(found.warnings);
  return found;
}

std::optional<Rejected> RefuseObjections(State& state, const ProgramId& id,
                                         const Activation& candidate, const Context& context) {
  const Program* program = state.programs.Find(ProgramKey{id});
  const Revision* revision = state.revisions.Find(RevisionKey{id, candidate.number});
  if (program == nullptr || revision == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  if (HasBeenInForce(*program, candidate.number)) return std::nullopt;
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, id, candidate);
  if (rulebook == nullptr) {
    return Rejected{Rejection::kInvalidState, {{"state", "DOES_NOT_COMPILE"}}};
  }
  Objections found = ObjectionsTo(state, id, candidate, *rulebook, context.recorded_at);
  if (!found.errors.empty()) return Objected("errors", found.errors);
  std::erase_if(found.warnings,
                [&](const std::string& name) { return IsAcknowledged(*revision, name); });
  if (!found.warnings.empty()) return Objected("unacknowledged", found.warnings);
  return std::nullopt;
}

}  // namespace laurel
