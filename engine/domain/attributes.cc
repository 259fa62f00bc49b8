#include "engine/domain/attributes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/domain/draft.h"
#include "rules/program/text.h"

namespace laurel {
namespace {

namespace model = rules::model;

bool HasType(model::AttributeType type, const AttributeValue& attribute) {
  switch (type) {
    case model::AttributeType::kInt:
    case model::AttributeType::kMoney:
      return std::holds_alternative<std::int64_t>(attribute.value);
    case model::AttributeType::kBool:
      return std::holds_alternative<bool>(attribute.value);
    case model::AttributeType::kString:
      return std::holds_alternative<std::string>(attribute.value);
    case model::AttributeType::kTimestamp:
      return std::holds_alternative<Timestamp>(attribute.value);
  }
  return false;
}

const model::DeclaredAttribute* FindDeclared(std::span<const model::DeclaredAttribute> declared,
                                             absl::string_view id) {
  const auto found =
      std::find_if(declared.begin(), declared.end(), [&](const auto& one) { return one.id == id; });
  return found == declared.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Rejected> RefuseAttribute(std::span<const model::DeclaredAttribute> declared,
                                        const AttributeValue& attribute, absl::string_view field) {
  const model::DeclaredAttribute* const found = FindDeclared(declared, attribute.id);
  std::string name = absl::StrCat(field, ".", attribute.id);
  if (found == nullptr) {
    return InvalidField(std::move(name), "an attribute that is declared", attribute.id);
  }
  if (!HasType(found->type, attribute)) {
    return InvalidField(std::move(name), "a value of the declared type", "a value of another");
  }
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
    if (*number < found->min || *number > found->max) {
      return InvalidField(std::move(name), absl::StrCat(found->min, " to ", found->max),
                          absl::StrCat(*number));
    }
  }
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    const auto length = static_cast<std::int64_t>(rules::CodePoints(*text));
    if (length > found->max_length) {
      return InvalidField(std::move(name),
                          absl::StrCat("at most ", found->max_length, " characters"),
                          absl::StrCat(length, " characters"));
    }
  }
  return std::nullopt;
}

std::optional<Rejected> RefuseMemberAttributes(const model::Model& model,
                                               std::span<const MemberAttribute> attributes,
                                               Timestamp now) {
  for (const MemberAttribute& told : attributes) {
    if (std::optional<Rejected> refused =
            RefuseAttribute(model.declared_of_members, told.attribute, "attributes")) {
      return refused;
    }
    const std::string field = absl::StrCat("attributes.", told.attribute.id);
    const std::vector<std::string>& values =
        FindDeclared(model.declared_of_members, told.attribute.id)->values;
    const auto* text = std::get_if<std::string>(&told.attribute.value);
    if (text != nullptr && std::find(values.begin(), values.end(), *text) == values.end()) {
      constexpr std::size_t kNamed = 5;
      const std::size_t named = std::min(values.size(), kNamed);
      return InvalidField(
          field,
          absl::StrCat("a text that is declared: ",
                       absl::StrJoin(values.begin(),
                                     values.begin() + static_cast<std::ptrdiff_t>(named), ", "),
                       values.size() > named ? ", ..." : ""),
          "another");
    }
    if (told.ends_at <= now) {
      return InvalidField(absl::StrCat(field, ".expires_at"), "an instant to come",
                          ToString(told.ends_at));
    }
  }
  return std::nullopt;
}

model::AttributeFact FactOf(const AttributeValue& attribute) {
  model::AttributeFact fact{attribute.id, std::int64_t{0}};
  std::visit([&](const auto& value) { fact.value = value; }, attribute.value);
  return fact;
}

bool IsTold(std::span<const ToldAttribute> told, absl::string_view id) {
  return std::any_of(told.begin(), told.end(),
                     [&](const ToldAttribute& one) { return one.told.attribute.id == id; });
}

std::vector<ToldAttribute> ToldOf(State& state, std::span<const MemberId> group) {
  std::vector<ToldAttribute> told;
  for (const MemberId id : group) {
    const Enrolment* enrolment = state.enrolments.Find(EnrolmentKey{id});
    if (enrolment == nullptr) continue;
    for (const ToldAttribute& one : enrolment->attributes) {
      const auto place = std::lower_bound(told.begin(), told.end(), one,
                                          [](const ToldAttribute& a, const ToldAttribute& b) {
                                            return a.told.attribute.id < b.told.attribute.id;
                                          });
      if (place == told.end() || place->told.attribute.id != one.told.attribute.id) {
        told.insert(place, one);
      } else if (one.told_at > place->told_at) {
        *place = one;
      }
    }
  }
  return told;
}

}  // namespace laurel
