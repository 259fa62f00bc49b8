#ifndef LAUREL_ENGINE_DOMAIN_APPLY_H_
#define LAUREL_ENGINE_DOMAIN_APPLY_H_

#include <memory>
#include <string>

#include "engine/domain/entry.h"
#include "engine/domain/state.h"

namespace laurel {

// Folds one entry into `state`. Cannot refuse: the facts have already happened. Depends on its
// arguments alone, so folding the same journal gives the same records on every machine. An entry
// that does not fit is a bug and fails a check; whoever reads a journal that it does not trust asks
// Fits first.
void Apply(const std::shared_ptr<const Entry>& entry, State& state);

// Empty if the entry can be applied to this state; otherwise what does not fit, for a person.
// Checks that postings sum to zero by point type, that every lot moved exists and stays within 0
// and its amount, and that no account falls below its floor.
std::string Fits(const Entry& entry, State& state);

// Empty if balances and open lots of the member agree: available + pending + held = sum of open
// lots - arrears, and arrears only where no lot is available; otherwise what is wrong. Reads all
// open lots: for tests and verification.
std::string CheckMember(MemberId member, State& state);

// Adds a posting to one of the member's own accounts to its balance.
void AddTo(Member& member, const Posting& posting);

// Sum of postings by point type is zero. Cheap; asserted before every commit.
bool PostingsBalance(const Entry& entry);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_APPLY_H_
