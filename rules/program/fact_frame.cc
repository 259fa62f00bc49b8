#include "rules/program/fact_frame.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "engine/base/check.h"

namespace laurel::rules::model {
namespace {

using cel::ErrorCode;
using cel::Type;
using CelValue = cel::Value;

// The slots of a frame, in the order in which they are declared.
enum Slot : std::size_t {
  kPurchase,
  kItems,
  kItem,
  kActivity,
  kMember,
  kStore,
  kMetrics,
  kVariables,
  kBase,
  kNow,
};

constexpr const char* kRoots[] = {"purchase", "items",   "item",      "activity", "member",
                                  "store",    "metrics", "variables", "base",     "now"};

// The indexes of Model::structs, in the order in which they are declared.
enum StructIndex : std::size_t {
  kPurchaseType,
  kItemType,
  kLocalType,
  kActivityType,
  kBalanceType,
  kMemberAttributesType,
  kMemberType,
  kStoreType,
  kMetricsType,
  kVariablesType,
};

struct Field {
  const char* name;
  const char* type;
};

constexpr Field kPurchaseFields[] = {{"net", "int"},
                                     {"list", "int"},
                                     {"tax", "int"},
                                     {"discount", "int"},
                                     {"eligible_net", "int"},
                                     {"fulfil_channel", "string"},
                                     {"fulfil_store", "string"},
                                     {"tenders", "list(string)"},
                                     {"vouchers", "list(string)"},
                                     {"all_items", "list(Item)"}};
constexpr Field kItemFields[] = {{"kind", "string"},
                                 {"sku", "string"},
                                 {"brand", "string"},
                                 {"category", "string"},
                                 {"categories", "list(string)"},
                                 {"tags", "list(string)"},
                                 {"quantity", "int"},
                                 {"quantity_micros", "int"},
                                 {"unit_price", "int"},
                                 {"list", "int"},
                                 {"net", "int"},
                                 {"tax", "int"},
                                 {"discount", "int"}};
constexpr Field kLocalFields[] = {{"date", "string"},      {"year", "int"},    {"month", "int"},
                                  {"day", "int"},          {"weekday", "int"}, {"hour", "int"},
                                  {"minute_of_day", "int"}};
constexpr Field kActivityFields[] = {{"type", "string"},           {"channel", "string"},
                                     {"touchpoint", "string"},     {"terminal_kind", "string"},
                                     {"occurred_at", "timestamp"}, {"local", "Local"},
                                     {"receipt", "string"}};
constexpr Field kMemberFields[] = {{"state", "string"},
                                   {"tier", "string"},
                                   {"tier_rank", "int"},
                                   {"tier_days", "int"},
                                   {"enrolled_days", "int"},
                                   {"enrolled_at", "timestamp"},
                                   {"tier_since", "timestamp"},
                                   {"is_staff", "bool"},
                                   {"is_anniversary", "bool"},
                                   {"is_birthday", "bool"},
                                   {"is_birthday_month", "bool"},
                                   {"age_band", "string"},
                                   {"country", "string"},
                                   {"language", "string"},
                                   {"plan", "string"},
                                   {"segments", "list(string)"},
                                   {"consents", "list(string)"},
                                   {"tags", "list(string)"},
                                   {"badges", "list(string)"},
                                   {"balance", "Points"},
                                   {"pending", "Points"},
                                   {"attributes", "MemberAttributes"}};
constexpr Field kStoreFields[] = {{"id", "string"},         {"region", "string"},
                                  {"country", "string"},    {"format", "string"},
                                  {"tags", "list(string)"}, {"minute_of_day", "int"}};

using Fields = std::vector<cel::FieldDeclaration>;

Fields FieldsOf(std::span<const Field> fields) {
  Fields result;
  for (const Field& field : fields) {
    const std::optional<Type> type = cel::ParseType(field.type);
    LAUREL_CHECK(type.has_value(), field.name);
    result.push_back(cel::FieldDeclaration{field.name, *type});
  }
  return result;
}

Type TypeOf(AttributeType type) {
  switch (type) {
    case AttributeType::kInt:
    case AttributeType::kMoney:
      return Type::Int();
    case AttributeType::kBool:
      return Type::Bool();
    case AttributeType::kString:
      return Type::String();
    case AttributeType::kTimestamp:
      return Type::Timestamp();
  }
  return Type::Error();
}

void AddAttributes(const std::vector<Attribute>& attributes, Fields& fields) {
  for (const Attribute& attribute : attributes) {
    fields.push_back(cel::FieldDeclaration{attribute.id, TypeOf(attribute.type)});
  }
}

template <class T>
Fields IntsOf(const std::vector<T>& named) {
  Fields fields;
  for (const T& one : named) fields.push_back(cel::FieldDeclaration{one.id, Type::Int()});
  return fields;
}

CelValue Absent() { return CelValue::Error(ErrorCode::kNoSuchField); }

CelValue Instant(Timestamp timestamp) {
  const std::int64_t micros = timestamp.micros();
  std::int64_t seconds = micros / kMicrosPerSecond;
  if (micros % kMicrosPerSecond < 0) --seconds;
  const std::int64_t rest = micros - seconds * kMicrosPerSecond;
  return CelValue::Timestamp(seconds, static_cast<std::uint32_t>(rest * 1000));
}

// What an attribute is where it is not reported.
CelValue MissingAttribute(const Attribute& attribute) {
  if (attribute.is_optional) return Absent();
  switch (attribute.type) {
    case AttributeType::kInt:
    case AttributeType::kMoney:
      return CelValue::Int(0);
    case AttributeType::kBool:
      return CelValue::Bool(false);
    case AttributeType::kString:
      return CelValue::String("");
    case AttributeType::kTimestamp:
      return Absent();
  }
  return Absent();
}

}  // namespace

void DeclareFacts(Model& model, cel::Declarations& declarations, cel::PlanOptions& options) {
  const auto declare = [&](const char* name, Fields fields) {
    std::vector<std::string> names;
    for (const cel::FieldDeclaration& field : fields) names.push_back(field.name);
    model.structs.push_back(std::make_unique<cel::StructType>(name, std::move(names)));
    options.structs.push_back(model.structs.back().get());
    declarations.AddStruct(name, std::move(fields));
  };
  Fields activity = FieldsOf(kActivityFields);
  AddAttributes(model.activity_attributes, activity);
  Fields member_attributes;
  AddAttributes(model.member_attributes, member_attributes);

  declare("Purchase", FieldsOf(kPurchaseFields));
  declare("Item", FieldsOf(kItemFields));
  declare("Local", FieldsOf(kLocalFields));
  declare("Activity", std::move(activity));
  declare("Points", IntsOf(model.point_types));
  declare("MemberAttributes", std::move(member_attributes));
  declare("Member", FieldsOf(kMemberFields));
  declare("Store", FieldsOf(kStoreFields));
  declare("Metrics", IntsOf(model.metrics));
  declare("Variables", IntsOf(model.variables));
  DeclareVariables(model, {}, declarations);

  const auto variable = [&](const char* name, Type type) {
    declarations.AddVariable(name, std::move(type));
    options.slots.Add(name);
  };
  variable("purchase", Type::Struct("Purchase"));
  variable("items", Type::List(Type::Struct("Item")));
  variable("item", Type::Struct("Item"));
  variable("activity", Type::Struct("Activity"));
  variable("member", Type::Struct("Member"));
  variable("store", Type::Struct("Store"));
  variable("metrics", Type::Struct("Metrics"));
  variable("variables", Type::Struct("Variables"));
  variable("base", Type::Struct("Points"));
  variable("now", Type::Timestamp());
}

void DeclareVariables(const Model& model, std::span<const cel::Type> types,
                      cel::Declarations& declarations) {
  Fields fields;
  for (std::size_t i = 0; i < types.size(); ++i) {
    fields.push_back(cel::FieldDeclaration{model.variables[i].id, types[i]});
  }
  declarations.AddStruct("Variables", std::move(fields));
}

FactFrame::FactFrame(const Model& model, const Facts& facts, cel::Arena& arena)
    : model_(model),
      facts_(facts),
      host_{&model, &facts},
      arena_(arena),
      context_(arena),
      date_(model.calendar.LocalDate(facts.activity.occurred_at)),
      minute_(model.calendar.LocalMinute(facts.activity.occurred_at)),
      frame_(slots_, context_) {
  context_.host = &host_;
  for (const ItemFact& item : facts.items) items_.push_back(MakeItem(item));
  slots_[kPurchase] = MakePurchase();
  slots_[kItems] = CelValue::List({});
  slots_[kItem] = Absent();
  slots_[kActivity] = MakeActivity();
  slots_[kStore] = MakeStore();
  slots_[kNow] = Instant(facts.activity.occurred_at);
  SetMember();
  SetMetrics(facts.metrics);
  SetBase({});
  slots_[kVariables] =
      MakeStruct(kVariablesType, std::vector<CelValue>(model.variables.size(), Absent()));
}

cel::Value FactFrame::MakeStruct(std::size_t type, std::span<const CelValue> fields) {
  const cel::StructType* const structure = model_.structs[type].get();
  LAUREL_CHECK(structure->fields().size() == fields.size(), structure->name().c_str());
  auto* const slots = arena_.AllocateArray<CelValue>(fields.size() + 1);
  if (slots == nullptr) return CelValue::Error(ErrorCode::kMemoryExceeded);
  new (slots) CelValue(CelValue::StructHead(structure));
  std::uninitialized_copy(fields.begin(), fields.end(), slots + 1);
  return CelValue::Struct(slots);
}

cel::Value FactFrame::MakeList(std::span<const CelValue> elements) {
  auto* const copy = arena_.AllocateArray<CelValue>(elements.size());
  if (copy == nullptr) return CelValue::Error(ErrorCode::kMemoryExceeded);
  std::uninitialized_copy(elements.begin(), elements.end(), copy);
  return CelValue::List({copy, elements.size()});
}

cel::Value FactFrame::MakeTexts(Texts texts) {
  std::vector<CelValue> values;
  for (const absl::string_view text : texts) values.push_back(Text(text));
  return MakeList(values);
}

cel::Value FactFrame::MakePoints(std::size_t type, std::span<const std::int64_t> points) {
  std::vector<CelValue> values;
  for (std::size_t i = 0; i < model_.point_types.size(); ++i) {
    values.push_back(CelValue::Int(i < points.size() ? points[i] : 0));
  }
  return MakeStruct(type, values);
}

cel::Value FactFrame::MakeAttributes(std::size_t type, const std::vector<Attribute>& declared,
                                     Attributes reported, std::vector<CelValue> fields) {
  for (const Attribute& attribute : declared) {
    CelValue value = MissingAttribute(attribute);
    for (const AttributeFact& fact : reported) {
      if (fact.id != attribute.id) continue;
      if (const auto* number = std::get_if<std::int64_t>(&fact.value)) {
        value = CelValue::Int(*number);
      } else if (const auto* flag = std::get_if<bool>(&fact.value)) {
        value = CelValue::Bool(*flag);
      } else if (const auto* text = std::get_if<absl::string_view>(&fact.value)) {
        value = Text(*text);
      } else {
        value = Instant(std::get<Timestamp>(fact.value));
      }
    }
    fields.push_back(value);
  }
  return MakeStruct(type, fields);
}

cel::Value FactFrame::MakeItem(const ItemFact& item) {
  const CelValue fields[] = {
      Text(item.kind),
      Text(item.sku),
      Text(item.brand),
      Text(item.categories.empty() ? absl::string_view() : item.categories.front()),
      MakeTexts(item.categories),
      MakeTexts(item.tags),
      CelValue::Int(item.quantity_micros / kMicros),
      CelValue::Int(item.quantity_micros),
      CelValue::Int(item.unit_price),
      CelValue::Int(item.list),
      CelValue::Int(item.net),
      CelValue::Int(item.tax),
      CelValue::Int(item.discount),
  };
  return MakeStruct(kItemType, fields);
}

cel::Value FactFrame::MakePurchase() {
  const PurchaseFact& purchase = facts_.purchase;
  const CelValue fields[] = {
      CelValue::Int(purchase.net),      CelValue::Int(purchase.list), CelValue::Int(purchase.tax),
      CelValue::Int(purchase.discount), CelValue::Int(eligible_net_), Text(purchase.fulfil_channel),
      Text(purchase.fulfil_store),      MakeTexts(purchase.tenders),  MakeTexts(purchase.vouchers),
      CelValue::List(items_),
  };
  return MakeStruct(kPurchaseType, fields);
}

cel::Value FactFrame::MakeActivity() {
  const ActivityFact& activity = facts_.activity;
  // The text of a date lives as long as the arena.
  const CelValue local[] = {cel::CopyString(context_, ToString(date_)),
                            CelValue::Int(date_.year()),
                            CelValue::Int(date_.month()),
                            CelValue::Int(date_.day()),
                            CelValue::Int(Weekday(date_)),
                            CelValue::Int(minute_ / 60),
                            CelValue::Int(minute_)};
  std::vector<CelValue> fields = {
      Text(activity.type),
      Text(activity.channel),
      Text(activity.touchpoint),
      Text(activity.terminal_kind),
      Instant(activity.occurred_at),
      MakeStruct(kLocalType, local),
      activity.receipt ? Text(*activity.receipt) : Absent(),
  };
  return MakeAttributes(kActivityType, model_.activity_attributes, activity.attributes,
                        std::move(fields));
}

cel::Value FactFrame::MakeMember(std::span<const CelValue> segments) {
  const MemberFact& member = facts_.member;
  const Tier& tier = model_.tiers[member.tier];
  const auto days_since = [&](Timestamp since) {
    const int days = date_.days() - model_.calendar.LocalDate(since).days();
    return CelValue::Int(std::clamp(days, 0, 40'000));
  };
  const CelValue fields[] = {
      Text(member.state),
      Text(tier.id),
      CelValue::Int(tier.rank),
      days_since(member.tier_since),
      days_since(member.enrolled_at),
      Instant(member.enrolled_at),
      Instant(member.tier_since),
      CelValue::Bool(member.is_staff),
      CelValue::Bool(member.is_anniversary),
      CelValue::Bool(member.is_birthday),
      CelValue::Bool(member.is_birthday_month),
      Text(member.age_band),
      Text(member.country),
      Text(member.language),
      Text(member.plan),
      MakeList(segments),
      MakeTexts(member.consents),
      MakeTexts(member.tags),
      MakeTexts(member.badges),
      MakePoints(kBalanceType, member.balance),
      MakePoints(kBalanceType, member.pending),
      MakeAttributes(kMemberAttributesType, model_.member_attributes, member.attributes, {}),
  };
  return MakeStruct(kMemberType, fields);
}

cel::Value FactFrame::MakeStore() {
  const StoreFact& store = facts_.store;
  const CelValue fields[] = {
      Text(store.id),        Text(store.region),
      Text(store.country),   Text(store.format),
      MakeTexts(store.tags), store.minute_of_day ? CelValue::Int(*store.minute_of_day) : Absent(),
  };
  return MakeStruct(kStoreType, fields);
}

void FactFrame::SetMember() {
  segments_.clear();
  for (const absl::string_view segment : facts_.member.segments) {
    segments_.push_back(Text(segment));
  }
  slots_[kMember] = MakeMember(segments_);
}

void FactFrame::Derive() {
  // Such a variable sees imported segments only; all others see those with a condition too.
  if (model_.segments_read_variables) SetVariables();
  SetSegments();
  SetVariables();
}

void FactFrame::SetSegments() {
  for (const Segment& segment : model_.segments) {
    if (segment.when && Test(segment.when)) segments_.push_back(Text(segment.id));
  }
  slots_[kMember] = MakeMember(segments_);
}

void FactFrame::SetMetrics(std::span<const std::optional<std::int64_t>> metrics) {
  std::vector<CelValue> values;
  for (std::size_t i = 0; i < model_.metrics.size(); ++i) {
    const bool may_be_absent = model_.metrics[i].measure == Measure::kDaysSinceLast;
    CelValue value = may_be_absent ? Absent() : CelValue::Int(0);
    if (i < metrics.size()) value = metrics[i] ? CelValue::Int(*metrics[i]) : value;
    values.push_back(value);
  }
  slots_[kMetrics] = MakeStruct(kMetricsType, values);
}

void FactFrame::SetBase(std::span<const std::int64_t> points) {
  slots_[kBase] = MakePoints(kBalanceType, points);
}

void FactFrame::SetCounting(std::span<const std::size_t> items) {
  counting_.assign(items.begin(), items.end());
  std::vector<CelValue> values;
  eligible_net_ = 0;
  for (const std::size_t item : items) {
    values.push_back(items_[item]);
    eligible_net_ += facts_.items[item].net;
  }
  slots_[kItems] = MakeList(values);
  slots_[kPurchase] = MakePurchase();
}

void FactFrame::SetVariables() {
  std::vector<CelValue> values(model_.variables.size(), Absent());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = Value(*model_.variables[i].expression);
    slots_[kVariables] = MakeStruct(kVariablesType, values);
  }
}

cel::Value FactFrame::Value(const Expression& expression) {
  return expression.plan.Evaluate(frame_);
}

bool FactFrame::Find(absl::string_view name, cel::Value& value) const {
  for (std::size_t slot = 0; slot < std::size(kRoots); ++slot) {
    if (name != kRoots[slot]) continue;
    value = slots_[slot];
    return true;
  }
  return false;
}

cel::Value FactFrame::PartOf(const Expression& expression, const cel::Expr& part) {
  cel::EvaluateOptions options;
  options.functions = model_.functions.get();
  return cel::EvaluatePart(expression.plan.checked(), part, {}, *this, context_, options);
}

int FactFrame::Try(const Expression& expression) { return expression.plan.Test(frame_); }

bool FactFrame::Test(const Condition& condition) { return !condition || Try(*condition) == 1; }

bool FactFrame::TestItem(const Condition& condition, std::size_t item) {
  if (!condition) return true;
  slots_[kItem] = items_[item];
  const bool holds = Try(*condition) == 1;
  slots_[kItem] = Absent();
  return holds;
}

}  // namespace laurel::rules::model
