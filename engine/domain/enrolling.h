#ifndef LAUREL_ENGINE_DOMAIN_ENROLLING_H_
#define LAUREL_ENGINE_DOMAIN_ENROLLING_H_

#include <optional>
#include <vector>

#include "engine/domain/decide.h"

// A sale that brings its member along: whoever is not known yet is enrolled and buys in one step.
namespace laurel {

// The command that enrols the member of a sale first. Empty where nobody has to be: the command is
// no sale, does not say how, or its identity leads to a member.
std::optional<Command> EnrolmentBefore(State& state, const Command& command);

// What becomes of such a sale.
struct Enrolling {
  // Those of the enrolment, what the program gives for it, what is due by then, and at last the
  // sale's own: with sequences and instants in a row, without `previous_leaf`. Empty if refused.
  std::vector<Entry> entries;
  std::optional<Rejected> refused;  // of the enrolment or the sale: neither happens
};

// Decides both in thought; `state` is as it was. `context` is that of the first entry,
// `fingerprint` the command's. Whoever writes the entries writes all of them, in one batch.
Enrolling DecideEnrolling(State& state, const Command& command, const Command& enrolment,
                          const Context& context, const Hash& fingerprint);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_ENROLLING_H_
