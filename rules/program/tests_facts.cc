#include "rules/program/tests_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/program/rule_amounts.h"

namespace laurel::rules::model {
namespace {

namespace v1 = laurel::program::v1;

// Clears the lists of `target` that `stated` has, so that merging replaces them.
void ClearLists(const google::protobuf::Message& stated, google::protobuf::Message& target) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  stated.GetReflection()->ListFields(stated, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->is_map()) continue;
    if (field->is_repeated()) {
      target.GetReflection()->ClearField(&target, field);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      ClearLists(stated.GetReflection()->GetMessage(stated, field),
                 *target.GetReflection()->MutableMessage(&target, field));
    }
  }
}

template <class T>
std::optional<std::size_t> IndexOf(const std::vector<T>& named, absl::string_view id) {
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i].id == id) return i;
  }
  return std::nullopt;
}

}  // namespace

v1::Test WithDefaults(const v1::Test& defaults, const v1::Test& test) {
  v1::Test merged = defaults;
  ClearLists(test, merged);
  merged.MergeFrom(test);
  return merged;
}

TestFacts::TestFacts(const Model& model, const Test& test) : model_(model) {
  facts_.activity.occurred_at = Instant("at", test.at()).value_or(Timestamp());
  SetMember(test);
  SetActivity(test);
  SetItems(test);
  SetPurchase(test);
  TakeTenders(test);
  SetStore(test);
  SetState(test);
  SetUsed(test);
  SetReturned(test);
}

void TestFacts::Fail(absl::string_view field, absl::string_view message) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(field, ": ", message));
}

std::int64_t TestFacts::Decimal(absl::string_view field, absl::string_view text, int digits) {
  if (text.empty()) return 0;
  const Scaled scaled = ParseScaled(text, digits);
  if (scaled.fit != Scaled::Fit::kExact) {
    Fail(field, absl::StrCat("expected a decimal with at most ", digits, " digits, was ", text));
  }
  return scaled.value;
}

std::int64_t TestFacts::Money(absl::string_view field, absl::string_view text) {
  return Decimal(field, text, model_.currency_exponent);
}

std::optional<Timestamp> TestFacts::Instant(absl::string_view field, absl::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::optional<LocalTime> time =
      ParseLocalTime(text.size() == 10 ? absl::StrCat(text, "T00:00:00") : std::string(text));
  if (time) return model_.calendar.InstantOf(time->date, time->second);
  Fail(field, absl::StrCat("expected a local date and time, was ", text));
  return std::nullopt;
}

template <class List>
Texts TestFacts::Keep(const List& list) {
  std::vector<absl::string_view> texts;
  for (const std::string& text : list) texts.push_back(text);
  texts_.push_back(std::move(texts));
  return texts_.back();
}

template <class Map>
Attributes TestFacts::Keep(absl::string_view field, const Map& map,
                           const std::vector<Attribute>& declared) {
  std::vector<AttributeFact> facts;
  for (const Attribute& attribute : declared) {
    const auto found = map.find(attribute.id);
    if (found == map.end()) continue;
    const std::string& text = found->second;
    AttributeFact fact{attribute.id, std::int64_t{0}};
    switch (attribute.type) {
      case AttributeType::kInt:
        fact.value = Decimal(attribute.id, text, 0);
        break;
      case AttributeType::kMoney:
        fact.value = Money(attribute.id, text);
        break;
      case AttributeType::kBool:
        fact.value = text == "true";
        break;
      case AttributeType::kString:
        fact.value = absl::string_view(text);
        break;
      case AttributeType::kTimestamp:
        fact.value = Instant(attribute.id, text).value_or(Timestamp());
        break;
    }
    facts.push_back(fact);
  }
  if (facts.size() != map.size()) Fail(field, "an attribute that is not declared");
  attributes_.push_back(std::move(facts));
  return attributes_.back();
}

