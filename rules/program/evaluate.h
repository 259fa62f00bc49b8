#ifndef LAUREL_RULES_PROGRAM_EVALUATE_H_
#define LAUREL_RULES_PROGRAM_EVALUATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"
#include "rules/program/outcome.h"
#include "rules/program/rule_amounts.h"
#include "rules/program/tier_judge.h"

// What one activity brings. Pure: the same model and the same facts give the same result, and the
// order of the items does not matter to any amount.
namespace laurel::rules::model {

enum class LineKind { kBase, kTier, kPromotion };

// What a limit, a budget, a funding source or a cap took off a line.
struct Cut {
  std::size_t counter = 0;
  std::int64_t points = 0;
};

struct AwardedLine {
  LineKind kind = LineKind::kBase;
  absl::string_view id;     // of the rule, or of the benefit for kTier; belongs to the model
  std::size_t rule = 0;     // whose rate and lot it has
  std::size_t benefit = 0;  // for kTier
  std::size_t point_type = 0;
  std::int64_t requested = 0;
  std::int64_t granted = 0;  // <= requested; 0 for a line that was cut away
  std::vector<Cut> cuts;
  std::vector<std::int64_t> bases;  // what SharesOf shares by, by index into facts.items
  // For kTier: the factor, and the part of the purchase that it applies to.
  std::int64_t factor_micros = kMicros;
  Part part;
};

struct RuleResult {
  std::size_t rule = 0;
  Outcome outcome = Outcome::kAwarded;
  std::int64_t worth = 0;  // what the rule asked for, or would have granted
};

struct CounterUse {
  std::size_t counter = 0;
  std::int64_t amount = 0;  // fires or points; negative for returns
  std::string by;           // the text of `by`; else empty
};

struct CarryChange {
  std::size_t rule = 0;
  std::int64_t before = 0;
  std::int64_t after = 0;
};

struct Voucher {
  std::size_t rule = 0;
  std::size_t reward = 0;
  std::int64_t quantity = 0;
};

struct Evaluated {
  std::int64_t eligible_net = 0;
  std::vector<AwardedLine> lines;    // BASE, TIER, then promotions by group, priority, id
  std::vector<RuleResult> outcomes;  // of the rules that the activity triggers, in document order
  std::vector<CounterUse> uses;
  std::vector<CarryChange> carries;
  std::vector<Voucher> vouchers;
  // With Extent::kAwards these are left empty.
  std::vector<std::optional<std::int64_t>> metrics_after;
  TierVerdict tier;
  // What each new badge brought by itself, as an activity badge_earned {badge} that follows this
  // one: one for each badge if a rule waits for it. It brings no badges of its own.
  std::vector<Evaluated> badge_awards;
  std::vector<std::size_t> badges;  // newly earned
  std::vector<std::size_t> alerts;  // counters of ALERT_ONLY that are used up
};

// Room that evaluations use one after the other: once it has been used for a few activities of a
// program, evaluating more of them takes nothing from the heap, but for badges that bring awards
// and for expressions that build lists or texts. Belongs to one thread at a time; may be used for
// any models.
class EvaluateRoom {
 public:
  EvaluateRoom();
  EvaluateRoom(EvaluateRoom&&) noexcept;
  EvaluateRoom& operator=(EvaluateRoom&&) noexcept;
  ~EvaluateRoom();

  struct Parts;  // for evaluate.cc
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

// How far an evaluation goes.
enum class Extent {
  kAll,
  kAwards,  // not to what follows from the points: metrics, badges and the tier
};

// The facts' metrics are those before the activity; `tiers` what the member has then.
Evaluated Evaluate(const Model& model, const Facts& facts, const TierState& tiers);
// The same in `room`: the result belongs to it and is valid until its next use.
const Evaluated& Evaluate(const Model& model, const Facts& facts, const TierState& tiers,
                          EvaluateRoom& room, Extent extent = Extent::kAll);

// The points that `line` granted, shared over the items: by index into facts.items.
std::vector<std::int64_t> SharesOf(const AwardedLine& line);

// Whether `cap` covers `line`.
bool IsCovered(const Cap& cap, const AwardedLine& line);

// The sum of granted points of one type.
std::int64_t PointsOf(const Evaluated& evaluated, std::size_t point_type);
// The granted points of the lines of one kind, by point type.
std::vector<std::int64_t> PointsByType(const Model& model, const Evaluated& evaluated,
                                       LineKind kind);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_EVALUATE_H_
