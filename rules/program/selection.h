#ifndef LAUREL_RULES_PROGRAM_SELECTION_H_
#define LAUREL_RULES_PROGRAM_SELECTION_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/value.h"
#include "rules/program/document_facts.h"

// Tables over the rules of a program, made when it is compiled: most rules are ruled out for an
// activity by a bit or two, without a look at the rule itself. They say nothing that the rules do
// not say.
namespace laurel::rules::model {

struct Model;

// Sets of small numbers as bits.
inline constexpr std::size_t BitWords(std::size_t bits) { return (bits + 63) / 64; }
inline bool HasBit(std::span<const std::uint64_t> bits, std::size_t index) {
  return (bits[index / 64] >> (index % 64) & 1) != 0;
}
inline void SetBit(std::span<std::uint64_t> bits, std::size_t index) {
  bits[index / 64] |= std::uint64_t{1} << (index % 64);
}

// The rules that wait for one type of activity.
struct TriggeredRules {
  static constexpr std::uint32_t kNoPlace = std::numeric_limits<std::uint32_t>::max();

  std::string activity;
  std::vector<std::uint32_t> rules;   // in document order
  std::vector<std::uint32_t> places;  // by rule: its index in `rules`, or kNoPlace
  bool has_shadows = false;
};

// What conditions demand of one text of the activity: for each text that is named by one of them,
// the rules whose condition it does not make false.
struct TextSelection {
  FactRoot root = kActivityFact;
  std::uint32_t field = 0;            // slot of the root's struct
  std::vector<cel::Symbol> texts;     // ascending
  std::vector<std::uint64_t> rules;   // a row of bits for each text
  std::vector<std::uint64_t> others;  // for any other text
};

// What every activity asks of a rule before its condition is looked at.
struct RuleGate {
  std::int32_t first_day = std::numeric_limits<std::int32_t>::min();
  std::int32_t last_day = std::numeric_limits<std::int32_t>::max();
  bool has_hours = false;  // or anything else beside days: ask IsActive
  bool is_paused = false;
  bool is_promotion = false;
  bool is_shadow = false;
};

struct RuleSelection {
  std::vector<TriggeredRules> activities;
  std::vector<TextSelection> texts;
  std::vector<RuleGate> gates;          // by rule
  std::vector<std::uint32_t> order;     // by rule: of lines, by group, priority and id
  std::vector<std::uint32_t> carrying;  // rules that carry fractions over

  // Null if no rule waits for activities of this type.
  const TriggeredRules* FindActivity(absl::string_view type) const;
};

RuleSelection SelectionOf(const Model& model);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_SELECTION_H_
