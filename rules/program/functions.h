#ifndef LAUREL_RULES_PROGRAM_FUNCTIONS_H_
#define LAUREL_RULES_PROGRAM_FUNCTIONS_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "rules/cel/registry.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

// The functions that expressions of a program have beside the language's own.
namespace laurel::rules::model {

// money, time_of_day and date: their value depends on their argument alone. `exponent` is that of
// the currency.
void AddConstantFunctions(int exponent, cel::FunctionRegistry& registry);

// tier_at_least and hash_bucket. They read the FunctionHost of the context.
void AddMemberFunctions(cel::FunctionRegistry& registry);

// 0 to 9,999: the first 8 bytes, big-endian, of SHA-256(program, 0x00, salt, 0x00, member), modulo
// 10,000.
std::int32_t HashBucket(absl::string_view program, absl::string_view salt,
                        absl::string_view member);
// The bucket of the facts' member, or the one that the facts state.
std::int32_t BucketOf(const Model& model, const Facts& facts, absl::string_view salt);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_FUNCTIONS_H_
