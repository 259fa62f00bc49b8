#include "rules/program/document_environment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

using cel::Type;

// "channel" of "activity.channel", "category" of "item.categories".
std::string NounOf(absl::string_view fact) {
  const std::string last(fact.substr(fact.find_last_of('.') + 1));
  if (last == "categories") return "category";
  const bool is_plural = last.size() > 3 && last.back() == 's';
  return is_plural ? last.substr(0, last.size() - 1) : last;
}

template <class List>
std::vector<std::string> IdsOf(const List& list) {
  std::vector<std::string> ids;
  for (const auto& element : list) ids.push_back(element.id());
  return ids;
}

}  // namespace

Environment::Environment(const v1::ProgramDocument& document, int currency_exponent)
    : facts_(document),
      declarations_(&cel::AllDeclarations()),
      currency_exponent_(currency_exponent) {
  point_types_ = IdsOf(document.point_types());
  program_variable_ids_ = IdsOf(document.variables());
  facts_.Declare(declarations_);
  AddTexts(document);
  AddCosts();
}

const FactInfo* Environment::FindRoot(absl::string_view name) const {
  const auto found = std::find(kFactRoots.begin(), kFactRoots.end(), name);
  if (found == kFactRoots.end()) return nullptr;
  return &facts_.root(static_cast<FactRoot>(found - kFactRoots.begin()));
}

Roots Environment::RootOf(absl::string_view variable) {
  const auto found = std::find(kFactRoots.begin(), kFactRoots.end(), variable);
  if (found == kFactRoots.end()) return 0;
  return Roots{1} << static_cast<Roots>(found - kFactRoots.begin());
}

const KnownTexts* Environment::FindTexts(absl::string_view vocabulary) const {
  const auto found = texts_.find(vocabulary);
  return found == texts_.end() ? nullptr : &found->second;
}

const VariableInfo* Environment::FindProgramVariable(absl::string_view id) const {
  const auto found = program_variables_.find(id);
  return found == program_variables_.end() ? nullptr : &found->second;
}

bool Environment::IsProgramVariable(absl::string_view id) const {
  return std::find(program_variable_ids_.begin(), program_variable_ids_.end(), id) !=
         program_variable_ids_.end();
}

void Environment::AddProgramVariable(const std::string& id, const Type& type, VariableInfo info) {
  program_variables_[id] = std::move(info);
  program_variable_fields_.push_back({id, type});
  declarations_.AddStruct("Variables", program_variable_fields_);
}

void Environment::AddTexts(const v1::ProgramDocument& document) {
  for (const v1::Vocabulary& vocabulary : document.vocabularies()) {
    texts_[vocabulary.of()] = {NounOf(vocabulary.of()),
                               {vocabulary.values().begin(), vocabulary.values().end()}};
  }
  std::vector<std::string> types = {"purchase", "enrolment", "birthday", "badge_earned"};
  for (const v1::ActivityType& type : document.activity_types()) {
    if (std::find(types.begin(), types.end(), type.id()) == types.end()) types.push_back(type.id());
    for (const v1::Attribute& attribute : type.attributes()) {
      if (attribute.values().empty()) continue;
      texts_[absl::StrCat("activity.", attribute.id())] = {
          attribute.id(), {attribute.values().begin(), attribute.values().end()}};
    }
  }
  for (const v1::Attribute& attribute : document.member_attributes()) {
    if (attribute.values().empty()) continue;
    texts_[absl::StrCat("member.attributes.", attribute.id())] = {
        attribute.id(), {attribute.values().begin(), attribute.values().end()}};
  }
  texts_["activity.type"] = {"activity type", std::move(types)};
  texts_["item.kind"] = {"kind", {"SALE", "FEE", "GIFT_CARD", "DEPOSIT"}};
  texts_["member.state"] = {"state", {"ACTIVE", "SUSPENDED"}};
  texts_["member.tier"] = {"tier", IdsOf(document.tiers())};
  texts_["member.segments"] = {"segment", IdsOf(document.segments())};
  texts_["member.badges"] = {"badge", IdsOf(document.badges())};
}

std::optional<cel::SizeBound> Environment::BoundOf(const FactInfo& fact) const {
  if (fact.type.kind() == cel::TypeKind::kString) return cel::SizeBound{.size = fact.characters};
  if (fact.type.kind() != cel::TypeKind::kList) return std::nullopt;
  const bool is_text = fact.type.param(0).kind() == cel::TypeKind::kString;
  return cel::SizeBound{.size = fact.elements,
                        .element = is_text ? std::make_shared<const cel::SizeBound>(
                                                 cel::SizeBound{.size = fact.characters})
                                           : nullptr,
                        .is_sealed = fact.is_sealed};
}

void Environment::AddCosts() {
  cost_options_.variable = [this](absl::string_view name) -> std::optional<cel::SizeBound> {
    const FactInfo* const fact = FindRoot(name);
    return fact == nullptr ? std::nullopt : BoundOf(*fact);
  };
  cost_options_.field = [this](absl::string_view structure,
                               absl::string_view field) -> std::optional<cel::SizeBound> {
    if (structure == "Variables") {
      const VariableInfo* const variable = FindProgramVariable(field);
      if (variable == nullptr || variable->elements == 0) return std::nullopt;
      return cel::SizeBound{.size = variable->elements};
    }
    const FactInfo* const fact = facts_.FindField(structure, field);
    return fact == nullptr ? std::nullopt : BoundOf(*fact);
  };
  cost_options_.function = [](absl::string_view function) -> std::optional<std::uint64_t> {
    if (function == "hash_bucket") return 100;
    if (function == "money" || function == "date" || function == "time_of_day") return 0;
    return std::nullopt;
  };
}

}  // namespace laurel::rules
