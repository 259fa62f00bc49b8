#ifndef LAUREL_RULES_PROGRAM_FACTS_H_
#define LAUREL_RULES_PROGRAM_FACTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/time.h"

// What an evaluation may know. Plain structs that own nothing: texts and lists belong to the
// caller and must outlive the evaluation. Money is in minor units of the program's currency, points
// in the smallest unit of their type.
namespace laurel::rules::model {

using Texts = std::span<const absl::string_view>;

// A declared attribute; MONEY is an int in minor units.
struct AttributeFact {
  absl::string_view id;
  std::variant<std::int64_t, bool, absl::string_view, Timestamp> value;
};
using Attributes = std::span<const AttributeFact>;

// One line of a receipt. Amounts are of the whole line, 0 to 10^12.
struct ItemFact {
  std::int32_t line = 0;  // of the receipt, from 1; distinct
  absl::string_view kind = "SALE";
  absl::string_view sku;
  absl::string_view brand;
  Texts categories;
  Texts tags;
  std::int64_t quantity_micros = 1'000'000;  // millionths
  std::int64_t unit_price = 0;
  std::int64_t list = 0;  // before discounts
  std::int64_t net = 0;   // what may count, as the program's eligibility defines it
  std::int64_t tax = 0;
  std::int64_t discount = 0;
  std::int64_t taken_off = 0;  // of what was paid for it: by tenders that earn nothing; not in net
};

struct PurchaseFact {
  std::int64_t net = 0;
  std::int64_t list = 0;
  std::int64_t tax = 0;
  std::int64_t discount = 0;
  absl::string_view fulfil_channel;
  absl::string_view fulfil_store;
  Texts tenders;
  Texts vouchers;
};

struct ActivityFact {
  absl::string_view type = "purchase";
  Timestamp occurred_at;
  absl::string_view channel;
  absl::string_view touchpoint;
  absl::string_view terminal_kind;
  std::optional<absl::string_view> receipt;
  Attributes attributes;
};

struct StoreFact {
  absl::string_view id;
  absl::string_view region;
  absl::string_view country;
  absl::string_view format;
  Texts tags;
  std::optional<std::int64_t> minute_of_day;  // of the store's own clock
};

struct MemberFact {
  absl::string_view id;  // only hashed
  absl::string_view state = "ACTIVE";
  std::size_t tier = 0;  // the tier shown: an index, 0 is the base tier
  Timestamp enrolled_at;
  Timestamp tier_since;
  bool is_staff = false;
  bool is_anniversary = false;
  bool is_birthday = false;
  bool is_birthday_month = false;
  absl::string_view age_band;
  absl::string_view country;
  absl::string_view language;
  absl::string_view plan;
  Texts segments;  // imported ones; those with a condition are added
  Texts consents;
  Texts tags;
  Texts badges;
  std::span<const std::int64_t> balance;  // by point type; missing ones are 0
  std::span<const std::int64_t> pending;
  Attributes attributes;
};

// What a counter of the member or the program has used up, in the window of the activity.
struct CounterFact {
  std::size_t counter = 0;  // index into Model::counters
  std::int64_t used = 0;    // fires or smallest units
};

// The same, asked for one by one: what nobody asks for is never read.
class CounterSource {
 public:
  virtual ~CounterSource() = default;
  // What the counter has used up in the window of the activity; `by` as CounterUse has it.
  virtual std::int64_t Used(std::size_t counter, absl::string_view by) = 0;
};

struct CarryFact {
  std::size_t rule = 0;
  std::int64_t micros = 0;  // 0 to 999,999 millionths of a smallest unit
};

// A bucket that is not computed, for tests and what-if.
struct BucketFact {
  absl::string_view salt;
  std::int32_t bucket = 0;  // 0 to 9,999
};

// Everything that one evaluation reads.
struct Facts {
  ActivityFact activity;
  PurchaseFact purchase;
  std::span<const ItemFact> items;  // at most 500
  StoreFact store;
  MemberFact member;
  // Before this activity, by metric; empty ones are absent, missing ones 0.
  std::span<const std::optional<std::int64_t>> metrics;
  // With this activity, for measures that cannot be added up; missing or empty: computed.
  std::span<const std::optional<std::int64_t>> metrics_after;
  std::span<const CounterFact> counters;    // missing ones are 0; with `by`, that of this activity
  CounterSource* counter_source = nullptr;  // if given, instead of `counters`; must outlive these
  std::span<const CarryFact> carries;       // missing ones are 0
  std::span<const std::size_t> paused_rules;
  // If given, buckets are looked up here and 9,999 where missing, instead of being hashed.
  const std::vector<BucketFact>* buckets = nullptr;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_FACTS_H_
