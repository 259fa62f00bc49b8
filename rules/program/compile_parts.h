#ifndef LAUREL_RULES_PROGRAM_COMPILE_PARTS_H_
#define LAUREL_RULES_PROGRAM_COMPILE_PARTS_H_

#include <string>
#include <vector>

#include "laurel/program/v1/program.pb.h"
#include "rules/program/compile_context.h"

// The compiler, part by part. Each adds to the model of `context` and reports there.
namespace laurel::rules::model {

namespace v1 = laurel::program::v1;
template <class T>
using Repeated = google::protobuf::RepeatedPtrField<T>;

// What people call something: its name, or its id if it has none.
template <class T>
const std::string& NameOf(const T& named) {
  return named.name().empty() ? named.id() : named.name();
}

// ---- compile_lots.cc
Period PeriodOf(v1::Calendar calendar);
Settlement SettlementOf(const std::string& path, const v1::Settlement& from,
                        CompileContext& context);
std::vector<Expiry> ExpiryOf(const std::string& path, const Repeated<v1::Expiry>& from,
                             CompileContext& context);

// ---- compile_rules.cc
Span SpanOf(v1::Span span);
Scope ScopeOf(v1::Per per);
OnExhausted OnExhaustedOf(v1::OnExhausted on_exhausted);
Active ActiveOf(const std::string& path, const v1::Active& from, CompileContext& context);
// Counters called `name`, or `name` and the id of the limit.
std::vector<Limit> LimitsOf(const std::string& path, const std::string& name,
                            const Repeated<v1::Limit>& from, CompileContext& context);
void AddRules(const v1::ProgramDocument& document, CompileContext& context);

// ---- compile_tiers.cc
void AddTiers(const v1::ProgramDocument& document, CompileContext& context);

// ---- compile_benefits.cc
void AddBenefits(const v1::ProgramDocument& document, CompileContext& context);
void AddRewards(const v1::ProgramDocument& document, CompileContext& context);
void AddBadges(const v1::ProgramDocument& document, CompileContext& context);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_COMPILE_PARTS_H_
