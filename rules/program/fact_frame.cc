#include "rules/program/fact_frame.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"

namespace laurel::rules::model {
namespace {

using cel::ErrorCode;
using CelValue = cel::Value;

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

// Fills the fields of one struct, one after the other. A field that nobody reads stays null where
// making it would cost something.
class FactFrame::StructMaker {
 public:
  StructMaker(FactFrame& frame, FactGroup group)
      : frame_(frame),
        group_(group),
        type_(frame.model_.structs[group].get()),
        slots_(frame.Room<CelValue>(type_->fields().size() + 1).data()) {
    slots_[0] = CelValue::StructHead(type_);
  }

  StructMaker& Add(const CelValue& value) {
    slots_[++filled_] = value;
    return *this;
  }
  StructMaker& Add(std::int64_t number) { return Add(CelValue::Int(number)); }
  StructMaker& Add(bool flag) { return Add(CelValue::Bool(flag)); }
  StructMaker& Add(absl::string_view text) {
    return AddMade([&] { return frame_.Text(text); });
  }
  StructMaker& Add(Texts texts) {
    return AddMade([&] { return frame_.MakeTexts(texts); });
  }
  // What `make` gives.
  template <class Make>
  StructMaker& AddMade(Make make) {
    ++filled_;
    if (frame_.footprint_.Reads(group_, filled_)) slots_[filled_] = make();
    return *this;
  }

  // Slot 0 is the head, the fields follow.
  CelValue* slots() const { return slots_; }
  CelValue Made() const {
    LAUREL_CHECK(filled_ == type_->fields().size(), type_->name().c_str());
    return CelValue::Struct(slots_);
  }
  // With no field that anybody reads.
  CelValue Unread() const { return CelValue::Struct(slots_); }

