#include "rules/program/document_facts.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/amount.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

using cel::Type;
using Kind = Unit::Kind;
using Fields = FactTable::Fields;

constexpr std::int64_t kDaysMax = 40'000;
constexpr std::int64_t kCountMax = 1'000'000'000'000;
constexpr std::uint64_t kItemsMax = 500;
constexpr std::uint64_t kPerItem = 32;
constexpr std::uint64_t kPerMember = 256;

FactInfo Number(Kind unit, std::int64_t min, std::int64_t max) {
  return FactInfo{.type = Type::Int(), .unit = {.kind = unit}, .min = min, .max = max};
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
FactInfo Items() {
  FactInfo items = Plain(Type::List(Type::Struct("Item")));
  items.elements = kItemsMax;
  return items;
}
FactInfo Group(FactGroup group) { return Plain(Type::Struct(kFactGroups[group])); }
FactInfo Optional(FactInfo fact) {
  fact.is_optional = true;
  return fact;
}

}  // namespace

FactInfo FactOf(const v1::Attribute& attribute, absl::string_view list) {
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
      fact = Text(attribute.values().empty() ? "" : absl::StrCat(list, ".", attribute.id()));
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

namespace {

const Fields& LocalFields() {
  static const auto* const kFields =
      new Fields{{"date", Text()},
                 {"year", Number(Kind::kNone, 1, 9'999)},
                 {"month", Number(Kind::kNone, 1, 12)},
                 {"day", Number(Kind::kNone, 1, 31)},
                 {"weekday", Number(Kind::kNone, 1, 7)},
                 {"hour", Number(Kind::kNone, 0, 23)},
                 {"minute_of_day", Number(Kind::kMinutes, 0, 1'439)}};
  return *kFields;
}

const Fields& ActivityFields() {
  static const auto* const kFields = [] {
    FactInfo badge = Text("member.badges");
    badge.only = {"badge_earned"};
    return new Fields{{"type", Text("activity.type")},
                      {"channel", Text("activity.channel")},
                      {"touchpoint", Text("activity.touchpoint")},
                      {"terminal_kind", Text("activity.terminal_kind")},
                      {"occurred_at", Plain(Type::Timestamp())},
                      {"local", Group(kLocalFacts)},
                      {"receipt", Optional(Text())},
                      {"badge", badge}};
  }();
  return *kFields;
}

const Fields& StoreFields() {
  static const auto* const kFields =
      new Fields{{"id", Text("store.id")},
                 {"region", Text("store.region")},
                 {"country", Text("store.country")},
                 {"format", Text("store.format")},
                 {"tags", Sealed("store.tags", kPerMember)},
                 {"minute_of_day", Optional(Number(Kind::kMinutes, 0, 1'439))}};
  return *kFields;
}

const Fields& ItemFields() {
  static const auto* const kFields =
      new Fields{{"kind", Text("item.kind")},
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
                 {"discount", Money()}};
  return *kFields;
}

const Fields& PurchaseFields() {
  static const auto* const kFields = new Fields{{"net", Money()},
                                                {"list", Money()},
                                                {"tax", Money()},
                                                {"discount", Money()},
                                                {"eligible_net", Money()},
                                                {"fulfil_channel", Text("purchase.fulfil_channel")},
                                                {"fulfil_store", Text("purchase.fulfil_store")},
                                                {"tenders", Sealed("purchase.tenders", 8)},
                                                {"vouchers", Sealed("purchase.vouchers", 16)},
                                                {"all_items", Items()}};
  return *kFields;
}

const Fields& MemberFields() {
  static const auto* const kFields = new Fields{{"state", Text("member.state")},
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
                                                {"segments", Sealed("member.segments", kPerMember)},
                                                {"consents", Sealed("member.consents", kPerMember)},
                                                {"tags", Sealed("member.tags", kPerMember)},
                                                {"badges", Sealed("member.badges", kPerMember)},
                                                {"balance", Group(kBalanceFacts)},
                                                {"pending", Group(kPendingFacts)},
                                                {"attributes", Group(kAttributeFacts)}};
  return *kFields;
}

FactInfo* Find(Fields& fields, absl::string_view name) {
  for (auto& [field, fact] : fields) {
    if (field == name) return &fact;
  }
  return nullptr;
}

// The fact that a sum or a maximum of `of` is.
FactInfo AmountOf(absl::string_view of, const FactTable& table) {
  FactInfo amount = Number(Kind::kCount, 0, kPointsMax);
  if (absl::ConsumePrefix(&of, "points.")) {
    if (const FactInfo* const base = table.FindField("Base", of)) amount.unit = base->unit;
  } else if (absl::ConsumePrefix(&of, "activity.")) {
    if (const FactInfo* const fact = table.FindField("Activity", of)) amount.unit = fact->unit;
  } else if (of != "item.quantity") {
    amount.unit.kind = Kind::kMoney;
  }
  return amount;
}

FactInfo FactOf(const v1::Metric& metric, const FactTable& table) {
  switch (metric.measure()) {
    case v1::Metric::MEASURE_SUM:
    case v1::Metric::MEASURE_MAX:
      return AmountOf(metric.of(), table);
    case v1::Metric::MEASURE_DISTINCT_DAYS:
    case v1::Metric::MEASURE_STREAK_DAYS:
      return Number(Kind::kDays, 0, kDaysMax);
    case v1::Metric::MEASURE_DAYS_SINCE_LAST:
      return Optional(Number(Kind::kDays, 0, kDaysMax));
    default:
      return Number(Kind::kCount, 0, kCountMax);
  }
}

void DeclareFunctions(cel::Declarations& declarations) {
  struct Row {
    const char* name;
    const char* signature;
  };
  constexpr Row kRows[] = {{"money", "string -> int"},
                           {"time_of_day", "string -> int"},
                           {"date", "string -> string"},
                           {"tier_at_least", "string -> bool"},
                           {"hash_bucket", "string -> int"}};
  for (const Row& row : kRows) {
    const std::string id = absl::StrCat(row.name, "_string");
    LAUREL_CHECK(declarations.AddGlobal(row.name, id, row.signature), row.name);
  }
}

}  // namespace

FactTable::FactTable(const v1::ProgramDocument& document) {
  groups_[kLocalFacts] = LocalFields();
  groups_[kStoreFacts] = StoreFields();
  groups_[kItemFacts] = ItemFields();
  groups_[kPurchaseFacts] = PurchaseFields();
  AddActivity(document);
  AddPoints(document);
  AddMember(document);
  AddMetrics(document);
  roots_ = {Group(kPurchaseFacts), Items(),
            Group(kItemFacts),     Group(kActivityFacts),
            Group(kMemberFacts),   Group(kStoreFacts),
            Group(kMetricFacts),   Group(kVariableFacts),
            Group(kBaseFacts),     Plain(Type::Timestamp())};
}

bool FactTable::IsBuiltInOfActivities(absl::string_view field) {
  const Fields& fields = ActivityFields();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& fact) { return fact.first == field; });
}

// Types of activity may share an attribute.
void FactTable::AddActivity(const v1::ProgramDocument& document) {
  Fields& fields = groups_[kActivityFacts];
  fields = ActivityFields();
  for (const v1::ActivityType& type : document.activity_types()) {
    for (const v1::Attribute& attribute : type.attributes()) {
      FactInfo* known = Find(fields, attribute.id());
      if (known == nullptr) {
        known = &fields.emplace_back(attribute.id(), FactOf(attribute, "activity")).second;
        known->only = {type.id()};
      } else if (!IsBuiltInOfActivities(attribute.id())) {
        known->only.push_back(type.id());
      }
    }
  }
}

void FactTable::AddPoints(const v1::ProgramDocument& document) {
  for (int i = 0; i < document.point_types_size(); ++i) {
    const std::string& id = document.point_types(i).id();
    const auto type = static_cast<std::size_t>(i);
    groups_[kBalanceFacts].emplace_back(id, Points(type, -kPointsMax));
    groups_[kPendingFacts].emplace_back(id, Points(type, 0));
    groups_[kBaseFacts].emplace_back(id, Points(type, 0));
  }
}

void FactTable::AddMember(const v1::ProgramDocument& document) {
  groups_[kMemberFacts] = MemberFields();
  Fields& attributes = groups_[kAttributeFacts];
  for (const v1::Attribute& attribute : document.member_attributes()) {
    if (Find(attributes, attribute.id()) != nullptr) continue;
    // One past its end is absent.
    attributes.emplace_back(attribute.id(), Optional(FactOf(attribute, "member.attributes")));
  }
}

void FactTable::AddMetrics(const v1::ProgramDocument& document) {
  for (const v1::Metric& metric : document.metrics()) {
    groups_[kMetricFacts].emplace_back(metric.id(), FactOf(metric, *this));
  }
}

const FactInfo* FactTable::FindField(absl::string_view structure, absl::string_view field) const {
  const auto group = std::find(kFactGroups.begin(), kFactGroups.end(), structure);
  if (group == kFactGroups.end()) return nullptr;
  for (const auto& [name, fact] : groups_[static_cast<std::size_t>(group - kFactGroups.begin())]) {
    if (name == field) return &fact;
  }
  return nullptr;
}

void FactTable::Declare(cel::Declarations& declarations) const {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    std::vector<cel::FieldDeclaration> fields;
    for (const auto& [name, fact] : groups_[group]) fields.push_back({name, fact.type});
    declarations.AddStruct(kFactGroups[group], std::move(fields));
  }
  for (std::size_t root = 0; root < roots_.size(); ++root) {
    declarations.AddVariable(kFactRoots[root], roots_[root].type);
  }
  DeclareFunctions(declarations);
}

}  // namespace laurel::rules
