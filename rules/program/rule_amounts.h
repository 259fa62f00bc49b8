#ifndef LAUREL_RULES_PROGRAM_RULE_AMOUNTS_H_
#define LAUREL_RULES_PROGRAM_RULE_AMOUNTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/arena.h"
#include "rules/program/fact_frame.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"
#include "rules/program/outcome.h"

namespace laurel::rules::model {

// The part [begin, end) of a purchase of `whole` minor units; whole 0: all of it.
struct Part {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t whole = 0;
};

// What a rule asks for before limits, groups and caps.
struct Asked {
  std::int64_t points = 0;  // or instances of a reward
  // By index into facts.items: how the line is shared. Belongs to the RuleAmounts.
  std::span<const std::int64_t> bases;
};

// Room for RuleAmounts, to be used again by another one when the first is gone.
struct AmountsRoom {
  cel::Arena arena;
  std::vector<std::optional<Outcome>> gates;
  std::vector<std::size_t> counting;
  std::vector<std::uint64_t> open;      // bits by rule: those that no text rules out
  std::vector<std::uint64_t> counted;   // bits by item: those that count
  std::vector<std::uint64_t> chosen;    // bits by item, for one amount
  std::vector<std::uint64_t> accepted;  // bits by item, a row for each selector
  std::vector<std::uint64_t> tested;    // bits by selector: those whose row is known
};

// Each rule by itself: whether it holds for some facts, and what it asks for. Takes eligibility,
// segments and variables into account. The model and the facts must outlive this. Not thread-safe.
class RuleAmounts {
 public:
  RuleAmounts(const Model& model, const Facts& facts);
  // Takes all memory from `room`, which must outlive this.
  RuleAmounts(const Model& model, const Facts& facts, AmountsRoom& room);

  bool is_eligible() const { return is_eligible_; }
  FactFrame& frame() { return frame_; }

  // The rules that wait for this activity; null if there are none.
  const TriggeredRules* triggered() const { return triggered_; }
  bool HasTrigger(std::size_t rule) const {
    return triggered_ != nullptr && triggered_->places[rule] != TriggeredRules::kNoPlace;
  }
  // The first of NOT_ELIGIBLE, PAUSED, NOT_ACTIVE, CONDITION_FALSE and ERROR that the rule meets;
  // AWARDED if it meets none.
  Outcome Gate(std::size_t rule);
  // HELD_OUT, NOT_IN_CANARY or AWARDED.
  Outcome Sample(const Rule& rule) const;

  // Empty if an expression fails or the amount leaves its range. A multiple of a rule that does not
  // hold asks for nothing.
  std::optional<Asked> Ask(std::size_t rule);
  // What the rate of `rule`, which has one, is applied to: on the items that `also` accepts too
  // (null: all) and within `part`. Empty where the amount leaves its range.
  std::optional<std::int64_t> Basis(std::size_t rule, const Condition* also, const Part& part);
  // What the rate of `rule` gives for the first `part` of `whole` minor units.
  std::optional<std::int64_t> BaseOfPart(std::size_t rule, std::int64_t part, std::int64_t whole);
  // What `factor_micros` adds to `rule` on the items of `items`, within a segment.
  std::optional<Asked> Factor(std::size_t rule, const Condition& items, std::int64_t factor_micros,
                              const Part& segment);
  // Millionths that a CARRY rule earns, without what was carried before.
  std::optional<std::int64_t> Millionths(std::size_t rule);

  std::int64_t CarryOf(std::size_t rule) const;
  // The text that keeps a counter of `limit` apart; empty if it has none. Belongs to the facts or
  // to this.
  absl::string_view ByOf(const Limit& limit);

 private:
  void Begin();
  void SelectRules();
  Outcome Decide(std::size_t rule);
  // One for each item, all 0. Empty if there is no room.
  std::optional<std::span<std::int64_t>> NewBases();
  // Sets room_.chosen to the items that count and that both selectors accept.
  void Choose(const Condition& items, const Condition* also);
  void Narrow(const Condition& items);
  // The items that count and that a numbered selector accepts.
  std::span<const std::uint64_t> AcceptedBy(const Condition& items);
  std::int64_t BaseOf(const Earn& earn, std::size_t item) const;
  // The basis of the whole rule; fills `bases` if it is given.
  std::optional<std::int64_t> BasisOf(const Earn& earn, const Condition* also,
                                      std::span<std::int64_t> bases);
  std::optional<std::int64_t> BasisOf(const Earn& earn, const Condition* also, const Part& part,
                                      std::span<std::int64_t> bases);
  std::optional<Asked> AskEarn(std::size_t rule, const Earn& earn);
  std::optional<Asked> AskMultiply(const Multiply& multiply);
  std::optional<Asked> AskBonus(const Bonus& bonus);

  const Model& model_;
  const Facts& facts_;
  std::unique_ptr<AmountsRoom> own_room_;  // unless another one's is used
  AmountsRoom& room_;
  FactFrame frame_;
  const TriggeredRules* const triggered_;
  const std::size_t item_words_;                      // of bits by item
  std::optional<std::span<std::int64_t>> net_bases_;  // of all bonuses, once one was asked for
  bool is_eligible_ = false;
};

// The point type that `rule` gives; 0 for one that issues vouchers.
std::size_t PointTypeOf(const Model& model, const Rule& rule);

// Whether the rule carries fractions over from one activity to the next.
bool IsCarryRule(const Rule& rule);

// Whether a rule waits for activities of this type.
bool IsAwaited(const Model& model, absl::string_view type);

// Takes what tenders that earn nothing have paid off the net of the items, by value.
void TakeOff(std::int64_t paid, std::span<ItemFact> items);

// Whether `active` takes in a moment, whose local date and minute of the day are given.
bool IsActive(const Active& active, Timestamp at, Date date, int minute);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_RULE_AMOUNTS_H_
