#ifndef LAUREL_RULES_PROGRAM_EXPLAIN_H_
#define LAUREL_RULES_PROGRAM_EXPLAIN_H_

#include <cstdint>
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
  // "metrics.purchases_all was 10", amounts beside money("20.00") as "purchase.net was 15.20";
  // empty where nothing can be named.
  std::string seen;
};
// The conjuncts of `condition` in the order of the text.
std::vector<ConjunctTrace> TraceOf(const Model& model, const Expression& condition,
                                   FactFrame& frame);

// A rule that did not apply.
struct MissedRule {
  std::size_t rule = 0;
  Outcome outcome = Outcome::kConditionFalse;
  std::int64_t worth = 0;              // what it asked for, or would have granted
  std::vector<ConjunctTrace> failing;  // of the condition that decided; in the order of the text
};

// Why an activity brought what it did, for support and audit.
struct Explanation {
  std::vector<std::string> arithmetic;  // by line of the evaluation: exact and rounded
  std::vector<MissedRule> missed;       // in document order
  // The instant, each line with its arithmetic and what cut it, items that do not count, what did
  // not apply. Ends with a line feed, as the texts below.
  std::string text;
  std::string tier_text;  // the tier and the way to the next one
  std::string kept_text;  // the way to keeping it; empty for the base tier
};

// `evaluated` is what Evaluate gave for the same facts. What members read is in sentences.h.
Explanation ExplainParts(const Model& model, const Facts& facts, const Evaluated& evaluated);
// All the texts of it.
std::string Explain(const Model& model, const Facts& facts, const Evaluated& evaluated);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_EXPLAIN_H_
