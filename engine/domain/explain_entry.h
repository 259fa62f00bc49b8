#ifndef LAUREL_ENGINE_DOMAIN_EXPLAIN_ENTRY_H_
#define LAUREL_ENGINE_DOMAIN_EXPLAIN_ENTRY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/domain/entry.h"
#include "rules/program/evaluate.h"
#include "rules/program/explain.h"
#include "rules/program/rulebook.h"

namespace laurel {

// What is known around an entry that is explained.
struct EntryContext {
  const rules::Rulebook& rulebook;        // of the entry's revision; of any, where it has none
  std::optional<std::uint32_t> revision;  // its number
  // For a return: the entry of the purchase, and those of the returns of it before this one and of
  // what was cancelled of it, in order. Empty for others.
  std::shared_ptr<const Entry> sale = nullptr;
  std::vector<std::shared_ptr<const Entry>> earlier_returns = {};
};

// What took points off a line. Points are in the smallest unit, as everywhere here.
struct ExplainedCut {
  std::string limit;
  std::int64_t points = 0;  // > 0
};
// Whether an entry took back, or cancelled, something of the accrual with this sequence: later
// returns of it are explained with it.
bool TookBackOf(const Entry& entry, std::uint64_t accrual);

// One line of an activity, also one that was cut to nothing.
struct ExplainedLine {
  std::string rule;  // of a tier's line, the benefit
  rules::model::LineKind kind = rules::model::LineKind::kBase;
  PointTypeId type;
  std::int64_t requested = 0;
  std::int64_t granted = 0;  // <= requested
  std::string arithmetic;    // "3 per 1.00 on 7.20: 21.6 -> 21"
  std::vector<ExplainedCut> cuts;
};
struct ExplainedMiss {
  std::string rule;
  rules::model::Outcome outcome = rules::model::Outcome::kConditionFalse;
  PointTypeId type;
  std::int64_t worth = 0;                            // 0 where it was not worked out
  std::vector<rules::model::ConjunctTrace> failing;  // in the order of the text
};

struct EntryExplanation {
  // The amounts were decided once more and are those of the ledger. False where they follow from
  // no rule, as for a redemption.
  bool is_decided_again = false;
  std::string text;  // for support and audit; ends with a line feed
  std::vector<ExplainedLine> lines;
  std::vector<ExplainedMiss> missed;
  std::vector<PointsTakenBack> taken_back;
  std::vector<std::string> sentences;  // for the member
};

// Lines and misses of an activity that was evaluated, as they are explained.
void ExplainLines(const rules::model::Model& model, const rules::model::Facts& facts,
                  const rules::model::Evaluated& evaluated, std::vector<ExplainedLine>& lines,
                  std::vector<ExplainedMiss>& missed);

// Why an entry says what it says. Purchases, other activities and returns are decided once more
// from what their entries keep; a return's fractions that a rule carries over are taken as the
// ledger has them. `language` is a tag of BCP 47. Pure. DATA_LOSS if deciding again does not give
// the ledgered amounts, or a return's sale is missing.
absl::StatusOr<EntryExplanation> ExplainEntry(const Entry& entry, const EntryContext& context,
                                              absl::string_view language);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_EXPLAIN_ENTRY_H_
