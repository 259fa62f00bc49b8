#ifndef LAUREL_ENGINE_DOMAIN_ATTRIBUTES_H_
#define LAUREL_ENGINE_DOMAIN_ATTRIBUTES_H_

#include <optional>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/decide.h"
#include "engine/domain/state.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

// Facts that a program declares: of an activity, and of a member.
namespace laurel {

// The refusal of a value that none of `declared` allows; `field` names the list, such as
// "activity.attributes".
std::optional<Rejected> RefuseAttribute(std::span<const rules::model::DeclaredAttribute> declared,
                                        const AttributeValue& attribute, absl::string_view field);
// Likewise of what is told of a member, where only listed texts are taken.
std::optional<Rejected> RefuseMemberAttributes(const rules::model::Model& model,
                                               std::span<const MemberAttribute> attributes,
                                               Timestamp now);

bool IsTold(std::span<const ToldAttribute> told, absl::string_view id);
// What was told of members that are one, ascending by id: of several, what was told last.
std::vector<ToldAttribute> ToldOf(State& state, std::span<const MemberId> group);

// As rules read it; views belong to `attribute`.
rules::model::AttributeFact FactOf(const AttributeValue& attribute);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_ATTRIBUTES_H_