template <class Map>
std::span<const std::int64_t> TestFacts::KeepPoints(const Map& map) {
  std::vector<std::int64_t> points(model_.point_types.size(), 0);
  for (const auto& [id, amount] : map) {
    const std::optional<std::size_t> type = IndexOf(model_.point_types, id);
    if (type) {
      points[*type] = amount;
    } else {
      Fail("member", absl::StrCat("unknown point type ", id));
    }
  }
  points_.push_back(std::move(points));
  return points_.back();
}

void TestFacts::SetMember(const Test& test) {
  const v1::TestMember& from = test.member();
  MemberFact& member = facts_.member;
  const Timestamp at = facts_.activity.occurred_at;
  const Date today = model_.calendar.LocalDate(at);
  const auto days_ago = [&](std::int64_t days) {
    const auto bounded = static_cast<std::int32_t>(std::clamp<std::int64_t>(days, 0, 40'000));
    return model_.calendar.StartOf(today.PlusDays(-bounded));
  };
  if (!from.state().empty()) member.state = from.state();
  if (!from.tier().empty()) {
    const std::optional<std::size_t> tier = IndexOf(model_.tiers, from.tier());
    if (!tier) Fail("member.tier", absl::StrCat("unknown tier ", from.tier()));
    member.tier = tier.value_or(0);
  }
  member.enrolled_at = from.has_enrolled_days()
                           ? days_ago(from.enrolled_days())
                           : Instant("enrolled_at", from.enrolled_at()).value_or(at);
  member.tier_since = from.has_tier_days() ? days_ago(from.tier_days())
                                           : Instant("tier_since", from.tier_since()).value_or(at);
  member.is_staff = from.is_staff();
  member.is_anniversary = from.is_anniversary();
  member.is_birthday = from.is_birthday();
  member.is_birthday_month = from.is_birthday_month();
  member.age_band = from.age_band();
  member.country = from.country();
  member.language = from.language();
  member.plan = from.plan();
  member.segments = Keep(from.segments());
  member.consents = Keep(from.consents());
  member.tags = Keep(from.tags());
  member.badges = Keep(from.badges());
  member.balance = KeepPoints(from.balance());
  member.pending = KeepPoints(from.pending());
  member.attributes = Keep("member.attributes", from.attributes(), model_.member_attributes);
  tiers_.earned = member.tier;
  tiers_.since = member.tier_since;
}

void TestFacts::SetActivity(const Test& test) {
  const v1::TestActivity& from = test.activity();
  ActivityFact& activity = facts_.activity;
  if (!from.type().empty()) activity.type = from.type();
  activity.channel = from.channel();
  activity.touchpoint = from.touchpoint();
  activity.terminal_kind = from.terminal_kind();
  if (!from.receipt().empty()) activity.receipt = from.receipt();
  activity.attributes = Keep("activity.attributes", from.attributes(), model_.activity_attributes);
}

void TestFacts::SetItems(const Test& test) {
  for (const v1::TestItem& from : test.items()) {
    ItemFact item;
    item.line = static_cast<std::int32_t>(items_.size()) + 1;
    if (!from.kind().empty()) item.kind = from.kind();
    item.sku = from.sku();
    item.brand = from.brand();
    item.categories = Keep(from.categories());
    item.tags = Keep(from.tags());
    if (!from.quantity().empty()) item.quantity_micros = Decimal("quantity", from.quantity(), 6);
    item.net = Money("net", from.net());
    item.list = from.list().empty() ? item.net : Money("list", from.list());
    item.unit_price = Money("unit_price", from.unit_price());
    item.tax = Money("tax", from.tax());
    item.discount = Money("discount", from.discount());
    items_.push_back(item);
  }
  facts_.items = items_;
}

void TestFacts::SetPurchase(const Test& test) {
  const v1::TestPurchase& from = test.purchase();
  PurchaseFact& purchase = facts_.purchase;
  // Sums of the items where the test states none.
  for (const ItemFact& item : items_) {
    purchase.net += item.net;
    purchase.list += item.list;
    purchase.tax += item.tax;
    purchase.discount += item.discount;
  }
  if (!from.net().empty()) purchase.net = Money("purchase.net", from.net());
  if (!from.list().empty()) purchase.list = Money("purchase.list", from.list());
  if (!from.tax().empty()) purchase.tax = Money("purchase.tax", from.tax());
  if (!from.discount().empty()) purchase.discount = Money("purchase.discount", from.discount());
  purchase.fulfil_channel = from.fulfil_channel();
  purchase.fulfil_store = from.fulfil_store();
  purchase.tenders = Keep(from.tenders());
  purchase.vouchers = Keep(from.vouchers());
}

void TestFacts::TakeTenders(const Test& test) {
  std::int64_t left_out = 0;
  for (const std::string& tender : model_.eligibility.tenders_left_out) {
    const auto paid = test.purchase().paid().find(tender);
    if (paid != test.purchase().paid().end()) left_out += Money("purchase.paid", paid->second);
  }
  TakeOff(left_out, items_);
}

void TestFacts::SetStore(const Test& test) {
  const v1::TestStore& from = test.store();
  facts_.store.id = from.id();
  facts_.store.region = from.region();
  facts_.store.country = from.country();
  facts_.store.format = from.format();
  facts_.store.tags = Keep(from.tags());
  if (from.has_minute_of_day()) facts_.store.minute_of_day = from.minute_of_day();
}

template <class Map>
std::vector<std::optional<std::int64_t>> TestFacts::Metrics(const Map& map) {
  std::vector<std::optional<std::int64_t>> metrics(model_.metrics.size());
  for (const auto& [id, text] : map) {
    const std::optional<std::size_t> metric = IndexOf(model_.metrics, id);
    if (metric) {
      metrics[*metric] = Decimal(id, text, model_.metrics[*metric].digits);
    } else {
      Fail("metrics", absl::StrCat("unknown metric ", id));
    }
  }
  return metrics;
}

void TestFacts::SetState(const Test& test) {
  metrics_ = Metrics(test.metrics());
  metrics_after_ = Metrics(test.metrics_after());
  facts_.metrics = metrics_;
  facts_.metrics_after = metrics_after_;
  for (const auto& [id, text] : test.carry()) {
    const std::optional<std::size_t> rule = IndexOf(model_.rules, id);
    if (!rule) Fail("carry", absl::StrCat("unknown rule ", id));
    carries_.push_back(CarryFact{rule.value_or(0), Decimal("carry", text, 6)});
  }
  facts_.carries = carries_;
  for (const auto& [salt, bucket] : test.buckets()) buckets_.push_back(BucketFact{salt, bucket});
  facts_.buckets = &buckets_;
}

std::optional<std::size_t> TestFacts::CounterOf(absl::string_view name) const {
  std::optional<std::size_t> only;
  for (std::size_t i = 0; i < model_.counters.size(); ++i) {
    const Counter& counter = model_.counters[i];
    if (counter.name == name) return i;
    // The only limit of a rule may be called by the rule alone.
    const bool is_limit_of = absl::StartsWith(counter.name, absl::StrCat(name, ".")) &&
                             !absl::EndsWith(counter.name, ".budget");
    if (!is_limit_of) continue;
    if (only) return std::nullopt;
    only = i;
  }
  return only;
}

void TestFacts::SetUsed(const Test& test) {
  for (const auto& [name, used] : test.used()) {
    const std::optional<std::size_t> counter = CounterOf(name);
    if (!counter) Fail("used", absl::StrCat("unknown counter ", name));
    counters_.push_back(CounterFact{counter.value_or(0), used});
  }
  facts_.counters = counters_;
}

void TestFacts::SetReturned(const Test& test) {
  for (const v1::TestReturn& from : test.returned()) {
    ReturnedItem item;
    item.line = from.line();
    item.quantity_micros =
        from.quantity().empty() ? kMicros : Decimal("returned.quantity", from.quantity(), 6);
    if (!from.refunded().empty()) item.refunded = Money("returned.refunded", from.refunded());
    returned_.push_back(item);
  }
}

}  // namespace laurel::rules::model
