#ifndef LAUREL_RULES_PROGRAM_EXPLAIN_H_
#define LAUREL_RULES_PROGRAM_EXPLAIN_H_

#include <string>
#include <vector>

#include "rules/program/evaluate.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// One conjunct of a condition, with the facts that it read.
struct ConjunctTrace {
  std::string text;  // as written
  bool holds = false;
  std::string seen;  // "metrics.purchases_all was 10"; empty where nothing can be named
};
// The conjuncts of `condition` in the order of the text.
std::vector<ConjunctTrace> TraceOf(const Expression& condition, FactFrame& frame);

// Why an activity brought what it did, for support and audit: each line with its arithmetic, exact
// and rounded, and what cut it; items that do not count; what did not apply, with the conjuncts
// that failed and the values that they saw; the tier and the way to the next one and to keeping it.
// `evaluated` is what Evaluate gave for the same facts. What members read is in sentences.h.
std::string Explain(const Model& model, const Facts& facts, const Evaluated& evaluated);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_EXPLAIN_H_
