#ifndef LAUREL_RULES_PROGRAM_SENTENCE_TEXTS_H_
#define LAUREL_RULES_PROGRAM_SENTENCE_TEXTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "rules/program/windows.h"

// What members read, in each language. Texts have places such as {points} to be filled in.
namespace laurel::rules::model {

enum class Language { kEnglish, kChinese };

// The language for a tag of BCP 47, such as "en-GB" or "zh-CN": Chinese for "zh" and what begins
// with it, else English.
Language LanguageOf(absl::string_view tag);

enum class Message : std::size_t {
  kRate,           // {points} {rate} {per} {amount}
  kRatePromotion,  // and {name}
  kFactor,         // {points} {name} {factor} {amount}
  kNamed,          // {points} {name}
  kTrimmed,        // {name} {requested} {granted} {reason}
  kNothing,        // {name} {reason}
  kTakenBack,      // {name} {points}
  kTakenBackPart,  // {name} {points} {before}
  kUpgraded,       // {tier}
  kUpgradedUntil,  // {tier} {date}
  kDistance,       // {tier} {list}
  kReached,        // {tier}
  kAtMostPoints,   // {max} {span}
  kAtMostTimes,    // {max} {span}
  kUsedUp,         // the budget of an offer
  kDouble,
  kTriple,
  kTimes,     // {count}
  kOfMetric,  // {count} {name}
  kOtherCondition,
  kRedeemed,      // {points}
  kGivenBack,     // {points}
  kExpired,       // {points}
  kGivenByHand,   // {points}
  kTakenByHand,   // {points}
  kAvailable,     // {points}
  kCancelled,     // {points}
  kHeld,          // {points}
  kFreed,         // {points}
  kTakenOver,     // {points}
  kGivenAway,     // {points}
  kNothingMoved,  // an entry that moves no points
  kComma,         // between the elements of a list
  kAnd,           // before its last element
};
inline constexpr std::size_t kMessages = static_cast<std::size_t>(Message::kAnd) + 1;

// Nouns with their form for one and for several.
enum class Noun : std::size_t { kItem, kVoucher, kPurchase, kVisitDay, kTime };
inline constexpr std::size_t kNouns = static_cast<std::size_t>(Noun::kTime) + 1;

// The text of `message` as it stands in the table of the language.
absl::string_view TextOf(Language language, Message message);

using Values = std::span<const std::pair<absl::string_view, std::string>>;
// The text with each place, such as "{points}", replaced by its value.
std::string Filled(Language language, Message message, Values values);

// "1 item", "2 items", "1.5 items", "once"; `count` as it is shown.
std::string Counted(Language language, Noun noun, absl::string_view count);

// "a day", "in all".
absl::string_view TextOf(Language language, Span span);

// The name of a point type for an amount of exactly one: without a plain plural's s in English.
std::string NameForOne(Language language, absl::string_view name);

// "a, b and c".
std::string Listed(Language language, std::span<const std::string> elements);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_SENTENCE_TEXTS_H_