 private:
  FactFrame& frame_;
  const FactGroup group_;
  const cel::StructType* type_;
  CelValue* slots_;
  std::size_t filled_ = 0;
};

// Facts are bounded, and nothing else has taken from the arena yet.
template <class T>
std::span<T> FactFrame::Room(std::size_t count) {
  T* const room = arena_.AllocateArray<T>(count);
  LAUREL_CHECK(room != nullptr, "facts fit into an arena");
  std::uninitialized_value_construct_n(room, count);
  return {room, count};
}

FactFrame::FactFrame(const Model& model, const Facts& facts, cel::Arena& arena,
                     const Footprint& footprint)
    : model_(model),
      facts_(facts),
      host_{&model, &facts},
      arena_(arena),
      context_(arena),
      footprint_(footprint),
      local_(model.calendar.LocalOf(facts.activity.occurred_at)),
      frame_(slots_, context_) {
  context_.host = &host_;
  slots_.fill(Absent());
  MakeItems();
  slots_[kItemsFact] = CelValue::List({});
  if (footprint.Reads(kPurchaseFacts)) slots_[kPurchaseFact] = MakePurchase();
  if (footprint.Reads(kActivityFacts)) slots_[kActivityFact] = MakeActivity();
  if (footprint.Reads(kMemberFacts)) slots_[kMemberFact] = MakeMember();
  if (footprint.Reads(kStoreFacts)) slots_[kStoreFact] = MakeStore();
  StructMaker metrics(*this, kMetricFacts);
  for (std::size_t i = 0; i < model.metrics.size(); ++i) metrics.Add(Absent());
  slots_[kMetricsFact] = metrics.Made();
  metrics_ = metrics.slots();
  SetMetrics(facts.metrics);
  StructMaker variables(*this, kVariableFacts);
  for (std::size_t i = 0; i < model.variables.size(); ++i) variables.Add(Absent());
  slots_[kVariablesFact] = variables.Made();
  variables_ = variables.slots();
  slots_[kBaseFact] = MakePoints(kBaseFacts, {}, &base_);
  slots_[kNowFact] = Instant(facts.activity.occurred_at);
}

cel::Value FactFrame::MakeTexts(Texts texts) {
  const std::span<CelValue> values = Room<CelValue>(texts.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = Text(texts[i]);
  return CelValue::List(values);
}

cel::Value FactFrame::MakePoints(FactGroup group, std::span<const std::int64_t> points,
                                 cel::Value** slots) {
  StructMaker maker(*this, group);
  for (std::size_t i = 0; i < model_.point_types.size(); ++i) {
    maker.Add(i < points.size() ? points[i] : 0);
  }
  if (slots != nullptr) *slots = maker.slots();
  return maker.Made();
}

void FactFrame::AddAttributes(const std::vector<Attribute>& declared, Attributes reported,
                              StructMaker& maker) {
  for (const Attribute& attribute : declared) {
    maker.AddMade([&] { return MakeAttribute(attribute, reported); });
  }
}

cel::Value FactFrame::MakeAttribute(const Attribute& attribute, Attributes reported) {
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
  return value;
}

void FactFrame::MakeItems() {
  const std::size_t count = facts_.items.size();
  items_ = Room<CelValue>(count);
  counted_items_ = Room<CelValue>(count);
  counting_room_ = Room<std::size_t>(count);
  if (count == 0) return;
  if (!footprint_.Reads(kItemFacts)) {
    std::fill(items_.begin(), items_.end(), StructMaker(*this, kItemFacts).Unread());
    return;
  }
  for (std::size_t i = 0; i < count; ++i) items_[i] = MakeItem(facts_.items[i]);
}

cel::Value FactFrame::MakeItem(const ItemFact& item) {
  const auto first = item.categories.empty() ? absl::string_view() : item.categories.front();
  return StructMaker(*this, kItemFacts)
      .Add(item.kind)
      .Add(item.sku)
      .Add(item.brand)
      .Add(first)
      .Add(item.categories)
      .Add(item.tags)
      .Add(item.quantity_micros / kMicros)
      .Add(item.quantity_micros)
      .Add(item.unit_price)
      .Add(item.list)
      .Add(item.net)
      .Add(item.tax)
      .Add(item.discount)
      .Made();
}

cel::Value FactFrame::MakePurchase() {
  const PurchaseFact& purchase = facts_.purchase;
  StructMaker maker(*this, kPurchaseFacts);
  maker.Add(purchase.net)
      .Add(purchase.list)
      .Add(purchase.tax)
      .Add(purchase.discount)
      .Add(eligible_net_)
      .Add(purchase.fulfil_channel)
      .Add(purchase.fulfil_store)
      .Add(purchase.tenders)
      .Add(purchase.vouchers)
      .Add(CelValue::List(items_));
  purchase_ = maker.slots();
  return maker.Made();
}

cel::Value FactFrame::MakeLocal() {
  const Date date = local_.date;
  return StructMaker(*this, kLocalFacts)
      .AddMade([&] { return cel::CopyString(context_, ToString(date)); })
      .Add(std::int64_t{date.year()})
      .Add(std::int64_t{date.month()})
      .Add(std::int64_t{date.day()})
      .Add(std::int64_t{Weekday(date)})
      .Add(std::int64_t{local_.minute / 60})
      .Add(std::int64_t{local_.minute})
      .Made();
}

cel::Value FactFrame::MakeActivity() {
  const ActivityFact& activity = facts_.activity;
  StructMaker maker(*this, kActivityFacts);
  maker.Add(activity.type)
      .Add(activity.channel)
      .Add(activity.touchpoint)
      .Add(activity.terminal_kind)
      .Add(Instant(activity.occurred_at))
      .AddMade([&] { return MakeLocal(); })
      .AddMade([&] { return activity.receipt ? Text(*activity.receipt) : Absent(); });
  AddAttributes(model_.activity_attributes, activity.attributes, maker);
  return maker.Made();
}

cel::Value FactFrame::MakeMember() {
  const MemberFact& member = facts_.member;
  const Tier& tier = model_.tiers[member.tier];
  const auto days_since = [&](Timestamp since) {
    const int days = local_.date.days() - model_.calendar.LocalDate(since).days();
    return CelValue::Int(std::clamp(days, 0, 40'000));
  };
  segments_ = Room<CelValue>(member.segments.size() + model_.segments.size());
  for (std::size_t i = 0; i < member.segments.size(); ++i) segments_[i] = Text(member.segments[i]);
  StructMaker maker(*this, kMemberFacts);
  maker.Add(member.state)
      .Add(tier.id)
      .Add(std::int64_t{tier.rank})
      .AddMade([&] { return days_since(member.tier_since); })
      .AddMade([&] { return days_since(member.enrolled_at); })
      .Add(Instant(member.enrolled_at))
      .Add(Instant(member.tier_since))
      .Add(member.is_staff)
      .Add(member.is_anniversary)
      .Add(member.is_birthday)
      .Add(member.is_birthday_month)
      .Add(member.age_band)
      .Add(member.country)
      .Add(member.language)
      .Add(member.plan)
      .Add(CelValue::List(segments_.first(member.segments.size())))
      .Add(member.consents)
      .Add(member.tags)
      .Add(member.badges)
      .AddMade([&] { return MakePoints(kBalanceFacts, member.balance); })
      .AddMade([&] { return MakePoints(kPendingFacts, member.pending); })
      .AddMade([&] { return MakeMemberAttributes(); });
  member_ = maker.slots();
  return maker.Made();
}

cel::Value FactFrame::MakeMemberAttributes() {
  StructMaker maker(*this, kAttributeFacts);
  AddAttributes(model_.member_attributes, facts_.member.attributes, maker);
  return maker.Made();
}

cel::Value FactFrame::MakeStore() {
  const StoreFact& store = facts_.store;
  return StructMaker(*this, kStoreFacts)
      .Add(store.id)
      .Add(store.region)
      .Add(store.country)
      .Add(store.format)
      .Add(store.tags)
      .Add(store.minute_of_day ? CelValue::Int(*store.minute_of_day) : Absent())
      .Made();
}

void FactFrame::Derive() {
  // Such a variable sees imported segments only; all others see those with a condition too.
  if (model_.segments_read_variables) SetVariables();
  SetSegments();
  SetVariables();
}

void FactFrame::SetSegments() {
  if (!footprint_.Reads(kMemberFacts, kSegmentsSlot)) return;
  std::size_t count = facts_.member.segments.size();
  for (const Segment& segment : model_.segments) {
    if (segment.when && Test(segment.when)) segments_[count++] = Text(segment.id);
  }
  member_[kSegmentsSlot] = CelValue::List(segments_.first(count));
}

void FactFrame::SetMetrics(std::span<const std::optional<std::int64_t>> metrics) {
  for (std::size_t i = 0; i < model_.metrics.size(); ++i) {
    CelValue value = model_.metrics[i].is_optional ? Absent() : CelValue::Int(0);
    if (i < metrics.size() && metrics[i]) value = CelValue::Int(*metrics[i]);
    metrics_[i + 1] = value;
  }
}

std::optional<std::int64_t> FactFrame::metric(std::size_t index) const {
  const CelValue& value = metrics_[index + 1];
  return value.is(cel::Kind::kInt) ? std::optional(value.int_value()) : std::nullopt;
}

void FactFrame::SetBase(std::span<const std::int64_t> points) {
  for (std::size_t i = 0; i < model_.point_types.size(); ++i) {
    base_[i + 1] = CelValue::Int(i < points.size() ? points[i] : 0);
  }
}

void FactFrame::SetCounting(std::span<const std::size_t> items) {
  eligible_net_ = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    counting_room_[i] = items[i];
    counted_items_[i] = items_[items[i]];
    eligible_net_ += facts_.items[items[i]].net;
  }
  counting_ = counting_room_.first(items.size());
  slots_[kItemsFact] = CelValue::List(counted_items_.first(items.size()));
  if (purchase_ != nullptr) purchase_[kEligibleNetSlot] = CelValue::Int(eligible_net_);
}

void FactFrame::SetVariables() {
  for (std::size_t i = 0; i < model_.variables.size(); ++i) {
    if (!footprint_.Reads(kVariableFacts, i + 1)) continue;
    variables_[i + 1] = Value(*model_.variables[i].expression);
  }
}

cel::Value FactFrame::Value(const Expression& expression) {
  return expression.plan.Evaluate(frame_);
}

bool FactFrame::Find(absl::string_view name, cel::Value& value) const {
  for (std::size_t slot = 0; slot < kFactRoots.size(); ++slot) {
    if (name != kFactRoots[slot]) continue;
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
  slots_[kItemFact] = items_[item];
  const bool holds = Try(*condition) == 1;
  slots_[kItemFact] = Absent();
  return holds;
}

}  // namespace laurel::rules::model
