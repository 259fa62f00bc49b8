#ifndef LAUREL_TESTS_RULES_RULEBOOK_CALLS_H_
#define LAUREL_TESTS_RULES_RULEBOOK_CALLS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/program/lot_terms.h"
#include "rules/program/model.h"
#include "rules/program/rulebook.h"
#include "rules/program/tier_judge.h"

// Short ways to ask a rulebook, for tests.
namespace laurel::rules {

enum class LineKind { kSale, kReturn, kVoid, kFee, kGiftCard, kDeposit };

// An item that owns its categories.
struct Line {
  std::int64_t net = 0;
  std::vector<std::string> categories = {};
  LineKind kind = LineKind::kSale;
};

struct AwardLine {
  std::size_t rule = 0;
  std::string rule_id;
  std::size_t point_type = 0;
  std::int64_t points = 0;
  std::string funding;
  model::LotDates terms;
};
struct Evaluation {
  std::int64_t eligible_net = 0;
  bool has_overflow = false;
  std::vector<AwardLine> lines;
};

// What the model of a rulebook gives for a purchase.
Evaluation Evaluate(const Rulebook& rulebook, const std::vector<Line>& lines,
                    absl::string_view at = "2026-05-01T12:00:00Z");

// The verdict on a tier held since 2025-05-01, a year later.
model::TierVerdict Judge(const Rulebook& rulebook, std::size_t earned,
                         std::span<const std::int64_t> metrics, model::Moment moment);

}  // namespace laurel::rules

#endif  // LAUREL_TESTS_RULES_RULEBOOK_CALLS_H_
