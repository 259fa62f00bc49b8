#include "rules/program/document_environment.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/amount.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

using cel::Type;
using Kind = Unit::Kind;

constexpr std::int64_t kDaysMax = 40'000;
constexpr std::int64_t kCountMax = 1'000'000'000'000;

FactInfo Number(Kind unit, std::int64_t min, std::int64_t max) {
  FactInfo fact{.type = Type::Int(), .unit = {.kind = unit}, .min = min, .max = max};
  return fact;
}
FactInfo Money() { return Number(Kind::kMoney, 0, kBasisMax); }
FactInfo Points(std::size_t type, std::int64_t min) {
  FactInfo fact = Number(Kind::kPoints, min, kPointsMax);
  fact.unit.point_type = type;
  return fact;
}
FactInfo Plain(Type type) { return FactInfo{.type = std::move(type)}; }
FactInfo Text(absl::string_view vocabulary = {}) {
  return FactInfo{.type = Type::String(), .vocabulary = std::string(vocabulary)};
}
FactInfo Sealed(absl::string_view vocabulary, std::uint64_t elements) {
  return FactInfo{.type = Type::List(Type::String()),
                  .is_sealed = true,
                  .vocabulary = std::string(vocabulary),
                  .elements = elements};
}
FactInfo Group(absl::string_view structure) { return Plain(Type::Struct(structure)); }

FactInfo FactOf(const v1::Attribute& attribute, const std::string& vocabulary) {
  constexpr std::int32_t kCharactersDefault = 256;
  FactInfo fact;
  const std::int64_t max = attribute.max() == 0 ? kBasisMax : attribute.max();
  switch (attribute.type()) {
    case v1::Attribute::TYPE_INT:
      fact = Number(Kind::kNone, attribute.min(), max);
      break;
    case v1::Attribute::TYPE_MONEY:
      fact = Number(Kind::kMoney, attribute.min(), max);
      break;
    case v1::Attribute::TYPE_BOOL:
      fact = Plain(Type::Bool());
      break;
    case v1::Attribute::TYPE_STRING:
      fact = Text(attribute.values().empty() ? "" : vocabulary);
      fact.characters = static_cast<std::uint64_t>(
          attribute.max_length() > 0 ? attribute.max_length() : kCharactersDefault);
      break;
    case v1::Attribute::TYPE_TIMESTAMP:
      fact = Plain(Type::Timestamp());
      break;
    default:
      fact = Plain(Type::Error());  // reported where the attribute is declared
  }
  fact.is_optional = attribute.is_optional();
  return fact;
}

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
    : declarations_(&cel::AllDeclarations()), currency_exponent_(currency_exponent) {
  point_types_ = IdsOf(document.point_types());
  program_variable_ids_ = IdsOf(document.variables());
  AddTexts(document);
  AddActivity(document);
  AddPurchase();
  AddMember(document);
  AddMetrics(document);
  AddFunctions();
  declarations_.AddStruct("Variables", {});
  declarations_.AddVariable("variables", Type::Struct("Variables"));
  AddCosts();
}

const FactInfo* Environment::FindField(absl::string_view structure, absl::string_view field) const {
  const auto fields = structs_.find(structure);
  if (fields == structs_.end()) return nullptr;
  const auto fact = fields->second.find(field);
  return fact == fields->second.end() ? nullptr : &fact->second;
}

