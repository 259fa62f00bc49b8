#ifndef LAUREL_ENGINE_DOMAIN_OBJECTIONS_H_
#define LAUREL_ENGINE_DOMAIN_OBJECTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/decide.h"
#include "rules/program/document_change.h"

// What stands against a revision that was never in force: findings about its document, alone and
// beside the one whose place it would take.
namespace laurel {

// By the names of the findings (rules::NameOf), each once, sorted.
struct Objections {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// What a document that comes into force at candidate.from is compared with: the revision in force
// until then. `candidate` need not be stored.
rules::ChangeContext ChangeContextOf(State& state, const ProgramId& program,
                                     const Activation& candidate, Timestamp now);

// Of the revision that `candidate` names and `rulebook` is of, if it came into force at
// candidate.from; `now` is when that is asked. Compares two documents: milliseconds.
Objections ObjectionsTo(State& state, const ProgramId& program, const Activation& candidate,
                        const rules::Rulebook& rulebook, Timestamp now);

// The refusal of a revision with errors, or with warnings that nobody has acknowledged. What was in
// force once may come back whatever is said of it.
std::optional<Rejected> RefuseObjections(State& state, const ProgramId& program,
                                         const Activation& candidate, const Context& context);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_OBJECTIONS_H_
