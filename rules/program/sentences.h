#ifndef LAUREL_RULES_PROGRAM_SENTENCES_H_
#define LAUREL_RULES_PROGRAM_SENTENCES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/program/evaluate.h"
#include "rules/program/evaluate_return.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"
#include "rules/program/progress.h"

// Short sentences for members. `language` is a tag of BCP 47; there are English and Chinese, other
// tags get English. A rule that has a sentence of its own for the tag, or for its language, says
// that instead. Amounts have the digits of the currency, points those of their type.
namespace laurel::rules::model {

// What an activity brought: a sentence for each award ("21 Beans: 3 per 1.00 on 7.20"), each
// voucher, each award that a limit, budget or cap cut ("Cup: 10 Beans instead of 25 Beans, at most
// 300 Beans a day") or took away, the tier that was won, and the distance to the next one.
// `evaluated` is what Evaluate gave for the same facts.
std::vector<std::string> AwardSentences(const Model& model, const Facts& facts,
                                        const Evaluated& evaluated, absl::string_view language);

// The awards, vouchers and cuts alone.
std::vector<std::string> PointSentences(const Model& model, const Facts& facts,
                                        const Evaluated& evaluated, absl::string_view language);
// A tier that was won, and the last day of its term if it has one.
std::string UpgradeSentence(const Model& model, std::size_t tier, std::optional<Date> through,
                            absl::string_view language);

// What a return took back, a sentence for each line: "10 Beans of 21 Beans taken back: …".
std::vector<std::string> ReturnSentences(const Model& model, const Evaluated& sale,
                                         const ReturnEvaluated& returned,
                                         absl::string_view language);

// Points that moved by no rule: "500 Beans redeemed".
enum class Movement {
  kRedeemed,
  kGivenBack,
  kExpired,
  kGivenByHand,
  kTakenByHand,
  kAvailable,  // were pending
  kCancelled,  // likewise
  kHeld,
  kFreed,
  kTakenOver,  // from another system
  kGivenAway,  // to another member
};
std::string MovementSentence(const Model& model, Movement movement, std::size_t point_type,
                             std::int64_t points, absl::string_view language);
// That something moved no points.
std::string NothingMovedSentence(absl::string_view language);

// What the nearest path lacks: "560 Stars and 3 days with a visit to Platinum".
std::string ProgressSentence(const Model& model, const TierProgress& progress,
                             absl::string_view language);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_SENTENCES_H_
