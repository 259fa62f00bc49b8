#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_OUTLINE_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_OUTLINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// What people want to know of a revision without evaluating it: why it exists, and which rules it
// has.
namespace laurel::rules {

// Why a revision exists and how one will see whether it helped.
struct PlanOutline {
  std::string goal;
  std::string kpi;
  std::string target;    // decimal: what the key figure must reach
  std::string check_on;  // date on which it is looked at
  std::int32_t holdout_basis_points = 0;
  std::vector<std::string> rules;  // that are measured
};

enum class RuleRollout { kLive, kShadow, kPaused };

struct RuleOutline {
  std::string id;
  std::string name;
  bool is_promotion = false;
  RuleRollout rollout = RuleRollout::kLive;
  std::int32_t canary_basis_points = 0;  // share of members who have it; 0: all
};

struct Outline {
  std::string program;  // the id
  PlanOutline plan;
  std::vector<RuleOutline> rules;  // earning rules, then promotions, in document order

  const RuleOutline* FindRule(absl::string_view id) const;
  // The fields of the plan that approval asks for and that are not filled in: "plan.goal".
  std::vector<std::string> MissingOfPlan() const;
};

// Reads a document in canonical form; checks nothing else about it. Empty if it is not one. Takes
// about a millisecond for a long document.
std::optional<Outline> OutlineOf(absl::string_view canonical);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_OUTLINE_H_