const FactInfo* Environment::FindVariable(absl::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

Roots Environment::RootOf(absl::string_view variable) {
  constexpr std::array kRoots = std::to_array<std::pair<absl::string_view, Roots>>({
      {"activity", kActivityRoot},
      {"purchase", kPurchaseRoot},
      {"items", kItemsRoot},
      {"item", kItemRoot},
      {"member", kMemberRoot},
      {"store", kStoreRoot},
      {"metrics", kMetricsRoot},
      {"base", kBaseRoot},
      {"now", kNowRoot},
      {"variables", kVariablesRoot},
  });
  for (const auto& [name, root] : kRoots) {
    if (name == variable) return root;
  }
  return 0;
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

void Environment::AddStruct(const std::string& name, Fields fields) {
  std::vector<cel::FieldDeclaration> declared;
  for (const auto& [field, fact] : fields) declared.push_back({field, fact.type});
  declarations_.AddStruct(name, std::move(declared));
  structs_[name] = std::move(fields);
}

void Environment::AddActivity(const v1::ProgramDocument& document) {
  AddStruct("Local", {{"date", Text()},
                      {"year", Number(Kind::kNone, 1, 9'999)},
                      {"month", Number(Kind::kNone, 1, 12)},
                      {"day", Number(Kind::kNone, 1, 31)},
                      {"weekday", Number(Kind::kNone, 1, 7)},
                      {"hour", Number(Kind::kNone, 0, 23)},
                      {"minute_of_day", Number(Kind::kMinutes, 0, 1'439)}});
  FactInfo receipt = Text();
  receipt.is_optional = true;
  Fields fields = {{"type", Text("activity.type")},
                   {"channel", Text("activity.channel")},
                   {"touchpoint", Text("activity.touchpoint")},
                   {"terminal_kind", Text("activity.terminal_kind")},
                   {"occurred_at", Plain(Type::Timestamp())},
                   {"local", Group("Local")},
                   {"receipt", receipt}};
  for (const v1::ActivityType& type : document.activity_types()) {
    for (const v1::Attribute& attribute : type.attributes()) {
      const std::string key = absl::StrCat("activity.", attribute.id());
      const auto [at, is_new] = fields.emplace(attribute.id(), FactOf(attribute, key));
      if (is_new || !at->second.only.empty()) at->second.only.push_back(type.id());
    }
  }
  FactInfo badge = Text("member.badges");
  badge.only = {"badge_earned"};
  fields.emplace("badge", badge);
  AddStruct("Activity", std::move(fields));
  declarations_.AddVariable("activity", Type::Struct("Activity"));
  FactInfo minute = Number(Kind::kMinutes, 0, 1'439);
  minute.is_optional = true;
  AddStruct("Store", {{"id", Text("store.id")},
                      {"region", Text("store.region")},
                      {"country", Text("store.country")},
                      {"format", Text("store.format")},
                      {"tags", Sealed("store.tags", 256)},
                      {"minute_of_day", minute}});
  declarations_.AddVariable("store", Type::Struct("Store"));
}

void Environment::AddPurchase() {
  constexpr std::uint64_t kItemsMax = 500;
  constexpr std::uint64_t kPerItem = 32;
  AddStruct("Item", {{"kind", Text("item.kind")},
                     {"sku", Text("item.sku")},
                     {"brand", Text("item.brand")},
                     {"category", Text("item.categories")},
                     {"categories", Sealed("item.categories", kPerItem)},
                     {"tags", Sealed("item.tags", kPerItem)},
                     {"quantity", Number(Kind::kCount, 0, 1'000'000)},
                     {"quantity_micros", Number(Kind::kCount, 0, kCountMax)},
                     {"unit_price", Money()},
                     {"list", Money()},
                     {"net", Money()},
                     {"tax", Money()},
                     {"discount", Money()}});
  FactInfo items = Plain(Type::List(Type::Struct("Item")));
  items.elements = kItemsMax;
  AddStruct("Purchase", {{"net", Money()},
                         {"list", Money()},
                         {"tax", Money()},
                         {"discount", Money()},
                         {"eligible_net", Money()},
                         {"fulfil_channel", Text("purchase.fulfil_channel")},
                         {"fulfil_store", Text("purchase.fulfil_store")},
                         {"tenders", Sealed("purchase.tenders", 8)},
                         {"vouchers", Sealed("purchase.vouchers", 16)},
                         {"all_items", items}});
  declarations_.AddVariable("purchase", Type::Struct("Purchase"));
  declarations_.AddVariable("items", items.type);
  declarations_.AddVariable("item", Type::Struct("Item"));
  variables_["items"] = std::move(items);
}

void Environment::AddMember(const v1::ProgramDocument& document) {
  Fields balance;
  Fields pending;
  Fields base;
  for (std::size_t i = 0; i < point_types_.size(); ++i) {
    balance[point_types_[i]] = Points(i, -kPointsMax);
    pending[point_types_[i]] = Points(i, 0);
    base[point_types_[i]] = Points(i, 0);
  }
  AddStruct("Balance", std::move(balance));
  AddStruct("Pending", std::move(pending));
  AddStruct("Base", std::move(base));
  declarations_.AddVariable("base", Type::Struct("Base"));
  Fields attributes;
  for (const v1::Attribute& attribute : document.member_attributes()) {
    FactInfo fact = FactOf(attribute, absl::StrCat("member.attributes.", attribute.id()));
    fact.is_optional = true;  // one past its end is absent
    attributes[attribute.id()] = std::move(fact);
  }
  AddStruct("Attributes", std::move(attributes));
  constexpr std::uint64_t kListMax = 256;
  AddStruct("Member", {{"state", Text("member.state")},
                       {"tier", Text("member.tier")},
                       {"tier_rank", Number(Kind::kNone, 0, 1'000)},
                       {"tier_days", Number(Kind::kDays, 0, kDaysMax)},
                       {"enrolled_days", Number(Kind::kDays, 0, kDaysMax)},
                       {"enrolled_at", Plain(Type::Timestamp())},
                       {"tier_since", Plain(Type::Timestamp())},
                       {"is_staff", Plain(Type::Bool())},
                       {"is_anniversary", Plain(Type::Bool())},
                       {"is_birthday", Plain(Type::Bool())},
                       {"is_birthday_month", Plain(Type::Bool())},
                       {"age_band", Text("member.age_band")},
                       {"country", Text("member.country")},
                       {"language", Text("member.language")},
                       {"plan", Text("member.plan")},
                       {"segments", Sealed("member.segments", kListMax)},
                       {"consents", Sealed("member.consents", kListMax)},
                       {"tags", Sealed("member.tags", kListMax)},
                       {"badges", Sealed("member.badges", kListMax)},
                       {"balance", Group("Balance")},
                       {"pending", Group("Pending")},
                       {"attributes", Group("Attributes")}});
  declarations_.AddVariable("member", Type::Struct("Member"));
  variables_["now"] = Plain(Type::Timestamp());
  declarations_.AddVariable("now", Type::Timestamp());
}

void Environment::AddMetrics(const v1::ProgramDocument& document) {
  Fields fields;
  for (const v1::Metric& metric : document.metrics()) {
    FactInfo fact = Number(Kind::kCount, 0, kCountMax);
    const absl::string_view of = metric.of();
    switch (metric.measure()) {
      case v1::Metric::MEASURE_SUM:
      case v1::Metric::MEASURE_MAX: {
        const auto type = of.substr(0, 7) == "points."
                              ? std::find(point_types_.begin(), point_types_.end(), of.substr(7))
                              : point_types_.end();
        if (type != point_types_.end()) {
          fact = Points(static_cast<std::size_t>(type - point_types_.begin()), 0);
        } else if (of.substr(0, 9) == "activity.") {
          const FactInfo* const attribute = FindField("Activity", of.substr(9));
          if (attribute != nullptr) fact.unit = attribute->unit;
        } else if (of != "item.quantity") {
          fact.unit.kind = Kind::kMoney;
        }
        fact.max = kPointsMax;
        break;
      }
      case v1::Metric::MEASURE_DISTINCT_DAYS:
      case v1::Metric::MEASURE_STREAK_DAYS:
        fact = Number(Kind::kDays, 0, kDaysMax);
        break;
      case v1::Metric::MEASURE_DAYS_SINCE_LAST:
        fact = Number(Kind::kDays, 0, kDaysMax);
        fact.is_optional = true;
        break;
      default:
        break;
    }
    fields[metric.id()] = std::move(fact);
  }
  AddStruct("Metrics", std::move(fields));
  declarations_.AddVariable("metrics", Type::Struct("Metrics"));
}

void Environment::AddFunctions() {
  declarations_.AddGlobal("money", "money_string", "string -> int");
  declarations_.AddGlobal("time_of_day", "time_of_day_string", "string -> int");
  declarations_.AddGlobal("date", "date_string", "string -> string");
  declarations_.AddGlobal("tier_at_least", "tier_at_least_string", "string -> bool");
  declarations_.AddGlobal("hash_bucket", "hash_bucket_string", "string -> int");
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
    const FactInfo* const fact = FindVariable(name);
    return fact == nullptr ? std::nullopt : BoundOf(*fact);
  };
  cost_options_.field = [this](absl::string_view structure,
                               absl::string_view field) -> std::optional<cel::SizeBound> {
    if (structure == "Variables") {
      const VariableInfo* const variable = FindProgramVariable(field);
      if (variable == nullptr || variable->elements == 0) return std::nullopt;
      return cel::SizeBound{.size = variable->elements};
    }
    const FactInfo* const fact = FindField(structure, field);
    return fact == nullptr ? std::nullopt : BoundOf(*fact);
  };
  cost_options_.function = [](absl::string_view function) -> std::optional<std::uint64_t> {
    if (function == "hash_bucket") return 100;
    if (function == "money" || function == "date" || function == "time_of_day") return 0;
    return std::nullopt;
  };
}

}  // namespace laurel::rules
